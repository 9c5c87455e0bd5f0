"""A case as its reporter is told it: plain sentences, who does what by when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xianban.casework.api import Step, Story
from xianban.web import moments, words
from xianban.web.verbs import verb_of

STAGES = (
    gettext_lazy("收到"),
    gettext_lazy("交办"),
    gettext_lazy("办理"),
    gettext_lazy("答复"),
    gettext_lazy("办结"),
)
REACHED = {  # how far along the five stages a state is
    "received": 0,
    "contested": 1,
    "dispatched": 1,
    "signed": 2,
    "handling": 2,
    "suspended": 2,
    "rectifying": 2,
    "reported": 3,
    "closed": 5,
    "declined": 5,
    "merged": 2,
}
HEADLINES: Mapping[str, Promise] = {
    "received": gettext_lazy("我们收到了，工作人员正在确定由谁来办"),
    "dispatched": gettext_lazy("您的诉求已交由%(unit)s办理"),
    "signed": gettext_lazy("%(unit)s已经接手，会联系您"),
    "handling": gettext_lazy("%(unit)s正在办理"),
    "reported": gettext_lazy("%(unit)s已经答复，请您看看解决了没有"),
    "closed": gettext_lazy("这件事已经办结"),
    "contested": gettext_lazy("正在确定由哪个单位办理"),
    "suspended": gettext_lazy("暂时办不了，我们会定期复核"),
    "declined": gettext_lazy("这件事我们不能受理"),
    "merged": gettext_lazy("同一件事已经有人反映，合在一起办理"),
    "rectifying": gettext_lazy("%(unit)s正在重新办理"),
}
STEPS: Mapping[str, Promise] = {
    "received": gettext_lazy("收到您的诉求"),
    "dispatched": gettext_lazy("交由%(unit)s办理"),
    "sign": gettext_lazy("%(unit)s已签收"),
    "contact": gettext_lazy("%(unit)s联系了您"),
    "start": gettext_lazy("%(unit)s开始办理"),
    "extend": gettext_lazy("办理时间延长到 %(due)s"),
    "report": gettext_lazy("%(unit)s给了答复"),
    "answer_consult": gettext_lazy("热线当场答复了您"),
    "approve_suspension": gettext_lazy("暂时办不了，已核实原因，会定期复核"),
    "resume": gettext_lazy("恢复办理"),
    "rated": gettext_lazy("您确认了结果"),
    "rated_by_another": gettext_lazy("同样反映这件事的人确认了结果"),
    "followed_up": gettext_lazy("我们回访，您确认了结果"),
    "rectifying": gettext_lazy("没有解决，退回%(unit)s整改"),
    "close": gettext_lazy("办结"),
    "reopen": gettext_lazy("要求了重新办理"),
    "say": gettext_lazy("您作了补充"),
    "withdraw": gettext_lazy("您撤回了诉求"),
    "decline": gettext_lazy("不予受理"),
    "merge": gettext_lazy("与另一件同样的诉求合并办理"),
    "separate": gettext_lazy("不再合并，单独办理"),
    "escalate": gettext_lazy("提到上一级督促办理"),
    "miss": gettext_lazy("超过了答应的时间，已报督办"),
}  # fmt: skip


@dataclass(frozen=True)
class Telling:
    """What the page says: a headline, who has the ball and until when, the way so far."""

    headline: str
    promise: str
    late: bool
    stages: tuple[tuple[str, str], ...]
    steps: tuple[tuple[datetime, str, str], ...]
    exit: str
    ending: str


def tell(story: Story, *, now: datetime, reachable: bool = True) -> Telling:
    """The story in the language of the page; who left no contact is not promised a call."""
    unit = story.unit.name or _("承办单位")
    reached = REACHED.get(story.state, 0)
    headline = HEADLINES.get(story.state, story.state)
    if story.state == "signed" and not reachable:
        headline = gettext_lazy("%(unit)s已经接手")
    return Telling(
        headline=str(headline) % {"unit": unit},
        promise=_promise(story, now, reachable),
        late=bool(story.promised_at and story.promised_at < now),
        stages=tuple(
            (str(name), "done" if n < reached else "now" if n == reached else "")
            for n, name in enumerate(STAGES)
        ),
        steps=_steps(story, now),
        exit=words.called(words.EXITS, story.exit) if story.exit else "",
        ending=words.called(words.ENDINGS, story.ending) if story.ending else "",
    )


def _promise(story: Story, now: datetime, reachable: bool) -> str:
    """By when what will have happened next; empty when nothing is promised any more."""
    if story.state == "reported":
        return _until(
            story.reply_by,
            now,
            _("请在 %(when)s 前告诉我们解决了没有；没有回音就按办结处理，之后仍可要求重新办理。"),
        )
    if story.state == "suspended":
        return _until(story.review_at, now, _("最迟 %(when)s 再看一次条件够了没有，并告诉您。"))
    if story.state == "closed":
        return _until(story.reopen_by, now, _("如果没有解决，%(when)s 前都可以要求重新办理。"))
    if story.promised_at is None or story.state in ("declined", "merged"):
        return ""
    when = moments.moment(story.promised_at, now=now)
    if story.promised_at < now:
        return _("答应 %(when)s 前答复您，已经超时。我们正在督促。") % {"when": when}
    contact = _until(story.contact_by, now, _("最迟 %(when)s 联系您。")) if reachable else ""
    return contact + _("最迟 %(when)s 答复您。") % {"when": when}


def _until(at: datetime | None, now: datetime, sentence: str) -> str:
    return sentence % {"when": moments.moment(at, now=now)} if at and at > now else ""


def _steps(story: Story, now: datetime) -> tuple[tuple[datetime, str, str], ...]:
    """The way so far, newest first; each step names the unit that had the case then."""
    told = []
    unit = _("承办单位")
    for step in story.steps:
        unit = str(step.values.get("unit") or unit)
        told.append((step.at, _sentence(step, unit, now), str(step.values.get("text") or "")))
    return tuple(reversed(told))


def _sentence(step: Step, unit: str, now: datetime) -> str:
    sentence = STEPS.get(step.what)
    due = step.values.get("due_at")
    if sentence is None or ("%(due)s" in str(sentence) and due is None):
        return str(verb_of(step.what).label)
    return str(sentence) % {"unit": unit, "due": moments.moment(due, now=now) if due else ""}
