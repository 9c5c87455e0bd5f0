"""Next week's risk on Chicago's sanitation complaints: squares of a mile, by nature, 26 weeks.

Each of the last 26 weeks of 2013 is ranked from what came before it, and so is it by plain means:
of the last 4, 8 and 52 weeks. Half of these weeks had not been looked at when the method was made.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Row

SQUARE_FEET = 5280
WEEKS = 26
SINCE, LAST = np.datetime64("2011-01-01"), np.datetime64("2013-12-28")
TOP = 100
EDGES = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0])


def complaints(folder: Path) -> dict[str, Any]:
    import polars as pl

    table = pl.read_csv(folder / "chicago_sanitation_2011_2013.csv.gz").unique(maintain_order=True)
    table = table.filter(
        (pl.col("Creation_Date") >= str(SINCE)) & pl.col("X_Coordinate").is_not_null()
    )
    square = np.floor(table.select("X_Coordinate", "Y_Coordinate").to_numpy() / SQUARE_FEET)
    points, cell = np.unique(square, axis=0, return_inverse=True)
    nature = table["What_is_the_Nature_of_this_Code_Violation"].fill_null("not said").to_numpy()
    names, matter = np.unique(nature.astype(str), return_inverse=True)
    return {
        "cell": cell.reshape(-1),
        "matter": matter,
        "when": table["Creation_Date"].to_numpy().astype("datetime64[D]"),
        "xy": points * SQUARE_FEET,
        "shape": (len(points), len(names)),
    }


def counted(given: dict[str, Any], after: np.datetime64, upto: np.datetime64) -> Any:
    counts = np.zeros(given["shape"])
    inside = (given["when"] > after) & (given["when"] <= upto)
    np.add.at(counts, (given["cell"][inside], given["matter"][inside]), 1)
    return counts


def hits(score: Any, came: Any) -> float:
    """The share of the TOP pairs of place and matter, week by week, where something came."""
    rows = zip(score, came, strict=True)
    first = [true.ravel()[np.argsort(-own, axis=None, kind="stable")[:TOP]] for own, true in rows]
    return float(np.mean(first))


def surprise(chance: Any, came: Any) -> float:
    """Mean negative log likelihood; a plain mean may say 0, so it is kept from 0 and 1."""
    held = np.clip(chance, 1e-3, 1 - 1e-3)
    return float(-np.where(came, np.log(held), np.log(1 - held)).mean())


def unreliable(chance: Any, came: Any) -> float:
    """The mean gap between chance said and share that came, over bins of the chance."""
    place = np.digitize(chance.ravel(), EDGES[1:-1])
    number = np.bincount(place)
    gap = np.abs(np.bincount(place, chance.ravel()) - np.bincount(place, came.ravel()))
    return float(gap.sum() / number.sum())


def run() -> list[Row]:
    from xianban.foresight import risk

    if not os.environ.get("XIANBAN_DATA"):
        print("risk: set XIANBAN_DATA to the folder of stored requests", file=sys.stderr)
        return []
    given = complaints(Path(os.environ["XIANBAN_DATA"]) / "requests311")
    ours, came, seconds = [], [], 0.0
    plain: dict[int, list[Any]] = {4: [], 8: [], 52: []}
    for until in LAST - 7 * np.arange(WEEKS, 0, -1):
        past = given["when"] <= until
        begun = time.process_time()
        found = risk.rank(
            given["cell"][past], cells=given["shape"][0], when=given["when"][past],
            matters=given["matter"][past], xy=given["xy"], since=SINCE, until=until,
        )  # fmt: skip
        seconds += time.process_time() - begun
        chance = np.zeros(given["shape"])
        chance[:, list(found.matters)] = found.probability
        ours.append(chance)
        came.append(counted(given, until, until + 7) > 0)
        for weeks, means in plain.items():
            means.append(counted(given, until - 7 * weeks, until) / weeks)
    chances, true = np.array(ours), np.array(came)
    means_of = {weeks: np.array(means) for weeks, means in plain.items()}
    said = {weeks: -np.expm1(-means) for weeks, means in means_of.items()}
    shown = f"{given['shape'][0]} squares x {given['shape'][1]} natures, base {true.mean():.3f}"
    return [
        _row("top 100 that came true", [hits(chances, true), *(hits(means_of[w], true) for w in means_of)], True, shown),
        _row("Brier score", [float(((p - true) ** 2).mean()) for p in (chances, *said.values())], False),
        _row("log loss", [surprise(p, true) for p in (chances, *said.values())], False),
        _row("gap of said and came", [unreliable(p, true) for p in (chances, *said.values())], False),
        Row("risk: one ranking", seconds / WEEKS, "s CPU", note="three years, with its own check"),
    ]  # fmt: skip


def _row(name: str, figures: list[float], more_is_better: bool, note: str = "") -> Row:
    """Ours first, then means of 4, 8 and 52 weeks; the peer is the best of them."""
    own, *others = figures
    best = max(others) if more_is_better else min(others)
    told = ", ".join(f"{w} weeks {value:.3f}" for w, value in zip((4, 8, 52), others, strict=True))
    return Row(
        f"risk: {name}", own, "", best, own / best, "better than plain means",
        own > best if more_is_better else own < best, f"{told}; {note}".rstrip("; "),
    )  # fmt: skip
