"""Two hundred cases of one month and some beyond it, with what becomes of each: a table, no chance."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from builders import GRID, GRID_2, QUAY_GRID, make_case, user
from xianban.casework.api import Deed, live_through

OCTOBER = datetime(2026, 10, 1, 1, tzinfo=UTC)  # Thursday 2026-10-01, 9:00 in the town
AGENT, SUPERVISOR = user("agent"), user("supervisor")
PLACES = (
    ("0202", GRID, "street-east"),
    ("0202", QUAY_GRID, "street-west"),
    ("0202", GRID_2, "street-east"),
    ("0101", GRID, "water"),
    ("0201", QUAY_GRID, "transport"),
)
# solved, satisfaction; None: nobody was reached
VERDICTS = (
    (True, "satisfied"),
    (True, "basically"),
    (False, "dissatisfied"),
    (True, "satisfied"),
    None,
    (True, "unstated"),
    (False, "basically"),
)


@dataclass(frozen=True)
class Told:
    """What the author of the table knows of a case: the ground truth of the recount."""

    case_id: int
    unit: str
    area: str
    matter: str
    contacted_in_time: bool
    answered_at: datetime
    verdicts: tuple  # (when, verdict) in order


def two_hundred(count=225):
    """Open and live through them; what was told of each."""
    told, deeds = [], []
    for i in range(count):
        matter, area, unit = PLACES[(i * 7) % 5]
        start = OCTOBER + timedelta(hours=3.5 * i)
        case_id = make_case(matter=matter, area=area, now=start).case_id
        told.append(_life(case_id, i, unit, area, matter, start, deeds))
    done = live_through(deeds)
    assert not done.refused, done.refused[:3]
    return told


def _life(case_id, i, unit, area, matter, start, deeds):
    handler = user("handler", unit=unit)
    prompt = i % 4 != 1  # the others speak with the requester only after three days
    minute, contact = timedelta(minutes=1), timedelta(minutes=20) if prompt else timedelta(days=3)

    def add(verb, acting, after, **data):
        deeds.append(Deed(case_id, verb, acting, start + after, data))
        return start + after

    add("sign", handler, 10 * minute)
    add("contact", handler, contact, contacted=True)
    answered_at = add("report", handler, contact + timedelta(hours=1), text="done")
    first = VERDICTS[i % 7]
    verdicts = [(_heard(add, contact + timedelta(hours=5), first), first)]
    if first and (first[0] is False or first[1] == "dissatisfied") and i % 3:
        add("report", handler, contact + timedelta(hours=20), text="done again")
        second = VERDICTS[(i // 7) % 4]
        verdicts.append((_heard(add, contact + timedelta(hours=30), second), second))
    return Told(case_id, unit, area, matter, prompt, answered_at, tuple(verdicts))


def _heard(add, after, verdict):
    if verdict is None:
        return add("follow_up", AGENT, after, contacted=False)
    solved, word = verdict
    return add("follow_up", AGENT, after, contacted=True, solved=solved, satisfaction=word)
