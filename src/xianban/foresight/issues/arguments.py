"""What is asked of texts, their times, authors and support; each refusal is one sentence."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking

Times = NDArray[np.datetime64]


def every_text(texts: Sequence[str]) -> list[str]:
    """A list of texts, at least one."""
    if isinstance(texts, str):
        raise BadInput("texts is one text; give a list of them")
    if not isinstance(texts, Iterable):
        raise BadInput(f"texts is {texts!r}; give a list of texts")
    held = list(texts)
    if not held:
        raise BadInput("texts is empty; give at least one")
    wrong = next((at for at, text in enumerate(held) if not isinstance(text, str)), None)
    if wrong is not None:
        one_text(held[wrong], name=f"texts[{wrong}]")
    return held


def one_text(text: Any, *, name: str) -> str:
    if not isinstance(text, str):
        raise BadInput(f'{name} is {type(text).__name__}; give text, or "" where there is none')
    return str(text)


def moments(times: Any, *, length: int | None = None) -> Times:
    """One time for each text, to the second."""
    try:
        array = np.asarray(times, dtype="datetime64[s]").reshape(-1)
    except (TypeError, ValueError) as reason:
        raise BadInput("times are not times; write them as 2026-11-25T08:30") from reason
    if length is not None and len(array) != length:
        raise BadInput(f"times are {len(array)} for {length} texts; give one for each")
    if np.isnat(array).any():
        raise BadInput(
            f"times has none at [{int(np.isnat(array).argmax())}]; fill it or leave that text out"
        )
    return array


def moment(time: Any, *, name: str) -> np.datetime64:
    """One time, to the second."""
    try:
        value = np.datetime64(time, "s")
    except (TypeError, ValueError) as reason:
        raise BadInput(f"{name} is {time!r}; write a time as 2026-11-25T08:30") from reason
    if np.isnat(value):
        raise BadInput(f"{name} is no time; write one as 2026-11-25T08:30")
    return value


def one_each(values: Sequence[Any] | None, *, name: str, length: int) -> list[Any]:
    """One value for each text, or None for each where nothing is given."""
    if values is None:
        return [None] * length
    held = list(values)
    if len(held) != length:
        raise BadInput(f"{name} are {len(held)} for {length} texts; give one for each")
    return held


def supports(values: ArrayLike | None, *, length: int) -> NDArray[np.float64]:
    """Likes and the like: numbers from 0, one for each text."""
    if values is None:
        return np.zeros(length)
    array = checking.numbers(values, name="support", ndim=1)
    if len(array) != length:
        raise BadInput(f"support has {len(array)} values for {length} texts; give one for each")
    if (array < 0).any():
        raise BadInput(f"support is negative at [{int((array < 0).argmax())}]; give numbers from 0")
    return array


def person(author: object) -> object:
    """Who wrote; None where that is not known (empty, or a missing value of a table)."""
    if not isinstance(author, Hashable):
        raise BadInput(f"author is {author!r}; give a name or a number")
    if author is None or author == "" or author != author:
        return None
    return author


def spot(place: object) -> str | None:
    """Where it is about; None where that is not known (empty, or a missing value of a table)."""
    if place is None or place != place or not str(place).strip():
        return None
    return str(place)
