"""Sensors watched as their readings come; what is known can be put away and taken up again."""

import json
import sys
import zlib
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight.checking import gappy_numbers, one_of, whole

DAY_S, WEEK_S = 86_400.0, 604_800.0
MARK = b"xianban.foresight.streams 1\n"  # a change of what a row holds needs a new number
MOST_SENSORS = 1_000_000  # 4 GB


class Watcher:
    """Watches sensors, reading by reading or in batches: `score`, with a memory.

    However the readings are cut into calls, and whether or not the watcher was stored and restored
    between them, the scores are bit for bit those of `score` over the whole series.

    Parameters
    ----------
    sensors
        How many are watched side by side, 1 to 1,000,000. Each keeps about 5 kB.
    period, emphasis
        As for `score`.

    False alarms, source and when to use another: as for `score`.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> watcher, start = Watcher(), datetime(2026, 1, 1)
    >>> for i in range(300):
    ...     score = watcher.score(20 + i % 3, times=start + timedelta(minutes=5 * i))
    >>> kept = watcher.store()
    >>> later = Watcher.restore(kept)
    >>> float(later.score(90, times=start + timedelta(days=2))) > 0.999
    True
    """

    def __init__(
        self,
        sensors: int = 1,
        *,
        period: Any = None,
        emphasis: Literal["evidence", "onset"] = "evidence",
    ) -> None:
        from xianban.foresight.streams import kernel  # compiled code loads when it is needed

        self.sensors = whole(sensors, name="sensors", least=1, most=MOST_SENSORS)
        self.period_s = _period_s(period)
        self.emphasis = one_of(emphasis, name="emphasis", among=("evidence", "onset"))
        self._advance = kernel.advance
        self._rows = kernel.empty_rows(self.sensors)
        self._last_s = np.full(self.sensors, -np.inf)

    @property
    def readings(self) -> NDArray[np.int64]:
        """Readings learnt from each sensor so far, gaps not counted."""
        return self._rows[:, 0].astype(np.int64)

    def score(self, values: ArrayLike, *, times: Any) -> NDArray[np.float64]:
        """How unusual the next readings are; the watcher then learns them.

        A batch: `values` of shape (readings,) for one sensor or (sensors, readings), with times of
        shape (readings,) or that of `values`. One moment: `values` a number for one sensor or
        (sensors,) for several, with one time. Returns scores from 0 to 1 in the shape of `values`.
        Raises BadInput, having learnt nothing, for shapes that do not fit, values that are not
        numbers, and times before the last reading.
        """
        array = gappy_numbers(values, name="values")
        shape = np.shape(values)
        moments = seconds(times)
        table, clocks = self._arranged(array, moments, shape)
        self._check_order(clocks)
        scores = np.empty(table.shape)
        inner_per_s, outer_per_s = 1 / DAY_S, 1 / WEEK_S
        if self.period_s is not None:
            inner_per_s, outer_per_s = (1 / self.period_s if self.period_s > 0 else 0.0), 0.0
        self._advance(
            table, clocks, self._rows, inner_per_s, outer_per_s, self.emphasis == "onset", scores
        )
        self._last_s[:] = clocks[:, -1]
        return scores.reshape(shape)

    def store(self) -> bytes:
        """Everything known, as bytes: a line that says what it is, a line of JSON, packed numbers."""
        said = {"sensors": self.sensors, "period_s": self.period_s, "emphasis": self.emphasis}
        numbers = np.column_stack([self._last_s, self._rows]).astype("<f8")
        return MARK + json.dumps(said).encode() + b"\n" + zlib.compress(numbers.tobytes(), 1)

    @classmethod
    def restore(cls, stored: bytes) -> "Watcher":
        """A watcher that goes on where the stored one was; BadInput if these are not its bytes."""
        try:
            if not stored.startswith(MARK):
                raise ValueError("another kind or version")
            said, packed = stored[len(MARK) :].split(b"\n", 1)
            settings = json.loads(said)
            watcher = cls(
                settings["sensors"], period=settings["period_s"], emphasis=settings["emphasis"]
            )
            numbers = np.frombuffer(zlib.decompress(packed), dtype="<f8")
            numbers = numbers.reshape(watcher.sensors, -1).astype(np.float64)
            watcher._last_s = numbers[:, 0].copy()
            watcher._rows[:] = numbers[:, 1:]
        except (AttributeError, KeyError, TypeError, ValueError, zlib.error, BadInput) as reason:
            raise BadInput(
                "these bytes are not a stored watcher of this version; start a new one and let it"
                " read the last weeks"
            ) from reason
        return watcher

    def _arranged(
        self, array: NDArray[np.float64], moments: NDArray[np.float64], shape: tuple[int, ...]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values as (sensors, readings), times as (1, readings) or (sensors, readings)."""
        if moments.ndim == 0 and shape in ((), (self.sensors,)):
            if shape == () and self.sensors > 1:
                raise BadInput(f"values is one number for {self.sensors} sensors; give one of each")
            return array.reshape(self.sensors, 1), moments.reshape(1, 1)
        if len(shape) == 1 and self.sensors == 1 and moments.shape == shape:
            return array.reshape(1, -1), moments.reshape(1, -1)
        if len(shape) == 2 and shape[0] == self.sensors:
            if moments.shape == shape:
                return array, np.ascontiguousarray(moments)
            if moments.shape == shape[1:]:
                return array, moments.reshape(1, -1)
        raise BadInput(
            f"values of shape {shape} with times of shape {moments.shape} do not fit "
            f"{self.sensors} sensors; give (sensors, readings) and a time for each reading"
        )

    def _check_order(self, clocks: NDArray[np.float64]) -> None:
        back = np.diff(clocks, axis=1) < 0
        if back.any():
            row, column = np.argwhere(back)[0]
            raise BadInput(
                f"times turn back at [{row}, {column + 1}]; sort the readings by their time"
                if clocks.shape[0] > 1
                else f"times turn back at [{column + 1}]; sort the readings by their time"
            )
        if (clocks[:, 0] < self._last_s).any():
            raise BadInput(
                "times begin before the last reading; readings that come late must be left out"
            )


def seconds(times: Any) -> NDArray[np.float64]:
    """Moments as seconds: datetime64 and datetimes from 1970, numbers as they are."""
    array = np.asarray(times)
    try:
        if array.dtype.kind not in "iuf":
            if any(
                getattr(moment, "tzinfo", None) for moment in array.flat if array.dtype == object
            ):
                raise BadInput(
                    "times carry a time zone; give what the local clock shows, without it"
                )
            array = array.astype("datetime64[us]")
            if np.isnat(array).any():
                raise BadInput("times has a gap; every reading needs its time")
            return array.astype(np.int64) / 1e6
    except (TypeError, ValueError) as reason:
        raise BadInput(
            "times are neither dates nor seconds; give datetime64 or numbers"
        ) from reason
    moments = array.astype(np.float64)
    if not np.isfinite(moments).all():
        raise BadInput("times has a value that is not a number; every reading needs its time")
    return moments


def _period_s(period: Any) -> float | None:
    if period is None:
        return None
    try:
        if isinstance(period, np.timedelta64):
            length = float(period / np.timedelta64(1, "us")) / 1e6
        else:
            length = float(getattr(period, "total_seconds", lambda: period)())
    except (TypeError, ValueError) as reason:
        raise BadInput(f"period is {period!r}; give seconds, a timedelta64 or None") from reason
    if not 0 <= length <= sys.maxsize:
        raise BadInput(f"period is {period!r}; it must be 0 or more seconds")
    return length
