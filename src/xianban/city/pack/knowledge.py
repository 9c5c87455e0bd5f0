"""The folder `knowledge/` of a pack: Markdown files with a few lines of facts at their head."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from xianban.city.pack.cells import EMPTY, Wrong, read_cell
from xianban.city.pack.files import Notes, read_text
from xianban.city.rules.findings import nearest
from xianban.city.rules.tables import KNOWLEDGE, KNOWLEDGE_FOLDER

NAME = re.compile(r"([a-z0-9][a-z0-9-]{0,59})(?:\.(en))?\.md")
MOST_FILES = 2000
LONGEST = 20_000
FENCE = "---"
HEAD = {column.name: column for column in KNOWLEDGE}
SHAPE = "begin with a line ---, then title: and the other facts, a line --- and the answer"


def read_knowledge(folder: Path, notes: Notes) -> list[dict[str, Any]]:
    """Every entry that can be read, as rows; faults name the file and the line."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if len(files) > MOST_FILES:
        notes.fault(
            KNOWLEDGE_FOLDER,
            None,
            "",
            f"holds {len(files):,} files",
            f"keep at most {MOST_FILES:,}, those that are asked for",
        )
        return []
    rows = []
    for number, path in enumerate(files, 1):
        row = _entry(path, notes)
        if row:
            rows.append({"id": number, "row": number, **row})
    return rows


def _entry(path: Path, notes: Notes) -> dict[str, Any] | None:
    file = f"{KNOWLEDGE_FOLDER}/{path.name}"
    named = NAME.fullmatch(path.name)
    if named is None or not path.is_file():
        notes.fault(
            file,
            None,
            "",
            "is not the name of an entry",
            "write small Latin letters, digits and -, then .md, or .en.md for the English",
        )
        return None
    text = read_text(path, notes)
    if text is None:
        return None
    head, body, line = _parted(text)
    if head is None:
        notes.fault(file, line, "", "has no head", SHAPE)
        return None
    row: dict[str, Any] = {"name": named[1], "language": named[2] or "zh", "body": body}
    row |= {column.key: EMPTY.get(column.kind, "") for column in KNOWLEDGE}
    row |= _facts(head, file, notes)
    if not body:
        notes.fault(file, line, "", "has no answer", "write it below the second ---")
    elif len(body) > LONGEST:
        notes.fault(file, line, "", f"has {len(body):,} characters", f"write at most {LONGEST:,}")
    return row


def _parted(text: str) -> tuple[list[tuple[int, str]] | None, str, int]:
    """The numbered lines of the head (None where there is none), the body, and the line where it begins."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != FENCE:
        return None, "", 1
    for number, line in enumerate(lines[1:], 2):
        if line.strip() == FENCE:
            head = [(n, said) for n, said in enumerate(lines[1 : number - 1], 2) if said.strip()]
            return head, "\n".join(lines[number:]).strip(), number + 1
    return None, "", 1


def _facts(head: list[tuple[int, str]], file: str, notes: Notes) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for number, line in head:
        name, colon, said = (part.strip() for part in line.replace("：", ":", 1).partition(":"))
        column = HEAD.get(name.lower())
        if not colon or column is None:
            remedy = f"write one of {', '.join(HEAD)}, then a colon{nearest(name.lower(), HEAD)}"
            notes.fault(file, number, name[:40], "is not a fact we know", remedy)
            continue
        if column.key in facts:
            notes.fault(file, number, name, "is stated twice", "keep one of the two lines")
            continue
        try:
            facts[column.key] = read_cell(said, column)
        except Wrong as wrong:
            notes.fault(file, number, name, wrong.what, wrong.remedy)
    if "title" not in facts and all(fault.file != file for fault in notes.faults):
        notes.fault(file, 1, "title", "is missing", "write title: and the question")
    return facts


def write_knowledge(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """The files that `read_knowledge` reads; no folder where there is nothing."""
    for row in rows:
        folder.mkdir(exist_ok=True)
        ending = ".md" if row["language"] == "zh" else f".{row['language']}.md"
        text = "\n".join([FENCE, *_head(row), FENCE, "", row["body"], ""])
        (folder / f"{row['name']}{ending}").write_text(text, encoding="utf-8", newline="\n")


def _head(row: Mapping[str, Any]) -> Iterator[str]:
    for column in KNOWLEDGE:
        value = row[column.key]
        if value:
            yield f"{column.name}: {value.isoformat() if isinstance(value, date) else value}"
