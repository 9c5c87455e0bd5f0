"""Administrators and auditors: people, packs, the record; nobody beyond what is theirs."""

import io
import zipfile
from contextlib import suppress

import pytest
from django.contrib.auth import get_user_model

from builders import EAST, GRID, make_case, monday, write_town
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_user, user_seen
from xianban.city import api as city
from xianban.ledger.api import Sought, history, search_acts
from xianban.web.deeds import DEEDS
from xianban.web.words import ROUNDS

PAGES = (
    "/admin/", "/admin/roles/", "/admin/people/", "/admin/people/new/", "/admin/people/import/",
    "/admin/packs/", "/admin/system/", "/audit/",
)  # fmt: skip


def zipped(folder, **changed):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in folder.iterdir():
            text = path.read_text(encoding="utf-8")
            for old, new in changed.get(path.stem, ()):
                assert old in text
                text = text.replace(old, new)
            archive.writestr(f"town/{path.name}", text)
    out.seek(0)
    out.name = "town.zip"
    return out


@pytest.fixture
def proven(signed_in):
    """Clients that have just shown who they are, so that grave acts are done at once."""
    return signed_in


def test_administrators_have_every_page_and_others_none(signed_in):
    for page in PAGES:
        assert signed_in("administrator").get(page).status_code == 200, page
        assert signed_in("handler_east").get(page).status_code == 403, page
        assert signed_in("newcomer").get(page).status_code == 403, page
    assert signed_in("auditor").get("/audit/").status_code == 200
    assert signed_in("auditor").get("/admin/people/").status_code == 403
    assert signed_in("steward").get("/admin/packs/").status_code == 200


def test_the_first_page_names_what_is_amiss_with_its_remedy(signed_in):
    shown = signed_in("administrator").get("/admin/").content.decode()
    assert "主办单位没有承办人" in shown  # water and transport lead, and nobody is there
    assert "台账还没有核对过" in shown
    assert "还没有备份记录" in shown


def test_somebody_is_added_with_a_password_that_is_shown_once(proven, people):
    said = {"username": "wang", "name": "王五", "role": "handler", "unit": "Waterworks", "password": "yes"}  # fmt: skip
    shown = proven("administrator").post("/admin/people/new/", said).content.decode()
    assert "密码只显示这一次" in shown
    user = get_user_model().objects.get(username="wang")
    assert user.password_issued
    assert user_seen(user.pk).grants == (Granted(Role.HANDLER, "", "water"),)


def test_a_grave_act_asks_first_who_one_is(signed_in):
    admin = signed_in("administrator")
    session = admin.session
    session.pop("account_authentication_methods")
    session.save()
    answer = admin.post("/admin/people/new/", {"username": "x"})
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]


def test_what_was_typed_stays_where_it_is_refused(proven):
    answer = proven("administrator").post(
        "/admin/people/new/", {"username": "li", "name": "李四", "role": "agent", "unit": "no such"}
    )
    assert answer.status_code == 400
    assert "李四" in answer.content.decode()


def test_a_role_is_given_and_taken_with_a_reason_on_record(proven, people):
    admin, key = proven("administrator"), people["helper"]
    given = {"role": "grid_worker", "area": "East", "reason": "covers for a colleague 13812345678"}
    admin.post(f"/admin/people/{key}/do/grant/", given)
    assert Granted(Role.GRID_WORKER, EAST) in user_seen(key).grants
    last = history(f"user:{key}")[-1]
    assert last.verb == "user.grant"
    assert "covers for a colleague" in last.payload["reason"]
    assert "13812345678" not in last.payload["reason"]
    admin.post(
        f"/admin/people/{key}/do/revoke/", {"granted": f"grid_worker|{EAST}|", "reason": "back"}
    )
    assert Granted(Role.GRID_WORKER, EAST) not in user_seen(key).grants
    without = admin.post(f"/admin/people/{key}/do/grant/", {"role": "agent", "reason": " "})
    assert without.status_code == 400


def test_nobody_raises_their_own_rights(proven, people):
    key = people["administrator"]
    answer = proven("administrator").post(
        f"/admin/people/{key}/do/grant/", {"role": "supervisor", "reason": "me"}
    )
    assert answer.status_code == 400
    assert len(user_seen(key).grants) == 1


def test_an_administrator_of_a_district_stays_in_it(proven, people):
    new = NewUser("east_admin", password="bridge-over-water-7", grants=(Granted(Role.ADMINISTRATOR, EAST),))  # fmt: skip
    people["east_admin"] = add_user(new, acting=MACHINE, now=monday(8))
    admin = proven("east_admin")
    whole = {"role": "supervisor", "reason": "x"}
    assert admin.post(f"/admin/people/{people['newcomer']}/do/grant/", whole).status_code == 400
    inside = {"role": "supervisor", "area": "East", "reason": "x"}
    assert admin.post(f"/admin/people/{people['newcomer']}/do/grant/", inside).status_code == 302
    # nor does a password of somebody above open the way up
    assert admin.post(f"/admin/people/{people['administrator']}/do/password/").status_code == 404
    assert admin.post("/admin/packs/do/take/").status_code == 403
    # the installation is the whole city's, and so are its worries; units of other districts are not theirs
    assert admin.get("/admin/system/").status_code == 403
    assert admin.post("/admin/system/do/resend/").status_code == 403
    shown = admin.get("/admin/").content.decode()
    assert "/admin/system/" not in shown
    assert "Harbour Street Office" not in shown


def test_a_table_of_people_is_looked_at_then_brought_in_and_again(proven):
    admin = proven("administrator")
    text = "用户名,姓名,角色,单位\nzhao,赵一,承办人,Waterworks\nzhao,赵一,坐席,\nqian,钱二,国王,\nhelper,,承办人,Traffic Police\n"
    shown = admin.post("/admin/people/import/", {"text": text}).content.decode()
    assert "没有“国王”这个角色" in shown
    assert not get_user_model().objects.filter(username="zhao").exists()
    admin.post("/admin/people/import/", {"text": text, "go": "yes"})
    zhao = get_user_model().objects.get(username="zhao")
    assert len(user_seen(zhao.pk).grants) == 2
    assert not zhao.has_usable_password()
    before = search_acts(Sought(verbs=("user.add",))).acts
    again = admin.post("/admin/people/import/", {"text": text, "go": "yes"}).content.decode()
    assert "已添加 0 人" in again
    assert search_acts(Sought(verbs=("user.add",))).acts == before
    faults = admin.post("/admin/people/import/", {"text": text, "faults": "yes"})
    assert "qian" in faults.content.decode()
    assert "zhao" not in faults.content.decode()


def test_a_pack_is_looked_at_then_loaded(proven, town, tmp_path):
    make_case(matter="0202", area=GRID)
    folder = write_town(tmp_path / "again")
    admin = proven("administrator")
    sent = zipped(folder, duties=[("02,,kind:street_office", "02,,transport")])
    answer = admin.post("/admin/packs/do/take/", {"pack": sent})
    shown = admin.get(answer["Location"]).content.decode()
    assert "Transport Bureau" in shown
    assert "1 件" in shown  # the open case would have another lead
    assert city.current().duty_for("0202", GRID, on=monday().date()).lead == "street-east"
    admin.post(answer["Location"] + "do/load/", {"effective": "2026-11-02"})
    city.forget()
    assert city.current(at=monday()).duty_for("0202", GRID, on=monday().date()).lead == "transport"
    assert history("city")[-1].actor.startswith("user:")
    assert "第 2 版" in admin.get("/admin/packs/").content.decode()

    back = admin.post(
        "/admin/packs/do/back/1/"
    )  # what was loaded is undone by loading the one before
    assert "Transport Bureau" in admin.get(back["Location"]).content.decode()
    admin.post(back["Location"] + "do/load/", {"effective": "2026-11-02"})
    city.forget()
    assert (
        city.current(at=monday()).duty_for("0202", GRID, on=monday().date()).lead == "street-east"
    )
    assert admin.post("/admin/packs/do/back/9/").status_code == 404


def test_a_pack_with_faults_says_where_and_cannot_be_loaded(proven, town, tmp_path):
    folder = write_town(tmp_path / "again")
    admin = proven("administrator")
    sent = zipped(folder, duties=[("01,,water", "01,,nobody")])
    answer = admin.post("/admin/packs/do/take/", {"pack": sent})
    shown = admin.get(answer["Location"]).content.decode()
    assert "duties.csv" in shown
    assert "第 2 行" in shown
    assert "do/load/" not in shown
    assert admin.post(answer["Location"] + "do/load/").status_code == 400
    admin.post(answer["Location"] + "do/drop/")
    assert admin.get(answer["Location"]).status_code == 404


def test_a_draft_that_another_load_overtook_is_compared_again(proven, town, tmp_path):
    admin = proven("administrator")
    folder = write_town(tmp_path / "again")
    first = admin.post("/admin/packs/do/take/", {"pack": zipped(folder, units=[("Waterworks", "Water Works")])})  # fmt: skip
    second = admin.post("/admin/packs/do/take/", {"pack": zipped(folder, units=[("Waterworks", "Water Co")])})  # fmt: skip
    admin.post(second["Location"] + "do/load/")
    assert admin.post(first["Location"] + "do/load/").status_code == 400
    assert "重新比较" in admin.get(first["Location"]).content.decode()
    admin.post(first["Location"] + "do/again/")
    assert admin.post(first["Location"] + "do/load/").status_code == 302


def test_the_pack_in_effect_comes_back_as_the_same(proven, town):
    admin = proven("administrator")
    content = io.BytesIO(admin.get("/admin/packs/loaded.zip").content)
    content.name = "back.zip"
    answer = admin.post("/admin/packs/do/take/", {"pack": content})
    assert "和正在用的一样" in admin.get(answer["Location"]).content.decode()


def test_the_zip_is_made_once_a_load(proven, town, tmp_path, django_assert_max_num_queries):
    admin = proven("administrator")
    before = admin.get("/admin/packs/loaded.zip").content
    with django_assert_max_num_queries(16):
        assert admin.get("/admin/packs/loaded.zip").content == before
    pack = zipped(write_town(tmp_path / "other"), units=[("Waterworks", "Water Works")])
    sent = admin.post("/admin/packs/do/take/", {"pack": pack})
    admin.post(sent["Location"] + "do/load/")
    with zipfile.ZipFile(io.BytesIO(admin.get("/admin/packs/loaded.zip").content)) as archive:
        assert b"Water Works" in archive.read("units.csv")


def test_the_audit_finds_who_opened_a_contact_and_what_for(proven, signed_in, people):
    case = make_case()
    admin = proven("administrator")
    admin.post(f"/admin/people/{people['helper']}/do/grant/", {"role": "agent", "reason": "desk"})
    shown = admin.get("/audit/?kind=people").content.decode()
    assert "给予角色" in shown
    assert "desk" in shown
    assert admin.get(f"/audit/?about={case.number}").status_code == 200
    assert admin.get("/audit/?about=nothing-like-it").status_code == 400
    assert admin.get("/audit/?since=tomorrow").status_code == 400
    assert admin.get("/audit/?who=machine").status_code == 400  # all of it: no index would end
    assert admin.get("/audit/?who=machine&kind=packs").status_code == 200
    assert admin.get(f"/audit/case/{case.number}/").status_code == 200
    assert admin.get(f"/audit/staff/{people['administrator']}/").status_code == 200
    shown = admin.get("/audit/?kind=audit").content.decode()
    assert "查审计记录" in shown
    assert "kind=people" not in shown  # what was asked stands there in words
    taken = b"".join(admin.get("/audit/acts.csv?kind=people").streaming_content).decode()
    assert "给予角色" in taken
    looked = search_acts(Sought(actor=f"user:{people['administrator']}", verbs=("audit.search",)))
    assert len(looked.acts) >= 4
    exported = search_acts(Sought(verbs=("audit.export",))).acts
    assert exported[0].payload["acts"] == len(people) + 1


def test_the_audit_goes_on_page_by_page_without_gaps(people):
    seen, before = [], None
    while True:
        sheet = search_acts(Sought(verbs=("user.add", "user.grant")), before=before, size=3)
        seen += [act.key for act in sheet.acts]
        before = sheet.older
        if before is None:
            break
    assert len(seen) == len(set(seen)) == len(people)


def test_an_auditor_of_a_district_sees_its_cases_only(signed_in, people):
    new = NewUser("east_auditor", password="bridge-over-water-7", grants=(Granted(Role.AUDITOR, EAST),))  # fmt: skip
    people["east_auditor"] = add_user(new, acting=MACHINE, now=monday(8))
    client = signed_in("east_auditor")
    inside, outside = make_case(area=GRID), make_case(area="990200001001001")
    assert client.get(f"/audit/case/{inside.number}/").status_code == 200
    assert client.get(f"/audit/case/{outside.number}/").status_code == 404
    assert "一部分区域" in client.get("/audit/").content.decode()
    assert client.get("/audit/acts.csv").status_code == 403


def test_the_ledger_is_checked_by_the_worker_and_the_page_says_so(signed_in, people):
    from xianban.ledger.api import run_check

    admin = signed_in("administrator")
    admin.post("/admin/system/do/check/")
    assert "等后台进程来做" in admin.get("/admin/system/").content.decode()
    assert run_check(lambda say: say(1, "acts"), now=monday())
    assert "完整" in admin.get("/admin/system/").content.decode()

    def fails(say):
        raise OSError("the disk is away")

    admin.post("/admin/system/do/check/")
    with pytest.raises(OSError, match="the disk"):
        run_check(fails, now=monday())
    page = admin.get("/admin/system/").content.decode()
    assert "没有核对完" in page
    assert "发现不符" not in page
    assert "台账没有核对完" in admin.get("/admin/").content.decode()

    for look in (lambda say: "case:1 act 2 is missing", fails):
        admin.post("/admin/system/do/check/")
        with suppress(OSError):
            run_check(look, now=monday())
    assert (
        "发现不符" in admin.get("/admin/system/").content.decode()
    )  # until another comes to its end


def test_every_round_of_the_worker_and_every_deed_has_a_word():
    from xianban.config.worker import JOBS

    assert set(JOBS) <= set(ROUNDS)
    assert all(str(word) for word, _icon, _colour in DEEDS.values())
