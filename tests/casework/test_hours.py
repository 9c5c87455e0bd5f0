"""Cases by the hours of a day, in zones that keep half hours and on days that have one hour more."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from builders import make_case, user, write_town
from xianban.casework.api import received_by_hour
from xianban.city.api import forget, load


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Asia/Shanghai", (2026, 11, 2)),
        ("Asia/Kolkata", (2026, 11, 2)),
        ("Europe/Berlin", (2026, 10, 25)),
    ],
)
def test_hours_are_counted_from_the_beginning_of_the_day(db, tmp_path, zone, day):
    folder = write_town(tmp_path / "town")
    toml = folder / "city.toml"
    toml.write_text(toml.read_text("utf-8").replace("Asia/Shanghai", zone), "utf-8")
    forget()
    load(folder, now=datetime(2026, 1, 1, tzinfo=UTC))
    forget()
    since = datetime(*day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for minutes in (0, 59, 60, 150, 210, 24 * 60 + 30):
        make_case(now=since + timedelta(minutes=minutes))
    make_case(now=since - timedelta(minutes=1))
    found = received_by_hour(user("leader"), since, since + timedelta(days=2))
    assert found == {0: 2, 1: 1, 2: 1, 3: 1, 24: 1}
