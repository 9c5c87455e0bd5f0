"""The desk: list, case page, exactly the acts on offer, conflicts, contacts."""

import re
from datetime import timedelta

import pytest

from builders import make_case, monday, user
from web.residents import report
from xianban.accounts.api import actor_named
from xianban.casework.api import access, case_view, perform
from xianban.city.api import current
from xianban.ledger.api import history


def case_of(number):
    return int(number.split("-")[1])


@pytest.fixture
def case(people):
    """One case in East, dispatched to its street office."""
    return make_case(now=monday(9))


def verbs_on(page):
    return set(re.findall(r'id="act-(\w+)"', page))


@pytest.mark.parametrize(
    "name", ["handler_east", "dispatcher", "supervisor", "agent", "grid_worker", "leader"]
)
def test_the_page_offers_exactly_what_may_be_done(case, signed_in, now, name):
    page = signed_in(name).get(f"/cases/{case.number}/").content.decode()
    offers = access(actor_named(name)).acts_for(case.case_id, now=now.at)
    assert verbs_on(page) == {offer.verb for offer in offers}


def test_a_handler_signs_contacts_and_answers(case, signed_in, now):
    client = signed_in("handler_east")

    def do(verb, **said):
        version = case_view(case.case_id, actor_named("handler_east"), now=now.at).version
        return client.post(
            f"/cases/{case.number}/do/{verb}/", {"version": version, **said}, follow=True
        )

    assert "已签收" in do("sign").content.decode()
    do("contact", contacted="yes", text="rang them")
    page = do("report", text="It was taken away.").content.decode()
    assert "已答复" in page
    assert "rang them" in page
    assert "It was taken away." in page
    assert "联系上了" in page


def first_act(page):
    """The act that is marked as the next step; empty where none is."""
    marked = re.findall(r'<details class="act first [^"]*" id="act-(\w+)"', page)
    return marked[0] if marked else ""


def test_the_next_step_stands_first_and_a_call_made_does_not(case, signed_in, now):
    def page(name):
        return signed_in(name).get(f"/cases/{case.number}/").content.decode()

    handler = user("handler", unit="street-east")
    seen = [first_act(page("handler_east"))]
    for verb, data in (("sign", {}), ("contact", {"contacted": True}), ("start", {})):
        perform(case.case_id, verb, acting=handler, now=now.at, data=data)
        seen.append(first_act(page("handler_east")))
    assert seen == ["sign", "contact", "start", "report"]
    assert "act-contact" in page("agent")
    assert first_act(page("agent")) == ""  # who may only call again has no next step


def test_what_waits_for_a_decision_stands_first(case, signed_in, now):
    handler = user("handler", unit="street-east")
    for verb, data in (
        ("sign", {}),
        ("start", {}),
        ("request_suspension", {"evidence": "a ruling of the court", "text": "it is disputed"}),
    ):
        perform(case.case_id, verb, acting=handler, now=now.at, data=data)
    page = signed_in("supervisor").get(f"/cases/{case.number}/").content.decode()
    order = re.findall(r'id="act-(\w+)"', page)
    assert order[:2] == ["approve_suspension", "refuse_suspension"]


def test_a_list_says_which_clock_its_time_is(case, signed_in):
    page = signed_in("handler_east").get("/cases/").content.decode()
    due = page.split('class="due"')[1].split("</div>")[0]
    assert '<span class="kind">签收</span>' in due


def test_reasons_are_whole_words(people, signed_in, now):
    number, _ = report("小区门口的路灯不亮了，晚上看不清路")
    from xianban.casework.models import Case

    row = Case.objects.get(pk=case_of(number))
    row.proposal["reasons"]["words"] = ["口的路", "灯不", "晚上"]
    row.save()
    page = signed_in("dispatcher").get(f"/cases/{number}/").content.decode()
    shown = re.findall(r'<span class="word">([^<]+)</span>', page)
    assert "晚上" in shown
    assert all(word not in ("口的路", "灯不") for word in shown)


def test_what_is_missing_is_said_beside_it_and_the_rest_is_kept(case, signed_in):
    client = signed_in("handler_east")
    response = client.post(f"/cases/{case.number}/do/object/", {"text": "it lies across the river"})
    page = response.content.decode()
    assert response.status_code == 400
    assert "请填写这一项" in page
    assert "it lies across the river" in page
    assert re.search(r'<details class="act [^"]*" id="act-object" open>', page)


def test_a_unit_is_named_and_not_coded(case, signed_in, now):
    client = signed_in("dispatcher")
    said = {"unit": "Transport Bureau", "text": "theirs"}
    client.post(f"/cases/{case.number}/do/redispatch/", said)
    view = case_view(case.case_id, actor_named("dispatcher"), now=now.at)
    assert view.unit.code == "transport"
    wrong = client.post(f"/cases/{case.number}/do/redispatch/", {"unit": "Ministry", "text": "x"})
    assert wrong.status_code == 400
    assert "名录里没有“Ministry”" in wrong.content.decode()


def test_a_refusal_is_said_in_the_page_and_nothing_is_lost(case, signed_in):
    client = signed_in("dispatcher")
    said = {"unit": "Mill Committee", "text": "please see to it"}
    response = client.post(f"/cases/{case.number}/do/redispatch/", said)
    page = response.content.decode()
    assert response.status_code == 400
    assert "只协助不主办" in page
    assert "please see to it" in page


def test_two_people_on_one_case(case, signed_in, now):
    """The second is told who did what meanwhile, and keeps every word."""
    seen = case_view(case.case_id, actor_named("dispatcher"), now=now.at).version
    perform(case.case_id, "sign", acting=actor_named("handler_east"), now=monday(9.5))
    response = signed_in("dispatcher").post(
        f"/cases/{case.number}/do/redispatch/",
        {"version": seen, "unit": "Transport Bureau", "text": "it is theirs"},
    )
    page = response.content.decode()
    assert response.status_code == 409
    assert "Handler_East" in page.split('id="conflict"')[1].split("</div></div>")[0]
    assert "it is theirs" in page
    assert case_view(case.case_id, actor_named("dispatcher"), now=now.at).unit.code == "street-east"


def test_a_double_click_is_one_act(case, signed_in, now):
    client = signed_in("handler_east")
    version = case_view(case.case_id, actor_named("handler_east"), now=now.at).version
    first, second = (
        client.post(f"/cases/{case.number}/do/note/", {"version": version, "text": "on the way"})
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (302, 409)
    notes = [a for a in history(f"case:{case.case_id}") if a.verb == "note"]
    assert len(notes) == 1


def test_an_act_that_is_gone_keeps_what_was_typed(case, signed_in, now):
    version = case_view(case.case_id, actor_named("handler_east"), now=now.at).version
    perform(
        case.case_id,
        "redispatch",
        acting=actor_named("dispatcher"),
        now=now.at,
        data={"unit": "street-west", "text": "theirs"},
    )
    response = signed_in("supervisor").post(
        f"/cases/{case.number}/do/close/", {"version": version, "text": "all is well"}
    )
    assert response.status_code == 409
    assert "all is well" in response.content.decode()


def test_contacts_are_masked_and_shown_on_a_stated_purpose(people, signed_in, now):
    number, _ = report("rubbish lies beside the mill", name="Ann Miller", phone="13812345678")
    dispatcher = actor_named("dispatcher")
    view = case_view(case_of(number), dispatcher, now=now.at)
    (person,) = view.persons
    client = signed_in("dispatcher")
    page = client.get(f"/cases/{number}/").content.decode()
    assert "138****5678" in page
    assert "13812345678" not in page
    reveal = f"/cases/{number}/reveal/{person}/"
    assert client.post(reveal, {"purpose": "call_back"}).status_code == 400
    shown = client.post(reveal, {"purpose": "call_back", "reason": "to ask which bin"})
    assert "13812345678" in shown.content.decode()
    looked = [act for act in history(f"person:{person}") if act.verb == "person.reveal"]
    assert looked[-1].payload["about"] == f"case:{view.id}"
    assert (
        signed_in("leader").post(reveal, {"purpose": "call_back", "reason": "x"}).status_code == 403
    )


def test_numbers_of_another_case_do_not_open_a_contact(people, signed_in):
    number, _ = report("rubbish lies beside the mill")
    other, _ = report("there is no water in our house", name="Bo", phone="13900000000")
    view = case_view(case_of(other), actor_named("dispatcher"), now=monday(9))
    said = {"purpose": "call_back", "reason": "curious"}
    response = signed_in("dispatcher").post(f"/cases/{number}/reveal/{view.persons[0]}/", said)
    assert response.status_code == 403


def test_the_list_shows_what_is_due_first(people, signed_in):
    later, sooner = make_case(now=monday(9)), make_case(now=monday(8), urgency="critical")
    page = signed_in("dispatcher").get("/cases/").content.decode()
    assert page.index(sooner.number) < page.index(later.number)


def test_filters_narrow_and_keep_what_was_typed(people, signed_in):
    rubbish, stop = make_case(), make_case(matter="0201")
    page = signed_in("dispatcher").get("/cases/", {"unit": "Transport Bureau"}).content.decode()
    assert stop.number in page
    assert rubbish.number not in page
    assert 'value="Transport Bureau"' in page
    page = signed_in("dispatcher").get("/cases/", {"matter": "no such thing"}).content.decode()
    assert "没有这一项" in page


def test_pages_follow_one_another_without_gap_or_repeat(people, signed_in, monkeypatch):
    monkeypatch.setattr("xianban.web.pages.case_list.SIZE", 3)
    numbers = {make_case(now=monday(9 + n / 60)).number for n in range(7)}
    client, seen, address = signed_in("dispatcher"), [], "/cases/"
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'class="whole" href="/cases/([\d-]+)/"', page)
        more = re.search(r'href="(\?[^"]+)" rel="next"', page)
        address = "/cases/" + more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == 7
    assert set(seen) == numbers


def test_empty_lists_say_what_to_do(people, signed_in):
    assert "您还没有角色" in signed_in("newcomer").get("/cases/").content.decode()
    assert "没有在办的案件" in signed_in("agent").get("/cases/").content.decode()


def test_a_number_leads_to_its_case(case, signed_in):
    response = signed_in("dispatcher").get("/cases/find/", {"q": f" {case.number} "})
    assert response.url == f"/cases/{case.number}/"
    assert signed_in("dispatcher").get("/cases/find/", {"q": "20261102-99"}).status_code == 404
    assert signed_in("handler_west").get("/cases/find/", {"q": case.number}).status_code == 404


def test_an_agent_takes_down_a_call(people, signed_in):
    from xianban.web.forms import new_key

    client = signed_in("agent")
    said = {
        "key": new_key(),
        "channel": "phone",
        "text": "rubbish lies beside the mill",
        "place": "Mill",
        "phone": "13812345678",
    }
    first = client.post("/cases/new/", said)
    assert re.fullmatch(r"/cases/[\d-]+/", first.url)
    assert client.post("/cases/new/", said).url == first.url
    page = client.get(first.url).content.decode()
    assert "查询码" in page
    assert client.post("/cases/new/", {**said, "text": ""}).status_code == 400


def test_whoever_may_not_take_down_is_refused(people, signed_in):
    assert signed_in("leader").get("/cases/new/").status_code == 403


def test_the_page_says_why_it_was_dispatched_so(people, signed_in):
    number, _ = report("rubbish lies about beside the mill")
    page = signed_in("dispatcher").get(f"/cases/{number}/").content.decode()
    assert "为什么这样派" in page
    assert "地点里写了“Mill”" in page


def test_the_pages_show_no_codes(case, signed_in, now):
    """Codes of units, states and verbs are for machines; a page puts them into words."""
    client = signed_in("dispatcher")
    perform(
        case.case_id,
        "object",
        acting=user("handler", unit="street-east"),
        now=monday(9.2),
        data={"reason": "not_our_duty", "text": "no"},
    )
    page = client.get(f"/cases/{case.number}/").content.decode()
    body = re.sub(r"<option[^>]*>|<[^>]+>", " ", page.split("<main")[1])
    for code in ("street-east", "not_our_duty", "contested", "handle", current().root):
        assert code not in body, code


def test_a_case_in_english(case, signed_in):
    page = signed_in("dispatcher").get(f"/cases/{case.number}/?lang=en").content.decode()
    text = re.sub(r"<[^>]+>", " ", page)
    assert "What you can do now" in text
    assert not re.findall(r"[一-鿿]+", text.replace("中文", ""))


def test_a_role_that_nobody_holds_is_said_to_who_can_mend_it(people, signed_in):
    from xianban.accounts.api import MACHINE, set_active

    assert "没有人担任" not in signed_in("administrator").get("/cases/").content.decode()
    set_active("supervisor", False, acting=MACHINE, now=monday(9))
    said = "现在没有人担任督办员"
    assert said in signed_in("administrator").get("/cases/").content.decode()
    assert said not in signed_in("handler_east").get("/cases/").content.decode()


def test_what_the_machine_thinks_stands_first_while_nobody_decided(people, signed_in):
    number, _ = report("something odd")
    page = signed_in("dispatcher").get(f"/cases/{number}/").content.decode()
    assert 'class="case-grid undecided"' in page
    assert "系统的建议" in page
    assert "为什么这样派" not in page


def test_a_guess_is_marked_as_one(people, signed_in):
    number, _ = report("something odd")
    from xianban.casework.models import Case

    doubt = Case.objects.get(pk=case_of(number)).proposal["doubt"]
    page = signed_in("dispatcher").get(f"/cases/{number}/").content.decode()
    assert doubt == "low"
    assert "推测" in page.split('class="facts"')[1].split("</dd>")[0]


def test_when_it_is_late_pressing_stands_first(case, signed_in, now):
    now.at = monday(9) + timedelta(days=20)
    page = signed_in("supervisor").get(f"/cases/{case.number}/").content.decode()
    assert re.findall(r'id="act-(\w+)"', page)[0] == "press"
