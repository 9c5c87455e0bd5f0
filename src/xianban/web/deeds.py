"""Acts of the ledger, whatever they are about, in words: who did what to what, what for and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xianban.accounts.api import Actor, names_of
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.ledger.api import ActSeen
from xianban.residents.api import mask_numbers
from xianban.web import words
from xianban.web.verbs import VERBS, verb_of

REASON_LONGEST = 200
OPENED = ("person.reveal", "person.read")

# verb: its word, icon, colour
DEEDS: Mapping[str, tuple[Promise, str, str]] = {
    "person.reveal": (gettext_lazy("查看联系方式"), "eye", "amber"),
    "person.read": (gettext_lazy("查看原话"), "eye", "amber"),
    "person.find": (gettext_lazy("按电话查人"), "user-search", "amber"),
    "person.send": (gettext_lazy("为发通知取用联系方式"), "send", "grey"),
    "person.erase": (gettext_lazy("抹去个人信息"), "trash", "vermilion"),
    "cases.export": (gettext_lazy("导出案件清单"), "download", "amber"),
    "audit.search": (gettext_lazy("查审计记录"), "search", "grey"),
    "audit.export": (gettext_lazy("导出审计记录"), "download", "amber"),
    "user.add": (gettext_lazy("添加人员"), "user-plus", "blue"),
    "user.change": (gettext_lazy("修改人员资料"), "edit", "blue"),
    "user.grant": (gettext_lazy("给予角色"), "key", "blue"),
    "user.revoke": (gettext_lazy("收回角色"), "user-off", "amber"),
    "user.active": (gettext_lazy("关闭或重开账号"), "lock", "amber"),
    "user.password": (gettext_lazy("换密码"), "lock", "blue"),
    "user.sessions_ended": (gettext_lazy("结束登录"), "logout", "amber"),
    "user.second_factor_reset": (gettext_lazy("重置两步验证"), "shield-lock", "amber"),
    "user.lock_lifted": (gettext_lazy("解除锁定"), "lock", "blue"),
    "user.link": (gettext_lazy("关联统一身份"), "link", "blue"),
    "city.export": (gettext_lazy("导出城市包"), "download", "blue"),
    "notices.again": (gettext_lazy("重发通知"), "send", "blue"),
    "load": (gettext_lazy("装入城市包"), "stack-2", "blue"),
    "files.erase": (gettext_lazy("抹去文件"), "trash", "vermilion"),
    "freeze": (gettext_lazy("冻结考核周期"), "lock", "blue"),
    # verbs that mean something else for a case: with what they are done to
    "warning.find": (gettext_lazy("发现预警"), "sparkles", "grey"),
    "warning.raise": (gettext_lazy("入选预警名单"), "sparkles", "grey"),
    "warning.confirm": (gettext_lazy("确认属实，待安排"), "sparkles", "grey"),
    "warning.watch": (gettext_lazy("继续观察"), "sparkles", "grey"),
    "warning.dismiss": (gettext_lazy("判为误报"), "sparkles", "grey"),
    "warning.reconsider": (gettext_lazy("重新研判"), "sparkles", "grey"),
    "warning.conclude": (gettext_lazy("记下结论"), "sparkles", "grey"),
    "warning.note": (gettext_lazy("补充说明"), "sparkles", "grey"),
    "warning.order": (gettext_lazy("立案先办"), "sparkles", "grey"),
    "warning.whistle": (gettext_lazy("吹哨"), "sparkles", "grey"),
    "warning.arrive": (gettext_lazy("已到场"), "sparkles", "grey"),
    "warning.grade": (gettext_lazy("评分"), "sparkles", "grey"),
    "warning.join": (gettext_lazy("又一个探测器看到预警"), "sparkles", "grey"),
    "warning.grow": (gettext_lazy("预警还在增多"), "sparkles", "grey"),
    "warning.return": (gettext_lazy("预警又回来了"), "sparkles", "grey"),
    "warning.resume": (gettext_lazy("预警平息后又出现"), "sparkles", "grey"),
    "warning.end": (gettext_lazy("预警平息"), "sparkles", "grey"),
    "warning.answered": (gettext_lazy("先办的案件已答复"), "sparkles", "grey"),
    "warning.closed": (gettext_lazy("先办的案件已了结"), "sparkles", "grey"),
    "warning.measure": (gettext_lazy("测量先办的效果"), "sparkles", "grey"),
    "detector.configure": (gettext_lazy("调整探测器"), "adjustments-horizontal", "grey"),
    "detector.promote": (gettext_lazy("换为在用"), "adjustments-horizontal", "grey"),
    "detector.withdraw": (gettext_lazy("撤下试用"), "adjustments-horizontal", "grey"),
    "detector.revert": (gettext_lazy("回到上一版"), "adjustments-horizontal", "grey"),
    "meeting.convene": (gettext_lazy("召集会议"), "users", "grey"),
    "meeting.hold": (gettext_lazy("写会议纪要"), "users", "grey"),
    "meeting.set_task": (gettext_lazy("会议交办"), "users", "grey"),
    "meeting.report_task": (gettext_lazy("报告会议交办已完成"), "users", "grey"),
    "meeting.return_task": (gettext_lazy("退回会议交办再办"), "users", "grey"),
    "meeting.accept_task": (gettext_lazy("确认会议交办完成"), "users", "grey"),
    "meeting.drop_task": (gettext_lazy("取消会议交办"), "users", "grey"),
    "topic.done": (gettext_lazy("记下措施已做"), "calendar", "grey"),
    "planned.drop": (gettext_lazy("取消施工或活动"), "calendar", "grey"),
    "appraisal.ask_exclusion": (gettext_lazy("申请剔除"), "scale", "grey"),
    "appraisal.decide_exclusion": (gettext_lazy("审定剔除"), "scale", "grey"),
    "appraisal.appeal": (gettext_lazy("申诉"), "scale", "grey"),
    "appraisal.rule_appeal": (gettext_lazy("裁定申诉"), "scale", "grey"),
    "appraisal.correct": (gettext_lazy("更正已定档的成绩"), "scale", "amber"),
    "right.ask": (gettext_lazy("居民要求处理个人信息"), "shield-lock", "grey"),
    "right.erase": (gettext_lazy("同意删除个人信息"), "shield-lock", "amber"),
    "right.after": (gettext_lazy("定为案件了结后删除个人信息"), "shield-lock", "grey"),
    "right.refuse": (gettext_lazy("不同意删除个人信息"), "shield-lock", "grey"),
    "dispatch.train": (gettext_lazy("派单模型重新学习"), "sparkles", "grey"),
    "dispatch.withdraw": (gettext_lazy("停用派单模型"), "sparkles", "amber"),
    "dispatch.suggest": (gettext_lazy("建议修改权责清单"), "list", "grey"),
    "dispatch.settle": (gettext_lazy("处理修改清单的建议"), "list", "grey"),
    "subscription.confirm": (gettext_lazy("确认订阅"), "bell", "grey"),
    "subscription.unsubscribe": (gettext_lazy("退订"), "bell", "grey"),
    "retention.let_go": (gettext_lazy("到期删除"), "trash", "vermilion"),
    "person.copy": (gettext_lazy("居民取走自己的副本"), "download", "grey"),
    "person.correct": (gettext_lazy("居民更正联系方式"), "edit", "grey"),
    "topic.choose": (gettext_lazy("定一题"), "calendar", "grey"),
    "topic.close": (gettext_lazy("结题"), "calendar", "grey"),
    "planned.plan": (gettext_lazy("登记施工或活动"), "calendar", "grey"),
}
# what one can ask for, in the order in which it is offered: a word and its verbs
KINDS: Mapping[str, tuple[Promise, tuple[str, ...]]] = {
    "opened": (gettext_lazy("查看个人信息"), OPENED),
    "phone": (gettext_lazy("按电话查人"), ("person.find",)),
    "exports": (gettext_lazy("导出"), ("cases.export", "audit.export")),
    "people": (
        gettext_lazy("人员与角色"),
        tuple(verb for verb in DEEDS if verb.startswith("user.")),
    ),
    "packs": (gettext_lazy("装入城市包"), ("load",)),
    "erased": (gettext_lazy("抹去"), ("person.erase", "files.erase")),
    "audit": (gettext_lazy("查审计"), ("audit.search", "audit.export")),
}
NOUNS: Mapping[str, Promise] = {
    "warning": gettext_lazy("预警"),
    "detector": gettext_lazy("探测器"),
    "meeting": gettext_lazy("会议"),
    "topic": gettext_lazy("每月一题"),
    "planned": gettext_lazy("施工或活动"),
    "appraisal": gettext_lazy("考核"),
    "right": gettext_lazy("居民的要求"),
    "subscription": gettext_lazy("订阅"),
    "retention": gettext_lazy("到期删除"),
    "city": gettext_lazy("城市"),
    "dispatch": gettext_lazy("派单"),
}
WHOM = ("about", "actor", "subject")  # in what an act carries: who or what else is named
ASKED: Mapping[str, Promise | str] = {
    "actor": gettext_lazy("谁做的"),
    "subject": gettext_lazy("对什么"),
    "kind": "",  # says itself what it is, and so does a purpose
    "purpose": "",
    "since": gettext_lazy("从"),
    "until": gettext_lazy("到"),
}
FIELDS: Mapping[str, Promise] = {
    "name": gettext_lazy("姓名"),
    "email": gettext_lazy("邮箱"),
    "language": gettext_lazy("语言"),
}


@dataclass(frozen=True)
class Deed:
    """An act as a page shows it. `about` is what it was done to or for, `url` where that is seen."""

    key: int
    at: datetime
    who: str
    who_url: str
    said: str
    icon: str
    colour: str
    about: str
    url: str
    purpose: str
    reason: str
    details: tuple[str, ...]


def verbs_offered() -> list[tuple[str, str]]:
    """Kinds and single acts that one may look for: code and word."""
    kinds = [(code, str(word)) for code, (word, _verbs) in KINDS.items()]
    return kinds + [(verb, str(look.label)) for verb, look in VERBS.items()]


def verbs_of_kind(code: str) -> tuple[str, ...]:
    """The verbs of a kind, or the one verb of that name; none where it is neither."""
    if code in KINDS:
        return KINDS[code][1]
    return (code,) if code in VERBS or code in DEEDS else ()


def word_of(verb: str) -> str:
    """What an act is called."""
    return str(DEEDS[verb][0] if verb in DEEDS else verb_of(verb).label)


def told(acts: Sequence[ActSeen], actor: Actor) -> list[Deed]:
    """Each act in words. A case that `actor` may not see has no number; people have no names."""
    subjects = [
        subject
        for act in acts
        for subject in (act.subject, *(str(act.payload.get(name, "")) for name in WHOM))
    ]
    cases = _numbers(subjects, actor)
    users = names_of([*_keys("user", subjects), *_keys("user", (act.actor for act in acts))])
    return [_deed(act, cases, users) for act in acts]


def _keys(kind: str, subjects: Iterable[str]) -> list[int]:
    parts = (subject.partition(":") for subject in subjects)
    return [int(key) for name, _mark, key in parts if name == kind and key.isdigit()]


def _numbers(subjects: Iterable[str], actor: Actor) -> dict[int, str]:
    keys = list(dict.fromkeys(_keys("case", subjects)))
    return {row.id: row.number for row in casework.rows_of(actor, keys, now=utc_now())}


def _deed(act: ActSeen, cases: Mapping[int, str], users: Mapping[int, str]) -> Deed:
    look = verb_of(act.verb)
    of_its_kind = f"{act.subject.partition(':')[0]}.{act.verb}"
    label, icon, colour = (
        DEEDS.get(of_its_kind) or DEEDS.get(act.verb) or (look.label, look.icon, look.colour)
    )
    about, url = _about(act, cases, users)
    who, who_url = _who(act.actor, users)
    payload = act.payload
    reason = payload.get("reason", "") if act.verb in DEEDS else ""
    return Deed(
        key=act.key,
        at=act.at,
        who=who,
        who_url=who_url,
        said=str(label),
        icon=icon,
        colour=colour,
        about=about,
        url=url,
        purpose=words.called(words.PURPOSES, payload.get("purpose", "")),
        reason=mask_numbers(str(reason))[:REASON_LONGEST],
        details=tuple(_details(act, cases, users)),
    )


def _who(actor: str, users: Mapping[int, str]) -> tuple[str, str]:
    kind, _mark, key = actor.partition(":")
    if kind == "user" and key.isdigit():
        return users.get(int(key), actor), reverse("audit_staff", args=[int(key)])
    if kind == "person":
        return _("诉求人"), ""
    return _("系统"), ""


def _about(act: ActSeen, cases: Mapping[int, str], users: Mapping[int, str]) -> tuple[str, str]:
    """What an act was done to; for an opened contact, the case for which it was opened."""
    subject = str(act.payload.get("about") or act.subject)
    if not subject.startswith("case:") and act.verb not in OPENED:
        subject = act.subject
    kind, _mark, key = subject.partition(":")
    if kind == "case" and key.isdigit():
        number = cases.get(int(key))
        if number is None:
            return _("范围以外的案件"), ""
        return number, reverse("audit_case", args=[number])
    if kind == "user" and key.isdigit():
        if subject == act.actor:
            return "", ""
        return users.get(int(key), subject), f"{reverse('audit')}?about={subject}"
    if kind == "person":
        return _("诉求人 %(key)s") % {"key": key}, f"{reverse('audit')}?about={subject}"
    if kind in NOUNS and key:
        return f"{NOUNS[kind]} {key}", f"{reverse('audit')}?about={subject}"
    return str(NOUNS.get(kind, subject)), ""


def _details(act: ActSeen, cases: Mapping[int, str], users: Mapping[int, str]) -> Iterable[str]:
    payload = act.payload
    for grant in payload.get("grants") or ():
        yield _grant(*grant)
    if act.verb == "user.active":
        yield _("重新开放") if payload.get("active") else _("关闭")
    if act.verb == "user.change":
        yield _("、").join(str(FIELDS.get(name, name)) for name in payload.get("fields", ()))
    if act.verb == "person.find" and "found" in payload:
        n = len(payload["found"])
        yield ngettext("找到 %(n)d 人", "找到 %(n)d 人", n) % {"n": n}
    if act.verb == "cases.export":
        n = payload.get("cases", 0)
        yield ngettext("%(n)d 件", "%(n)d 件", n) % {"n": n}
        yield str(payload.get("kind", "")).upper()
        if payload.get("searched"):
            yield _("按词语查找的结果")
    if act.verb.startswith("audit."):
        yield from _asked(payload, cases, users)
    if act.verb == "load":
        yield _("第 %(n)s 版，%(day)s 起生效") % {
            "n": payload.get("number"),
            "day": payload.get("effective"),
        }
        yield str(payload.get("digest", ""))[:12]


def _asked(
    payload: Mapping[str, Any], cases: Mapping[int, str], users: Mapping[int, str]
) -> Iterable[str]:
    """What was looked for in the record: whose acts, done to what, of which kind, when."""
    for name, word in ASKED.items():
        if value := str(payload.get(name) or ""):
            if name in WHOM and (keys := _keys("user", [value])):
                value = users.get(keys[0], value)
            elif name in WHOM and (keys := _keys("case", [value])):
                value = cases.get(keys[0], _("范围以外的案件"))
            elif name == "kind":
                value = str(KINDS[value][0]) if value in KINDS else word_of(value)
            elif name == "purpose":
                value = words.called(words.PURPOSES, value)
            yield f"{word} {value}".strip()
    if "acts" in payload:
        yield ngettext("%(n)d 条", "%(n)d 条", payload["acts"]) % {"n": payload["acts"]}


def _grant(role: str, area: str, unit: str) -> str:
    try:
        here = city.current()
        where = [here.area_name(area) if area else "", here.unit_name(unit) if unit else ""]
    except NotFound:
        where = [area, unit]
    named = " · ".join(part for part in where if part) or _("全市")
    return f"{words.called(words.ROLES, role)}{_('（')}{named}{_('）')}"
