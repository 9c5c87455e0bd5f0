"""A session that ends in the middle of a form: what was typed stands in the form again after signing in."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import resolve

from files import samples
from web.reading import Page
from web.test_hostile import SimpleUploadedFile, free, named
from web.walking import body_of, client_of, filled, routes
from xianban.web.refilling import refilled

WORDS = """words <b>that</b> & "were" 'kept'"""
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# forms that ask for nothing that is worth keeping, or whose page is gone with the session
NOT_KEPT = {"find_case", "account_logout", "batch", "hold_file"}
QUICK = ("handler",)
SEEKERS = ["agent", "handler", "dispatcher", "supervisor", "analyst", "administrator", "steward"]


def staff_forms(client, side):
    """Every form with words that somebody's pages have, once, with the page on which it stands."""
    seen = set()
    for route in routes():
        for words in filled(route, side)[:3]:
            here = route.address(words)
            if "verb" in words or "/do/" in here or not getattr(resolve(here.partition("?")[0]).func, "for_staff", False):  # fmt: skip
                continue
            response = client.get(here)
            if response.status_code != 200 or "html" not in response.headers.get("Content-Type", ""):  # fmt: skip
                continue
            for form in Page(body_of(response)).forms:
                name, action = named(form, here)
                typed = [c for c in form.controls if free(c)]
                if form.method == "post" and typed and name not in seen and name.split(" ")[0] not in NOT_KEPT and getattr(resolve(action).func, "for_staff", False):  # fmt: skip
                    seen.add(name)
                    yield name, here, action, form


@pytest.mark.parametrize("walked", ["districts"], indirect=True)
@pytest.mark.parametrize(
    "role",
    [role if role in QUICK else pytest.param(role, marks=pytest.mark.slow) for role in SEEKERS],
)
def test_every_form_of_staff_is_filled_again(sides, role):
    key = sides["east"].people[role]
    client, lost, n = client_of(key), [], 0
    for name, here, action, form in list(staff_forms(client, sides["east"])):
        sent = {}
        for one in form.controls:
            sent.setdefault(one.name, []).append(WORDS if free(one) else one.value)
        with transaction.atomic():
            cache.clear()
            late = Client(raise_request_exception=False)
            turned = late.post(urljoin(here, action), sent, headers={"referer": f"http://testserver{here}"})  # fmt: skip
            assert turned.status_code == 302, name
            assert turned.url.startswith("/accounts/login/?next="), name
            signed = _signed_in(late, key)
            page = signed.get(here, follow=True)
            again = [f for f in Page(body_of(page)).forms if urlsplit(urljoin(here, f.action)).path == action]  # fmt: skip
            kept = any({c.name: c.value for c in f.controls if free(c)}.items() >= {c.name: WORDS for c in form.controls if free(c) and "code" not in c.name}.items() for f in again)  # fmt: skip
            if not kept or 'id="kept"' not in body_of(page):
                lost.append(f"{name} of {here}")
            if 'id="kept"' in body_of(signed.get(here, follow=True)):
                lost.append(f"{name} of {here} comes back twice")
            transaction.set_rollback(True)
        n += 1
    assert not lost, "\n".join(lost)
    assert n >= 3


def _signed_in(client, key):
    """The same browser after signing in: the session goes on, under another key."""
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model().objects.get(pk=key), backend=BACKEND)
    return client


@pytest.fixture
def meeting(sides):
    """The page of a meeting, where a task is given out, and what is sent from it."""
    key = sides["east"].ways["meeting"][0]["key"]
    page = Page(body_of(client_of(sides["east"].people["supervisor"]).get(f"/meetings/{key}/")))
    form = next(form for form in page.forms if form.action.endswith("/do/task/"))
    mark = next(one.value for one in form.controls if one.name == "sent_by")
    return f"/meetings/{key}/", {"sent_by": mark, "text": WORDS, "unit": "Waterworks", "password": "s3cret"}  # fmt: skip


@pytest.mark.parametrize("walked", ["districts"], indirect=True)
def test_only_who_wrote_gets_it_back_and_it_lies_sealed(sides, meeting):
    page, sent = meeting
    late = Client()
    late.post(f"{page}do/task/", sent)
    held = Session.objects.get(pk=late.session.session_key).get_decoded()
    assert "words" not in str(held).replace("kept-words", "")
    assert "s3cret" not in str(held)
    other = _signed_in(late, sides["east"].people["leader"])
    assert "kept</b>" not in body_of(other.get(page))
    assert "kept-words" not in other.session


@pytest.mark.parametrize("walked", ["districts"], indirect=True)
def test_a_form_of_nobody_is_not_kept(sides, meeting):
    page, sent = meeting
    for mark in ("", "1", "1:forged"):
        late = Client()
        late.post(f"{page}do/task/", sent | {"sent_by": mark})
        assert "kept-words" not in late.session


@pytest.mark.parametrize("walked", ["districts"], indirect=True)
def test_a_photograph_that_came_along_is_held(sides):
    number, key = sides["east"].reported.number, sides["east"].people["handler"]
    client = client_of(key)
    form = next(f for f in Page(body_of(client.get(f"/cases/{number}/"))).forms if f.action.endswith("/do/note/#act-note"))  # fmt: skip
    sent = {one.name: one.value for one in form.controls if one.kind == "hidden"} | {"text": WORDS}
    late = Client()
    late.post(form.action, sent | {"files": SimpleUploadedFile("a.jpg", samples.photograph())})
    page = Page(body_of(_signed_in(late, key).get(f"/cases/{number}/")))
    form = next(f for f in page.forms if f.action.endswith("/do/note/#act-note"))
    assert [one.value for one in form.controls if one.name == "held"]


@pytest.mark.parametrize("walked", ["districts"], indirect=True)
def test_where_the_form_is_gone_the_words_can_be_copied(sides, meeting):
    page, sent = meeting
    late = Client()
    late.post(f"{page}do/nothing/", sent)
    told = body_of(_signed_in(late, sides["east"].people["supervisor"]).get(page))
    assert "words &lt;b&gt;that&lt;/b&gt;" in told
    assert 'id="kept"' in told


PAGE = """<main><details class="act"><summary>x</summary><form method="post" action="/a/do/b/">
<input type="hidden" name="n" value="{n}"><input name="t" value="old"><textarea name="w">old</textarea>
<select name="s"><option value="1" selected>one</option><option>two</option></select>
<input type="checkbox" name="c" value="x" checked><input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">
<input type="password" name="p"></form></details></main>"""


def test_the_form_that_is_meant_is_filled_and_nothing_else_changes():
    page = PAGE.replace("{n}", "1") + PAGE.replace("{n}", "2")
    given = [
        ("n", "2"),
        ("t", 'a"b'),
        ("w", "</textarea>&"),
        ("s", "two"),
        ("r", "2"),
        ("p", "secret"),
    ]
    after, key = refilled(page, "/a/do/b/", given)
    assert key == "kept-form"
    assert after.startswith(PAGE.replace("{n}", "1"))
    _first, second = Page(after).forms
    held = {one.name: one for one in second.controls if one.kind != "radio"}
    assert (held["t"].value, held["w"].value.strip(), held["p"].value) == (
        'a"b',
        "</textarea>&",
        "",
    )
    assert [chosen for _value, chosen in held["s"].options] == [False, True]
    assert not held["c"].checked
    assert [one.checked for one in second.controls if one.kind == "radio"] == [False, True]
    assert '<details class="act" open>' in after[len(PAGE) - 10 :]
    assert refilled(page, "/a/do/c/", given) == (page, "")
