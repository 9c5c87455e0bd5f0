"""The acts of a case as lines of a timeline: who did what, in plain words, and what they wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xianban.accounts.api import names_of
from xianban.base.errors import NotFound
from xianban.casework.api import Event
from xianban.city import api as city
from xianban.web import moments, words
from xianban.web.verbs import verb_of

# Said of an act when its values allow; the bare name of the act otherwise.
SENTENCES: Mapping[str, Promise] = {
    "open": gettext_lazy("收到诉求，按权责清单派给%(unit)s"),
    "dispatch": gettext_lazy("派给%(unit)s"),
    "redispatch": gettext_lazy("改派给%(unit)s"),
    "uphold": gettext_lazy("同意退单，改派给%(unit)s"),
    "designate": gettext_lazy("指定%(unit)s承办"),
    "invite": gettext_lazy("邀请%(unit)s协办"),
    "decide": gettext_lazy("会商决定由%(unit)s主办"),
    "opine": gettext_lazy("答复会商：%(stance)s"),
    "reject": gettext_lazy("不同意退单，仍由%(unit)s办理"),
    "object": gettext_lazy("退单：%(reason)s"),
    "decline": gettext_lazy("不予受理：%(exit)s"),
    "merge": gettext_lazy("并入另一案件"),
    "link": gettext_lazy("关联案件"),
    "escalate": gettext_lazy("提级到%(to)s"),
    "extend": gettext_lazy("延期%(by)s"),
    "refine": gettext_lazy("更正为%(matter)s"),
    "assign": gettext_lazy("指定%(person)s承办"),
    "remind": gettext_lazy("提醒：%(clock)s即将到期"),
    "miss": gettext_lazy("超过%(clock)s时限"),
}
BY_THEMSELVES: Mapping[str, Promise] = {  # what an act is called when the resident did it
    "rate": gettext_lazy("诉求人评价"),
    "reopen": gettext_lazy("诉求人要求重新办理"),
}
WRITTEN = ("question", "text", "basis", "ask", "evidence", "grounds", "without_tasks")


@dataclass(frozen=True)
class Line:
    """One line: when, an icon with its colour, what was done, by whom, what they wrote, and details."""

    at: datetime
    icon: str
    colour: str
    said: str
    who: str
    machine: bool
    written: tuple[str, ...]
    details: tuple[str, ...]
    cases: tuple[str, ...] = ()  # numbers of other cases that it is about
    checks: tuple[Mapping[str, str], ...] = ()  # the points that were answered
    files: tuple[Any, ...] = ()  # what came with it, ready for a gallery


def lines_of(events: Sequence[Event], numbers: Mapping[int, str] | None = None) -> list[Line]:
    """A line for every act, oldest first; `numbers` are those of other cases, by key."""
    return [_line(event, numbers or {}) for event in events]


def _line(event: Event, numbers: Mapping[int, str]) -> Line:
    look = verb_of(event.verb)
    values = _named(event.values)
    sentence = SENTENCES.get(event.verb)
    try:
        said = str(sentence) % values if sentence else str(look.label)
    except KeyError:
        said = str(look.label)
    machine, resident = event.actor == "machine", event.actor.startswith("person:")
    if resident and event.verb in BY_THEMSELVES:
        said = str(BY_THEMSELVES[event.verb])
    return Line(
        at=event.at,
        icon=look.icon,
        colour="violet" if machine and look.colour == "blue" else look.colour,
        said=said,
        who=_("系统") if machine else _("诉求人") if resident else event.actor_name,
        machine=machine,
        written=tuple(str(event.values[name]) for name in WRITTEN if event.values.get(name)),
        details=_details(event.values),
        checks=tuple(event.values.get("checks") or ()),
        cases=tuple(numbers[key] for key in _other_cases(event.values) if key in numbers),
    )


def _other_cases(values: Mapping[str, Any]) -> list[int]:
    """The keys of the cases that were merged or linked by an act."""
    linked = [row[0] for row in values.get("links") or () if row]
    named = [values.get(name) for name in ("into", "case", "other")]
    return [key for key in [*named, *linked] if isinstance(key, int)]


def _named(values: Mapping[str, Any]) -> dict[str, str]:
    """The values of an act with codes turned into names."""
    try:
        here = city.current()
    except NotFound:
        return {}
    named: dict[str, str] = {}
    for name, value in values.items():
        if value in (None, ""):
            continue
        text = str(getattr(value, "name", value))
        if name == "unit":
            text = here.unit_name(text)
        elif name == "matter":
            text = here.matter_name(text)
        elif name == "area":
            text = here.area_name(text)
        elif name == "person":
            text = names_of([int(text)]).get(int(text), "")
        elif name == "by":
            text = moments.limit(text)
        named[name] = text
    for name, table in (
        ("reason", words.OBJECTIONS),
        ("stance", words.STANCES),
        ("exit", words.EXITS),
        ("to", words.LEVELS),
        ("clock", words.CLOCKS),
        ("level", words.LEVELS),
    ):
        if name in named:
            named[name] = words.called(table, named[name])
    return named


def _details(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Yes and no, and degrees, as short remarks."""
    said = []
    for name, yes, no in (
        ("contacted", _("联系上了"), _("没有联系上")),
        ("solved", _("已解决"), _("没有解决")),
        ("whistle", _("要求到场"), ""),
        ("unable", _("说明办不了"), ""),
    ):
        if values.get(name) is not None:
            said.append(yes if values[name] else no)
    if values.get("escalated"):
        said.append(
            _("升到%(level)s级") % {"level": words.called(words.LEVELS, values["escalated"])}
        )
    if values.get("satisfaction"):
        said.append(words.called(words.SATISFACTION, values["satisfaction"]))
    return tuple(remark for remark in said if remark)
