"""From a file to findings, part by part, with a word on each for whoever waits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from xianban.foresee.analysing.gatherings import gatherings
from xianban.foresee.analysing.outlooks import outlook, spots
from xianban.foresee.analysing.rises import FDR, rises
from xianban.foresee.analysing.series import all_series
from xianban.foresee.analysing.talk import talk
from xianban.foresee.cutting import Cut, cut, metres
from xianban.foresee.findings import Findings, Place, Section
from xianban.foresee.quality import remarks
from xianban.foresee.reading import Columns, Read, read

Progress = Callable[[str, float], None]

POINTS_SHOWN = 4000
# what each part takes, roughly, of the whole
PARTS = (
    ("read", 0.1),
    ("outbreaks", 0.35),
    ("clusters", 0.2),
    ("issues", 0.15),
    ("forecast", 0.15),
    ("risk", 0.05),
)


def analyse(path: Path, columns: Columns, progress: Progress) -> tuple[Findings, Read]:
    """All findings of a file, and what was read of it."""
    shares = iter(PARTS)
    done = 0.0

    def begin() -> None:
        nonlocal done
        part, share = next(shares)
        progress(part, done)
        done += share

    begin()
    got = read(path, columns)
    here = cut(got.events)
    begin()
    risen, tested, why_risen = rises(here, all_series(here))
    begin()
    gathered, scans, why_gathered = gatherings(here)
    begin()
    talked, why_talked = talk(here)
    begin()
    ahead, why_ahead = outlook(here)
    begin()
    likely, check, why_likely = spots(here)
    progress("report", 1.0)
    skipped = {
        "outbreaks": why_risen if not tested else "",
        "clusters": why_gathered,
        "issues": why_talked,
        "forecast": why_ahead,
        "risk": why_likely,
    }
    found = Findings(
        file=path.name,
        rows=got.rows,
        events=len(here.events),
        first_day=str(here.dates[0]),
        last_day=str(here.dates[-1]),
        days=len(here.dates),
        areas=len(here.places),
        categories=_categories(here),
        category_count=len(here.events.categories),
        daily=(daily := here.whole).tolist(),
        usual_day=float(np.median(daily)),
        rhythm=_rhythm(here),
        degrees=here.events.degrees,
        cell_size=here.cell_size,
        remarks=remarks(got, here, columns),
        outbreaks=risen,
        tested=tested,
        fdr=FDR,
        clusters=gathered,
        scans=scans,
        issues=talked,
        outlook=ahead,
        risk=likely,
        risk_check=check,
        places=_places(here),
        points=_points(here),
        skipped=[Section(part, why) for part, why in skipped.items() if why],
    )
    return found, got


def _categories(here: Cut) -> list[dict]:
    """The categories with their events: all of the file, and of the last four weeks and those before."""
    late = here.day >= len(here.dates) - 28
    before = (here.day >= len(here.dates) - 56) & ~late
    return [
        {
            "name": name,
            "events": int((mine := here.events.category == code).sum()),
            "last_28_days": int((mine & late).sum()),
            "the_28_before": int((mine & before).sum()),
        }
        for code, name in enumerate(here.events.categories[:60])
    ]


def _rhythm(here: Cut) -> list[list[int]]:
    if (here.events.when == here.events.day).mean() > 0.9:
        return []
    weekday = (here.events.day.astype(np.int64) + 3) % 7
    hour = here.events.when.astype("datetime64[h]").astype(np.int64) % 24
    return np.bincount(weekday * 24 + hour, minlength=168).reshape(7, 24).tolist()


def _places(here: Cut) -> list[Place]:
    number = np.bincount(here.place[here.place >= 0], minlength=len(here.places))
    return [
        Place(name, float(x), float(y), int(events))
        for name, (x, y), events in zip(here.places, here.place_xy, number, strict=True)
    ]


def _points(here: Cut) -> list[list[float]]:
    """Where anything came, thinned evenly over the ground: the background of the map."""
    plane = metres(here.events.xy, degrees=here.events.degrees)[here.events.placed]
    if not len(plane):
        return []
    low, high = np.percentile(plane, 0.1, axis=0), np.percentile(plane, 99.9, axis=0)
    step = float(np.max(high - low)) / 110 or 1.0
    cells, number = np.unique(np.round(plane / step).astype(np.int64), axis=0, return_counts=True)
    busiest = np.argsort(-number)[:POINTS_SHOWN]
    return [
        [float(x * step), float(y * step), int(n)]
        for (x, y), n in zip(cells[busiest], number[busiest], strict=True)
    ]
