"""The ground floor: times, numbers, codes, canonical JSON."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xianban.base.clock import parse_when
from xianban.base.errors import BadInput
from xianban.base.ids import canonical_json, case_number, parse_case_number, same_code, short_code

SHANGHAI = ZoneInfo("Asia/Shanghai")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "hour_utc"),
    [
        ("2026-11-22 14:30", 6),
        ("2026/11/22 14:30:00", 6),
        ("2026-11-22T14:30:00+00:00", 14),
        ("2026年11月22日 14:30", 6),
        ("11/22/2026 02:30:00 PM", 6),
    ],
)
def test_times_as_people_write_them(text, hour_utc):
    assert parse_when(text, tz=SHANGHAI) == datetime(2026, 11, 22, hour_utc, 30, tzinfo=UTC)


def test_a_time_that_is_none_gets_a_sentence():
    with pytest.raises(BadInput, match="“gestern” is not a date"):
        parse_when("gestern", tz=SHANGHAI)


@given(JSON)
def test_canonical_json_is_one_byte_string_for_one_value(value):
    assert json.loads(canonical_json(value)) == value
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


@given(st.integers(min_value=1, max_value=10**12))
def test_a_case_number_gives_back_its_key(pk):
    number = case_number(pk, datetime(2026, 1, 1, 20, 0, tzinfo=UTC), tz=SHANGHAI)
    assert number.startswith("20260102-")  # already tomorrow in Shanghai
    assert parse_case_number(number) == pk


@pytest.mark.parametrize(
    "text", ["", "12", "2026-11-22", "2026112-1", "20261122-1x", "20261122--1"]
)
def test_what_is_no_case_number(text):
    assert parse_case_number(text) is None


def test_codes_forgive_hands_but_not_guesses():
    code = short_code(b"secret", "request", 7)
    assert same_code(f" {code.lower()[:3]} {code.lower()[3:]}", code)
    assert not same_code(code[:-1] + ("0" if code[-1] != "0" else "1"), code)
    assert short_code(b"secret", "request", 8) != code
    assert short_code(b"other", "request", 7) != code
