"""Daily forecasts: the last 28 days of 500 stored series, whose true means are known.

The measure: pinball loss at .05, .1, .25, .5, .75, .9 and .95, twice its mean over days and
quantiles, over the series' mean absolute change from one week to the next in its past; averaged
over series. The true mean and dispersion score .406 by it.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.foresight import peers
from benchmarks.report import Row

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
AHEAD = 28

LIGHTGBM = """
import json, sys, time
import lightgbm, numpy as np
given = np.load(sys.argv[1])
counts, off, area, matter = (given[name] for name in ("counts", "off", "area", "matter"))
begun = time.process_time()
series, days = counts.shape
every = np.arange(days + 28)
whole = np.pad(counts, ((0, 0), (0, 28)), constant_values=np.nan)
total = np.cumsum(np.pad(np.nan_to_num(whole), ((0, 0), (1, 0))), axis=1)
def features(at):
    def mean(end, length):
        known = at - end - length >= 0
        return np.where(known, total[:, at - end] - total[:, at - end - length], np.nan) / length
    rows = [mean(27, 7), mean(27, 28), mean(27, 91), mean(27, 364 - 27)]
    rows += [np.where(at >= lag, whole[:, at - lag], np.nan) for lag in (28, 35, 42, 49, 364)]
    rows += [(whole[:, at - 28] + whole[:, at - 35] + whole[:, at - 42] + whole[:, at - 49]) / 4]
    same = [at % 7, at % 365.25, off[at], off[at - 1]]
    rows += [np.broadcast_to(row, (series, len(at))) for row in same]
    rows += [np.repeat(label[:, None], len(at), axis=1) for label in (area, matter)]
    return np.stack(rows, axis=-1).reshape(-1, len(rows))
past, ahead = every[119:days], every[days:]
def think(at):
    return np.maximum(model.predict(features(at)).reshape(series, -1), 1e-6)
model = lightgbm.train(
    {"objective": "tweedie", "tweedie_variance_power": 1.2, "learning_rate": 0.05,
     "num_leaves": 31, "min_data_in_leaf": 200, "num_threads": 1, "verbose": -1, "seed": 0},
    lightgbm.Dataset(features(past), counts[:, past].ravel(), categorical_feature=[14, 15]),
    num_boost_round=300,
)
thought = think(past)
mean = think(ahead)
over = np.maximum((((counts[:, past] - thought) ** 2).sum(1) / thought.sum(1)), 1.0001)
spent = time.process_time() - begun
np.savez(sys.argv[1], mean=mean, over=over)
print(json.dumps({"seconds": spent}))
"""


def loss(values: Any, actual: Any, past: Any) -> float:
    miss = actual[..., None] - values
    own = 2 * np.maximum(LEVELS * miss, (LEVELS - 1) * miss).mean(axis=(1, 2))
    scale = np.abs(past[:, 7:] - past[:, :-7]).mean(axis=1)
    return float((own[scale > 0] / scale[scale > 0]).mean())


def negative_binomial(mean: Any, over: Any) -> Any:
    from scipy import stats

    over = np.maximum(over, 1.0001)[:, None, None]
    return stats.nbinom.ppf(LEVELS, mean[:, :, None] / (over - 1), 1 / over)


def last_week(past: Any) -> Any:
    """Seasonal naive with normal intervals that widen with each week ahead."""
    from scipy import stats

    spread = np.sqrt(((past[:, 7:] - past[:, :-7]) ** 2).mean(axis=1))[:, None]
    wide = spread * np.sqrt(np.repeat(np.arange(1, AHEAD // 7 + 1), 7))
    middle = np.tile(past[:, -7:], AHEAD // 7)
    return np.maximum(0, middle[:, :, None] + wide[:, :, None] * stats.norm.ppf(LEVELS))


def coverage(ahead: Any, actual: Any) -> float:
    """Of a 90% interval, with its ends randomised so that whole numbers do not flatter it."""
    fine = ahead.predict(AHEAD, np.arange(1, 200) / 200).values
    below = (fine < actual[..., None]).sum(axis=-1) / 200
    upto = (fine <= actual[..., None]).sum(axis=-1) / 200
    u = below + np.random.default_rng(0).random(actual.shape) * (upto - below)
    return float((np.abs(u - 0.5) < 0.45).mean())


def stored(folder: Path) -> dict[str, Any]:
    import polars as pl

    table = pl.read_parquet(folder / "daily.parquet").sort("unique_id", "ds")
    series = table["unique_id"].n_unique()
    wide = {
        name: table[name].to_numpy().reshape(series, -1)
        for name in ("y", "ds", "area", "cat", "hol")
    }
    when = wide["ds"][0].astype("datetime64[D]")
    truth = np.load(folder / "daily_truth.npz")
    return {
        "past": wide["y"][:, :-AHEAD],
        "actual": wide["y"][:, -AHEAD:],
        "when": when[:-AHEAD],
        "off": wide["hol"][0],
        "holidays": when[wide["hol"][0] > 0],
        "areas": wide["area"][:, 0],
        "matters": wide["cat"][:, 0],
        "mean": truth["mu"][:, -AHEAD:].astype(float),
        "over": truth["phi"],
    }


def lightgbm(given: dict[str, Any]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "asked.npz"
        np.savez(
            place,
            counts=given["past"],
            off=given["off"],
            area=given["areas"],
            matter=given["matters"],
        )
        seconds = peers.ask(LIGHTGBM, str(place))["seconds"]
        answer = np.load(place)
        values = negative_binomial(answer["mean"], answer["over"])
    return loss(values, given["actual"], given["past"]), seconds


def run() -> list[Row]:
    from xianban.foresight import forecasts

    if not os.environ.get("XIANBAN_DATA"):
        print("forecasts: set XIANBAN_DATA to the folder of stored series", file=sys.stderr)
        return []
    given = stored(Path(os.environ["XIANBAN_DATA"]) / "series")
    past, actual = given["past"], given["actual"]
    forecasts.fit(past[:2, -60:], dates=given["when"][-60:], seed=0).predict()
    begun = time.process_time()
    fitted = forecasts.fit(
        past, dates=given["when"], holidays=given["holidays"], areas=given["areas"],
        categories=given["matters"], seed=0,
    )  # fmt: skip
    ahead = fitted.predict(AHEAD, LEVELS)
    seconds = time.process_time() - begun
    begun = time.process_time()
    totals = ahead.totals()
    drawing = time.process_time() - begun
    sums = np.stack([actual[given["areas"] == area].sum(axis=0) for area in totals.nodes[1:]])
    inside = (sums >= totals.values[1:, :, 0]) & (sums <= totals.values[1:, :, -1])
    ours = loss(ahead.values, actual, past)
    naive = loss(last_week(past), actual, past)
    truth = loss(negative_binomial(given["mean"], given["over"]), actual, past)
    boosted, boosted_seconds = lightgbm(given)
    held = coverage(fitted, actual)
    return [
        Row(
            "forecasts: scaled pinball, 500 series, 28 days", ours, "", boosted, ours / boosted,
            "<= .43", ours <= 0.43, f"peer LightGBM; last week {naive:.3f}, the truth {truth:.3f}",
        ),
        Row(
            "forecasts: fit and predict", seconds, "s CPU", boosted_seconds,
            seconds / boosted_seconds, "<= 10 s", seconds <= 10, "peer LightGBM, one thread",
        ),
        Row(
            "forecasts: 90% interval holds", held, "", None, None, ".88 to .93",
            0.88 <= held <= 0.93, "randomised at its ends",
        ),
        Row(
            "forecasts: 90% interval of 25 areas' totals holds", float(inside.mean()), "",
            note=f"1,000 joint futures, {drawing:.1f} s CPU",
        ),
    ]  # fmt: skip
