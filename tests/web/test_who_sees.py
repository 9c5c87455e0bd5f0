"""Which page opens for whom: a table beside this file, so that a change of who sees what shows in a diff.

Each route is asked with a thing of the reader's own district, and each cell says what came of it:
`yes` it opens, `no` their role does not let them (403), `none` as if it were not there (404), `in` they are
asked to sign in, `key` a machine's key is asked for (401), `on` they are led to another page, `ask` a
form without words was let in and asks for them (400), `late` that the thing has gone on since (409). An
address of a form (`sent`) is sent an empty one, as the act that VERBS names. What is open to all, and what
is of other libraries, knows visitors and staff alone. In the last part stand those of the whole city,
where they see what their like in a district does not.

WRITE_TABLES=1 writes the file anew; think about each line of its diff.
"""

import os
from difflib import unified_diff
from pathlib import Path

import pytest
from django.db import transaction

from web.planted import MARK
from web.walking import ACTS, all_said, client_of, filled, of_a_side, routes
from xianban.accounts.api import Role
from xianban.web.urls import urlpatterns

TABLE = Path(__file__).parent / "who_sees.txt"
ROLES = [role.value for role in Role if role is not Role.RESIDENT]
COLUMNS = ["nobody", "newcomer", *ROLES]
SAID = {200: "yes", 400: "ask", 401: "key", 403: "no", 404: "none", 409: "late", 422: "ask", 302: "on"}  # fmt: skip
SIGN_IN = "/accounts/login/"
VERBS = {
    "act": "note",
    "consultation_do": "consult",
    "staff_member_do": "change",
    "warning_do": "note",
    "warning_of_case_do": "whistle",
    "meeting_do": "task",
    "topic_do": "tick",
    "command_do": "press",
    "detector_do": "promote",
    "system_do": "check",
    "pack_do": "drop",
}
SENT = ("reveal", "find_people", "mine_copy")  # forms whose address does not say so
QUERY = {"choose_period": "?period=2026-10", "find_case": "?q=zz"}
GUARDED = {route.name for route in urlpatterns if getattr(route.callback, "for_staff", False)}


CENTRAL = ("supervisor", "leader", "analyst", "steward", "auditor", "administrator")


@pytest.mark.parametrize("walked", ["districts"], indirect=True)
def test_who_sees_what_is_as_the_table_says(sides):
    leaks = []
    found = told(sides, leaks)
    assert not leaks, "\n".join(leaks)
    if os.environ.get("WRITE_TABLES"):
        TABLE.write_text(found, encoding="utf-8")
    stated = TABLE.read_text(encoding="utf-8")
    diff = unified_diff(
        stated.splitlines(), found.splitlines(), "stated", "found", lineterm="", n=0
    )
    assert stated == found, "\n".join(diff)


def test_every_act_that_is_sent_is_one_that_there_is():
    named = {name: ACTS[name] for name in VERBS if name in ACTS}
    assert all(VERBS[name] in acts for name, acts in named.items())


@pytest.mark.parametrize("name", ROLES)
def test_a_neighbours_thing_does_not_open(sides, name):
    refused(client_of(sides["east"].people[name]), sides["west"])


def test_nothing_opens_for_a_unit_that_has_no_part_in_it(sides):
    client, leaks = client_of(sides["city"].people["stranger"]), []
    for side in (sides["east"], sides["west"]):
        refused(client, side)
    for route in routes():
        if not route.parameters and route.name in GUARDED:
            asked(client, "get", route.address({}), leaks, ("east", "west"))
    assert not leaks, "\n".join(leaks)


def refused(client, side):
    """None of a side's things opens, and no answer has a word of theirs."""
    leaks = []
    for route in routes():
        if of_a_side(route):
            address = route.address(filled(route, side)[0])
            said = asked(client, "get", address, leaks, (side.name,))
            if said not in ("no", "none", "in", "on", "405"):  # or it only takes forms
                leaks.append(f"{address}: {said}")
    assert not leaks, "\n".join(leaks)


def told(sides, leaks):
    """The whole table as text; `leaks` is what the east was shown of the west on the way."""
    east, city = sides["east"], sides["city"]
    clients = {name: client_of(east.people.get(name, city.people.get(name, 0))) for name in COLUMNS}
    central = {name: client_of(city.people[name]) for name in CENTRAL}
    open_to_all, staffs, more = [], [], []
    for route in routes():
        words = dict(filled(route, east)[0])
        if "verb" in words:
            words["verb"] = VERBS[route.name]
        address = route.address(words) + QUERY.get(route.name, "")
        method = "post" if "/do/" in address or route.name in SENT else "get"
        if asked(clients["newcomer"], method, address) == "405":
            method = "post"
        label = f"{route.name} (sent)" if method == "post" else route.name
        if route.name not in GUARDED:
            open_to_all.append([label, *(asked(clients[name], method, address) for name in COLUMNS[:2])])  # fmt: skip
            continue
        cells = {name: asked(client, method, address, leaks) for name, client in clients.items()}
        staffs.append([label, *cells.values()])
        wider = {
            name: said
            for name, client in central.items()
            if cells[name] in ("no", "none") and (said := asked(client, method, address)) != cells[name]
        }  # fmt: skip
        if wider:
            more.append([label, ", ".join(f"{name} {said}" for name, said in wider.items())])
    parts = [
        drawn([["open to all", "visitor", "staff"], *sorted(open_to_all)]),
        drawn([["for staff", *COLUMNS], *sorted(staffs)]),
        drawn([["only of the whole city", ""], *sorted(more)]),
    ]
    return "\n\n".join(parts) + "\n"


def drawn(rows):
    width = [max(len(row[n]) for row in rows) + 2 for n in range(len(rows[0]))]
    return "\n".join(
        "".join(f"{cell:<{w}}" for cell, w in zip(row, width, strict=True)).rstrip() for row in rows
    )


def asked(client, method, address, leaks=None, whose=("west",)):
    """What came of it, in a word. Nothing stays of it, nor a cookie of a visitor's session that is gone."""
    if "sessionid" not in client.cookies:
        client.cookies.clear()
    with transaction.atomic():
        response = getattr(client, method)(address)
        if leaks is not None:
            seen = {name for name, _what in MARK.findall(all_said(response))} & {*whose}
            leaks.extend(f"{address} tells of the {name}" for name in seen)
        transaction.set_rollback(True)
    if response.status_code == 302 and response.url.startswith(SIGN_IN):
        return "in"
    return SAID.get(response.status_code, str(response.status_code))
