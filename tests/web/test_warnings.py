"""Warnings on pages: what is shown to whom, study and orders, refusals that keep what was typed."""

import re
from datetime import timedelta

import pytest

from builders import BRIDGE, EAST, GRID, QUAY_GRID, make_case, user
from prevention.worlds import UNTIL, frame, planted, quiet
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
from xianban.casework.api import case_view, hear, perform
from xianban.prevention.api import past_of, record_round, terrain_of
from xianban.prevention.models import Order, Warning

NOW = UNTIL + timedelta(hours=1)
PAGES = (
    "/warnings/",
    "/warnings/orders/",
    "/detectors/",
    "/warnings/seasons/",
    "/warnings/replays/",
    "/detectors/daily_rise/",
)
SEE = ("supervisor", "leader", "analyst", "auditor")


@pytest.fixture
def rounds(town, monkeypatch):
    """Call with rows to do a round on them; some of its requests have cases."""
    from xianban.prevention.actions import rounds as acts

    cases = {}
    monkeypatch.setattr(acts, "cases_of_requests", lambda keys: {k: cases[k] for k in keys if k in cases})  # fmt: skip

    def run(rows, *, until=UNTIL, now=None):
        past = past_of(frame(rows), until=until, terrain=terrain_of(town))
        return record_round("nightly", past, now=now or until)

    run.cases = cases
    return run


@pytest.fixture
def warned(people, now, rounds):
    """Rubbish on Bridge Street, with two open cases behind it, and one elsewhere behind it too."""
    made = [make_case(now=UNTIL - timedelta(hours=h)) for h in (24, 3)]
    hear(made[0].case_id, 77, acting=MACHINE, now=UNTIL)
    rows = quiet() + planted()
    keys = [n for n, row in enumerate(sorted(rows, key=lambda r: r[0]), 1) if row[1:3] == ("0202", GRID)]  # fmt: skip
    rounds.cases.update({keys[-1]: made[0].case_id, keys[-2]: made[1].case_id})
    rounds(rows)
    now.at = NOW
    return Warning.objects.filter(matter="0202", shown="raised").order_by("id").first()


def shown(response, status=200):
    assert response.status_code == status, response.content.decode()[:800]
    return response.content.decode()


def terms(warning, **more):
    values = {"measures": "清运并增设垃圾桶", "lead": "Bridge Street Office", "co_unit": ["Landscaping Bureau", ""], "limit": "3d", "authority": "", "legal_basis": "市容条例第十条", "attach": "yes", "version": warning.version}  # fmt: skip
    return values | more


def test_every_page_opens_for_whoever_sees_warnings(warned, signed_in):
    for name in SEE:
        client = signed_in(name)
        for page in (*PAGES, f"/warnings/{warned.pk}/", f"/warnings/areas/{BRIDGE}/"):
            shown(client.get(page))
    for name in ("agent", "handler_east", "newcomer", "grid_worker"):
        client = signed_in(name)
        for page in PAGES:
            assert client.get(page).status_code in (403, 404), (name, page)
        assert client.get(f"/warnings/{warned.pk}/").status_code == 404, name
    shown(signed_in("grid_worker").get("/patrol/"))
    shown(signed_in("supervisor").get("/warnings/topics/"))


def test_the_board_says_what_where_how_sure_and_the_record(warned, signed_in):
    page = shown(signed_in("analyst").get("/warnings/"))
    assert warned.title in page
    assert re.search(r"人反映，平常约 \d", page)
    assert "还没有判定过的同类预警" in page
    assert "今日名额用了" in page
    assert "80% 区间" in page
    assert 'data-act="d"' in page
    assert 'data-act="d"' not in shown(signed_in("auditor").get("/warnings/"))
    leader = shown(signed_in("leader").get("/warnings/"))
    assert 'data-act="o"' in leader
    assert 'data-act="d"' not in leader
    for query in (
        "list=x&order=y&page=0&area=no",
        "list=left_out",
        "list=all&order=new&text=%25",
        "page=9999",
    ):
        shown(signed_in("analyst").get(f"/warnings/?{query}"))


def test_the_page_of_one_has_its_evidence(warned, signed_in):
    page = shown(signed_in("analyst").get(f"/warnings/{warned.pk}/"))
    for word in (
        "每日反映人数",
        "不先办",
        "他们怎么说",
        "背后的案件",
        "以前类似的",
        "先办值多少",
        "立案先办",
    ):
        assert word in page, word
    assert page.count('href="/cases/') >= 2


def test_cases_behind_are_shown_in_scope_only(warned, signed_in, people, now):
    add_users([NewUser("west", name="West", password="bridge-over-water-7", grants=(Granted(Role.ANALYST, "990200"),))], acting=MACHINE, now=NOW)  # fmt: skip
    from django.contrib.auth import get_user_model

    people["west"] = get_user_model().objects.get(username="west").pk
    client = signed_in("west")
    assert client.get(f"/warnings/{warned.pk}/").status_code == 404
    assert warned.title not in shown(client.get("/warnings/"))
    assert client.post(f"/warnings/{warned.pk}/do/confirm/", {}).status_code == 404
    assert client.get(f"/warnings/areas/{EAST}/").status_code == 404


def test_study_from_the_board_comes_back_to_its_place(warned, signed_in):
    client = signed_in("analyst")
    back = {
        "version": warned.version,
        "back": "list=waiting&order=new&next=//evil.example",
        "at": "2",
    }
    answer = client.post(f"/warnings/{warned.pk}/do/watch/", back)
    assert answer.url == "/warnings/?list=waiting&order=new#row-2"
    warned.refresh_from_db()
    assert warned.stand == "watching"
    again = client.post(f"/warnings/{warned.pk}/do/confirm/", {"version": warned.version - 1})
    assert "有了变化" in shown(again, 409)
    said = {"version": warned.version, "reason": "", "note": "只是一次集中来电"}
    page = shown(client.post(f"/warnings/{warned.pk}/do/dismiss/", said), 400)
    assert "只是一次集中来电" in page
    shown(
        client.post(f"/warnings/{warned.pk}/do/dismiss/", said | {"reason": "chance"}, follow=True)
    )
    page = shown(client.get(f"/warnings/{warned.pk}/"))
    assert "偶然波动" in page
    assert "重新研判" in page
    assert warned.title in shown(client.get("/warnings/?list=dismissed"))


def test_an_order_opens_a_case_and_its_unit_reads_why(warned, signed_in, now):
    client = signed_in("analyst")
    address = f"/warnings/{warned.pk}/"
    bad = shown(
        client.post(address + "do/order/", terms(warned, legal_basis="", measures="先清一遍")), 400
    )
    assert "凭什么职权" in bad
    assert "先清一遍" in bad
    assert 'value="Landscaping Bureau"' in bad
    assert "名录里没有“Nobody”" in shown(
        client.post(address + "do/order/", terms(warned, co_unit=["Nobody"])), 400
    )
    page = shown(client.post(address + "do/order/", terms(warned), follow=True))
    assert "关联在办诉求 2 件，告知诉求人 1 位" in page
    order = Order.objects.get()
    assert order.number in page
    assert "案件答复或了结后第二天开始计算" in page
    assert "市容条例第十条" in page
    assert client.post(address + "do/order/", terms(warned)).status_code == 409
    handler, other = signed_in("handler_east"), signed_in("handler_west")
    case = shown(handler.get(f"/cases/{order.number}/"))
    assert f"/cases/{order.number}/warning/" in case
    why = shown(handler.get(f"/cases/{order.number}/warning/"))
    assert "市容条例第十条" in why
    assert "do/order/" not in why
    assert other.get(f"/cases/{order.number}/warning/").status_code == 404
    assert handler.get(f"/cases/{make_case(now=NOW).number}/warning/").status_code == 404
    assert order.number in shown(client.get("/warnings/orders/"))


def test_a_whistle_from_the_case_is_graded_both_ways(warned, signed_in, now):
    client, handler, helper = signed_in("analyst"), signed_in("handler_east"), signed_in("helper")
    client.post(f"/warnings/{warned.pk}/do/order/", terms(warned))
    order = Order.objects.get()
    address = f"/cases/{order.number}/warning/"
    ask = {"co_unit": ["Traffic Police"], "ask": "到场联合清理", "arrive_hours": "4"}
    assert handler.post(address + "do/whistle/", ask).status_code == 409  # not signed yet
    perform(order.case, "sign", acting=user("handler", unit="street-east"), now=NOW)
    assert "到场联合清理" in shown(
        handler.post(address + "do/whistle/", ask | {"arrive_hours": "0"}), 400
    )
    assert "已吹哨" in shown(handler.post(address + "do/whistle/", ask, follow=True))
    page = shown(helper.get(address))
    key = re.search(r'name="summons" value="(\d+)"', page)[1]
    assert "按时到场" in shown(helper.post(address + "do/arrive/", {"summons": key}, follow=True))
    assert "说明为什么" in shown(
        helper.post(address + "do/grade/", {"summons": key, "grade": "1"}), 400
    )
    shown(helper.post(address + "do/grade/", {"summons": key, "grade": "4"}, follow=True))
    shown(handler.post(address + "do/grade/", {"summons": key, "grade": "5"}, follow=True))
    assert "对到场单位：5 分" in shown(handler.get(address))
    assert handler.post(address + "do/order/", {}).status_code == 404
    assert case_view(order.case, user("supervisor"), now=NOW).tasks


def test_a_detector_is_tried_taken_over_and_reverted(warned, signed_in):
    client = signed_in("analyst")
    address = "/detectors/daily_rise/"
    page = shown(client.post(address + "do/challenge/", {"fdr": "abc", "reason": "试一试"}), 400)
    assert "试一试" in page
    assert 'value="abc"' in page
    page = shown(
        client.post(address + "do/challenge/", {"fdr": "0.01", "reason": "太松"}, follow=True)
    )
    assert "太松" in page
    assert "误报比例上限" in page
    shown(client.post(address + "do/promote/", {"reason": "更准"}, follow=True))
    assert "已回到第 1 版" in shown(
        client.post(address + "do/revert/", {"n": "1", "reason": "还是原来好"}, follow=True)
    )
    assert (
        signed_in("auditor")
        .post(address + "do/challenge/", {"fdr": "0.02", "reason": "x"})
        .status_code
        == 409
    )
    assert client.get("/detectors/none/").status_code == 404


def test_topics_and_planned_events(warned, signed_in):
    client = signed_in("supervisor")
    typed = {"month": "2026-11", "matter": "Streets/Rubbish", "area": "", "title": "垃圾清运", "owner": "Bridge Street Office", "text": ["增设垃圾桶", "", ""], "unit": ["Bridge Street Office", "", ""], "due": ["soon", "", ""]}  # fmt: skip
    page = shown(client.post("/warnings/topics/", typed), 400)
    assert "增设垃圾桶" in page
    page = shown(
        client.post("/warnings/topics/", typed | {"due": ["2026-11-20", "", ""]}, follow=True)
    )
    assert "完成了" in page
    key = re.search(r"/warnings/topics/(\d+)/do/", page)[1]
    handler = signed_in("handler_east")
    assert "2026-11-02 完成" in shown(
        handler.post(f"/warnings/topics/{key}/do/tick/", {"n": "0"}, follow=True)
    )
    assert "做成了" in shown(
        client.post(f"/warnings/topics/{key}/do/close/", {"result": "做成了"}, follow=True)
    )
    event = {
        "name": "桥街改造",
        "area": "East/Bridge Street",
        "starts": "2026-11-01",
        "ends": "2026-12-01",
        "matter": "",
    }
    assert "桥街改造" in shown(client.post("/warnings/seasons/", event | {"ends": ""}), 400)
    page = shown(client.post("/warnings/seasons/", event, follow=True))
    drop = re.search(r'name="drop" value="(\d+)"', page)[1]
    assert "桥街改造" not in shown(client.post("/warnings/seasons/", {"drop": drop}, follow=True))


def test_what_found_no_place_is_counted_and_linked(people, now, rounds, signed_in, settings):
    import dataclasses

    from xianban.city.api import current

    here = current()
    rows = (
        quiet()
        + planted()
        + planted(matter="0101", n=20)
        + planted(matter="0201", area=QUAY_GRID, n=22)
    )
    object.__setattr__(here, "prevention", dataclasses.replace(here.prevention, budget=1))
    rounds(rows)
    now.at = NOW
    page = shown(signed_in("analyst").get("/warnings/"))
    left = Warning.objects.filter(shown="left_out", course="ongoing", stand="new").count()
    assert left
    assert f"另有 {left} 条未入选" in page
    out = shown(signed_in("analyst").get("/warnings/?list=left_out"))
    assert out.count('class="warned-row"') == left


def test_a_warning_that_grows_says_so(warned, rounds, signed_in):
    later = UNTIL + timedelta(days=1)
    rounds([(r[0], *r[1:]) for r in quiet(until=later) + planted(60, until=later)], until=later)
    warned.refresh_from_db()
    assert warned.most_people >= 60
    assert "还在增多" in shown(signed_in("analyst").get(f"/warnings/{warned.pk}/"))
    assert (
        Warning.objects.filter(matter="0202", area=warned.area, method=warned.method).count() == 1
    )


def links_to(page, start):
    return [part.replace("&amp;", "&") for part in re.findall(r'href="([^"]+)"', page) if part.startswith(start)]  # fmt: skip


def test_every_figure_of_a_round_opens_the_warnings_that_it_counts(warned, signed_in):
    client = signed_in("analyst")
    page = shown(client.get("/detectors/"))
    figures = {
        figure: int(n)
        for figure, n in re.findall(r"round=[^&]+&amp;figure=(\w+)\">(\d+)</a>", page)
    }
    assert {"found", "new", "raised"} <= set(figures)
    for address in links_to(page, "/warnings/?list=all&round="):
        figure = address.rpartition("=")[2]
        rows = shown(client.get(address)).count('class="warned-row"')
        assert 0 < rows <= figures[figure], address
        assert figure == "found" or rows == figures[figure]
    listed = shown(client.get("/warnings/?list=all&round=nightly:2026-11-02&figure=raised"))
    assert "每夜一轮（2026-11-02）：入选" in listed
    assert 'class="warned-row"' not in shown(
        client.get("/warnings/?list=all&round=nightly:1&figure=x")
    )


def test_figures_of_a_record_stand_above_the_warnings_that_make_them(warned, signed_in):
    client = signed_in("analyst")
    page = shown(client.get(f"/detectors/{warned.detector}/"))
    table = page[page.index('id="behind"') :]
    assert f'href="/warnings/{warned.pk}/"' in table
    assert page.count('href="#behind"') >= 2
    assert f"/detectors/{warned.detector}/#behind" in shown(client.get("/detectors/"))


def test_what_is_offered_as_a_topic_opens_its_cases_and_warnings(warned, signed_in):
    client = signed_in("analyst")
    page = shown(client.get("/warnings/topics/"))
    (cases, *_) = links_to(page, "/cases/?matter=")
    assert "from=2026-" in cases
    assert "没有这一项" not in shown(client.get(cases))
    for address in links_to(page, "/warnings/?list=all&matter="):
        assert "since=2026-" in address
        number = int(re.search(re.escape(address.replace("&", "&amp;")) + r"\">(\d+)</a>", page)[1])
        assert shown(client.get(address)).count('class="warned-row"') == number
