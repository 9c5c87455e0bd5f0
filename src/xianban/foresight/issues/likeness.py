"""Which texts may speak of one issue, and how likely each two of them do."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from xianban.foresight.issues.grams import BUCKETS, Ints
from xianban.foresight.issues.names import differ
from xianban.foresight.issues.traits import Traits

NEAR_WORDS, NEAR_NAMES = 0.06, 0.05  # two texts less alike than both are not looked at further
MOST_HELD = 400  # an n-gram or name in more texts than this does not bring texts together

# Logistic regression on pairs of hand-judged messages (docs/foresight/issues.md says which);
# each pair weighed by one over the size of its issue.
WEIGHTS = {
    "words": 4.4,
    "topic": 6.0,
    "kind": 1.3,
    "names differ": -12.0,  # fitted: -1.0; a veto, so that copies naming another place stay apart
    "no name": -2.4,
    "no spot shared": -1.6,
    "spots and kind": 4.9,
    "head in other": 3.2,
    "one author": 2.5,
}
INTERCEPT = -5.97


@dataclass(frozen=True, eq=False)
class Pairs:
    """`second` comes after `first`; `chance` is how likely both speak of one issue."""

    first: Ints
    second: Ints
    chance: NDArray[np.float64]

    def joined(self, more: "Pairs") -> "Pairs":
        """These pairs and the others."""
        both = zip(
            (self.first, self.second, self.chance),
            (more.first, more.second, more.chance),
            strict=True,
        )
        return Pairs(*(np.concatenate(part) for part in both))


def pairs(traits: Traits, *, since: int = 0, least: float = 0.01) -> Pairs:
    """Every two texts, the later of them at or after `since`, that are one issue with `least` chance."""
    words, names = traits.words, traits.names
    near = _near(
        words.starts, words.codes, words.weights, BUCKETS,
        names.starts, names.codes, names.weights, int(names.codes.max(initial=-1)) + 1, since,
    )  # fmt: skip
    first, second = near[:, 0].copy(), near[:, 1].copy()
    values = features(traits, first, second)
    score = INTERCEPT + values @ np.array(list(WEIGHTS.values()))
    chance = 1 / (1 + np.exp(-score))
    keep = chance >= least
    return Pairs(first[keep], second[keep], chance[keep])


def features(traits: Traits, first: Ints, second: Ints) -> NDArray[np.float64]:
    """One row for each pair, one column for each of WEIGHTS."""
    words = _shared(*traits.words, *traits.words, first, second)
    topic = _shared(*traits.topic, *traits.topic, first, second)
    spots = _shared(*traits.spots, *traits.spots, first, second)
    held = np.ones_like(traits.words.weights)
    within = [
        _shared(*traits.heads, traits.words.starts, traits.words.codes, held, a, b)
        for a, b in ((first, second), (second, first))
    ]
    kind = (traits.kinds[first] * traits.kinds[second]).sum(1)
    has_names = np.diff(traits.names.starts) > 0
    same = [traits.authors[i] is not None and traits.authors[i] == traits.authors[j]
            for i, j in zip(first.tolist(), second.tolist(), strict=True)]  # fmt: skip
    other = [differ(traits.named[i], traits.named[j])
             for i, j in zip(first.tolist(), second.tolist(), strict=True)]  # fmt: skip
    columns = {
        "words": np.sqrt(words),
        "topic": np.sqrt(topic),
        "kind": kind,
        "names differ": other,
        "no name": ~(has_names[first] & has_names[second]),
        "no spot shared": spots == 0,
        "spots and kind": spots * kind,
        "head in other": np.sqrt((within[0] + within[1]) / 2),
        "one author": same,
    }
    return np.column_stack([np.asarray(columns[name], np.float64) for name in WEIGHTS])


@numba.njit(cache=True, nogil=True)
def _near(w_starts, w_codes, w_weights, w_width, n_starts, n_codes, n_weights, n_width, since):
    """Pairs (earlier, later) whose shared words or names, the very common left out, reach the least."""
    n = len(w_starts) - 1
    w_heads, w_texts, w_values = _held(w_starts, w_codes, w_weights, w_width)
    n_heads, n_texts, n_values = _held(n_starts, n_codes, n_weights, n_width)
    by_words, by_names = np.zeros(n, np.float32), np.zeros(n, np.float32)
    touched = np.empty(n, np.int64)
    seen = np.zeros(n, np.bool_)
    out = np.empty((1024, 2), np.int64)
    size = 0
    for j in range(since, n):
        count = 0
        for source in range(2):
            starts, codes, weights = (
                (w_starts, w_codes, w_weights) if source == 0 else (n_starts, n_codes, n_weights)
            )
            heads, texts, values = (
                (w_heads, w_texts, w_values) if source == 0 else (n_heads, n_texts, n_values)
            )
            sums = by_words if source == 0 else by_names
            for k in range(starts[j], starts[j + 1]):
                code = codes[k]
                if heads[code + 1] - heads[code] > MOST_HELD:
                    continue
                for at in range(heads[code], heads[code + 1]):
                    i = texts[at]
                    if i >= j:
                        break
                    if not seen[i]:
                        seen[i] = True
                        touched[count] = i
                        count += 1
                    sums[i] += weights[k] * values[at]
        for t in range(count):
            i = touched[t]
            if by_words[i] > NEAR_WORDS or by_names[i] > NEAR_NAMES:
                if size == len(out):
                    larger = np.empty((2 * size, 2), np.int64)
                    larger[:size] = out
                    out = larger
                out[size, 0], out[size, 1] = i, j
                size += 1
            by_words[i] = by_names[i] = 0
            seen[i] = False
    return out[:size].copy()


@numba.njit(cache=True, nogil=True)
def _held(starts, codes, weights, width):
    """For each code the texts that hold it, in order, with its weight there."""
    heads = np.zeros(width + 2, np.int64)
    for k in range(len(codes)):
        heads[codes[k] + 2] += 1
    for code in range(width):
        heads[code + 2] += heads[code + 1]
    texts, values = np.empty(len(codes), np.int32), np.empty(len(codes), np.float32)
    for text in range(len(starts) - 1):
        for k in range(starts[text], starts[text + 1]):
            at = heads[codes[k] + 1]
            texts[at], values[at] = text, weights[k]
            heads[codes[k] + 1] += 1
    return heads, texts, values


@numba.njit(cache=True, nogil=True)
def _shared(a_starts, a_codes, a_weights, b_starts, b_codes, b_weights, first, second):
    """For each pair the sum over common codes of the weight here times the weight there."""
    out = np.zeros(len(first), np.float64)
    for pair in range(len(first)):
        i, i_end = a_starts[first[pair]], a_starts[first[pair] + 1]
        j, j_end = b_starts[second[pair]], b_starts[second[pair] + 1]
        total = 0.0
        while i < i_end and j < j_end:
            if a_codes[i] < b_codes[j]:
                i += 1
            elif a_codes[i] > b_codes[j]:
                j += 1
            else:
                total += a_weights[i] * b_weights[j]
                i += 1
                j += 1
        out[pair] = total
    return out


def shared_words(traits: Traits, first: Ints, second: Ints) -> NDArray[np.float64]:
    """The cosine of the words of each two texts, 0 to 1."""
    shared: NDArray[np.float64] = _shared(*traits.words, *traits.words, first, second)
    return shared
