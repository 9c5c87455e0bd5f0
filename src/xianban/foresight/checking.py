"""What every door asks of what it is given; each refusal is one sentence: what, where, remedy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput

MOST = 10_000_000_000  # the sums over single counts that tails need stay quick and exact up to here


def numbers(values: ArrayLike, *, name: str, ndim: int | None = None) -> NDArray[np.float64]:
    """Finite numbers as float64, C-ordered; `ndim` is the number of dimensions there must be."""
    array = gappy_numbers(values, name=name, ndim=ndim)
    if not np.isfinite(array).all():
        raise BadInput(
            f"{name} has a value that is not a number at {_first(~np.isfinite(array))}; "
            "fill it or leave that part out"
        )
    return array


def gappy_numbers(values: ArrayLike, *, name: str, ndim: int | None = None) -> NDArray[np.float64]:
    """Numbers as float64 where NaN (or a masked value) stands for a gap; infinity is refused."""
    array = np.ascontiguousarray(_told(values, name), dtype=np.float64)
    _shaped(array, name, ndim)
    if np.isinf(array).any():
        raise BadInput(f"{name} is infinite at {_first(np.isinf(array))}; correct that value")
    return array


def counts(values: ArrayLike, *, name: str = "counts", ndim: int = 2) -> NDArray[np.float64]:
    """Whole numbers from 0 to `MOST`, as float64."""
    told = _told(values, name)
    if told.dtype.kind in "iub":  # whole and finite as they are
        array = np.ascontiguousarray(told, dtype=np.float64)
        _shaped(array, name, ndim)
        whole = told.dtype.kind != "i" or array.min() >= 0
    else:
        array = numbers(told, name=name, ndim=ndim)
        whole = bool((array >= 0).all() and (array == np.floor(array)).all())
    if not whole:
        wrong = (array < 0) | (array != np.floor(array))
        raise BadInput(
            f"{name} has {array[wrong][0]:g} at {_first(wrong)}; counts are whole numbers from 0"
        )
    if array.max() > MOST:
        wrong = array > MOST
        raise BadInput(
            f"{name} has {array[wrong][0]:g} at {_first(wrong)}; a count is at most {MOST:,}"
        )
    return array


def dates(values: Any, *, name: str = "dates", length: int | None = None) -> NDArray[np.datetime64]:
    """Days as datetime64[D], in order, each the day after the one before."""
    try:
        told = np.asarray(values)
        if told.size and told.dtype.kind in "biufc":  # column numbers would be days of 1970
            raise BadInput(f"{name} are numbers, not dates; write them as 2026-11-25")
        array = told.astype("datetime64[D]").reshape(-1)
    except (TypeError, ValueError) as reason:
        raise BadInput(f"{name} are not dates; write them as 2026-11-25") from reason
    if array.size == 0:
        raise BadInput(f"{name} is empty; give one date for each column")
    if length is not None and array.size != length:
        raise BadInput(f"{name} are {array.size} for {length} columns; give one for each")
    if np.isnat(array).any():
        raise BadInput(f"{name} has no date at {_first(np.isnat(array))}; fill it")
    steps = np.diff(array).astype(np.int64) != 1
    if steps.any():
        raise BadInput(
            f"{name} leap after {array[:-1][steps][0]}; give every day once, in order, with 0 where nothing came"
        )
    return array


def share(value: float, *, name: str) -> float:
    """A number between 0 and 1, ends excluded."""
    if not (isinstance(value, (int, float, np.floating, np.integer)) and 0 < value < 1):
        raise BadInput(f"{name} is {value!r}; it must lie between 0 and 1")
    return float(value)


def whole(value: int, *, name: str, least: int, most: int | None = None) -> int:
    """A whole number within bounds, ends included."""
    fits = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not fits or value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise BadInput(f"{name} is {value!r}; it must be a whole number {bounds}")
    return int(value)


def one_of(value: str, *, name: str, among: Sequence[str]) -> str:
    """A word of a list."""
    if value not in among:
        raise BadInput(f"{name} is {value!r}; it must be one of {', '.join(among)}")
    return value


def is_table(values: ArrayLike) -> bool:
    """Whether these are rows of equal length."""
    try:
        return np.ndim(values) == 2
    except ValueError:
        return False


def _told(values: ArrayLike, name: str) -> NDArray[Any]:
    """An array of what can be read as real numbers; masked values become NaN."""
    try:
        if np.ma.isMaskedArray(values) and np.ma.is_masked(values):
            return np.asarray(np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan))
        array = np.asarray(values)
        if array.dtype.kind in "cmMV":
            raise TypeError(array.dtype)
        return array if array.dtype.kind in "iubf" else array.astype(np.float64)
    except (TypeError, ValueError) as reason:
        raise BadInput(f"{name} is not a table of numbers; give numbers in equal rows") from reason


def _shaped(array: NDArray[np.float64], name: str, ndim: int | None) -> None:
    if array.size == 0:
        raise BadInput(f"{name} is empty; give at least one value")
    if ndim is not None and array.ndim != ndim:
        plural, be = "s" * (array.ndim != 1), "is" if ndim == 1 else "are"
        raise BadInput(
            f"{name} has {array.ndim} dimension{plural} where {ndim} {be} needed; reshape it"
        )


def _first(wrong: NDArray[np.bool_]) -> str:
    """Where the first fault is, as a person counts the array: [0, 3]."""
    place = np.argwhere(wrong)[0]
    return f"[{', '.join(str(int(index)) for index in place)}]"
