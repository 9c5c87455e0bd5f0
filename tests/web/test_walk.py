"""Every route as every role: no word of another district, unit or person appears, whatever is asked for.

The town has two districts full of marks (`planted`). Somebody of the east walks every route: with the
east's things filled in, with the west's, and with things that do not exist. The last two must look alike.
"""

import re
from dataclasses import dataclass, field
from itertools import zip_longest
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.test import Client

from web.planted import MARK, Side, nowhere
from web.walking import (
    ACTS,
    BY_CODE,
    SHARED,
    THINGS,
    all_said,
    body_of,
    client_of,
    filled,
    of_a_side,
    routes,
)
from xianban.accounts.api import Role
from xianban.ledger.models import Act
from xianban.web.forms import new_key

pytestmark = pytest.mark.slow
ROLES = [role.value for role in Role if role is not Role.RESIDENT]

ENOUGH = {"case": None}  # how many of a kind are opened: every case, and three of whatever else
TABS = ("open", "late", "soon", "received", "contested", "suspended", "reported", "ended", "all")
# route: what is asked for in its address besides; `other` is the district that is out of sight
ASKS = {
    "cases": lambda other: [*({"tab": tab} for tab in TABS), {"q": other.mark("words")}, {"q": "zz"}, {"q": other.reported.number}, {"tab": "all", "area": other.area}, {"tab": "all", "unit": other.unit}],
    "find_case": lambda other: [{"q": other.mark("words")}, {"q": other.reported.number}],
    "export": lambda other: [{"tab": "all"}, {"q": "zz"}, {"tab": "all", "area": other.area}],
    "today": lambda other: [{"group": "late"}, {"group": "owed"}],
    "command": lambda other: [{"tab": "soon", "within": 72}, {"unit": other.unit}, {"area": other.street}, {"matter": "02", "all": 1}],
    **dict.fromkeys(("stages", "visits", "city", "wall"), lambda other: [{"by": "area", "code": other.area}, {"by": "unit", "code": other.unit}, {"by": "matter", "code": "02"}]),
    "warnings": lambda other: [{"list": "all"}, {"list": "all", "area": other.area, "text": other.mark("warning")}],
    "warning_orders": lambda other: [{"list": "measured"}],
    "replay": lambda other: [{"month": "2026-10"}, {"area": other.grid}, {"month": "2026-10", "day": "2026-10-05"}],
    "topics": lambda other: [{"matter": "0202", "area": other.area}],
    "patrol": lambda other: [{"area": other.area}],
    "ranking": lambda other: [{"by": "area", "peers": "all"}, {"by": "matter", "peers": "all"}],
    "choose_period": lambda other: [{"period": "2026-10"}],
    "people": lambda other: [{"text": "zz"}, {"area": other.area}, {"unit": other.unit}, {"role": "handler"}, {"state": "never"}],
    "new_person": lambda other: [{"role": "handler", "unit": other.unit}],
    **dict.fromkeys(("audit", "export_audit"), lambda other: [{"who": f"handler_{other.name}"}, {"about": other.reported.number}, {"about": f"user:{other.people.get('handler', 98_765)}"}, {"kind": "opened"}]),
    "duty_gaps": lambda other: [{"matter": "0202"}, {"matter": "0202", "area": other.street}],
    "machine_record": lambda other: [{"became": "open", "matter": "0202"}, {"became": "wrong"}],
    "dispatching": lambda other: [{"why": "disputed"}, {"why": "consulted"}],
    "dispatching_case": lambda other: [{"find": "rubbish", "area": other.street}],
    "new_meeting": lambda other: [{"case": other.reported.number}],
    "inbox": lambda other: [{"show": "unread"}],
    "places": lambda other: [{"place": "Quay"}, {"area_name": "Harbour"}],
    "under": lambda other: [{"lat": other.lat, "lon": other.lon}],
    "help": lambda other: [{"ask": other.mark("words")}],
    "knowledge": lambda other: [{"ask": other.mark("words")}],
    "follow": lambda other: [{"number": other.reported.number, "code": "AAAAAA"}],
}  # fmt: skip
TIME = "2026-11-09T10:00"
# forms that name a thing in what they send: its route, the words of its address, and what is sent
NAMED = {
    "ticked": lambda mine, other: ("batch", {}, {"verb": "note", "case": other.reported.case_id}),
    "ticked and done": lambda mine, other: ("batch_do", {}, {"verb": "note", "case": other.reported.case_id, "text": "x", "key": "k"}),
    "pressed": lambda mine, other: ("command_do", {"verb": "press"}, {"case": other.late.number, "reason": "x", "answer_by": TIME}),
    "escalated": lambda mine, other: ("command_do", {"verb": "escalate"}, {"case": other.late.number, "reason": "x"}),
    "convened": lambda mine, other: ("command_do", {"verb": "convene"}, {"case": other.late.number}),
    "met about": lambda mine, other: ("new_meeting", {}, {"title": "t", "agenda": "a", "place": "p", "starts_at": TIME, "unit": "street-east", "cases": other.late.number}),
    "tasked": lambda mine, other: ("meeting_do", mine.ways["meeting"][0] | {"verb": "task"}, {"text": "x", "unit": "street-east", "due_at": TIME, "case": other.late.number}),
    "found": lambda mine, other: ("find_case", {}, {"q": other.reported.number}),
    "joined": lambda mine, other: ("call", {}, {"key": "one-call-0001", "text": "rubbish lies about the mill", "place": "Mill", "phone": "13812345678", "join": other.reported.number}),
    "undone": lambda mine, other: ("call_undo", {}, {"number": other.reported.number}),
    "linked": lambda mine, other: ("act", {"number": mine.alone.number, "verb": "link"}, {"other": other.alone.number, "kind": "related"}),
    "merged": lambda mine, other: ("act", {"number": mine.alone.number, "verb": "merge"}, {"into": other.alone.number}),
    "revealed": lambda mine, other: ("reveal", {"number": mine.reported.number, "person": other.person}, {"purpose": "call_back", "reason": "x"}),
    "left out": lambda mine, other: ("ask", mine.ways["figure"][2], {"number": other.old[2].number, "ground": "malicious", "evidence": "x"}),
    "dropped": lambda mine, other: ("seasons", {}, {"drop": other.event}),
    "arrived": lambda mine, other: ("warning_do", mine.ways["warning"][0] | {"verb": "arrive"}, {"summons": other.summons}),
    "arrived at a case": lambda mine, other: ("warning_of_case_do", mine.ways["warning_case"][0] | {"verb": "arrive"}, {"summons": other.summons}),
    "graded": lambda mine, other: ("warning_of_case_do", mine.ways["warning_case"][0] | {"verb": "grade"}, {"summons": other.summons, "grade": 1, "word": "x"}),
    "file": lambda mine, other: ("case_file", {"number": mine.reported.number, "key": other.ways["file"][0]["key"]}, None),
    "told file": lambda mine, other: ("story_file", mine.ways["story"][0] | {"key": other.ways["file"][0]["key"]}, None),
    "another's right": lambda mine, other: ("mine_confirm", mine.ways["story"][0] | {"key": other.ways["asked"][0]["key"]}, None),
    "another's copy": lambda mine, other: ("mine_copy", mine.ways["story"][0] | {"key": other.ways["asked"][0]["key"]}, {"token": "x"}),
    "a file's replay": lambda mine, other: ("replay", {"key": other.replay}, None),
    "what a file's replay warns of": lambda mine, other: ("replayed", {"key": other.replay, "n": 1}, None),
    "a replay's warning": lambda mine, other: ("replayed", mine.ways["replayed"][0] | {"n": other.ways["replayed"][0]["n"]}, None),
    "another's code": lambda mine, other: ("story", {"number": other.reported.number, "code": mine.code}, None),
}  # fmt: skip
# forms that look for something and change nothing
SAID = {
    "hints": lambda other: {"text": f"{other.mark('words')} rubbish lies about", "lat": other.lat, "lon": other.lon},
    "report": lambda other: {"look": "1", "key": new_key(), "text": f"{other.mark('words')} rubbish lies about", "place": "Quay"},
    "call_look": lambda other: {"key": new_key(), "text": f"{other.mark('words')} rubbish lies about", "place": "Quay"},
    "call_earlier": lambda other: {"phone": other.phone},
    "find_people": lambda other: {"phone": other.phone, "purpose": "call_back", "reason": "x"},
}  # fmt: skip
# whatever forms ask for, so that nothing but scope stands in the way of an act
ANYTHING = {
    "text": "words that were said",
    "reason": "not_our_duty",
    "purpose": "call_back",
    "note": "x",
    "unit": "street-east",
    "units": "street-east",
    "units_0": "street-east",
    "matter": "0202",
    "area": "990100001001001",
    "ask": "x",
    "question": "x",
    "contacted": "yes",
    "solved": "yes",
    "satisfaction": "satisfied",
    "limit": "3",
    "limit_unit": "h",
    "by": "1",
    "exit": "repeat",
    "into": "20261102-98765",
    "evidence": "x",
    "stance": "ours",
    "task": "1",
    "person": "1",
    "decision": "refuse",
    "granted": "yes",
    "taken": "yes",
    "answer": "x",
    "role": "agent",
    "name": "x",
    "measures": "x",
    "legal_basis": "x",
    "outcome": "real",
    "minutes": "x",
    "due_at": TIME,
    "n": "1",
    "result": "x",
    "verdict": "done",
    "what": "delete",
    "ground": "malicious",
    "number": "20261102-98765",
    "level": "none",
    "kind": "copy",
    "token": "x",
    "end": "yes",
    "summons": "1",
    "grade": "1",
    "word": "x",
}


def test_every_route_is_filled_in():
    for route in routes():
        known = (*THINGS, *SHARED)
        assert not route.parameters or route.name in known, (
            f"the walk cannot fill in “{route.where}”: say in THINGS or SHARED of tests/web/walking.py "
            f"what its {', '.join(route.parameters)} name(s), and plant it in tests/web/planted.py"
        )
        if "verb" in route.parameters and route.name in THINGS:
            assert route.name in ACTS, f"say in ACTS which acts “{route.where}” may name"


def test_nothing_is_filled_in_that_is_no_route():
    there = {route.name for route in routes()}
    named = {route for table in (THINGS, SHARED, ACTS, ASKS, SAID) for route in table}
    assert named <= there, f"no route has these names any more: {named - there}"


def told(response):
    """All that was said on the way to an answer, and in it."""
    passed = [f"{status} {url}" for url, status in getattr(response, "redirect_chain", ())]
    return "\n".join([*passed, all_said(response)])


HEADS = ("Content-Type", "Content-Disposition", "Location")
FRESH = re.compile(r'name="(?:csrfmiddlewaretoken|key|asked)" value="[^"]+"')


def alike(response, words):
    """What is said, without what was given and what is new in every answer."""
    heads = [response.headers.get(name, "") for name in HEADS]
    way = [url for url, _status in getattr(response, "redirect_chain", ())]
    text = FRESH.sub("", "\n".join([str(response.status_code), *heads, *way, body_of(response)]))
    for given in sorted((str(word) for word in words), key=len, reverse=True):
        text = text.replace(given, "…") if len(given) > 4 else text.replace(f"/{given}/", "/…/")
    return text


NUMBER = re.compile(r"\b20\d{6}-\d+")


@dataclass
class Walk:
    """One who walks, the marks that they came across with where, and what they should not have seen."""

    who: str
    mine: Side
    other: Side
    client: Client
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)

    def read(self, response, address, *, as_whom="", given=()):
        """Note the marks of an answer. Of the other district there may be none but what was typed."""
        who, text, typed = as_whom or self.who, told(response), f"{address} {given}"
        if response.status_code == 500:
            self.leaks.append(f"500 at {address}: {response.exc_info}")
        for name, what in set(MARK.findall(text)):
            if name == self.mine.name:
                self.seen.setdefault(who, {}).setdefault(what, address)
            elif f"{name}zz{what}" not in typed:
                self.leaks.append(f"{name}zz{what} at {address}")
        for number in self.other.numbers & set(NUMBER.findall(text)):
            if number not in typed:
                self.leaks.append(f"{number} at {address}")
        return response

    def ask(self, route, words, said=None, **query):
        """Get an address, or send something to it; the answer at the end of the way."""
        address = route.address(words) + (f"?{urlencode(query)}" if query else "")
        if said is None:
            answer = self.client.get(address)
        else:
            answer = self.client.post(address, said, follow=True)
        by_code = THINGS.get(route.name) in BY_CODE
        return self.read(answer, address, as_whom="resident" if by_code else "", given=said or ())


def begun(name, sides):
    east, west = sides["east"], sides["west"]
    return Walk(name, east, west, client_of(east.people.get(name, 0)))


@pytest.mark.parametrize("name", [*ROLES, "nobody"])
def test_nothing_of_another_district_is_seen(sides, name):
    walk = begun(name, sides)
    for route in routes():
        for words in filled(route, walk.mine, most=ENOUGH.get(route.name, 3)):
            if "verb" not in words:
                walk.ask(route, words)
        words = filled(route, walk.mine)[0]
        for query in ASKS.get(route.name, lambda other: ())(walk.other):
            walk.ask(route, words, **query)
        if route.name in SAID:
            walk.ask(route, words, SAID[route.name](walk.other))
    assert not walk.leaks, "\n".join(walk.leaks)


@pytest.mark.parametrize("name", [*ROLES, "nobody"])
def test_what_is_out_of_sight_looks_like_what_is_not_there(sides, name):
    walk, gone = begun(name, sides), nowhere()
    for route in routes():
        if not of_a_side(route):
            continue
        for there, nothing in pairs(route, walk.other, gone):
            if "verb" not in there:
                same(walk, route, there, nothing)
    for there, nothing in named(walk, gone):
        if there[2] is None:
            same(walk, *there[:2], nothing[1])
    assert not walk.leaks, "\n".join(walk.leaks)


def pairs(route, other, gone, *, most=2):
    """The words of things out of sight, each beside the words of the same kind of thing that is not there."""
    there, nothing = filled(route, other, most=most), filled(route, gone)
    return [(words, nothing[n % len(nothing)]) for n, words in enumerate(there)]


def named(walk, gone):
    by_name = {route.name: route for route in routes()}
    for make in NAMED.values():
        both = make(walk.mine, walk.other), make(walk.mine, gone)
        yield tuple((by_name[name], words, said) for name, words, said in both)


def same(walk, route, there, nothing, said=None, said_of_nothing=None):
    """Ask for both, and compare all that is said."""
    one = walk.ask(route, there, said)
    two = walk.ask(route, nothing, said if said_of_nothing is None else said_of_nothing)
    given = (
        *there.values(),
        *nothing.values(),
        *(said or {}).values(),
        *(said_of_nothing or {}).values(),
    )
    one, two = alike(one, given).splitlines(), alike(two, given).splitlines()
    if one != two:
        first = next((pair for pair in zip_longest(one, two) if pair[0] != pair[1]), ())
        walk.leaks.append(f"{route.address(there)} is not like {route.address(nothing)}: {first}")


def state():
    """Every row of every table, but for what a visit by itself leaves behind."""
    return {
        model._meta.label: sorted(map(repr, model.objects.values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label not in LEFT_BY_VISITS
    }


LEFT_BY_VISITS = ("sessions.Session", "usersessions.UserSession", "accounts.Tally")


@pytest.mark.parametrize("name", [*ROLES, "nobody"])
def test_acts_on_what_is_out_of_sight_change_nothing(sides, name):
    walk, gone = begun(name, sides), nowhere()
    before, acts = state(), Act.objects.count()
    for route in routes():
        if of_a_side(route):
            for there, nothing in pairs(route, walk.other, gone, most=1):
                same(walk, route, there, nothing, ANYTHING)
                if Act.objects.count() != acts:
                    acts = Act.objects.count()
                    walk.leaks.append(f"done: {route.address(there)}")
    for there, nothing in named(walk, gone):
        if there[2] is not None:
            same(walk, *there[:2], nothing[1], there[2], nothing[2])
    assert not walk.leaks, "\n".join(walk.leaks)
    after = state()
    assert {label for label in after if after[label] != before[label]} == set()
