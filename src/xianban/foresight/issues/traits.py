"""What is compared of each text, measured against the texts already known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from xianban.foresight.issues import kinds
from xianban.foresight.issues.grams import BUCKETS, Bags, Ints, bags
from xianban.foresight.issues.names import Lexicon, Named, wide
from xianban.foresight.issues.reading import Reading

HEAD_TIMES = 3.0  # an n-gram of the head counts as so many of the body
COMMON = 0.1  # an n-gram in more of the texts than this is not compared, unless they are few
FEW = 30  # texts
ELSEWHERE = (
    200  # texts without it that are imagined beside, so that in a few texts words are rare too
)
HEAD_NAME = 2.0  # a name in the head counts as so many in the body
_DISTRICT = re.compile(r"[a-z]\d*[市区县]|[一-龥]{2}[市区县](?!场)")


@dataclass(frozen=True, eq=False)
class Traits:
    """One row for each text: words, words without names, the head's words, names, kinds of problem."""

    words: Bags  # rows of length 1
    topic: Bags  # the same, names left out; rows of length 1
    heads: Bags  # the head's words as shares of its whole rarity
    names: Bags  # rows of length 1
    spots: Bags  # of those names, the ones that are not wide
    kinds: NDArray[np.float32]  # rows of length 1
    named: tuple[Named, ...]
    authors: tuple[object, ...]

    def __len__(self) -> int:
        return len(self.named)

    def joined(self, later: "Traits") -> "Traits":
        """These texts and then the later ones."""
        return Traits(
            *(_joined(getattr(self, f.name), getattr(later, f.name)) for f in fields(self))
        )


class Measure:
    """How rare each n-gram, name and kind is, learnt from texts; it then measures any text."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.texts = len(readings)
        heads, bodies = [r.head for r in readings], [r.body for r in readings]
        self._lexicon = Lexicon([f"{r.head}\n{r.body}" for r in readings])
        held = np.bincount(bags(heads, bodies).codes, minlength=BUCKETS)
        rarity = np.log((self.texts + ELSEWHERE) / np.maximum(held, 2.0))
        rarity[held > max(FEW, COMMON * self.texts)] = 0
        self._rarity = rarity.astype(np.float32)
        self._kinds = kinds.rarity(kinds.marks(heads, bodies), beside=ELSEWHERE)
        self._numbers: dict[str, int] = {}
        self._wide: set[int] = set()

    def traits(self, readings: Sequence[Reading], authors: Sequence[object]) -> Traits:
        heads, bodies = [r.head for r in readings], [r.body for r in readings]
        named = tuple(self._lexicon.find(r.head, r.body) for r in readings)
        bare = [[_without(text, names) for names, text in zip(named, side, strict=True)]
                for side in (heads, bodies)]  # fmt: skip
        marked = kinds.marks(heads, bodies) * self._kinds
        names = _unit(self._name_rows(named))
        return Traits(
            words=_unit(self._weighted(bags(heads, bodies, head_times=HEAD_TIMES))),
            topic=_unit(self._weighted(bags(*bare, head_times=HEAD_TIMES))),
            heads=_shares(self._weighted(bags(heads, [""] * len(heads)), counted=False)),
            names=names,
            spots=_kept(names, ~np.isin(names.codes, list(self._wide))),
            kinds=marked / np.maximum(np.linalg.norm(marked, axis=1, keepdims=True), 1e-9),
            named=named,
            authors=tuple(authors),
        )

    def _weighted(self, found: Bags, *, counted: bool = True) -> Bags:
        rarity = self._rarity[found.codes]
        weights = found.weights * rarity if counted else rarity
        return _kept(Bags(found.starts, found.codes, weights), weights > 0)

    def _name_rows(self, named: Sequence[Named]) -> Bags:
        starts, codes, weights = [0], [], []
        for names in named:
            row = sorted(
                (self._numbers.setdefault(name, len(self._numbers)), name)
                for name in names.all
                if self._lexicon.telling(name)
            )
            for code, name in row:
                codes.append(code)
                if wide(name):
                    self._wide.add(code)
                rare = np.log((self.texts + ELSEWHERE) / self._lexicon.counts[name])
                weights.append(rare * (HEAD_NAME if name in names.head else 1.0))
            starts.append(len(codes))
        return Bags(
            np.array(starts, np.int64), np.array(codes, np.int32), np.array(weights, np.float32)
        )


def _without(text: str, names: Named) -> str:
    for name in sorted(names.all, key=lambda name: (-len(name), name)):
        text = text.replace(name, " ")
    return _DISTRICT.sub(" ", text)


def _kept(rows: Bags, keep: NDArray[np.bool_]) -> Bags:
    starts = np.concatenate(([0], np.cumsum(keep)))[rows.starts]
    return Bags(starts.astype(np.int64), rows.codes[keep], rows.weights[keep])


def _per_row(rows: Bags, values: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.bincount(_rows(rows), values, minlength=len(rows.starts) - 1).astype(np.float64)


def _rows(rows: Bags) -> Ints:
    return np.repeat(np.arange(len(rows.starts) - 1), np.diff(rows.starts))


def _unit(rows: Bags) -> Bags:
    length = np.sqrt(_per_row(rows, rows.weights**2)).clip(1e-9).astype(np.float32)
    return Bags(rows.starts, rows.codes, rows.weights / length[_rows(rows)])


def _shares(rows: Bags) -> Bags:
    whole = _per_row(rows, rows.weights).clip(1e-9).astype(np.float32)
    return Bags(rows.starts, rows.codes, rows.weights / whole[_rows(rows)])


def _joined(one, other):
    if isinstance(one, Bags):
        return Bags(
            np.concatenate((one.starts, one.starts[-1] + other.starts[1:])),
            np.concatenate((one.codes, other.codes)),
            np.concatenate((one.weights, other.weights)),
        )
    return one + other if isinstance(one, tuple) else np.concatenate((one, other))
