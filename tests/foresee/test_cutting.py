"""Which days are whole, what was left out, and what is remarked on."""

import numpy as np
import polars as pl
import pytest

from xianban.foresee.cutting import cut, metres
from xianban.foresee.quality import remarks
from xianban.foresee.reading import Columns, read


def seen(folder, times, **more):
    columns = {"when": [str(time) for time in times], **more}
    path = folder / "requests.parquet"
    pl.DataFrame(columns).write_parquet(path)
    named = Columns("when", category="about" if "about" in more else "")
    got = read(path, named)
    here = cut(got.events)
    return here, {one.code: one for one in remarks(got, here, named)}


def every_day(start, days, each=6, hour=23):
    start = np.datetime64(start, "s")
    return [
        start + np.timedelta64(day, "D") + np.timedelta64(hour * 3600 - 600 * n, "s")
        for day in range(days)
        for n in range(each)
    ]


def test_an_old_remainder_is_left_out(tmp_path):
    old = every_day("2019-01-01", 12, each=1)
    here, told = seen(tmp_path, [*old, *every_day("2023-01-01", 400)])
    assert (str(here.dates[0]), here.before, len(here.events)) == ("2023-01-01", 12, 2400)
    assert told["old_remainder"].values == {"n": 12, "day": "2023-01-01"}


def test_a_last_day_that_was_not_over_is_left_out(tmp_path):
    here, told = seen(
        tmp_path, [*every_day("2023-01-01", 100), np.datetime64("2023-04-11T09:00:00")]
    )
    assert (str(here.dates[-1]), here.after) == ("2023-04-10", 1)
    assert told["last_day_open"].values["day"] == "2023-04-11"


@pytest.mark.parametrize("stray", ["2023-07-20T23:00:00", "2031-01-01T23:00:00"])
def test_a_thin_end_and_mistyped_years_are_left_out_and_said_gravely(tmp_path, stray):
    here, told = seen(tmp_path, [*every_day("2023-01-01", 180), np.datetime64(stray)])
    assert (str(here.dates[-1]), here.after) == ("2023-06-29", 1)
    assert told["thin_end"].grave
    assert "last_day_open" not in told


def test_a_quiet_week_at_the_end_is_no_thin_end(tmp_path):
    quiet = every_day("2023-06-30", 7, each=1)
    here, told = seen(tmp_path, [*every_day("2023-01-01", 180), *quiet])
    assert len(here.dates) == 187
    assert "thin_end" not in told


def test_dates_without_hours_end_with_a_whole_day(tmp_path):
    here, told = seen(
        tmp_path,
        [time.astype("datetime64[D]") for time in every_day("2023-01-01", 40)],
        n=list(map(str, range(240))),
    )
    assert len(here.dates) == 40
    assert "days_only" in told


def test_missing_and_bulk_days_are_remarked_on(tmp_path):
    times = [time for time in every_day("2023-01-01", 120) if str(time)[:10] != "2023-02-10"]
    times += [np.datetime64("2023-03-01T10:00:00") + np.timedelta64(n, "s") for n in range(80)]
    _, told = seen(tmp_path, times)
    assert told["missing_days"].values == {"n": 1, "days": ["2023-02-10"]}
    assert told["bulk_days"].values["day"] == "2023-03-01"
    assert told["bulk_days"].values["events"] == 86


def test_a_category_that_begins_is_a_grave_remark(tmp_path):
    times = every_day("2023-01-01", 300)
    about = [
        "new code" if str(time) > "2023-07" and n % 3 == 0 else "old"
        for n, time in enumerate(times)
    ]
    _, told = seen(tmp_path, times, about=about)
    assert told["category_begins"].values["category"] == "new code"
    assert told["category_begins"].grave


def test_a_steady_file_gets_no_grave_remark(tmp_path):
    _, told = seen(tmp_path, every_day("2022-01-01", 500))
    assert not any(one.grave for one in told.values()), told


def test_a_degree_is_as_long_as_on_the_ground():
    xy = np.array([[113.0, 60.0], [113.01, 60.0], [113.0, 60.01], [113.0, 60.0]])
    plane = metres(xy, degrees=True)
    east, north = np.linalg.norm(plane[1] - plane[0]), np.linalg.norm(plane[2] - plane[0])
    assert north == pytest.approx(1111.95)
    assert east == pytest.approx(north / 2, rel=1e-3)
