"""Reading figures: rankings, one figure, and the rows behind it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from xianban.accounts.api import Actor, may_anywhere
from xianban.appraisal.models import Appeal, Counted, Exclusion, Figure, Period, Revision
from xianban.appraisal.queries.reach import NO_FIGURE, must_see, sees
from xianban.appraisal.queries.shown import (
    FigureSeen,
    PeersSeen,
    PeriodSeen,
    Ranking,
    RateSeen,
    RowPage,
    RowSeen,
)
from xianban.appraisal.rules.periods import month_of
from xianban.appraisal.rules.words import BY
from xianban.base.errors import BadInput, NotAllowed, NotFound
from xianban.city.api import TALLIES, City, current, profile_from

MAX_SIZE = 200
LEVELS = ("city", "district", "street", "community")


def periods() -> tuple[str, ...]:
    """The names of all periods that were reckoned, the newest first."""
    return tuple(Period.objects.order_by("-name").values_list("name", flat=True))


def period_seen(name: str, *, revision: int | None = None) -> PeriodSeen:
    """A period and its newest revision, or the one asked for."""
    return _period_seen(_revision(name, revision))


def ranking(actor: Actor, name: str, *, by: str = "unit", revision: int | None = None) -> Ranking:
    """Figures of a period among peers: those within the actor's scope, each with its place in all."""
    _check_by(by)
    if not may_anywhere(actor, "rank"):
        raise NotAllowed("your roles do not show figures; ask an administrator")
    of, city = _revision(name, revision), current()
    profile = profile_from(of.profile)
    rows = [row for row in Figure.objects.filter(revision=of, by=by) if sees(actor, city, by, row.code)]  # fmt: skip
    groups: dict[str, list[Figure]] = {}
    for row in rows:
        groups.setdefault(row.peers, []).append(row)
    return Ranking(
        period=_period_seen(of),
        by=by,
        whole=_whole(actor, of, city),
        groups=tuple(_peers(code, by, groups[code], city) for code in _sorted(groups, by)),
        enough=profile.enough,
        confidence=profile.confidence,
        scale=profile.scale,
        ranked=by != "matter",
    )


def figure(
    actor: Actor, name: str, *, by: str, code: str, revision: int | None = None
) -> FigureSeen:
    """One figure; NotFound where there is none that the actor may see."""
    _check_by(by)
    city = current()
    must_see(actor, city, by, code)
    row = Figure.objects.filter(revision=_revision(name, revision), by=by, code=code).first()
    if row is None:
        raise NotFound(NO_FIGURE)
    return _seen(row, city)


def rows_behind(
    actor: Actor,
    name: str,
    *,
    by: str,
    code: str,
    revision: int | None = None,
    after: str = "",
    size: int = 50,
) -> RowPage:
    """The rows behind a figure, the newest first, with those that were left out."""
    _check_by(by)
    city = current()
    must_see(actor, city, by, code)
    of = _revision(name, revision)
    rows = Counted.objects.filter(_within(by, code, city), revision=of)
    total = rows.count()
    size = max(1, min(size, MAX_SIZE))
    found = list(_beyond(rows, after).order_by("-at", "-id")[: size + 1])
    shown = found[:size]
    states = _states(of.period, shown)
    mark = f"{shown[-1].at.isoformat()}/{shown[-1].pk}" if len(found) > size else ""
    return RowPage(tuple(_row_seen(row, city, states) for row in shown), mark, total)


def _check_by(by: str) -> None:
    if by not in BY:
        raise BadInput(f"“{by[:20]}” is nothing that figures are of; choose {', '.join(BY)}")


def _revision(name: str, n: int | None) -> Revision:
    month_of(name)
    rows = Revision.objects.select_related("period").filter(period__name=name.strip())
    row = (rows.filter(n=n) if n else rows.order_by("-n")).first()
    if row is None:
        raise NotFound(f"the period {name[:20]} has not been reckoned; run `xianban appraise`")
    return row


def _period_seen(revision: Revision) -> PeriodSeen:
    period = revision.period
    return PeriodSeen(
        name=period.name,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        revision=revision.n,
        revisions=period.revisions.count(),
        reckoned_at=revision.reckoned_at,
        frozen_at=revision.frozen_at,
        why=revision.why,
        rows=revision.rows,
        digest=revision.digest,
    )


def _whole(actor: Actor, revision: Revision, city: City) -> FigureSeen | None:
    if not sees(actor, city, "area", city.root):
        return None
    row = Figure.objects.filter(revision=revision, by="area", code=city.root).first()
    return _seen(row, city) if row else None


def _sorted(groups: dict[str, list[Figure]], by: str) -> list[str]:
    if by == "area":
        return sorted(groups, key=lambda code: LEVELS.index(code) if code in LEVELS else 9)
    if by == "matter":
        return sorted(groups)
    return sorted(groups, key=lambda code: (-sum(f.n for f in groups[code]), code))


def _peers(code: str, by: str, rows: Sequence[Figure], city: City) -> PeersSeen:
    seen = [_seen(row, city) for row in rows]
    if by == "matter":
        seen.sort(key=lambda one: (-one.tallies["cases"], one.code))
    else:
        seen.sort(key=_order)
    return PeersSeen(code, _peers_name(by, code, city), tuple(seen))


def _order(one: FigureSeen) -> tuple[bool, bool, float, int, str]:
    """Those with a place by place; then those of whom too little is known, which is no order."""
    by_score = -float(one.score) if one.rank else 0.0
    return one.rank is None, one.score == "", by_score, -one.n, one.code


def _peers_name(by: str, code: str, city: City) -> str:
    return city.unit_kinds.get(code, code) if by == "unit" else code


def _seen(row: Figure, city: City) -> FigureSeen:
    names = {"unit": city.unit_name, "area": city.area_name, "matter": city.matter_name}
    return FigureSeen(
        by=row.by,
        code=row.code,
        name=names[row.by](row.code),
        peers=row.peers,
        peers_name=_peers_name(row.by, row.peers, city),
        tallies=row.tallies,
        rates=tuple(RateSeen(**rate) for rate in row.rates),
        score=row.score,
        n=row.n,
        low=row.low,
        high=row.high,
        rank=row.rank,
        best=row.best,
        worst=row.worst,
        among=row.among,
        listed=row.listed,
    )


def _within(by: str, code: str, city: City) -> Q:
    if by == "unit":
        return Q(unit=code)
    if by == "matter":
        return Q(matter__in=[c for c in (*city.matters, *city.retired_matters) if code in city.matter_line(c)])  # fmt: skip
    area = city.areas.get(code) or city.retired_areas.get(code)
    if area is None or area.level == "city":
        return Q() if code == city.root else Q(area=code)
    return Q(**{area.level if area.level in LEVELS else "area": code})


def _beyond(rows: QuerySet[Counted], after: str) -> QuerySet[Counted]:
    if not after:
        return rows
    from datetime import datetime

    try:
        moment, _, key = after.partition("/")
        at = datetime.fromisoformat(moment)
        return rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=int(key)))
    except ValueError:
        raise BadInput("this is not the mark of a page; begin the list anew") from None


def _states(period: Period, rows: Sequence[Counted]) -> dict[tuple[int, str], str]:
    """What was last asked about each of these rows; an appeal comes after any request."""
    cases = [row.case for row in rows]
    found: dict[tuple[int, str], str] = {}
    models: tuple[Any, ...] = (Exclusion, Appeal)
    for model in models:
        asked = model.objects.filter(period=period, case__in=cases).order_by("id")
        found |= {(c, unit): state for c, unit, state in asked.values_list("case", "unit", "state")}
    return found


def _row_seen(row: Counted, city: City, states: dict[tuple[int, str], str]) -> RowSeen:
    return RowSeen(
        id=row.pk,
        case_id=row.case,
        number=row.number,
        n=row.n,
        at=row.at,
        unit=row.unit,
        unit_name=city.unit_name(row.unit),
        area_name=city.area_name(row.area) if row.area else "",
        matter_name=city.matter_name(row.matter) if row.matter else "",
        tallies={name: getattr(row, name) for name in TALLIES},
        left_out=row.left_out,
        asked=states.get((row.case, row.unit), ""),
    )
