"""Near copies among very many short texts: sketches propose pairs, exact overlap decides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from xianban.foresight import checking
from xianban.foresight.issues.arguments import every_text
from xianban.foresight.issues.grams import Ints, encode, folding

GRAM = 3  # characters that run together
READ = 1024  # UTF-16 units of a text that are compared; a longer one is judged by its beginning
BANDS = 12  # how often a pair may be proposed
LOOKS = 8  # texts of one bucket that a text is compared with
SAME = 0.9  # share of equal hashes from which one text may speak for another
_HASHES = np.random.default_rng(20200116).integers(1, 1 << 32, (2, 3 * BANDS), dtype=np.uint32) | 1


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """Near copies among texts."""

    group: Ints  #: for each text the position of the first text of its group; its own where alone
    first: Ints  #: pairs found and checked that hold the groups together: the earlier text
    second: Ints  #: and the later one
    likeness: NDArray[
        np.float32
    ]  #: the share of the pair's distinct 3-grams that both hold, 0 to 1


def near_duplicates(texts: Sequence[str], *, threshold: float = 0.7) -> NearDuplicates:
    """Which texts are copies of one another but for a few characters, a million in seconds.

    `texts`: a list of n str. `threshold`: the least likeness, above 0 and below 1: the share of the
    distinct 3-grams (letters and digits only, width and case folded) of either text that both hold.
    One changed word in a title of twenty characters leaves about .7.

    Answers `NearDuplicates`: `group` (n), and the pairs (m) that tie the groups together; each pair
    was compared exactly, so none falls short of the threshold. Members of a group are joined through
    one another, so two of them may be less alike than that. Not every pair of a group is listed.

    How: minimum hashes (Broder 1997) in bands (Leskovec, Rajaraman and Ullman, Mining of Massive
    Datasets, 3.4). A pair at the threshold is proposed with chance .99 at .7, .97 at .5 and more above;
    a text that shares its bucket with more than eight others may miss one. The answer does not
    depend on chance: the hashes are fixed. Texts of less than three letters are compared as wholes,
    those without any are alone; only the first 1,024 characters count.

    It knows copies, not meaning: for what texts are about, and for copies that name another place, use
    `find`. Raises BadInput where texts are empty or no texts, or the threshold is out of range.

    >>> near_duplicates(["A区丽景新城旁建搅拌站扰民", "A区丽景新城旁建搅拌站扰民！", "西湖路路灯不亮"]).group.tolist()
    [0, 0, 2]
    """
    written = every_text(texts)
    least = checking.share(threshold, name="threshold")
    units, starts = encode(written)
    grams, sizes = _distinct_grams(units, starts, folding())
    rows = 3 if least >= 0.65 else 2 if least >= 0.45 else 1
    sketches = _sketch(grams, starts, sizes, _HASHES[0, : rows * BANDS], _HASHES[1, : rows * BANDS])
    group, first, second, likeness = _link(grams, starts, sizes, sketches, rows, np.float32(least))
    return NearDuplicates(group, first, second, likeness)


@numba.njit(cache=True, nogil=True)
def _distinct_grams(units, starts, fold):
    """The hashed 3-grams of each text, ascending, each once, from starts[i] on; and how many."""
    n = len(starts) - 1
    grams, sizes = np.empty(len(units), np.uint32), np.zeros(n, np.int32)
    plain = np.empty(READ, np.uint32)
    for text in range(n):
        size = 0
        for k in range(starts[text], min(starts[text + 1], starts[text] + READ)):
            unit = fold[units[k]]
            if unit:
                plain[size] = unit
                size += 1
        if size == 0:
            continue
        out = grams[starts[text] : starts[text + 1]]
        count = max(1, size - GRAM + 1)
        for k in range(count):
            value = np.uint32(2166136261)
            for part in range(min(GRAM, size)):
                value = (value ^ plain[k + part]) * np.uint32(16777619)
                value ^= value >> np.uint32(15)
            value *= np.uint32(2246822519)
            out[k] = value ^ (value >> np.uint32(13))
        if count <= 48:
            for k in range(1, count):
                value, at = out[k], k
                while at > 0 and out[at - 1] > value:
                    out[at] = out[at - 1]
                    at -= 1
                out[at] = value
        else:
            out[:count] = np.sort(out[:count])
        kept = 1
        for k in range(1, count):
            if out[k] != out[kept - 1]:
                out[kept] = out[k]
                kept += 1
        sizes[text] = kept
    return grams, sizes


@numba.njit(cache=True, nogil=True)
def _sketch(grams, starts, sizes, factors, shifts):
    """For each text and each hash its least value over the text's grams."""
    n, width = len(sizes), len(factors)
    out = np.full((n, width), np.uint32(0xFFFFFFFF), np.uint32)
    for text in range(n):
        row = out[text]
        for k in range(starts[text], starts[text] + sizes[text]):
            gram = grams[k]
            for h in range(width):
                value = np.uint32(gram * factors[h] + shifts[h])
                row[h] = min(row[h], value)
    return out


@numba.njit(cache=True, nogil=True)
def _link(grams, starts, sizes, sketches, rows, least):
    """Join texts that share a band and overlap enough; of near-identical texts a bucket keeps the latest."""
    n = len(sizes)
    group = np.arange(n)
    hashes = sketches.shape[1]
    # Fewer equal hashes than this are four standard deviations below what the least likeness gives.
    equal = hashes * least - 4 * np.sqrt(hashes * least * (1 - least))
    width = 1
    while width < 2 * n:
        width *= 2
    keys, latest, before = (
        np.empty(width, np.uint64),
        np.empty(width, np.int64),
        np.empty(n, np.int64),
    )
    first, second, likeness = (
        np.empty(1024, np.int64),
        np.empty(1024, np.int64),
        np.empty(1024, np.float32),
    )
    found = 0
    for band in range(sketches.shape[1] // rows):
        latest[:] = -1
        for text in range(n):
            if sizes[text] == 0:
                continue
            key = np.uint64(0)
            for h in range(band * rows, (band + 1) * rows):
                key = (key ^ np.uint64(sketches[text, h])) * np.uint64(0x9E3779B97F4A7C15)
                key ^= key >> np.uint64(29)
            slot = np.int64(key & np.uint64(width - 1))
            while latest[slot] >= 0 and keys[slot] != key:
                slot = (slot + 1) & (width - 1)
            keys[slot] = key
            before[text] = latest[slot]
            latest[slot] = text
            back, at = text, before[text]
            for _ in range(LOOKS):
                if at < 0:
                    break
                mine, other = _root(group, text), _root(group, at)
                agreed = _equal(sketches[text], sketches[at])
                if mine != other and agreed >= equal:
                    shared = _overlap(grams, starts, sizes, text, at, least)
                    if shared >= least:
                        if found == len(first):
                            first, second = _doubled(first), _doubled(second)
                            likeness = _doubled(likeness)
                        first[found], second[found], likeness[found] = at, text, shared
                        found += 1
                        group[max(mine, other)] = min(mine, other)
                        mine = other
                if mine == other and agreed >= SAME * hashes:
                    before[back] = before[at]  # the later text speaks for this one here
                else:
                    back = at
                at = before[at]
    for text in range(n):
        group[text] = _root(group, text)
    return group, first[:found].copy(), second[:found].copy(), likeness[:found].copy()


@numba.njit(cache=True, nogil=True)
def _equal(one, other):
    count = 0
    for h in range(len(one)):
        count += one[h] == other[h]
    return count


@numba.njit(cache=True, nogil=True)
def _root(group, text):
    while group[text] != text:
        group[text] = group[group[text]]
        text = group[text]
    return text


@numba.njit(cache=True, nogil=True)
def _doubled(values):
    larger = np.empty(2 * len(values), values.dtype)
    larger[: len(values)] = values
    return larger


@numba.njit(cache=True, nogil=True)
def _overlap(grams, starts, sizes, one, other, least):
    """The share of distinct grams that both hold; 0 as soon as it cannot reach `least`."""
    a, b = sizes[one], sizes[other]
    if min(a, b) < least * max(a, b):
        return np.float32(0)
    i, j = starts[one], starts[other]
    i_end, j_end = i + a, j + b
    shared = 0
    while i < i_end and j < j_end:
        x, y = grams[i], grams[j]
        if x == y:
            shared += 1
        i += x <= y
        j += y <= x
    return np.float32(shared / (a + b - shared))
