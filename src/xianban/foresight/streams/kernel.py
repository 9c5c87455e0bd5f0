"""The compiled heart of the streams: one pass over readings, all memory in one row per sensor.

A reading is split into what was expected and what is left. Expected is a slow level, the usual
deviation of its part of the inner cycle (a day) and of its part of the outer one (a week). What is
left is seen through channels: its size against the sensor's whole past, against its part of the
day, against the last readings, and how restless it is. Every channel learns its own tail (the size
one reading in twenty exceeds, and by how much it does) and speaks in one currency: -ln of the
chance of so large a value. The loudest channel decides, less the logarithm of how many were asked.

`score` and `Watcher` hand arrays in; nothing here knows of either.
"""

import math
import os
from pathlib import Path

import numba
import numpy as np
from numba import njit
from numpy.typing import NDArray

if not os.access(Path(__file__).parent, os.W_OK):  # else compiled code is kept beside the source
    from xianban.base.home import home

    numba.config.CACHE_DIR = str(home() / "cache" / "numba")  # type: ignore[attr-defined]

QUIET = 100  # readings before the first score: an unset scale poisons everything after it
ROUGH = 10  # readings before anything is clipped

# what a row holds: numbers first, then the parts of the cycles
READINGS, LEVEL, LAST, STEP, CYCLE, RECENT = 0, 1, 2, 3, 4, 5
SPREAD, SPREAD_ALL, SPREAD_NEWS, SPREAD_RAW, STIR_NOW, STIR_USUAL = 6, 7, 8, 9, 10, 11
LEAN_FAST, LEAN_SLOW, PILE = 12, 13, 14
TAIL_ALL, TAIL_PART, TAIL_NEWS, TAIL_STIR, TAIL_FAST, TAIL_SLOW, TAIL_PILE = range(15, 36, 3)
INNER_PARTS, OUTER_PARTS = 48, 168
INNER = 36
INNER_SPREAD = INNER + INNER_PARTS
INNER_SEEN = INNER_SPREAD + INNER_PARTS
OUTER = INNER_SEEN + INNER_PARTS
OUTER_SEEN = OUTER + OUTER_PARTS
SIZE = OUTER_SEEN + OUTER_PARTS

LONG = 2000  # readings over which levels and spreads are averaged in the end
SLOWEST_VISIT = 0.05  # and the parts of the cycles, each visit
PRIOR = 2.0  # visits that "nothing special" counts for
RECENT_RATE, STIR_RATE, STILL = 0.4, 0.1, 0.05
FAST, SLOW, PILE_RATE = 0.2, 0.03, 0.3  # the speeds at which evidence gathers
UNIT_FAST, UNIT_SLOW = math.sqrt((2 - FAST) / FAST), math.sqrt((2 - SLOW) / SLOW)  # to spread 1
CLIP, SPREAD_CLIP, LEAN_CLIP, PILE_CAP = 4.0, 3.5, 5.0, 9.0

FARTHEST = 1e6
BORDER = 1e-5  # of a part: what rounding may take away from a moment

TAIL_SHARE = 0.05
LN20 = math.log(1 / TAIL_SHARE)
PACE, PACE_SLOW = 0.012, 0.006  # the longer a memory, the slower its tail
EXCESS_PACE, EXCESS_CAP = 0.8, 10.0
HASTE = 10.0  # a limit that nothing has reached for long sinks so much faster
BEND = 0.05  # tails a little heavier than exponential, as readings have them
DOUBT = 25.0  # readings that a young sensor's doubt counts for
LN_ASKED_ONSET, LN_ASKED_EVIDENCE = math.log(2), math.log(4)  # channels asked, less their overlap


@njit(cache=True, error_model="numpy", inline="always")
def tail(s, at, value, pace):
    """-ln of the chance of so large a value in this channel, which then learns from it.

    The limit follows what one reading in twenty exceeds. When nothing has reached it for long (a
    pattern was learnt, an upheaval is over) it sinks faster, else one bad weekend would deafen the
    channel for months.
    """
    limit = s[at]
    if value > limit:
        excess = s[at + 1]
        beyond = (value - limit) / excess
        s[at + 2] = 0.0
        s[at] = limit * (1 + pace * (1 - TAIL_SHARE))
        s[at + 1] = max(excess * (1 + EXCESS_PACE * pace * (min(beyond, EXCESS_CAP) - 1)), 1e-4)
        return LN20 + math.log1p(BEND * beyond) / BEND
    quiet = s[at + 2] + 1
    if quiet > 4 / pace:
        pace *= HASTE
    s[at], s[at + 2] = max(limit * (1 - pace * TAIL_SHARE), 1e-3), quiet
    return LN20 * value / limit


@njit(cache=True, error_model="numpy", inline="always")
def part(time, per_s, parts):
    """Which part of a cycle a moment falls in; one on the border belongs to the later part."""
    phase = time * per_s
    return min(int((phase - math.floor(phase)) * parts + BORDER), parts - 1)


@njit(cache=True, error_model="numpy", inline="always")
def clipped(value, limit):
    return min(max(value, -limit), limit)


@njit(cache=True, error_model="numpy")
def begin(s, value, time):
    """A row before its first reading: tails as Gaussian noise would have them."""
    s[LEVEL], s[LAST] = value, time
    for at in (TAIL_ALL, TAIL_PART, TAIL_NEWS, TAIL_FAST, TAIL_SLOW):
        s[at], s[at + 1] = 1.96, 0.5
    s[TAIL_STIR], s[TAIL_STIR + 1] = 0.5, 0.2
    s[TAIL_PILE], s[TAIL_PILE + 1] = 3.5, 1.5


@njit(cache=True, error_model="numpy", inline="always")
def keep_time(s, n, time):
    """The usual step between readings; after a silence, the last readings say less."""
    passed, usual = time - s[LAST], s[STEP]
    s[LAST] = time
    if n == 0:
        return
    if n > 1 and passed > 5 * usual:
        s[RECENT] *= 5 * usual / passed
        passed = min(passed, 4 * usual) if usual > 0 else passed
    s[STEP] += (1 / n if n < 50 else 0.02) * (passed - usual)


@njit(cache=True, error_model="numpy", inline="always")
def usual(s, time, inner_per_s, outer_per_s):
    """What the cycles add at this moment, how unsure that is (1: sure, 2: never been here), which
    parts of the cycles it is, and the share of a visit of each that one reading is."""
    inner, outer, outer_share = part(time, inner_per_s, INNER_PARTS), -1, 1.0
    inner_share = min(s[STEP] * inner_per_s * INNER_PARTS, 1.0) if s[STEP] > 0 else 1.0
    visits, cycle = s[INNER_SEEN + inner] * inner_share, 0.0
    if outer_per_s > 0:
        outer = part(time, outer_per_s, OUTER_PARTS)
        outer_share = min(s[STEP] * outer_per_s * OUTER_PARTS, 1.0) if s[STEP] > 0 else 1.0
        cycle = s[OUTER + outer]
        visits = min(visits, 0.5 * visits + 2 * s[OUTER_SEEN + outer] * outer_share)
    if s[INNER_SEEN + inner] == 0:  # never been here: as the last reading was
        s[INNER + inner] = s[CYCLE] + s[RECENT] - cycle
        s[INNER_SPREAD + inner] = s[SPREAD]
    cycle += s[INNER + inner]
    return cycle, 1 + 1 / (1 + visits), inner, outer, inner_share, outer_share


@njit(cache=True, error_model="numpy", inline="always")
def stirred(s, news, rate):
    """How restless the sensor has become, or how still, as a ratio less 1."""
    news = min(news, 4.0)
    s[STIR_NOW] += max(STIR_RATE, rate) * (news - s[STIR_NOW])
    s[STIR_USUAL] += rate * (news - s[STIR_USUAL])
    now, usual = s[STIR_NOW] + STILL, s[STIR_USUAL] + STILL
    return max(now, usual) / min(now, usual) - 1


@njit(cache=True, error_model="numpy", inline="always")
def gathered(s, lean, alone):
    """Evidence that accumulates: leaning to one side at two speeds, a pile of large residuals."""
    lean = clipped(lean, LEAN_CLIP)
    s[LEAN_FAST] += FAST * (lean - s[LEAN_FAST])
    s[LEAN_SLOW] += SLOW * (lean - s[LEAN_SLOW])
    large = min(alone, PILE_CAP) - 1
    s[PILE] += PILE_RATE * ((large * math.sqrt(large) if large > 0 else 0.0) - s[PILE])
    fast = tail(s, TAIL_FAST, abs(s[LEAN_FAST]) * UNIT_FAST, PACE)
    slow = tail(s, TAIL_SLOW, abs(s[LEAN_SLOW]) * UNIT_SLOW, PACE_SLOW)
    return max(max(fast, slow), tail(s, TAIL_PILE, s[PILE], PACE))


@njit(cache=True, error_model="numpy", inline="always")
def learn_cycles(s, inner, outer, inner_share, outer_share, away, error, limit, spread_limit):
    """What is usual, and how widely it spreads, in these parts of the cycles."""
    seen = s[INNER_SEEN + inner] + 1
    s[INNER_SEEN + inner] = seen
    rate = inner_share * max(SLOWEST_VISIT, 1 / (PRIOR + seen * inner_share))
    s[INNER + inner] += rate * clipped(away - s[INNER + inner], limit)
    size = clipped(error, spread_limit)
    s[INNER_SPREAD + inner] += rate * (size * size - s[INNER_SPREAD + inner])
    if outer >= 0:
        seen = s[OUTER_SEEN + outer] + 1
        s[OUTER_SEEN + outer] = seen
        rate = outer_share * max(SLOWEST_VISIT, 1 / (PRIOR + seen * outer_share))
        left = clipped(away - s[INNER + inner] - s[OUTER + outer], limit)
        s[OUTER + outer] += rate * left


@njit(cache=True, error_model="numpy", inline="always")
def learn_spread(s, at, size, spread, rate, rough):
    """A mean square; what is far out counts no more than `SPREAD_CLIP` spreads."""
    if not rough:
        size = clipped(size, SPREAD_CLIP * spread)
    s[at] += rate * (size * size - s[at])


@njit(cache=True, error_model="numpy")
def read(s, value, time, inner_per_s, outer_per_s, onset):
    """The score of one reading from what came before it; the row then learns the reading."""
    if math.isnan(value):
        return 0.0
    n = s[READINGS]
    if n == 0:
        begin(s, value, time)
    keep_time(s, n, time)
    rough, rate = n < ROUGH, 1 / (n + 1) if n < LONG else 1 / LONG

    away, cycle, doubt = value - s[LEVEL], 0.0, 1.0
    inner, outer, inner_share, outer_share = 0, -1, 1.0, 1.0
    if inner_per_s > 0:
        cycle, doubt, inner, outer, inner_share, outer_share = usual(
            s, time, inner_per_s, outer_per_s
        )
    error = away - cycle
    news = error - s[RECENT]
    s[CYCLE] = cycle

    # spreads never collapse below a share of the unclipped one, nor to nothing on a constant sensor
    floor, least = 0.09 * s[SPREAD_RAW], 1e-12 * abs(s[LEVEL]) + 1e-150
    spread = math.sqrt(max(s[SPREAD], floor)) + least
    spread_all = math.sqrt(max(s[SPREAD_ALL], floor)) + least
    spread_news = math.sqrt(max(s[SPREAD_NEWS], floor)) + least
    spread_part = spread
    if inner_per_s > 0:
        mixed = 0.5 * (s[SPREAD] + s[INNER_SPREAD + inner])
        spread_part = math.sqrt(max(mixed, floor)) * doubt + least
    against_all = min(abs(away) / spread_all, FARTHEST)
    against_part = clipped(error / spread_part, FARTHEST)
    news *= spread / spread_part
    against_last = min(abs(news) / spread_news, FARTHEST)

    stir, found = 0.0, 0.0
    if not onset:
        stir = stirred(s, against_last, rate)
    if n >= QUIET:
        own = tail(s, TAIL_PART, abs(against_part), PACE)
        sudden = tail(s, TAIL_NEWS, against_last, PACE)
        found = max(tail(s, TAIL_ALL, against_all, PACE), max(own, sudden))
        asked = LN_ASKED_ONSET
        if not onset:
            lasting = gathered(s, against_part, max(own, sudden))
            stir = tail(s, TAIL_STIR, stir, PACE)
            found = max(found, max(lasting, stir))
            asked = LN_ASKED_EVIDENCE
        found = found * (n / (n + DOUBT)) - asked

    limit = math.inf if rough else CLIP * spread_part
    s[RECENT] += RECENT_RATE * (clipped(error, limit) - s[RECENT])
    s[LEVEL] += rate * (away if rough else clipped(away, CLIP * spread_all))
    if inner_per_s > 0:
        learn_cycles(
            s, inner, outer, inner_share, outer_share, away, error, limit,
            math.inf if rough else SPREAD_CLIP * spread,
        )  # fmt: skip
    learn_spread(s, SPREAD_ALL, away, spread_all, rate, rough)
    learn_spread(s, SPREAD, error, spread, rate, rough)
    learn_spread(s, SPREAD_NEWS, news, spread_news, rate, rough)
    s[SPREAD_RAW] += rate * (error * error - s[SPREAD_RAW])
    s[READINGS] = n + 1
    return 1 - math.exp(-found) if found > 0 else 0.0


@njit(cache=True, error_model="numpy")
def advance(values, times, rows, inner_per_s, outer_per_s, onset, scores):
    """Scores of (sensors, readings); `times` has one row for all sensors or one for each."""
    own_times = times.shape[0] > 1
    for sensor in range(values.shape[0]):
        row, clock = rows[sensor], times[sensor if own_times else 0]
        for i in range(values.shape[1]):
            scores[sensor, i] = read(
                row, values[sensor, i], clock[i], inner_per_s, outer_per_s, onset
            )


def empty_rows(sensors: int) -> NDArray[np.float64]:
    """The memory of sensors that have seen nothing."""
    return np.zeros((sensors, SIZE))
