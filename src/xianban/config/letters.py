"""The words of notices: made when a notice is sent, in the language of whoever gets it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xianban.city.api import City
from xianban.intake.api import subscription_code
from xianban.web.moments import moment

# to whoever reported: plain and specific, who does what by when
TO_PERSONS: Mapping[str, Promise] = {
    "received": _("您的诉求已收到，编号 %(number)s。我们正在确定承办单位。"),
    "dispatched": _("您的诉求 %(number)s 已交由%(unit)s办理，最迟%(due)s前答复您。"),
    "extended": _("您的诉求 %(number)s 需要更多时间，%(unit)s将在%(due)s前答复您。"),
    "suspended": _("您的诉求 %(number)s 目前条件不具备，已挂账，我们会定期复核并告诉您。"),
    "resumed": _("您的诉求 %(number)s 已恢复办理，%(unit)s将在%(due)s前答复您。"),
    "answered": _("%(unit)s已答复您的诉求 %(number)s。请看答复，并告诉我们是否解决。"),
    "consult_answered": _(
        "您的咨询 %(number)s 已当场答复，答复内容可随时查看；不满意可以评价，我们会另行办理。"
    ),
    "rectifying": _("您反映诉求 %(number)s 尚未解决，%(unit)s将重新办理，最迟%(due)s前答复您。"),
    "reopened": _("您的诉求 %(number)s 已重新办理，最迟%(due)s前答复您。"),
    "closed": _("您的诉求 %(number)s 已办结。如果没有解决，您可以重新提出。"),
    "withdrawn": _("您的诉求 %(number)s 已按您的要求撤回。"),
    "declined": _("您的诉求 %(number)s 依规定不予受理，原因和可走的途径请看详情。"),
    "merged": _("您的诉求 %(number)s 与另一件相同诉求合并办理，结果同样会告诉您。"),
    "separated": _("您的诉求 %(number)s 已恢复单独办理。"),
}
# to whoever wants to hear of a place
TO_SUBSCRIBERS: Mapping[str, Promise] = {
    "subscribe_code": _(
        "有人用这个联系方式订阅了%(place)s的办理情况。订阅号 %(subscription)s，确认码 %(code)s，"
        "七天内在网页上填写后生效。不是您本人操作的，请不要理会，也不要告诉别人。"
    ),
    "subscribe_news": _(
        "%(place)s：新受理 %(accepted)s 件，办结 %(solved)s 件。"
        "不想再收到，请在网页“订阅”里填订阅号 %(subscription)s 和退订码 %(code)s。"
    ),
}
# to units and staff: what there is to do
TO_STAFF: Mapping[str, Promise] = {
    "received": _("新工单 %(number)s（%(matter)s，%(area)s）等待派单。"),
    "dispatched": _("工单 %(number)s（%(matter)s，%(area)s）派给%(unit)s，%(due)s前答复。"),
    "objected": _("工单 %(number)s（%(matter)s）被%(unit)s退回，等待裁定。"),
    "objection_rejected": _("工单 %(number)s（%(matter)s）退单未获同意，仍由%(unit)s办理。"),
    "invited": _("工单 %(number)s（%(matter)s，%(area)s）请您单位协办。"),
    "task_answered": _("工单 %(number)s（%(matter)s）的协办任务已有答复。"),
    "suspension_asked": _("工单 %(number)s（%(matter)s）申请挂账，等待审批。"),
    "suspension_refused": _("工单 %(number)s（%(matter)s）挂账未获批准，请继续办理。"),
    "suspended": _("工单 %(number)s（%(matter)s）已挂账。"),
    "resumed": _("工单 %(number)s（%(matter)s）恢复办理，%(due)s前答复。"),
    "rectifying": _("工单 %(number)s（%(matter)s，%(area)s）须整改，%(due)s前答复。"),
    "reopened": _("工单 %(number)s（%(matter)s，%(area)s）重新打开，%(due)s前答复。"),
    "said": _("工单 %(number)s（%(matter)s）的诉求人补充了情况。"),
    "withdrawn": _("工单 %(number)s（%(matter)s）已由诉求人撤回。"),
    "declined": _("工单 %(number)s（%(matter)s）不予受理。"),
    "merged": _("工单 %(number)s（%(matter)s）已并入另一工单。"),
    "separated": _("工单 %(number)s（%(matter)s）已恢复单独办理。"),
    "escalated": _("工单 %(number)s（%(matter)s，%(area)s）上报一级，请关注。"),
    "pressed": _("督办：工单 %(number)s（%(matter)s，%(area)s），%(due)s前答复。"),
    "reminder": _("提醒：工单 %(number)s（%(matter)s，%(area)s）时限将到。"),
    "overdue": _("超时：工单 %(number)s（%(matter)s，%(area)s）已过时限。"),
    "closed": _("工单 %(number)s（%(matter)s）已办结。"),
}


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


def letter(
    kind: str,
    values: Mapping[str, Any],
    *,
    to_person: bool,
    city: City,
    language: str,
    now: datetime,
) -> Letter:
    """The words of one notice; a kind without words of its own is a fault of ours (KeyError)."""
    to_whom = TO_SUBSCRIBERS if "subscription" in values else TO_PERSONS
    template = (to_whom if to_person else TO_STAFF)[kind]
    with translation.override(language), timezone.override(city.tz):
        due = values.get("due_at")
        said = {
            "number": values.get("number", ""),
            "unit": city.unit_name(str(values.get("unit", ""))),
            "matter": city.matter_name(str(values.get("matter", ""))),
            "area": city.area_name(str(values.get("area", ""))),
            "due": moment(datetime.fromisoformat(due), now=now) if due else "",
        }
        if "subscription" in values:
            said |= _of_subscription(values, said)
        return Letter(subject=f"{city.name} {said['number']}".strip(), body=str(template) % said)


def _of_subscription(values: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    place = f"{said['area']}（{said['matter']}）" if values["matter"] else said["area"]
    return {
        "place": place,
        "code": subscription_code(values["subscription"]),
        **{name: values.get(name, 0) for name in ("subscription", "accepted", "solved")},
    }
