"""Every fault has its file, row, column and remedy; gaps, overlaps and remarks are found."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packs import BOXES, FILES, box, geojson, write_small_pack
from xianban.city import api

ON = date(2026, 11, 20)


def report_on(tmp_path, **files):
    return api.check(write_small_pack(tmp_path / "pack", **files), on=ON)


def with_row(file, row):
    return {file.replace(".", "_"): FILES[file] + row + "\n"}


def instead(file, old, new):
    assert old in FILES[file]
    return {file.replace(".", "_"): FILES[file].replace(old, new)}


def test_a_sound_pack(tmp_path):
    report = report_on(tmp_path)
    assert (report.sound, report.faults, report.gaps, report.overlaps) == (True, (), (), ())
    assert report.counts["areas"] == 15
    assert {w.file for w in report.warnings} == {"matters.csv"}  # “其他” stands under itself


OUTLINE = box(*BOXES["990100"])
CROSSED = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
FAULTS = [
    # cells
    (with_row("areas.csv", "9901,,street,990101"), "areas.csv", 17, "name", "is empty"),
    (with_row("areas.csv", "9901 01,x,street,990101"), "areas.csv", 17, "code", "is not a code"),
    (with_row("areas.csv", "1.10101E+14,x,grid,990101001001"), "areas.csv", 17, "code", "has rounded"),
    (with_row("areas.csv", "990101009,x,quarter,990101"), "areas.csv", 17, "level", "“quarter” is not known"),
    (with_row("areas.csv", "990101009,x,street,990101,,many"), "areas.csv", 17, "population", "is not a number"),
    (with_row("areas.csv", "990101009,x,street,990101,,-3"), "areas.csv", 17, "population", "is not a count"),
    (with_row("areas.csv", "990101009,x,street,990101,,,nan,1"), "areas.csv", 17, "lat", "is not a number"),
    (with_row("areas.csv", "990101009,x,street,990101,,,121.4,31.1"), "areas.csv", 17, "lat", "is not a point on earth"),
    (with_row("areas.csv", "990101009,x,street,990101,,,31.1"), "areas.csv", 17, "lat", "only one of lat and lon"),
    (with_row("areas.csv", "990101009," + "长" * 201 + ",street,990101"), "areas.csv", 17, "name", "has 201 characters"),
    (with_row("areas.csv", "990101009,x,street,990101,,,,,,surplus"), "areas.csv", 17, "", "has 10 cells for 8 columns"),
    (with_row("units.csv", "N,x,transport,990100,maybe"), "units.csv", 14, "always_open", "neither yes nor no"),
    (with_row("duties.csv", "010101,,WA,,soon"), "duties.csv", 8, "limit", "“soon” is not a limit"),
    (with_row("duties.csv", "010101,,WA,,,,,,,,2026-02-30"), "duties.csv", 8, "valid_from", "is not a date"),
    (with_row("duties.csv", "010101,,WA,,,,,,,,2026-02-03,2026-02-03"), "duties.csv", 8, "valid_to", "is not after valid_from"),
    (with_row("calendar.csv", "2026-12-25,perhaps"), "calendar.csv", 12, "working", "neither yes nor no"),
    # references
    (with_row("city.toml", '[[prevention.seasons]]\nname = "x"\ntitle = "x"\nmatter = "99"\nstarts = "11-15"\nends = "03-15"'), "city.toml", None, "prevention.seasons", "“99” is not a code of matters.csv"),
    (with_row("city.toml", '[[prevention.planned]]\nname = "x"\narea = "99"\nstarts = "2026-11-15"\nends = "2026-12-15"'), "city.toml", None, "prevention.planned", "“99” is not a code of areas.csv"),
    (with_row("areas.csv", "990101009,x,street,990109"), "areas.csv", 17, "parent", "“990109” is not a code of areas.csv"),
    (with_row("places.csv", "某路,road,990109"), "places.csv", 7, "area", "“990109” is not a code of areas.csv"),
    (with_row("units.csv", "N,x,transpor,990100"), "units.csv", 14, "kind", "“transpor” is not a code of unit_kinds.csv"),
    (with_row("units.csv", "N,x,transport,99"), "units.csv", 14, "area", "“99” is not a code of areas.csv"),
    (with_row("matters.csv", "0909,09,x"), "matters.csv", 15, "parent", "“09” is not a code of matters.csv"),
    (with_row("duties.csv", "10101,,WA"), "duties.csv", 8, "matter", "“10101” is not a code of matters.csv"),
    (with_row("duties.csv", "010101,99,WA"), "duties.csv", 8, "area", "“99” is not a code of areas.csv"),
    (with_row("duties.csv", "010101,,WATER"), "duties.csv", 8, "lead", "“WATER” is not a code of units.csv"),
    (with_row("duties.csv", "010101,,kind:water"), "duties.csv", 8, "lead", "“water” is not a code of unit_kinds.csv"),
    (with_row("duties.csv", "010101,,WA,S1;S9"), "duties.csv", 8, "co_units", "“S9” is not a code of units.csv"),
    # rows that do not go together
    (with_row("areas.csv", "990101,又一区,district,990100"), "areas.csv", 17, "code", "“990101” is in row 3 already"),
    (with_row("areas.csv", "880100,别的市,city,"), "areas.csv", 17, "parent", "a second area without a parent"),
    (with_row("areas.csv", "990101009,x,district,990101001"), "areas.csv", 17, "level", "a district lies in 990101001, which is a street"),
    (instead("areas.csv", "990100,江宁市,city,", "990100,江宁市,city,990101"), "areas.csv", 2, "parent", "“990100” is above itself"),
    (with_row("units.csv", "WA,x,transport,990100"), "units.csv", 14, "code", "“WA” is in row 12 already"),
    (with_row("matters.csv", "0102,01,供水"), "matters.csv", 15, "name", "“供水” has the same parent in row 3"),
    (with_row("matters.csv", "01010101,010101,x"), "matters.csv", 15, "parent", "is at a fourth level"),
    (with_row("calendar.csv", "2026/10/1,yes"), "calendar.csv", 12, "date", "“2026-10-01” is in row 5 already"),
    (with_row("duties.csv", "01,,WA"), "duties.csv", 8, "matter+area+valid_from", "“01” is in row 2 already"),
    (with_row("duties.csv", "01,,HO"), "duties.csv", 8, "lead", "row 2 has another lead (WA)"),
    (with_row("duties.csv", "01,990100,HO"), "duties.csv", 8, "lead", "row 2 has another lead (WA)"),
    # whole files
    ({"units_csv": None}, "units.csv", None, "", "is missing"),
    ({"city_toml": None}, "city.toml", None, "", "is missing"),
    ({"units_csv": ""}, "units.csv", 1, "", "is empty"),
    ({"units_csv": "code,name\n"}, "units.csv", 1, "kind", "the column is missing"),
    ({"units_csv": 'code,name,kind,area\n"D1,x,y,z\n'}, "units.csv", 2, "", "is not CSV from here on"),
    (instead("units.csv", "always_open", "always_opn"), "units.csv", 1, "always_opn", "is not a column of this file"),
    (instead("units.csv", "code,name", "code,code"), "units.csv", 1, "name", "the column is missing"),
    (instead("units.csv", "code,name,kind", "code,name,kind,name"), "units.csv", 1, "name", "is there twice"),
    ({"units_csv": "code,name\x00,kind"}, "units.csv", 1, "", "holds a NUL character"),
    ({"areas_csv": "code,name,level\n"}, "areas.csv", None, "parent", "no area is at the top"),
    # city.toml
    ({"city_toml": 'name = "x'}, "city.toml", 1, "", "is not TOML"),
    ({"city_toml": 'timezone = "Asia/Shanghai"'}, "city.toml", None, "name", "is missing"),
    ({"city_toml": "name = 3"}, "city.toml", 1, "name", "3 does not fit"),
    ({"city_toml": 'name = "x"\ntimezone = "Asia/Peking"'}, "city.toml", 2, "timezone", "does not fit"),
    ({"city_toml": 'name = "x"\n[settings]\nruling_hours = 3'}, "city.toml", 3, "settings.ruling_hours", "is not a key we know"),
    ({"city_toml": 'name = "x"\n[settings]\ndispatch_threshold = 70'}, "city.toml", 3, "settings.dispatch_threshold", "70 does not fit"),
    ({"city_toml": 'name = "x"\n[settings]\nquiet_hours = [22]'}, "city.toml", 3, "settings.quiet_hours", "does not fit"),
    ({"city_toml": 'name = "x"\n[limits.normal]\nhandle = "7 days"'}, "city.toml", 3, "limits.normal.handle", "does not fit"),
    ({"city_toml": 'name = "x"\n[hours]\nworking = "9-5"'}, "city.toml", 3, "hours.working", "does not fit"),
    ({"city_toml": 'name = "x"\n[hours]\nworking = "13:00-18:00,09:00-12:00"'}, "city.toml", 3, "hours.working", "does not fit"),
    ({"city_toml": 'name = "x"\nlimits = 3'}, "city.toml", 2, "limits", "is not a key we know"),
    # geometry
    ({"areas_geojson": "{"}, "areas.geojson", 1, "", "is not JSON"),
    ({"areas_geojson": "[" * 100_000}, "areas.geojson", None, "", "is not JSON"),
    ({"areas_geojson": "[]"}, "areas.geojson", None, "", "is not a GeoJSON FeatureCollection"),
    ({"areas_geojson": '{"features": [3]}'}, "areas.geojson", 1, "", "is not a feature"),
    ({"areas_geojson": geojson([({}, OUTLINE)])}, "areas.geojson", 1, "properties.code", "is missing"),
    ({"areas_geojson": geojson([({"code": "99"}, OUTLINE)])}, "areas.geojson", 1, "properties.code", "“99” is not a code"),
    ({"areas_geojson": geojson([({"code": "990100"}, OUTLINE)] * 2)}, "areas.geojson", 2, "properties.code", "is in row 1 already"),
    ({"areas_geojson": geojson([({"code": "990100"}, CROSSED)])}, "areas.geojson", 1, "geometry", "not valid: Self-intersection"),
    ({"areas_geojson": geojson([({"code": "990100"}, {"type": "Point", "coordinates": [1, 2]})])}, "areas.geojson", 1, "geometry", "'Point', not a Polygon"),
    ({"areas_geojson": geojson([({"code": "990100"}, {"type": "Polygon", "coordinates": [["x"]]})])}, "areas.geojson", 1, "geometry", "cannot be read"),
    ({"areas_geojson": geojson([({"code": "990100"}, {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1]]]})])}, "areas.geojson", 1, "geometry", "cannot be read"),
    ({"areas_geojson": geojson([({"code": "990100"}, box(380000, 3400000, 380100, 3400100))])}, "areas.geojson", 1, "geometry", "are not degrees"),
    ({"areas_geojson": geojson([({"code": "990100"}, None)])}, "areas.geojson", 1, "geometry", "not a Polygon"),
    ({"layers_geojson": geojson([({}, {"type": "GeometryCollection"})])}, "layers.geojson", 1, "geometry", "is missing or not a simple geometry"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "file", "row", "column", "what"), FAULTS)
def test_each_fault_says_where_and_what_to_do(tmp_path, files, file, row, column, what):
    report = report_on(tmp_path, **files)
    assert not report.sound
    fitting = [
        f
        for f in report.faults
        if (f.file, f.row, f.column) == (file, row, column) and what in f.what
    ]
    assert fitting, [str(fault) for fault in report.faults]
    assert all(fault.remedy for fault in report.faults)
    assert str(fitting[0]).startswith(file)


def test_one_broken_file_does_not_blame_the_others(tmp_path):
    report = report_on(tmp_path, units_csv=None, areas_geojson="{")
    assert {fault.file for fault in report.faults} == {"units.csv", "areas.geojson"}


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ("10101,,WA", "did you mean 010101? a spreadsheet drops leading zeros"),
        ("010101,,kind:street_ofice", "did you mean street_office?"),
    ],
)
def test_the_nearest_is_named(tmp_path, row, hint):
    report = report_on(tmp_path, **with_row("duties.csv", row))
    assert hint in report.faults[0].remedy


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_that_spreadsheets_write(tmp_path, encoding):
    pack = write_small_pack(tmp_path / "pack")
    (pack / "units.csv").write_text(FILES["units.csv"], encoding=encoding)
    report = api.check(pack, on=ON)
    assert report.sound
    warned = [w.what for w in report.warnings if w.file == "units.csv"]
    assert bool(warned) == (not encoding.startswith("utf-8"))


def test_bytes_that_are_no_text(tmp_path):
    pack = write_small_pack(tmp_path / "pack")
    (pack / "units.csv").write_bytes(b"code,name,kind,area\nD1,\xff\xff,x,y\n")
    fault = api.check(pack, on=ON).faults[0]
    assert (fault.file, fault.row, fault.what) == ("units.csv", 2, "is neither UTF-8 nor GB18030")


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_other_delimiters(tmp_path, mark):
    text = FILES["unit_kinds.csv"].replace(",", mark)
    report = report_on(tmp_path, unit_kinds_csv=text)
    assert report.sound
    assert any(w.file == "unit_kinds.csv" for w in report.warnings)


def test_rows_are_counted_as_a_spreadsheet_does(tmp_path):
    text = FILES["units.csv"] + '\n"N","two\nlines",nothing,990100,\n'
    report = report_on(tmp_path, units_csv=text)
    assert [(f.row, f.column) for f in report.faults] == [(15, "kind")]


def test_gaps_name_the_highest_area(tmp_path):
    lacking = FILES["units.csv"].replace("M2,北山区城管委,urban_mgmt,990102,\n", "")
    report = report_on(tmp_path, units_csv=lacking)
    assert report.sound
    assert [(g.matter, g.area, g.leaf_areas) for g in report.gaps] == [
        ("020101", "990102", 1),
        ("020102", "990102", 1),
    ]
    assert "wants the unit of kind urban_mgmt" in report.gaps[0].why


def test_gaps_of_a_matter_nobody_leads(tmp_path):
    report = report_on(tmp_path, **with_row("matters.csv", "04,,环境保护"))
    assert [(g.matter, g.area, g.leaf_areas, g.why) for g in report.gaps] == [
        ("04", "990100", 5, "no row of duties.csv fits")
    ]


def test_gaps_by_dates(tmp_path):
    duties = FILES["duties.csv"].replace(
        "01,,WA,kind:street_office,,,,,,,,", "01,,WA,,,,,,,,2027-01-01,"
    )
    pack = write_small_pack(tmp_path / "pack", duties_csv=duties)
    assert {g.matter for g in api.check(pack, on=ON).gaps} == {"010101", "010102"}
    assert api.check(pack, on=date(2027, 1, 1)).gaps == ()


def test_overlaps_name_both_rows_leads_and_dates(tmp_path):
    report = report_on(
        tmp_path, **with_row("duties.csv", "020101,990100,HO,,,,,,,,2026-06-01,2026-12-01")
    )
    assert report.sound
    (found,) = report.overlaps
    assert (found.rows, found.leads) == ((4, 8), ("kind:urban_mgmt", "HO"))
    assert (found.first_day, found.end, found.clash) == (date(2026, 6, 1), date(2026, 12, 1), False)
    assert "end one with valid_to before the other begins" in str(found)


def test_one_after_the_other_is_no_overlap(tmp_path):
    rows = "010101,,WA,,,,,,,,2026-01-01,2026-06-01\n010101,,HO,,,,,,,,2026-06-01,"
    assert report_on(tmp_path, **with_row("duties.csv", rows)).overlaps == ()


REMARKS = [
    ({"calendar_csv": "date,working\n2025-01-01,no\n"}, "calendar.csv", "MISSING YEAR 2026"),
    (instead("calendar.csv", "2027-01-01,no,元旦\n", ""), "calendar.csv", "MISSING YEAR 2027"),
    (with_row("areas.csv", "X1,某街道,street,990101,,,31.1,121.4"), "areas.csv", "not of the usual form: X1"),
    (with_row("areas.csv", "880101001,某街道,street,990101"), "areas.csv", "do not begin with their parent's: 880101001"),
    (with_row("areas.csv", "990101009,西关街道,street,990101"), "areas.csv", "the same name twice under one parent: 西关街道"),
    (with_row("areas.csv", "990101009,无界街道,street,990101"), "areas.geojson", "have no outline: 990101009"),
    ({"areas_geojson": None}, "areas.geojson", "no area has an outline"),
    ({"areas_geojson": geojson([({"code": c}, OUTLINE) for c in ("990101001001001", "990101001001002")])}, "areas.geojson", "1 pair(s) of grid outlines overlap: 990101001001001 and 990101001001002 (100%)"),
    (with_row("matters.csv", "0303,03,公共交通二,,,公交站台太高老人上不去"), "matters.csv", "1 example(s) speak for two matters"),
    (with_row("matters.csv", "0303,03,无例"), "matters.csv", "1 of 7 lowest matters have no example"),
    (with_row("unit_kinds.csv", "fire,消防"), "unit_kinds.csv", "1 kind(s) have no unit: fire"),
    (with_row("units.csv", "M3,又一城管委,urban_mgmt,990101"), "units.csv", "several units of one kind in one area: urban_mgmt in 990101"),
    (with_row("duties.csv", "020102,,HO,,7d"), "duties.csv", "7d contradicts the matter's urgency: critical means 2h"),
    (with_row("duties.csv", "030101,990101,TR,,24h"), "duties.csv", "24h contradicts the matter's urgency: complex means 15d"),
    (with_row("duties.csv", "010101,,WA,,2h,3h"), "duties.csv", "3h is longer than the limit to handle, 2h"),
    (with_row("duties.csv", "010101,,WA,WA"), "duties.csv", "WA is lead and co-unit"),
    (with_row("duties.csv", "010101,990101,S3"), "duties.csv", "S3 has its territory in 990102001, away from 990101"),
    ({**with_row("unit_kinds.csv", "community,居委会"), **with_row("units.csv", "C,北岸居委会,community,990101001001"), **with_row("duties.csv", "010101,990101001001,C")}, "duties.csv", "C leads: a residents' committee assists"),
    ({**with_row("unit_kinds.csv", "property_firm,物业"), **with_row("units.csv", "P,物业,property_firm,990100"), **with_row("duties.csv", "010101,,P")}, "duties.csv", "P leads: a firm leads only for utilities"),
    ({"city_toml": 'name = "x"\n[limits.urgent]\nhandle = "1h"'}, "city.toml", "critical has longer than urgent"),
    (instead("units.csv", "always_open", "always_open,remarks"), "units.csv", "is not a column of this file"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "file", "what"), REMARKS)
def test_remarks_do_not_keep_a_pack_out(tmp_path, files, file, what):
    report = report_on(tmp_path, **files)
    assert report.sound, [str(fault) for fault in report.faults]
    assert [w for w in report.warnings if w.file == file and what in w.what], [
        str(w) for w in report.warnings
    ]


def test_a_report_is_plain_enough_for_json(tmp_path):
    from dataclasses import asdict

    report = report_on(tmp_path, **with_row("duties.csv", "01,,HO"))
    assert json.dumps(asdict(report), default=str)


PIECES = [
    "",
    ",",
    '"',
    "\n",
    "\x00",
    "\ufeff",
    "[",
    "]",
    "{",
    "}",
    "null",
    "1e999",
    "-1",
    "=",
    '"code":',
    "kind:",
    ";;",
    "|",
    "９",
    "\ud83d\ude00",
]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from([*FILES, "areas.geojson", "layers.geojson"]), st.data())
def test_whatever_is_in_a_file_check_answers(pack, file, data):
    path = pack / file
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    upto = data.draw(st.integers(at, min(len(whole), at + 40)))
    put = data.draw(
        st.one_of(
            st.binary(max_size=6),
            st.sampled_from(PIECES).map(lambda t: t.encode("utf-8", "surrogatepass")),
        )
    )
    path.write_bytes(whole[:at] + put + whole[upto:])
    try:
        report = api.check(pack, on=ON)
        assert all(fault.what and fault.remedy for fault in (*report.faults, *report.warnings))
    finally:
        path.write_bytes(whole)


def test_a_key_stated_twice(tmp_path):
    report = report_on(
        tmp_path,
        city_toml='name = "x"\n"hours.working" = "9:00-17:00"\n[hours]\nworking = "9:00-12:00"',
    )
    assert [(f.column, f.what) for f in report.faults] == [("hours.working", "is stated twice")]
