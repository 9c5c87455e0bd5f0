"""Texts as numbers: UTF-16 units for the kernel, sparse rows for learning, near-duplicate groups."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xianban.dispatch import counting, kernel

SIGNATURE, BANDS, ALIKE = 32, 8, 0.6
CHUNK_UNITS = 2_000_000

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Gathered:
    """The features of many texts, numbered: block by block, `ends[text, block]` closing each list."""

    names: NDArray[np.uint32]
    joints: int  # the first so many of them join their units to a word
    ends: Ints
    rows: NDArray[np.int32]
    times: NDArray[np.int32]

    def part(self, which: Ints) -> "Gathered":
        """The same for some of the texts, in the order given."""
        begins = np.concatenate(([0], self.ends[:-1, -1]))[which]
        sizes = self.ends[which, -1] - begins
        stops = np.cumsum(sizes)
        source = np.repeat(begins - (stops - sizes), sizes) + np.arange(int(sizes.sum()))
        ends = self.ends[which] - begins[:, None] + (stops - sizes)[:, None]
        return Gathered(self.names, self.joints, ends, self.rows[source], self.times[source])

    def text_counts(self) -> Ints:
        """In how many texts each feature is."""
        last = self.ends.shape[1] - 1
        stops = self.ends[:, last]
        begins = self.ends[:, last - 1] if last else np.concatenate(([0], stops[:-1]))
        marks = np.zeros(len(self.rows) + 1, np.int32)
        np.add.at(marks, begins, 1)
        np.add.at(marks, stops, -1)
        inside = np.cumsum(marks[:-1]) > 0
        return np.bincount(self.rows[inside], minlength=len(self.names))


@dataclass(frozen=True, eq=False)
class Rows:
    """Sparse rows: text i has `values[k]` in `columns[k]` for k from starts[i] to starts[i + 1]."""

    starts: Ints
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    width: int


def encode(texts: Sequence[str]) -> tuple[NDArray[np.uint16], Ints]:
    """All texts as one run of UTF-16 units, and where each begins (and the last one ends)."""
    joined = "".join(texts)
    units = np.frombuffer(joined.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(units) == len(joined):
        lengths: Iterable[int] = map(len, texts)
    else:
        lengths = (len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in texts)
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(lengths, np.int64, len(texts)), out=starts[1:])
    return units, starts


NO_JOINTS = np.zeros(0, np.uint32)


def joints(texts: Sequence[str], *, least: int) -> NDArray[np.uint32]:
    """The pairs of units seen at least so often that a segmenter mostly leaves within one word.

    Where they are known, words are found without a segmenter, which is slower than all the rest.
    """
    import rjieba

    if not texts:
        return NO_JOINTS
    units = kernel.folding()[encode(["\n".join(texts)])[0]]
    plain = np.where((units >= 0xD800) & (units < 0xE000), 0xFFFD, units).astype("<u2")
    words = rjieba.cut(plain.tobytes().decode("utf-16-le"))
    within = np.ones(len(units), np.bool_)
    within[np.cumsum([0, *map(len, words)])[:-1]] = False
    pairs = units[:-1].astype(np.uint32) << 16 | units[1:]
    names, which, times = np.unique(pairs, return_inverse=True, return_counts=True)
    inside = np.bincount(which, within[1:], minlength=len(names))
    return names[(times >= least) & (2 * inside >= times)]


def gather(
    texts: Sequence[str], *, marks: tuple[int, ...], joints: NDArray[np.uint32] = NO_JOINTS
) -> Gathered:
    """Read every feature of the texts once; learning then picks from it without reading again."""
    units, starts = encode(texts)
    blocks, known = len(marks) + 1, len(joints)
    room = 1 << max(16, (4 * known).bit_length())
    keys, ids = np.zeros(room, np.uint32), np.zeros(room, np.int32)
    counting.enroll(joints, keys, ids)
    parts: list[tuple[Ints, NDArray[np.int32], NDArray[np.int32]]] = []
    shift = 0
    for begin, end in _chunks(starts):
        room = int(np.minimum(np.diff(starts[begin : end + 1]), kernel.LONGEST).sum()) * 3
        while len(keys) < 2 * (known + room):
            keys, ids = _grown(keys, ids)
        ends = np.zeros((end - begin, blocks), np.int64)
        rows, times = np.empty(room * blocks, np.int32), np.empty(room * blocks, np.int32)
        known = counting.collect(
            units, starts[begin : end + 1], kernel.folding(), np.array(marks, np.int64),
            len(joints), keys, ids, known, ends, rows, times,
        )  # fmt: skip
        used = int(ends[-1, -1])
        parts.append((ends + shift, rows[:used].copy(), times[:used].copy()))
        shift += used
    names = np.zeros(known, np.uint32)
    names[ids[keys > 0]] = keys[keys > 0]
    ends, rows, times = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Gathered(names, len(joints), ends, rows, times)


def _chunks(starts: Ints) -> Iterable[tuple[int, int]]:
    """Runs of texts of about `CHUNK_UNITS` together."""
    begin, last = 0, len(starts) - 1
    while begin < last:
        end = int(np.searchsorted(starts, starts[begin] + CHUNK_UNITS, side="right")) - 1
        yield begin, min(max(end, begin + 1), last)
        begin = min(max(end, begin + 1), last)


def _grown(
    keys: NDArray[np.uint32], ids: NDArray[np.int32]
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """The same hash table with twice the room."""
    larger, numbers = np.zeros(2 * len(keys), np.uint32), np.zeros(2 * len(keys), np.int32)
    counting.move(keys, ids, larger, numbers)
    return larger, numbers


def near_duplicates(gathered: Gathered) -> Ints:
    """A group number for each text; texts that share most of their features share it."""
    n = len(gathered.ends)
    signatures = np.zeros((n, SIGNATURE), np.uint32)
    counting.sketch(gathered.ends, gathered.rows, gathered.names, SIGNATURE, signatures)
    group = np.arange(n)
    for band in np.split(signatures, BANDS, axis=1):
        order = np.lexsort(band.T)
        same = (band[order[1:]] == band[order[:-1]]).all(axis=1)
        for i, j in zip(order[:-1][same], order[1:][same], strict=True):
            if (signatures[i] == signatures[j]).mean() >= ALIKE:
                _join(group, int(i), int(j))
    return np.array([_root(group, i) for i in range(n)])


def _root(group: Ints, i: int) -> int:
    while group[i] != i:
        group[i] = group[group[i]]
        i = int(group[i])
    return i


def _join(group: Ints, i: int, j: int) -> None:
    a, b = _root(group, i), _root(group, j)
    group[max(a, b)] = min(a, b)


def folds(labels: NDArray[np.int64], groups: Ints, *, count: int, seed: int) -> Ints:
    """A fold number for each text: groups stay together, labels are spread evenly."""
    first = np.unique(groups, return_index=True)[1]
    order = np.random.default_rng(seed).permutation(first)
    fold_of_group = np.zeros(len(labels), np.int64)
    following = dict.fromkeys(np.unique(labels).tolist(), 0)
    for i in order:
        label = int(labels[i])
        fold_of_group[groups[i]] = (following[label] + label) % count
        following[label] += 1
    return fold_of_group[groups]
