"""The compiled heart of the text model: scoring and explaining texts, and learning weights.

A text is read as UTF-16 code units, folded (digits alike, full width to half, any run of blanks as
one), and read no further than `LONGEST` kept units. Its features are the single units, the pairs of
neighbours, and the words: runs of units of which every pair is a joint, one that stands within a
word more often than across two. The units and pairs of only its first units, up to each of `marks`,
form further blocks, because a request usually says at its beginning what it is about. A feature
counts 1 + ln(times seen); a block is divided by the root of its own length and by the root of the
length of the last block, the whole text.

Everything here takes and returns arrays; `classifier` gives them meaning.
"""

import os
import unicodedata
from functools import cache
from pathlib import Path

import numba
import numpy as np
from numba import njit
from numpy.typing import NDArray

from xianban.base.home import home

if not os.access(Path(__file__).parent, os.W_OK):  # else compiled code is kept beside the source
    numba.config.CACHE_DIR = str(home() / "cache" / "numba")  # type: ignore[attr-defined]

LONGEST = 1000  # reading more did not help, and a flood of text must not cost time
BLANK = 32
MIX = np.uint32(2_654_435_769)  # 2^32 / golden ratio: Fibonacci hashing
MIX_AGAIN = np.uint32(0x85EB_CA6B)  # a step of MurmurHash3's finaliser
ONE = np.uint32(1)
BUCKET = 4
ROW_BITS = 18
ROWS = np.uint32((1 << ROW_BITS) - 1)
JOINT = np.uint32(1 << ROW_BITS)  # in a bucket's entry: this pair joins its units to a word
TAG_BITS = np.uint32(ROW_BITS + 1)
TAGS = np.uint32((1 << (31 - ROW_BITS)) - 1)
WORD = np.uint32(0xE000_0000)  # of no pair: units from 0xE000, for private use, are read as blanks


@cache
def folding() -> NDArray[np.uint16]:
    """What each UTF-16 code unit is read as."""
    table = np.arange(65536, dtype=np.uint16)
    for unit in range(65536):
        sign = chr(unit)
        if 0xD800 <= unit < 0xE000:
            continue
        plain = unicodedata.normalize("NFKC", sign).lower()
        if sign.isspace() or not sign.isprintable():
            table[unit] = BLANK
        elif plain.isdecimal():
            table[unit] = ord("0")
        elif len(plain) == 1 and ord(plain) < 65536:
            table[unit] = ord(plain)
    return table


@cache
def term_weights() -> NDArray[np.float32]:
    """1 + ln(n) for n times seen; zero for none."""
    times = np.arange(LONGEST + 1)
    return np.where(times > 0, 1 + np.log(np.maximum(times, 1)), 0).astype(np.float32)


@cache
def wordy() -> NDArray[np.bool_]:
    """Which folded units may stand in a word shown as a reason: letters and characters."""
    return np.array([chr(unit).isalpha() for unit in range(65536)])


def shift_of(size: int) -> np.uint32:
    """How far 32 mixed bits are shifted to index a table of `size`, a power of two."""
    return np.uint32(32 - (size.bit_length() - 1))


@njit(cache=True, nogil=True, fastmath=True)
def learn(starts, columns, values, sides, costs, width, passes, tolerance, seed):
    """Weights and bias of a linear support vector machine with squared hinge loss.

    Dual coordinate descent with shrinking: Hsieh, Chang, Lin, Keerthi and Sundararajan, "A dual
    coordinate descent method for large-scale linear SVM", ICML 2008.
    """
    n = len(starts) - 1
    weights = np.zeros(width + 1)
    dual = np.zeros(n)
    size = np.ones(n)
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            size[i] += values[k] * values[k]
    order = np.arange(n)
    np.random.seed(seed)
    active, bound = n, np.inf
    for _ in range(passes):
        worst, lowest = 0.0, np.inf
        for j in range(active - 1, 0, -1):
            other = np.random.randint(0, j + 1)
            order[j], order[other] = order[other], order[j]
        j = 0
        while j < active:
            i = order[j]
            slope = weights[width]
            for k in range(starts[i], starts[i + 1]):
                slope += weights[columns[k]] * values[k]
            ridge = 0.5 / costs[i]
            slope = slope * sides[i] - 1.0 + ridge * dual[i]
            if dual[i] == 0.0 and slope > 0.0:
                if slope > bound:  # far on the right side: leave it out of the next passes
                    active -= 1
                    order[j], order[active] = order[active], order[j]
                    continue
                step = 0.0
            else:
                step = slope
            worst = max(worst, step)
            lowest = min(lowest, step)
            if abs(step) > 1e-12:
                old = dual[i]
                dual[i] = max(old - slope / (size[i] + ridge), 0.0)
                change = (dual[i] - old) * sides[i]
                weights[width] += change
                for k in range(starts[i], starts[i + 1]):
                    weights[columns[k]] += change * values[k]
            j += 1
        if worst - min(lowest, worst) <= tolerance:
            if active == n:
                break
            active, bound = n, np.inf
        else:
            bound = worst if worst > 0.0 else np.inf
    return weights


@njit(cache=True, nogil=True)
def mixed(key):
    """32 well-stirred bits of a pair of units: the high ones choose the bucket, the low the tag."""
    bits = np.uint32(np.uint32(key) * MIX)
    bits = np.uint32(bits ^ (bits >> np.uint32(15)))
    return np.uint32(bits * MIX_AGAIN)


@njit(cache=True, nogil=True)
def spelling(word, unit):
    """The spelling so far, as a number, with one more unit."""
    return np.uint32(word * MIX + unit)


@njit(cache=True, nogil=True)
def named(word):
    """The key of a word of that spelling, unlike any unit's or pair's."""
    return np.uint32(WORD | (mixed(word) >> np.uint32(4)))


@njit(cache=True, nogil=True)
def place(keys, entries, slots, shift):
    """Put what is known of each key into its bucket, in the order given; returns how many found no room."""
    lost = 0
    for k in range(len(keys)):
        bits = mixed(keys[k])
        slot = np.int64(bits >> shift) * BUCKET
        entry = np.uint32(((bits & TAGS | ONE) << TAG_BITS) | entries[k])
        j = 0
        while j < BUCKET and slots[slot + j] != 0:
            j += 1
        if j < BUCKET:
            slots[slot + j] = entry
        else:
            lost += 1
    return lost


@njit(cache=True, nogil=True, fastmath=True)
def score(units, starts, fold, terms, marks, single, slots, shift, table, scales, biases, scores):
    """Fill `scores[text, class]`; `table[block, 1 + feature, class]` holds the weights as int16.

    Written without branches on what the text says, which would be mispredicted: an unknown feature
    has row 0, which is marked as seen already and so is never listed.
    """
    width = table.shape[2]
    seen = np.zeros(table.shape[1], np.uint16)
    fresh = np.empty(3 * LONGEST + 2, np.int32)
    words = np.empty(LONGEST, np.uint32)
    sums = np.empty(width, np.float32)
    for text in range(len(starts) - 1):
        n, kept, block, before = 0, 0, 0, np.uint32(BLANK)
        spelt, joined, word = 0, np.uint32(0), np.uint32(0)
        sums[:] = 0
        seen[0] = 1
        for i in range(starts[text], starts[text + 1]):
            unit = np.uint32(fold[units[i]])
            if unit == BLANK and before == BLANK:
                continue
            row = single[unit]
            fresh[n] = row
            n += seen[row] == 0
            seen[row] += 1
            pair = (before << np.uint32(16)) | unit
            entry = look_up(pair, slots, shift) if kept else np.uint32(0)
            row = np.int64(entry & ROWS)
            fresh[n] = row
            n += seen[row] == 0
            seen[row] += 1
            joins = (entry >> np.uint32(ROW_BITS)) & ONE
            words[spelt] = word
            spelt += 1 if joined > joins else 0
            word = spelling(np.uint32(word * joins), unit)
            joined = joins
            before = unit
            kept += 1
            if block < len(marks) and kept == marks[block]:
                add(table[block], fresh, n, seen, terms, sums)
                block += 1
            if kept == LONGEST:
                break
        for last in range(block, len(marks)):
            add(table[last], fresh, n, seen, terms, sums)
        words[spelt] = word
        spelt += 1 if joined else 0
        for k in range(spelt):
            row = np.int64(look_up(named(words[k]), slots, shift) & ROWS)
            fresh[n] = row
            n += seen[row] == 0
            seen[row] += 1
        share = add(table[len(marks)], fresh, n, seen, terms, sums)
        for k in range(n):
            seen[fresh[k]] = 0
        for c in range(scores.shape[1]):
            scores[text, c] = sums[c] * share * scales[c] + biases[c]


@njit(cache=True, nogil=True)
def look_up(key, slots, shift):
    """What is known of a pair or word: its row, and whether it is a joint; 0 where it is unknown."""
    bits = mixed(key)
    slot = np.int64(bits >> shift) * BUCKET
    tag = bits & TAGS | ONE  # never 0, so that an empty slot never matches
    found = np.uint32(0)
    for j in range(BUCKET):
        entry = slots[slot + j]
        found = entry if (entry >> TAG_BITS) == tag else found
    return np.uint32(found & (JOINT | ROWS))


@njit(cache=True, nogil=True, fastmath=True)
def add(block, fresh, n, seen, terms, sums):
    """Add a block of the features seen so far, by the root of its length; returns what 1 became."""
    if len(sums) == 8:
        return add_eight(block, fresh, n, seen, terms, sums)
    norm = np.float32(0)
    for k in range(n):
        norm += terms[seen[fresh[k]]] ** 2
    share = one_over_root(norm)
    for k in range(n):
        term = terms[seen[fresh[k]]] * share
        for c in range(len(sums)):
            sums[c] += term * block[fresh[k], c]
    return share


@njit(cache=True, nogil=True, fastmath=True)
def add_eight(block, fresh, n, seen, terms, sums):
    """`add` for eight classes, with the sums kept in registers: twice as fast."""
    norm = a = b = c = d = e = f = g = h = np.float32(0)
    for k in range(n):
        row = fresh[k]
        term = terms[seen[row]]
        norm += term * term
        a += term * block[row, 0]
        b += term * block[row, 1]
        c += term * block[row, 2]
        d += term * block[row, 3]
        e += term * block[row, 4]
        f += term * block[row, 5]
        g += term * block[row, 6]
        h += term * block[row, 7]
    share = one_over_root(norm)
    sums[0] += a * share
    sums[1] += b * share
    sums[2] += c * share
    sums[3] += d * share
    sums[4] += e * share
    sums[5] += f * share
    sums[6] += g * share
    sums[7] += h * share
    return share


@njit(cache=True, nogil=True)
def one_over_root(norm):
    """One over the root of a length whose square is given; 0 for none."""
    return np.float32(1) / np.sqrt(np.sqrt(norm)) if norm > 0 else np.float32(0)


@njit(cache=True, nogil=True)
def explain(units, starts, fold, marks, single, slots, shift, table, labels, wordy, spans, weights):
    """For each text, runs of units that spoke for its label: `spans` from, to; strongest first.

    A pair of neighbours speaks with its own weight and half of each unit's, in every block that it
    stands in, and with its share of the word that it helps to spell. A run begins with the strongest pair left and takes in neighbours at least a third as
    strong.
    """
    place = np.empty(LONGEST, np.int64)
    usable = np.empty(LONGEST, np.bool_)
    alone = np.empty(LONGEST, np.float32)
    force = np.empty(LONGEST, np.float32)
    for text in range(len(starts) - 1):
        kept, before, label = 0, np.uint32(BLANK), labels[text]
        begin, word = 0, np.uint32(0)
        for i in range(starts[text], starts[text + 1]):
            unit = np.uint32(fold[units[i]])
            if unit == BLANK and before == BLANK:
                continue
            place[kept] = i
            usable[kept] = wordy[unit]
            alone[kept] = voice(single[unit], kept, marks, table, label)
            force[kept] = 0
            entry = (
                look_up((before << np.uint32(16)) | unit, slots, shift) if kept else np.uint32(0)
            )
            if kept and usable[kept] and usable[kept - 1]:
                force[kept] = (
                    voice(np.int64(entry & ROWS), kept, marks, table, label)
                    + (alone[kept - 1] + alone[kept]) / 2
                )
            if entry & JOINT:
                word = spelling(word, unit)
            else:
                share_out(word, begin, kept, usable, force, slots, shift, table, label)
                begin, word = kept, unit
            before = unit
            kept += 1
            if kept == LONGEST:
                break
        share_out(word, begin, kept, usable, force, slots, shift, table, label)
        for n in range(spans.shape[1]):
            best = 0
            for k in range(1, kept):
                if force[k] > force[best]:
                    best = k
            if kept == 0 or force[best] <= 0:
                break
            first, last, total = best, best, force[best]
            least = force[best] / 3
            while last + 1 < kept and last - first < 5 and force[last + 1] > least:
                last += 1
                total += force[last]
            while first > 1 and last - first < 5 and force[first - 1] > least:
                first -= 1
                total += force[first]
            spans[text, n, 0] = place[first - 1]
            spans[text, n, 1] = place[last] + 1
            weights[text, n] = total
            force[max(first - 1, 1) : min(last + 2, kept)] = 0


@njit(cache=True, nogil=True)
def share_out(word, begin, end, usable, force, slots, shift, table, label):
    """Give each pair of the word from `begin` to `end` its share of what the word says."""
    if end - begin < 2:
        return
    row = np.int64(look_up(named(word), slots, shift) & ROWS)
    for k in range(begin + 1, end):
        if usable[k] and usable[k - 1]:
            force[k] += np.float32(table[-1, row, label]) / (end - begin - 1)


@njit(cache=True, nogil=True)
def voice(row, at, marks, table, label):
    """What a feature that ends at kept unit `at` says for a label, in all blocks it stands in."""
    if row == 0:
        return np.float32(0)
    said = np.float32(table[len(marks), row, label])
    for block in range(len(marks)):
        if at < marks[block]:
            said += table[block, row, label]
    return said
