"""The town with two districts (or two streets of one district) full of recognisable words: each thing bears a mark of whose and what it is.

`eastzznote` is a note of the east. Whatever shows a mark shows whose words it shows; what is in the
one district must never be seen from the other. The same is planted on both sides.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

from builders import (
    AREAS,
    BRIDGE,
    CITY,
    EAST,
    GRID,
    HARBOUR,
    QUAY_GRID,
    SHEETS,
    WEST,
    load_town,
    make_case,
    monday,
    user,
)
from files import samples
from prevention.worlds import UNTIL, frame, planted, quiet
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, actor_named, add_users
from xianban.appraisal import api as appraisal
from xianban.casework import api as casework
from xianban.casework.api import Deed, Opened, live_through, perform
from xianban.city.api import current
from xianban.command import api as command
from xianban.dispatch import api as dispatch
from xianban.files import api as files
from xianban.intake import api as intake
from xianban.ledger import api as ledger
from xianban.notices import api as notices
from xianban.prevention import api as prevention
from xianban.prevention.models import Measure, Order, Replay, Replayed, Warning
from xianban.privacy import api as privacy
from xianban.privacy.queries import code_of
from xianban.residents import api as residents

NOW = monday(10) + timedelta(days=3)  # Thursday 2026-11-05, 10:00 in the town
SEPTEMBER = datetime(2026, 9, 1, 1, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 12, 1, tzinfo=UTC)
UNSURE = {"doubt": "low", "matter": "0202", "probability": 0.4, "confident": False}
MARK = re.compile(r"(east|west)zz([a-z]+)")


@dataclass
class Side:
    """One of the two districts, what was planted in it, and the way to each: route words by name."""

    name: str
    area: str
    street: str
    grid: str
    lat: float
    lon: float
    people: dict[str, int] = field(default_factory=dict)  # role: key
    ways: dict[str, list[dict]] = field(default_factory=dict)  # kind of thing: words of its address
    numbers: set[str] = field(default_factory=set)  # of its cases
    phone: str = ""

    @property
    def unit(self):
        return f"street-{self.name}"

    def mark(self, what):
        return f"{self.name}zz{what}"

    def actor(self, role):
        return actor_named(f"{role}_{self.name}")

    def way(self, kind, /, **words):
        self.ways.setdefault(kind, []).append(words)


def plant(folder, *, apart="districts"):
    """Load the town, fill both sides, and tie them together where cases can be tied.

    The sides are its two districts; or its two streets, both in the eastern district, where `apart` says so.
    """
    if apart == "streets":
        moved = [(*row[:3], EAST) if row[0] == HARBOUR else row for row in AREAS]
        columns, _rows = SHEETS["areas.csv"]
        with patch.dict(SHEETS, {"areas.csv": (columns, moved)}):
            load_town(folder, drawn=True)
    else:
        load_town(folder, drawn=True)
    areas = (EAST, WEST) if apart == "districts" else (BRIDGE, HARBOUR)
    sides = (
        Side("east", areas[0], BRIDGE, GRID, 31.2, 121.4, phone="13811110001"),
        Side("west", areas[1], HARBOUR, QUAY_GRID, 31.2, 121.2, phone="13922220002"),
    )
    for side in sides:
        _people(side)
        _cases(side)
        _lives(side)
    _tied(*sides)
    _warnings(*sides)
    _replays(*sides)
    _appraised(*sides)
    for side in sides:
        _commanded(side)
        _kept(side)
    command.keep_figures(now=NOW)
    ledger.send_due(now=NOW, send=lambda notice: notices.sort(notice, now=NOW))
    for side in sides:
        _inboxes(side)
    return {side.name: side for side in (*sides, _of_the_city())}


def _of_the_city():
    """Somebody with each role in the whole city, somebody with none, and a handler of a third unit."""
    side = Side("city", CITY, CITY, CITY, 31.2, 121.3)
    roles = [role for role in Role if role is not Role.RESIDENT]
    grants = {role.value: (Granted(role),) for role in roles} | {"newcomer": ()}
    grants["stranger"] = (
        Granted(Role.HANDLER, "", "water"),
    )  # of a unit that has to do with neither side
    new = [NewUser(f"{name}_city", name=name, password="bridge-over-water-7", grants=held) for name, held in grants.items()]  # fmt: skip
    side.people = dict(zip(grants, add_users(new, acting=MACHINE, now=monday(8)), strict=True))
    return side


def _people(side):
    roles = [role for role in Role if role is not Role.RESIDENT]
    new = [
        NewUser(
            f"{role}_{side.name}",
            name=f"{side.mark('name')} {role}",
            password="bridge-over-water-7",
            grants=(Granted(role, "" if role == "handler" else side.area, side.unit if role == "handler" else ""),),
        )
        for role in roles
    ]  # fmt: skip
    new.append(
        NewUser(
            f"neighbour_{side.name}",
            name=f"{side.mark('name')} neighbour",
            password="bridge-over-water-7",
            grants=(Granted(Role.SUPERVISOR, side.area),),
        )
    )
    keys = add_users(new, acting=MACHINE, now=monday(8))
    side.people = dict(zip([*roles, "neighbour"], keys, strict=True))
    for key in keys:
        side.way("staff", key=key)


def _opened(side, made):
    side.numbers.add(made.number)
    side.way("case", number=made.number)
    return made


def _cases(side):
    """A case in each state that shows something, told by everybody who may tell something."""
    handler, desk = side.actor("handler"), side.actor("supervisor")
    reported = _reported(side)

    def act(case, verb, acting, at, **said):
        perform(case.case_id, verb, acting=acting, now=monday(at), data=said)

    act(reported, "sign", handler, 10)
    act(reported, "contact", handler, 10.5, contacted=True, text=side.mark("spoken"))
    act(reported, "start", handler, 10.6)
    held = files.keep(samples.photograph(colour=(1, 2, len(side.numbers))), name=f"{side.mark('photo')}.jpg", now=monday(11))  # fmt: skip
    perform(reported.case_id, "note", acting=handler, now=monday(11), data={"text": side.mark("note")}, bringing=files.Bringing((held,)))  # fmt: skip
    act(reported, "invite", handler, 12, unit="police", ask=side.mark("ask"))
    act(reported, "answer_task", user("handler", unit="police"), 13, task=1, text=side.mark("helped"))  # fmt: skip
    act(reported, "request_suspension", handler, 14, evidence=side.mark("evidence"), text=side.mark("why"))  # fmt: skip
    side.reported = reported

    unsure = _opened(side, make_case(assignment=None, proposal=UNSURE, area=side.grid, text=side.mark("unsure"), title=side.mark("unsure"), place=side.mark("place")))  # fmt: skip
    side.unsure = unsure
    act(unsure, "consult", desk, 11, question=side.mark("question"), units=[side.unit, "police"], limit="8h")  # fmt: skip
    act(unsure, "opine", handler, 12, task=1, stance="part", text=side.mark("opinion"), basis=side.mark("basis"))  # fmt: skip

    returned = _opened(side, make_case(area=side.grid, text=side.mark("returned")))
    act(returned, "object", handler, 9.5, reason="not_our_duty", text=side.mark("objection"))
    side.returned = returned

    late = _opened(side, make_case(area=side.grid, text=side.mark("late"), supporters=3))
    act(late, "sign", handler, 10)
    act(late, "report", handler, 11, text=side.mark("answer"))
    act(late, "follow_up", side.actor("agent"), 12, contacted=True, solved=False, satisfaction="dissatisfied", text=side.mark("heard"))  # fmt: skip
    side.late = late

    alone = _opened(side, make_case(area=side.grid, text=side.mark("alone"), title=side.mark("alone")))  # fmt: skip
    act(alone, "assign", handler, 9.5, person=str(handler.id), text=side.mark("assigned"))
    side.alone = alone


def _reported(side):
    """A resident's own report, with a photograph, and what they asked about their data."""
    held = files.keep(samples.photograph(colour=(9, 9, len(side.name) + ord(side.name[0]))), name=f"{side.mark('file')}.jpg", now=monday(9))  # fmt: skip
    said = intake.Submission(
        door="web",
        text=f"{side.mark('words')} rubbish lies about",
        key=f"key-{side.name}-0001",
        place=side.mark("place"),
        name=side.mark("contact"),
        phone=side.phone,
        email=f"{side.mark('contact')}@example.org",
        matter_hint="0202",
        area_hint=side.grid,
        files=(held,),
    )
    receipt = intake.receive(said, acting=MACHINE, now=monday(9))
    _opened(side, receipt)
    side.code = receipt.code
    side.way("story", number=receipt.number, code=receipt.code)
    asked = intake.request_by_code(receipt.number, receipt.code)
    side.person = asked.person
    side.way("reveal", number=receipt.number, person=asked.person)
    erase = privacy.ask(asked, "erase", now=monday(9))
    privacy.confirm(erase, asked, code_of(erase), now=monday(9))
    copy = privacy.ask(asked, "copy", now=monday(9))
    side.way("right", key=erase)
    side.way("asked", number=receipt.number, code=receipt.code, key=copy)
    number = intake.subscribe(area=side.street, phone=side.phone, now=monday(9))
    side.way("subscription", number=number, code=intake.subscription_code(number))
    residents.reveal(asked.person, purpose="call_back", reason=side.mark("purpose"), acting=side.actor("handler"), now=monday(9), subject=f"case:{receipt.case_id}")  # fmt: skip
    return receipt


def _lives(side):
    """Cases that were lived through in September and October, so that there is something to appraise."""
    deeds = []
    for n, start in enumerate((SEPTEMBER, SEPTEMBER + timedelta(days=3), OCTOBER, OCTOBER + timedelta(days=2))):  # fmt: skip
        made = _opened(side, make_case(area=side.grid, now=start, text=side.mark("old"), title=side.mark("old")))  # fmt: skip
        handler, agent = side.actor("handler"), side.actor("agent")
        for verb, who, hours, data in (
            ("sign", handler, 1, {}),
            ("contact", handler, 2, {"contacted": True}),
            ("report", handler, 3, {"text": side.mark("answer")}),
            ("follow_up", agent, 5, {"contacted": True, "solved": True, "satisfaction": "satisfied"}),
        ):  # fmt: skip
            deeds.append(Deed(made.case_id, verb, who, start + timedelta(hours=hours), data))
        side.old = [*getattr(side, "old", []), made]
        assert n < 4
    done = live_through(deeds)
    assert not done.refused, done.refused[:2]


def _tied(east, west):
    """Cases of the one side that have to do with those of the other."""
    desk = user("dispatcher", id=1)
    for here, there in ((east, west), (west, east)):
        perform(here.reported.case_id, "link", acting=desk, now=monday(15), data={"other": there.reported.number, "kind": "related"})  # fmt: skip
        other = make_case(area=here.grid, text=here.mark("merged"), title=here.mark("merged"))
        _opened(here, other)
        perform(other.case_id, "merge", acting=desk, now=monday(15), data={"into": there.reported.number})  # fmt: skip
        perform(here.unsure.case_id, "link", acting=desk, now=monday(15), data={"other": there.returned.number, "kind": "similar"})  # fmt: skip


def _warnings(east, west):
    """The same finding on both sides, an older one that was acted upon and measured, and what was done."""
    rows = quiet() + [one for side in (east, west) for one in planted(area=side.grid)]
    ordered = sorted(rows, key=lambda row: row[0])
    cases = {}
    for side in (east, west):
        keys = [n for n, row in enumerate(ordered, 1) if row[1:3] == ("0202", side.grid)]
        cases |= {keys[-1]: side.late.case_id, keys[-2]: side.alone.case_id}
    past = prevention.past_of(frame(rows), until=UNTIL, terrain=prevention.terrain_of(current()))  # fmt: skip
    with patch("xianban.prevention.actions.rounds.cases_of_requests", lambda keys: {k: cases[k] for k in keys if k in cases}):  # fmt: skip
        prevention.record_round("nightly", past, now=UNTIL)
    for side in (east, west):
        found = Warning.objects.filter(matter="0202", shown="raised", street=side.street)
        row = found.order_by("pk").first()
        assert row, f"no warning in the {side.name}"
        Warning.objects.filter(pk=row.pk).update(title=side.mark("warning"), texts=[side.mark("quoted")])  # fmt: skip
        _ordered(side, row)
    for side in (east, west):
        _planned(side)


def _ordered(side, row):
    analyst, at = side.actor("analyst"), UNTIL + timedelta(hours=1)
    _older(side, row)
    prevention.study(row.pk, "confirm", note=side.mark("study"), acting=analyst, now=at)
    made = prevention.order(row.pk, measures=side.mark("measures"), authority=side.mark("authority"), legal_basis="§ 10", acting=analyst, now=at)  # fmt: skip
    case = casework.number_of(made.case)
    side.numbers.add(case)
    side.way("case", number=case)
    side.way("warning", key=row.pk)
    side.way("warning_case", number=case)
    perform(made.case, "sign", acting=side.actor("handler"), now=at)
    (summons,) = prevention.whistle(row.pk, units=["police"], ask=side.mark("whistle"), acting=side.actor("supervisor"), now=at)  # fmt: skip
    side.summons = summons
    side.ordered = made


def _older(side, row):
    """What was found two months before, was ordered, and helped."""
    old = Warning.objects.get(pk=row.pk)
    case = _opened(side, make_case(area=side.grid, now=SEPTEMBER, text=side.mark("older")))
    back = timedelta(days=60)
    old.pk, old.title, old.case = None, side.mark("older"), case.case_id
    old.first_at, old.last_at, old.since = row.first_at - back, row.last_at - back, row.since - back
    old.course, old.stand, old.outcome, old.texts = "ended", "ordered", "real", []
    old.save()
    order = Order.objects.create(warning=old, case=case.case_id, number=case.number, lead=side.unit, by="machine", at=old.first_at, limit="7d", measures=side.mark("worked"), authority=side.mark("authority"))  # fmt: skip
    Measure.objects.create(order=order, registered_at=old.first_at, plan={"weeks": 4, "controls": []}, state="done", weeks_seen=4, relative=-0.4, low=-0.6, high=-0.1, prevented=12.0, result={"relative": -0.4, "low": -0.6, "high": -0.1, "prevented": 12.0, "prevented_low": 3.0, "prevented_high": 20.0})  # fmt: skip


def _planned(side):
    acting = side.actor("analyst")
    topic = prevention.choose_topic(month="2026-11", matter="0202", area=side.area, title=side.mark("topic"), owner=side.unit, measures=[{"text": side.mark("step"), "unit": side.unit, "due": "2026-11-30"}], acting=acting, now=NOW)  # fmt: skip
    side.way("topic", key=topic)
    event = prevention.plan_event(name=side.mark("event"), area=side.area, starts=date(2026, 11, 1), ends=date(2026, 11, 20), note=side.mark("eventnote"), acting=acting, now=NOW)  # fmt: skip
    side.event = event
    side.way("area", code=side.area)
    side.way("area", code=side.street)


def _replays(east, west):
    """The city's whole history lived through again, and a file of each side: whose places are nobody's here."""
    own = _replay("own history", own=True)
    for n, side in enumerate((east, west), 1):
        _would_have_warned(
            own,
            n,
            side,
            district=current().area_at_level(side.street, "district"),
            street=side.street,
        )
        side.way("replay", key=own.pk)
        side.way("replayed", key=own.pk, n=n)
        of_file = _replay(side.mark("file"), own=False)
        _would_have_warned(of_file, 1, side)
        side.replay = of_file.pk


def _replay(title, *, own):
    days = {"first": date(2026, 10, 1), "last": date(2026, 10, 31)}
    issue = {"title": title, "area": title, "matter": "", "people": 3, "messages": 3, "first": "2026-10-02", "last": "2026-10-09", "raised_on": "", "warning": None, "before": 0, "after": 0, "most_in_window": 2, "texts": [title]}  # fmt: skip
    rule = {"after_days": 14, "before_days": 56, "grew": 1.2, "chance": 0.05}
    return Replay.objects.create(title=title, own=own, source=title, **days, made_at=NOW, seconds=1, requests=9, settings={"budget": 5, "detectors": [], "rule": rule, "k": 10}, totals={"days": 31, "raised": 2}, days=[["2026-10-05", 3, 2, 1, 0]], control={"days": 31, "raised": 1, "judged": 1, "borne_out": 0}, places=[["Mill", 31.2, 121.4], ["Quay", 31.2, 121.2]], issues=[issue])  # fmt: skip


def _would_have_warned(replay, n, side, **levels):
    day = date(2026, 10, 5)
    then = {"dates": ["2026-10-04", "2026-10-05"], "observed": [1, 9], "expected": [1.0, 1.0], "upper": [3.0, 3.0]}  # fmt: skip
    Replayed.objects.create(replay=replay, n=n, detector="daily_rise", detector_title="daily", method="daily", title=side.mark("lived"), matter="0202", matter_name="rubbish", area=side.grid, area_name=side.mark("livedarea"), area_names=[side.mark("livedarea")], since=day, raised_on=day, people=9, expected=1.0, most_people=9, confidence=0.9, p_value=0.001, harm=3.0, lat=side.lat, lon=side.lon, series=then, texts=[side.mark("livedtext")], came=8, usual=2.0, borne_out=True, lead_days=3, by_chance=0.05, after={"dates": ["2026-10-06"], "observed": [4], "usual": 1.0}, **levels)  # fmt: skip


def _appraised(*sides):
    for period in ("2026-09", "2026-10"):
        appraisal.reckon(period, now=NOW)
    appraisal.freeze("2026-09", acting=user("supervisor", id=2), now=NOW)
    for side in sides:
        handler = side.actor("handler")
        asked = {"unit": side.unit, "acting": handler, "now": NOW}
        key = appraisal.ask_exclusion("2026-10", side.old[2].case_id, ground="malicious", evidence=side.mark("exclusion"), **asked)  # fmt: skip
        side.way("asked_of_appraisal", kind="exclusion", key=key)
        key = appraisal.appeal("2026-09", side.old[0].case_id, ground="malicious", evidence=side.mark("appeal"), **asked)  # fmt: skip
        side.way("asked_of_appraisal", kind="appeal", key=key)
        for period in ("2026-09", "2026-10"):
            side.way("figure", period=period, by="unit", code=side.unit)
            side.way("figure", period=period, by="area", code=side.area)


def _commanded(side):
    """Pressed, convened, decided, given out; suggested to the duty list."""
    chief = side.actor("supervisor")
    command.press_cases([side.late.case_id], reason=side.mark("press"), answer_by=NOW + timedelta(hours=9), acting=chief, now=NOW)  # fmt: skip
    key = command.convene(title=side.mark("meeting"), agenda=side.mark("agenda"), starts_at=NOW + timedelta(hours=1), place=side.mark("room"), units=[side.unit], cases=[side.late.case_id], area=side.area, acting=chief, now=NOW)  # fmt: skip
    command.hold(key, minutes=side.mark("minutes"), decision=side.mark("decision"), acting=chief, now=NOW)  # fmt: skip
    command.set_task(key, text=side.mark("task"), unit=side.unit, due_at=NOW + timedelta(days=3), case_id=None, acting=chief, now=NOW)  # fmt: skip
    command.set_task(key, text=side.mark("casetask"), unit=side.unit, due_at=NOW + timedelta(days=3), case_id=side.late.case_id, acting=chief, now=NOW)  # fmt: skip
    command.report_task(key, 1, result=side.mark("result"), acting=side.actor("handler"), now=NOW)
    side.way("meeting", key=key)
    suggestion = dispatch.suggest(acting=chief, now=NOW, kind="gap", matter="0202", area=side.street, unit=side.unit, reason=side.mark("suggestion"), case_id=side.returned.case_id)  # fmt: skip
    side.way("suggestion", key=suggestion)


def _kept(side):
    """Named lists, one's own and shared; what somebody else in the same district keeps to themselves."""
    shared = casework.save_view(side.mark("shared"), {"tab": "late"}, acting=side.actor("handler"), shared_with=side.unit)  # fmt: skip
    own = casework.save_view(side.mark("private"), {"tab": "late"}, acting=side.actor("neighbour"))
    side.way("view", key=shared.key)
    side.way("view", key=own.key)
    for one in files.files_of(f"case:{side.reported.case_id}"):
        side.way("file", number=side.reported.number, key=one.key)
        side.way("story_file", number=side.reported.number, code=side.code, key=one.key)
    side.way("notices", token=notices.stop_token(side.person))


def nowhere():
    """A district that is not there: its things have addresses as all have, and do not exist."""
    gone = Opened(98_765, "20261102-98765", "received", "", NOW)
    side = Side(
        "nowhere", "990900", "990900001", "990900001001001", 31.2, 121.9, phone="13933330003"
    )
    side.reported = side.unsure = side.returned = side.late = side.alone = side.ordered = gone
    side.person, side.code, side.summons, side.event, side.old = 98_765, "ZZZZZZ", 98_765, 98_765, [gone] * 4  # fmt: skip
    side.replay = 98_765
    number, key, file = {"number": gone.number}, {"key": 98_765}, {"key": "0" * 32}
    code = {"code": side.code}
    side.ways = {
        "case": [number],
        "warning_case": [number],
        "file": [number | file],
        "reveal": [number | {"person": side.person}],
        "story": [number | code],
        "story_file": [number | code | file],
        "asked": [number | code | key],
        "subscription": [{"number": 98_765, "code": "ZZZZZZZZ"}],
        "notices": [{"token": "nothing"}],
        "line": [{"line": 98_765}],
        "area": [{"code": side.street}],
        "figure": [{"period": "2026-10", "by": "unit", "code": "street-nowhere"}, {"period": "2026-10", "by": "area", "code": side.area}],
        "replay": [key],
        "replayed": [key | {"n": 99}],
        "asked_of_appraisal": [{"kind": kind} | key for kind in ("exclusion", "appeal")],
    }  # fmt: skip
    for kind in ("staff", "right", "warning", "topic", "meeting", "suggestion", "view"):
        side.ways[kind] = [key]
    return side


def _inboxes(side):
    for key in side.people.values():
        for line in notices.inbox(key, language="en", now=NOW, say_when=lambda when, now: ""):
            side.way("line", line=line.id)
