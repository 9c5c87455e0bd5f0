import polars as pl
import pytest
import rjieba
from hypothesis import given
from hypothesis import strategies as st

from xianban.history.rules.vocabulary import Lexicon, Mask, kept_since, units

SENTENCES = [
    "{}反映小区门口的路灯坏了，晚上很黑",
    "我叫{}，楼上漏水没有人管，请尽快处理",
    "物业的{}态度不好，电梯坏了三天",
    "请联系{}，下水道堵了，污水流到街上",
    "{}家的狗每天晚上叫，影响休息",
    "垃圾没有人清运，{}已经打过电话",
]


def mask(texts, *, reporters=None, copies=None, months=None, k=3):
    n = len(texts)
    lexicon = Lexicon()
    read = [lexicon.read(text) for text in texts]
    who = pl.DataFrame(
        {
            "reporter": reporters or list(range(1, n + 1)),
            "copy": copies or list(range(n)),
            "month": months or [0] * n,
        }
    )
    shown = Mask(lexicon, kept_since(read, who, k=k))
    return [shown(text, month) for text, month in zip(read, who["month"], strict=True)]


@given(st.text(max_size=60))
def test_units_are_the_text_letter_by_letter(text):
    assert "".join(units(text, rjieba.cut(text))) == text


def test_a_word_is_kept_from_its_kth_reporter_on():
    assert mask(["路灯坏了"] * 3)[0] == "路灯坏了"
    assert mask(["路灯坏了"] * 2 + ["停水了"] * 2, k=2)[0] == "路灯坏了"
    assert mask(["路灯坏了", "路灯坏了", "停水"])[0] == "□"


def test_one_who_repeats_is_one():
    assert mask(["路灯坏了"] * 9, reporters=[7] * 9) == ["□"] * 9


def test_all_who_left_no_contact_are_one():
    assert mask(["路灯坏了"] * 9, reporters=[0] * 9) == ["□"] * 9


def test_near_copies_are_one_voice():
    assert mask(["路灯坏了"] * 9, copies=[4] * 9) == ["□"] * 9


def test_a_word_is_not_read_in_months_before_enough_had_used_it():
    assert mask(["路灯"] * 4, months=[0, 1, 2, 3]) == ["□", "□", "路灯", "路灯"]


@pytest.mark.parametrize(
    "number",
    [
        "13812341234",
        "18号",
        "３单元",
        "五〇二",
        "一三八零零一三八",
        "粤A12345",
        "440101199001011234",
    ],
)
def test_numbers_are_masked_whoever_uses_them(number):
    shown = mask([f"路灯 {number} 坏了"] * 5)[0]
    assert not any(letter.isdigit() for letter in shown)
    assert "三八" not in shown
    assert "〇" not in shown


@pytest.mark.parametrize(
    "name",
    [
        "李小红",
        "王建国",
        "欧阳娜娜",
        "赵钱孙",
        "司马相如",
        "高山",
        "王平",
        "水生",
        "张三",
        "诸葛孔明",
        "刘德柱",
        "阿依古丽",
        "白云飞",
    ],
)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_name_whose_letters_are_all_common_is_not_put_together(name, sentence):
    # every letter, and every part of the name, is said by many
    around = [f"{letter}，{name[1:]}，{name[:1]}啊" for letter in name] * 3
    texts = [*around, *(one.format("有人") for one in SENTENCES * 3)]
    reporters = list(range(1, len(texts) + 1))
    shown = mask([*texts, sentence.format(name)], reporters=[*reporters, 999], k=3)[-1]
    assert name not in shown


def test_a_text_that_many_wrote_stays_readable():
    texts = [one.format("有人") for one in SENTENCES * 3]
    assert mask(texts) == texts


def test_names_planted_in_real_messages_do_not_come_through(data):
    import openpyxl

    sheet = openpyxl.load_workbook(data / "messages" / "messages.xlsx", read_only=True).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    texts = [f"{row[2]}\n{row[4]}" for row in rows]
    surnames, given = (
        "张王李赵陈刘黄周吴郑",
        ["小红", "建国", "平安", "大伟", "天明", "国庆", "新民", "志强", "春华", "永康"],
    )
    names = [surname + one for surname in surnames for one in given]
    for i, name in enumerate(names):
        row = (i * 41) % len(texts)
        texts[row] = f"我是{name}，{texts[row][:40]}{name}家{texts[row][40:]}，联系{name}"
    shown = mask(texts, reporters=[abs(hash(row[1])) % 10**9 for row in rows], k=10)
    through = [name for name in names if any(name in text for text in shown)]
    assert through == []
    assert sum(text.count("□") for text in shown) / sum(map(len, shown)) < 0.15
    assert not any(letter.isdigit() for text in shown for letter in text)
