"""The past lived through again: by the rounds' own rules, without hindsight, and few warnings of noise."""

import csv
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from worlds import UNTIL, frame, planted, quiet

from builders import BRIDGE, user
from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput, NotAllowed, NotFound
from xianban.city.api import Detector, Prevention, bare_city
from xianban.foresee.api import Columns
from xianban.ledger.models import Act
from xianban.prevention import api
from xianban.prevention.models import Warning
from xianban.prevention.rules.replaying import live_through, shuffled
from xianban.prevention.rules.verdicts import AFTER_DAYS, charted, verdict_of

COLUMNS = Columns("when", area="street", category="about", text=("said",), author="who", id="no")
DAILY = Prevention(detectors=(Detector("daily_rise", "单日异常上升", "daily", fdr=0.005),))
BURST = date(2026, 7, 10)
WORDS = [
    "门口",
    "晚上",
    "孩子",
    "老人",
    "下雨",
    "电话",
    "已经",
    "希望",
    "马上",
    "每天",
    "车辆",
    "安全",
    "投诉",
    "居民",
    "多次",
    "严重",
]


def written(path, *, days=190, burst=40):
    """Three streets, and in one of them many people about rubbish from the burst on, for ten days."""
    rng = np.random.default_rng(8)
    rows = []
    for day in range(days):
        at = date(2026, 2, 1) + timedelta(days=day)
        for street in ("湖街", "磨坊街", "高街"):
            for about in ("垃圾", "路灯"):
                more = burst // 10 + 2 if street == "磨坊街" and about == "垃圾" and 0 <= (at - BURST).days < 10 else 0  # fmt: skip
                rows += [(at, street, about)] * int(rng.poisson(1.0) + more)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("no", "when", "street", "about", "said", "who"))
        for n, (at, street, about) in enumerate(rows):
            secret = "找王小明" if n % 300 == 0 else ""
            words = "，".join(rng.permutation(WORDS)[:6])
            out.writerow((n, f"{at} 09:{n % 60:02}", street, about, f"{words}，{about}没有人管{secret}", f"u{n}"))  # fmt: skip
    return path


@pytest.fixture
def source(tmp_path):
    given = api.FileSource(written(tmp_path / "made.csv"), COLUMNS, timezone="Asia/Shanghai")
    return api.of_file(given, prevention=DAILY, k=10)


def lived(source, first, last, known=None):
    return live_through(
        source.city, source.terrain, known or source.known, first=first, last=last, detectors=source.detectors
    )  # fmt: skip


def told(done):
    return [
        (one.raised_day, one.title, one.when_raised.people, round(one.when_raised.harm, 6))
        for one in done.raised
    ]


def test_a_burst_would_have_been_raised_and_what_followed_bears_it_out(town, source):
    acts = Act.objects.count()
    key = api.replay(source, first=date(2026, 7, 1), now=UNTIL, control=False)
    seen = api.replay_seen(key, MACHINE, api.Asked(month="2026-07", verdict="yes"))
    assert seen.total == 1
    row, one, settings = api.replayed(key, seen.warnings[0].n, MACHINE)
    assert date(2026, 7, 11) <= one.raised_on <= date(2026, 7, 13)
    assert (one.area_name, one.matter_name) == ("磨坊街", "垃圾")
    assert one.title == "磨坊街 · 垃圾"
    assert row.title == "made.csv"
    assert settings["rule"]["after_days"] == AFTER_DAYS
    assert one.series["dates"][-1] == str(one.raised_on - timedelta(days=1))
    assert one.after["dates"][0] == str(one.raised_on)
    assert Act.objects.count() == acts
    assert not Warning.objects.exists()


def test_what_is_cut_off_the_future_changes_nothing_before(town, source):
    whole = lived(source, date(2026, 7, 1), date(2026, 7, 20))
    end = datetime(2026, 7, 14, tzinfo=UTC)
    early = source.whole.filter(pl.col("received") < end)
    cut = lived(source, date(2026, 7, 1), date(2026, 7, 14), lambda until: early.filter(pl.col("received") < until))  # fmt: skip
    assert told(cut)
    assert told(cut) == [one for one in told(whole) if one[0] <= date(2026, 7, 14)]


def test_days_shuffled_within_a_matter_give_few_warnings(town, source):
    dealt = shuffled(source.whole, source.terrain.matter_at[2], seed=1)
    assert dealt.height == source.whole.height
    assert sorted(dealt["received"]) == sorted(source.whole["received"])
    for matter in ("m0", "m1"):  # each matter keeps its days, each place its load
        for name in ("received", "area"):
            assert sorted(dealt.filter(matter=matter)[name]) == sorted(source.whole.filter(matter=matter)[name])  # fmt: skip
    noise = lived(source, date(2026, 5, 1), date(2026, 6, 30), lambda until: dealt.filter(pl.col("received") < until))  # fmt: skip
    assert len(noise.raised) <= 2


def test_a_replay_raises_what_the_rounds_would_have_raised(rounds, town):
    """The same rows, round by round in the database and all at once in memory: the same warnings."""
    rows = quiet(days=70) + planted(30, days=3) + planted(20, matter="03", days=1)
    detectors = tuple(d for d in town.prevention.detectors if d.method != "risk")
    first = (UNTIL - timedelta(days=5)).date() + timedelta(days=1)
    for n in range(6):
        until = UNTIL - timedelta(days=5 - n)
        known = [row for row in rows if row[0] < until]
        for kind in ("nightly", "hourly"):
            rounds(known, kind=kind, until=until)
    whole = frame(rows)
    terrain = api.terrain_of(town)

    def known_at(until):
        return whole.filter(pl.col("received") < until)

    done = live_through(town, terrain, known_at, first=first, last=first + timedelta(days=5), detectors=detectors)  # fmt: skip
    kept = (
        Warning.objects.filter(shown="raised").exclude(method="risk").order_by("raised_day", "id")
    )
    theirs = sorted((w.raised_day, w.detector, w.title, w.most_people, w.course) for w in kept)
    ours = sorted((w.raised_day, w.detector, w.title, w.most_people, w.course) for w in done.raised)
    assert ours
    assert ours == theirs


def test_only_words_that_enough_people_used_are_kept(town, source):
    key = api.replay(source, first=date(2026, 7, 1), now=UNTIL, control=False)
    said = str(api.replay_as_plain(key, MACHINE))
    assert "没有人管" in said
    assert "王小明" not in said


def test_another_citys_file_is_for_those_who_see_the_whole(town, source):
    key = api.replay(source, first=date(2026, 7, 5), last=date(2026, 7, 15), now=UNTIL, control=False)  # fmt: skip
    whole = user("analyst")
    part = user("supervisor", area=BRIDGE)
    assert [row.id for row in api.replays(whole)] == [key]
    assert api.replay_seen(key, whole).total == api.replays(whole)[0].raised >= 1
    assert api.replays(part) == ()
    for ask in (lambda: api.replay_seen(key, part), lambda: api.replayed(key, 1, part), lambda: api.replay_seen(key + 1, whole)):  # fmt: skip
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(NotAllowed):
        api.replays(user("agent"))
    api.forget_replay(key)
    assert api.replays(whole) == ()
    with pytest.raises(NotFound):
        api.forget_replay(key)


def test_days_that_make_no_sense_are_refused(town, source):
    for first, last in ((date(2026, 7, 9), date(2026, 7, 1)), (date(2020, 1, 1), None), (None, date(2030, 1, 1))):  # fmt: skip
        with pytest.raises(BadInput):
            api.replay(source, first=first, last=last, now=UNTIL)


def test_a_zone_and_a_pattern_are_checked(town, tmp_path):
    path = written(tmp_path / "made.csv", days=20)
    for given in (
        api.FileSource(path, COLUMNS, timezone="Nowhere/At"),
        api.FileSource(path, Columns("when", text=("said",)), area_in_text="(街"),
    ):
        with pytest.raises(BadInput):
            api.of_file(given, k=10)


def test_own_history_is_replayed_within_ones_reach(town):
    """Rows of the city's own areas carry its levels: whoever sees a street sees that street's."""
    from xianban.prevention.actions.replay_sources import Source

    rows = quiet() + planted(30, days=3)
    whole = frame(rows)
    own = Source(
        name=town.name, own=True, city=town, terrain=api.terrain_of(town),
        known=lambda until: whole.filter(pl.col("received") < until), whole=whole,
        first=(UNTIL - timedelta(days=199)).date(), last=UNTIL.date(), detectors=DAILY.detectors,
    )  # fmt: skip
    key = api.replay(own, first=UNTIL.date() - timedelta(days=8), now=UNTIL, control=True)
    everybody = api.replay_seen(key, user("analyst"))
    here = api.replay_seen(key, user("supervisor", area=BRIDGE))
    assert everybody.total >= here.total >= 1
    assert {one.street for one in here.warnings} == {BRIDGE}
    assert everybody.control["days"] == everybody.row.days
    assert sum(everybody.control["detectors"].values()) == everybody.control["raised"]
    assert sum(one.newest for one in everybody.detectors) == everybody.total


SERIES_FIRST = date(2025, 1, 1)


@pytest.mark.parametrize(
    ("after", "yes"),
    [(2, False), (6, True), (0, False)],
)
def test_a_warning_is_borne_out_by_what_follows_alone(after, yes):
    counts = np.full(200, 2)
    counts[100:114] = after
    counts[95:100] = 20  # what led to the warning does not count
    raised = SERIES_FIRST + timedelta(days=100)
    said = verdict_of(counts, SERIES_FIRST, since=raised - timedelta(days=5), raised=raised, ended=None)  # fmt: skip
    assert said.came == 14 * after
    assert said.usual == pytest.approx(28)
    assert said.borne_out is yes
    assert said.by_chance is not None


def test_the_same_weeks_a_year_ago_are_usual_too():
    counts = np.full(500, 2)
    counts[20:70] = 9  # every year at this time
    counts[384:434] = 9
    raised = SERIES_FIRST + timedelta(days=400)
    said = verdict_of(counts, SERIES_FIRST, since=raised, raised=raised, ended=None)
    assert said.usual == pytest.approx(126)
    assert said.borne_out is False


def test_where_the_days_after_are_not_over_nothing_is_said():
    counts = np.full(110, 2)
    raised = SERIES_FIRST + timedelta(days=100)
    said = verdict_of(counts, SERIES_FIRST, since=raised, raised=raised, ended=None)
    assert said.borne_out is None
    assert len(charted(counts, SERIES_FIRST, raised=raised, usual=said.usual)["dates"]) == 10


def test_on_noise_the_verdict_is_seldom_yes():
    rng = np.random.default_rng(5)
    chances = [
        verdict_of(rng.poisson(2.0, 400), SERIES_FIRST, since=raised, raised=raised, ended=None).by_chance
        for raised in [SERIES_FIRST + timedelta(days=200)] * 20
    ]  # fmt: skip
    assert np.mean(chances) < 0.05


def test_a_bare_city_knows_places_and_matters_and_nobody_who_acts():
    city = bare_city("x", areas=[], matters=[("m", "all", ""), ("m0", "lamps", "m")], prevention=DAILY)  # fmt: skip
    assert city.matter_line("m0") == ("m", "m0")
    assert city.prevention.detectors == DAILY.detectors
    assert city.duty_for("m0", "a", on=BURST) is None


@pytest.mark.slow
def test_on_real_messages_two_issues_of_2019_are_raised_before_most_wrote(town, data):
    """The forced parking spaces, raised on 3 August with most of the messages still to come."""
    given = api.FileSource(
        data / "messages" / "messages.xlsx",
        Columns("留言时间", text=("留言主题", "留言详情"), author="留言用户", id="留言编号"),
        area_in_text=r"A\d+[市区县]",
        timezone="Asia/Shanghai",
    )
    hot = Prevention(detectors=tuple(d for d in Prevention().detectors if d.method == "issue"))
    messages = api.of_file(given, prevention=hot, k=10)
    key = api.replay(messages, first=date(2019, 7, 28), last=date(2019, 9, 15), now=UNTIL, control=False)  # fmt: skip
    first = api.replay_seen(key, MACHINE).issues[0]
    assert first["raised_on"] == "2019-08-03"
    assert first["after"] > first["before"]


@pytest.mark.slow
def test_on_real_complaints_a_month_stays_within_the_budget(town, data):
    """Chicago, August 2012: the rise of the 18th in one area, and never more than five on a day."""
    given = api.FileSource(
        data / "requests311" / "chicago_sanitation_2011_2013.csv.gz",
        Columns("Creation_Date", "Community_Area", "Latitude", "Longitude", "What_is_the_Nature_of_this_Code_Violation", id="Service_Request_Number", closed="Completion_Date"),
        timezone="America/Chicago",
    )  # fmt: skip
    plain = Prevention(detectors=tuple(d for d in Prevention().detectors if d.method in ("daily", "cluster")))  # fmt: skip
    complaints = api.of_file(given, prevention=plain, k=10)
    key = api.replay(complaints, first=date(2012, 8, 10), last=date(2012, 8, 28), now=UNTIL, control=False)  # fmt: skip
    seen = api.replay_seen(key, MACHINE)
    assert 1 <= seen.sums.busiest_day <= 5
    assert any(one.raised_on == date(2012, 8, 18) and one.borne_out for one in seen.warnings)
