"""One cell to one value: what each kind of column takes, and what to write instead."""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from xianban.city.rules.checklist import faults_of
from xianban.city.rules.settings import LIMIT_REMEDY, is_limit
from xianban.city.rules.tables import KIND_MARK, Column

ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+|\d+\.0+")
CODE = re.compile(r"[^\s;|,，；/]+")
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?")
YES, NO = ("yes", "1", "true", "y", "是"), ("no", "0", "false", "n", "否")
YEARS = range(1900, 2200)
MOST_PEOPLE = 2_000_000_000
EMPTY: dict[str, Any] = {"integer": None, "number": None, "date": None, "flag": False}


class Wrong(ValueError):
    """A cell that cannot be read: what, and the remedy."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


def read_cell(text: str, column: Column) -> Any:
    """The value of a cell; Wrong says what to write instead."""
    if not text:
        if column.required:
            raise Wrong("is empty", f"write {column.says}")
        return EMPTY.get(column.kind, "")
    if len(text) > column.longest:
        raise Wrong(f"has {len(text)} characters", f"write at most {column.longest}")
    if column.kind == "choice":
        return _choice(text, column)
    return READERS[column.kind](text)


def _choice(text: str, column: Column) -> str:
    if text.lower() in column.choices:
        return text.lower()
    raise Wrong(f"“{text[:40]}” is not known", f"write one of {', '.join(column.choices)}")


def _code(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    if ROUNDED.fullmatch(text):
        raise Wrong(
            f"“{text}” is a number that a spreadsheet has rounded",
            "format the column as text and enter the full code again",
        )
    if not CODE.fullmatch(text):
        raise Wrong(
            f"“{text[:40]}” is not a code",
            "write it without spaces, commas, semicolons, slashes or bars",
        )
    return text


def _unit(text: str) -> str:
    kind = text.removeprefix(KIND_MARK)
    return KIND_MARK + _code(kind.strip()) if kind != text else _code(text)


def _list(read: Callable[[str], str]) -> Callable[[str], str]:
    def items(text: str) -> str:
        parts = (part.strip() for part in re.split(r"[;；]", text))
        return ";".join(dict.fromkeys(read(part) for part in parts if part))

    return items


def _phrases(text: str) -> str:
    parts = (" ".join(part.split()) for part in re.split(r"[|｜]", text))
    return "|".join(dict.fromkeys(part for part in parts if part))


def _points(text: str) -> str:
    for what, remedy in faults_of(text):
        raise Wrong(what, remedy)
    return text


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Wrong(
            f"“{text[:40]}” is not a number", "write digits with a decimal point, such as 31.1815"
        )
    return value


def _integer(text: str) -> int:
    value = _number(text.replace(",", "").replace("，", ""))
    if value != int(value) or not 0 <= value <= MOST_PEOPLE:
        raise Wrong(f"“{text[:40]}” is not a count", "write a whole number, 0 or more")
    return int(value)


def _flag(text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise Wrong(f"“{text[:40]}” is neither yes nor no", "write yes or no")


def _date(text: str) -> date:
    match = DATE.fullmatch(text)
    if match:
        try:
            day = date(*map(int, match.groups()))
        except ValueError:
            day = None
        if day and day.year in YEARS:
            return day
    raise Wrong(f"“{text[:40]}” is not a date", "write it like 2026-11-22")


def _limit(text: str) -> str:
    text = text.replace(" ", "").lower()
    if not is_limit(text):
        raise Wrong(f"“{text[:40]}” is not a limit", LIMIT_REMEDY)
    return text


READERS: dict[str, Callable[[str], Any]] = {
    "code": _code,
    "text": str,
    "words": _list(str),
    "phrases": _phrases,
    "points": _points,
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "date": _date,
    "limit": _limit,
    "codes": _list(_code),
    "unit": _unit,
    "units": _list(_unit),
}
