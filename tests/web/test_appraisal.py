"""The pages of appraisal: the same figures as the recount, within scope, and what may be done there."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from appraisal.lives import two_hundred
from appraisal.test_month import by_hand, grouped, last_words, score_by_hand
from xianban.appraisal import api as appraisal

MONTH = "/appraisal/2026-10/"
EAST = f"{MONTH}unit/street-east/"
NAMES = {
    "street-east": "Bridge Street Office",
    "street-west": "Harbour Street Office",
    "water": "Waterworks",
    "transport": "Transport Bureau",
}


@pytest.fixture
def told(people, now):
    now.at = datetime(2026, 11, 5, tzinfo=UTC)
    found = two_hundred()
    appraisal.reckon("2026-10", now=now.at)
    return found


def text(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def row_of(page, name):
    """The cells of one unit's row on the ranking page."""
    return next(row for row in page.split("<tr>") if f">{name}</a>" in row)


def test_the_page_equals_the_recount_to_the_last_digit(told, signed_in):
    page = text(signed_in("leader").get(MONTH))
    groups = grouped(last_words(told), lambda one: one.unit)
    assert set(groups) == set(NAMES)
    for unit, rows in groups.items():
        counted = by_hand(rows)
        score, response, satisfaction, resolution = score_by_hand(*counted)
        cells = row_of(page, NAMES[unit])
        assert f'<strong class="num">{score}</strong>' in cells, unit
        for label, percent in (("响应率", response), ("满意率", satisfaction), ("解决率", resolution)):  # fmt: skip
            assert f'data-label="{label}">{percent}%<' in cells, (unit, label)
        assert f'data-label="有效回访">{counted[0]}<' in cells
    whole = score_by_hand(*by_hand(last_words(told)))
    assert f'<strong class="score num">{whole[0]}</strong>' in page


@pytest.mark.parametrize("by", ["unit", "area", "matter"])
def test_in_english_too(told, signed_in, by):
    page = text(signed_in("supervisor").get(MONTH, {"by": by, "lang": "en"}))
    assert "Resolution" in page
    assert "Provisional" in page
    translation.activate("zh-hans")


SEES = {
    "leader": set(NAMES),
    "supervisor": set(NAMES),
    "analyst": set(NAMES),
    "auditor": set(NAMES),
    "handler_east": {"street-east"},
    "handler_west": {"street-west"},
    "helper": set(),
}
NOTHING = ("agent", "dispatcher", "grid_worker", "steward", "integrator", "administrator", "newcomer")  # fmt: skip


@pytest.mark.parametrize("name", sorted(SEES))
def test_figures_within_one_s_scope(told, signed_in, name):
    client = signed_in(name)
    page = text(client.get(MONTH))
    for unit, called in NAMES.items():
        inside = unit in SEES[name]
        assert (f">{called}</a>" in page) == inside
        assert client.get(f"{MONTH}unit/{unit}/").status_code == (200 if inside else 404)
    everywhere = len(SEES[name]) == 4
    assert client.get(f"{MONTH}area/990100/").status_code == (200 if everywhere else 404)
    assert client.get(f"{MONTH}matter/02/").status_code == (200 if everywhere else 404)
    assert ("定档 2026-10" in page) == (name == "supervisor")


@pytest.mark.parametrize("name", NOTHING)
def test_who_has_no_business_there(told, signed_in, name):
    client = signed_in(name)
    for address in ("/appraisal/", MONTH, "/appraisal/asked/"):
        assert client.get(address).status_code == 403
    assert client.get(EAST).status_code == 404
    assert "/appraisal/" not in client.get("/cases/").content.decode()


def test_the_way_there(told, signed_in):
    client = signed_in("leader")
    assert client.get("/appraisal/").url == MONTH
    assert client.get("/appraisal/choose/", {"period": "2026-10", "by": "area"}).url == f"{MONTH}?by=area"  # fmt: skip
    for address in ("/appraisal/2026-09/", "/appraisal/choose/?period=1999-01", f"{MONTH}unit/none/"):  # fmt: skip
        assert client.get(address).status_code == 404
    for address in ("/appraisal/x/", f"{MONTH}person/1/", f"{EAST}?after=x"):
        assert client.get(address).status_code == 400


def test_before_anything_was_reckoned(people, signed_in):
    assert "还没有考核成绩" in text(signed_in("leader").get("/appraisal/"))


def ask(client, row, **more):
    said = {"row": row.id, "number": row.number, "ground": "malicious", "evidence": "a recording"}
    return client.post(f"{EAST}do/ask/", said | more)


def first_row():
    from xianban.accounts.api import MACHINE

    page = appraisal.rows_behind(MACHINE, "2026-10", by="unit", code="street-east", size=200)
    return next(
        r for r in page.rows if r.tallies["valid"] and not r.tallies["solved"] and not r.left_out
    )


def test_asking_deciding_freezing_appealing_and_ruling(told, signed_in, now):
    handler, chief, leader = (signed_in(name) for name in ("handler_east", "supervisor", "leader"))
    row = first_row()
    assert "申请剔除" in text(handler.get(f"{EAST}?row={row.id}"))
    assert "a recording" in text(ask(handler, row, ground="because"), 400)
    assert ask(handler, row).url == EAST
    assert "等待决定" in text(handler.get(EAST))
    waiting = text(chief.get("/appraisal/asked/"))
    assert "a recording" in waiting
    assert "同意剔除" in waiting
    assert "同意剔除" not in text(handler.get("/appraisal/asked/"))
    refused = text(chief.post(f"{MONTH}do/freeze/"), 409)
    assert "还有 1 件剔除申请没有决定" in refused
    key = appraisal.requests(_actor("supervisor"))[0].id
    decide = f"/appraisal/asked/do/exclusion/{key}/"
    assert handler.post(decide, {"granted": "yes", "reason": "mine"}).status_code == 403
    assert leader.post(decide, {"granted": "yes", "reason": "mine"}).status_code == 403
    assert "请写明理由" in text(chief.post(decide, {"granted": "yes", "reason": " "}), 400)
    assert chief.post(decide, {"granted": "yes", "reason": "heard it"}).status_code == 302
    assert "已剔除" in text(handler.get(EAST))

    assert leader.post(f"{MONTH}do/freeze/").status_code == 403
    assert chief.post(f"{MONTH}do/freeze/").status_code == 302
    frozen = text(chief.get(MONTH))
    assert "已定档" in frozen
    assert f"{MONTH}do/freeze/" not in frozen

    row = first_row()
    assert ask(handler, row, ground="wrong_record", evidence="a photograph").status_code == 302
    key = appraisal.requests(_actor("leader"))[0].id
    ruling = f"/appraisal/asked/do/appeal/{key}/"
    said = {"granted": "yes", "reason": "it shows it", "solved": "yes", "satisfaction": "satisfied"}
    assert chief.post(ruling, said).status_code == 403  # who froze it
    assert leader.post(ruling, said).status_code == 302
    now.at += timedelta(hours=1)
    page = text(handler.get(EAST))
    assert "第 2 版" in page
    assert "it shows it" in page
    assert "之后有更正" in text(handler.get(f"{EAST}?revision=1"))


def _actor(name):
    from xianban.accounts.api import actor_named

    return actor_named(name)


def test_nobody_asks_for_another_unit(told, signed_in):
    row = first_row()
    assert ask(signed_in("handler_west"), row).status_code in (403, 404)
    assert ask(signed_in("leader"), row).status_code == 403


def test_words_of_others_are_shown_as_words(told, signed_in):
    ask(signed_in("handler_east"), first_row(), evidence="<script>alert(1)</script>")
    assert "<script>alert" not in text(signed_in("supervisor").get("/appraisal/asked/"))
