"""The agent's desk: what is worked out while a caller talks, and what saving does."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from builders import make_case, monday
from files import samples
from xianban.casework.models import Case
from xianban.files.api import files_of
from xianban.intake.models import Burden, Request
from xianban.ledger.models import Act

LOOK, CALL = "/cases/call/look/", "/cases/call/"
KEY = "0123456789abcdef0123456789abcdef"
LAMPS = "---\ntitle: When are you open?\nmatters: 03\nkeywords: open;hours\nsource: door plate\n---\n**Until six**, on weekdays.\n"


@pytest.fixture
def town(db, tmp_path, now):
    from django.core.cache import cache

    from builders import write_town
    from xianban.city.api import current, forget, load

    cache.clear()
    forget()
    pack = write_town(tmp_path / "town")
    (pack / "knowledge").mkdir()
    (pack / "knowledge" / "opening-hours.md").write_text(LAMPS)
    load(pack, now=monday(8))
    forget()
    return current()


def said(**more):
    return {
        "key": KEY,
        "channel": "phone",
        "text": "rubbish lies beside the mill",
        "place": "Mill",
        **more,
    }


def save(client, **more):
    return client.post(CALL, said(**more), follow=True)


def shown(response):
    return response.content.decode()


def test_the_panel_names_everything_with_its_reasons(signed_in):
    html = shown(signed_in("agent").post(LOOK, said()))
    assert "Streets / Rubbish" in html
    assert "Mill" in html
    assert "Bridge Street Office" in html
    assert "权责清单第" in html
    assert 'data-set="matter"' in html
    assert "%</span>" in html


def test_a_matter_that_the_agent_chose_counts(signed_in):
    html = shown(signed_in("agent").post(LOOK, said(matter="Streets / Bus stop")))
    assert "事项由您选定" in html
    assert "Transport Bureau" in html
    assert "Traffic Police" in html


def test_saving_gives_the_number_and_the_next_form(signed_in):
    agent = signed_in("agent")
    html = shown(save(agent, phone="13812345678", seconds="41", keys="52", fields_used="3"))
    case = Case.objects.get()
    assert case.source == "phone"
    assert "请读给来电人" in html
    assert "data-saved" in html
    assert "data-saved" not in shown(agent.get(CALL))
    assert "rubbish" not in html.partition('<form method="post" class="call"')[2]
    [cost] = Burden.objects.all()
    assert (cost.kind, cost.seconds, cost.keys, cost.fields) == ("plain", 41, 52, 3)
    assert "您今天 1 件，中位 41 秒" in html


def test_what_a_visitor_brings_is_attached_and_a_refusal_keeps_it(signed_in, settings, tmp_path):
    on_disk = {**settings.FILES_ON_DISK, "OPTIONS": {"location": tmp_path / "files"}}
    settings.STORAGES = {**settings.STORAGES, "files": on_disk}
    agent, picture = signed_in("agent"), SimpleUploadedFile("磨坊.jpg", samples.photograph())
    page = agent.post(CALL, said(unit="Nobody", files=[picture]))
    assert page.status_code == 400
    held = re.search(r'name="held" value="([^"]+)"', shown(page))[1]
    for _ in range(2):  # sent twice it is one
        save(agent, held=held)
    case = Case.objects.get()
    (file,) = files_of(f"case:{case.pk}")
    assert file.name == "磨坊.jpg"
    bad = SimpleUploadedFile("x.jpg", b"MZ not a picture")
    refused = agent.post(CALL, said(key=KEY[::-1], files=[bad]))
    assert refused.status_code == 400
    assert "“x.jpg”没有收下" in shown(refused)
    assert Case.objects.count() == 1


def test_twice_is_once(signed_in):
    agent = signed_in("agent")
    save(agent, seconds="30")
    save(agent, seconds="31")
    assert (Case.objects.count(), Burden.objects.count()) == (1, 1)


def test_a_unit_that_the_agent_chose_gets_it(signed_in):
    save(signed_in("agent"), unit="Transport Bureau")
    assert (Case.objects.get().unit, Case.objects.get().state) == ("transport", "dispatched")


def test_a_unit_that_is_none_is_refused_and_nothing_is_lost(signed_in):
    response = signed_in("agent").post(CALL, said(unit="Nobody"))
    assert response.status_code == 400
    assert "rubbish lies beside the mill" in shown(response)
    assert "Nobody" in shown(response)
    assert Case.objects.count() == 0


def test_a_question_is_answered_and_closed(signed_in):
    agent = signed_in("agent")
    html = shown(agent.post(LOOK, said(text="when are you open", place="")))
    assert "When are you open?" in html
    assert "<strong>Until six</strong>" in html
    assert 'data-answer="Until six, on weekdays."' in html
    html = shown(
        save(
            agent,
            text="when are you open",
            kind="consult",
            answer="Until six.",
            source="opening-hours",
            seconds="20",
        )
    )
    case = Case.objects.get()
    assert (case.state, case.ending, case.answer, case.unit) == (
        "closed",
        "answered",
        "Until six.",
        "",
    )
    assert case.request_kind == "consult"
    assert "已当场答复并办结" in html
    assert Burden.objects.get().kind == "answered"
    save(
        agent, text="when are you open", kind="consult", answer="Until six.", source="opening-hours"
    )
    assert Case.objects.count() == 1


def test_an_answer_makes_no_complaint_a_question(signed_in):
    """Only what the agent calls a question is answered on the spot."""
    save(signed_in("agent"), answer="it will be swept")
    assert Case.objects.get().state == "dispatched"


def test_it_joins_an_open_case(signed_in):
    first = make_case(text="rubbish lies beside the mill", place="Mill")
    agent = signed_in("agent")
    save(agent)
    again = {"key": KEY[::-1], "text": "rubbish lies beside the mill again"}
    html = shown(agent.post(LOOK, said(**again)))
    assert 'data-set="join"' in html
    html = shown(save(agent, **again, join=first.number, phone="13912345678"))
    assert Case.objects.count() == 2
    assert Request.objects.filter(case_id=first.case_id).count() == 1
    assert "已并入这件" in html


def test_earlier_cases_are_on_record(signed_in):
    agent = signed_in("agent")
    save(agent, phone="13812345678")
    html = shown(agent.post("/cases/call/earlier/", {"phone": "138 1234 5678"}))
    assert "rubbish lies beside the mill" in html
    assert Act.objects.filter(verb="person.find").exists()
    assert "13812345678" not in html
    assert "没有" in shown(agent.post("/cases/call/earlier/", {"phone": "13999999999"}))
    assert "电话" in shown(agent.post("/cases/call/earlier/", {"phone": "x"}))


def test_undone_at_once(signed_in):
    agent = signed_in("agent")
    save(agent)
    number = agent.session["last_call"]["number"]
    assert agent.post("/cases/call/undo/", {"number": "20261102-999"}).status_code == 404
    html = shown(agent.post("/cases/call/undo/", {"number": number}, follow=True))
    assert Case.objects.get().ending == "withdrawn"
    assert "已撤回" in html


@pytest.mark.parametrize("who", ["handler_east", "grid_worker", "leader", "newcomer"])
@pytest.mark.parametrize("path", [LOOK, CALL, "/cases/call/earlier/", "/cases/call/undo/"])
def test_for_agents_only(signed_in, who, path):
    assert signed_in(who).post(path, said()).status_code == 403


def test_hostile_words_are_words(signed_in):
    evil = '<script>alert(1)</script> "rubbish" beside the mill'
    html = shown(signed_in("agent").post(LOOK, said(text=evil, place=evil, matter=evil, unit=evil)))
    assert "<script>" not in html


def test_few_queries(signed_in, django_assert_max_num_queries):
    agent = signed_in("agent")
    for n in range(3):
        save(agent, key=f"{n}" * 32, text=f"rubbish lies beside the mill {n}")
    agent.post(LOOK, said())
    with django_assert_max_num_queries(55):
        agent.post(LOOK, said())


def test_knowledge_for_all_and_for_residents(signed_in, client):
    assert "When are you open?" in shown(signed_in("handler_east").get("/knowledge/"))
    assert "Until six" in shown(client.get("/help/opening-hours/"))
    assert "When are you open?" in shown(client.get("/help/?ask=hours"))
    assert "没有找到答案" in shown(client.get("/help/?ask=zebra"))
    assert client.get("/help/nothing/").status_code == 404


def test_a_resident_is_shown_an_answer_before_reporting(town, client):
    html = shown(client.post("/report/hints/", {"text": "when are you open on Monday"}))
    assert "/help/opening-hours/" in html
    assert "/help/" not in shown(client.post("/report/hints/", {"text": "rubbish beside the mill"}))
