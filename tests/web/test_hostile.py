"""Hostile words in every text field of every form that a page offers, and in names of files.

The forms are found by opening every page as everybody, and read as a browser reads them. Each is filled
with words that are markup, a template and the beginning of a sum, sent, and whatever shows them then is
read again: no element and no attribute may come of them, nothing may be reckoned, no cell of a table may
begin as a sum, and every answer carries its policy.
"""

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import openpyxl
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import resolve

from files import samples
from web.planted import NOW
from web.reading import NOT_TYPED, Page
from web.walking import body_of, client_of, filled, routes
from xianban.accounts.api import Role
from xianban.ledger import api as ledger
from xianban.notices import api as notices

SHORT = """='"><xz-h onxz=1>{{7*7}}"""
LONG = SHORT + """<script>x('xz')</script><img src=x onerror=xz>"""
FILE_NAME = """='"><xz-f onxz=1>.jpg"""
ROLES = [role.value for role in Role if role is not Role.RESIDENT]
# who opens every page in search of forms, in this order; a form is sent once, by whom it was found first
SEEKERS = [
    ("", "nobody"),
    *(("east", role) for role in ROLES),
    *(("city", role) for role in ("administrator", "steward", "supervisor", "analyst")),
    ("city", "newcomer"),
]
# what a field takes that is not free: a form that asks for it is first refused, then sent with this
TAKEN = {
    "phone": "13812345678",
    "email": "x@example.org",
    "starts_at": "2026-11-09T10:00",
    "due_at": "2026-11-09T10:00",
    "answer_by": "2026-11-09T10:00",
    "starts": "2026-11-09",
    "ends": "2026-11-10",
    "limit": "3",
    "limit.number": "3",
    "within.number": "3",
    "contact": "13812345678",
    "area_name": "Mill",
    "period": "2026-10",
}
KINDS = {
    "date": "2026-11-09",
    "datetime-local": "2026-11-09T10:00",
    "tel": "13812345678",
    "email": "x@example.org",
    "month": "2026-11",
    "time": "10:00",
    "url": "https://example.org/",
}
# forms that are never accepted here, and why
NEVER = {
    "mine_confirm": "takes a code that went to the resident",
    "account_reauthenticate": "takes one's password",
    "account_change_password": "takes one's password",
    "mfa_activate_totp": "takes a code of one's telephone",
    "import_people": "takes a table, and is sent a photograph",
    "take_pack": "takes a city pack, and is sent a photograph",
}
TRIES = 3  # pages on which one person tries a form before it is left to the next
LEAST_FORMS, LEAST_FIELDS = 70, 150  # so that a change of the pages does not empty this test unseen
MOST_QUIET = 9


def hostile(control):
    return LONG if not control.longest or control.longest >= len(LONG) else SHORT[: control.longest]


def free(control):
    """Whether one types what one likes into it."""
    return control.kind in ("text", "search", "textarea", "password") or control.kind not in (*NOT_TYPED, *KINDS, "select", "radio", "checkbox", "number", "file", "range")  # fmt: skip


def filled_in(form, page, taken, *, valid):
    """What is sent. `valid`: fields of which a choice is expected get one, so that the form is accepted."""
    sent, typed = defaultdict(list), 0
    radios = set()
    for one in form.controls:
        if one.kind in ("submit", "button", "image", "reset"):
            continue
        if one.kind == "hidden":
            sent[one.name].append(one.value)
        elif one.kind == "select":
            chosen = [value for value, chosen in one.options if chosen and value]
            values = [value for value, _chosen in one.options if value] or [""]
            sent[one.name].append(taken.get(one.name) or (chosen or values[-1:])[0])
        elif one.kind == "radio":
            if one.checked or (one.name not in radios and one.name not in sent):
                sent[one.name] = [one.value]
                radios.add(one.name)
        elif one.kind == "checkbox":
            if one.checked or one.required or one.name == "case":
                sent[one.name].append(one.value)
        elif one.kind == "file":
            sent[one.name].append(SimpleUploadedFile(FILE_NAME, samples.photograph(), "image/jpeg"))
            typed += 1
        elif one.kind == "number":
            sent[one.name].append(one.value or one.least or "1")
        elif one.kind in KINDS:
            sent[one.name].append(one.value or KINDS[one.kind])
        elif valid and one.name in taken:
            sent[one.name].append(taken[one.name])
        elif valid and one.named and page.lists.get(one.named):
            sent[one.name].append(one.value or page.lists[one.named][0])
        else:
            sent[one.name].append(hostile(one))
            typed += 1
    for name, value in form.sent_by[: 0 if form.plain else 1]:
        sent[name] = [value]
    return dict(sent), typed


@dataclass
class Tried:
    """What became of one form."""

    name: str
    who: str
    typed: int
    fields: int
    accepted: bool = False
    said: str = ""
    tried: list[str] = field(default_factory=list)  # by whom, once for each page
    shown: int = 0  # answers in which the words stood, escaped


@dataclass
class Trial:
    """All that was tried and what was wrong with any answer."""

    sides: dict
    forms: dict[str, Tried] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    answers: int = 0
    clients: dict = field(default_factory=dict)

    @property
    def known(self):
        """What only who knows of a thing can type, by form."""
        east = self.sides["east"]
        case = {"other": east.late.number, "into": east.late.number, "case": east.late.number}
        return {
            "act": case | {"unit": "Waterworks", "units": "Waterworks", "co_units": "Waterworks"},
            "follow": east.ways["story"][0],
            "subscribe": {k: str(v) for k, v in east.ways["subscription"][0].items()},
            "new_meeting": {"cases": east.late.number, "unit": "Waterworks"},
            "warning_do": {"co_unit": "Waterworks"},
            "warning_of_case_do": {"co_unit": "Waterworks"},
            "new_person": {"username": "new.person", "unit": "Waterworks", "area": "East"},
            "call": {"matter": "0202", "unit": "Waterworks"},
            "act decide": {"unit": "Waterworks", "co_units": "Traffic Police"},
            "audit": {"who": "handler_east", "about": east.late.number},
            "me_notices": {"digests": "8:30"},
            "detector_do": dict.fromkeys(
                ("ends_after_days", "least", "look_back_days", "most", "window_days"), ""
            )
            | {"fdr": "0.01"},
        }

    def __post_init__(self):
        for side, people in self.sides.items():
            for role, key in people.people.items():
                self.clients[side, role] = client_of(key)

    def client(self, side, role):
        return self.clients[side, role] if side else Client(raise_request_exception=False)

    def look(self, response, address):
        """Read an answer: nothing of the words is anything but words."""
        self.answers += 1
        if response.status_code >= 500 and "healthz" not in address:
            self.wrong.append(f"{response.status_code} at {address}: {response.exc_info}")
        if "Content-Security-Policy" not in response.headers:
            self.wrong.append(f"no policy at {address}")
        heads = "\n".join(f"{k}: {v}" for k, v in response.headers.items())
        if "<xz" in heads:
            self.wrong.append(f"a head of {address} has them as they are")
        kind, text = response.headers.get("Content-Type", ""), body_of(response)
        if "html" in kind:
            for tag, attrs in Page(text).tags:
                if tag.startswith("xz-") or any(name.startswith("onxz") or ("xz" in (value or "") and name.startswith("on")) for name, value in attrs):  # fmt: skip
                    self.wrong.append(f"an element came of them at {address}: {tag} {attrs}")
            if "xz-h onxz=1&gt;49" in text:
                self.wrong.append(f"a template was reckoned at {address}")
        elif "csv" in kind or "spreadsheet" in kind:
            for cell in cells_of(response, kind):
                if "xz-" in cell and cell[:1] in tuple("=+-@\t\r"):
                    self.wrong.append(f"a cell of {address} begins as a sum: {cell[:40]}")
        return "xz-h" in text or "xz-f" in text


def cells_of(response, kind):
    if "csv" in kind:
        text = body_of(response).removeprefix("\ufeff")
        return [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    book = openpyxl.load_workbook(io.BytesIO(response._read))
    return [str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None]


def pages(trial, side, role, most):
    """Every page that opens, with its forms."""
    client, mine = trial.client(side, role), trial.sides["west" if side == "west" else "east"]
    for route in routes():
        kinds = filled(route, mine)
        for words in kinds[: most(route.name)]:
            address = route.address(words)
            if "verb" in words or "/do/" in address or address.startswith(("/api", "/accounts/logout")):  # fmt: skip
                continue
            response = client.get(address)
            if response.status_code == 200 and "html" in response.headers.get("Content-Type", ""):
                yield address, Page(body_of(response))


def named(form, address):
    """The name of a form: that of the route it is sent to, and the act or what it does there."""
    action = urlsplit(urljoin(address, form.action)).path
    found = resolve(action)
    more = [str(v) for k, v in found.kwargs.items() if k in ("verb", "kind")]
    more += [f"{c.name}={c.value}" for c in form.controls if c.kind == "hidden" and c.name in ("what", "kind", "verb", "taken", "end")]  # fmt: skip
    typed = ",".join(sorted({c.name for c in form.controls if free(c) or c.kind == "file"}))
    return " ".join([found.url_name, *more, f"[{typed}]" if typed else ""]).strip(), action


CASE = (
    ("east", "supervisor", "/cases/{number}/"),
    ("east", "leader", "/cases/{number}/"),
    ("east", "handler", "/cases/{number}/"),
    ("east", "dispatcher", "/dispatch/{number}/"),
    ("east", "dispatcher", "/cases/{number}/consultation/"),
    ("east", "supervisor", "/cases/export/csv/?tab=all"),
    ("east", "supervisor", "/cases/export/xlsx/?tab=all"),
    ("east", "supervisor", "/command/"),
    ("east", "auditor", "/audit/case/{number}/"),
    ("east", "handler", "/today/"),
    ("", "nobody", "/follow/{own}/{code}/"),
)
# after a form whose address begins so, these are read as these; `own` is the resident's own case
AFTER = {
    "/cases/views": (("east", "handler", "/cases/"), ("east", "handler", "/cases/views/")),
    "/cases/": CASE,
    "/dispatch/gaps": (("east", "supervisor", "/dispatch/gaps/"), ("city", "administrator", "/dispatch/gaps/"), ("city", "administrator", "/dispatch/gaps/suggestions.csv")),
    "/dispatch/": CASE,
    "/command/": CASE,
    "/meetings/": (("east", "supervisor", "/meetings/"), ("east", "handler", "/meetings/"), ("east", "leader", "/meetings/1/"), ("east", "handler", "/meetings/1/"), ("east", "handler", "/me/inbox/"), ("east", "handler", "/today/")),
    "/warnings/topics": (("east", "leader", "/warnings/topics/"), ("east", "handler", "/warnings/topics/"), ("east", "supervisor", "/warnings/topics/{topic}/")),
    "/warnings/": (("east", "supervisor", "/warnings/?list=all"), ("east", "leader", "/warnings/{warning}/"), ("east", "supervisor", "/warnings/orders/"), ("east", "leader", "/city/"), ("east", "analyst", "/warnings/seasons/"), ("east", "handler", "/cases/{warned}/")),
    "/detectors/": (("city", "leader", "/detectors/"), ("city", "analyst", "/detectors/daily_rise/")),
    "/admin/": (("city", "administrator", "/admin/people/"), ("city", "administrator", "/admin/people/{staff}/"), ("city", "administrator", "/admin/packs/"), ("city", "auditor", "/audit/?kind=opened"), ("city", "auditor", "/audit/acts.csv"), ("city", "auditor", "/audit/staff/{staff}/")),
    "/appraisal/": (("east", "supervisor", "/appraisal/asked/"), ("east", "handler", "/appraisal/asked/"), ("east", "handler", "/appraisal/2026-10/unit/street-east/"), ("city", "supervisor", "/appraisal/asked/")),
    "/personal-data/": (("east", "steward", "/personal-data/"), ("", "nobody", "/follow/{own}/{code}/mine/")),
    "/follow/": (*CASE, ("", "nobody", "/follow/{own}/{code}/mine/"), ("east", "steward", "/personal-data/")),
    "/me/": (("east", "agent", "/me/notices/"), ("east", "agent", "/me/account/")),
    "/subscribe/": (("", "nobody", "/subscribe/"),),
}  # fmt: skip


def faults_in(text):
    """The sentences of a refusal: what is said at once to whoever hears the page."""
    found = (re.sub(r"<[^>]+>|\s+", " ", one).strip() for one in text.split('role="alert"')[1:])
    return [(one.partition(">")[2].strip() or one)[:90] for one in found]


def words_of(trial, action, here):
    east = trial.sides["east"]
    own = east.ways["story"][0]
    parts = [part for part in f"{action}{here}".split("/") if part[:2] == "20" and "-" in part and len(part) > 9]  # fmt: skip
    return {
        "number": parts[0] if parts else own["number"],
        "own": own["number"],
        "code": own["code"],
        "topic": east.ways["topic"][0]["key"],
        "warning": east.ways["warning"][0]["key"],
        "warned": east.ways["warning_case"][0]["number"],
        "staff": east.people["handler"],
    }


def send(trial, form, page, here, side, role, name, action, *, valid):
    """Send it, read what comes of it, and undo it; whether it was accepted, and what it said."""
    taken = TAKEN | trial.known.get(name.partition(" ")[0], {}) | trial.known.get(name.partition(" [")[0], {})  # fmt: skip
    said, typed = filled_in(form, page, taken, valid=valid)
    client, shown = trial.client(side, role), 0
    with transaction.atomic():
        cache.clear()
        address = urljoin(here, form.action).partition("#")[0]
        if form.method == "get":
            answer = client.get(address, {k: v for k, v in said.items() if not isinstance(v[0], SimpleUploadedFile)})  # fmt: skip
        else:
            answer = client.post(address, said, follow=True, headers={"referer": f"http://testserver{here}"})  # fmt: skip
        shown += trial.look(answer, f"{name} as {role}")
        way = getattr(answer, "redirect_chain", [])
        accepted = answer.status_code == 200 and (bool(way) or form.method == "get" or "fault" not in body_of(answer))  # fmt: skip
        if accepted and any("/accounts/login/" in url for url, _status in way):
            accepted = False
        if accepted and form.method == "post" and typed:
            ledger.send_due(now=NOW, send=lambda notice: notices.sort(notice, now=NOW))
            words = words_of(trial, action, here)
            after = next((rows for start, rows in AFTER.items() if action.startswith(start)), ())
            for one, who, where in (*after, (side, role, here)):
                where = where.format(**words)
                shown += trial.look(trial.client(one, who).get(where, follow=True), f"{where} as {who} after {name}")  # fmt: skip
        transaction.set_rollback(True)
    fault = "" if accepted else f"{answer.status_code} {'; '.join(faults_in(body_of(answer)))}"
    return accepted, fault, shown, typed


def tried(sides, seekers, most, only=()):
    trial = Trial(sides)
    for side, role in seekers:
        for here, page in pages(trial, side, role, most):
            for form in page.forms:
                name, action = named(form, here)
                known = trial.forms.get(name)
                if known and (known.accepted or known.tried.count(role) >= TRIES):
                    continue
                fields = [c for c in form.controls if free(c) or c.kind == "file"]
                if not fields or (only and name.partition(" [")[0] not in only):
                    continue
                one = known or trial.forms.setdefault(name, Tried(name, role, 0, len(fields)))
                one.tried.append(role)
                for valid in (False, True):
                    accepted, fault, shown, typed = send(trial, form, page, here, side, role, name, action, valid=valid)  # fmt: skip
                    one.shown += shown
                    one.typed = max(one.typed, typed)
                    one.said = one.said if accepted else fault
                    if accepted:
                        one.accepted = True
                        break
    return trial


@pytest.mark.slow
@pytest.mark.parametrize("walked", ["districts"], indirect=True)
def test_words_stay_words_wherever_they_are_typed(sides):
    trial = tried(sides, SEEKERS, lambda route: 12 if route == "case" else 1)
    told = table_of(trial)
    assert not trial.wrong, "\n".join(trial.wrong)
    assert {name.partition(" [")[0] for name, one in trial.forms.items() if not one.accepted} == {*NEVER}, told  # fmt: skip
    assert len(trial.forms) >= LEAST_FORMS, told
    assert sum(one.typed for one in trial.forms.values() if one.accepted) >= LEAST_FIELDS, told
    quiet = {name for name, one in trial.forms.items() if one.accepted and not one.shown}
    assert len(quiet) <= MOST_QUIET, f"of these nothing was seen again: {sorted(quiet)}"


@pytest.mark.parametrize("walked", ["districts"], indirect=True)
def test_a_residents_and_a_handlers_words_stay_words(sides):
    only = {"report", "story verb=say", "act note", "act report"}
    trial = tried(sides, [SEEKERS[0], ("east", "handler")], lambda route: 1, only)
    assert not trial.wrong, "\n".join(trial.wrong)
    assert {name.partition(" [")[0] for name, one in trial.forms.items() if one.accepted} == only


def table_of(trial):
    """Each form: fields typed into and in all, answers that showed the words, accepted or with what sentence."""
    rows = [f"{'yes' if one.accepted else 'no':4}{one.typed}/{one.fields:<3} {one.shown:3} {one.who:14} {name}  {one.said}" for name, one in sorted(trial.forms.items())]  # fmt: skip
    return "\n".join([*rows, f"{len(rows)} forms, {trial.answers} answers"])
