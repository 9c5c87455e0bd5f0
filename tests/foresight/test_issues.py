"""Hot issues: laws, noise, a plain oracle for the linkage, hand-judged messages, and bad input."""

import itertools
import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from xianban.base.errors import BadInput
from xianban.foresight import issues
from xianban.foresight.issues import names, reading
from xianban.foresight.issues.grouping import average_linkage

JUDGED = Path(__file__).with_name("hot_issues.json")

PLACES = [
    "丽景新城",
    "翠湖花园",
    "金桂苑",
    "城南公馆",
    "滨江名都",
    "凤凰山庄",
    "银杏家园",
    "东湖大厦",
]
COMPLAINTS = {
    "搅拌站": ["{}旁边的搅拌站噪音扰民", "{}附近搅拌站粉尘污染严重", "{}旁建搅拌站，噪音粉尘让人无法入睡"],
    "路灯": ["{}门口的路灯坏了很久", "{}门前路灯不亮，晚上一片漆黑", "{}周边路灯损坏没人维修"],
    "车位": ["{}开发商捆绑销售车位", "{}买房必须同时购买车位", "{}强制业主购买车位才能签约"],
}  # fmt: skip


def city(*, voices=3):
    """Made-up texts: every place has every complaint, each in three wordings; and the truth."""
    texts, truth = [], []
    for place in PLACES:
        for problem, wordings in COMPLAINTS.items():
            for wording in wordings[:voices]:
                texts.append(wording.format(place))
                truth.append((place, problem))
    return texts, truth


def days(count, start="2026-03-01"):
    return np.datetime64(start) + np.arange(count)


def as_sets(found):
    return {frozenset(issue.members.tolist()) for issue in found}


def b_cubed(groups, truth, *, within=None):
    """F1 of a partition (a group for each item) against known labels of some items.

    Items without a label count as intruders wherever they are; with `within`, they are left out.
    """
    members = defaultdict(list)
    for item, group in enumerate(groups):
        members[group].append(item)
    sizes = Counter(truth.values())
    precision, recall = [], []
    for item, label in truth.items():
        beside = [i for i in members[groups[item]] if within is None or i in within]
        same = sum(truth.get(i) == label for i in beside)
        precision.append(same / len(beside))
        recall.append(same / sizes[label])
    p, r = float(np.mean(precision)), float(np.mean(recall))
    return 2 * p * r / (p + r)


def partition(found, count):
    groups = list(range(count))
    for issue in found:
        for member in issue.members.tolist():
            groups[member] = int(issue.members[0])
    return groups


def hours(cell):
    """The cell of a sheet where times are written in two ways."""
    if isinstance(cell, datetime):
        return np.datetime64(cell, "s")
    return np.datetime64(datetime.strptime(cell.strip(), "%Y/%m/%d %H:%M:%S"), "s")  # noqa: DTZ007


@pytest.fixture(scope="module")
def messages(data):
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(data / "messages" / "messages.xlsx", read_only=True).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    return {
        "ids": [row[0] for row in rows],
        "texts": [f"{str(row[2]).strip()}\n{str(row[4]).strip()}" for row in rows],
        "authors": [row[1] for row in rows],
        "times": np.array([hours(row[3]) for row in rows]),
    }


@pytest.fixture(scope="module")
def found(messages):
    return issues.find(
        messages["texts"], times=messages["times"], authors=messages["authors"], top=10_000
    )


class TestLaws:
    def test_one_place_and_one_problem_is_one_issue(self):
        texts, truth = city()
        found = issues.find(texts, times=days(len(texts)), authors=range(len(texts)), top=99)
        labels = dict(enumerate(truth))
        assert b_cubed(partition(found, len(texts)), labels) > 0.7
        for issue in found:
            assert len({truth[member][0] for member in issue.members}) == 1  # never two places

    def test_near_copies_that_name_another_place_stay_apart(self):
        texts = [
            f"{place}小区临街门面油烟扰民，每天晚上十一点以后仍在营业" for place in PLACES[:4] * 3
        ]
        found = issues.find(texts, times=days(12), authors=range(12))
        assert as_sets(found) == {frozenset({k, k + 4, k + 8}) for k in range(4)}

    def test_the_order_of_texts_changes_nothing_but_their_numbers(self):
        texts, _ = city()
        when, order = days(len(texts)), np.random.default_rng(3).permutation(len(texts))
        plain = issues.find(texts, times=when, top=99)
        mixed = issues.find([texts[i] for i in order], times=when[order], top=99)
        assert [issue.title for issue in mixed] == [issue.title for issue in plain]
        assert as_sets(plain) == {
            frozenset(order[list(members)].tolist()) for members in as_sets(mixed)
        }

    def test_moving_all_times_moves_only_first_and_last(self):
        texts, _ = city()
        plain = issues.find(texts, times=days(len(texts)), top=99)
        moved = issues.find(texts, times=days(len(texts), "2027-03-01"), top=99)
        assert [issue.heat for issue in moved] == pytest.approx([issue.heat for issue in plain])
        assert as_sets(moved) == as_sets(plain)
        assert (moved[0].first - plain[0].first) == np.timedelta64(365 * 86400, "s")

    def test_white_space_and_width_change_nothing(self):
        texts, _ = city()
        plain = issues.find(texts, times=days(len(texts)), top=99)
        wide = issues.find(
            [f" \t{t.replace('，', ',')}\n" for t in texts], times=days(len(texts)), top=99
        )
        assert as_sets(wide) == as_sets(plain)

    def test_texts_of_one_author_are_one_voice(self):
        texts, _ = city()
        alone = issues.find(
            texts, times=days(len(texts)), authors=["the same"] * len(texts), top=99
        )
        assert {issue.people for issue in alone} == {1}

    def test_without_authors_copies_are_one_voice(self):
        texts = ["丽景新城旁边的搅拌站噪音扰民"] * 3 + ["西湖路的路灯不亮了", "东门菜市场占道经营"]
        (issue,) = issues.find(texts, times=days(5))
        assert (issue.people, issue.copies, issue.members.tolist()) == (1, 2, [0, 1, 2])

    def test_most_people_come_first_however_many_texts_one_writes(self):
        texts = ["翠湖花园门口的路灯坏了很久"] * 6 + [
            text.format("丽景新城") for text in COMPLAINTS["搅拌站"]
        ]  # fmt: skip
        found = issues.find(texts, times=days(9), authors=["x"] * 6 + ["a", "b", "c"])
        assert [issue.people for issue in found] == [3, 1]

    def test_heat_falls_with_age_and_grows_with_support(self):
        texts = [text.format("丽景新城") for text in COMPLAINTS["搅拌站"]]
        fresh, old, backed = (
            issues.find(texts, times=days(3), authors=range(3), now=now, support=support)[0]
            for now, support in (
                ("2026-03-03", None),
                ("2026-06-03", None),
                ("2026-03-03", [9, 0, 0]),
            )
        )
        assert old.heat < fresh.heat < backed.heat
        assert 0 < fresh.heat <= fresh.people
        assert backed.support == 9

    def test_what_comes_after_now_is_not_known(self):
        texts, _ = city()
        when = days(len(texts))
        early = issues.find(texts[:30], times=when[:30], top=99)
        late = issues.find(texts, times=when, now=when[29], top=99)
        assert [(i.title, i.members.tolist()) for i in late] == [
            (i.title, i.members.tolist()) for i in early
        ]

    def test_given_places_are_shown(self):
        texts = [text.format("丽景新城") for text in COMPLAINTS["搅拌站"]]
        found = issues.find(texts, times=days(3), places=["东城", None, "东城"])
        assert found[0].places == ("东城",)
        assert issues.find(texts, times=days(3))[0].places == ("丽景新城",)

    def test_a_title_is_what_somebody_wrote(self):
        texts, _ = city()
        for issue in issues.find(texts, times=days(len(texts)), top=99):
            assert any(issue.title in texts[member] for member in issue.members)


class TestNoise:
    def test_unrelated_texts_make_no_issue(self):
        """Random characters: any link would be a false alarm."""
        rng = np.random.default_rng(5)
        signs = [chr(c) for c in range(0x4E00, 0x4E00 + 3000)]
        texts = ["".join(rng.choice(signs, 40)) for _ in range(600)]
        assert issues.find(texts, times=days(600), top=99) == []

    def test_one_problem_at_many_places_is_no_issue(self):
        """A theme: the same complaint, everywhere else."""
        texts, _ = city(voices=1)
        assert issues.find(texts, times=days(len(texts)), authors=range(len(texts)), top=99) == []


class TestWatch:
    def test_the_first_question_answers_as_find_does(self):
        texts, _ = city()
        watch, when = issues.Watch(), days(len(texts))
        for text, time in zip(texts, when, strict=True):
            watch.add(text, time=time)
        plain = issues.find(texts, times=when, top=99)
        assert [(i.title, i.heat) for i in watch.issues(top=99)] == [
            (i.title, i.heat) for i in plain
        ]

    def test_asking_all_along_comes_near_to_find(self):
        texts, _ = city()
        order = np.random.default_rng(1).permutation(len(texts))
        watch, when = issues.Watch(), days(len(texts))
        for k, i in enumerate(order):
            assert watch.add(texts[i], time=when[k], author=int(i)) == k
            watch.issues(top=3)
        plain = issues.find([texts[i] for i in order], times=when, authors=order.tolist(), top=99)
        near = partition(watch.issues(top=99), len(texts))
        assert b_cubed(near, dict(enumerate(partition(plain, len(texts))))) > 0.9

    def test_what_is_forgotten_is_gone_and_numbers_stay(self):
        texts, _ = city()
        watch, when = issues.Watch(), days(len(texts))
        for text, time in zip(texts, when, strict=True):
            watch.add(text, time=time)
        watch.issues()
        assert watch.forget(when[36]) == 36
        assert len(watch) == len(texts) - 36
        assert watch.add(texts[0], time=when[-1]) == len(texts)
        assert min(int(i.members.min()) for i in watch.issues(top=99)) >= 36

    def test_nothing_yet(self):
        watch = issues.Watch()
        assert watch.issues() == []
        watch.add("西湖路路灯不亮", time="2026-03-01")
        assert watch.issues() == []
        assert watch.forget("2027-01-01") == 1


class TestParts:
    def test_linkage_is_average_linkage(self):
        """Against SciPy, on dense likeness without ties."""
        rng = np.random.default_rng(2)
        for n in (2, 5, 30):
            like = rng.random((n, n))
            like = (like + like.T) / 2
            np.fill_diagonal(like, 1)
            first, second = np.triu_indices(n, 1)
            for least in (0.3, 0.5, 0.7):
                ours = average_linkage(n, first, second, like[first, second], least=least)
                tree = linkage(squareform(1 - like, checks=False), "average")
                theirs = fcluster(tree, 1 - least, "distance")
                assert len(set(zip(ours.tolist(), theirs.tolist(), strict=True))) == len(
                    set(ours.tolist())
                )
                assert len(set(ours.tolist())) == len(set(theirs.tolist()))

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("反映丽景新城小区旁边建搅拌站", "丽景新城"),
            ("请问城东区凤翔路什么时候能通车", "凤翔路"),
            ("投诉某某市金桂苑物业乱收费", "金桂苑"),
            ("希望地铁12号线尽快开工", "地铁12号线"),
        ],
    )
    def test_names_are_found_by_their_endings(self, text, name):
        found = names.Lexicon([text, text]).find(text, "")
        assert any(name in held for held in found.head)

    def test_names_of_one_place_may_be_misspelt(self):
        assert names.alike("星沙中茂城", "星沙中贸城")
        assert not names.alike("丽景新城", "翠湖花园")

    @pytest.mark.parametrize(
        ("text", "head"),
        [
            ("路灯不亮\n西湖路的路灯坏了", "路灯不亮"),
            ("尊敬的领导：您好！西湖路的路灯坏了三个月。请修。", "西湖路的路灯坏了三个月"),
            ("", ""),
            ("。。。", "。。。"),
        ],
    )
    def test_the_head_is_the_title_or_the_first_sentence(self, text, head):
        assert reading.read(text).headline == head


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"texts": []}, "texts is empty"),
            ({"texts": "路灯"}, "one text"),
            ({"texts": ["路灯", None]}, r"texts\[1\] is NoneType"),
            ({"times": ["2026-03-01"]}, "times are 1 for 2"),
            ({"times": ["2026-03-01", "NaT"]}, r"none at \[1\]"),
            ({"times": ["2026-03-01", "soon"]}, "not times"),
            ({"authors": ["a"]}, "authors are 1 for 2"),
            ({"places": ["a"]}, "places are 1 for 2"),
            ({"support": [1]}, "support has 1"),
            ({"support": [1, -1]}, r"negative at \[1\]"),
            ({"support": [1, np.nan]}, "not a number"),
            ({"top": 0}, "at least 1"),
            ({"now": "later"}, "now is 'later'"),
        ],
    )
    def test_says_what_is_wrong(self, change, words):
        given = {"texts": ["路灯不亮", "路灯坏了"], "times": ["2026-03-01", "2026-03-02"], **change}
        with pytest.raises(BadInput, match=words):
            issues.find(given.pop("texts"), **given)

    def test_too_little_is_a_finding(self):
        assert issues.find(["路灯不亮"], times=["2026-03-01"]) == []
        assert issues.find(["", ""], times=["2026-03-01", "2026-03-02"]) == []
        assert issues.find(["路灯", "路灯"], times=["2026-03-01"] * 2, now="2020-01-01") == []

    def test_missing_places_of_a_table_are_none(self):
        texts, gap = ["丽景新城旁搅拌站噪音扰民"] * 2, [float("nan")] * 2
        issue = issues.find(texts, times=["2026-03-01"] * 2, places=gap, authors=gap)[0]
        assert all(isinstance(place, str) and place != "nan" for place in issue.places)

    def test_a_watch_refuses_the_same(self):
        watch = issues.Watch()
        for bad in (
            {"time": "soon"},
            {"time": "2026-03-01", "support": -1},
            {"time": "2026-03-01", "author": ["a"]},
        ):
            with pytest.raises(BadInput):
                watch.add("路灯不亮", **bad)
        with pytest.raises(BadInput):
            watch.add(None, time="2026-03-01")
        assert len(watch) == 0


class TestRealMessages:
    def test_issues_are_those_judged_by_hand(self, messages, found):
        judged = json.loads(JUDGED.read_text("utf-8"))
        place = {number: at for at, number in enumerate(messages["ids"])}
        groups = partition(found, len(messages["ids"]))
        labels = {}
        for k, issue in enumerate(judged["issues"]):
            labels |= {place[number]: k for number in issue["members"]}
        labels |= {place[number]: -1 - k for k, number in enumerate(judged["apart"])}
        assert b_cubed(groups, labels) > 0.87
        assert b_cubed(groups, labels, within=labels) > 0.88

    def test_the_two_great_issues_lead_and_copies_with_another_place_stay_apart(
        self, messages, found
    ):
        assert [issue.people > 45 for issue in found[:3]] == [True, True, False]
        names = [issue.places[0] for issue in found[:2]]
        assert names == ["丽发新城", "伊景园滨河苑"]
        for issue in found:  # two estates that somebody's copies name in turn
            heads = " ".join(messages["texts"][m].split("\n")[0] for m in issue.members)
            assert not ("魅力之城" in heads and "润芳园" in heads)

    def test_people_are_distinct_authors(self, messages, found):
        for issue in found[:50]:
            assert issue.people == len({messages["authors"][m] for m in issue.members})
        assert all(a.people >= b.people for a, b in itertools.pairwise(found))

    def test_titles_are_whole_sentences(self, found):
        for issue in found[:50]:
            assert 6 <= len(issue.title) <= 45
            assert not re.search(r"^[，。！？、]|[，。！、]$", issue.title)

    def test_text_by_text_comes_near_to_all_at_once(self, messages):
        """A quarter of the messages, with a question after each hundred."""
        order = np.argsort(messages["times"], kind="stable")[:1100]
        watch = issues.Watch()
        for k, i in enumerate(order.tolist()):
            watch.add(
                messages["texts"][i], time=messages["times"][i], author=messages["authors"][i]
            )
            if k % 100 == 49:
                watch.issues()
        whole = issues.find(
            [messages["texts"][i] for i in order], times=messages["times"][order],
            authors=[messages["authors"][i] for i in order], top=9999,
        )  # fmt: skip
        ours = partition(watch.issues(top=9999), len(order))
        theirs = partition(whole, len(order))
        grouped = {i: g for i, g in enumerate(theirs) if theirs.count(g) > 1}
        assert b_cubed(ours, grouped) > 0.95
