"""The compiled heart of the text model: reading features, learning weights, scoring texts.

A text is read as UTF-16 code units, folded (digits alike, full width to half, any run of blanks as
one), and read no further than `LONGEST` kept units. Its features are the single units and the pairs
of neighbours; the same features over only its first units, up to each of `marks`, form further
blocks, because a request usually says at its beginning what it is about. A feature counts
1 + ln(times seen), and a text is scaled by the length of its whole-text block.

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
TAGS = np.uint32((1 << (32 - ROW_BITS)) - 1)


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


@njit(cache=True, nogil=True)
def find(key, keys, shift, mask):
    """The slot of `key`, or the empty slot where it would go."""
    slot = np.int64(np.uint32(np.uint32(key) * MIX) >> shift)
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def move(keys, ids, larger, numbers):
    """Copy an open hash table into a larger one."""
    shift = np.uint32(32 - int(np.log2(len(larger)) + 0.5))
    for k in range(len(keys)):
        if keys[k] != 0:
            slot = find(keys[k], larger, shift, len(larger) - 1)
            larger[slot] = keys[k]
            numbers[slot] = ids[k]


@njit(cache=True, nogil=True)
def collect(units, starts, fold, marks, keys, ids, known, ends, rows, times):
    """Number every feature of the texts from `starts`, and list (feature, times) block by block.

    `keys`/`ids` is an open hash table that must be large enough; it gains new features from
    `known` on. `ends[text, block]` is where that block's list ends. Returns how many are known.
    """
    shift = np.uint32(32 - int(np.log2(len(keys)) + 0.5))
    mask = len(keys) - 1
    seen = np.zeros(len(keys), np.int32)
    fresh = np.empty(2 * LONGEST, np.int64)
    at = 0
    for text in range(len(starts) - 1):
        n, kept, block, before = 0, 0, 0, np.uint32(BLANK)
        for i in range(starts[text], starts[text + 1]):
            unit = np.uint32(fold[units[i]])
            if unit == BLANK and before == BLANK:
                continue
            for pair in range(2):
                key = unit if pair == 0 else (before << np.uint32(16)) | unit
                if pair == 1 and kept == 0:
                    continue
                slot = find(key, keys, shift, mask)
                if keys[slot] == 0:
                    keys[slot] = key
                    ids[slot] = known
                    known += 1
                if seen[ids[slot]] == 0:
                    fresh[n] = ids[slot]
                    n += 1
                seen[ids[slot]] += 1
            before = unit
            kept += 1
            if block < len(marks) and kept == marks[block]:
                for k in range(n):
                    rows[at + k] = fresh[k]
                    times[at + k] = seen[fresh[k]]
                at += n
                ends[text, block] = at
                block += 1
            if kept == LONGEST:
                break
        for last in range(block, len(marks) + 1):
            for k in range(n):
                rows[at + k] = fresh[k]
                times[at + k] = seen[fresh[k]]
            at += n
            ends[text, last] = at
        for k in range(n):
            seen[fresh[k]] = 0
    return known


@njit(cache=True, nogil=True)
def assemble(ends, rows, times, row_of, terms, shares, starts, columns, values):
    """Turn listed features into sparse rows; `row_of[feature]` is -1 to leave a feature out.

    Block b of feature f stands in column b * width + row_of[f] - 1, with rows counted from 1, and
    counts `shares[b]`; the last block, the whole text, is brought to length one.
    """
    width = row_of.max()
    at, source = 0, 0
    for text in range(ends.shape[0]):
        norm = 0.0
        for block in range(ends.shape[1]):
            norm = 0.0
            for k in range(source, ends[text, block]):
                row = row_of[rows[k]]
                if row > 0:
                    columns[at] = block * width + row - 1
                    values[at] = terms[times[k]] * shares[block]
                    norm += values[at] * values[at]
                    at += 1
            source = ends[text, block]
        starts[text + 1] = at
        for k in range(starts[text], at):
            values[k] /= np.sqrt(norm)
    return at


@njit(cache=True, nogil=True)
def sketch(ends, rows, names, count, signatures):
    """MinHash signatures of the texts' whole feature sets: alike texts agree in many places."""
    last = ends.shape[1] - 1
    for text in range(ends.shape[0]):
        begin = ends[text, last - 1] if last else (ends[text - 1, last] if text else 0)
        for j in range(count):
            lowest = np.uint32(0xFFFFFFFF)
            for k in range(begin, ends[text, last]):
                lowest = min(lowest, mixed(names[rows[k]] ^ mixed(np.uint32(j + 1))))
            signatures[text, j] = lowest


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
def place(pairs, rows, slots, shift):
    """Put each pair's row into its bucket, in the order given; returns how many found no room."""
    lost = 0
    for k in range(len(pairs)):
        bits = mixed(pairs[k])
        slot = np.int64(bits >> shift) * BUCKET
        entry = np.uint32(((bits & TAGS | ONE) << np.uint32(ROW_BITS)) | np.uint32(rows[k]))
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
    fresh = np.empty(2 * LONGEST + 2, np.int32)
    sums = np.empty(width, np.float32)
    for text in range(len(starts) - 1):
        n, kept, block, before, norm = 0, 0, 0, np.uint32(BLANK), np.float32(0)
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
            row = look_up((before << np.uint32(16)) | unit, slots, shift) if kept else 0
            fresh[n] = row
            n += seen[row] == 0
            seen[row] += 1
            before = unit
            kept += 1
            if block < len(marks) and kept == marks[block]:
                add(table[block], fresh, n, seen, terms, sums)
                block += 1
            if kept == LONGEST:
                break
        for last in range(block, len(marks) + 1):
            norm = add(table[last], fresh, n, seen, terms, sums)
        for k in range(n):
            seen[fresh[k]] = 0
        norm = np.float32(1) / np.sqrt(norm) if norm > 0 else np.float32(0)
        for c in range(scores.shape[1]):
            scores[text, c] = sums[c] * norm * scales[c] + biases[c]


@njit(cache=True, nogil=True)
def look_up(pair, slots, shift):
    """The row of a pair, 0 where it is unknown."""
    bits = mixed(pair)
    slot = np.int64(bits >> shift) * BUCKET
    tag = bits & TAGS | ONE  # never 0, so that an empty slot never matches
    row = np.int64(0)
    for j in range(BUCKET):
        entry = slots[slot + j]
        row = np.int64(entry & ROWS) if (entry >> np.uint32(ROW_BITS)) == tag else row
    return row


@njit(cache=True, nogil=True, fastmath=True)
def add(block, fresh, n, seen, terms, sums):
    """Add the features seen so far to the sums of the classes; returns their squared length."""
    if len(sums) == 8:
        return add_eight(block, fresh, n, seen, terms, sums)
    norm = np.float32(0)
    for k in range(n):
        row = fresh[k]
        term = terms[seen[row]]
        norm += term * term
        for c in range(len(sums)):
            sums[c] += term * block[row, c]
    return norm


@njit(cache=True, nogil=True, fastmath=True)
def add_eight(block, fresh, n, seen, terms, sums):
    """`add` for eight classes, with the sums kept in registers: twice as fast."""
    norm = np.float32(0)
    a, b, c, d = sums[0], sums[1], sums[2], sums[3]
    e, f, g, h = sums[4], sums[5], sums[6], sums[7]
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
    sums[0], sums[1], sums[2], sums[3] = a, b, c, d
    sums[4], sums[5], sums[6], sums[7] = e, f, g, h
    return norm


@njit(cache=True, nogil=True)
def explain(units, starts, fold, marks, single, slots, shift, table, labels, wordy, spans, weights):
    """For each text, runs of units that spoke for its label: `spans` from, to; strongest first.

    A pair of neighbours speaks with its own weight and half of each unit's, in every block that it
    stands in. A run begins with the strongest pair left and takes in neighbours at least a third as
    strong.
    """
    place = np.empty(LONGEST, np.int64)
    usable = np.empty(LONGEST, np.bool_)
    alone = np.empty(LONGEST, np.float32)
    force = np.empty(LONGEST, np.float32)
    for text in range(len(starts) - 1):
        kept, before, label = 0, np.uint32(BLANK), labels[text]
        for i in range(starts[text], starts[text + 1]):
            unit = np.uint32(fold[units[i]])
            if unit == BLANK and before == BLANK:
                continue
            place[kept] = i
            usable[kept] = wordy[unit]
            alone[kept] = voice(single[unit], kept, marks, table, label)
            force[kept] = 0
            if kept and usable[kept] and usable[kept - 1]:
                row = look_up((before << np.uint32(16)) | unit, slots, shift)
                force[kept] = (
                    voice(row, kept, marks, table, label) + (alone[kept - 1] + alone[kept]) / 2
                )
            before = unit
            kept += 1
            if kept == LONGEST:
                break
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
def voice(row, at, marks, table, label):
    """What a feature that ends at kept unit `at` says for a label, in all blocks it stands in."""
    if row == 0:
        return np.float32(0)
    said = np.float32(table[len(marks), row, label])
    for block in range(len(marks)):
        if at < marks[block]:
            said += table[block, row, label]
    return said
