"""Series of readings in, a score for each reading out."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight.checking import gappy_numbers
from xianban.foresight.streams.watching import Watcher

Emphasis = Literal["evidence", "onset"]


def score(
    values: ArrayLike, *, times: Any, period: Any = None, emphasis: Emphasis = "evidence"
) -> NDArray[np.float64]:
    """How unusual each reading of a sensor is, judged by that sensor's own past alone.

    One pass, oldest first; a reading is judged before it is learnt, so a score never changes when
    later readings come. Many sensors cost no more than one after another (tens of nanoseconds a
    reading), and none influences another.

    Parameters
    ----------
    values
        Readings in any unit, shape (readings,) or (sensors, readings), oldest first. NaN is a gap:
        it scores 0, teaches nothing, and no other score depends on its being there.
    times
        Shape (readings,) for all sensors, or the shape of `values`. datetime64 of any unit, or
        seconds as numbers; irregular steps are welcome, the order must never turn back. Give local
        time without a zone: people's days follow the clock on the wall. (Where it is put back in
        autumn, leave out the hour that comes twice.)
    period
        None: a day within a week, learnt part by part (48 parts of a day, 168 of a week). A number
        of seconds or a timedelta64: that one cycle, in 48 parts. 0: no cycle.
    emphasis
        "evidence": a small deviation that lasts, a drift, a change of restlessness or a stuck
        sensor counts as well as a jump; finds more, sometimes later. "onset": only the first sharp
        sign counts; answers at once and falls silent soon after.

    Returns
    -------
    Scores from 0 to 1, the shape of `values`. The first 100 readings of a sensor score 0.

    Raises
    ------
    BadInput
        Values that are not numbers, infinite or empty; times that are missing, of another length
        or turning back; a negative period; an unknown emphasis.

    False alarms
        On noise a score of at least 1 - p comes for about a share p of readings or fewer: measured
        0.7 to 1.2 of it at 0.95, 0.5 to 0.9 at 0.99 and 0.1 to 0.6 at 0.999, on Gaussian, Poisson,
        negative-binomial, zero-inflated, autocorrelated and seasonal noise after 2,000 readings
        (`docs/foresight/streams.md`). More than it says: Student t with 3 degrees of freedom (1.5
        times at 0.999, 3.6 times while young), and a rhythm that was not yet seen two or three
        times. Alarms come in runs: evidence lasts.

    Source
        Own construction from standard parts: exponentially weighted means; a quantile followed by
        Robbins and Monro's rule (1951, Annals of Mathematical Statistics 22, p. 400); the excess
        over it modelled as nearly exponential, as in Siffert et al. (2017, KDD, "Anomaly detection
        in streams with extreme value theory", section 4); the loudest of several channels less the
        logarithm of their number, after Bonferroni.

    When to use another
        Counts by day or week with holidays known: `outbreaks`. How full a place is: `levels`. A
        fixed limit that must never be passed needs no statistics. Readings one by one: `Watcher`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> readings = rng.normal(20, 1, 2000)
    >>> readings[1500] = 40
    >>> hours = np.arange("2026-01-01", 2000, dtype="datetime64[h]")
    >>> scores = score(readings, times=hours, emphasis="onset")
    >>> int(scores.argmax()), bool(scores[1500] > 0.999)
    (1500, True)
    """
    array = gappy_numbers(values, name="values")
    if array.ndim not in (1, 2):
        raise BadInput(
            f"values has {array.ndim} dimensions; give (readings,) or (sensors, readings)"
        )
    if np.ndim(times) == 0:
        raise BadInput("times is one moment; give one for each reading")
    sensors = 1 if array.ndim == 1 else array.shape[0]
    return Watcher(sensors, period=period, emphasis=emphasis).score(array, times=times)
