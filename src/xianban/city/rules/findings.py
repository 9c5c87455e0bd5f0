"""What `check` finds in a pack, each with its place and its remedy."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from rapidfuzz import fuzz, process

CLOSE = 60  # of 100; below it a suggestion misleads more than it helps


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: file, row (as a spreadsheet counts), column, what, remedy."""

    file: str
    row: int | None
    column: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = [self.file]
        place += [f"row {self.row}"] if self.row else []
        place += [f"column {self.column}"] if self.column else []
        return f"{', '.join(place)}: {self.what}; {self.remedy}"


@dataclass(frozen=True)
class Gap:
    """A matter without a lead in every lowest area of `area`, `leaf_areas` in number."""

    matter: str
    matter_name: str
    area: str
    area_name: str
    leaf_areas: int
    why: str

    def __str__(self) -> str:
        return (
            f"matter {self.matter} {self.matter_name} has no lead in {self.area} {self.area_name} "
            f"({self.leaf_areas} lowest area(s)): {self.why}"
        )


@dataclass(frozen=True)
class Overlap:
    """Two rows of the duty list with different leads for the same matter, area and dates."""

    matter: str
    area: str
    rows: tuple[int, int]
    leads: tuple[str, str]
    first_day: date | None
    end: date | None
    clash: bool  # the same first day: nothing says which of the two wins

    def __str__(self) -> str:
        since = self.first_day.isoformat() if self.first_day else "ever"
        until = f" until {self.end}" if self.end else ""
        return (
            f"duties.csv, rows {self.rows[0]} and {self.rows[1]}: matter {self.matter} at area "
            f"{self.area or '(everywhere)'} has two leads, {self.leads[0]} and {self.leads[1]}, since {since}{until}; "
            "end one with valid_to before the other begins"
        )


@dataclass(frozen=True)
class Report:
    """All that was found. Faults keep a pack from being loaded; the rest is for people to weigh."""

    faults: tuple[Fault, ...] = ()
    gaps: tuple[Gap, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    warnings: tuple[Fault, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    missing_years: tuple[int, ...] = ()  # this and the next, where the calendar does not know them

    @property
    def sound(self) -> bool:
        return not self.faults


def nearest(word: str, known: Iterable[str]) -> str:
    """“ (did you mean X?)” where something known is close, else nothing."""
    options = list(known)
    padded = next((o for o in options if o.lstrip("0") == word.lstrip("0") and o != word), None)
    if padded and word:
        return f" (did you mean {padded}? a spreadsheet drops leading zeros: format the column as text)"
    close = process.extractOne(word, options, scorer=fuzz.ratio, score_cutoff=CLOSE)
    return f" (did you mean {close[0]}?)" if close else ""
