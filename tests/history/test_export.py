"""The history as files: nobody in it, the same bytes again, and what was known when."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest

from builders import GRID, monday, user
from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput, NotFound
from xianban.casework.api import Deed, live_through
from xianban.history.api import export, pseudonym_of, read
from xianban.intake.api import Submission, receive_many

SAID = "磨坊门口垃圾没有人清运，夏天味道很大"
WAYS = ("昨天", "今天早上", "上个星期", "从春节", "下雨以后", "搬走以后", "装修以后", "开学以后")
NAMES = ("李小红", "王建国", "欧阳娜娜", "赵钱孙", "张伟强")
SECRETS = (
    "13812341234", "440101199001011234", "粤A12345", "磨坊路18号3单元502", "li.xiaohong@example.com",
    "一三八一二三四一二三四", "0108-8812345",
)  # fmt: skip


def say(text, *, phone="", now=None, **more):
    return Submission(
        door="api", text=text, matter_hint="Rubbish", place="Mill", phone=phone, **more
    )


def take(said, now=None):
    return receive_many(said, acting=MACHINE, now=now or monday())


def many(n=24):
    """So many people say much the same, each in their own way."""
    return [
        say(
            f"{WAYS[i % 8]}开始{SAID}，已经{'很久' if i % 3 else '几天'}了，{WAYS[i // 8]}更多",
            phone=f"1391234{i:04}",
        )
        for i in range(n)
    ]


def all_bytes(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def everything(folder):
    """Every value in every file, as one text."""
    files = sorted(folder.rglob("*.parquet"))
    return "".join(str(pl.read_parquet(path).to_dicts()) for path in files)


def test_what_names_a_person_never_enters(town, tmp_path):
    planted = [
        say(f"{SAID}，我是{name}，{secret}，找{name}", phone=f"1381111{i:04}", name=name)
        for i, (name, secret) in enumerate(itertools.product(NAMES, SECRETS))
    ]
    nameless = [say(f"{WAYS[i % 8]}{SAID}，联系孙悟饭，翻斗花园") for i in range(16)]
    take([*many(), *planted, *nameless])
    export(tmp_path / "out")
    written = everything(tmp_path / "out")
    # five names each by seven reporters are fewer than ten; who left no contact is one
    for word in (*NAMES, *SECRETS, "孙悟饭", "翻斗花园", "张三"):
        assert word not in written
    for path in (tmp_path / "out").rglob("*.*"):
        for word in (*NAMES, *SECRETS, "1381111", "1391234"):
            assert word.encode() not in path.read_bytes()
    words = read(tmp_path / "out")["words"]
    assert words.str.contains("垃圾").all()  # what everybody says stays readable
    assert not words.str.contains(r"\d").any()


def test_the_same_home_gives_the_same_bytes_in_one_go_or_bit_by_bit(town, tmp_path):
    take(many(), monday() - timedelta(days=40))
    export(tmp_path / "bits")
    first = take(many(12), monday())
    done = export(tmp_path / "bits")
    assert done.months == ("2026-11",)
    assert done.requests == 12
    live_through([Deed(first[0].case_id, "sign", user("handler", unit="street-east"), monday(10))])
    done = export(tmp_path / "bits")
    assert (done.requests, done.changes) == (0, 1)
    export(tmp_path / "whole")
    assert all_bytes(tmp_path / "bits") == all_bytes(tmp_path / "whole")
    assert export(tmp_path / "bits").months == ()


def test_cut_off_and_repeated_it_is_whole(town, tmp_path, monkeypatch):
    from xianban.history import actions

    take(many(), monday())
    export(tmp_path / "whole")
    with monkeypatch.context() as broken:
        broken.setattr(actions, "_changes", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            export(tmp_path / "out")
    export(tmp_path / "out")
    assert all_bytes(tmp_path / "out") == all_bytes(tmp_path / "whole")


def test_what_was_known_at_a_time(town, tmp_path):
    taken = take(many(3), monday(9.2))
    case = pseudonym_of(taken[0].case_id)
    handler = user("handler", unit="street-east")
    live_through([Deed(taken[0].case_id, "sign", handler, monday(11))])
    export(tmp_path / "out")
    early = read(tmp_path / "out", as_of=monday(9.5))
    assert early.is_empty()  # rounded up to the hour: never known before it was
    early = read(tmp_path / "out", as_of=monday(10.5)).filter(pl.col("case") == case)
    assert early["state"].to_list() == ["dispatched"]
    assert early["ended_h"].to_list() == [None]
    late = read(tmp_path / "out", as_of=monday(12)).filter(pl.col("case") == case)
    assert late["state"].to_list() == ["signed"]
    assert read(tmp_path / "out").height == 3


def test_one_who_repeats_is_one_voice(town, tmp_path):
    same = [say(f"{WAYS[i]}{SAID}", phone="13912340000") for i in range(5)]
    take([*same, say(f"{SAID}，路口", phone="13912349999")], monday(9))
    export(tmp_path / "out")
    assert read(tmp_path / "out")["new_voice"].sum() == 2


def test_places_are_rounded_and_times_too(town, tmp_path):
    take([say(SAID, lat=31.2345678, lon=121.4567891)], monday(9.37))
    export(tmp_path / "out")
    row = read(tmp_path / "out").row(0, named=True)
    assert (row["lat"], row["lon"]) == (31.234, 121.456)
    assert (row["received"].minute, row["known"].minute) == (0, 0)
    assert row["received"] <= monday(9.37) <= row["known"]


def test_refusals_say_what_and_what_to_do(town, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(BadInput, match="holds something else"):
        export(tmp_path / "full")
    with pytest.raises(NotFound, match="xianban history export"):
        read(tmp_path / "nothing")
    with pytest.raises(BadInput, match="2 or more"):
        export(tmp_path / "new", k=1)
    export(tmp_path / "k", k=5)
    with pytest.raises(BadInput, match="--again"):
        export(tmp_path / "k", k=10)
    with pytest.raises(BadInput, match="time zone"):
        read(tmp_path / "k", as_of=datetime(2026, 11, 2))  # noqa: DTZ001
    assert export(tmp_path / "k", k=10, again=True)


def test_an_area_is_where_the_case_is_now(town, tmp_path):
    taken = take(many(2), monday(9))
    clerk = user("dispatcher")
    live_through(
        [Deed(taken[0].case_id, "refine", clerk, monday(10), {"matter": "0201", "area": GRID})]
    )
    export(tmp_path / "out")
    row = (
        read(tmp_path / "out")
        .filter(pl.col("case") == pseudonym_of(taken[0].case_id))
        .row(0, named=True)
    )
    assert (row["matter"], row["first_matter"]) == ("0201", "0202")


def test_a_title_stays_on_a_line_of_its_own(town, tmp_path):
    take([replace(one, title="门口垃圾没有人清运") for one in many()], monday(9))
    export(tmp_path / "out")
    for words in read(tmp_path / "out")["words"]:
        assert words.count("\n") == 1
