"""Each act on a case as a person sees it: its button, its icon, what follows, what it asks for."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Verb(NamedTuple):
    """`label` is the button; `tone` is go (the usual next step), plain or grave (hard to undo).

    `warn` is what to know before one does it; `%(ruling_h)s` and the like are the city's settings.
    """

    label: Promise | str
    icon: str
    colour: str
    tone: str = "plain"
    warn: Promise | str = ""


VERBS: Mapping[str, Verb] = {
    "dispatch": Verb(_("派单"), "send", "blue", "go"),
    "redispatch": Verb(_("改派"), "send", "blue", "plain", _("诉求人的时限照常走，不会重新计算。")),
    "recall": Verb(_("撤回派单"), "arrow-back-up", "amber", "plain", _("派错了，可在 10 分钟内、对方签收前撤回，重新派单。")),
    "consult": Verb(_("会商"), "users", "violet", "plain", _("请几个单位说明归谁办；诉求人的时限照常走，派单或裁定的时限暂停。")),
    "opine": Verb(_("答复会商"), "message-check", "jade", "go", _("写明能不能办、办哪一部分、依据是什么；参加会商的单位都能看到。")),
    "decide": Verb(_("会商决定"), "scale", "amber", "plain", _("按决定派单；参加会商的主办单位不得再退单。")),
    "sign": Verb(_("签收"), "signature", "blue", "go", _("签收后由本单位负责到底，并在联系时限内联系诉求人。")),
    "object": Verb(_("退单"), "arrow-back-up", "amber", "grave", _("退单后派单台须在 %(ruling_h)g 小时内裁定；每个单位对同一案件只能退一次。")),
    "uphold": Verb(_("同意退单并改派"), "scale", "amber", "plain"),
    "reject": Verb(_("不同意退单"), "scale", "amber", "plain", _("案件退回原单位继续办理，不能再退。")),
    "designate": Verb(_("指定承办"), "scale", "amber", "plain", _("指定后不得再退单。")),
    "contact": Verb(_("联系诉求人"), "phone", "blue", "go", _("记下是否联系上；联系上才算完成首次联系。")),
    "start": Verb(_("开始办理"), "tools", "blue", "go"),
    "assign": Verb(_("指定承办人"), "user", "blue", "plain", _("在本单位内定一个人负责；单位的时限照常走。")),
    "note": Verb(_("记进展"), "notes", "blue", "plain", _("只有工作人员能看到；其中的电话和证件号会自动遮住。")),
    "invite": Verb(_("邀请协办"), "user-plus", "blue", "plain", _("被邀单位须在期限内答复；“吹哨”要求到场。")),
    "answer_task": Verb(_("答复协办"), "message-check", "jade", "go"),
    "extend": Verb(_("延期"), "calendar-plus", "amber", "plain", _("每件只能延期一次，须在到期前提出并说明理由，诉求人会收到通知。")),
    "report": Verb(_("答复诉求人"), "message-check", "jade", "go", _("写给诉求人看：做了什么，结果怎样。答复后由回访确认是否解决。")),
    "answer_consult": Verb(_("当场答复咨询"), "message-check", "jade", "go", _("只限咨询：答复后直接办结，诉求人仍可评价；不满意的会派给单位办理。")),
    "request_suspension": Verb(_("申请挂账"), "clock-pause", "amber", "plain", _("说明客观上暂时办不了的原因和依据；批准前时限照常走。")),
    "approve_suspension": Verb(_("批准挂账"), "clock-pause", "amber", "plain", _("承办时限暂停，每 %(suspension_review_days)s 天复核一次，最长 %(suspension_cap_months)s 个月。")),
    "refuse_suspension": Verb(_("不批准挂账"), "circle-x", "amber", "plain"),
    "review_suspension": Verb(_("复核：继续挂账"), "clock-pause", "amber", "plain"),
    "resume": Verb(_("恢复办理"), "tools", "blue", "plain"),
    "follow_up": Verb(_("回访"), "phone", "jade", "go", _("没有解决或不满意的，会退回承办单位整改。")),
    "rate": Verb(_("代诉求人评价"), "star", "jade", "plain", _("没有解决或不满意的，会退回承办单位整改。")),
    "close": Verb(_("办结"), "circle-check", "jade", "plain", _("没有诉求人的评价也办结；说明依据。")),
    "reopen": Verb(_("重新办理"), "refresh-alert", "vermilion", "plain"),
    "say": Verb(_("诉求人补充"), "message", "blue", "plain"),
    "withdraw": Verb(_("诉求人撤回"), "x", "grey", "grave"),
    "decline": Verb(_("决定不予受理"), "ban", "grey", "grave", _("只限六种法定情形；理由会发给诉求人。")),
    "merge": Verb(_("并入另一案件"), "git-merge", "grey", "grave", _("两件事确为同一件才合并；每位诉求人都会收到那一件的结果。")),
    "separate": Verb(_("撤销合并"), "arrows-split", "blue", "plain"),
    "link": Verb(_("关联案件"), "link", "blue", "plain"),
    "unlink": Verb(_("解除关联"), "x", "grey", "plain", _("系统不会再把这两件关联起来；需要时仍可以手工关联。")),
    "split": Verb(_("拆出另一事项"), "arrows-split", "blue", "plain", _("另立一件，原件照常办理。")),
    "escalate": Verb(_("提级"), "arrow-up-circle", "amber", "plain"),
    "press": Verb(_("督办"), "speakerphone", "vermilion", "plain", _("立即通知承办单位。")),
    "refine": Verb(_("更正事项或地点"), "map-pin", "violet", "plain", _("已经承诺的时限只会提前，不会推后；更正会用来改进自动派单。")),
    # what happens by itself, for the timeline
    "open": Verb(_("收到诉求"), "inbox", "blue"),
    "remind": Verb(_("提醒"), "clock", "amber"),
    "miss": Verb(_("超过时限"), "alert-triangle", "vermilion"),
    "absorb": Verb(_("并入一件"), "git-merge", "grey"),
    "hear": Verb(_("又有人反映"), "users", "blue"),
    "reveal": Verb(_("查看联系方式"), "eye", "amber"),
}  # fmt: skip

# What a field is called, by act and name where one name means different things.
FIELDS: Mapping[str, Promise] = {
    "text": _("说明"),
    "dispatch.text": _("给承办单位的话"),
    "redispatch.text": _("改派理由"),
    "object.text": _("退单说明"),
    "object.reason": _("退单理由"),
    "uphold.text": _("裁定理由"),
    "reject.text": _("裁定理由"),
    "designate.text": _("裁定理由"),
    "consult.question": _("请各单位说明什么"),
    "consult.units": _("请哪些单位"),
    "consult.limit": _("多久内答复"),
    "opine.task": _("哪一个问题"),
    "opine.stance": _("归不归本单位办"),
    "opine.text": _("能办哪些，办不了哪些"),
    "basis": _("依据（法规、清单、协议）"),
    "decide.unit": _("主办单位"),
    "decide.text": _("决定的理由"),
    "co_units": _("协办单位"),
    "decide.ask": _("请协办单位做什么"),
    "without_answers": _("还有单位没答复时，为什么先决定"),
    "contact.text": _("说了什么"),
    "assign.text": _("交代几句"),
    "note.text": _("进展"),
    "report.text": _("给诉求人的答复"),
    "answer_task.text": _("答复"),
    "answer_consult.text": _("给诉求人的答复"),
    "source": _("依据（知识库条目）"),
    "extend.text": _("延期理由"),
    "request_suspension.text": _("为什么暂时办不了"),
    "approve_suspension.text": _("批准理由"),
    "refuse_suspension.text": _("不批准的理由"),
    "review_suspension.text": _("复核情况"),
    "follow_up.text": _("诉求人的话"),
    "rate.text": _("诉求人的话"),
    "reopen.text": _("哪里没有解决"),
    "say.text": _("补充内容"),
    "decline.text": _("给诉求人的说明"),
    "split.text": _("另一件事是什么"),
    "escalate.text": _("提级理由"),
    "press.text": _("督办要求"),
    "press.reason": _("督办要求"),
    "unit": _("承办单位"),
    "invite.unit": _("协办单位"),
    "units": _("协办单位"),
    "limit": _("办理时限"),
    "invite.limit": _("答复期限"),
    "within": _("请在多久内答复"),
    "by": _("延长多久"),
    "contacted": _("联系上了吗"),
    "solved": _("解决了吗"),
    "satisfaction": _("满意程度"),
    "ask": _("请他们做什么"),
    "whistle": _("吹哨（要求到场）"),
    "task": _("哪一项协办"),
    "unable": _("办不了，说明原因"),
    "person": _("由谁承办"),
    "checks": _("办结标准与要点"),
    "evidence": _("依据或证明材料"),
    "without_tasks": _("协办未答复时，为什么先答复"),
    "files": _("照片和文件"),
    "show_files": _("照片和文件给诉求人看吗"),
    "exit": _("不予受理的情形"),
    "into": _("并入的案件编号"),
    "other": _("另一案件编号"),
    "unlink.text": _("为什么没有关系"),
    "kind": _("关系"),
    "matter": _("事项"),
    "area": _("区域"),
    "place": _("地点"),
    "urgency": _("紧急程度"),
    "to": _("提到哪一级"),
}  # fmt: skip

TELLS: Mapping[str, Promise] = {
    "persons": _("诉求人"),
    "unit": _("承办单位"),
    "unit!": _("承办单位（立即）"),
    "desk": _("派单台"),
    "supervisors": _("督办员"),
    "task": _("协办单位"),
}


def verb_of(code: str) -> Verb:
    """How an act looks; a plain one under its code where it is not listed."""
    return VERBS.get(code) or Verb(code, "info-circle", "grey")


def field_label(verb: str, name: str) -> str:
    """What a field of an act is called."""
    return str(FIELDS.get(f"{verb}.{name}") or FIELDS.get(name) or name)
