"""Detectors as pages show them: versions, records, and a challenger beside its champion."""

from django.db.models import Count, Q

from xianban.accounts.api import Actor
from xianban.base.errors import NotFound
from xianban.city.api import current
from xianban.prevention.models import DetectorVersion, Warning
from xianban.prevention.queries.reach import may_tune, must_see_warnings
from xianban.prevention.queries.records import over_budget_share, record
from xianban.prevention.queries.shown import DetectorShown, Trial, VersionShown

REAL = Q(outcome="real") | Q(outcome="", stand__in=("confirmed", "ordered"))
EMPTY = Q(outcome="empty") | Q(outcome="", stand="dismissed")


def detectors(actor: Actor) -> tuple[DetectorShown, ...]:
    """Every detector in use, with its record."""
    must_see_warnings(actor)
    rows = DetectorVersion.objects.filter(state="champion").order_by("pk")
    return tuple(_shown(row, actor) for row in rows)


def detector(name: str, actor: Actor) -> DetectorShown:
    must_see_warnings(actor)
    row = DetectorVersion.objects.filter(name=name, state="champion").first()
    if row is None:
        raise NotFound("there is no such detector in use; look at the list")
    return _shown(row, actor)


def _shown(row: DetectorVersion, actor: Actor) -> DetectorShown:
    versions = list(DetectorVersion.objects.filter(name=row.name).order_by("-n")[:20])
    challenger = next((v for v in versions if v.state == "challenger"), None)
    return DetectorShown(
        name=row.name,
        title=row.config["title"],
        method=row.config["method"],
        schedule=row.config["schedule"],
        n=row.n,
        config=row.config,
        record=record(row.name),
        over_budget=over_budget_share(row.name),
        versions=tuple(
            VersionShown(
                v.n, v.state, v.origin, v.by, v.at, v.reason, v.config, record(v.name, n=v.n)
            )
            for v in versions
        ),
        trial=_trial(challenger) if challenger else None,
        may_tune=may_tune(actor, current()),
    )


def _trial(row: DetectorVersion) -> Trial:
    """What both found since the challenger began; a silent finding is as real as the champion's it is a twin of."""
    champion = Warning.objects.filter(
        detector=row.name, first_at__gte=row.at, shown__in=("raised", "left_out")
    )
    silent = Warning.objects.filter(detector=row.name, detector_n=row.n, shown="silent")
    twins = {twin for twin in silent.values_list("twin", flat=True) if twin}
    theirs = Warning.objects.filter(pk__in=twins).aggregate(
        real=Count("pk", filter=REAL), empty=Count("pk", filter=EMPTY)
    )
    ours = champion.aggregate(
        n=Count("pk"), real=Count("pk", filter=REAL), empty=Count("pk", filter=EMPTY)
    )
    times = silent.order_by("-last_at").values_list("last_at", flat=True)[:1]
    days = max(0, (times[0] - row.at).days) if times else 0
    return Trial(
        n=row.n,
        since=row.at,
        days=days,
        found=silent.count(),
        champion_found=ours["n"],
        shared=len(twins),
        real_found=theirs["real"],
        champion_real=ours["real"],
        empty_found=theirs["empty"],
        champion_empty=ours["empty"],
    )
