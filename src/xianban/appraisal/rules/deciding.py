"""Who may not decide, and what is wrong with what was asked."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from xianban.appraisal.rules.words import ASKED, CORRECTABLE, MOST_EVIDENCE
from xianban.base.errors import BadInput, NotAllowed, WrongState

VERDICTS = ("satisfied", "basically", "dissatisfied", "unstated")


def check_request(ground: str, evidence: str, *, grounds: Collection[str]) -> None:
    """Something is asked for a reason that we know, and with evidence."""
    if ground not in grounds:
        raise BadInput(f"“{ground[:40]}” is no ground; choose one of {', '.join(grounds)}")
    check_words(evidence, "evidence")


def check_words(text: str, name: str) -> None:
    if not text.strip():
        raise BadInput(f"say it in words: “{name}” is empty")
    if len(text) > MOST_EVIDENCE:
        raise BadInput(f"“{name}” is longer than {MOST_EVIDENCE} characters; shorten it")


def refuse_own(asked_by: str, unit: str, *, decider: str, units: Collection[str]) -> None:
    """Nobody decides upon what they asked for, or what their own unit gains by."""
    if decider == asked_by or unit in units:
        raise NotAllowed("who asked, or belongs to that unit, cannot decide; leave it to another")


def must_be_open(state: str) -> None:
    if state != ASKED:
        raise WrongState("this was decided already; look at it again")


def may_freeze(*, ends_at: datetime, now: datetime, waiting: int, frozen: bool) -> None:
    """A period is frozen once: when it is over and nothing about it is undecided."""
    if frozen:
        raise WrongState("this period is frozen already; corrections come by appeal")
    if now < ends_at:
        raise WrongState("this period is not over; it can be frozen when it is")
    if waiting:
        raise WrongState(
            f"{waiting} request(s) to leave cases out are not decided; decide them before freezing"
        )


def corrected(said: Mapping[str, Any], tallies: Mapping[str, int]) -> dict[str, int]:
    """What the tallies of a row become when a ruling puts right what it says."""
    unknown = sorted(set(said) - set(CORRECTABLE))
    if unknown:
        raise BadInput(f"“{unknown[0]}” cannot be put right; choose {', '.join(CORRECTABLE)}")
    if not tallies["valid"]:
        raise WrongState("nobody was reached in this follow-up, so that nothing in it counts")
    found = dict(tallies)
    for name in ("contacted", "solved"):
        if name in said:
            if not isinstance(said[name], bool):
                raise BadInput(f"“{name}” is yes or no")
            found[name] = int(said[name])
    if "satisfaction" in said:
        if said["satisfaction"] not in VERDICTS:
            raise BadInput(f"“satisfaction” is one of {', '.join(VERDICTS)}")
        for name in VERDICTS[:3]:
            found[name] = int(said["satisfaction"] == name)
    return found
