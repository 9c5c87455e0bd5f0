"""How full a place is, in steps that do not flicker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight.checking import gappy_numbers


@dataclass(frozen=True)
class Levels:
    """`level`: 0 (below every limit) to the number of limits; `load`: share of capacity, NaN where
    there was no count. Both have the shape of the counts."""

    level: NDArray[np.int8]
    load: NDArray[np.float64]


def levels(
    counts: ArrayLike,
    *,
    capacity: ArrayLike,
    limits: Sequence[float] = (0.6, 0.8, 1.0),
    hysteresis: float = 0.05,
    before: ArrayLike = 0,
) -> Levels:
    """How full each place is, moment by moment, as a level that does not flicker.

    A level rises at once when the load reaches its limit, and falls only when the load is more
    than `hysteresis` below it. A gap (NaN) keeps the level that was.

    Parameters
    ----------
    counts
        People (or vehicles) present, 0 or more, shape (steps,) or (places, steps), oldest first.
    capacity
        How many the place may hold, more than 0: one number, or one for each place.
    limits
        Shares of capacity that begin level 1, 2, …, rising, each more than `hysteresis`.
    hysteresis
        Share of capacity by which the load must fall below a limit to leave its level; 0 or more.
    before
        The level before the first step, one number or one for each place: give the last level of
        the earlier call, and pieces answer as the whole would.

    Raises BadInput for negative counts, capacities not above 0, limits out of order, or a level
    that does not exist.

    False alarms
        None of statistics: a level says what the count says. A count that wavers by less than
        `hysteresis` times capacity changes the level at most once.

    Source
        The two-threshold comparator of Schmitt (1938, Journal of Scientific Instruments 15, p. 24).

    When to use another
        Unusual, though far from full: `score`. When it will be full: `forecasts`.

    Examples
    --------
    >>> levels([50, 79, 81, 78, 74, 59, 40], capacity=100).level.tolist()
    [0, 1, 2, 2, 1, 1, 0]
    """
    array = gappy_numbers(counts, name="counts")
    if array.ndim not in (1, 2) or np.ndim(counts) == 0:
        raise BadInput("counts must be (steps,) or (places, steps); reshape it")
    if (array < 0).any():
        raise BadInput(f"counts has {array[array < 0][0]:g}; people are counted from 0")
    places = 1 if array.ndim == 1 else array.shape[0]
    table = array.reshape(places, -1)
    room = _for_each(capacity, places, name="capacity", above=0)[:, None]
    with np.errstate(over="ignore"):  # a load too large to write down is the largest there is
        load = np.minimum(table / room, np.finfo(np.float64).max)
    starts = _for_each(before, places, name="before", above=-1)
    steps = _limits(limits, hysteresis)
    if (starts > steps.size).any() or (starts != np.floor(starts)).any():
        raise BadInput(f"before must be a level from 0 to {steps.size}; give the last level known")
    level = np.zeros(table.shape, dtype=np.int8)
    for number, limit in enumerate(steps, start=1):
        level += _held(load >= limit, load < limit - hysteresis, starts >= number)
    return Levels(level=level.reshape(array.shape), load=load.reshape(array.shape))


def _held(
    on: NDArray[np.bool_], off: NDArray[np.bool_], start: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """True from each `on` until the next `off`."""
    places, steps = on.shape
    last = np.where(on | off, np.arange(1, steps + 1), 0)
    np.maximum.accumulate(last, axis=1, out=last)
    said = np.column_stack([start, on])
    return said[np.arange(places)[:, None], last]


def _limits(limits: Sequence[float], hysteresis: float) -> NDArray[np.float64]:
    steps = gappy_numbers(limits, name="limits", ndim=1)
    if not (np.isfinite(hysteresis) and hysteresis >= 0):
        raise BadInput(f"hysteresis is {hysteresis!r}; it must be 0 or more")
    if np.isnan(steps).any() or (np.diff(steps) <= 0).any() or steps[0] <= hysteresis:
        raise BadInput("limits must rise, and each must be more than the hysteresis")
    if steps.size > 100:
        raise BadInput(f"limits are {steps.size}; 100 levels are the most")
    return steps


def _for_each(value: ArrayLike, places: int, *, name: str, above: float) -> NDArray[np.float64]:
    """One finite number for each place."""
    array = gappy_numbers(value, name=name)
    if array.size not in (1, places) or np.ndim(value) > 1:
        raise BadInput(f"{name} has shape {np.shape(value)} for {places} places; give one for each")
    if not (array > above).all():
        raise BadInput(f"{name} must be more than {above:g} everywhere; correct it")
    return np.broadcast_to(array.reshape(-1), (places,))
