"""Which follow-ups of a period count, and what each of them counts for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xianban.casework.api import Judged

VERDICTS = ("contacted", "solved", "satisfied", "basically", "dissatisfied")  # of the valid alone


@dataclass(frozen=True, slots=True)
class Row:
    """One follow-up that counts, and its share in each tally, 0 or 1."""

    judged: "Judged"
    tallies: dict[str, int]


def counted(found: Iterable["Judged"], *, counting: str) -> Iterator[Row]:
    """The rows of a period. `found` comes case by case.

    Of each case and the unit that led it then, the last valid follow-up counts, or the first, or
    each; where there is none, the last attempt stands for the case, and is not valid.
    """
    ordered = sorted(found, key=lambda one: (one.case_id, one.unit, one.at, one.n))
    for _, group in groupby(ordered, key=lambda one: (one.case_id, one.unit)):
        attempts = list(group)
        valid = [one for one in attempts if one.heard] or attempts[-1:]
        kept = {"last": valid[-1:], "first": valid[:1], "each": valid}[counting]
        for one in kept:
            yield Row(one, tallies_of(one, stands_for_case=one is kept[-1]))


def tallies_of(one: "Judged", *, stands_for_case: bool) -> dict[str, int]:
    """What one follow-up counts for. A clock that there never was is nobody's fault: in time."""
    verdicts = {
        "contacted": bool(one.contacted),
        "solved": bool(one.solved),
        "satisfied": one.satisfaction == "satisfied",
        "basically": one.satisfaction == "basically",
        "dissatisfied": one.satisfaction == "dissatisfied",
    }
    facts = {
        "cases": True,
        "dispatched": one.dispatched is not False,
        "signed": one.signed is not False,
        "answered": one.answered is not False,
        "redone": one.redone,
        "returned": one.returned,
        "misdirected": one.misdirected,
    }
    return (
        {"valid": int(one.heard)}
        | {name: int(one.heard and yes) for name, yes in verdicts.items()}
        | {name: int(stands_for_case and yes) for name, yes in facts.items()}
    )
