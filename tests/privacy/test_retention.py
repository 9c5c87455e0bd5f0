"""What is kept no longer: foretold to the number, held where it must be, and gone in small steps."""

import json
from datetime import timedelta

from click.testing import CliRunner

from builders import monday
from privacy.told import end, photograph, tell
from xianban.accounts.api import MACHINE
from xianban.city.api import current, forget, load
from xianban.config.cli import cli
from xianban.ledger.api import history, verify
from xianban.privacy import api
from xianban.privacy.actions import sweeping
from xianban.residents.api import masked

DAY = timedelta(days=1)
PACK = 'name = "Testburg"\ntimezone = "Asia/Shanghai"\n'


def switch_on(folder, more=""):
    (folder / "city.toml").write_text(f"{PACK}[retention]\nrun = true\n{more}", encoding="utf-8")
    load(folder, now=monday(8))
    forget()


def seen(now):
    api.count_anew(now=now)
    return {one.name: one for one in api.outlook(MACHINE).classes}


def several(n=3):
    """Cases of different people, ended on Monday at ten."""
    found = []
    for i in range(n):
        said, _ = tell(phone=f"1390000000{i}", email="", text=f"第{i}件", files=(photograph(),))
        end(said.case_id, now=monday(10), person=said.person)
        found.append(said)
    return found


def test_the_outlook_says_what_goes_when(town):
    several()
    open_one, _ = tell(phone="13911110000", email="")
    months = {name: one.months for name, one in seen(monday(12)).items()}
    assert months == {
        "typed": {"2027-05": 3},
        "files": {"2027-11": 3},
        "contact": {"2028-11": 3},
        "words": {"2029-11": 3},
    }
    later = seen(monday(10) + 184 * DAY)
    assert later["typed"].months == {"now": 3}
    assert len(later["typed"].samples) == 3
    assert not masked([open_one.person])[open_one.person].erased


def test_nothing_goes_until_the_pack_says_so(town):
    (said, *_) = several()
    assert api.sweep(now=monday(10) + 4000 * DAY).gone == {}
    assert not masked([said.person])[said.person].erased
    refused = CliRunner().invoke(cli, ["retention", "run"])
    assert "run = true" in str(refused.exception)


def test_each_class_goes_in_its_time(town, tmp_path):
    people = [said.person for said in several()]
    switch_on(tmp_path / "town")
    end_at = monday(10)
    assert api.sweep(now=end_at + 182 * DAY).gone == {}
    gone = [api.sweep(now=end_at + days * DAY).gone for days in (184, 366, 731, 1096)]
    none = {"typed": 0, "files": 0, "words": 0, "contact": 0}
    assert gone == [
        {**none, "typed": 3},
        {**none, "files": 3},
        {**none, "contact": 3},
        {**none, "words": 3},
    ]
    assert all(one.erased for one in masked(people).values())
    acts = history(f"retention:{end_at + 184 * DAY:%Y-%m-%d}")
    assert [sorted(act.payload["cases"]) for act in acts] == [["typed"]]
    assert verify().broken is None
    assert {name: one.months for name, one in seen(end_at + 1100 * DAY).items()} == {
        name: {} for name in none
    }


def test_what_is_held_stays(town, tmp_path):
    said, _ = tell()
    end(said.case_id, now=monday(10), person=said.person)
    again, _ = tell(now=monday(11), text="又漏了")  # the same person, and open
    assert again.person == said.person
    switch_on(tmp_path / "town")
    late = monday(10) + 2000 * DAY
    assert seen(late)["contact"].held == {"open": 1}
    api.sweep(now=late)
    assert not masked([said.person])[said.person].erased


def test_exceptions_and_the_days_of_reopening(town, tmp_path):
    several(1)
    switch_on(
        tmp_path / "town",
        "typed_days = 1\n[[retention.exceptions]]\nurgency = 'urgent'\nfiles_days = 40\n"
        "[[retention.exceptions]]\nkind = 'report'\nfiles_days = 50\n",
    )
    assert seen(monday(12))["typed"].months == {"2026-12": 1}  # not before it may be reopened
    keeping = current().keeping
    assert keeping.days_for("files", urgency="urgent", kind="help") == 40
    assert keeping.days_for("files", urgency="normal", kind="report") == 50
    assert keeping.days_for("files", urgency="normal", kind="help") == 365


def test_broken_off_it_goes_on(town, tmp_path, monkeypatch):
    several(5)
    switch_on(tmp_path / "town")
    monkeypatch.setattr(sweeping, "BATCH", 2)
    late = monday(10) + 184 * DAY
    rounds = []
    while not rounds or not rounds[-1].done:
        rounds.append(api.sweep(now=late, limit=1))
    assert [one.gone["typed"] for one in rounds[:3]] == [2, 2, 1]
    assert api.sweep(now=late + timedelta(hours=1)).gone == {}  # once a day is enough


def test_the_command_foretells(town):
    several(1)
    told = CliRunner().invoke(cli, ["retention", "preview", "--json"], catch_exceptions=False)
    found = json.loads(told.output)
    assert found["run"] is False
    assert sum(found["classes"]["contact"]["months"].values()) == 1


def test_a_count_is_asked_for_and_done_by_the_worker(town):
    now = monday(9)
    assert api.count_due(now=now)  # never counted
    api.count_anew(now=now)
    assert not api.count_due(now=now)
    api.ask_count(now=now)
    api.ask_count(now=now)
    assert api.counting().share is None
    assert api.count_due(now=now)
    seen = []
    api.count_anew(now=now, progress=lambda upto: seen.append(api.counting().share))
    assert api.counting() is None
    assert not api.count_due(now=now)
    assert api.count_due(now=now + timedelta(hours=25))
