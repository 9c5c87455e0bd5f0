"""The English words for the Chinese pages: collect what is said, and compile what is translated.

    ./run python -m xianban.web.catalogue      brings the .po up to date and compiles the .mo

Needs no gettext tools. A test insists that every sentence has a translation and that the .mo is
what the .po compiles to.
"""

import ast
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = Path(__file__).resolve().parents[1]
PO = Path(__file__).parent / "locale" / "en" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
STRING = re.compile(r"""u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)
TEMPLATE_CALL = re.compile(
    r"\b(gettext|ngettext|_)\(((?:\s*u?(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')\s*,?)+)"
)
HEADER = """Project-Id-Version: xianban
Language: en
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
Plural-Forms: nplurals=2; plural=(n != 1);
"""


@dataclass(frozen=True)
class Entry:
    """One sentence: what the page says, its plural if it has one, and the words in English."""

    said: str
    plural: str = ""
    words: tuple[str, ...] = ()


def said(root: Path = ROOMS) -> dict[str, str]:
    """Every sentence that the pages can say, with its plural or an empty text."""
    found: dict[str, str] = {}
    for text, plural in _said_anywhere(root):
        if found.setdefault(text, plural) != plural:
            raise ValueError(
                f"“{text}” is said with a plural and without; say one of them otherwise"
            )
    return {text: plural for text, plural in found.items() if not text.isascii()}


def _said_anywhere(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*.py")):
        yield from _said_in_python(path.read_text(encoding="utf-8"))
    for path in sorted(p for end in ("html", "txt") for p in root.rglob(f"templates/**/*.{end}")):
        yield from _said_in_template(path.read_text(encoding="utf-8"))


def _said_in_python(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in CALLS:
            continue
        texts = [
            a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
        ]
        if texts:
            yield texts[0], texts[1] if name.startswith("ngettext") and len(texts) > 1 else ""


def _said_in_template(source: str) -> Iterator[tuple[str, str]]:
    from django.utils.translation.template import templatize

    for call, arguments in TEMPLATE_CALL.findall(templatize(source)):
        texts = [ast.literal_eval(text) for text in STRING.findall(arguments)]
        yield texts[0], texts[1] if call == "ngettext" and len(texts) > 1 else ""


def read_po(path: Path = PO) -> dict[str, Entry]:
    """The entries of a .po file; one that is fuzzy or empty has no words."""
    found: dict[str, Entry] = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        parts: dict[str, str] = {}
        at = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if match := re.match(r"(msg\w+(?:\[\d\])?)\s+(.*)", line):
                at, line = match[1], match[2]
                parts[at] = ""
            if at and line.strip():
                parts[at] += ast.literal_eval(line.strip())
        if parts.get("msgid"):
            words = tuple(parts[key] for key in sorted(parts) if key.startswith("msgstr"))
            found[parts["msgid"]] = Entry(
                parts["msgid"], parts.get("msgid_plural", ""), words if all(words) else ()
            )
    return found


def po_text(entries: dict[str, Entry]) -> str:
    """The .po file, sorted, one line for each text."""

    def quoted(text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'

    blocks = [
        "\n".join(['msgid ""', 'msgstr ""', *(quoted(line + "\n") for line in HEADER.splitlines())])
    ]
    for entry in sorted(entries.values(), key=lambda e: e.said):
        lines = [f"msgid {quoted(entry.said)}"]
        if entry.plural:
            one, many = entry.words or ("", "")
            lines += [
                f"msgid_plural {quoted(entry.plural)}",
                f"msgstr[0] {quoted(one)}",
                f"msgstr[1] {quoted(many)}",
            ]
        else:
            lines.append(f"msgstr {quoted(entry.words[0] if entry.words else '')}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def mo_bytes(entries: dict[str, Entry]) -> bytes:
    """The .mo file: tables of lengths and offsets, keys sorted, as GNU gettext writes it."""
    pairs = {"": HEADER}
    for entry in entries.values():
        if entry.words:
            key = f"{entry.said}\0{entry.plural}" if entry.plural else entry.said
            pairs[key] = "\0".join(entry.words)
    table = sorted((key.encode(), words.encode()) for key, words in pairs.items())
    start = 7 * 4 + 16 * len(table)
    data = b""
    keys: list[int] = []
    values: list[int] = []
    for column, places in ((0, keys), (1, values)):
        for pair in table:
            places += [len(pair[column]), start + len(data)]
            data += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(table), 28, 28 + 8 * len(table), 0, start)
    return head + struct.pack(f"<{4 * len(table)}I", *keys, *values) + data


def main() -> None:
    """Add what is new, drop what nobody says any more, compile, and tell what is missing."""
    known = read_po() if PO.exists() else {}
    entries = {
        text: Entry(
            text,
            plural,
            known[text].words if text in known and known[text].plural == plural else (),
        )
        for text, plural in said().items()
    }
    PO.write_text(po_text(entries), encoding="utf-8")
    PO.with_suffix(".mo").write_bytes(mo_bytes(entries))
    missing = [entry.said for entry in entries.values() if not entry.words]
    for text in missing:
        print(f"no English for: {text}", file=sys.stderr)
    print(f"{len(entries)} sentences, {len(missing)} without English", file=sys.stderr)


if __name__ == "__main__":
    main()
