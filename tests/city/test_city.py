"""The city in memory: who acts, where a point and a text lie, what a name means."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from packs import FILES, write_small_pack
from xianban.city.pack.reading import read_pack
from xianban.city.rules.build import build_city

ON = date(2026, 11, 20)
G1, G2, G3, G4, G5 = (
    "990101001001001",
    "990101001001002",
    "990101001002001",
    "990101002001001",
    "990102001001001",
)


def changed_city(tmp_path, **files):
    return build_city(read_pack(write_small_pack(tmp_path / "other", **files)).tables)


class TestAreas:
    def test_paths_and_levels(self, city):
        assert city.root == "990100"
        assert city.area_path(G1) == ("990100", "990101", "990101001", "990101001001", G1)
        assert [city.within(G1, over) for over in (G1, "990101", "990102")] == [True, True, False]
        assert city.area_at_level(G1, "street") == "990101001"
        assert city.area_at_level("990101", "street") is None
        assert city.leaf_areas == (G1, G2, G3, G4, G5)

    def test_unknown_codes_answer_for_themselves(self, city):
        assert city.area_path("x") == ("x",)
        assert city.area_name("x") == city.unit_name("x") == city.matter_name("x") == "x"
        assert city.area_at_level("x", "grid") is None


class TestDuty:
    @pytest.mark.parametrize(
        ("matter", "area", "lead", "co_units", "limit", "matched"),
        [
            # inherited from the first level; the town's own office helps
            ("010101", G5, "WA", ("S3",), "24h", ("01", "990100")),
            # by kind: the district's
            ("020102", G5, "M2", ("S3",), "2h", ("02", "990100")),
            # the more specific matter, with its own limit
            ("020101", G5, "M2", ("S3",), "5wd", ("020101", "990100")),
            # the more specific area wins over it
            ("020101", G1, "S1", ("M1",), "7d", ("020101", "990101001")),
            # a matter at a middle level
            ("0201", G4, "M1", ("S2",), "7d", ("02", "990100")),
            # a bus stop: the transport bureau with three others
            ("030101", G3, "TR", ("TP", "GR", "HO"), "15d", ("030101", "990100")),
            # where only the city is known, a named lead can act; a helper by kind cannot be named
            ("010101", "990100", "WA", (), "24h", ("01", "990100")),
        ],
    )
    def test_who_acts(self, city, matter, area, lead, co_units, limit, matched):
        found = city.duty_for(matter, area, on=ON)
        assert (found.lead, found.co_units, found.limit) == (lead, co_units, limit)
        assert (found.matter, found.area) == matched
        assert found.matched == f"matter {matched[0]} at area {matched[1]}"

    def test_what_the_row_tells(self, city):
        found = city.duty_for("020101", G5, on=ON)
        assert (found.row, found.powers, found.playbook) == (4, "更换", ("到场", "更换", "回复"))
        assert (found.own_limit, found.contact_limit, found.sign_limit) == (True, "24h", "4wh")

    def test_dates(self, city):
        assert city.duty_for("020101", G5, on=date(2026, 1, 1)).matter == "020101"
        assert city.duty_for("020101", G5, on=date(2025, 12, 31)).matter == "02"

    def test_the_newest_row_wins(self, tmp_path):
        later = FILES["duties.csv"] + "020101,,HO,,,,,,,,2026-06-01,2026-12-01\n"
        city = changed_city(tmp_path, duties_csv=later)
        answers = [
            city.duty_for("020101", G5, on=day).lead
            for day in (date(2026, 5, 31), date(2026, 6, 1), date(2026, 12, 1))
        ]
        assert answers == ["M2", "HO", "M2"]

    def test_no_lead_is_a_gap_not_a_guess(self, city, tmp_path):
        assert city.duty_for("020102", "990100", on=ON) is None  # which district's?
        assert city.duty_for("99", G1, on=ON) is None
        lacking = FILES["units.csv"].replace("M2,北山区城管委,urban_mgmt,990102,\n", "")
        other = changed_city(tmp_path, units_csv=lacking)
        assert other.duty_for("020101", G5, on=ON) is None  # the row that fits best cannot be met

    def test_asking_twice_gives_the_same(self, city):
        first = [city.duty_for(m, a, on=ON) for m, a in product(city.matters, city.areas)]
        assert first == [city.duty_for(m, a, on=ON) for m, a in product(city.matters, city.areas)]

    def test_units_of_a_kind_nearest_first(self, city):
        kinds = [unit.code for unit in city.units_of_kind("street_office", G4)]
        assert kinds == ["S2", "S1", "S3"]
        assert [unit.code for unit in city.units_of_kind("street_office", "990102")] == [
            "S3",
            "S1",
            "S2",
        ]
        assert city.units_of_kind("nothing", G1) == ()


class TestMatters:
    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ("020101", "020101"),
            ("路灯不亮", "020101"),
            ("道路设施/路灯不亮", "020101"),
            ("城市设施与道路 / 道路设施 / 路灯不亮", "020101"),
            ("城市设施与道路＞道路设施＞路灯不亮", "020101"),
            ("交通管理", "03"),
            ("其他", "0302"),  # the higher level counts
            ("交通管理/其他/其他", "030201"),
            ("没有的", None),
            ("", None),
        ],
    )
    def test_named(self, city, said, code):
        found = city.matter_named(said)
        assert (found.code if found else None) == code

    def test_a_name_twice_at_one_level_means_nothing_without_its_parent(self, tmp_path):
        more = FILES["matters.csv"] + "0103,01,其他,,,\n"
        city = changed_city(tmp_path, matters_csv=more)
        assert city.matter_named("其他") is None
        assert city.matter_named("公共服务/其他").code == "0103"

    def test_what_can_be_seen_outdoors_is_inherited(self, tmp_path):
        rows = [line.split(",") for line in FILES["matters.csv"].splitlines()]
        said = {"02": "no", "020102": "yes"}
        sheet = [[*rows[0], "outdoors"], *([*row, said.get(row[0], "")] for row in rows[1:])]
        city = changed_city(tmp_path, matters_csv="\n".join(",".join(row) for row in sheet) + "\n")
        told = {code: city.matters[code].outdoors for code in ("01", "02", "020101", "020102")}
        assert told == {"01": True, "02": False, "020101": False, "020102": True}

    def test_a_consultation_is_seen_nowhere_unless_said(self, city):
        assert not city.matters["030201"].outdoors
        assert city.matters["020101"].outdoors

    def test_what_is_inherited(self, city):
        assert (city.matters["020101"].urgency, city.matters["020102"].urgency) == (
            "normal",
            "critical",
        )
        assert city.matters["030201"].request_kind == "consult"
        assert city.matters["0201"].request_kind == "complaint"
        assert [city.matters[c].level for c in ("02", "0201", "020101")] == [1, 2, 3]
        assert city.matter_path("020101") == ("城市设施与道路", "道路设施", "路灯不亮")


class TestPoints:
    @pytest.mark.parametrize(
        ("lat", "lon", "area"),
        [
            (31.105, 121.4025, G1),
            (31.105, 121.405, G1),  # on the border: the lower code
            (31.105, 121.4075, G2),
            (31.125, 121.405, G5),
            (31.135, 121.435, "990100"),  # in the city's outline alone
            (
                31.1299,
                121.43,
                "990100",
            ),  # beside 北山区's centre, which has no outline: the polygon counts
            (31.20, 121.40, None),
            (121.4025, 31.105, None),  # exchanged
            (float("nan"), 121.4, None),
        ],
    )
    def test_locate(self, city, lat, lon, area):
        assert city.locate(lat, lon) == area

    def test_without_outlines_the_nearest_centre_within_reach(self, tmp_path):
        city = changed_city(tmp_path, areas_geojson=None)
        assert city.locate(31.1051, 121.4026) == G1
        assert city.locate(31.1081, 121.4025) == G1  # 345 m
        assert city.locate(31.16, 121.50) is None

    def test_many_at_once_agree(self, city):
        lats = [31.09 + n * 0.003 for n in range(20)]
        lons = [121.39 + n * 0.0026 for n in range(20)]
        assert city.locate_many(lats, lons) == [
            city.locate(a, b) for a, b in zip(lats, lons, strict=True)
        ]


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "area", "place"),
        [
            ("西关街道的路灯坏了", "990101001", "西关街道"),
            ("西关街道办没人接电话", "990101001", "西关街道"),
            ("西关这边停水了", "990101001", "西关街道"),
            ("南湾新区停水", "990101", "南湾区"),
            ("锦绣花园小区停水", G1, "锦绣花园"),
            ("住在锦绣花园，停水", G1, "锦绣花园"),
            ("北岸社区第一网格有积水", G1, "北岸社区第一网格"),
            ("西关街道北岸社区停水", "990101001001", "北岸社区"),  # the more specific of one line
            ("南湾区和平社区停水", "990101001002", "和平社区"),  # two of that name, settled
            ("白塔镇和平社区停水", "990102001001", "和平社区"),
            ("白塔和平居委会不办公", "990102001001", "和平社区"),
            ("和平社区停水", "990100", "和平社区"),  # unsettled: what contains both
            ("东湖街道中山路路灯不亮", "990101002", "中山路"),
            ("中山路路灯不亮", "990101", "中山路"),  # crosses two streets of one district
            ("ＨＡＲＢＯＵＲ View停水", G4, "Harbour View"),
            ("harbour view water", G4, "Harbour View"),
        ],
    )
    def test_the_first_guess(self, city, text, area, place):
        best = city.find_places(text)[0]
        assert (best.area, best.place) == (area, place)
        assert 0 < best.score <= 1

    @pytest.mark.parametrize("text", ["", "停水了", "harbour viewing", "园"])
    def test_nothing_named(self, city, text):
        assert city.find_places(text) == []

    def test_where_in_the_text(self, city):
        text = "你好，锦绣花园停水"
        best = city.find_places(text)[0]
        assert text[best.start : best.end] == "锦绣花园"

    def test_unsettled_is_less_sure(self, city):
        unsettled, settled = (
            city.find_places("和平社区停水"),
            city.find_places("白塔镇和平社区停水"),
        )
        assert unsettled[0].score < 0.5 < settled[0].score

    def test_two_places_far_apart_are_both_offered(self, city):
        found = city.find_places("从锦绣花园到人民公园的车太少")
        assert [g.area for g in found] == [G1, G5]
        assert found[0].score < 0.85

    def test_limit(self, city):
        assert len(city.find_places("锦绣花园 人民公园 北岸社区 东湖街道", limit=2)) == 2


class TestTime:
    def test_a_unit_that_never_closes(self, city):
        friday = datetime(2026, 11, 20, 8, tzinfo=UTC)  # 16:00 in Shanghai
        assert city.deadline(friday, "4wh") == datetime(2026, 11, 23, 3, tzinfo=UTC)  # Monday 11:00
        assert city.deadline(friday, "4wh", unit="WA") == datetime(2026, 11, 20, 12, tzinfo=UTC)
        assert city.deadline(friday, "1wd", unit="WA") == datetime(2026, 11, 21, 8, tzinfo=UTC)
        assert city.deadline(friday, "4wh", unit="S1") == city.deadline(friday, "4wh", unit="gone")
        assert (
            city.between(friday, city.deadline(friday, "4wh"), "4wh")
            == 4 * 3600
            == city.limit_seconds("4wh")
        )

    def test_limits(self, city):
        assert city.limits("critical").handle == "2h"
        assert city.limits("unheard of") == city.limits("normal")

    def test_quiet_hours(self, city):
        assert city.quiet_until(datetime(2026, 11, 20, 15, tzinfo=UTC)) == datetime(
            2026,
            11,
            21,
            tzinfo=UTC,  # eight in the morning
        )
