"""What each right is called on a page, and which units the duty list makes lead."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xianban.city.api import City

KIND = "kind:"

RIGHTS: Mapping[str, Promise] = {
    "see": _("查看范围内的案件"),
    "reveal": _("说明用途后查看联系方式"),
    "find_person": _("按电话查找诉求人"),
    "export": _("导出清单"),
    "open": _("登记诉求"),
    "dispatch": _("派单"),
    "sign": _("签收"),
    "return": _("退单"),
    "rule": _("裁定退单"),
    "designate": _("指定承办"),
    "contact": _("联系诉求人"),
    "note": _("记进展"),
    "assign": _("指定承办人"),
    "report": _("答复诉求人"),
    "answer_consult": _("当场答复咨询"),
    "follow_up": _("回访"),
    "close": _("办结"),
    "reopen": _("重新办理"),
    "rate": _("评价"),
    "decline": _("决定不予受理"),
    "correct": _("更正事项或地点"),
    "invite": _("邀请协办"),
    "answer": _("答复协办"),
    "extend": _("延期"),
    "suspend": _("申请挂账"),
    "approve": _("审批挂账"),
    "review": _("复核挂账"),
    "resume": _("恢复办理"),
    "escalate": _("提级"),
    "press": _("督办"),
    "merge": _("并入另一案件"),
    "link": _("关联案件"),
    "split": _("拆出另一事项"),
    "say": _("补充内容"),
    "withdraw": _("撤回"),
    "rank": _("看考核与排名"),
    "ask_exclusion": _("申请剔除"),
    "decide_exclusion": _("决定剔除"),
    "freeze": _("冻结考核周期"),
    "appeal": _("对考核申诉"),
    "rule_appeal": _("裁定考核申诉"),
    "oversee": _("看全局：超期、负荷、用时"),
    "convene": _("召集会议"),
    "see_warnings": _("看预警"),
    "study": _("研判预警"),
    "order": _("按预警先办立案"),
    "plan": _("排计划：季节与活动"),
    "patrol": _("看巡查单"),
    "tune": _("调预警的阈值和额度"),
    "erase": _("抹去个人信息"),
    "audit": _("审计：谁做了什么"),
    "train": _("训练派单模型"),
    "manage_city": _("装入城市包，管权责清单"),
    "manage_users": _("管理人员与角色"),
}


def leading_units(here: City) -> set[str]:
    """Units that some row of the duty list makes lead, by name or by kind."""
    named = {duty.lead for duty in here.duties}
    kinds = {lead.removeprefix(KIND) for lead in named if lead.startswith(KIND)}
    return {unit.code for unit in here.units.values() if unit.code in named or unit.kind in kinds}
