"""The words of notices: in both languages, without holes, short enough."""

import re

import pytest

from builders import load_town, monday
from xianban.casework.rules.table import NOTICES
from xianban.notices.letters import WORDS, News, letter, words
from xianban.notices.rules import GROUP_OF, parts

VALUES = {
    "number": "20261102-000007",
    "unit": "street-east",
    "matter": "0202",
    "period": "2026-10",
    "area": "990100",
    "due_at": "2026-11-05T10:00:00+00:00",
}
WITHOUT_CASE = ("test", "signed_in", "subscribe_code", "subscribe_news")
LANGUAGES = [path.stem for path in sorted(WORDS.glob("*.toml"))]


@pytest.fixture
def write(db, tmp_path):
    city = load_town(tmp_path / "town")

    def made(kinds, language="zh-hans", to_person=False, **more):
        return letter(
            [News(kind, VALUES) for kind in kinds],
            to_person=to_person,
            city=city,
            language=language,
            now=monday(9),
            say_when=lambda when, now: f"{when:%H:%M}",
            **more,
        )

    return made


def test_both_languages_say_the_same():
    (first, *others) = [words(language) for language in LANGUAGES]
    for other in others:
        assert {key: set(part) for key, part in other.items()} == {
            key: set(part) for key, part in first.items()
        }
        for key, part in first.items():
            for name, text in part.items():
                assert set(re.findall(r"{\w+}", text)) == set(
                    re.findall(r"{\w+}", other[key][name])
                ), f"{key}.{name}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_words(write, language):
    said = words(language)
    for kind in NOTICES.values():
        assert kind in said["persons"] or kind in said["staff"]
    for whom, to_person in (("persons", True), ("staff", False)):
        for kind in said[whom]:
            body = write([kind], language, to_person=to_person).body
            assert "{" not in body
            assert kind in WITHOUT_CASE or kind.startswith("meeting_") or VALUES["number"] in body


def test_a_resident_pays_for_no_more_than_one_part_in_chinese(write):
    for kind in set(words("zh-hans")["persons"]) - {
        "subscribe_code",
        "subscribe_news",
        "rights_code",
    }:
        assert parts(write([kind], to_person=True).short) == 1, kind


def test_many_are_one_letter_in_order(write):
    one = write(["dispatched", "reminder", "reminder", "overdue"])
    assert one.subject == "Testburg：4 条通知"
    head, *lines = one.body.split("\n")
    assert head == "您有 4 条通知（新派单 1，将到期 2，超时 1）："
    assert [line[2:4] for line in lines] == ["工单", "提醒", "提醒", "超时"]
    assert one.short.startswith("工单")


def test_a_long_short_message_becomes_a_count(write):
    assert write(["reminder"] * 30).short == "您有 30 条工作通知：将到期 30。请登录查看。"


def test_a_kind_without_words_is_told_all_the_same(write):
    assert set(GROUP_OF) <= set(words("zh-hans")["staff"])
    assert VALUES["number"] in write(["quite_new"], to_person=True).body


def test_braces_in_what_was_typed_are_just_letters(write):
    city = write.__closure__[0].cell_contents
    said = letter(
        [News("signed_in", {"device": "{unit}{0}", "address": "10.0.*"})],
        to_person=False,
        city=city,
        language="en",
        now=monday(9),
        say_when=lambda when, now: "",
    )
    assert "{unit}{0}" in said.body
