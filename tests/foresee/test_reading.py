"""Any file that people have: its times, places and labels; what cannot be read is kept, with why."""

import gzip

import numpy as np
import polars as pl
import pytest
from openpyxl import Workbook

from xianban.base.errors import BadInput
from xianban.foresee.reading import Columns, read

COLUMNS = Columns("when", area="area", lat="lat", lon="lon", category="about")
CSV = (
    "when,area,lat,lon,about\n"
    "2026-03-02 08:30:00,7,23.10,113.20,noise\n"
    "2026/3/1 9:05,8,23.11,113.21,\n"
    "2026-03-03,7,,,noise\n"
)


def written(folder, text, name="requests.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_events_come_in_order_of_time_with_their_labels(tmp_path):
    got = read(written(tmp_path, CSV), COLUMNS)
    events = got.events
    assert events.when.astype(str).tolist() == [
        "2026-03-01T09:05:00",
        "2026-03-02T08:30:00",
        "2026-03-03T00:00:00",
    ]
    assert [events.areas[code] for code in events.area] == ["area 8", "area 7", "area 7"]
    assert events.category.tolist() == [-1, 0, 0]
    assert events.placed.tolist() == [True, True, False]
    assert events.xy[1].tolist() == [113.20, 23.10]


@pytest.mark.parametrize("kind", ["csv.gz", "tsv", "gb18030", "bom", "xlsx", "parquet"])
def test_the_same_rows_in_any_kind_of_file(tmp_path, kind):
    text = CSV.replace("noise", "噪声")
    if kind == "csv.gz":
        path = tmp_path / "requests.csv.gz"
        path.write_bytes(gzip.compress(text.encode()))
    elif kind == "tsv":
        path = written(tmp_path, text.replace(",", "\t"), "requests.tsv")
    elif kind == "gb18030":
        path = written(tmp_path, text, encoding="gb18030")
    elif kind == "bom":
        path = written(tmp_path, text, encoding="utf-8-sig")
    elif kind == "xlsx":
        path, book = tmp_path / "requests.xlsx", Workbook()
        for line in text.splitlines():
            book.active.append(line.split(","))
        book.save(path)
    else:
        path = tmp_path / "requests.parquet"
        pl.read_csv(text.encode(), infer_schema=False).write_parquet(path)
    plain = read(written(tmp_path, text, "plain.csv"), COLUMNS)
    got = read(path, COLUMNS)
    assert got.events.when.tolist() == plain.events.when.tolist()
    assert got.events.categories == ("噪声",)
    np.testing.assert_array_equal(got.events.xy, plain.events.xy)


def test_rows_without_a_time_are_kept_with_the_reason(tmp_path):
    text = CSV + "soon,7,23.1,113.2,noise\n,7,23.1,113.2,noise\n1066-10-14,7,23.1,113.2,noise\n"
    got = read(written(tmp_path, text), COLUMNS)
    assert len(got.events) == 3
    assert got.rejected["row"].to_list() == [5, 6, 7]
    reasons = got.rejected["reason"].to_list()
    assert "“soon” is not a date" in reasons[0]
    assert reasons[1] == "it has no time"
    assert "no time at which a request can have come" in reasons[2]


def test_repeated_rows_and_numbers_count_once(tmp_path):
    text = (
        "no,when,about\n1,2026-03-01,noise\n1,2026-03-01,noise\n2,2026-03-02,noise\n"
        "2,2026-03-02,light\n,2026-03-03,light\n,2026-03-04,light\n"
    )
    got = read(written(tmp_path, text), Columns("when", category="about", id="no"))
    assert (len(got.events), got.repeated, got.repeated_ids) == (4, 1, 1)


def test_far_off_points_are_set_aside_and_planes_are_seen(tmp_path):
    rows = [f"2026-03-01 0{n % 10}:00:{n % 60:02d},23.{n:03d},113.{n:03d}" for n in range(100, 160)]
    head = "when,lat,lon\n"
    text = head + "\n".join(
        [*rows, "2026-03-02,0,0", "2026-03-02,-23.1,113.1", "2026-03-02,500,113"]
    )
    got = read(written(tmp_path, text), Columns("when", lat="lat", lon="lon"))
    assert (got.broken_places, got.events.degrees, int(got.events.placed.sum())) == (3, True, 60)
    plane = read(
        written(tmp_path, head + "2026-03-02,998434,875854\n2026-03-03,998435,875850\n"),
        Columns("when", lat="lat", lon="lon"),
    )
    assert not plane.events.degrees


def test_rows_that_nothing_tells_apart_are_many_requests(tmp_path):
    text = "when,area\n" + "2026-03-01,A\n" * 8 + "2026-03-02,B\n2026-03-03,C\n"
    got = read(written(tmp_path, text), Columns("when", area="area"))
    assert (len(got.events), got.repeated, got.alike) == (10, 0, 7)


@pytest.mark.parametrize(
    ("times", "read_as", "doubtful"),
    [
        (["03/04/2026", "13/04/2026"], "2026-04-03", ""),
        (["03.04.2026 08:30", "13.04.2026 09:00"], "2026-04-03", ""),
        (["03/04/2026", "03/13/2026"], "2026-03-04", ""),
        (["03/04/2026", "05/06/2026"], "2026-03-04", "03/04/2026"),
        (["03/04/2026 13:05:10", "03/13/2026 00:00:00"], "2026-03-04", ""),
    ],
)
def test_the_other_dates_say_whether_day_or_month_comes_first(tmp_path, times, read_as, doubtful):
    got = read(written(tmp_path, "\n".join(["when", *times])), Columns("when"))
    assert got.rejected.height == 0
    assert str(got.events.when[0])[:10] == read_as
    assert got.month_first == doubtful


@pytest.mark.parametrize("zone", ["Z", "+08:00", "-0600", " +08:00", " UTC"])
def test_the_clock_of_the_file_counts_whatever_its_zone(tmp_path, zone):
    got = read(written(tmp_path, f"when\n2026-03-01T07:30:00{zone}\n"), Columns("when"))
    assert str(got.events.when[0]) == "2026-03-01T07:30:00"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_semicolons_and_what_spreadsheets_call_unicode_are_read(tmp_path, encoding):
    path = written(tmp_path, "when;about\n2026-03-01;噪声\n", encoding=encoding)
    assert read(path, Columns("when", category="about")).events.categories == ("噪声",)


@pytest.mark.parametrize(
    ("lat", "lon", "xy"),
    [
        ("998,434.5", "875,854", [875854, 998434.5]),
        ("23,105", "113,26", [113.26, 23.105]),
        ("998,434", "1,875,854", [1875854, 998434]),
    ],
)
def test_commas_in_numbers_are_understood(tmp_path, lat, lon, xy):
    path = written(tmp_path, f'when,lat,lon\n2026-03-01,"{lat}","{lon}"\n')
    assert read(path, Columns("when", lat="lat", lon="lon")).events.xy[0].tolist() == xy


def test_a_folder_and_a_near_miss_of_a_column_are_named(tmp_path):
    with pytest.raises(BadInput, match="is a folder; name a file in it"):
        read(tmp_path, COLUMNS)
    with pytest.raises(BadInput, match=r"has no column “When” \(perhaps when\); it has when, area"):
        read(written(tmp_path, CSV), Columns("When"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.csv", None, "There is no file"),
        ("notes.docx", b"x", "is none of .csv"),
        ("empty.csv", b"", "is empty"),
        ("heads.csv", b"when,area,lat,lon,about\n", "headings and no rows"),
        ("other.csv", b"date\n2026-03-01\n", "has no column “when”; it has date"),
        ("soon.csv", b"when,area,lat,lon,about\nsoon,,,,\n", "no row has a time that can be read"),
        ("broken.xlsx", b"PK no", "cannot be read as xlsx"),
        ("broken.csv.gz", b"\x1f\x8b no", "cannot be read as csv"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        read(path, COLUMNS)


def test_a_place_needs_both_numbers(tmp_path):
    with pytest.raises(BadInput, match="both --lat and --lon"):
        read(written(tmp_path, CSV), Columns("when", lat="lat"))
