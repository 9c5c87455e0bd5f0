"""One finding, one warning: which of those that are known a finding belongs to, and what it grew to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from xianban.prevention.rules.finding import Finding

SHARE, LEAST_SHARED = 0.5, 2
BACK_WITHIN_DAYS = 7  # what stops and comes again so soon had not stopped


@dataclass(frozen=True)
class Known:
    """What is known of a warning when findings come in; `cases` are those behind it."""

    id: int
    detector: str
    method: str
    matter: str
    areas: tuple[str, ...]
    course: str
    stand: str
    last_day: date
    quiet_until: date | None
    cases: frozenset[int]
    silent: bool = False


def home_of(
    found: Finding, cases: frozenset[int], known: Sequence[Known], *, today: date
) -> Known | None:
    """The warning to which a finding belongs; None where it is new. The oldest of equals.

    The same detector and matter in a shared area, or half of the cases behind the smaller of both. Of
    what has ended only what ended days ago, or was dismissed and is to be quiet still.
    """
    open_ = [one for one in known if _listens(one, today)]
    same = [
        one
        for one in open_
        if one.detector == found.detector
        and one.matter == found.matter
        and {*one.areas} & {*found.areas}
    ]
    if same:
        return min(same, key=lambda one: (-len({*one.areas} & {*found.areas}), one.id))
    shared = [
        (len(one.cases & cases), one)
        for one in open_
        if len(one.cases & cases) >= max(LEAST_SHARED, SHARE * min(len(one.cases), len(cases)))
    ]
    return min(shared, key=lambda pair: (-pair[0], pair[1].id))[1] if shared else None


def _listens(one: Known, today: date) -> bool:
    if one.course == "ongoing":
        return True
    if one.stand == "dismissed" and one.quiet_until is not None and today <= one.quiet_until:
        return True
    return today - one.last_day <= timedelta(days=BACK_WITHIN_DAYS)


def returns(
    *, stand: str, people: int, people_at_study: int, quiet_until: date | None, today: date, grew: float
) -> bool:  # fmt: skip
    """Whether what was dismissed is to be looked at again: it grew, or has lasted beyond the quiet days."""
    if stand != "dismissed":
        return False
    grown = people >= max(people_at_study + 1, grew * people_at_study)
    return grown or (quiet_until is not None and today > quiet_until)


def ends(*, last_day: date, today: date, after_days: int) -> bool:
    """Whether something was not found for long enough to be over."""
    return today - last_day >= timedelta(days=after_days)
