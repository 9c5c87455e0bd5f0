"""Which pages staff find in their menu, who sees each, and where each role begins.

A new page adds one line to PAGES (and, if it is where a role begins, one to HOMES). What a page
shows is guarded by the page itself; this list only decides what is offered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xianban.accounts.api import Actor, Role, may_anywhere

EVERYONE = ""


@dataclass(frozen=True)
class Page:
    """One entry: the name of its address, its word, its icon, and who sees it.

    Seen by whoever may do the verb `may` anywhere, or holds one of `roles`; by everyone when
    neither is named.
    """

    name: str
    label: Promise
    icon: str
    may: str = EVERYONE
    roles: frozenset[Role] = frozenset()

    def is_for(self, actor: Actor) -> bool:
        if not self.may and not self.roles:
            return True
        held = {grant.role for grant in actor.grants}
        return bool(held & self.roles) or bool(self.may and may_anywhere(actor, self.may))


# in the order in which they stand; the first four are within reach of the thumb on a phone
PAGES: Sequence[Page] = (
    Page(
        "today", _("今日待办"), "calendar-plus", roles=frozenset({Role.HANDLER, Role.GRID_WORKER})
    ),
    Page("cases", _("案件"), "list-details"),
    Page("call", _("接话"), "headset", roles=frozenset({Role.AGENT, Role.DISPATCHER})),
    Page("command", _("督办"), "speakerphone", may="oversee"),
    Page("warnings", _("预警"), "sparkles", may="see_warnings"),
    Page("city", _("城市"), "map", may="oversee"),
    Page(
        "meetings",
        _("会议"),
        "users",
        may="convene",
        roles=frozenset({Role.HANDLER, Role.GRID_WORKER}),
    ),
    Page("new_case", _("登记"), "circle-plus", may="open"),
    Page("dispatching", _("派单"), "send", may="rule"),
    Page(
        "duty_gaps",
        _("权责清单"),
        "list",
        roles=frozenset({Role.ADMINISTRATOR, Role.STEWARD}),
    ),
    Page("packs", _("城市包"), "stack-2", roles=frozenset({Role.STEWARD})),
    Page("admin", _("管理"), "settings", may="manage_users"),
    Page("audit", _("审计"), "shield-check", may="audit"),
    Page("rights", _("个人信息"), "shield-lock", may="erase"),
    Page("knowledge", _("知识库"), "book"),
    Page("patrol", _("巡查"), "route", roles=frozenset({Role.GRID_WORKER})),
    Page("appraisal", _("考核"), "trophy", may="rank"),
)

# where a role begins after signing in: the first line whose role somebody holds
HOMES: Sequence[tuple[Role, str]] = (
    (Role.DISPATCHER, "dispatching"),
    (Role.AGENT, "call"),
    (Role.HANDLER, "today"),
    (Role.GRID_WORKER, "today"),
    (Role.SUPERVISOR, "command"),
    (Role.LEADER, "city"),
    (Role.ANALYST, "warnings"),
    (Role.ADMINISTRATOR, "admin"),
    (Role.AUDITOR, "audit"),
    (Role.STEWARD, "packs"),
)
HOME = "cases"  # for everyone else


def entries(actor: Actor) -> list[Page]:
    """What stands in somebody's menu, in order."""
    return [page for page in PAGES if page.is_for(actor)]


def home_of(actor: Actor) -> str:
    """The name of the page on which somebody begins."""
    held = {grant.role for grant in actor.grants}
    return next((name for role, name in HOMES if role in held), HOME)
