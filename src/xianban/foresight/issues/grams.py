"""Texts as bags of characters running together: 2-, 3- and 4-grams, hashed, counted and sorted."""

import sys
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 21

Ints = NDArray[np.int64]


class Bags(NamedTuple):
    """Text i holds `codes[k]`, ascending, with `weights[k]`, for k from starts[i] to starts[i + 1]."""

    starts: Ints
    codes: NDArray[np.int32]
    weights: NDArray[np.float32]


@cache
def folding() -> NDArray[np.uint16]:
    """What each UTF-16 unit is read as: small letters, half width, and 0 for whatever parts words."""
    table = np.zeros(1 << 16, np.uint16)
    for unit in range(1 << 16):
        if 0xD800 <= unit < 0xE000:
            table[unit] = unit  # half of a rare character
            continue
        plain = unicodedata.normalize("NFKC", chr(unit)).lower()
        if plain and plain[0].isalnum() and ord(plain[0]) < 1 << 16:
            table[unit] = ord(plain[0])
    return table


def encode(texts: Sequence[str]) -> tuple[NDArray[np.uint16], Ints]:
    """All texts as one run of UTF-16 units, and where each begins (and the last one ends)."""
    joined = "".join(texts)
    order = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"
    units = np.frombuffer(joined.encode(order, "surrogatepass"), np.uint16)
    if len(units) == len(joined):
        lengths = list(map(len, texts))
    else:
        lengths = [len(text.encode(order, "surrogatepass")) // 2 for text in texts]
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.array(lengths, np.int64), out=starts[1:])
    return units, starts


def bags(heads: Sequence[str], bodies: Sequence[str], *, head_times: float = 1.0) -> Bags:
    """1 + log of how often each n-gram occurs; one in the head counts as `head_times`."""
    whole = [f"{head}\n{body}" for head, body in zip(heads, bodies, strict=True)]
    units, starts = encode(whole)
    head_ends = starts[:-1] + np.diff(encode(heads)[1])
    codes, weights = np.empty(3 * len(units), np.int32), np.empty(3 * len(units), np.float32)
    ends = np.zeros(len(starts), np.int64)
    _count(units, starts, head_ends, folding(), head_times, ends, codes, weights)
    used = int(ends[-1])
    return Bags(ends, codes[:used].copy(), weights[:used].copy())


@numba.njit(cache=True, nogil=True)
def _count(units, starts, head_ends, fold, head_times, ends, codes, weights):
    at = 0
    for text in range(len(starts) - 1):
        begin, end = starts[text], starts[text + 1]
        keys = np.empty(3 * (end - begin), np.int64)
        size = 0
        for i in range(begin, end):
            value = np.uint32(2166136261)
            for n in range(4):
                if i + n >= end or fold[units[i + n]] == 0:
                    break
                value = (value ^ np.uint32(fold[units[i + n]])) * np.uint32(16777619)
                value ^= value >> np.uint32(15)
                if n >= 1:
                    mixed = value * np.uint32(2654435761)
                    code = np.int64((mixed ^ (mixed >> np.uint32(13))) & np.uint32(BUCKETS - 1))
                    keys[size] = 2 * code + (0 if i < head_ends[text] else 1)
                    size += 1
        found = np.sort(keys[:size])
        k = 0
        while k < size:
            code = found[k] >> 1
            times = 0.0
            while k < size and found[k] >> 1 == code:
                times += head_times if found[k] & 1 == 0 else 1.0
                k += 1
            codes[at] = code
            weights[at] = 1.0 + np.log(times)
            at += 1
        ends[text + 1] = at
