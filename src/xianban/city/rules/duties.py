"""Who acts: the duty list read in two dimensions, matter × area."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xianban.city.rules.checklist import Point
from xianban.city.rules.tables import KIND_MARK


@dataclass(frozen=True)
class Duty:
    """One row of the duty list; `depth`s are filled by whoever sorts."""

    duty_id: int
    row: int
    matter: str
    area: str
    lead: str
    co_units: tuple[str, ...]
    limit: str
    contact_limit: str
    powers: str
    legal_basis: str
    acceptance: str
    playbook: str
    starts: date | None
    ends: date | None

    def holds(self, on: date) -> bool:
        return (self.starts is None or self.starts <= on) and (self.ends is None or on < self.ends)


@dataclass(frozen=True)
class Assignment:
    """Who acts on a matter at a place, by which row of the duty list, within which limits.

    `acceptance` and `playbook` are in plain words; `checklist` are the points of both that are to be
    answered when the case is reported done, `reply` the draft of an answer to the resident.
    """

    duty_id: int
    row: int
    lead: str
    co_units: tuple[str, ...]
    limit: str
    contact_limit: str
    sign_limit: str
    own_limit: bool  # the duty states the limit itself; else it is that of the matter's urgency
    powers: str
    legal_basis: str
    acceptance: str
    playbook: tuple[str, ...]
    checklist: tuple[Point, ...]
    reply: str
    matter: str  # the duty row's, which may be above the one asked for
    area: str

    @property
    def matched(self) -> str:
        """The row that decided, in words for logs and explanations."""
        return f"matter {self.matter} at area {self.area}"


def words(text: str, mark: str = ";") -> tuple[str, ...]:
    """The items of one cell."""
    return tuple(item for item in (part.strip() for part in text.split(mark)) if item)


def duty_of(row: Mapping[str, Any], *, root: str) -> Duty:
    """A duty from its row in the pack."""
    plain = {
        k: row[k] for k in ("matter", "lead", "limit", "contact_limit", "powers", "legal_basis")
    }
    return Duty(
        duty_id=row["id"],
        row=row["row"],
        area=row["area"] or root,
        co_units=words(row["co_units"]),
        acceptance=row["acceptance"],
        playbook=row["playbook"],
        starts=row["starts"],
        ends=row["ends"],
        **plain,
    )


class DutyList:
    """The duty list of one city. `path`s lead from the root to a code; answers are remembered."""

    def __init__(
        self,
        duties: Iterable[Duty],
        *,
        matter_line: Callable[[str], tuple[str, ...]],
        area_path: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._at: dict[tuple[str, str], list[Duty]] = {}
        for duty in duties:
            self._at.setdefault((duty.matter, duty.area), []).append(duty)
        for rows in self._at.values():
            rows.sort(key=lambda d: (d.starts or date.min, d.row), reverse=True)
        self._matter_line, self._area_path = matter_line, area_path

    def candidates(self, matter: str, area: str) -> list[Duty]:
        """Rows that fit at some time, the one that wins first: specific area, specific matter, newest."""
        line, path = self._matter_line(matter), self._area_path(area)
        found: list[Duty] = []
        for place in reversed(path):
            for subject in reversed(line):
                found += self._at.get((subject, place), ())
        return found

    @property
    def rows(self) -> Mapping[tuple[str, str], Sequence[Duty]]:
        return self._at


def resolve(mark: str, area: str, nearest: Callable[[str, str], str | None]) -> str | None:
    """The unit that a lead or co-unit names for a place: itself, or the nearest of its kind."""
    if mark.startswith(KIND_MARK):
        return nearest(mark.removeprefix(KIND_MARK), area)
    return mark
