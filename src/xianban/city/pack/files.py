"""Bytes to text to cells, with every fault explained and none raised."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xianban.city.rules.findings import Fault

SAVE_AS = "save it as “CSV UTF-8”"


@dataclass
class Notes:
    """Faults and warnings, as they are found."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)  # files of which the rest could not be read

    def fault(self, file: str, row: int | None, column: str, what: str, remedy: str) -> None:
        self.faults.append(Fault(file, row, column, what, remedy))

    def warn(self, file: str, row: int | None, column: str, what: str, remedy: str) -> None:
        self.warnings.append(Fault(file, row, column, what, remedy))


def read_text(path: Path, notes: Notes) -> str | None:
    """The text of a file in UTF-8, UTF-16 with its mark, or GB18030; None where it cannot be had."""
    try:
        raw = path.read_bytes()
    except OSError as reason:
        notes.fault(
            path.name,
            None,
            "",
            f"cannot be read ({reason.strerror})",
            "check that it is a file you may open",
        )
        return None
    return decode(raw, path.name, notes)


def decode(raw: bytes, name: str, notes: Notes) -> str | None:
    """Text from bytes, with a warning where the encoding is not UTF-8."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as reason:
            bad = reason
            continue
        if encoding != "utf-8-sig":
            notes.warn(
                name, None, "", f"is read as {encoding.upper()}, not UTF-8", f"{SAVE_AS} to be safe"
            )
        if "\x00" in text:
            notes.fault(
                name,
                text[: text.index("\x00")].count("\n") + 1,
                "",
                "holds a NUL character",
                SAVE_AS,
            )
            return None
        return text
    line = raw[: bad.start].count(b"\n") + 1
    notes.fault(name, line, "", "is neither UTF-8 nor GB18030", SAVE_AS)
    return None


def read_cells(text: str, name: str, notes: Notes) -> Iterator[tuple[int, list[str]]]:
    """Rows with their number as a spreadsheet counts; ends at the first place that is not CSV."""
    first = text.partition("\n")[0]
    delimiter = next((mark for mark in ",\t;" if mark in first), ",")
    if delimiter != ",":
        shown = "tabs" if delimiter == "\t" else "semicolons"
        notes.warn(
            name, 1, "", f"has {shown} between its columns", "save it with commas to be safe"
        )
    number = 0
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
        ):
            if any(cell.strip() for cell in cells):
                yield number, [cell.strip() for cell in cells]
    except csv.Error as reason:
        notes.cut.add(name)
        notes.fault(
            name,
            number + 1,
            "",
            f"is not CSV from here on ({reason})",
            "look for a quotation mark that is not closed, or double those inside a text",
        )
