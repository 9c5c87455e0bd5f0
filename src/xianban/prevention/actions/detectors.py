"""Detectors and their versions: from the pack, a challenger beside the champion, promoted or reverted by a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from xianban.accounts.api import MACHINE, Actor
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.city.api import City, Detector, current, prevention_from, read_detectors
from xianban.ledger.api import Entry, append
from xianban.prevention.models import DetectorVersion, Warning
from xianban.prevention.queries.reach import may_tune
from xianban.prevention.queries.records import over_budget_share, record
from xianban.prevention.rules.records import tuned


def config_of(row: DetectorVersion) -> Detector:
    return prevention_from({"detectors": [row.config]}).detectors[0]


def in_use(city: City, *, now: datetime) -> tuple[list[DetectorVersion], list[DetectorVersion]]:
    """Champions and challengers, after what the pack says now was taken over; in order of the pack.

    A pack that says something new of a detector makes a new champion. A detector that the pack names
    no more is at rest; its versions and record stay.
    """
    stated = {one.name: one.plain() for one in city.prevention.detectors}
    with transaction.atomic():
        rows = list(DetectorVersion.objects.select_for_update().order_by("name", "n"))
        for name, config in stated.items():
            own = [row for row in rows if row.name == name]
            packed = [row for row in own if row.origin == "pack"]
            if packed and packed[-1].config == config:
                continue
            _retire(own, "champion", "challenger")
            _add(name, config, "champion", "pack", by=MACHINE.key, now=now, reason="")
        for name in {row.name for row in rows} - set(stated):
            _retire([r for r in rows if r.name == name], "champion", "challenger")
        for name in stated:  # one that comes back as it was is taken up again
            if not DetectorVersion.objects.filter(name=name, state="champion").exists():
                last = DetectorVersion.objects.filter(name=name, origin="pack").latest("n")
                DetectorVersion.objects.filter(pk=last.pk).update(state="champion")
    rows = list(DetectorVersion.objects.exclude(state="retired"))
    order = list(stated)
    rows.sort(key=lambda row: order.index(row.name))
    return (
        [row for row in rows if row.state == "champion"],
        [row for row in rows if row.state == "challenger"],
    )


def challenge(name: str, changes: Mapping[str, Any], *, reason: str, acting: Actor, now: datetime) -> int:  # fmt: skip
    """Let a changed configuration run silently beside the champion; the number of its version."""
    _must_tune(acting)
    if not reason.strip():
        raise BadInput("say why this is tried; the record needs a reason")
    with transaction.atomic():
        champion = _held(name, "champion")
        config = _checked(champion, changes)
        if config == champion.config:
            raise BadInput("this is what the champion does already; change something")
        return _challenge(name, config, "person", reason.strip(), acting.key, now)


def _challenge(
    name: str, config: dict[str, Any], origin: str, reason: str, by: str, now: datetime
) -> int:
    _retire(list(DetectorVersion.objects.filter(name=name)), "challenger")
    _close_silent(name, now)
    return _add(name, config, "challenger", origin, by=by, now=now, reason=reason)


def promote(name: str, *, reason: str, acting: Actor, now: datetime) -> int:
    """The challenger takes the champion's place; the number of the version now in use."""
    _must_tune(acting)
    _must_say(reason)
    with transaction.atomic():
        champion, challenger = _held(name, "champion"), _held(name, "challenger")
        DetectorVersion.objects.filter(pk=champion.pk).update(state="retired")
        DetectorVersion.objects.filter(pk=challenger.pk).update(state="champion")
        _close_silent(name, now)
        _write(name, "promote", {"from": champion.n, "to": challenger.n, "reason": reason}, acting.key, now)  # fmt: skip
    return challenger.n


def withdraw(name: str, *, reason: str, acting: Actor, now: datetime) -> None:
    """The challenger is tried no longer."""
    _must_tune(acting)
    _must_say(reason)
    with transaction.atomic():
        challenger = _held(name, "challenger")
        DetectorVersion.objects.filter(pk=challenger.pk).update(state="retired")
        _close_silent(name, now)
        _write(name, "withdraw", {"n": challenger.n, "reason": reason}, acting.key, now)


def revert(name: str, n: int, *, reason: str, acting: Actor, now: datetime) -> int:
    """An earlier version is the champion again."""
    _must_tune(acting)
    _must_say(reason)
    with transaction.atomic():
        champion = _held(name, "champion")
        earlier = DetectorVersion.objects.select_for_update().filter(name=name, n=n).first()
        if earlier is None:
            raise NotFound(f"the detector {name} has no version {n}; look at its list")
        if earlier.state != "retired":
            raise WrongState(f"version {n} of {name} is in use already")
        DetectorVersion.objects.filter(pk=champion.pk).update(state="retired")
        DetectorVersion.objects.filter(pk=earlier.pk).update(state="champion")
        _write(name, "revert", {"from": champion.n, "to": n, "reason": reason}, acting.key, now)
    return n


def tune(*, now: datetime) -> list[str]:
    """Propose a challenger where a champion's record asks for one; the names. A person decides."""
    proposed = []
    for row in DetectorVersion.objects.filter(state="champion"):
        if DetectorVersion.objects.filter(name=row.name, state="challenger").exists():
            continue
        asked = tuned(row.config, record(row.name, n=row.n), over_budget=over_budget_share(row.name))  # fmt: skip
        if asked is None:
            continue
        config, reason = asked
        if DetectorVersion.objects.filter(name=row.name, config=config).exists():
            continue  # it was tried, and somebody decided
        with transaction.atomic():
            _challenge(row.name, config, "tuning", reason, MACHINE.key, now)
        proposed.append(row.name)
    return proposed


def _checked(champion: DetectorVersion, changes: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {"name", "method"} & set(changes)
    if fixed:
        raise BadInput(f"{', '.join(sorted(fixed))} of a detector cannot change; name another one in the city pack")  # fmt: skip
    config = {**champion.config, **changes}
    if read_detectors([config]) is None:
        raise BadInput("this is no configuration of a detector; docs/prevention.md lists what each key holds")  # fmt: skip
    return config


def _held(name: str, state: str) -> DetectorVersion:
    row = DetectorVersion.objects.select_for_update().filter(name=name, state=state).first()
    if row is None:
        raise NotFound(f"the detector {name} has no {state}; look at its list")
    return row


def _must_tune(acting: Actor) -> None:
    if not may_tune(acting, current()):
        raise NotAllowed(
            "a detector looks at the whole city; ask an analyst or a leader of the whole city"
        )


def _must_say(reason: str) -> None:
    if not reason.strip():
        raise BadInput("say why; the record needs a reason")


def _retire(rows: list[DetectorVersion], *states: str) -> None:
    DetectorVersion.objects.filter(pk__in=[row.pk for row in rows if row.state in states]).update(
        state="retired"
    )


def _close_silent(name: str, now: datetime) -> None:
    """What a challenger saw is no longer followed."""
    Warning.objects.filter(detector=name, shown="silent", course="ongoing").update(
        course="ended", ended_at=now
    )


def _add(
    name: str, config: dict[str, Any], state: str, origin: str, *, by: str, now: datetime, reason: str
) -> int:  # fmt: skip
    last = DetectorVersion.objects.filter(name=name).aggregate(n=Max("n"))["n"] or 0
    DetectorVersion.objects.create(
        name=name, n=last + 1, config=config, state=state, origin=origin, by=by, at=now, reason=reason
    )  # fmt: skip
    said = {"n": last + 1, "state": state, "origin": origin, "config": config, "reason": reason}
    _write(name, "configure", said, by, now)
    return last + 1


def _write(name: str, verb: str, said: dict[str, Any], by: str, now: datetime) -> None:
    append([Entry(f"detector:{name}", verb, by, now, {"said": said})])
