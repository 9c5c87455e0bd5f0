"""Every page there is, and as whom to look at it: for the pictures and for the check with axe.

A new page adds one line to PAGES. An address that is no page to look at (a form's target, a file,
a redirect) stands in NO_PAGE with the reason. `tests/architecture/test_every_page.py` insists.

An address may hold facts of the sample city in braces: {case} a case that somebody handles,
{number} and {code} a report just made, {right} what was asked about it, {period}, {unit}; a new one is a function in FACTS.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page

NOBODY = ""


@dataclass(frozen=True)
class Seen:
    """A page: the name of its picture, its address, the name of its route, and who looks.

    `opens` are things to click first, so that what folds away is looked at too.
    """

    name: str
    address: str
    route: str
    who: str = NOBODY
    opens: tuple[str, ...] = ()

    @property
    def for_residents(self) -> bool:
        return self.who == NOBODY


PAGES = (
    Seen("report", "/", "report"),
    Seen("follow", "/follow/", "follow"),
    Seen("story", "/follow/{number}/{code}/", "story"),
    Seen("hearing", "/follow/{number}/{code}/notices/", "hear_by_code"),
    Seen("privacy", "/privacy/", "privacy"),
    Seen("subscribe", "/subscribe/", "subscribe"),
    Seen("subscribe-code", "/subscribe/sent/", "subscribe_sent"),
    Seen("mine", "/follow/{number}/{code}/mine/", "mine", opens=("#correct", "#erase")),
    Seen("mine-confirm", "/follow/{number}/{code}/mine/{right}/", "mine_confirm"),
    Seen("missing", "/nothing-here/", ""),
    Seen("style", "/style/", "style"),
    Seen("sign-in", "/accounts/login/", "account_login"),
    Seen("sign-out", "/accounts/logout/", "account_logout", "agent"),
    Seen("password", "/accounts/password/change/", "account_change_password", "agent"),
    Seen("inactive", "/accounts/inactive/", "account_inactive"),
    Seen("signup", "/accounts/signup/", "account_signup"),
    Seen("cases", "/cases/", "cases", "dispatcher"),
    Seen("cases-ended", "/cases/?tab=ended&area=x", "cases", "dispatcher"),
    Seen("cases-found", "/cases/?q=路灯", "cases", "dispatcher"),
    Seen("cases-not-found", "/cases/?q=没有这样的事", "cases", "dispatcher"),
    Seen("case", "/cases/{case}/", "case", "dispatcher", opens=("details.act >> nth=0",)),
    Seen("case-of-handler", "/cases/{handled}/", "case", "handler"),
    Seen("case-undecided", "/cases/{number}/", "case", "dispatcher"),
    Seen("today", "/today/", "today", "handler"),
    Seen("today-empty", "/today/?group=returned&who=me", "today", "handler"),
    Seen("views", "/cases/views/", "views", "handler"),
    Seen("new-case", "/cases/new/", "new_case", "agent"),
    Seen("call", "/cases/call/", "call", "agent"),
    Seen("knowledge", "/knowledge/", "knowledge", "handler"),
    Seen("knowledge-entry", "/knowledge/street-lamp-repair/", "knowledge_entry", "handler"),
    Seen("help", "/help/", "help"),
    Seen("help-found", "/help/?ask=路灯", "help"),
    Seen("help-entry", "/help/street-lamp-repair/", "help_entry"),
    Seen("forbidden", "/cases/new/", "", "leader"),
    Seen("inbox", "/me/inbox/", "inbox", "supervisor"),
    Seen("my-account", "/me/account/", "me_account", "handler"),
    Seen("prove", "/accounts/factor/totp/activate/", "account_reauthenticate", "handler"),
    Seen("my-notices", "/me/notices/", "me_notices", "handler"),
    Seen("dispatching", "/dispatch/", "dispatching", "dispatcher"),
    Seen("dispatching-returned", "/dispatch/?why=disputed", "dispatching", "dispatcher"),
    Seen("dispatching-case", "/dispatch/{undecided}/?find=路灯", "dispatching_case", "dispatcher"),
    Seen("consultation", "/cases/{undecided}/consultation/", "consultation", "dispatcher"),
    Seen("machine-record", "/dispatch/record/?became=corrected", "machine_record", "dispatcher"),
    Seen("duty-gaps", "/dispatch/gaps/?kind=no_limit", "duty_gaps", "admin"),
    Seen("admin", "/admin/", "admin", "admin"),
    Seen("admin-roles", "/admin/roles/", "roles", "admin"),
    Seen("admin-people", "/admin/people/", "people", "admin"),
    Seen("admin-new-person", "/admin/people/new/", "new_person", "admin"),
    Seen("admin-import", "/admin/people/import/", "import_people", "admin"),
    Seen(
        "admin-person",
        "/admin/people/{member}/",
        "staff_member",
        "admin",
        opens=("details.act >> nth=-1",),
    ),
    Seen("admin-packs", "/admin/packs/", "packs", "admin"),
    Seen("admin-pack", "/admin/packs/{pack}/", "pack", "admin"),
    Seen("admin-system", "/admin/system/", "system", "admin"),
    Seen("audit", "/audit/", "audit", "admin"),
    Seen("audit-case", "/audit/case/{audited}/", "audit_case", "admin"),
    Seen("audit-staff", "/audit/staff/{member}/", "audit_staff", "admin"),
    Seen("command", "/command/", "command", "supervisor"),
    Seen("command-soon", "/command/?tab=soon&within=72", "command", "supervisor"),
    Seen("stages", "/command/stages/", "stages", "leader"),
    Seen("visits", "/command/stages/{month}/sign/", "visits", "leader"),
    Seen("meetings", "/meetings/", "meetings", "supervisor"),
    Seen("new-meeting", "/meetings/new/", "new_meeting", "supervisor"),
    Seen(
        "meeting", "/meetings/{meeting}/", "meeting", "supervisor", opens=("details.act >> nth=-1",)
    ),
    Seen("warnings", "/warnings/", "warnings", "supervisor", opens=("details.act >> nth=0",)),
    Seen("warnings-left-out", "/warnings/?list=left_out", "warnings", "supervisor"),
    Seen("warning", "/warnings/{warning}/", "warning", "supervisor", opens=("#act-order",)),
    Seen("replays", "/warnings/replays/", "replays", "supervisor"),
    Seen("replay", "/warnings/replays/{replay}/", "replay", "supervisor"),
    Seen("replayed", "/warnings/replays/{replay}/1/", "replayed", "supervisor"),
    Seen("warning-orders", "/warnings/orders/", "warning_orders", "leader"),
    Seen("detectors", "/detectors/", "detectors", "leader"),
    Seen("detector", "/detectors/daily_rise/", "detector", "leader", opens=("details.act",)),
    Seen("topics", "/warnings/topics/", "topics", "supervisor", opens=("#choose",)),
    Seen("topic", "/warnings/topics/{topic}/", "topic", "supervisor", opens=("details.act",)),
    Seen("seasons", "/warnings/seasons/", "seasons", "supervisor", opens=("details.act",)),
    Seen("area-profile", "/warnings/areas/990103/", "area_profile", "leader"),
    Seen("patrol", "/patrol/", "patrol", "gridworker"),
    Seen("city", "/city/", "city", "leader"),
    Seen("wall", "/city/wall/", "wall", "leader"),
    Seen("rights", "/personal-data/", "rights", "admin"),
    Seen("retention", "/personal-data/retention/", "retention", "admin"),
    Seen("ranking", "/appraisal/{period}/", "ranking", "supervisor"),
    Seen("figure", "/appraisal/{period}/unit/{unit}/", "figure", "supervisor"),
    Seen("asked", "/appraisal/asked/", "asked", "supervisor"),
)

# route: why it is not looked at
NO_PAGE = {
    "call_look": "a part of the agent's desk, fetched while one types",
    "call_earlier": "a part of the agent's desk",
    "call_undo": "the target of a form",
    "hear_by_link": "the same page as hear_by_code, by the link in a mail",
    "open_line": "leads to a case",
    "test_notices": "the target of a form",
    "duty": "the target of a form",
    "end_session": "the target of a form",
    "end_others": "the target of a form",
    "mfa_activate_totp": "asks who one is first; the journey of sign-in looks at it",
    "mfa_index": "leads to one's own account",
    "mfa_authenticate": "only in the middle of a sign-in; the journey of sign-in looks at it",
    "mfa_reauthenticate": "only in the middle of something grave",
    "mfa_deactivate_totp": "only with a second factor",
    "mfa_view_recovery_codes": "only with a second factor; the journey of sign-in looks at it",
    "mfa_generate_recovery_codes": "only with a second factor",
    "mfa_download_recovery_codes": "a file",
    "socialaccount_login_cancelled": "only where a city has an identity provider",
    "socialaccount_login_error": "only where a city has an identity provider",
    "socialaccount_signup": "not reached: nobody is added by an identity",
    "socialaccount_connections": "not reached: identities are linked at sign-in",
    "openid_connect_login": "only where a city has an identity provider",
    "openid_connect_callback": "leads on",
    "home": "leads to the first page of a role",
    "places": "a part of the report form, fetched while one types",
    "under": "a sentence about a point on the map",
    "subscription": "opened by a code that is sent; the parts of the page are those of subscribe",
    "hints": "a part of the report form, fetched while one types",
    "areas": "a file",
    "case_file": "a file",
    "case_file_small": "a file",
    "story_file": "a file",
    "story_file_small": "a file",
    "held_file": "a file",
    "hold_file": "a part of forms that take files",
    "find_case": "the target of the box; leads to cases, or to the page about a telephone",
    "find_people": "the target of a form",
    "export": "a file",
    "command_do": "the target of a form",
    "warning_do": "the target of a form",
    "warning_of_case": "the same page as a warning's; the journey from warning to effect opens it",
    "warning_of_case_do": "the target of a form",
    "detector_do": "the target of a form",
    "topic_do": "the target of a form",
    "mine_copy": "a file",
    "decide_right": "the target of a form",
    "count_retention": "the target of a form",
    "meeting_do": "the target of a form",
    "staff_member_do": "the target of a form",
    "take_pack": "the target of a form",
    "load_pack": "the target of a form",
    "back_to_pack": "the target of a form",
    "pack_do": "the target of a form",
    "loaded_pack": "a file",
    "system_do": "the target of a form",
    "export_audit": "a file",
    "act": "the target of a form",
    "reveal": "the target of a form",
    "batch": "the target of a form",
    "batch_do": "the target of a form",
    "batch_result": "what became of a batch, kept in a session",
    "change_view": "the target of a form",
    "appraisal": "leads to the newest period",
    "choose_period": "leads to a ranking",
    "decide": "the target of a form",
    "freeze": "the target of a form",
    "ask": "the target of a form",
    "dispatching_find": "a part of the dispatch desk, fetched while one types",
    "choose": "the target of a form",
    "recall": "the target of a form",
    "rule": "the target of a form",
    "consultation_do": "the target of a form",
    "export_gaps": "a file",
    "suggest_duty": "the target of a form",
    "settle_suggestion": "the target of a form",
    "account_email": "not reached: people are added by an administrator",
    "account_email_verification_sent": "not reached",
    "account_set_password": "leads on: everybody has a password",
    "account_reset_password": "not reached: an administrator sets a new one",
    "account_confirm_login_code": "not reached",
    "account_confirm_email": "not reached",
    "account_reset_password_from_key": "not reached",
    "account_reset_password_from_key_done": "not reached",
    "account_reset_password_done": "not reached",
}


def _first(page: Page, address: str, link: str) -> str:
    """The last part of where the first such link leads."""
    page.goto(address)
    href = page.locator(link).first.get_attribute("href") or ""
    return href.split("?")[0].strip("/").rsplit("/", 1)[-1]


def _report(page: Page) -> str:
    page.goto("/")
    page.fill("#id_text", "小区东门外的路灯坏了三天，晚上看不清路")
    page.fill("#id_place", "东门")
    page.locator("main form[data-report] button.btn-go").click()
    page.wait_for_url("**/follow/**")
    number, code = page.url.split("?")[0].strip("/").split("/")[-2:]
    page.goto(f"/follow/{number}/{code}/mine/")
    page.locator("#erase summary").click()
    page.locator("#erase button").click()
    page.wait_for_url("**/mine/*/")
    return f"{number}/{code}/{page.url.strip('/').rsplit('/', 1)[-1]}"


def _period(page: Page) -> str:
    page.goto("/appraisal/")
    return page.url.split("?")[0].strip("/").rsplit("/", 1)[-1]


def _month(page: Page) -> str:
    """A month that stage times are of; this one, where the worker has not come to it yet."""
    page.goto("/command/stages/")
    chosen = page.locator("#period")
    return chosen.input_value() if chosen.count() else f"{datetime.now(UTC):%Y-%m}"


def _pack(page: Page) -> str:
    """The sample city's own pack with another lead in it, sent in for the picture."""
    page.goto("/admin/packs/")
    with page.expect_download() as waiting:
        page.locator("a[download]").click()
    changed = changed_pack(Path(waiting.value.path()).read_bytes())
    page.set_input_files(
        "#pack", {"name": "city-2027.zip", "mimeType": "application/zip", "buffer": changed}
    )
    page.locator("form[enctype] button[type=submit]").click()
    page.wait_for_url(re.compile("/admin/packs/[0-9a-f]{32}/"))
    return page.url.split("?")[0].strip("/").rsplit("/", 1)[-1]


def changed_pack(data: bytes) -> bytes:
    """A zipped pack in which the first row of the duty list has another lead, and the last is gone."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "duties.csv":
                rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
                lead = rows[0].index("lead")
                other = next(row[lead] for row in rows[2:] if row[lead] != rows[1][lead])
                rows[1][lead] = other
                sheet = io.StringIO()
                csv.writer(sheet).writerows(rows[:-1])
                content = sheet.getvalue().encode()
            new.writestr(name, content)
    return out.getvalue()


def _meeting(page: Page) -> str:
    """A meeting with a unit, called for the picture."""
    page.goto("/meetings/new/")
    page.fill("#title", "东门路灯连续熄灭")
    page.fill("#agenda", "一、情况通报；二、分工和时限")
    page.fill("#place", "三楼会议室")
    page.fill("#unit-0", page.locator("#all-units option").first.get_attribute("value") or "")
    page.locator("form[action='/meetings/new/'] button[type=submit]").click()
    page.wait_for_url("**/meetings/*/")
    return page.url.split("?")[0].strip("/").rsplit("/", 1)[-1]


def _topic(page: Page) -> str:
    """A topic of a month, the one there is or one chosen for the picture."""
    page.goto("/warnings/topics/")
    there = page.locator("section[aria-labelledby=topics-h] a")
    if not there.count():
        page.locator("#choose").evaluate("act => { act.open = true; }")
        page.fill("#title", "楼道堆物一月清零")
        page.fill("#text-1", "逐楼清理，贴出举报方式")
        page.fill("#due-1", f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}")
        for field, names in {"matter": "matters", "owner": "units", "unit-1": "units"}.items():
            first = page.locator(f"#all-{names} option").first.get_attribute("value")
            page.fill(f"#{field}", first or "")
        with page.expect_navigation():
            page.locator("#choose button[type=submit]").click()
    return _first(page, "/warnings/topics/", "section[aria-labelledby=topics-h] a")


# fact: (who looks, how it is found)
FACTS: Mapping[str, tuple[str, Callable[[Page], str]]] = {
    "case": ("dispatcher", lambda page: _first(page, "/cases/", "a.whole")),
    "handled": ("handler", lambda page: _first(page, "/cases/", "a.whole")),
    "undecided": ("dispatcher", lambda page: _first(page, "/dispatch/", ".queue a.whole")),
    "number/code/right": (NOBODY, _report),
    "period": ("supervisor", _period),
    "month": ("leader", _month),
    "meeting": ("supervisor", _meeting),
    "topic": ("supervisor", _topic),
    "warning": (
        "supervisor",
        lambda page: _first(page, "/warnings/?list=all", "a.whole"),
    ),
    "replay": ("supervisor", lambda page: _first(page, "/warnings/replays/", "main table a")),
    "member": ("admin", lambda page: _first(page, "/admin/people/?role=handler", "main table a")),
    "audited": ("admin", lambda page: _first(page, "/cases/", "a.whole")),
    "pack": ("admin", _pack),
    "unit": ("supervisor", lambda page: _first(page, "/appraisal/", "main table a")),
}
