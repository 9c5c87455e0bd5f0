"""One page that needs nothing else: findings as sentences, tables and charts."""

import json
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from xianban.foresee.findings import Findings, Gathering, Outbreak, plain
from xianban.foresee.telling import (
    about,
    change,
    cluster_line,
    cluster_sure,
    headlines,
    percent,
    remark_line,
    rise_line,
    rise_sure,
    risk_check_line,
)
from xianban.foresee.words import Words

LEVELS = 5
RISES_SHOWN = 12


def report(found: Findings, *, language: str) -> str:
    """The page as HTML; charts are drawn by the script inside, tables and sentences need none."""
    words = Words(language)
    page = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    ).from_string(_asset("report.html"))
    return page.render(
        t=words,
        f=found,
        about=about,
        percent=percent,
        tiles=_tiles(found, words),
        parts=_parts(found, words),
        headlines=headlines(found, words),
        remarks=[(one.grave, remark_line(one, words)) for one in found.remarks],
        rises=[_rise(one, words) for one in found.outbreaks[:RISES_SHOWN]],
        more_rises=len(found.outbreaks) - RISES_SHOWN,
        chance=percent(found.fdr),
        weekly=not found.outbreaks or found.outbreaks[0].step_days == 7,
        clusters=[(cluster_line(one, words), cluster_sure(one, words)) for one in found.clusters],
        has_places=any(place.x == place.x for place in found.places),
        rhythm=_rhythm(found, words),
        risk_check=risk_check_line(found.risk_check, words) if found.risk_check else "",
        css=Markup(_asset("report.css")),  # noqa: S704 (our own file)
        js=Markup(_asset("report.js")),  # noqa: S704
        echarts=Markup(_asset("echarts.common.min.js")),  # noqa: S704
        given=Markup(_embedded(_given(found, words))),  # noqa: S704 (escaped for a script)
    )


def _asset(name: str) -> str:
    return (files("xianban.foresee") / "assets" / name).read_text("utf-8")


def _embedded(value: Any) -> str:
    """JSON that cannot end the script it stands in."""
    text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _tiles(found: Findings, words: Words) -> list[tuple[str, str, str]]:
    tiles = [(f"{found.events:,}", words("tile_events"), "")]
    tiles.append((about(found.usual_day), words("tile_per_day"), ""))
    if found.areas:
        tiles.append(
            (f"{found.areas:,}", words("tile_cells" if found.cell_size else "tile_areas"), "")
        )
    if found.categories:
        tiles.append((f"{found.category_count:,}", words("tile_categories"), ""))
    if found.outlook:
        low, middle, high = found.outlook.sum
        label = words("tile_next", low=f"{low:,.0f}", high=f"{high:,.0f}")
        tiles.append((f"{middle:,.0f}", label, "violet"))
    if found.days >= 56 and sum(found.daily[-56:-28]) >= 20:
        by = sum(found.daily[-28:]) / sum(found.daily[-56:-28]) - 1
        tone = "red" if by > 0.1 else "jade" if by < -0.1 else ""
        tiles.append((change(by), words("tile_change"), tone))
    return tiles


def _parts(found: Findings, words: Words) -> list[tuple[str, str]]:
    there = {
        "data": True,
        "time": True,
        "rises": bool(found.tested),
        "where": bool(found.points or found.places),
        "issues": bool(found.issues),
        "forecast": bool(found.outlook and found.outlook.sums),
        "risk": bool(found.risk),
        "categories": bool(found.categories),
        "method": True,
    }
    names = {"time": "time" if found.outlook else "time_past"}
    return [(part, words(names.get(part, part))) for part, shown in there.items() if shown]


def _rise(one: Outbreak, words: Words) -> dict[str, Any]:
    series = one.series
    return {
        "line": rise_line(one, words),
        "when": words("rise_when", first_day=one.first_day, last_day=one.last_day),
        "sure": rise_sure(one, words),
        "current": one.current,
        "rows": [
            (
                start,
                n,
                "–" if expected is None else about(expected),
                "–" if upper is None else about(upper),
            )
            for start, n, expected, upper in zip(
                series.starts, series.counts, series.expected, series.upper, strict=True
            )
        ][::-1],
    }


def _rhythm(found: Findings, words: Words) -> list[tuple[str, list[tuple[int, int]]]]:
    """For each weekday its hours: how many came, and how dark the cell is."""
    if not found.rhythm:
        return []
    most = max(max(hours) for hours in found.rhythm) or 1
    return [
        (words.weekday(day), [(n, -(-n * LEVELS // most)) for n in hours])
        for day, hours in enumerate(found.rhythm)
    ]


def _given(found: Findings, words: Words) -> dict[str, Any]:
    """What the charts are drawn from."""
    by_place = dict(enumerate(found.places))

    def at(index: int, say: str) -> dict[str, Any]:
        return {"x": by_place[index].x, "y": by_place[index].y, "say": say}

    likely: dict[int, str] = {}
    for one in found.risk:
        if len(likely) < 12:
            what = f"{one.category}: " if one.category else ""
            likely.setdefault(one.place, f"{one.area} · {what}{percent(one.probability)}")
    return {
        "words": {
            "counted": words("counted"),
            "expected": words("col_expected"),
            "upper": words("col_upper"),
            "forecast": words("forecast_word"),
            "band": words("band"),
            "today": words("today"),
            "last": words("col_last"),
        },
        "outlook": found.outlook and _outlook(found),
        "days": _days_from(found),
        "counts": found.daily,
        "rises": [vars(one.series) for one in found.outbreaks[:RISES_SHOWN]],
        "places": [vars(place) for place in found.places],
        "cells": bool(found.cell_size),
        "points": found.points,
        "likely": [
            at(index, say)
            for index, say in likely.items()
            if by_place[index].x == by_place[index].x
        ],
        "rings": [at(index, _ring(one, words)) for one in found.clusters for index in one.places],
    }


def _outlook(found: Findings) -> dict[str, Any]:
    assert found.outlook is not None
    return vars(found.outlook)


def _ring(one: Gathering, words: Words) -> str:
    return cluster_line(one, words)


def _days_from(found: Findings) -> list[str]:
    import numpy as np

    start = np.datetime64(found.first_day)
    return [str(day) for day in np.arange(start, start + found.days)]
