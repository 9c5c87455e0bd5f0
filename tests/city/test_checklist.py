"""Standards and playbooks as points to answer."""

import pytest

from xianban.city.rules.checklist import (
    Point,
    faults_of,
    filled_in,
    guide_of,
    merged_points,
)


def test_items_points_and_the_draft_of_a_reply():
    guide = guide_of(
        "到场拍照|- [ ] 教育责任人\n- [ ] ! 清理干净 | - [ ] 必须：回访|> 您好，{place}已清理。|> 谢谢。"
    )
    assert guide.items == ("到场拍照", "教育责任人", "清理干净", "回访")
    assert guide.points == (Point("教育责任人"), Point("清理干净", True), Point("回访", True))
    assert guide.draft == "您好，{place}已清理。\n谢谢。"


def test_plain_words_ask_nothing():
    assert guide_of("到场|断电检查|更换").points == ()
    assert faults_of("到场|断电检查|更换") == ()
    assert guide_of("").items == ()


def test_what_must_be_answered_in_one_must_be_in_all():
    both = merged_points([guide_of("- [ ] a|- [ ] b"), guide_of("- [ ] ! a")])
    assert both == (Point("a", True), Point("b"))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("-[ 】 清理", "not a point"),
        ("[ ] 清理", "not a point"),
        ("- [ ] ", "no words"),
        ("- [ ] !", "no words"),
        ("- [ ] 清理|- [ ] ! 清理", "twice"),
        ("> 您好，{name}", "stands for nothing"),
        (f"- [ ] {'长' * 121}", "long"),
    ],
)
def test_what_cannot_be_meant_is_said(cell, said):
    (fault,) = faults_of(cell)
    assert said in fault[0]
    assert fault[1]


def test_a_draft_is_filled_in_and_strange_braces_stay():
    assert filled_in("{place}的{matter}，{x}", place="中山路", matter="路灯") == "中山路的路灯，{x}"
