"""Every route as nobody and as every role: no case out of scope appears, by page or guessed number."""

import pytest
from django.test import Client
from django.urls import get_resolver

from builders import CITY, EAST, GRID, MILL, QUAY_GRID, make_case, monday, user
from web.conftest import PEOPLE
from xianban.accounts.api import actor_named
from xianban.casework.api import access, perform
from xianban.web.urls import urlpatterns

OPEN_TO_ALL = {
    "areas",
    "follow",
    "hear_by_code",
    "hear_by_link",
    "held_file",
    "help",
    "help_entry",
    "hints",
    "hold_file",
    "places",
    "mine",
    "mine_confirm",
    "mine_copy",
    "privacy",
    "report",
    "story",
    "story_file",
    "story_file_small",
    "style",
    "subscribe",
    "subscribe_sent",
    "subscription",
    "under",
}
EAST_WORDS, WEST_WORDS = "the eastern secret", "the western secret"


@pytest.fixture
def both(people):
    """A case in each district, with a helper from elsewhere in the eastern one."""
    east = make_case(text=EAST_WORDS, title=EAST_WORDS, area=GRID)
    west = make_case(text=WEST_WORDS, title=WEST_WORDS, area=QUAY_GRID)
    perform(east.case_id, "sign", acting=user("handler", unit="street-east"), now=monday(9))
    perform(
        east.case_id,
        "invite",
        acting=user("handler", unit="street-east"),
        now=monday(9),
        data={"unit": "police", "ask": "come and see"},
    )
    return {"east": east, "west": west}


def addresses(case):
    """Every page about a case, and how it is asked for."""
    number = case.number
    yield "get", f"/cases/{number}/", {}
    yield "get", f"/cases/{case.case_id}/", {}
    yield "get", "/cases/find/", {"q": number}
    yield "post", f"/cases/{number}/do/note/", {"text": "I was here"}
    yield "post", f"/cases/{number}/do/sign/", {}
    yield "post", f"/cases/{number}/reveal/1/", {"purpose": "call_back", "reason": "x"}


SEES = {
    "agent": {"east", "west"},
    "dispatcher": {"east", "west"},
    "supervisor": {"east", "west"},
    "leader": {"east", "west"},
    "analyst": {"east", "west"},
    "auditor": {"east", "west"},
    "administrator": {"east", "west"},
    "handler_east": {"east"},
    "handler_west": {"west"},
    "helper": {"east"},
    "grid_worker": {"east"},
    "steward": set(),
    "integrator": set(),
    "newcomer": set(),
}


def test_the_table_speaks_of_everyone():
    assert set(SEES) == set(PEOPLE)


@pytest.mark.parametrize("name", sorted(SEES))
def test_nobody_sees_a_case_out_of_scope(both, signed_in, name):
    client = signed_in(name)
    for side, case in both.items():
        words = EAST_WORDS if side == "east" else WEST_WORDS
        inside = side in SEES[name]
        assert access(actor_named(name)).sees(case.case_id) == inside
        for method, address, said in addresses(case):
            response = getattr(client, method)(address, said)
            if not inside:
                assert response.status_code in (403, 404), f"{address}: {response.status_code}"
                assert words not in response.content.decode()
        listed = "".join(
            client.get("/cases/", {"tab": tab}).content.decode()
            for tab in (
                "open",
                "late",
                "soon",
                "received",
                "contested",
                "suspended",
                "reported",
                "ended",
            )
        )
        assert (words in listed) == inside


@pytest.mark.parametrize("side", ["east", "west"])
def test_a_visitor_sees_no_case(both, side):
    client = Client()
    for method, address, said in addresses(both[side]):
        response = getattr(client, method)(address, said)
        assert response.status_code == 302
        assert response.url.startswith("/accounts/login/")


def test_every_route_is_for_staff_or_open_on_purpose():
    for route in urlpatterns:
        guarded = getattr(route.callback, "for_staff", False)
        assert guarded != (route.name in OPEN_TO_ALL), f"{route.name} must be one or the other"


def test_no_other_route_slipped_in():
    """What is served beside the pages is known: sign-in, the API, and the state of the house."""
    beside = {str(entry.pattern) for entry in get_resolver().url_patterns} - {""}
    known = ("accounts/", "api/", "healthz", "open311/", "static/")
    assert all(path.startswith(known) for path in beside), beside


def test_signing_in_comes_back_to_the_page(both):
    response = Client().get(f"/cases/{both['east'].number}/")
    assert response.url == f"/accounts/login/?next=/cases/{both['east'].number}/"


def test_a_form_sent_after_the_session_ended_comes_back_to_its_page(both):
    number = both["east"].number
    response = Client().post(f"/cases/{number}/do/note/", {"text": "x"})
    assert response.url == f"/accounts/login/?next=/cases/{number}/"


def test_the_address_of_a_refused_form_leads_to_its_page(both, signed_in):
    number = both["east"].number
    assert signed_in("agent").get(f"/cases/{number}/do/note/").url == f"/cases/{number}/"


def test_a_post_without_its_token_is_refused(both, people):
    from django.contrib.auth import get_user_model

    client = Client(enforce_csrf_checks=True)
    client.force_login(
        get_user_model().objects.get(pk=people["dispatcher"]),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    response = client.post(f"/cases/{both['east'].number}/do/note/", {"text": "x"})
    assert response.status_code == 403
    assert "您写的内容还在上一页" in response.content.decode()


def test_residents_pages_keep_to_their_own(both):
    assert Client().get(f"/follow/{both['east'].number}/AAAAAA/").status_code == 404


@pytest.mark.parametrize("area", [CITY, EAST, MILL])
def test_an_area_filter_never_widens_a_scope(both, signed_in, area):
    page = signed_in("handler_west").get("/cases/", {"area": area}).content.decode()
    assert EAST_WORDS not in page
