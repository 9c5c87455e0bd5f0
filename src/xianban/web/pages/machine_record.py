"""The record of the machine: how often it is right, how honest its probabilities are, what was corrected."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import NotAllowed
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.dispatch import api as dispatch
from xianban.dispatch.api import MachineRecord, Outcome
from xianban.web import words
from xianban.web.charts import Chart, Series
from xianban.web.pages.desk import menu, staff

FRESH_S = 300
MATTERS = 60
CASES = 100


@require_safe
@staff
def record(request: HttpRequest, actor: Actor) -> HttpResponse:
    if not (may_anywhere(actor, "train") or may_anywhere(actor, "rule")):
        raise NotAllowed(
            "the record of the machine is for dispatchers, analysts and administrators"
        )
    found = _outcomes(actor)
    chosen = _chosen(request, found)
    seen = dispatch.record(found)
    context = menu(actor, "machine_record") | {
        "seen": seen,
        "to_go": dispatch.lessons_to_go(),
        "model": dispatch.model_in_use(),
        "right_share": f"{seen.right.share:.1%}" if seen.right.share is not None else "",
        "right_n": f"n={seen.right.n:,}",
        "parts": _parts(seen),
        "reliability": _reliability(seen),
        "trend": _trend(seen),
        "bands": [(band, _address(band=n)) for n, band in _numbered(seen)],
        "matters": [
            {
                "name": " / ".join(city.current().matter_path(row.matter)),
                "row": row,
                "url": _address(matter=row.matter),
                "wrong": _address(matter=row.matter, became="wrong"),
            }
            for row in seen.matters[:MATTERS]
        ],
        "more": max(0, len(seen.matters) - MATTERS),
        "chosen": chosen is not None,
        "count": len(chosen or ()),
        "page": {
            "rows": casework.rows_of(actor, [one.case_id for one in chosen[:CASES]], now=utc_now())
        }
        if chosen
        else None,
    }
    return render(request, "dispatch/record.html", context)


def _outcomes(actor: Actor) -> list[Outcome]:
    """What became of the newest proposals; looked up anew every few minutes."""
    key = f"machine-record:{actor.id}"
    found: list[Outcome] | None = cache.get(key)
    if found is None:
        found = dispatch.outcomes(actor)
        cache.set(key, found, FRESH_S)
    return found


def _chosen(request: HttpRequest, found: Sequence[Outcome]) -> list[Outcome] | None:
    """The cases behind a figure; None where no figure was opened."""
    became, matter, band = (request.GET.get(name, "") for name in ("became", "matter", "band"))
    if not (became or matter or band):
        return None
    return [
        one
        for one in found
        if (not matter or one.matter == matter)
        and (not band or (one.right is not None and str(dispatch.band_of(one.probability)) == band))
        and (not became or one.became == became or (became == "wrong" and one.right is False))
        and (one.right is not None or became)
    ]


def _address(**query: Any) -> str:
    return f"{reverse('machine_record')}?{urlencode(query)}#cases"


def _numbered(seen: MachineRecord) -> list[tuple[int, Any]]:
    return [(dispatch.band_of(band.low + 0.01), band) for band in seen.bands]


def _parts(seen: MachineRecord) -> list[dict[str, Any]]:
    return [
        {
            "word": words.OUTCOMES[code].word,
            "tone": words.OUTCOMES[code].colour,
            "icon": words.OUTCOMES[code].icon,
            "n": n,
            "url": _address(became=code),
        }
        for code, n in seen.outcomes.items()
    ]


def _reliability(seen: MachineRecord) -> Chart:
    rows = []
    for band in seen.bands:
        low, high = band.right.interval or (0.0, 1.0)
        rows.append(
            (
                f"{band.low:.0%}–{band.high:.0%}",
                round(band.right.share or 0, 4),
                round(band.said, 4),
                round(low, 4),
                round(high, 4),
            )
        )
    return Chart(
        "reliability",
        _("说有几成把握，实际对几成"),
        x=_("说的把握"),
        rows=rows,
        series=(
            Series(_("实际判对"), 1, band=(3, 4)),
            Series(_("说的把握"), 2, look="expected", colour="violet"),
        ),
        percent=True,
    )


def _trend(seen: MachineRecord) -> Chart:
    return Chart(
        "trend",
        _("每周：自动派出的和判对的"),
        x=_("周一"),
        rows=[
            (
                f"{week.monday:%m-%d}",
                round(week.alone.share or 0, 4),
                round(week.right.share or 0, 4),
            )
            for week in seen.weeks
        ],
        series=(
            Series(_("自动派出"), 1, colour="violet"),
            Series(_("判对"), 2, colour="jade"),
        ),
        percent=True,
    )
