"""Streams: laws, false alarms on noise, a plain reading of the same rules, bad input, real sensors."""

import csv
import doctest
import gzip
import importlib
import json
import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xianban.base.errors import BadInput
from xianban.foresight import streams

ROOT = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("emphasis", ["evidence", "onset"])
STEP = np.timedelta64(900, "s")
START = np.datetime64("2026-03-02T00:00:00", "s")  # a Monday


def moments(count, step=STEP):
    return START + np.arange(count) * step


def seasonal(count, *, sensors=None, seed=0, spread=5.0, step_s=900):
    """A day's wave, quieter weekends, Gaussian noise."""
    shape = count if sensors is None else (sensors, count)
    hours = np.arange(count) * step_s / 3600
    usual = (50 + 25 * np.sin(2 * np.pi * hours / 24)) * np.where(hours // 24 % 7 >= 5, 0.7, 1)
    return usual + np.random.default_rng(seed).normal(0, spread, shape)


# laws


@BOTH
@settings(deadline=None, max_examples=15)
@given(shift=st.floats(-1e4, 1e4), scale=st.floats(1e-3, 1e3), sign=st.sampled_from([-1, 1]))
def test_neither_unit_nor_zero_nor_sign_matters(emphasis, shift, scale, sign):
    values, times = seasonal(1500), moments(1500)
    plain = streams.score(values, times=times, emphasis=emphasis)
    moved = streams.score(sign * scale * values + shift, times=times, emphasis=emphasis)
    np.testing.assert_allclose(moved, plain, atol=1e-4)


@BOTH
@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(1, 899), max_size=6), data=st.data())
def test_pieces_stored_and_restored_give_the_same_answer(emphasis, cuts, data):
    values, times = seasonal(900, sensors=3), moments(900)
    values[1, 300:310] = np.nan
    whole = streams.score(values, times=times, emphasis=emphasis)
    watcher = streams.Watcher(3, emphasis=emphasis)
    pieces = []
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), 900], strict=True):
        if begin < end:
            pieces.append(watcher.score(values[:, begin:end], times=times[begin:end]))
        if data.draw(st.booleans()):
            watcher = streams.Watcher.restore(watcher.store())
    assert np.array_equal(np.concatenate(pieces, axis=1), whole)


@BOTH
def test_one_at_a_time_gives_the_same_answer(emphasis):
    values, times = seasonal(400), moments(400)
    watcher = streams.Watcher(emphasis=emphasis)
    one = [watcher.score(v, times=t) for v, t in zip(values, times, strict=True)]
    assert np.array_equal(one, streams.score(values, times=times, emphasis=emphasis))
    assert watcher.readings.tolist() == [400]


def test_several_sensors_at_one_moment():
    values, times = seasonal(300, sensors=2), moments(300)
    watcher = streams.Watcher(2)
    columns = [watcher.score(values[:, i], times=times[i]) for i in range(300)]
    assert np.array_equal(np.transpose(columns), streams.score(values, times=times))


@BOTH
def test_later_readings_change_nothing(emphasis):
    values, times = seasonal(1200, sensors=2), moments(1200)
    whole = streams.score(values, times=times, emphasis=emphasis)
    for end in (1, 99, 101, 700):
        part = streams.score(values[:, :end], times=times[:end], emphasis=emphasis)
        assert np.array_equal(part, whole[:, :end])


def test_sensors_do_not_influence_one_another():
    values, times = seasonal(800, sensors=4), moments(800)
    order = [2, 0, 3, 1]
    whole = streams.score(values, times=times)
    assert np.array_equal(streams.score(values[order], times=times), whole[order])
    assert np.array_equal(streams.score(values[2], times=times), whole[2])


def test_each_sensor_may_have_times_of_its_own():
    values = seasonal(800, sensors=2)
    times = np.stack([moments(800), moments(800, np.timedelta64(1, "h"))])
    both = streams.score(values, times=times)
    for row in (0, 1):
        assert np.array_equal(both[row], streams.score(values[row], times=times[row]))


@BOTH
def test_a_gap_is_as_if_the_reading_were_not_there(emphasis):
    values, times = seasonal(1500), moments(1500)
    gaps = np.random.default_rng(1).random(1500) < 0.2
    gappy = np.where(gaps, np.nan, values)
    scores = streams.score(gappy, times=times, emphasis=emphasis)
    left_out = streams.score(values[~gaps], times=times[~gaps], emphasis=emphasis)
    assert (scores[gaps] == 0).all()
    assert np.array_equal(scores[~gaps], left_out)


def test_units_of_time_do_not_matter():
    values, times = seasonal(800), moments(800)
    scores = streams.score(values, times=times)
    assert np.array_equal(streams.score(values, times=times.astype("datetime64[ns]")), scores)
    assert np.array_equal(streams.score(values, times=times.astype("int64")), scores)
    begin = START.item()
    listed = [begin + timedelta(minutes=15 * i) for i in range(800)]
    assert np.array_equal(streams.score(values, times=listed), scores)
    hour = streams.score(values, times=times, period=3600)
    for same in (np.timedelta64(1, "h"), timedelta(hours=1), 3600.0):
        assert np.array_equal(streams.score(values, times=times, period=same), hour)


@BOTH
def test_scores_lie_between_0_and_1_and_begin_with_silence(emphasis):
    values, times = seasonal(600), moments(600)
    values[400:410] += 1e9
    scores = streams.score(values, times=times, emphasis=emphasis)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (scores[:100] == 0).all()
    assert (scores[100:] > 0).any()


# what is to be found


def shares_found(change, *, emphasis, sensors=20, level=0.99):
    """Share of sensors that alarm within a day from a change after 14 days of quiet."""
    values, times = seasonal(96 * 16, sensors=sensors), moments(96 * 16)
    at = 96 * 14 + 40
    change(values[:, at : at + 96])
    scores = streams.score(values, times=times, emphasis=emphasis)
    return float((scores[:, at : at + 96] >= level).any(axis=1).mean())


def spike(part):
    part[:, 0] += 45


def shift(part):
    part += 10


def drift(part):
    part += np.linspace(0, 25, part.shape[1])


def stuck(part):
    part[:] = part[:, :1]


def restless(part):
    part += np.random.default_rng(9).normal(0, 15, part.shape)


@pytest.mark.parametrize("change", [spike, shift, drift, stuck, restless])
def test_evidence_finds_what_lasts(change):
    nothing = shares_found(lambda part: None, emphasis="evidence")
    assert nothing <= 0.2
    assert shares_found(change, emphasis="evidence") >= 0.9


def test_onset_finds_the_first_sign_at_once_and_falls_silent():
    values, times = seasonal(96 * 16), moments(96 * 16)
    values[1400:] += 60
    scores = streams.score(values, times=times, emphasis="onset")
    assert scores[1400] > 0.999999
    evidence = streams.score(values, times=times, emphasis="evidence")
    assert (scores[1401:1500] > 0.999).sum() < (evidence[1401:1500] > 0.999).sum()
    assert evidence[1400] > 0.999


def test_a_known_wave_is_not_news():
    times = moments(96 * 28)
    wave = 100 + 80 * np.sin(2 * np.pi * np.arange(96 * 28) / 96)
    values = wave + np.random.default_rng(3).normal(0, 2, wave.size)
    at = 96 * 20 + 48  # where the wave is in its middle, the value of its crest
    values[at] = 180
    with_day = streams.score(values, times=times, emphasis="onset")
    without = streams.score(values, times=times, period=0, emphasis="onset")
    assert with_day[at] > 0.99999 > without[at]


def test_a_cycle_of_another_length_is_learnt():
    step = np.arange(4000)
    values = np.where(step % 50 < 10, 30.0, 0.0) + np.random.default_rng(4).normal(0, 1, 4000)
    values[3325] += 30  # a part of the cycle that is always low
    scores = streams.score(values, times=step * 60.0, period=3000.0, emphasis="onset")
    assert scores[3325] > 0.99999


def test_a_constant_sensor_is_silent_until_it_moves():
    values = np.full(500, 7.0)
    values[400] = 8
    for emphasis in ("evidence", "onset"):
        scores = streams.score(values, times=moments(500), emphasis=emphasis)
        assert (scores[:400] == 0).all()
        assert scores[400] > 0.999


# false alarms


def noise(kind, rng, shape, hours):
    day = 1 + 0.6 * np.sin(2 * np.pi * hours / 24)
    if kind == "gaussian":
        return rng.normal(size=shape)
    if kind == "poisson":
        return rng.poisson(20 * day, shape).astype(float)
    if kind == "negative binomial":
        return rng.negative_binomial(5, 5 / (5 + 20 * day), shape).astype(float)
    if kind == "zero inflated":
        return rng.poisson(3, shape) * (rng.random(shape) < 0.3).astype(float)
    if kind == "seasonal":
        return 50 * day + 10 * np.sin(2 * np.pi * hours / 168) + 5 * rng.normal(size=shape)
    values = rng.normal(size=shape)
    for i in range(1, shape[1]):
        values[:, i] += 0.8 * values[:, i - 1]
    return values


@BOTH
@pytest.mark.parametrize(
    "kind",
    ["gaussian", "poisson", "negative binomial", "zero inflated", "seasonal", "autocorrelated"],
)
@pytest.mark.parametrize("step_s", [300, 3600])
def test_false_alarms_are_what_it_says(emphasis, kind, step_s):
    count = 10_000
    hours = np.arange(count) * step_s / 3600
    values = noise(kind, np.random.default_rng(5), (30, count), hours)
    scores = streams.score(values, times=hours * 3600, emphasis=emphasis)
    young, grown = scores[:, 100:2000], scores[:, 2000:]
    assert 0.6 <= (grown >= 0.95).mean() / 0.05 <= 1.25
    assert 0.4 <= (grown >= 0.99).mean() / 0.01 <= 1.05
    assert 0.05 <= (grown >= 0.999).mean() / 0.001 <= 0.8
    # a weekly pattern read every five minutes is news until it was seen two or three times
    assert (young >= 0.95).mean() / 0.05 <= 2.0
    assert (young >= 0.999).mean() / 0.001 <= 1.3


# the same rules, read plainly


class Tail:
    def __init__(self, limit, excess, pace):
        self.limit, self.excess, self.pace, self.quiet = limit, excess, pace, 0

    def __call__(self, value):
        if value > self.limit:
            beyond = (value - self.limit) / self.excess
            self.quiet = 0
            self.limit *= 1 + self.pace * 0.95
            change = 0.8 * self.pace * (min(beyond, 10) - 1)
            self.excess = max(self.excess * (1 + change), 1e-4)
            return math.log(20) + math.log1p(0.05 * beyond) / 0.05
        chance = math.log(20) * value / self.limit
        self.quiet += 1
        faster = 10 if self.quiet > 4 / self.pace else 1
        self.limit = max(self.limit * (1 - faster * self.pace * 0.05), 1e-3)
        return chance


def plainly(values, emphasis):
    """Scores without cycles, from the documented rules, one number at a time."""

    def clip(value, limit):
        return min(max(value, -limit), limit)

    whole, own, sudden = (Tail(1.96, 0.5, 0.012) for _ in range(3))
    stir, pile = Tail(0.5, 0.2, 0.012), Tail(3.5, 1.5, 0.012)
    fast, slow = Tail(1.96, 0.5, 0.012), Tail(1.96, 0.5, 0.006)
    level, recent, now, usual = values[0], 0.0, 0.0, 0.0
    lean_fast = lean_slow = heap = 0.0
    variance = {"all": 0.0, "own": 0.0, "news": 0.0, "raw": 0.0}
    scores = []
    for n, value in enumerate(values):
        rough, rate = n < 10, max(0.0005, 1 / (n + 1))
        error = value - level
        floor, least = 0.09 * variance["raw"], 1e-12 * abs(level) + 1e-150
        spread = {k: math.sqrt(max(v, floor)) + least for k, v in variance.items()}
        news = error - recent
        z_all, z_own = abs(error) / spread["all"], abs(error) / spread["own"]
        z_news = abs(news) / spread["news"]
        now += max(0.1, 1 / (n + 1)) * (min(z_news, 4) - now)
        usual += rate * (min(z_news, 4) - usual)
        found = 0.0
        if n >= 100:
            chances = [whole(z_all), own(z_own), sudden(z_news)]
            asked = 2
            if emphasis == "evidence":
                ratio = (now + 0.05) / (usual + 0.05)
                chances.append(stir(max(ratio, 1 / ratio) - 1))
                z = clip(error / spread["own"], 5)
                lean_fast += 0.2 * (z - lean_fast)
                lean_slow += 0.03 * (z - lean_slow)
                large = max(min(max(chances[1], chances[2]), 9) - 1, 0) ** 1.5
                heap += 0.3 * (large - heap)
                chances += [
                    fast(abs(lean_fast) / math.sqrt(0.2 / 1.8)),
                    slow(abs(lean_slow) / math.sqrt(0.03 / 1.97)),
                    pile(heap),
                ]
                asked = 4
            found = max(chances) * n / (n + 25) - math.log(asked)
        far = math.inf if rough else 4 * spread["own"]
        recent += 0.4 * (clip(error, far) - recent)
        level += rate * (error if rough else clip(error, 4 * spread["all"]))
        for name, size in (("all", error), ("own", error), ("news", news)):
            size = size if rough else clip(size, 3.5 * spread[name])
            variance[name] += rate * (size * size - variance[name])
        variance["raw"] += rate * (error * error - variance["raw"])
        scores.append(1 - math.exp(-found) if found > 0 else 0.0)
    return np.array(scores)


@BOTH
def test_the_compiled_pass_follows_the_plain_rules(emphasis):
    rng = np.random.default_rng(6)
    values = rng.normal(10, 2, 3000)
    values[1000:1100] += 3
    values[2000] += 30
    values[2500:2600] = values[2500]
    scores = streams.score(values, times=np.arange(3000.0), period=0, emphasis=emphasis)
    np.testing.assert_allclose(scores, plainly(values.tolist(), emphasis), atol=1e-9)


def test_a_moment_on_the_border_belongs_to_the_later_part():
    from xianban.foresight.streams import kernel

    begin = int(START.astype("int64")) // 86_400 * 86_400
    for half_hours in range(0, 40_000, 7):
        time = float(begin + 1800 * half_hours)
        assert kernel.part(time, 1 / 86_400, 48) == half_hours % 48


# bad input


@pytest.mark.parametrize(
    ("values", "times", "options", "words"),
    [
        ([], [], {}, "values is empty"),
        ([1.0, 2.0], [0.0], {}, "do not fit"),
        ([[1.0, 2.0]] * 2, [[0.0, 1.0]] * 3, {}, "do not fit"),
        ([[[1.0]]], [0.0], {}, "3 dimensions"),
        (["a", "b"], [0.0, 1.0], {}, "not a table of numbers"),
        ([1.0, np.inf], [0.0, 1.0], {}, "infinite"),
        ([1.0, 2.0], [1.0, 0.0], {}, "turn back"),
        ([1.0, 2.0], [0.0, np.nan], {}, "not a number"),
        ([1.0, 2.0], ["2026-01-01", "NaT"], {}, "gap"),
        ([1.0, 2.0], ["soon", "later"], {}, "neither dates nor seconds"),
        ([1.0], [datetime(2026, 1, 1, tzinfo=UTC)], {}, "time zone"),
        ([1.0, 2.0], 0.0, {}, "one moment"),
        ([1.0, 2.0], [0.0, 1.0], {"period": -1}, "0 or more"),
        ([1.0, 2.0], [0.0, 1.0], {"period": "week"}, "period is"),
        ([1.0, 2.0], [0.0, 1.0], {"period": math.nan}, "period is"),
        ([1.0, 2.0], [0.0, 1.0], {"emphasis": "loud"}, "evidence, onset"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(values, times, options, words):
    with pytest.raises(BadInput, match=words) as refused:
        streams.score(values, times=times, **options)
    assert "\n" not in str(refused.value)


def test_few_readings_and_gaps_alone_are_silence():
    assert streams.score([5.0], times=[0.0]).tolist() == [0.0]
    assert (streams.score(np.full((2, 300), np.nan), times=moments(300)) == 0).all()


def test_a_refused_batch_teaches_nothing():
    watcher = streams.Watcher()
    watcher.score(seasonal(200), times=moments(200))
    before = watcher.store()
    with pytest.raises(BadInput, match="begin before the last reading"):
        watcher.score(1.0, times=START)
    with pytest.raises(BadInput, match="do not fit"):
        watcher.score([1.0, 2.0], times=START + np.timedelta64(99, "D"))
    assert watcher.store() == before


def test_what_was_not_stored_here_is_not_restored():
    stored = streams.Watcher(2, period=3600, emphasis="onset").store()
    again = streams.Watcher.restore(stored)
    assert (again.sensors, again.period_s, again.emphasis) == (2, 3600.0, "onset")
    assert again.store() == stored
    broken = [b"", b"anything", stored[:-4], stored.replace(b"streams 1", b"streams 0"), "text"]
    broken += [stored.replace(b'"sensors": 2', b'"sensors": 3'), stored.replace(b"onset", b"upset")]
    for wrong in broken:
        with pytest.raises(BadInput, match="not a stored watcher"):
            streams.Watcher.restore(wrong)


@pytest.mark.parametrize("sensors", [0, -1, 1.5, True, 10**12])
def test_sensors_are_counted_from_one(sensors):
    with pytest.raises(BadInput, match="sensors"):
        streams.Watcher(sensors)


def test_one_number_for_several_sensors_is_refused():
    with pytest.raises(BadInput, match="one of each"):
        streams.Watcher(2).score(1.0, times=0.0)


# levels by capacity


def held_plainly(counts, capacity, limits, hysteresis, level=0):
    answers = []
    for count in counts:
        if not math.isnan(count):
            load = count / capacity
            while level < len(limits) and load >= limits[level]:
                level += 1
            while level > 0 and load < limits[level - 1] - hysteresis:
                level -= 1
        answers.append(level)
    return answers


@settings(deadline=None)
@given(
    counts=st.lists(st.one_of(st.integers(0, 150), st.just(math.nan)), min_size=1, max_size=60),
    hysteresis=st.floats(0, 0.3),
    before=st.integers(0, 3),
)
def test_levels_follow_the_plain_rule(counts, hysteresis, before):
    answer = streams.levels(counts, capacity=100, hysteresis=hysteresis, before=before)
    assert answer.level.tolist() == held_plainly(counts, 100, (0.6, 0.8, 1.0), hysteresis, before)


def test_levels_in_pieces_answer_as_the_whole():
    counts = np.random.default_rng(7).integers(0, 140, (3, 200)).astype(float)
    capacity = [100, 120, 90]
    whole = streams.levels(counts, capacity=capacity)
    first = streams.levels(counts[:, :77], capacity=capacity)
    rest = streams.levels(counts[:, 77:], capacity=capacity, before=first.level[:, -1])
    assert np.array_equal(np.concatenate([first.level, rest.level], axis=1), whole.level)
    assert whole.load[1, 5] == counts[1, 5] / 120


def test_wavering_below_the_hysteresis_does_not_flicker():
    counts = 80 + np.random.default_rng(8).uniform(-2.4, 2.4, 500)
    assert np.count_nonzero(np.diff(streams.levels(counts, capacity=100).level)) <= 1
    without = streams.levels(counts, capacity=100, hysteresis=0)
    assert np.count_nonzero(np.diff(without.level)) > 100


def test_a_gap_keeps_the_level():
    answer = streams.levels([90, np.nan, np.nan, 10], capacity=100)
    assert answer.level.tolist() == [2, 2, 2, 0]
    assert np.isnan(answer.load).tolist() == [False, True, True, False]


@pytest.mark.filterwarnings("error")
def test_a_load_beyond_all_numbers_is_full_and_finite():
    answer = streams.levels([1e300, np.nan, 0], capacity=1e-300)
    assert answer.level.tolist() == [3, 3, 0]
    assert answer.load[[0, 2]].tolist() == [np.finfo(float).max, 0]
    assert np.isnan(answer.load[1])


@pytest.mark.parametrize(
    ("counts", "options", "words"),
    [
        ([], {}, "empty"),
        (5, {}, "reshape"),
        ([-1.0], {}, "counted from 0"),
        ([1.0], {"capacity": 0}, "capacity must be more than 0"),
        ([1.0], {"capacity": [1, 2]}, "1 places"),
        ([1.0], {"limits": (0.8, 0.6)}, "limits must rise"),
        ([1.0], {"limits": (0.04,)}, "more than the hysteresis"),
        ([1.0], {"hysteresis": -0.1}, "hysteresis"),
        ([1.0], {"before": 4}, "before must be a level"),
        ([1.0], {"before": 0.5}, "before must be a level"),
    ],
)
def test_levels_refuse_in_a_sentence(counts, options, words):
    with pytest.raises(BadInput, match=words):
        streams.levels(counts, **{"capacity": 100, **options})


# real sensors, and what the documents show


def test_labelled_windows_of_real_traffic(data):
    folder = data / "sensors" / "nab_traffic"
    windows = json.loads((folder / "windows.json").read_text("utf-8"))
    hit, alarms, total = 0, 0, 0
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        times = np.array([row["timestamp"] for row in rows], dtype="datetime64[s]")
        values = [float(row["value"]) for row in rows]
        loud = streams.score(values, times=times, emphasis="onset") >= 0.999
        outside = np.ones(len(rows), dtype=bool)
        for begin, end in windows[f"realTraffic/{path.name}"]:
            inside = (times >= np.datetime64(begin)) & (times <= np.datetime64(end))
            hit, total = hit + loud[inside].any(), total + 1
            outside &= ~inside
        alarms += (loud & outside).sum()
    assert hit >= 12
    assert total == 14
    assert alarms <= 30  # of some 15,000 readings


def test_public_holidays_at_a_station_are_unusual_days(data):
    path = data / "sensors" / "melbourne_pedestrians_2015_2016.csv.gz"
    hours = np.arange("2015-01-01", "2017-01-01", dtype="datetime64[h]")
    counts = np.full(hours.size, np.nan)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["Sensor"] == "Southern Cross Station":
                hour = np.datetime64(row["Date"], "h") + int(row["Time"])
                counts[int((hour - hours[0]).astype(int))] = float(row["Count"])
    by_hour = streams.score(counts, times=hours).reshape(-1, 24)
    strange = np.argsort(-np.sort(by_hour, axis=1)[:, -12:].mean(axis=1), kind="stable")[:52]
    days = hours[::24].astype("datetime64[D]")[strange]
    weekday_holidays = np.array(
        [
            "2015-01-26",
            "2015-03-09",
            "2015-04-03",
            "2015-04-06",
            "2015-06-08",
            "2015-11-03",
            "2015-12-25",
            "2016-01-26",
            "2016-03-14",
            "2016-03-25",
            "2016-03-28",
            "2016-04-25",
            "2016-06-13",
            "2016-11-01",
        ],
        dtype="datetime64[D]",
    )
    assert np.isin(weekday_holidays, days).sum() >= 12


@pytest.mark.parametrize("module", ["scoring", "watching", "filling"])
def test_examples_in_the_docstrings_run(module):
    found = importlib.import_module(f"xianban.foresight.streams.{module}")
    result = doctest.testmod(found)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_page_runs():
    page = (ROOT / "docs" / "foresight" / "streams.md").read_text("utf-8")
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "streams.md", "exec"), {})
