"""Working time: tables with weekdays noted, then the laws."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xianban.base.errors import BadInput, BrokenPromise
from xianban.city.rules.settings import read_hours
from xianban.city.rules.worktime import WorkCalendar, quiet_end, read_limit

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
NATIONAL_DAY = {
    date(2026, 9, 20): True,  # Sunday, works
    **{date(2026, 10, day): False for day in range(1, 8)},  # Thursday to Wednesday
    date(2026, 10, 10): True,  # Saturday, works
}
HOURS = read_hours("09:00-12:00,13:30-18:00")
CHINA = WorkCalendar(SHANGHAI, HOURS, frozenset(range(1, 6)), NATIONAL_DAY)
# hours that meet both clock changes of 2026: 8 March and 1 November, both Sundays
NIGHTS = WorkCalendar(
    NEW_YORK,
    read_hours("00:30-02:15,02:30-03:15,22:00-24:00"),
    frozenset(range(1, 8)),
    {date(2026, 7, 4): False},
)
MEASURES = st.sampled_from(["h", "d", "wh", "wd"])
CALENDARS = st.sampled_from([CHINA, NIGHTS])
FIRST = datetime(2025, 6, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 640 * 86_400_000_000).map(lambda us: FIRST + timedelta(microseconds=us))
SECONDS = st.integers(0, 90 * 86400)


def local(text: str, tz: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=tz)


@pytest.mark.parametrize(
    ("start", "limit", "end"),
    [
        ("2026-11-20 10:00", "2h", "2026-11-20 12:00"),  # Friday
        ("2026-11-20 10:00", "7d", "2026-11-27 10:00"),  # Friday to Friday
        ("2026-11-20 10:00", "4wh", "2026-11-20 15:30"),  # Friday, over lunch
        ("2026-11-20 16:00", "4wh", "2026-11-23 11:00"),  # Friday to Monday
        ("2026-11-20 10:00", "2wh", "2026-11-20 12:00"),  # ends with the morning, not after lunch
        ("2026-11-21 10:00", "1wh", "2026-11-23 10:00"),  # Saturday counts from Monday 9:00
        ("2026-11-20 15:00", "1wd", "2026-11-23 15:00"),  # Friday to Monday
        ("2026-11-21 10:00", "1wd", "2026-11-24 00:00"),  # Saturday: all of Monday
        ("2026-11-20 10:00", "5wd", "2026-11-27 10:00"),  # Friday to Friday
        ("2026-11-20 10:00", "0.5h", "2026-11-20 10:30"),
        # National Day: Wednesday 30 September, then off until Thursday 8 October
        ("2026-09-30 17:00", "2wh", "2026-10-08 10:00"),
        ("2026-09-30 17:00", "1wd", "2026-10-08 17:00"),
        # Thursday, Friday, Saturday 10 (works), Monday, Tuesday
        ("2026-09-30 17:00", "5wd", "2026-10-13 17:00"),
        ("2026-10-09 17:30", "1wh", "2026-10-10 09:30"),  # Friday to the shifted Saturday
        ("2026-09-18 17:00", "1wd", "2026-09-20 17:00"),  # Friday to the shifted Sunday
        (
            "2026-10-03 12:00",
            "1wd",
            "2026-10-09 00:00",
        ),  # Saturday in the holiday: all of Thursday 8
    ],
)
def test_deadlines(start, limit, end):
    read = read_limit(limit)
    assert CHINA.add(local(start), read.seconds, read.measure) == local(end)


@pytest.mark.parametrize(
    ("start", "end", "measure", "hours"),
    [
        ("2026-11-20 08:00", "2026-11-20 20:00", "wh", 7.5),  # a whole Friday
        ("2026-11-20 12:00", "2026-11-20 13:30", "wh", 0),  # lunch
        ("2026-09-30 18:00", "2026-10-08 09:00", "wh", 0),  # the holiday
        ("2026-10-01 00:00", "2026-10-08 00:00", "wd", 0),
        ("2026-09-30 12:00", "2026-10-08 12:00", "wd", 24),
        ("2026-11-20 12:00", "2026-11-20 11:00", "wh", -1),
        # Thursday; Friday 1 January works where nobody said otherwise; Monday
        ("2026-12-31 17:00", "2027-01-04 10:00", "wh", 1 + 7.5 + 1),
    ],
)
def test_spans(start, end, measure, hours):
    assert CHINA.between(local(start), local(end), measure) == hours * 3600


def test_clock_changes_shorten_and_lengthen_a_working_day():
    whole = WorkCalendar(
        NEW_YORK, ((0, 24 * 60),), frozenset(range(1, 8)), {date(2026, 1, 1): False}
    )
    assert (
        whole.between(
            local("2026-03-08 00:00", NEW_YORK), local("2026-03-09 00:00", NEW_YORK), "wd"
        )
        == 23 * 3600
    )
    assert (
        whole.between(
            local("2026-11-01 00:00", NEW_YORK), local("2026-11-02 00:00", NEW_YORK), "wh"
        )
        == 25 * 3600
    )


@settings(max_examples=300, deadline=None)
@given(CALENDARS, MOMENTS, SECONDS, MEASURES)
def test_what_is_added_has_run(calendar, start, seconds, measure):
    assert calendar.between(start, calendar.add(start, seconds, measure), measure) == seconds


@settings(max_examples=300, deadline=None)
@given(CALENDARS, MOMENTS, SECONDS, SECONDS, MEASURES)
def test_a_pause_neither_loses_nor_gains(calendar, start, first, second, measure):
    at_once = calendar.add(start, first + second, measure)
    in_parts = calendar.add(calendar.add(start, first, measure), second, measure)
    assert in_parts == at_once or second == 0 or first + second == 0


@settings(max_examples=300, deadline=None)
@given(CALENDARS, MOMENTS, MOMENTS, SECONDS, SECONDS, MEASURES)
def test_later_stays_later(calendar, one, other, less, more, measure):
    early, late = sorted((one, other))
    less, more = sorted((less, more))
    assert early <= calendar.add(early, less, measure) <= calendar.add(early, more, measure)
    assert calendar.between(early, late, measure) >= 0
    assert calendar.between(early, late, measure) <= (late - early).total_seconds()
    assert calendar.between(late, early, measure) == -calendar.between(early, late, measure)
    if less:
        assert calendar.add(early, less, measure) <= calendar.add(late, less, measure)


@settings(max_examples=200, deadline=None)
@given(CALENDARS, MOMENTS, MOMENTS, MOMENTS, MEASURES)
def test_spans_add_up(calendar, one, two, three, measure):
    a, b, c = sorted((one, two, three))
    parts = calendar.between(a, b, measure) + calendar.between(b, c, measure)
    assert calendar.between(a, c, measure) == pytest.approx(parts, abs=1e-5)


def test_a_missing_year_is_said_once(caplog):
    calendar = WorkCalendar(SHANGHAI, HOURS, frozenset(range(1, 6)), NATIONAL_DAY)
    start = local("2027-03-01 10:00")  # Monday
    assert calendar.add(start, 3600, "wh") == local("2027-03-01 11:00")
    calendar.add(start, 3600, "wd")
    calendar.add(start, 3600, "h")
    assert [record.getMessage() for record in caplog.records] == [
        "calendar.csv has no row for 2027: its holidays are not known, working time in it counts weekdays alone"
    ]


def test_a_calendar_without_work_is_a_broken_promise():
    idle = WorkCalendar(SHANGHAI, (), frozenset({1}), {})
    with pytest.raises(BrokenPromise, match="too little working time"):
        idle.add(local("2026-11-20 10:00"), 3600, "wh")


@pytest.mark.parametrize("text", ["", "5", "h", "-2h", "0h", "5 wd h", "2w", "2H30"])
def test_what_is_not_a_limit(text):
    with pytest.raises(BadInput, match="write 2h"):
        read_limit(text)


def test_naive_times_are_a_mistake():
    with pytest.raises(ValueError, match="zone"):
        CHINA.add(datetime(2026, 11, 20), 1, "h")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("now", "hours", "end"),
    [
        ("2026-11-20 21:59", (22, 7), None),
        ("2026-11-20 22:00", (22, 7), "2026-11-21 07:00"),
        ("2026-11-21 06:59", (22, 7), "2026-11-21 07:00"),
        ("2026-11-21 07:00", (22, 7), None),
        ("2026-11-20 13:00", (12, 14), "2026-11-20 14:00"),
        ("2026-11-20 13:00", (0, 0), None),
    ],
)
def test_quiet_hours(now, hours, end):
    assert quiet_end(local(now), hours) == (local(end) if end else None)


def test_microseconds_survive():
    start = local("2026-11-20 10:00") + timedelta(microseconds=1)
    assert CHINA.add(start, 3600, "wh") == local("2026-11-20 11:00") + timedelta(microseconds=1)
