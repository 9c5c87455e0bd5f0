"""What the menu offers to whom, and where each role begins."""

import pytest
from django.urls import reverse

from web.conftest import PEOPLE
from xianban.web.menu import HOMES, PAGES, entries, home_of


def test_every_entry_leads_somewhere():
    for name in [*(page.name for page in PAGES), *(name for _, name in HOMES)]:
        assert reverse(name).startswith("/")


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_what_is_offered_opens(people, signed_in, name):
    """Nobody is offered a page that is then refused, and everybody begins on one that opens."""
    from xianban.accounts.api import actor_named

    client = signed_in(name)
    actor = actor_named(name)
    for page in entries(actor):
        assert client.get(reverse(page.name), follow=True).status_code == 200, page.name
    assert client.get(reverse(home_of(actor)), follow=True).status_code == 200
    assert client.get("/home/").url == reverse(home_of(actor))


def test_the_page_one_is_on_is_marked(signed_in):
    page = signed_in("agent").get("/cases/new/").content.decode()
    assert page.count('aria-current="page"') == 1
    assert '<a href="/cases/new/" aria-current="page">' in page


def test_a_page_of_accounts_leads_back_to_the_desk(signed_in):
    page = signed_in("agent").get("/accounts/password/change/").content.decode()
    assert "回到工作台" in page


def test_the_style_page_is_for_anybody(client, town):
    for language in ("zh-hans", "en"):
        assert client.get(f"/style/?lang={language}").status_code == 200
