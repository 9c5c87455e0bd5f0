"""`city new`: from a bare table of categories to a pack that works."""

from datetime import date

import openpyxl
import pytest

from packs import NOW
from xianban.base.errors import BadInput, WrongState
from xianban.city import api
from xianban.city.pack.reading import read_pack
from xianban.city.rules.build import build_city

ON = date(2026, 11, 22)
HEAD = ("一级分类", "二级分类", "三级分类")
ROWS = [
    ("城乡建设", "安全生产", "安全隐患"),
    ("城乡建设", "其他", "其他"),
    ("经济管理", "安全生产", "安全隐患"),
    ("经济管理", "其他", None),
]


@pytest.fixture
def table(tmp_path):
    return workbook(tmp_path / "categories.xlsx", [HEAD, *ROWS])


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def made(tmp_path, table, **how):
    folder = tmp_path / "pack"
    told = api.new_pack(folder, categories=table, area="江宁市", on=ON, **how)
    return told, build_city(read_pack(folder).tables)


def test_it_works_as_it_is(tmp_path, table):
    told, city = made(tmp_path, table)
    assert (told.units, told.matters, told.leaves, told.duties) == (2, 9, 4, 2)
    report = api.check(tmp_path / "pack", on=ON)
    assert (report.faults, report.gaps, report.overlaps) == ((), (), ())
    assert city.areas["000000"].name == "江宁市"
    hazard = city.matter_named("经济管理/安全生产/安全隐患")
    assert hazard.code == "020101"
    assert city.matter_named("安全隐患") is None
    assert city.settings.dispatch_threshold == 0.5
    found = city.duty_for(hazard.code, city.root, on=ON)
    assert (city.unit_name(found.lead), found.limit) == ("经济管理承办单位", "7d")


def test_the_calendar_is_there_and_the_missing_year_is_said(tmp_path, table):
    told, city = made(tmp_path, table)
    assert told.years == tuple(range(2016, 2027))
    assert city.calendar.is_working_day(date(2026, 10, 10))  # Saturday, shifted
    assert not city.calendar.is_working_day(date(2026, 10, 7))  # Wednesday, National Day
    assert city.calendar.is_working_day(date(2018, 4, 8))  # Sunday, shifted
    warned = [w.what for w in api.check(tmp_path / "pack", on=ON).warnings]
    assert any("MISSING YEAR 2027" in what for what in warned)


def test_another_zone_has_no_calendar_yet(tmp_path, table):
    told, city = made(tmp_path, table, timezone="Europe/Berlin", code="110000")
    assert (told.years, city.tz.key, city.root) == ((), "Europe/Berlin", "110000")
    assert told.remarks == ("no calendar is known for this time zone: fill in calendar.csv",)
    assert api.check(tmp_path / "pack", on=ON).sound


@pytest.mark.django_db
def test_it_loads_and_comes_out_the_same(tmp_path, table):
    api.new_pack(tmp_path / "pack", categories=table, area="江宁市", on=ON)
    assert api.load(tmp_path / "pack", now=NOW).changed
    api.export(tmp_path / "out")
    for path in (tmp_path / "pack").iterdir():
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


def test_merged_cells_take_from_above(tmp_path):
    rows = [HEAD, ("甲", "乙", "丙"), (None, None, "丁"), (None, "戊", "己"), ("庚", None, None)]
    _, city = made(tmp_path, workbook(tmp_path / "merged.xlsx", rows))
    paths = ["/".join(city.matter_path(code)) for code in city.leaf_matters]
    assert paths == ["甲/乙/丙", "甲/乙/丁", "甲/戊/己", "庚"]


def test_csv_with_other_columns(tmp_path):
    table = tmp_path / "c.csv"
    table.write_text(
        "编号,一级,二级,三级,urgency,examples\n1,甲,乙,丙,critical,漏气了|有煤气味\n",
        encoding="gb18030",
    )
    _, city = made(tmp_path, table)
    leaf = city.matter_named("丙")
    assert (leaf.urgency, leaf.examples) == ("critical", ("漏气了", "有煤气味"))


def test_a_row_twice_is_left_out_and_said(tmp_path):
    told, _ = made(tmp_path, workbook(tmp_path / "t.xlsx", [HEAD, ROWS[0], ROWS[0]]))
    assert (told.leaves, told.remarks) == (
        1,
        ("t.xlsx, row 3: 城乡建设/安全生产/安全隐患 is in row 2 already",),
    )


def test_more_than_99_below_one(tmp_path):
    rows = [("甲", "乙", f"第{n}项") for n in range(120)]
    _, city = made(tmp_path, workbook(tmp_path / "t.xlsx", [HEAD, *rows]))
    assert [city.matter_named(f"第{n}项").code for n in (0, 119)] == ["0101001", "0101120"]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([], "has no rows"),
        ([HEAD], "no categories below"),
        ([("甲", "乙", "丙"), ROWS[0]], "its headings are 甲, 乙, 丙"),
        ([("二级分类", "三级分类"), ("乙", "丙")], "is not a table of categories"),
    ],
)
def test_what_is_no_table(tmp_path, rows, what):
    with pytest.raises(BadInput, match=what):
        made(tmp_path, workbook(tmp_path / "t.xlsx", rows))


def test_what_is_no_workbook(tmp_path):
    (tmp_path / "t.xlsx").write_text("一级分类")
    for name in ("t.xlsx", "none.xlsx", "none.csv"):
        with pytest.raises(
            BadInput, match=r"t\.xlsx is not a workbook|there is no file|cannot be read"
        ):
            made(tmp_path, tmp_path / name)


def test_a_refused_table_leaves_no_folder_behind(tmp_path):
    with pytest.raises(BadInput):
        made(tmp_path, tmp_path / "none.csv")
    assert not (tmp_path / "pack").exists()


def test_a_folder_in_use_is_refused(tmp_path, table):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "mine").touch()
    with pytest.raises(WrongState, match="is not empty"):
        made(tmp_path, table)
    assert [path.name for path in (tmp_path / "pack").iterdir()] == ["mine"]


def test_the_real_table(tmp_path, data):
    told, city = made(tmp_path, data / "messages" / "categories.xlsx")
    assert (told.leaves, told.units, told.duties, told.remarks) == (517, 15, 15, ())
    report = api.check(tmp_path / "pack", on=ON)
    assert (report.faults, report.gaps, report.overlaps) == ((), (), ())
    first = [
        "城乡建设",
        "环境保护",
        "交通运输",
        "教育文体",
        "劳动和社会保障",
        "商贸旅游",
        "卫生计生",
    ]
    assert [city.matter_named(name).level for name in first] == [1] * 7
    sheet = openpyxl.load_workbook(data / "messages" / "categories.xlsx").active
    for row in sheet.iter_rows(min_row=2, values_only=True):
        matter = city.matter_named("/".join(row))
        assert city.matter_path(matter.code) == row
        assert (
            city.duty_for(matter.code, city.root, on=date(2018, 5, 1)).lead == f"U{matter.code[:2]}"
        )


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"area": "  "}, "--area: is empty; write as people write it"),
        ({"area": "江\n宁"}, "--area: holds characters that cannot be shown"),
        ({"code": "99 01"}, "--code: “99 01” is not a code"),
        ({"timezone": "Peking"}, "“Peking” is not a time zone"),
    ],
)
def test_what_is_said_on_the_command_line_is_checked(tmp_path, table, how, what):
    with pytest.raises(BadInput, match=what):
        api.new_pack(tmp_path / "pack", **{"categories": table, "area": "江宁市", "on": ON, **how})


def test_a_name_too_long_is_told_by_row(tmp_path):
    with pytest.raises(BadInput, match="row 2: has 300 characters"):
        made(tmp_path, workbook(tmp_path / "t.xlsx", [HEAD, ("长" * 300, "乙", "丙")]))
