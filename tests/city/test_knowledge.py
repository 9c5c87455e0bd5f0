"""The knowledge base: read with the pack, kept with it, found by what people say."""

from datetime import date

import pytest

from packs import NOW, write_small_pack
from xianban.city import api
from xianban.city.rules.knowledge import Entry, Shelf, terms

TODAY = date(2026, 11, 20)
LAMPS = """---
title: 路灯坏了多久修好？
matters: 0301
units: kind:urban_mgmt
keywords: 路灯;灯不亮
source: 路灯养护承诺
---

一般**三个工作日**内修好。
"""


@pytest.fixture
def pack(tmp_path):
    pack = write_small_pack(tmp_path / "pack")
    (pack / "knowledge").mkdir()
    return pack


def write(pack, text=LAMPS, name="street-lamps.md"):
    (pack / "knowledge" / name).write_text(text, encoding="utf-8")


def matter_of(pack):
    return next(line for line in (pack / "matters.csv").read_text().splitlines()[1:]).split(",")[0]


def faults(pack):
    return [str(fault) for fault in api.check(pack, on=TODAY).faults]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("no head at all", "a.md", "knowledge/a.md, row 1: has no head; begin with a line ---"),
        ("---\ntitle: x\n", "a.md", "has no head"),
        ("---\ntitle: x\n---\n\n", "a.md", "has no answer; write it below the second ---"),
        (
            "---\nsource: x\n---\ny",
            "a.md",
            "column title: is missing; write title: and the question",
        ),
        ("---\ntitle:\n---\ny", "a.md", "row 2, column title: is empty"),
        ("---\ntitel: x\n---\ny", "a.md", "(did you mean title?)"),
        ("---\ntitle: x\ntitle: z\n---\ny", "a.md", "row 3, column title: is stated twice"),
        ("---\ntitle: x\nmatters: 999\n---\ny", "a.md", "“999” is not a code of matters.csv"),
        ("---\ntitle: x\nunits: kind:nobody\n---\ny", "a.md", "is not a code of unit_kinds.csv"),
        ("---\ntitle: x\nvalid_to: soon\n---\ny", "a.md", "“soon” is not a date; write it like"),
        (
            "---\ntitle: x\nvalid_from: 2026-05-01\nvalid_to: 2026-05-01\n---\ny",
            "a.md",
            "2026-05-01 is not after valid_from",
        ),
        ("---\ntitle: x\n---\ny", "Ä b.md", "is not the name of an entry"),
        ("---\ntitle: x\n---\ny", "a.txt", "is not the name of an entry"),
        ("---\ntitle: x\n---\ny", "a.en.md", "translates nothing; add a.md"),
        ("---\ntitle: x\n---\n" + "y" * 20_001, "a.md", "has 20,001 characters"),
    ],
)
def test_each_fault_is_one_sentence(pack, text, name, said):
    write(pack, text, name)
    told = faults(pack)
    assert len(told) == 1, told
    assert said in told[0]


def test_there_and_back(pack, db, tmp_path):
    write(pack, LAMPS.replace("0301", matter_of(pack)))
    write(
        pack,
        "---\ntitle: Lamps？ # “x”\nkeywords: lamp; light\n---\n# a\n\n- b\n",
        "street-lamps.en.md",
    )
    assert faults(pack) == []
    first = api.load(pack, now=NOW)
    files = api.export(tmp_path / "out", at=TODAY)
    assert "knowledge" in files
    assert api.load(tmp_path / "out", now=NOW).changed is False
    assert api.load(pack, now=NOW).digest == first.digest
    entry = api.current(at=TODAY).shelf().entry("street-lamps")
    assert (entry.title, entry.keywords) == ("路灯坏了多久修好？", ("路灯", "灯不亮"))
    other = api.current(at=TODAY).shelf("en").entry("street-lamps")
    assert (other.title, other.units) == ("Lamps？ # “x”", ("kind:urban_mgmt",))


def test_a_change_is_a_new_version(pack, db):
    text = LAMPS.replace("0301", matter_of(pack))
    write(pack, text)
    api.load(pack, now=NOW)
    write(pack, text.replace("三个", "两个"))
    api.load(pack, now=NOW)
    assert "三个" in api.current(at=date(2026, 11, 19)).shelf().entry("street-lamps").body
    assert "两个" in api.current(at=TODAY).shelf().entry("street-lamps").body


def entry(name, title, keywords="", body="", **more):
    values = {"matters": (), "units": (), "starts": None, "ends": None, "source": "", **more}
    words = tuple(keywords.split())
    return Entry(name=name, language="zh", title=title, keywords=words, body=body, **values)


SHELF = Shelf(
    [
        entry("lamps", "路灯坏了多久修好？", "路灯 灯不亮", "三个工作日", matters=("0301",)),
        entry("water", "停水了怎么查原因？", "停水 没水", "计划停水提前一天告知"),
        entry("noise", "夜间几点以后不能施工？", "夜间施工 噪声", "晚上十点到早上六点"),
        entry("old", "老的路灯办法", "路灯", "过期", ends=date(2026, 1, 1)),
        entry("wifi", "公共 WiFi 怎么连？", "wifi 上网", "选 City-WiFi"),
    ]
)


def found(text, **more):
    return [one.entry.name for one in SHELF.find(text, on=TODAY, **more)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("路灯", "lamps"),
        ("停水", "water"),
        ("你好我家门口的路灯都不亮好几天了，什么时候能修", "lamps"),
        ("楼下工地夜间施工吵得睡不着", "noise"),
        ("WIFI", "wifi"),
        ("ＷｉＦｉ连不上", "wifi"),
    ],
)
def test_found_by_what_is_said(text, name):
    assert found(text)[0] == name


@pytest.mark.parametrize("text", ["", "   ", "你好", "我想问一下怎么办", "孩子上学的事情", "?!"])
def test_nothing_is_better_than_anything(text):
    assert found(text) == []


def test_what_no_longer_holds_is_hidden():
    assert "old" not in found("路灯")
    assert "old" not in [one.name for one in SHELF.listed(on=TODAY)]
    assert SHELF.find("路灯", on=date(2025, 5, 1))


def test_it_says_why():
    [best, *_] = SHELF.find("家门口路灯不亮", on=TODAY)
    assert best.because == ("路灯", "灯不亮")


def test_the_matter_speaks_for_it():
    plain, helped = (SHELF.find("路灯", on=TODAY, matters=m)[0] for m in ((), ("0301", "03")))
    assert helped.score > plain.score


def test_letters_in_pairs():
    assert terms("路灯坏了 LED灯") == ["led", "路灯", "灯坏", "坏了", "灯"]
