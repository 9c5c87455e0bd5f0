"""Reasons in whole words: what the model weighs are runs of characters, what people read are words."""

import pytest

from xianban.dispatch.api import whole_words


@pytest.mark.parametrize(
    ("text", "runs", "words"),
    [
        ("我家门口的路灯很久都不亮了", ["路灯", "不亮了", "家门"], ("路灯", "不亮", "家门口")),
        ("楼下烧烤店半夜噪音大，油烟呛人", ["烤店", "音大"], ("烧烤店", "噪音大")),
        ("反映自来水管爆裂", ["反映"], ()),  # says nothing of the matter
        ("卫生间粪便外排", ["间粪便", "漏水"], ("粪便", "漏水")),  # the text was changed since
        ("夜间施工，还在施工", ["施工", "还在施工"], ("施工",)),
        ("rubbish lies about the mill", ["rubbis", "th"], ("rubbish",)),
        ("", [], ()),
    ],
)
def test_runs_grow_to_words_and_empty_ones_go(text, runs, words):
    assert whole_words(text, runs) == words


def test_a_run_over_half_a_rare_character_is_read():
    assert whole_words("𠮷野家的油烟𠮷", ["油烟"]) == ("油烟",)


def test_no_more_than_asked_for_and_the_strongest_first():
    text = "井盖丢了，路面塌陷，电线垂落"
    assert whole_words(text, ["电线", "井盖", "路面"], top=2) == ("电线", "井盖")
