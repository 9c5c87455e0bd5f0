"""The compiled side of learning: counting the features of many texts, as `kernel` reads them.

Everything here takes and returns arrays; `features` gives them meaning.
"""

import numpy as np
from numba import njit

from xianban.dispatch.kernel import BLANK, LONGEST, MIX, mixed, named, spelling


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
def enroll(fresh, keys, ids):
    """Number keys from 0 in an empty open hash table."""
    for k in range(len(fresh)):
        slot = find(fresh[k], keys, np.uint32(32 - int(np.log2(len(keys)) + 0.5)), len(keys) - 1)
        keys[slot] = fresh[k]
        ids[slot] = k


@njit(cache=True, nogil=True)
def collect(units, starts, fold, marks, joints, keys, ids, known, ends, rows, times):
    """Number every feature of the texts from `starts`, and list (feature, times) block by block.

    `keys`/`ids` is an open hash table that must be large enough; it gains new features from
    `known` on, and its first `joints` features are the joints. `ends[text, block]` is where that
    block's list ends. Returns how many are known.
    """
    seen = np.zeros(len(keys), np.int32)
    fresh = np.empty(3 * LONGEST, np.int64)
    words = np.empty(LONGEST, np.uint32)
    at = 0
    for text in range(len(starts) - 1):
        n, kept, block, before = 0, 0, 0, np.uint32(BLANK)
        spelt, joined, word = 0, False, np.uint32(0)
        for i in range(starts[text], starts[text + 1]):
            unit = np.uint32(fold[units[i]])
            if unit == BLANK and before == BLANK:
                continue
            number, known, n = count(unit, keys, ids, known, seen, fresh, n)
            joins = False
            if kept:
                pair = (before << np.uint32(16)) | unit
                number, known, n = count(pair, keys, ids, known, seen, fresh, n)
                joins = number < joints
            if joined and not joins:
                words[spelt] = word
                spelt += 1
            word = spelling(word, unit) if joins else unit
            joined = joins
            before = unit
            kept += 1
            if block < len(marks) and kept == marks[block]:
                at = ends[text, block] = enter(fresh, n, seen, rows, times, at)
                block += 1
            if kept == LONGEST:
                break
        for last in range(block, len(marks)):
            at = ends[text, last] = enter(fresh, n, seen, rows, times, at)
        if joined:
            words[spelt] = word
            spelt += 1
        for k in range(spelt):
            number, known, n = count(named(words[k]), keys, ids, known, seen, fresh, n)
        at = ends[text, len(marks)] = enter(fresh, n, seen, rows, times, at)
        for k in range(n):
            seen[fresh[k]] = 0
    return known


@njit(cache=True, nogil=True)
def count(key, keys, ids, known, seen, fresh, n):
    """Count a feature once more: its number, how many are known, how many this text has."""
    slot = find(key, keys, np.uint32(32 - int(np.log2(len(keys)) + 0.5)), len(keys) - 1)
    if keys[slot] == 0:
        keys[slot] = key
        ids[slot] = known
        known += 1
    number = ids[slot]
    if seen[number] == 0:
        fresh[n] = number
        n += 1
    seen[number] += 1
    return number, known, n


@njit(cache=True, nogil=True)
def enter(fresh, n, seen, rows, times, at):
    """List the features seen so far from `at` on; returns where the list ends."""
    for k in range(n):
        rows[at + k] = fresh[k]
        times[at + k] = seen[fresh[k]]
    return at + n


@njit(cache=True, nogil=True)
def assemble(ends, rows, times, row_of, terms, shares, starts, columns, values):
    """Turn listed features into sparse rows; `row_of[feature]` is -1 to leave a feature out.

    Block b of feature f stands in column b * width + row_of[f] - 1, with rows counted from 1, and
    counts `shares[b]`.
    """
    width = row_of.max()
    at, source = 0, 0
    for text in range(ends.shape[0]):
        root = 1.0
        for block in range(ends.shape[1]):
            first, norm = at, 0.0
            for k in range(source, ends[text, block]):
                row = row_of[rows[k]]
                if row > 0:
                    columns[at] = block * width + row - 1
                    values[at] = terms[times[k]]
                    norm += values[at] * values[at]
                    at += 1
            source = ends[text, block]
            root = np.sqrt(np.sqrt(norm))
            for k in range(first, at):
                values[k] *= shares[block] / root
        starts[text + 1] = at
        for k in range(starts[text], at):
            values[k] /= root
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
