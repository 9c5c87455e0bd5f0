"""What chance would do: for each statistic, what is expected, and how a day without news is drawn."""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from xianban.foresight.clusters.searching import null_maxima
from xianban.foresight.clusters.significance import Null

Floats = NDArray[np.float64]
MOST = 1e12
"""A drawn mean is cut here: a level of which almost nothing is known has no bound."""


@dataclass(frozen=True)
class Model:
    """Today's counts beside what is expected, all (areas, days) and summed from today backwards."""

    observed: Floats
    expected: Floats
    """Both weighted, where cells weigh unequally; `counted` and `means` are the same, as counts."""
    counted: Floats
    means: Floats
    total: float
    draw: Callable[[Generator, int], Floats]
    """(areas, days, replicates) without news, summed and weighted as `observed` is."""
    given: tuple[Floats, ...]
    """All that `draw` rests on: what the memory of nulls is keyed by."""


def recent(values: Floats, days: int) -> Floats:
    """The last `days` rows as (areas, days), newest first."""
    return np.ascontiguousarray(values[-days:][::-1].T)


def expectation(
    counts: Floats,
    baseline: Floats,
    *,
    days: int,
    dispersion: Floats | None,
    baseline_days: int | None,
) -> Model:
    """Counts about a baseline; noisier ones, or those whose baseline is uncertain, weigh less.

    With variance m + a m**2 a cell weighs 1 / (1 + a m) (Tango et al. 2011). Where an area's level
    was estimated from n days with a sum of S, its square error is 1 / S + a / n of its square, and
    a sum with mean M weighs 1 / (1 + M (1 / S + a / n)): weighted so, the variance of a sum equals
    its mean, as in a Poisson law.
    """
    mean = recent(baseline, days)
    alpha = None if dispersion is None else np.broadcast_to(dispersion[:, None], mean.shape)
    weight = np.ones_like(mean) if alpha is None else 1.0 / (1.0 + alpha * mean)
    summed = np.cumsum(weight * mean, axis=1)
    past, degrees = np.zeros(len(mean)), np.zeros(len(mean))
    if baseline_days is not None:
        past = baseline_days * baseline.mean(axis=0)
        degrees = degrees if alpha is None else baseline_days * _inverse(alpha[:, 0])
    shrink = 1.0 / (1.0 + summed * (_inverse(past) + _inverse(degrees))[:, None])

    def weighed(cells: Floats) -> Floats:
        wide = (..., *([None] * (cells.ndim - 2)))
        return np.cumsum(cells * weight[wide], axis=1) * shrink[wide]

    def draw(rng: Generator, replicates: int) -> Floats:
        means = mean[:, :, None]
        if baseline_days is not None:  # Jeffreys' posterior: gamma, or with dispersion beta prime
            size = (len(mean), 1, replicates)
            means = means * _around_one(rng, past[:, None, None], size)
            means = means / _around_one(rng, degrees[:, None, None], size)
        if alpha is not None:
            size = (*mean.shape, replicates)
            means = means * _around_one(rng, _inverse(alpha)[:, :, None], size)
        drawn = rng.poisson(np.minimum(means, MOST), (*mean.shape, replicates))
        return weighed(drawn.astype(np.float64))

    given = (mean, np.zeros(0) if alpha is None else np.ascontiguousarray(alpha), past, degrees)
    newest = recent(counts, days)
    counted, means = np.cumsum(newest, axis=1), np.cumsum(mean, axis=1)
    return Model(weighed(newest), summed * shrink, counted, means, 0.0, draw, given)


def _inverse(values: Floats) -> Floats:
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0.0)


def _around_one(rng: Generator, shape: Floats, size: tuple[int, ...]) -> Floats:
    """Gamma with mean 1 and variance 1 / shape; always 1 where shape is 0."""
    some = shape > 0.0
    sure = np.where(some, shape, 1.0)
    return np.where(some, rng.gamma(sure, 1.0 / sure, size), 1.0)


def population(counts: Floats, baseline: Floats, *, days: int) -> Model:
    """The total is given; the baseline says what share of it belongs to each area and day."""
    total = counts.sum()
    share = recent(baseline, days) / baseline.sum()
    chances = np.append(share.ravel(), max(0.0, 1.0 - share.sum()))

    def draw(rng: Generator, replicates: int) -> Floats:
        cells = rng.multinomial(int(total), chances / chances.sum(), size=replicates)[:, :-1]
        summed = np.cumsum(cells.reshape(replicates, *share.shape), axis=2, dtype=np.float64)
        return np.ascontiguousarray(summed.transpose(1, 2, 0))

    observed, means = np.cumsum(recent(counts, days), axis=1), np.cumsum(total * share, axis=1)
    return Model(observed, means, observed, means, float(total), draw, (share,))


def permutation(counts: Floats, *, days: int) -> Model:
    """Each area's total and each day's total are given; which goes with which is chance."""
    total = counts.sum()
    of_areas, of_days = counts.sum(axis=0), counts.sum(axis=1)[-days:][::-1]
    events = np.repeat(np.arange(len(of_areas), dtype=np.int32), of_areas.astype(np.int64))
    each_day = of_days.astype(np.int64)

    def draw(rng: Generator, replicates: int) -> Floats:
        return _deal(rng, events.copy(), each_day, len(of_areas), replicates)

    means = np.cumsum(np.outer(of_areas, of_days) / max(total, 1.0), axis=1)
    observed = np.cumsum(recent(counts, days), axis=1)
    return Model(observed, means, observed, means, float(total), draw, (of_areas, of_days))


@numba.njit(cache=True, nogil=True)
def _deal(
    rng: Generator, events: NDArray[np.int32], each_day: NDArray[np.int64], areas: int, times: int
) -> Floats:
    """Deal the events out to the newest days, without replacement, as one deals shuffled cards."""
    dealt = np.zeros((areas, len(each_day), times))
    for i in range(times):
        card = 0
        for day in range(len(each_day)):
            for _ in range(each_day[day]):
                other = card + int(rng.random() * (len(events) - card))
                events[card], events[other] = events[other], events[card]
                dealt[events[card], day, i] += 1.0
                card += 1
    for area in range(areas):
        for day in range(1, len(each_day)):
            for i in range(times):
                dealt[area, day, i] += dealt[area, day - 1, i]
    return dealt


class Memory:
    """The nulls used last, by what they rest on; safe between threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[bytes, tuple[Null, Null]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes) -> tuple[Null, Null] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: bytes, nulls: tuple[Null, Null]) -> None:
        with self._lock:
            self._kept[key] = nulls
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


MEMORY = Memory(64)
"""About 16 kB for each null of 999 replicates."""
BLOCK = 16
"""Replicates at once: two instructions wide, and few enough that most zones need no logarithm."""
WORTH_THREADS = 1_000_000
MOST_THREADS = 4


def null_of(
    model: Model, order: NDArray[np.int32], *, replicates: int, seed: int
) -> tuple[Null, Null]:
    """What chance makes of the highest score, and of how much evidence the best area has."""
    key = _digest(order, np.array([replicates]), np.array([model.total]), *model.given, seed=seed)
    known = MEMORY.get(key)
    if known is not None:
        return known
    sizes = np.diff(np.append(np.arange(0, replicates, BLOCK), replicates)).tolist()
    streams = np.random.SeedSequence(seed).spawn(len(sizes))

    def block(stream: np.random.SeedSequence, size: int) -> Floats:
        drawn = model.draw(np.random.default_rng(stream), size)
        return null_maxima(drawn, model.expected, order, model.total)

    if order.size * replicates < WORTH_THREADS:
        found = list(map(block, streams, sizes))
    else:  # a stream for each block: the answer is the same, however many threads there are
        with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS)) as threads:
            found = list(threads.map(block, streams, sizes))
    score, evidence = np.concatenate(found, axis=1)
    both = Null.of(score), Null.of(evidence)
    MEMORY.keep(key, both)
    return both


def _digest(*arrays: NDArray[np.generic], seed: int) -> bytes:
    digest = hashlib.blake2b(str(seed).encode(), digest_size=16)
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()
