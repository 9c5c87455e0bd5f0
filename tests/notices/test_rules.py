"""When somebody hears of something; plain values only."""

from datetime import UTC, datetime, timedelta

import pytest

from builders import load_town
from xianban.notices.rules import (
    RETRIES,
    Wishes,
    is_signed,
    next_digest,
    next_try,
    parts,
    plan,
    quiet_end,
    signed,
    wanted,
)

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)  # Monday, 12:00 in the town
NIGHT = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # Monday, 23:00
MODES = {"due": {"mail": "now", "sms": "digest", "wechat": "off"}}
WISHES = Wishes(MODES, (510, 840), (21, 8))


@pytest.fixture
def city(db, tmp_path):
    return load_town(tmp_path / "town")


def at(city, day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=city.tz)


def due(city, now, *, urgent=False, wishes=WISHES):
    found = plan("reminder", urgent=urgent, wishes=wishes, city=city, now=now)
    return {one.channel: one.due_at for one in found}


def test_now_or_gathered_or_not_at_all(city):
    assert due(city, NOON) == {"mail": NOON, "sms": at(city, 2, 14)}


def test_nothing_at_night_but_the_urgent(city):
    assert due(city, NIGHT) == {"mail": at(city, 3, 8), "sms": at(city, 3, 8, 30)}
    assert due(city, NIGHT, urgent=True) == {"mail": NIGHT, "sms": NIGHT}


def test_who_is_on_duty_hears_at_night(city):
    on_duty = Wishes(MODES, (), (21, 8), on_duty_until=NIGHT + timedelta(hours=1))
    assert due(city, NIGHT, wishes=on_duty)["mail"] == NIGHT
    assert due(city, NIGHT + timedelta(hours=1), wishes=on_duty)["mail"] == at(city, 3, 8)


def test_days_of_rest_wait_for_the_next_working_day(city):
    rests = Wishes(MODES, (), (21, 8), rest_days=False)
    saturday = at(city, 7, 10)
    assert quiet_end(rests, city, saturday) == at(city, 9, 8)
    assert quiet_end(WISHES, city, saturday) is None
    assert quiet_end(rests, city, at(city, 6, 23)) == at(city, 9, 8)  # Friday night


def test_no_quiet_hours_at_all(city):
    assert quiet_end(Wishes({}, (), (0, 0)), city, NIGHT) is None


def test_gathered_for_the_next_time_of_day(city):
    assert next_digest(WISHES, city, at(city, 2, 8, 30)) == at(city, 2, 8, 30)
    assert next_digest(WISHES, city, at(city, 2, 20)) == at(city, 3, 8, 30)
    assert next_digest(Wishes({}, (), (21, 8)), city, NOON) == NOON


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.75), (0.5, 1.0), (1.0, 1.25)])
def test_tries_are_spread(chance, share):
    assert next_try(2, NOON, chance=chance) - NOON == timedelta(minutes=RETRIES[1] * share)
    assert next_try(len(RETRIES) + 1, NOON, chance=chance) is None


@pytest.mark.parametrize(
    ("text", "count"), [("", 1), ("好" * 70, 1), ("好" * 71, 2), ("好" * 135, 3), ("🙂" * 35, 1)]
)
def test_parts_of_a_short_message(text, count):
    assert parts(text) == count


def test_a_signature_fits_its_body_and_its_time():
    header = signed(b"{}", secret="s" * 16, at=NOON)
    assert is_signed(header, b"{}", secret="s" * 16, now=NOON + timedelta(minutes=4))
    assert not is_signed(header, b"{ }", secret="s" * 16, now=NOON)
    assert not is_signed(header, b"{}", secret="t" * 16, now=NOON)
    assert not is_signed(header, b"{}", secret="s" * 16, now=NOON + timedelta(minutes=6))
    for broken in (
        "",
        "t=,v1=",
        "t=٣,v1=x",
        "t=" + "9" * 40 + ",v1=x",
        header.replace("v1=", "v1=é"),
    ):
        assert not is_signed(broken, b"{}", secret="s" * 16, now=NOON)
    assert not is_signed(signed(b"{}", secret="", at=NOON), b"{}", secret="", now=NOON)


@pytest.mark.parametrize(
    ("kind", "level", "hears"),
    [
        ("extended", "all", True),
        ("extended", "key", False),
        ("answered", "key", True),
        ("answered", "none", False),
    ],
)
def test_how_much_a_resident_hears(kind, level, hears):
    assert wanted(kind, level) is hears
