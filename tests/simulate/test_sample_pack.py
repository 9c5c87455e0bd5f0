"""The sample pack and the tables behind it."""

import csv
import json
from datetime import date

import pytest

import xianban.city.api as city_door
from xianban.simulate.sample_pack import write_sample_pack
from xianban.simulate.sheets import leaves, sheet

LIMIT_HOURS = {"critical": "2", "urgent": "24", "normal": "168", "complex": "360", "consult": "24"}
FIRMS_THAT_LEAD = {
    "utility_water",
    "utility_power",
    "utility_gas",
    "utility_heat",
    "telecom",
    "postal",
}
NEVER_LEAD = {"community", "grid_station", "property_firm", "sanitation_firm", "transit_operator"}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return write_sample_pack(tmp_path_factory.mktemp("pack"))


def rows(pack, name):
    with (pack / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_writes_the_same_bytes(pack, tmp_path):
    again = write_sample_pack(tmp_path)
    for file in (path.relative_to(pack) for path in pack.rglob("*.*") if path.is_file()):
        assert (again / file).read_bytes() == (pack / file).read_bytes(), file


def test_it_is_small_enough_to_look_at(pack):
    assert sum(file.stat().st_size for file in pack.rglob("*")) < 3_000_000


def test_every_code_that_is_named_exists(pack):
    areas = {row["code"] for row in rows(pack, "areas.csv")}
    kinds = {row["code"] for row in rows(pack, "unit_kinds.csv")}
    units = {row["code"]: row for row in rows(pack, "units.csv")}
    matters = {row["code"] for row in rows(pack, "matters.csv")}
    assert {row["area"] for row in rows(pack, "places.csv")} <= areas
    assert {row["kind"] for row in units.values()} == kinds
    assert {row["area"] for row in units.values()} <= areas
    assert len(units) == len(rows(pack, "units.csv"))
    for duty in rows(pack, "duties.csv"):
        assert duty["matter"] in matters
        assert duty["area"] in areas | {""}
        for who in [duty["lead"], *filter(None, duty["co_units"].split(";"))]:
            assert who.removeprefix("kind:") in kinds if who.startswith("kind:") else who in units


def test_every_matter_of_every_level_has_a_duty_everywhere(pack):
    assert {row["matter"] for row in rows(pack, "duties.csv") if not row["area"]} == {
        row["code"] for row in rows(pack, "matters.csv")
    }


def test_polygons_and_areas_agree(pack):
    features = json.loads((pack / "areas.geojson").read_text("utf-8"))["features"]
    assert {f["properties"]["code"] for f in features} == {
        row["code"] for row in rows(pack, "areas.csv")
    }


def test_the_calendar_holds_only_days_that_differ(pack):
    for row in rows(pack, "calendar.csv"):
        weekend = date.fromisoformat(row["date"]).isoweekday() > 5
        assert weekend == (row["working"] == "yes"), row
    assert {"2026-10-01", "2026-10-10"} <= {row["date"] for row in rows(pack, "calendar.csv")}


def test_the_category_table_keeps_its_own_rules():
    kinds = {row["unit_kind"] for row in sheet("unit_kinds")}
    said: dict[str, str] = {}
    for code, leaf in leaves().items():
        helpers = list(filter(None, leaf["co_unit_kinds"].split(";")))
        assert leaf["limit_hours"] == LIMIT_HOURS[leaf["urgency"]], code
        assert {leaf["lead_unit_kind"], *helpers} <= kinds, code
        assert leaf["lead_unit_kind"] not in {*helpers, *NEVER_LEAD}, code
        assert len(set(helpers)) == len(helpers), code
        if leaf["lead_unit_kind"].startswith("utility") or leaf["lead_unit_kind"] in (
            "telecom",
            "postal",
        ):
            assert leaf["lead_unit_kind"] in FIRMS_THAT_LEAD
        examples = leaf["examples"].split("|")
        assert 3 <= len(examples) <= 5, code
        for example in examples:
            assert example == example.strip() != "", code
            assert said.setdefault(example, code) == code, example


def test_demand_and_playbooks_cover_the_tree():
    assert {row["matter"] for row in sheet("demand")} == set(leaves())
    assert {row["matter"] for row in sheet("playbooks")} == {code[:4] for code in leaves()}


def test_the_city_finds_no_fault_gap_or_overlap_in_it(pack):
    report = city_door.check(pack, on=date(2026, 11, 22))
    assert not report.faults
    assert not report.gaps
    assert not report.overlaps
