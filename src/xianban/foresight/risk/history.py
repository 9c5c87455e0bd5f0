"""The past as weekly counts, and what each week, place and matter looked like from before it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GROUPS = ("matter", "own history", "neighbours", "season", "assets")
"""What a chance is made of; each column of the regression belongs to one of these."""

HALF_LIVES_WEEKS = (3.0, 13.0)
PSEUDO_WEEKS = 1.0
"""A place starts out as its matter's average place, worth this many weeks."""
YEAR_DAYS = 365.25
SEASON_FROM_WEEKS = 57
TINY = 1e-4


@dataclass(frozen=True)
class Columns:
    """(week, cell, matter, column) and the group of each column, for weeks 0 to the one to come."""

    values: Floats
    group: NDArray[np.intp]


def columns_of(
    counts: Floats, *, weeks: NDArray[np.intp], ends: Floats, beside: Floats | None,
    assets: Floats | None,
) -> Columns:  # fmt: skip
    """Columns for the asked weeks, each made of earlier weeks alone.

    `counts` (week, cell, matter); `weeks` may include `len(counts)`, the week to come; `ends`
    (week + 1,): the day number of each week's end, that of the week to come included. `beside`
    (cell, cell): rows sum to 1 (or 0 where a cell has no neighbour).
    """
    parts: list[tuple[str, Floats]] = []
    average = _past_mean(counts.mean(axis=1))[weeks]
    parts += _history(counts, average=average, weeks=weeks)
    if beside is not None:
        around = np.einsum("cd,wdm->wcm", beside, counts, optimize=True)
        parts += [("neighbours", rate) for _, rate in _rates(around, average, weeks)]
    parts += _season(counts, ends=ends, weeks=weeks, average=average)
    matters = counts.shape[2]
    if matters > 1:
        parts += [
            ("matter", _spread(np.eye(matters)[None, None, :, k], counts, weeks))
            for k in range(matters)
        ]
    for column in [] if assets is None else assets.T:
        parts += [("assets", _spread(column[None, :, None], counts, weeks))]
        if matters > 1:
            parts += [
                ("assets", _spread(column[None, :, None] * np.eye(matters)[k], counts, weeks))
                for k in range(matters)
            ]
    return Columns(
        np.stack([values for _, values in parts], axis=-1),
        np.array([GROUPS.index(name) for name, _ in parts], dtype=np.intp),
    )


def _history(
    counts: Floats, *, average: Floats, weeks: NDArray[np.intp]
) -> list[tuple[str, Floats]]:
    own = [("own history", rate) for _, rate in _rates(counts, average, weeks)]
    place = counts.sum(axis=2, keepdims=True)
    shown = average.sum(axis=1, keepdims=True)
    busy = [
        ("own history", np.broadcast_to(rate, (len(weeks), *counts.shape[1:])))
        for _, rate in _rates(place, shown, weeks)[1:]
    ]
    before = np.concatenate([np.zeros((1, *counts.shape[1:])), counts])[weeks]
    return [*own, *busy, ("own history", (before > 0).astype(np.float64))]


def _rates(counts: Floats, average: Floats, weeks: NDArray[np.intp]) -> list[tuple[float, Floats]]:
    """Log of the rate over the average place's: over a few weeks, a season, and all the past."""
    typical = np.maximum(average, TINY)[:, None, :]
    out = []
    for half_life in (*HALF_LIVES_WEEKS, np.inf):
        keep = 0.5 ** (1 / half_life)
        total, weight = _faded(counts, keep), _faded(np.ones((len(counts), 1, 1)), keep)
        mass = (total[weeks] + PSEUDO_WEEKS * typical) / (weight[weeks] + PSEUDO_WEEKS)
        out.append((half_life, np.log(np.maximum(mass, TINY * typical) / typical)))
    return out


def _faded(counts: Floats, keep: float) -> Floats:
    """Before each week, and before the one to come: the sum of what was, older weeks weighing less."""
    out = np.zeros((len(counts) + 1, *counts.shape[1:]))
    for week in range(len(counts)):
        out[week + 1] = keep * out[week] + counts[week]
    return out


def _past_mean(rate: Floats) -> Floats:
    """(week + 1, matter): the mean of all weeks before, as the first weeks go: at least a little."""
    total = np.concatenate([np.zeros((1, rate.shape[1])), np.cumsum(rate, axis=0)])
    return np.asarray((total + TINY) / (np.arange(len(total))[:, None] + 1))


def _season(
    counts: Floats, *, ends: Floats, weeks: NDArray[np.intp], average: Floats
) -> list[tuple[str, Floats]]:
    """How the city has it lately and had it a year ago, by matter; and the turn of the year."""
    city = counts.mean(axis=1)
    parts = [np.log(average + TINY)]
    for half_life in (2.0, 6.0):
        keep = 0.5 ** (1 / half_life)
        lately = _faded(city, keep)[weeks]
        weight = _faded(np.ones((len(city), 1)), keep)[weeks]
        parts.append(np.log((lately + average) / (weight + 1) / (average + TINY) + TINY))
    if len(counts) >= SEASON_FROM_WEEKS:
        for harmonic in (1, 2):
            phase = 2 * np.pi * harmonic * ends[weeks] / YEAR_DAYS
            parts += [np.sin(phase)[:, None], np.cos(phase)[:, None]]
    return [("season", _spread(part[:, None, :], counts, weeks)) for part in parts]


def _spread(values: Floats, counts: Floats, weeks: NDArray[np.intp]) -> Floats:
    return np.broadcast_to(values, (len(weeks), *counts.shape[1:]))
