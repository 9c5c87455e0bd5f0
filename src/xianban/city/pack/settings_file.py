"""city.toml: read with every key checked, written with every key explained."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xianban.city.pack.files import Notes, read_text
from xianban.city.rules.findings import nearest
from xianban.city.rules.settings import KEYS
from xianban.city.rules.tables import SETTINGS_FILE

WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def read_settings(path: Path, notes: Notes) -> list[dict[str, Any]]:
    """The keys that the file states, as rows."""
    text = read_text(path, notes)
    if text is None:
        return []
    try:
        whole = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as reason:
        found = WHERE.search(str(reason))
        notes.fault(
            SETTINGS_FILE,
            int(found[1] or text.count("\n") + 1) if found else None,
            "",
            f"is not TOML ({WHERE.sub('', str(reason))})",
            'write lines such as name = "江宁市", text in quotation marks',
        )
        return []
    rows: list[dict[str, Any]] = []
    for stated, value in _flat(whole):
        row = _row(stated, value, text, notes)
        if row and any(row["key"] == other["key"] for other in rows):
            notes.fault(SETTINGS_FILE, row["id"], stated, "is stated twice", "keep one of the two")
        elif row:
            rows.append(row)
    for key in KEYS.values():
        if (
            key.required
            and all(row["key"] != key.path for row in rows)
            and not _blamed(notes, key.path)
        ):
            notes.fault(SETTINGS_FILE, None, key.path, "is missing", key.remedy)
    return rows


def _blamed(notes: Notes, path: str) -> bool:
    return any(fault.file == SETTINGS_FILE and fault.column == path for fault in notes.faults)


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        path = f"{before}{key}"
        if isinstance(value, dict) and path not in KEYS:
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _row(path: str, value: Any, text: str, notes: Notes) -> dict[str, Any] | None:
    key, line = KEYS.get(path), _line_of(path, text)
    if key is None:
        remedy = f"take it out{nearest(path, KEYS)}"
        notes.fault(SETTINGS_FILE, line, path, "is not a key we know", remedy)
        return None
    read = key.read(value)
    if read is None:
        shown = json.dumps(value, ensure_ascii=False, default=str)[:60]
        notes.fault(SETTINGS_FILE, line, path, f"{shown} does not fit", key.remedy)
        return None
    return {"id": line or 0, "row": list(KEYS).index(path), "key": path, "value": read}


def _line_of(path: str, text: str) -> int | None:
    """The line that states a key, for people to find it."""
    table, _, name = path.rpartition(".")
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            inside = header[1]
        elif stated := re.match(r"\s*([^=#]+?)\s*=", line):
            full = f"{inside}.{stated[1]}" if inside else stated[1]
            if full == path or (inside == table and stated[1] == name):
                return number
    return None


def write_settings(path: Path, values: Mapping[str, Any]) -> None:
    """city.toml with the stated keys, each with what it means."""
    lines: list[str] = []
    table = ""
    for key in (KEYS[p] for p in KEYS if p in values):
        above, _, name = key.path.rpartition(".")
        if above != table:
            lines += ["", f"[{above}]"]
            table = above
        lines.append(f"{name} = {toml_value(values[key.path])}  # {key.says}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def toml_value(value: Any) -> str:
    """A text, number, list or table as TOML writes it; of the first three JSON's form is TOML's.

    Keys are sorted, for a database need not keep their order.
    """
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{toml_value(k)} = {toml_value(v)}" for k, v in sorted(value.items()))
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, float) and value == int(value):
        return f"{value:.1f}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
