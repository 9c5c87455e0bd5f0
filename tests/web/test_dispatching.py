"""The dispatcher's desk: the queue, a choice, a ruling, a consultation, gaps, and the machine's record."""

from datetime import timedelta

import pytest

from builders import GRID, make_case, monday, user
from xianban.casework.api import access, perform
from xianban.casework.models import Case
from xianban.dispatch.models import DutySuggestion

UNSURE = {"doubt": "low", "matter": "0202", "probability": 0.4, "confident": False}


def unsure(text="rubbish lies beside the mill", **more):
    values = {"assignment": None, "proposal": UNSURE, "text": text, **more}
    return make_case(**values)


def returned():
    case = make_case(matter="0202")
    handler = user("handler", unit="street-east")
    said = {"reason": "not_our_duty", "text": "a road of the district"}
    perform(case.case_id, "object", acting=handler, now=monday(9), data=said)
    return case


def page(client, path="/dispatch/", status=200):
    response = client.get(path)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def post(client, path, follow=True, **data):
    return client.post(path, data, follow=follow)


def test_an_empty_desk_says_what_will_appear(signed_in):
    assert "没有等您决定的" in page(signed_in("dispatcher"))


def test_what_is_unsure_and_what_is_disputed_lie_in_one_queue(signed_in):
    first, second = unsure(), returned()
    shown = page(signed_in("dispatcher"))
    assert "事项拿不准" in shown
    assert "退单待裁定" in shown
    assert first.number in shown
    assert second.number in shown
    only = page(signed_in("dispatcher"), "/dispatch/?why=disputed")
    assert f'href="/dispatch/{first.number}/' not in only


def test_three_candidates_each_with_the_row_that_says_who_acts(signed_in):
    case = unsure()
    shown = page(signed_in("dispatcher"), f"/dispatch/{case.number}/")
    assert shown.count('class="candidate card"') == 3
    assert "Bridge Street Office" in shown
    assert "清单第" in shown


def test_a_choice_dispatches_teaches_and_opens_the_next(signed_in):
    case, other = unsure(), unsure("the bus stop is hidden behind a hedge")
    client = signed_in("dispatcher")
    response = post(client, f"/dispatch/{case.number}/do/choose/", matter="0201", version=1)
    kept = Case.objects.get(pk=case.case_id)
    assert (kept.state, kept.unit, kept.matter) == ("dispatched", "transport", "0201")
    assert kept.refined_at is not None
    said = response.content.decode()
    assert "再有 19 件更正" in said
    assert f'href="/cases/{other.number}/"' in said
    post(client, f"/dispatch/{case.number}/do/recall/")
    kept.refresh_from_db()
    assert (kept.state, kept.unit) == ("received", "")


def test_another_unit_found_by_typing_needs_no_other_matter(signed_in):
    case = unsure()
    client = signed_in("dispatcher")
    assert "Waterworks" in page(client, f"/dispatch/{case.number}/find/?find=water")
    post(client, f"/dispatch/{case.number}/do/choose/", unit="water", version=1)
    assert Case.objects.get(pk=case.case_id).unit == "water"


def test_the_second_of_two_hears_who_was_first_and_gets_the_next_case(signed_in):
    case, other = unsure(), unsure("the bus stop is hidden")
    post(signed_in("dispatcher"), f"/dispatch/{case.number}/do/choose/", matter="0202", version=1)
    agent = signed_in("supervisor")
    response = post(agent, f"/dispatch/{case.number}/do/choose/", matter="0201", version=1)
    said = response.content.decode()
    assert "Dispatcher已经先一步处理" in said
    assert f'href="/cases/{other.number}/"' in said
    assert Case.objects.get(pk=case.case_id).matter == "0202"


def test_a_bad_choice_changes_nothing(signed_in):
    case = unsure()
    client = signed_in("dispatcher")
    for data in ({"matter": "nothing"}, {"unit": "mill"}, {"unit": "nobody"}, {"area": "x"}):
        assert post(client, f"/dispatch/{case.number}/do/choose/", **data).status_code == 200
        assert Case.objects.get(pk=case.case_id).state == "received", data


def test_where_the_place_is_missing_it_can_be_named(signed_in):
    case = unsure(area="", proposal={**UNSURE, "doubt": "no_place"})
    client = signed_in("dispatcher")
    assert "在哪个街道或社区" in page(client, f"/dispatch/{case.number}/")
    shown = page(client, f"/dispatch/{case.number}/?area=Harbour Street")
    assert "Harbour Street Office" in shown
    assert "名录里没有这个地方" in page(client, f"/dispatch/{case.number}/?area=Atlantis")


@pytest.mark.parametrize(
    ("data", "unit", "ruling"),
    [
        ({"unit": "street-east"}, "street-east", "reject"),
        ({"unit": "transport"}, "transport", "uphold"),
        ({"other": "Waterworks"}, "water", "uphold"),
    ],
)
def test_a_ruling_and_what_it_suggests(signed_in, data, unit, ruling):
    case = returned()
    client = signed_in("dispatcher")
    assert "a road of the district" in page(client, f"/dispatch/{case.number}/")
    post(client, f"/dispatch/{case.number}/do/rule/", text="so it is", suggest="yes", **data)
    kept = Case.objects.get(pk=case.case_id)
    assert kept.unit == unit
    assert kept.disputes.get().ruling == ruling
    suggestion = DutySuggestion.objects.get()
    assert (suggestion.unit, suggestion.lead, suggestion.case_id) == (
        unit,
        "street-east",
        case.case_id,
    )
    again = returned()
    assert "so it is" in page(client, f"/dispatch/{again.number}/")  # as a precedent


def test_a_ruling_without_a_reason_keeps_what_was_typed(signed_in):
    case = returned()
    response = post(
        signed_in("dispatcher"), f"/dispatch/{case.number}/do/rule/", other="Atlantis", text=""
    )
    assert response.status_code == 400
    said = response.content.decode()
    assert "请写明裁定的理由" in said
    assert 'value="Atlantis"' in said


def test_a_consultation_on_one_page(signed_in, now):
    case = unsure()
    path = f"/cases/{case.number}/consultation/"
    desk = signed_in("dispatcher")
    assert "Bridge Street Office" in page(desk, path)
    asked = {
        "question": "whose is it?",
        "units": "Bridge Street Office",
        "units.more": "Atlantis",
        "limit.number": "4",
        "limit.unit": "h",
    }
    refused = post(desk, f"{path}do/consult/", **asked).content.decode()
    assert "名录里没有“Atlantis”" in refused
    assert ">Bridge Street Office\nAtlantis</textarea>" in refused
    asked["units.more"] = "Traffic Police"
    post(desk, f"{path}do/consult/", **asked)
    helper = signed_in("helper")
    assert "whose is it?" in page(helper, path)
    (offer,) = [
        one
        for one in access(user("handler", unit="police")).acts_for(case.case_id, now=now.at)
        if one.verb == "opine"
    ]
    (task,) = offer.fields[0].choices
    said = {"task": task, "stance": "part", "text": "we close the lane", "basis": "§ 5"}
    post(helper, f"{path}do/opine/", **said)
    assert "we close the lane" in page(signed_in("handler_east"), path)
    assert page(signed_in("handler_west"), path, 404)
    refused = post(desk, f"{path}do/decide/", unit="Bridge Street Office", text="near", version=3)
    assert "还可以答复" in refused.content.decode()
    post(
        desk,
        f"{path}do/decide/",
        unit="Bridge Street Office",
        text="near",
        co_units="Traffic Police",
        without_answers="it is clear",
        version=3,
    )
    kept = Case.objects.get(pk=case.case_id)
    assert (kept.state, kept.unit) == ("dispatched", "street-east")
    assert "决定由Bridge Street Office主办" in page(helper, path)


def test_gaps_are_found_from_a_case_and_a_change_is_suggested(signed_in, tmp_path):
    client = signed_in("dispatcher")
    assert "权责清单" in page(client, "/dispatch/gaps/")
    make_case(matter="0202", area=GRID)
    shown = page(client, "/dispatch/gaps/?matter=0202")
    assert "rubbish lies beside the mill" in shown
    post(client, "/dispatch/gaps/do/suggest/", matter="0202", unit="Waterworks", reason="they wash")
    admin = signed_in("administrator")
    assert "they wash" in page(admin, "/dispatch/gaps/")
    key = DutySuggestion.objects.get().pk
    assert "0202" in page(client, "/dispatch/gaps/suggestions.csv")
    post(client, f"/dispatch/gaps/do/settle/{key}/", taken="yes")
    assert DutySuggestion.objects.get().state == "open"  # not for dispatchers
    post(admin, f"/dispatch/gaps/do/settle/{key}/", taken="yes", answer="with the next pack")
    assert DutySuggestion.objects.get().state == "taken"
    assert "没有写时限" in page(admin, "/dispatch/gaps/findings.csv")


def test_the_record_says_what_became_of_proposals(signed_in):
    case, sure = unsure(), make_case(proposal={**UNSURE, "doubt": "", "confident": True})
    client = signed_in("dispatcher")
    post(client, f"/dispatch/{case.number}/do/choose/", matter="0201", version=1)
    shown = page(client, "/dispatch/record/")
    assert "自动派出，没有更正" in shown
    behind = page(client, "/dispatch/record/?became=overruled")
    assert case.number in behind
    assert sure.number not in behind


@pytest.mark.parametrize("name", ["handler_east", "agent", "leader", "auditor", "newcomer"])
def test_the_desk_is_for_those_who_rule(signed_in, name):
    case = unsure()
    client = signed_in(name)
    for path in (
        "/dispatch/",
        f"/dispatch/{case.number}/",
        "/dispatch/gaps/",
        "/dispatch/gaps/findings.csv",
    ):
        assert client.get(path).status_code == 403, path
    assert post(client, f"/dispatch/{case.number}/do/choose/", unit="water").status_code == 403
    assert Case.objects.get(pk=case.case_id).state == "received"


def test_a_queue_page_asks_the_database_no_more_for_many_cases(
    signed_in, django_assert_max_num_queries
):
    for n in range(12):
        unsure(f"rubbish number {n}", now=monday(8) + timedelta(minutes=n))
    client = signed_in("dispatcher")
    page(client)
    with django_assert_max_num_queries(38):
        page(client)
