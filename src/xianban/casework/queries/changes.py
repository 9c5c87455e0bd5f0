"""Who did what to a case meanwhile, its corrections, and whether its acts are all there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from xianban.accounts.api import names_of
from xianban.base.errors import WrongState
from xianban.casework.models import Case
from xianban.casework.queries.standings import subject_of
from xianban.ledger.api import acts_after, history, newest_seqs

TOLD = ("matter", "area", "unit", "level", "urgency", "state", "exit", "ending", "reopened")
QUIET = ("machine",)  # what the worker noted changes nothing that a person decided upon


def refuse_if_changed(case_id: int, seen: int, *, now_at: int, tz: tzinfo) -> None:
    """WrongState where a person acted on the case after the version that was looked at."""
    newer = [
        act for act in history(subject_of(case_id)) if act.seq > seen and act.actor not in QUIET
    ]
    if not newer and seen <= now_at:
        return
    if not newer:
        raise WrongState("the page is from another copy of this case; look at it again")
    names = actor_names(act.actor for act in newer)
    done = ", ".join(
        f"{names[act.actor]} did “{act.verb}” at {act.at.astimezone(tz):%H:%M}"
        for act in newer[-3:]
    )
    raise WrongState(f"while you looked at this case, {done}; look at it again before you act")


def actor_names(keys: Iterator[str] | list[str]) -> dict[str, str]:
    """What to call those who acted: users by name, residents and the machine by what they are."""
    wanted = set(keys)
    users = {key: int(key[5:]) for key in wanted if key.startswith("user:")}
    names = names_of(users.values()) if users else {}
    return {
        key: names.get(users[key], key)
        if key in users
        else ("Xianban" if key == "machine" else "the resident")
        for key in wanted
    }


@dataclass(frozen=True)
class Correction:
    """What a person said a case is really about, and where: what dispatch learns from."""

    case_id: int
    title: str
    text: str
    place: str
    matter: str
    area: str
    at: datetime


def corrections(*, since: datetime | None = None) -> Iterator[Correction]:
    """Cases whose matter or place a person corrected, in the order of correction."""
    rows = Case.objects.filter(refined_at__isnull=False).order_by("refined_at", "id")
    if since is not None:
        rows = rows.filter(refined_at__gt=since)
    columns = ("id", "title", "text", "place", "matter", "area", "refined_at")
    return (Correction(*row) for row in rows.values_list(*columns).iterator(chunk_size=2000))


def corrections_since(since: datetime | None) -> int:
    """How many cases were corrected after that time."""
    rows = Case.objects.filter(refined_at__isnull=False)
    return (rows.filter(refined_at__gt=since) if since else rows).count()


@dataclass(frozen=True)
class Change:
    """What one act changed of what may be told without anyone's name; None where it changed nothing."""

    key: int
    case_id: int
    at: datetime
    verb: str
    facts: dict[str, str | int]
    solved: bool | None
    satisfaction: str | None


def changes(*, after: int = 0) -> Iterator[Change]:
    """What became of cases, act by act in the order of writing, after the act with this key."""
    for key, act in acts_after(after, kind="case"):
        change = act.payload.get("change", {})
        facts = {name: change[name] for name in TOLD if name in change}
        heard: dict[str, Any] = next(reversed(change.get("follow_ups", ())), {})
        if facts or heard:
            yield Change(
                key,
                int(act.subject[5:]),
                act.at,
                act.verb,
                facts,
                heard.get("solved"),
                heard.get("satisfaction"),
            )


def verify_heads() -> str | None:
    """The first case whose chain in the ledger is shorter or longer than it counts; None if all agree.

    A chain that was cut off at its end looks whole by itself: only the case knows how long it was.
    """
    counted = dict(Case.objects.values_list("id", "version").iterator(chunk_size=5000))
    for subject, seq in newest_seqs():
        kind, _, key = subject.partition(":")
        if kind != "case":
            continue
        version = counted.pop(int(key), None)
        if version is None:
            return f"{subject} has {seq} acts in the ledger, and there is no such case"
        if version != seq:
            return f"{subject} counts {version} acts, of which the ledger has {seq}"
    bare = next(iter(counted.items()), None)
    return f"case:{bare[0]} counts {bare[1]} acts, of which the ledger has none" if bare else None
