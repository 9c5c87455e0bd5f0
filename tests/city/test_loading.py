"""Loading: versions by dates, nothing overwritten, one transaction, one entry in the ledger."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from packs import FILES, NOW, write_small_pack
from xianban.base.errors import BadInput, NotFound, WrongState
from xianban.city import actions, api, queries
from xianban.city.models import MODELS, PackLoad
from xianban.ledger import api as ledger

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)  # Friday
LATER = NOW + timedelta(days=3)
RENAMED = FILES["units.csv"].replace("江宁水务集团", "江宁水务有限公司")


@pytest.fixture
def loaded(pack):
    return api.load(pack, now=NOW, acting="user:7")


def counts():
    return {name: model._default_manager.count() for name, model in MODELS.items()}


def test_a_first_pack_holds_since_ever(loaded):
    assert (loaded.changed, loaded.number, loaded.effective) == (True, 1, date(1900, 1, 1))
    assert loaded.added["areas"] == 15
    assert set(loaded.closed.values()) == {0}
    assert api.current(at=date(2017, 6, 1)).name == "江宁市"


def test_it_is_in_the_ledger(loaded):
    (act,) = ledger.history("city")
    assert (act.verb, act.actor) == ("load", "user:7")
    assert act.payload["digest"] == loaded.digest
    assert act.payload["counts"]["units"] == {"added": 12, "closed": 0}


def test_the_same_pack_again_changes_nothing(pack, loaded):
    before = counts()
    again = api.load(pack, now=LATER)
    assert (again.changed, again.number, again.digest) == (False, 1, loaded.digest)
    assert (again.added, again.closed) == ({}, {})
    assert counts() == before
    assert PackLoad.objects.count() == len(ledger.history("city")) == 1


def test_neither_row_order_nor_encoding_nor_heading_order_is_a_change(pack, loaded):
    head, *rows = FILES["unit_kinds.csv"].splitlines()
    turned = [",".join(reversed(line.split(","))) for line in (head, *reversed(rows))]
    (pack / "unit_kinds.csv").write_text("\r\n".join(turned), encoding="gb18030")
    again = api.load(pack, now=LATER)
    assert (again.changed, again.digest) == (False, loaded.digest)


def test_a_change_closes_one_row_and_begins_one(pack, loaded):
    (pack / "units.csv").write_text(RENAMED)
    second = api.load(pack, now=LATER)
    assert (second.added, second.closed) == ({"units": 1}, {"units": 1})
    assert second.effective == date(2026, 11, 23)
    rows = MODELS["units"]._default_manager.filter(code="WA").order_by("pk")
    assert [(r.name, r.valid_from, r.valid_to) for r in rows] == [
        ("江宁水务集团", date(1900, 1, 1), date(2026, 11, 23)),
        ("江宁水务有限公司", date(2026, 11, 23), None),
    ]
    assert api.current(at=date(2026, 11, 22)).units["WA"].name == "江宁水务集团"
    assert api.current(at=date(2026, 11, 23)).units["WA"].name == "江宁水务有限公司"


def test_what_is_gone_keeps_its_name(pack, loaded):
    (pack / "units.csv").write_text(
        FILES["units.csv"].replace("D2,北山区政府,district_gov,990102,\n", "")
    )
    (pack / "places.csv").unlink()
    second = api.load(pack, now=NOW)
    assert second.closed == {"units": 1, "places": 5}
    city = api.current(at=TODAY)
    assert "D2" not in city.units
    assert city.unit_name("D2") == "北山区政府"
    assert city.find_places("锦绣花园") == []


def test_a_retired_area_and_matter_keep_their_place(pack, loaded):
    grid, leaf = "990101001001002", "030101"
    for file, code in (("areas.csv", grid), ("matters.csv", leaf), ("duties.csv", leaf)):
        lines = FILES[file].splitlines(keepends=True)
        (pack / file).write_text("".join(line for line in lines if not line.startswith(code)))
    (pack / "areas.geojson").unlink()
    api.load(pack, now=NOW)
    city = api.current(at=TODAY)
    assert city.area_path(grid) == ("990100", "990101", "990101001", "990101001001", grid)
    assert city.within(grid, "990101")
    assert city.area_at_level(grid, "street") == "990101001"
    assert city.matter_path(leaf) == ("交通管理", "公共交通", "公交线路与站点")
    assert city.retired_matters[leaf].level == 3
    assert city.duty_for(leaf, grid, on=TODAY).lead == "TR"  # by the matter above


def test_a_pack_for_later_waits(pack, loaded):
    (pack / "units.csv").write_text(RENAMED)
    api.load(pack, now=NOW, effective=date(2027, 1, 1))
    assert api.current(at=date(2026, 12, 31)).units["WA"].name == "江宁水务集团"
    assert api.current(at=date(2027, 1, 1)).units["WA"].name == "江宁水务有限公司"
    (pack / "units.csv").write_text(FILES["units.csv"])
    with pytest.raises(WrongState, match="--effective 2027-01-01 or later"):
        api.load(pack, now=NOW)


def test_twice_on_one_day(pack, loaded):
    for name in ("江宁水务有限公司", "江宁水务"):
        (pack / "units.csv").write_text(FILES["units.csv"].replace("江宁水务集团", name))
        api.load(pack, now=NOW)
    assert api.current(at=TODAY).units["WA"].name == "江宁水务"
    assert MODELS["units"]._default_manager.filter(code="WA").count() == 3
    assert [load.number for load in api.loads()] == [3, 2, 1]


def test_back_to_what_it_was_is_a_third_version(pack, loaded):
    (pack / "units.csv").write_text(RENAMED)
    api.load(pack, now=NOW, effective=date(2026, 12, 1))
    (pack / "units.csv").write_text(FILES["units.csv"])
    third = api.load(pack, now=NOW, effective=date(2027, 1, 1))
    assert (third.changed, third.digest) == (True, loaded.digest)


def test_a_pack_with_faults_is_refused_and_nothing_is_written(pack):
    (pack / "units.csv").write_text("code,name,kind,area\nX,x,nothing,990100\n")
    with pytest.raises(BadInput, match="was not loaded") as refused:
        api.load(pack, now=NOW)
    assert any(
        "“nothing” is not a code of unit_kinds.csv" in fault for fault in refused.value.faults
    )
    assert PackLoad.objects.count() == 0
    assert set(counts().values()) == {0}


def test_two_loads_at_once_cannot_both_win(pack, loaded, monkeypatch):
    (pack / "units.csv").write_text(RENAMED)
    monkeypatch.setattr(actions, "newest_load", lambda: None)  # the other load is not seen yet
    with pytest.raises(WrongState, match="another pack is being loaded"), transaction.atomic():
        api.load(pack, now=NOW)
    assert MODELS["units"]._default_manager.filter(valid_to__isnull=False).count() == 0


def test_a_load_that_breaks_off_leaves_nothing(pack, loaded, monkeypatch):
    before = counts()
    (pack / "units.csv").write_text(RENAMED)

    def power_cut(entries):
        raise ConnectionError("power cut")

    monkeypatch.setattr(actions.ledger, "append", power_cut)
    with pytest.raises(ConnectionError), transaction.atomic():
        api.load(pack, now=NOW)
    assert counts() == before
    assert api.current().units["WA"].name == "江宁水务集团"


class TestCurrent:
    def test_without_a_city(self):
        with pytest.raises(NotFound, match="no city is loaded yet; run `xianban city load PACK`"):
            api.current()

    def test_before_the_first_pack(self, pack):
        api.load(pack, now=NOW, effective=date(2026, 1, 1))
        with pytest.raises(NotFound, match="no city is in effect on 2025-12-31"):
            api.current(at=date(2025, 12, 31))

    def test_kept_and_read_anew(self, pack, loaded, django_assert_num_queries, monkeypatch):
        first = api.current()
        with django_assert_num_queries(0):
            assert api.current() is first
        clock = [queries.time.monotonic() + 3]
        monkeypatch.setattr(queries.time, "monotonic", lambda: clock[0])
        with django_assert_num_queries(1):
            assert api.current() is first  # looked, and nothing newer
        # as another process would load it
        MODELS["units"]._default_manager.filter(code="WA").update(name="new")
        PackLoad.objects.create(
            number=2,
            stamp="other",
            loaded_at=NOW,
            actor="machine",
            effective=TODAY,
            digest="",
            pack="",
            counts={},
        )
        assert api.current() is first
        clock[0] += 3
        assert api.current().units["WA"].name == "new"

    def test_a_moment_is_a_day_in_the_city(self, pack, loaded):
        (pack / "units.csv").write_text(RENAMED)
        api.load(pack, now=NOW, effective=date(2026, 12, 1))
        before = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
        assert api.current(at=before).units["WA"].name == "江宁水务集团"
        assert api.current(at=before + timedelta(minutes=1)).units["WA"].name == "江宁水务有限公司"

    def test_the_stamp_tells_cities_apart(self, pack, loaded):
        first = api.current().stamp
        (pack / "units.csv").write_text(RENAMED)
        api.load(pack, now=NOW)
        assert api.current(at=TODAY).stamp != first == api.current(at=date(2020, 1, 1)).stamp


class TestExport:
    def test_there_and_back_changes_nothing(self, pack, loaded, tmp_path):
        files = api.export(tmp_path / "out")
        assert set(files) == {path.name for path in pack.iterdir()}
        assert api.check(tmp_path / "out", on=TODAY).sound
        again = api.load(tmp_path / "out", now=LATER)
        assert (again.changed, again.digest) == (False, loaded.digest)

    def test_twice_gives_the_same_bytes(self, loaded, tmp_path):
        for name in ("one", "two"):
            api.export(tmp_path / name)
        for path in (tmp_path / "one").iterdir():
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()

    def test_as_it_was(self, pack, loaded, tmp_path):
        (pack / "units.csv").write_text(RENAMED)
        api.load(pack, now=NOW)
        api.export(tmp_path / "then", at=date(2026, 11, 19))
        api.export(tmp_path / "now", at=TODAY)
        assert "江宁水务集团" in (tmp_path / "then" / "units.csv").read_text("utf-8-sig")
        assert "江宁水务有限公司" in (tmp_path / "now" / "units.csv").read_text("utf-8-sig")

    def test_hostile_words_survive(self, pack, tmp_path):
        name = '=1+1, "a"\n|；b'
        rows = FILES["units.csv"] + '"W;2",x,transport,990100,\n'
        assert any(
            "is not a code" in f.what
            for f in api.check(write_small_pack(tmp_path / "p", units_csv=rows)).faults
        )
        quoted = name.replace('"', '""')
        (pack / "units.csv").write_text(FILES["units.csv"] + f'W2,"{quoted}",transport,990100,\n')
        (pack / "city.toml").write_text('name = "a\\"b\\\\c # 市"\n[settings]\nruling_h = 3\n')
        first = api.load(pack, now=NOW)
        api.export(tmp_path / "out")
        again = api.load(tmp_path / "out", now=LATER)
        assert (again.changed, again.digest) == (False, first.digest)
        assert api.current(at=TODAY).units["W2"].name == name
        assert api.current(at=TODAY).name == 'a"b\\c # 市'

    def test_a_folder_in_use_is_refused(self, loaded, tmp_path):
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "mine.txt").touch()
        with pytest.raises(WrongState, match="is not empty; name a new folder"):
            api.export(tmp_path / "full")
