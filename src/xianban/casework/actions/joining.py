"""Acts that touch two cases: merge, link, split; and people who join a case."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput, WrongState
from xianban.casework.actions.opening import open_cases
from xianban.casework.actions.writing import add_interests, locked, locked_in_order, write
from xianban.casework.models import Case, Link
from xianban.casework.queries.people import persons_of
from xianban.casework.queries.standings import standing_of, subject_of
from xianban.casework.rules.standing import snapshot
from xianban.casework.rules.values import NewCase, NewLink
from xianban.casework.rules.words import ENDED
from xianban.city.api import current
from xianban.ledger.api import Entry, append

if TYPE_CHECKING:
    from xianban.casework.actions.performing import Act


def prepare(act: "Act", verb: str) -> dict[str, Any]:
    """What an act on two cases must check and make first; the values that it adds to what is said."""
    return ON_TWO[verb](act)


def _prepare_merge(act: "Act") -> dict[str, Any]:
    """No chains: what was merged stays merged, and whoever has taken in others is not merged away."""
    target = act.target
    if target is None:
        raise BadInput("“merge” needs “into”: the number of the case that goes on")
    act.scope.must_see(target.pk)
    if target.state == "merged":
        raise WrongState("that case was merged into another one itself; merge into that one")
    if target.state in ENDED:
        raise WrongState("that case has ended; link the two, or open it again first")
    if Case.objects.filter(merged_into=act.case.pk).exists():
        raise WrongState("other cases were merged into this one; merge the other way round")
    return {}


def absorb(act: "Act") -> None:
    """The case that goes on takes over everybody who waits for an answer."""
    assert act.target is not None
    add_interests(act.target.pk, persons_of(act.case.pk), now=act.now, via=act.case.pk)
    standing = standing_of(act.target)
    write(
        act.target,
        snapshot(standing),
        standing,
        verb="absorb",
        actor=act.acting.key,
        now=act.now,
        city=act.scope.city,
        said={"case": act.case.pk},
    )


def _prepare_link(act: "Act") -> dict[str, Any]:
    other = act.said.get("other")
    if other is None:
        raise BadInput("“link” needs “other”: the number of the other case")
    if other == act.case.pk:
        raise BadInput("a case cannot be linked to itself; name the other one")
    act.scope.must_see(other)
    _link(act.case.pk, other, act.said.get("kind", "related"), act.now)
    return {}


def _link(case: int, other: int, kind: str, now: datetime) -> None:
    Link.objects.bulk_create(
        [Link(case_id=case, other_id=other, kind=kind, since=now)], ignore_conflicts=True
    )
    Link.objects.filter(case=case, other=other, kind=kind).update(cut_at=None)


def _prepare_unlink(act: "Act") -> dict[str, Any]:
    """Whichever of the two names the other; what is not linked is refused alike, seen or unseen."""
    other = act.said.get("other")
    mine, theirs = Q(case=act.case.pk, other=other), Q(case=other, other=act.case.pk)
    if not Link.objects.filter(mine | theirs, cut_at__isnull=True).update(cut_at=act.now):
        raise WrongState("this case is not linked to one of that number; look at it again")
    return {}


def _prepare_split(act: "Act") -> dict[str, Any]:
    """The second matter becomes a case of its own, for the same people, received at the same time."""
    if not act.said.get("matter") or not act.said.get("text"):
        raise BadInput("“split” needs “matter” and “text”: what the second case is about")
    case, city = act.case, act.scope.city
    matter, area = city.matters[act.said["matter"]], act.said.get("area", act.standing.area)
    assignment = city.duty_for(
        matter.code, area or city.root, on=act.now.astimezone(city.tz).date()
    )
    if assignment and act.said.get("unit"):
        assignment = replace(assignment, lead=act.said["unit"])
    persons = persons_of(case.pk)
    new = NewCase(
        origin=case.origin,
        source=case.source,
        title=act.said["text"][:60],
        text=act.said["text"],
        received_at=case.received_at,
        clocks_from=act.now,
        matter=matter.code,
        area=area,
        place=case.place,
        lat=case.lat,
        lon=case.lon,
        urgency=matter.urgency,
        request_kind=matter.request_kind,
        person=persons[0] if persons else None,
        assignment=assignment,
    )
    opened = open_cases([new], acting=act.acting, now=act.now)[0]
    add_interests(opened.case_id, persons[1:], now=act.now, via=case.pk)
    _link(case.pk, opened.case_id, "split", act.now)
    return {"case": opened.case_id}


ON_TWO = {
    "merge": _prepare_merge,
    "link": _prepare_link,
    "unlink": _prepare_unlink,
    "split": _prepare_split,
}


def link_cases(links: Sequence[NewLink], *, acting: Actor, now: datetime) -> int:
    """Note many links at once, an act for each case that has new ones; how many were not known yet.

    What somebody has cut is known, and stays cut.
    """
    wanted = {(link.case, link.other, link.kind): link for link in links if link.case != link.other}
    if not wanted:
        return 0
    with transaction.atomic():
        locked_in_order(sorted({link.case for link in wanted.values()}))
        known = Link.objects.filter(case__in={key[0] for key in wanted})
        for key in known.values_list("case_id", "other_id", "kind"):
            wanted.pop(key, None)
        fresh = list(wanted.values())
        Link.objects.bulk_create(
            [
                Link(
                    case_id=link.case,
                    other_id=link.other,
                    kind=link.kind,
                    score=link.score,
                    since=link.at or now,
                )
                for link in fresh
            ]
        )
        _write_links_down(fresh, acting, now)
    return len(fresh)


def _write_links_down(fresh: Sequence[NewLink], acting: Actor, now: datetime) -> None:
    by_case: dict[int, list[NewLink]] = {}
    for link in fresh:
        by_case.setdefault(link.case, []).append(link)
    Case.objects.filter(pk__in=by_case).update(version=F("version") + 1)
    entries = []
    for case, links in by_case.items():
        found = [[link.other, link.kind, round(link.score, 3)] for link in links]
        at = max(link.at or now for link in links)
        said = {"said": {"links": found}, "change": {}}
        entries.append(Entry(subject_of(case), "link", acting.key, at, said))
    append(entries)


def hear(
    case_id: int, person_id: int, *, acting: Actor, now: datetime, files: Sequence[str] = ()
) -> int:
    """One more person wants to hear of a case; the case that goes on, where it was merged.

    `files` are the digests of what came along, which the caller attaches to this act.
    """
    with transaction.atomic():
        case = locked(case_id)
        if case.merged_into_id is not None:
            return hear(case.merged_into_id, person_id, acting=acting, now=now, files=files)
        if person_id in persons_of(case_id) and not files:
            return case_id
        add_interests(case_id, [person_id], now=now)
        standing = standing_of(case)
        write(
            case,
            snapshot(standing),
            standing,
            verb="hear",
            actor=acting.key,
            now=now,
            city=current(),
            said={"person": person_id, **({"files": list(files)} if files else {})},
        )
    return case_id
