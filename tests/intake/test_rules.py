from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from xianban.base.errors import BadInput
from xianban.intake.rules.likeness import (
    Traits,
    cell_of,
    cells_near,
    folded,
    likeness,
    metres_between,
    same_address,
    sketch,
    words_alike,
)
from xianban.intake.rules.mapping import RowReader, fitted, read_map
from xianban.intake.rules.submission import Submission, body_digest, faults_in, tidy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
LAMP = Submission(door="api", text="小区门口的路灯坏了三天，晚上很黑，请尽快维修")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "  \n"}, "text"),
        ({"text": "长" * 10_001}, "text"),
        ({"title": "长" * 501}, "title"),
        ({"lat": 23.1}, "lon"),
        ({"lon": 113.1}, "lat"),
        ({"lat": 91.0, "lon": 113.0}, "lat"),
        ({"lat": 23.0, "lon": 200.0}, "lon"),
        ({"supporters": -1}, "supporters"),
        ({"received_at": NOW + timedelta(days=2)}, "received_at"),
        ({"received_at": datetime(1900, 1, 1, tzinfo=UTC)}, "received_at"),
    ],
)
def test_what_cannot_be_taken_is_named(change, field):
    assert [fault.field for fault in faults_in(replace(LAMP, **change), now=NOW)] == [field]


def test_the_longest_text_can_be_taken():
    assert faults_in(replace(LAMP, text="长" * 10_000), now=NOW) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("\n\t\t\n  路灯 \t坏了\r\n\n", "路灯 坏了"),
        ("a\x00b\u200bc\ud800d", "abcd"),
        ("one\ntwo  three", "one\ntwo three"),
        ("e\u0301", "é"),
        ("", ""),
    ],
)
def test_tidied_text(given, kept):
    assert tidy(given) == kept


def test_a_digest_notices_every_change():
    masked = {"text": LAMP.text}
    base = body_digest(LAMP, masked, secret=b"k")
    assert base == body_digest(replace(LAMP, key="another try"), masked, secret=b"k")
    assert base != body_digest(LAMP, {"text": "别的"}, secret=b"k")
    for change in ({"phone": "13800000000"}, {"lat": 1.0, "lon": 2.0}, {"name": "王"}):
        assert base != body_digest(replace(LAMP, **change), masked, secret=b"k")


def test_the_contact_cannot_be_found_by_trial_in_a_digest():
    """Of all numbers very many share a digest, so none is proven."""
    masked = {"text": LAMP.text}
    said = [replace(LAMP, phone=f"138{n:08d}") for n in range(3000)]
    digests = [body_digest(one, masked, secret=b"k") for one in said]
    assert len({digest[:-2] for digest in digests}) == len({d[:14] for d in digests})
    assert len({digest[14:] for digest in digests}) > 2000


# --- likeness ---


def test_sketches_meet_for_like_texts_and_not_for_others():
    texts = ["A3区中央公园旁边的工地夜间施工，噪音很大，居民无法休息，希望有关部门尽快处理"]
    texts += [texts[0] + "谢谢", "请问新生儿医保怎么办理，需要带什么材料，在哪里办"]
    copy, near, far = (sketch(folded(text)) for text in texts)
    assert set(copy) & set(near)
    assert not set(copy) & set(far)
    assert all(-(2**63) <= value < 2**63 for value in copy)


def test_texts_too_short_have_no_sketch():
    assert sketch("灯") == sketch("") == (None,) * 4


def test_folding_forgets_case_width_and_punctuation():
    assert folded("Ａ市 路灯，坏了! OK") == folded("a市路灯坏了ok")


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ("", "", 0, 0),
        ("灯坏", "灯坏", 1, 1),
        ("路灯不亮", "路灯不亮", 1, 1),
        ("路灯不亮", "水管爆裂", 0, 0),
        ("abcdefgh", "abcdefxy", 0.3, 0.7),
    ],
)
def test_words_alike(a, b, low, high):
    one, other = traits(a), traits(b)
    assert low <= words_alike(one, other) <= high
    assert words_alike(one, other) == words_alike(other, one)


def traits(text, **more):
    return Traits(words=folded(text), received_at=more.pop("at", NOW), **more)


def test_the_same_words_at_another_place_are_another_matter():
    here = traits("路灯不亮了", lat=23.10, lon=113.30)
    assert likeness(here, traits("路灯不亮了", lat=23.1001, lon=113.30)).likely
    assert not likeness(here, traits("路灯不亮了", lat=23.15, lon=113.30)).likely


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("中山路12号", "中山路12号门口", True),
        ("4853 S WOOD", "4837 S WOOD", False),
        ("4853 S WOOD ST", "4853 s. wood", True),
        ("中山路", "解放大道", False),
    ],
)
def test_addresses(a, b, same):
    assert same_address(a, b) is same


def test_a_form_filled_in_for_two_addresses_is_two_matters():
    form = "Sanitation code violation: garbage in yard"
    here = traits(form, place="4853 S WOOD", matter="S1")
    assert likeness(here, replace(here)).likely
    assert not likeness(here, replace(here, place="4837 S DAMEN")).likely


def test_other_words_for_the_same_thing_beside_each_other():
    here = traits("人行道上井盖不见了很危险", matter="S1", lat=23.10, lon=113.30)
    there = traits("路边少了一个井盖，人行道上有个洞", matter="S1", lat=23.1002, lon=113.3001)
    assert likeness(here, there).likely
    assert not likeness(here, replace(there, lat=23.2)).likely
    assert not likeness(here, replace(there, words=folded("噪音扰民"))).likely


def test_a_year_later_it_is_a_new_one():
    here = traits(LAMP.text)
    assert likeness(here, traits(LAMP.text, at=NOW - timedelta(days=13))).likely
    assert not likeness(here, traits(LAMP.text, at=NOW - timedelta(days=365))).likely


def test_likeness_is_symmetric_and_gives_reasons():
    a, b = traits("路灯坏了三天", area="G1"), traits("路灯坏了三天了", area="G1")
    assert likeness(a, b) == likeness(b, a)
    assert set(likeness(a, b).reasons) == {"words", "days", "area"}


@pytest.mark.parametrize("bearing", [(0, 1), (1, 0), (1, 1), (-1, 1), (0, -1)])
def test_what_is_within_200_m_lies_in_the_near_cells(bearing):
    for lat, lon in ((23.123, 113.321), (0.0, 0.0), (-33.9, 151.2), (41.8801, -87.6301)):
        there = lat + bearing[0] * 0.00125, lon + bearing[1] * 0.00125
        assert (
            metres_between(traits("", lat=lat, lon=lon), traits("", lat=there[0], lon=there[1]))
            < 200
        )
        assert cell_of(*there) in cells_near(lat, lon)


# --- maps ---


def reader(toml, headings):
    return RowReader(fitted(read_map(toml, name="m"), headings, file="f.csv"), tz=SHANGHAI)


def test_a_row_becomes_a_submission():
    toml = """
    source = "old"
    blanks = ["NA"]
    [fields]
    external_id = "Id"
    received_at = "When"
    text = ["Kind", "What"]
    lat = "Y"
    lon = "X"
    contact = "Contact"
    supporters = "Likes"
    [dates]
    formats = ["%d.%m.%Y %H:%M"]
    timezone = "Europe/Berlin"
    [constants]
    channel = "phone"
    [defaults]
    supporters = 2
    """
    headings = ["Id", "When", "Kind", "What", "X", "Y", "Contact", "Likes"]
    row = [17.0, "05.03.2026 14:30", "Lamp", "NA", "NA", "", "a@example.org", None]
    said, faults = reader(toml, headings).read(dict(zip(headings, row, strict=True)))
    assert faults == []
    assert said == Submission(
        door="import:old",
        text="Lamp",
        external_id="17",
        email="a@example.org",
        channel="phone",
        received_at=datetime(2026, 3, 5, 13, 30, tzinfo=UTC),
        supporters=2,
    )


@pytest.mark.parametrize(
    ("cell", "when"),
    [
        ("2019/2/28 11:25:05", datetime(2019, 2, 28, 3, 25, 5, tzinfo=UTC)),
        (datetime(2019, 8, 1, 0, 0, 0, 4), datetime(2019, 7, 31, 16, tzinfo=UTC)),  # noqa: DTZ001
        (date(2019, 8, 1), datetime(2019, 7, 31, 16, tzinfo=UTC)),
        ("2019-08-01T00:00:00Z", datetime(2019, 8, 1, tzinfo=UTC)),
    ],
)
def test_text_and_date_cells_mix(cell, when):
    read = reader('[fields]\ntext = "t"\nreceived_at = "w"', ["t", "w"]).read
    assert read({"t": "x", "w": cell})[0].received_at == when


def test_every_bad_cell_of_a_row_is_named_by_its_heading():
    toml = '[fields]\ntext = "t"\nreceived_at = "When"\nlat = "Y"\nsupporters = "Likes"'
    said, faults = reader(toml, ["t", "When", "Y", "Likes"]).read(
        {"t": "x", "When": "soon", "Y": "north", "Likes": "nan"}
    )
    assert said is None
    assert [fault.field for fault in faults] == ["When", "Y", "Likes"]


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[fields", "not valid TOML"),
        ('[felds]\ntext = "t"', "did you mean “fields”"),
        ('[fields]\nreceived = "t"', "did you mean “received_at”"),
        ("[fields]\ntext = 3", "must be a heading"),
        ('fields = "x"', "must be a table"),
        ('[fields]\ntitle = "t"', "which column holds the text"),
        ('[fields]\ntext = "t"\n[dates]\ntimezone = "Mars"', "there is no “Mars”"),
        (f'source = "{"x" * 40}"\n[fields]\ntext = "t"', "1 to 30 characters"),
        ('optional = "text"\n[fields]\ntext = "t"', "optional"),
        ('[fields]\ntext = "t"\n[dates]\nformats = "%Y"', "formats"),
    ],
)
def test_a_bad_map_is_refused_in_one_sentence(toml, says):
    with pytest.raises(BadInput, match=says):
        read_map(toml, name="m")


def test_a_missing_column_is_named_with_those_that_are_there():
    with pytest.raises(BadInput, match=r"no column “When”.*it has t, Date"):
        reader('[fields]\ntext = "t"\nreceived_at = "When"', ["t", "Date"])


def test_optional_columns_may_be_missing_and_case_does_not_matter():
    toml = 'optional = ["lat"]\n[fields]\ntext = "Text"\nlat = "Y"'
    assert dict(reader(toml, ["TEXT"]).columns.fields) == {"text": ("TEXT",)}
