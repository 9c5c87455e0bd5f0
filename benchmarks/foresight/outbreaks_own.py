"""`weekly`, `daily` and `short`: found at a matched rate of false alarms, and at what cost.

Peers in the same run: EARS C2 and the residual of Holt-Winters smoothing, written out plainly, and
`outbreaks.flexible` on sums of seven days. R's p-values are its stored answers.
"""

import csv
import gzip
import os
import sys
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from benchmarks.report import Row
from xianban.foresight import outbreaks
from xianban.foresight.outbreaks import daily, short, weekly

RATE = 0.01


class Power(NamedTuple):
    found: float
    timely: float
    false_rate: float


def power(score: Any, outbreak: Any, *, rate: float = RATE) -> Power:
    """Shares found, and of the outbreak still to come at its first alarm, at `rate` false alarms."""
    quiet = score[~outbreak]
    highest = np.sort(quiet)[::-1][int(rate * quiet.size)]
    alarm = score > highest  # ties count against the detector
    timely = []
    for hit, out in zip(alarm, outbreak, strict=True):
        steps = np.flatnonzero(out)
        if steps.size:
            inside = hit[steps[0] : steps[-1] + 1]
            timely.append(1 - inside.argmax() / inside.size if inside.any() else 0.0)
    shares = np.array(timely)
    return Power(float((shares > 0).mean()), float(shares.mean()), float(alarm[~outbreak].mean()))


def ears_c2(counts: Any, evaluate: int) -> Any:
    """(count - mean) / standard deviation of seven days, the newest two left out."""
    steps = counts.shape[1]
    scores = []
    for now in range(steps - evaluate, steps):
        past = counts[:, now - 9 : now - 2]
        spread = np.maximum(past.std(axis=1, ddof=1), 0.5)
        scores.append((counts[:, now] - past.mean(axis=1)) / spread)
    return np.stack(scores, axis=1)


def holt_winters(counts: Any, evaluate: int, *, product: bool) -> Any:
    """Residual of smoothing with a weekday term, added or multiplied, over its own running error.

    Of sixteen settings tried on these very signals the best two, one of each kind, are kept.
    """
    keep, keep_week = (0.1, 0.15) if product else (0.05, 0.15)
    level, square = counts[:, :28].mean(axis=1), counts[:, :28].var(axis=1) + 1
    week = np.full((7, counts.shape[0]), 1.0 if product else 0.0)
    scores = []
    for now in range(counts.shape[1]):
        own = week[now % 7]
        due = level * own if product else level + own
        unit = np.maximum(due, 0.1) if product else 1.0
        error = counts[:, now] - due
        scores.append(error / np.sqrt(np.maximum(square * unit, 0.25)))
        if product:
            level = np.maximum(level + keep * error / np.maximum(own, 0.2), 0.05)
            week[now % 7] = np.maximum(own + keep_week * error / level, 0)
            square = 0.98 * square + 0.02 * np.minimum(error**2 / unit, 20 * square)
        else:
            level, week[now % 7] = level + keep * error, own + keep_week * error
            square = 0.98 * square + 0.02 * error**2
    return np.stack(scores[-evaluate:], axis=1)


def flexible_by_day(counts: Any, evaluate: int) -> Any:
    """The published method on sums of seven days ending at each day; None where it is not there."""
    published = getattr(outbreaks, "flexible", None)
    if published is None:
        return None
    steps = counts.shape[1]
    scores = np.empty((counts.shape[0], evaluate))
    for ahead in range(7):
        ends = np.arange(steps - evaluate + ahead, steps, 7)
        used = ends[-1] + 1
        sums = counts[:, used % 7 : used].reshape(counts.shape[0], -1, 7).sum(axis=2)
        scores[:, ahead::7] = -published(sums, evaluate=ends.size).p_value
    return scores


def run() -> list[Row]:
    folder = os.environ.get("XIANBAN_DATA")
    if not folder:
        print("outbreaks_own: set XIANBAN_DATA to the folder of real data", file=sys.stderr)
        return []
    return [*_weekly(Path(folder)), *_daily(Path(folder)), *_speed()]


def _weekly(folder: Path) -> list[Row]:
    counts = _table(folder / "series" / "weekly.csv.gz")
    truth = _table(folder / "series" / "weekly_outbreak_cases.csv.gz")[:, -49:] > 0
    with gzip.open(folder / "series" / "weekly_r_flexNoufaily.csv.gz", "rt") as lines:
        r = np.array([float(row["pv"]) for row in csv.DictReader(lines)]).reshape(-1, 49)
    begin = process_time()
    ours = weekly(counts, evaluate=49, alpha=RATE)
    spent = process_time() - begin
    found, peer = power(-ours.p_value, truth), power(-r, truth)
    quiet = ~truth
    return [
        Row(
            "weekly: outbreaks found at 1% false alarms", found.found, "", peer.found,
            found.found / peer.found, "at least .52", found.found >= 0.52,
            "peer: R surveillance, stored",
        ),
        Row("weekly: timeliness", found.timely, "", peer.timely, found.timely / peer.timely),
        Row(
            "weekly: false alarms at alpha .01", float(ours.alarm[quiet].mean()), "a week",
            note="quiet weeks of the same series",
        ),
        Row("weekly: CPU a series-week", 1000 * spent / truth.size, "ms", 5.7,
            note="peer: R, stored"),
    ]  # fmt: skip


def _daily(folder: Path) -> list[Row]:
    stored = np.load(folder / "outbreaks" / "daily16.npz")
    with (folder / "outbreaks" / "bank_holidays.csv").open() as lines:
        closed = np.array([row["bankhol"] == "1" for row in csv.DictReader(lines)])
    dates = np.datetime64("2010-01-04") + np.arange(closed.size)  # any run that begins on a Monday
    rows, shares, others, wins, rates, spent = [], [], [], 0, [], 0.0
    for signal in range(1, 17):
        counts = stored[f"tot{signal}"].astype(float)
        truth = stored[f"out{signal}"][:, -343:] > 0
        begin = process_time()
        ours = daily(
            counts, dates=dates, holidays=dates[closed], season=364, evaluate=343, alpha=RATE
        )
        spent += process_time() - begin
        share = power(-ours.p_value, truth).timely
        peers = {
            "EARS C2": power(ears_c2(counts, 343), truth).timely,
            "Holt-Winters": max(
                power(holt_winters(counts, 343, product=product), truth).timely
                for product in (False, True)
            ),
        }
        published = flexible_by_day(counts, 343)
        if published is not None:
            peers["flexible"] = power(published, truth).timely
        best = max(peers.values())
        wins += share >= best
        shares.append(share)
        others.append(peers)
        rates.append(float(ours.alarm[~truth].mean()))
        note = ", ".join(f"{name} {value:.3f}" for name, value in peers.items())
        rows.append(
            Row(
                f"daily: timeliness, signal {signal}", share, "", best,
                share / best if best else None, "no peer better", share >= best,
                f"{note}; alarms at .01: {rates[-1]:.4f}",
            )
        )  # fmt: skip
    ears = float(np.mean([peers["EARS C2"] for peers in others]))
    mean = float(np.mean(shares))
    return [
        Row(
            "daily: timeliness, mean of 16 signals", mean, "", ears, mean / ears, "at least .89",
            mean >= 0.89, "peer: EARS C2 in this run (.690 stored)",
        ),
        *rows,
        Row("daily: signals where no peer is better", wins, "of 16", mark="16", met=wins == 16),
        Row("daily: false alarms at alpha .01", float(np.mean(rates)), "a day",
            note=f"by signal {min(rates):.4f} to {max(rates):.4f}"),
        Row("daily: CPU, 800 series, 343 days judged", spent, "s"),
    ]  # fmt: skip


def _speed() -> list[Row]:
    rng = np.random.default_rng(0)
    weeks, days = rng.poisson(4, (2000, 520)), rng.poisson(4, (400, 1460))
    dates = np.datetime64("2020-01-01") + np.arange(1460)
    rows = []
    for name, series, task in (
        ("weekly: newest week, ten years", 2000, lambda: weekly(weeks)),
        ("daily: newest day, four years", 400, lambda: daily(days, dates=dates)),
        ("short: newest day, four weeks", 2000, lambda: short(weeks[:, :30])),
    ):
        begin = process_time()
        task()
        rows.append(Row(name, 1000 * (process_time() - begin) / series, "ms CPU a series"))
    return rows


def _table(place: Path) -> Any:
    with gzip.open(place, "rt") as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1)[:, 1:]
