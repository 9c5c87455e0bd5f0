"""What a pack would change, before it is loaded; and packs that were sent in by somebody who means harm."""

import io
import zipfile
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import EAST, GRID, write_town
from xianban.base.errors import BadInput
from xianban.city import api as city
from xianban.city.api import Load, chosen, unzip
from xianban.city.pack.reading import read_pack
from xianban.city.rules.build import build_city
from xianban.city.rules.comparing import compare, moved

NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)
ON = NOW.date()


@pytest.fixture
def towns(tmp_path):
    def other(**changed):
        folder = write_town(tmp_path / "other")
        for stem, pairs in changed.items():
            path = folder / f"{stem}.csv"
            text = path.read_text(encoding="utf-8")
            for old, new in pairs:
                assert old in text
                text = text.replace(old, new)
            path.write_text(text, encoding="utf-8")
        return read_pack(folder).tables

    return read_pack(write_town(tmp_path / "town")).tables, other


def changes(found, table):
    rows = next((one.rows for one in found.tables if one.table == table), ())
    return [(row.how, row.key, [(f.field, f.old, f.new) for f in row.fields]) for row in rows]


def test_a_city_beside_itself_differs_in_nothing(towns):
    here, _ = towns
    found = compare(here, here, on=ON)
    assert found.same
    assert not found.gaps_opened
    assert not found.overlaps_closed


def test_another_lead_is_a_change_from_old_to_new(towns):
    here, other = towns
    found = compare(here, other(duties=[("01,,water", "01,,transport")]), on=ON)
    assert changes(found, "duties") == [
        ("changed", ("01", "", ""), [("lead", "water", "transport")])
    ]


def test_what_is_gone_is_retired_and_may_leave_a_gap(towns):
    here, other = towns
    there = other(duties=[("03,,kind:street_office,,,\n", "")])
    found = compare(here, there, on=ON)
    assert changes(found, "duties") == [("retired", ("03", "", ""), [])]
    assert [gap.matter for gap in found.gaps_opened] == ["03"]
    back = compare(there, here, on=ON)
    assert [gap.matter for gap in back.gaps_closed] == ["03"]
    assert [how for how, _key, _fields in changes(back, "duties")] == ["added"]


def test_there_and_back_tell_the_same_story(towns):
    here, other = towns
    there = other(units=[("Waterworks", "Water Works")], matters=[("Rubbish,urgent", "Rubbish,normal")])  # fmt: skip
    out, back = compare(here, there, on=ON), compare(there, here, on=ON)
    for table in ("units", "matters"):
        assert [
            (how, key, [(f, new, old) for f, old, new in fields])
            for how, key, fields in changes(out, table)
        ] == changes(back, table)


def test_open_cases_whose_lead_would_be_another_are_counted(towns):
    here, other = towns
    there = other(duties=[("02,,kind:street_office", "02,,transport")])
    loads = [
        Load("0202", GRID, "street-east", 3),
        Load("0202", GRID, "police", 5),  # a person decided so: it stays
        Load("0101", GRID, "water", 2),
    ]
    found = moved(loads, build_city(here), build_city(there), on=ON)
    assert [(one.matter, one.unit, one.new, one.cases) for one in found] == [
        ("0202", "street-east", "transport", 3)
    ]


@pytest.mark.django_db
def test_a_preview_writes_nothing_and_counts_cases(tmp_path):
    city.forget()
    city.load(write_town(tmp_path / "town"), now=datetime(2026, 1, 1, tzinfo=UTC))
    city.forget()
    folder = write_town(tmp_path / "new")
    path = folder / "units.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\npolice,", "\npatrol,"), encoding="utf-8")
    duties = folder / "duties.csv"
    said = duties.read_text(encoding="utf-8").replace("police", "patrol")
    duties.write_text(said, encoding="utf-8")
    found = city.preview(folder, now=NOW, loads=[Load("0202", EAST, "police", 4)])
    assert found["lost"]["units"] == [{"code": "police", "cases": 4}]
    assert len(city.loads()) == 1
    same = city.preview(tmp_path / "town", now=NOW)
    assert same["same"]


# ---- zips ----


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_folder_around_the_files_is_taken_off_and_strangers_left_out():
    found = unzip(
        zipped(**{
            "town/city.toml": "x", "town/areas.csv": "y", "town/README.md": "z",
            "town/knowledge/lamp.md": "k", "__MACOSX/town/areas.csv": "q", "town/.DS_Store": "",
        })
    )  # fmt: skip
    assert set(found) == {"city.toml", "areas.csv", "knowledge/lamp.md"}


@pytest.mark.parametrize(
    "name", ["../city.toml", "/etc/city.toml", "a/../../city.toml", "C:\\x\\city.toml", "..\\city.toml"]
)  # fmt: skip
def test_a_path_that_leads_out_is_refused(name):
    with pytest.raises(BadInput, match="leads out"):
        unzip(zipped(**{name: "x"}))


def test_a_bomb_is_refused_without_being_unpacked():
    with pytest.raises(BadInput, match="larger than"):
        unzip(zipped(**{"city.toml": "x", "areas.csv": b"0" * (60 * 2**20)}))


def test_a_link_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("city.toml")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(BadInput, match="is a link"):
        unzip(out.getvalue())


@given(st.binary(max_size=300))
def test_whatever_is_no_zip_is_refused_in_one_sentence(data):
    with pytest.raises(BadInput):
        unzip(data)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_a_damaged_zip_is_read_or_refused(at, noise):
    whole = bytearray(zipped(**{"city.toml": "name = 'x'\n" * 20, "areas.csv": "code\n1\n"}))
    whole[at : at + len(noise)] = noise
    with suppress(BadInput):
        unzip(bytes(whole))


def test_files_that_are_chosen_need_the_settings_among_them():
    assert set(chosen([("city.toml", b"x"), ("C:\\pack\\units.csv", b"y"), ("lamp.md", b"k")])) == {
        "city.toml",
        "units.csv",
        "knowledge/lamp.md",
    }
    with pytest.raises(BadInput, match=r"city\.toml"):
        chosen([("units.csv", b"y")])
