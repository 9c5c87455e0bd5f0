"""The acts that are open to a person as forms: drawn from what casework offers, read back from a post."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xianban.accounts.api import Actor
from xianban.base.errors import NotFound
from xianban.casework import api as casework
from xianban.casework.api import CaseView, Field, Foretold, Offer
from xianban.city import api as city
from xianban.web import choices, words
from xianban.web.verbs import TELLS, Verb, field_label, verb_of

LONG = ("text", "ask", "question", "basis", "evidence", "without_tasks")  # the others are one line
LIMIT_UNITS = (
    ("h", gettext_lazy("小时")),
    ("d", gettext_lazy("天")),
    ("wh", gettext_lazy("工作时")),
    ("wd", gettext_lazy("工作日")),
)
CHOICES = {
    "reason": words.OBJECTIONS,
    "stance": words.STANCES,
    "exit": words.EXITS,
    "satisfaction": words.SATISFACTION,
    "kind": words.LINKS,
    "urgency": words.URGENCY,
    "to": words.LEVELS,
}
LISTS = {"unit": "units", "units": "units", "matter": "matters", "area": "areas"}
SEPARATORS = re.compile(r"[、;；,，\n]")
# acts whose form is more than its fields in a row
BODIES = {
    "contact": "cases/acts/contact.html",
    "report": "cases/acts/report.html",
    "extend": "cases/acts/foretold.html",
    "request_suspension": "cases/acts/foretold.html",
    "assign": "cases/acts/assign.html",
}
FORETOLD = ("extend", "request_suspension")  # shown before they are confirmed
BACK = "<"  # to the state before
RANK = ("go", "asked", "plain", "grave")
# what somebody asked for and waits for: offered only then, and no choice more usual than the other
ASKED = ("uphold", "reject", "designate", "decide", "approve_suspension", "refuse_suspension")
URGENCIES = ("critical", "urgent", "normal", "complex", "consult")


@dataclass(frozen=True)
class Check:
    """One point of the checklist, and what was answered to it."""

    n: int
    text: str
    must: bool
    answer: str = ""
    note: str = ""


@dataclass(frozen=True)
class Input:
    """One field of an act, ready to draw: what it asks, what was typed, what is wrong with it."""

    name: str
    id: str
    kind: str
    label: str
    required: bool
    long: bool
    options: tuple[tuple[str, str], ...] = ()
    list: str = ""
    value: str = ""
    fault: str = ""
    number: str = ""  # of a limit: how many, and of what
    unit: str = ""
    checks: tuple["Check", ...] = ()


@dataclass(frozen=True)
class Act:
    """One act, ready to draw; `after` says what follows from it, in words."""

    verb: str
    look: Verb
    inputs: tuple[Input, ...]
    after: tuple[str, ...]
    warn: str
    open: bool = False
    first: bool = False
    fault: str = ""
    body: str = "parts/act_fields.html"
    foretold: Foretold | None = None  # what it would bring, to be confirmed


def acts_from(offers: Sequence[Offer], view: CaseView) -> tuple[Act, ...]:
    """Every act on offer, the usual next step first and marked; what waits for a decision next."""
    acts = [_act(offer, view) for offer in offers]
    acts.sort(key=lambda act: RANK.index(_rank(act, view)))
    return tuple(
        replace(act, first=n == 0 and _rank(act, view) == "go") for n, act in enumerate(acts)
    )


def _rank(act: Act, view: CaseView) -> str:
    if act.verb == "contact" and not _waits(act, view):
        return "plain"  # the resident can be called again, but need not
    late = any(clock.verdict == "overdue" for clock in view.clocks)
    return "asked" if act.verb in ASKED or (act.verb == "press" and late) else act.look.tone


def _waits(act: Act, view: CaseView) -> bool:
    """Whether a clock runs that this act ends."""
    return any(clock.kind == act.verb and clock.ended_at is None for clock in view.clocks)


def _act(offer: Offer, view: CaseView) -> Act:
    look = verb_of(offer.verb)
    settings = vars_of(city.current().settings)
    return Act(
        verb=offer.verb,
        look=look,
        inputs=tuple(_input(offer.verb, f, view) for f in offer.fields if _asks(f, view)),
        after=_after(offer.consequence, view),
        warn=str(look.warn) % settings if look.warn else "",
        body=BODIES.get(offer.verb, "parts/act_fields.html"),
    )


def _asks(field: Field, view: CaseView) -> bool:
    """Why not to wait for co-units is asked where there are some to wait for."""
    return field.name != "without_tasks" or any(task.state == "asked" for task in view.tasks)


def vars_of(settings: object) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in dir(settings) if not name.startswith("_")}


def _after(consequence: Mapping[str, Any], view: CaseView) -> tuple[str, ...]:
    """What the act brings about: the next state, the clocks that begin, who is told."""
    outcomes = consequence.get("by_outcome")
    if outcomes:
        return _possible_states(outcomes.values(), view)
    said = []
    to = _state_after(consequence, view)
    if to:
        said.append(_("案件变为“%(state)s”") % {"state": to})
    for key, sentence in (
        ("starts", _("开始计时：%(clocks)s")),
        ("pauses", _("暂停计时：%(clocks)s")),
        ("resumes", _("恢复计时：%(clocks)s")),
    ):
        kinds = [words.called(words.CLOCKS, kind) for kind in consequence.get(key) or ()]
        if kinds:
            said.append(sentence % {"clocks": _("、").join(kinds)})
    told = [str(TELLS.get(who, who)) for who in consequence.get("tells") or ()]
    if told:
        said.append(_("通知%(who)s") % {"who": _("、").join(dict.fromkeys(told))})
    return tuple(said)


def _possible_states(outcomes: Iterable[Mapping[str, Any]], view: CaseView) -> tuple[str, ...]:
    states = [state for outcome in outcomes if (state := _state_after(outcome, view))]
    if not states:
        return ()
    return (
        _("视填写的结果，案件变为：%(states)s") % {"states": _("、").join(dict.fromkeys(states))},
    )


def _state_after(consequence: Mapping[str, Any], view: CaseView) -> str:
    """The word for the next state; empty where the state stays."""
    to = consequence.get("to", "")
    if to == BACK:
        return _("原来的状态")
    return str(words.STATES[to].word) if to in words.STATES and to != view.state else ""


def _input(verb: str, field: Field, view: CaseView) -> Input:
    return Input(
        name=field.name,
        id=f"{verb}-{field.name}",
        kind=field.kind,
        label=field_label(verb, field.name),
        required=field.required,
        long=field.kind == "text" and field.name in LONG,
        options=_options(field, view),
        list=LISTS.get(field.kind, ""),
        value=_usual(verb, field, view),
        checks=_checks(view, {}) if field.kind == "checks" else (),
    )


def inputs_of(offer: Offer) -> tuple[Input, ...]:
    """The fields of an act that is done to many cases at once, where no one case fills them in."""
    return tuple(
        Input(
            name=field.name,
            id=f"{offer.verb}-{field.name}",
            kind=field.kind,
            label=field_label(offer.verb, field.name),
            required=field.required,
            long=field.kind == "text" and field.name in LONG,
            options=tuple(zip(field.choices, field.names, strict=False)),
        )
        for field in offer.fields
    )


def typed_into(field: Input, posted: Mapping[str, str], faults: Mapping[str, str]) -> Input:
    """A field with what was typed into it, and what was wrong."""
    return replace(
        field,
        value=_several(field.name, posted),
        number=posted.get(f"{field.name}.number", ""),
        unit=posted.get(f"{field.name}.unit", ""),
        fault=faults.get(field.name, ""),
    )


def _several(name: str, posted: Mapping[str, str]) -> str:
    """What was typed, with the unit that was added beside a list of them."""
    return "\n".join(filter(None, (posted.get(name, "").strip(), posted.get(f"{name}.more", "").strip())))  # fmt: skip


def _checks(view: CaseView, posted: Mapping[str, str]) -> tuple[Check, ...]:
    """The points of the duty that holds for the case, each with what was answered."""
    return tuple(
        Check(
            n,
            point.text,
            point.must,
            answer=posted.get(f"checks.{n}", ""),
            note=posted.get(f"checks.{n}.note", ""),
        )
        for n, point in enumerate(view.duty.get("checklist") or ())
    )


def _usual(verb: str, field: Field, view: CaseView) -> str:
    """What is most likely wanted: the unit that the duty list names, where one is to be found."""
    if verb == "report" and field.name == "text":
        return str(view.duty.get("reply") or "")
    if field.name == "show_files":
        return "yes"  # an answer is written for the resident, and so are its photographs
    lead = view.duty.get("lead")
    if field.kind in ("task", "opinion", "case") and len(field.choices) == 1:
        return str(field.choices[0])
    if verb != "dispatch" or field.kind != "unit" or lead is None:
        return ""
    return next((name for name, code in choices.unit_names().items() if code == lead.code), "")


def _options(field: Field, view: CaseView) -> tuple[tuple[str, str], ...]:
    if field.kind in ("task", "opinion"):
        open_tasks = {str(task.n): task for task in view.tasks if task.state == "asked"}
        codes = field.choices or tuple(open_tasks)
        return tuple(
            (n, f"{open_tasks[n].unit.name}{_('：')}{open_tasks[n].ask}" if n in open_tasks else n)
            for n in map(str, codes)
        )
    if field.kind == "person":
        return tuple(zip(field.choices, field.names, strict=True))
    codes = field.choices or (URGENCIES if field.kind == "urgency" else ())
    table = CHOICES.get(field.name, {})
    return tuple((code, words.called(table, code)) for code in codes)


@dataclass(frozen=True)
class Reading:
    """A posted act: the data for casework, and what could not be read, by field."""

    data: dict[str, Any]
    faults: dict[str, str]


def read_act(
    offer: Offer, posted: Mapping[str, str], actor: Actor, view: CaseView | None = None
) -> Reading:
    """What was posted for an act, with names turned into codes; empty optional fields are left out."""
    data: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in offer.fields:
        if field.kind == "files":  # they came beside the words: see uploads
            continue
        if field.kind == "checks":
            data[field.name] = _answered(view, posted)
            continue
        typed = _typed(field, posted)
        if not typed:
            if field.required:
                faults[field.name] = _("请填写这一项。")
            continue
        value, fault = _value(field, typed, actor)
        if fault:
            faults[field.name] = fault
        else:
            data[field.name] = value
    return Reading(data, faults)


def _answered(view: CaseView | None, posted: Mapping[str, str]) -> list[dict[str, str]]:
    checks = _checks(view, posted) if view else ()
    return [
        {"point": check.text, "answer": check.answer, "note": check.note.strip()}
        for check in checks
        if check.answer in ("done", "not_applicable")
    ]


def _typed(field: Field, posted: Mapping[str, str]) -> str:
    if field.kind == "limit":
        number = posted.get(f"{field.name}.number", "").strip()
        return f"{number}{posted.get(f'{field.name}.unit', 'd')}" if number else ""
    if field.kind == "units":
        return _several(field.name, posted)
    return posted.get(field.name, "").strip()


def _value(field: Field, typed: str, actor: Actor) -> tuple[Any, str]:
    """The value for casework, or a sentence on what is wrong."""
    if field.kind == "yes_no":
        return typed == "yes", ""
    if field.kind == "units":
        return _units(typed)
    if field.kind in LISTS:
        names = {
            "unit": choices.unit_names,
            "matter": choices.matter_names,
            "area": choices.area_names,
        }
        code = choices.code_of(names[field.kind](), typed)
        return code, "" if code else _("名录里没有“%(typed)s”，请从列表中选一个。") % {
            "typed": typed
        }
    if field.kind == "case" and typed in field.choices:
        return typed, ""  # linked with this one, whether in sight or not
    if field.kind == "case":
        try:
            return casework.case_by_number(typed, actor), ""
        except NotFound:
            return None, _("没有编号为“%(typed)s”的案件，或不在您的范围内。") % {"typed": typed}
    if field.kind == "limit":
        number = typed.rstrip("hdw")
        good = number.isdigit() and 0 < int(number) < 1000
        return typed, "" if good else _("请填写 1 到 999 的整数。")
    if field.choices and typed not in map(str, field.choices):
        return None, _("请从列表中选一个。")
    return typed, ""


def _units(typed: str) -> tuple[list[str], str]:
    """Several units in one line; the first that is not in the list is said."""
    names = choices.unit_names()
    codes = []
    for part in filter(None, (one.strip() for one in SEPARATORS.split(typed))):
        code = choices.code_of(names, part)
        if not code:
            return [], _("名录里没有“%(typed)s”，请从列表中选一个。") % {"typed": part}
        codes.append(code)
    return codes, ""


def with_typed(
    act: Act, posted: Mapping[str, str], *, faults: Mapping[str, str], fault: str = ""
) -> Act:
    """The same act, open, with what was typed kept and what is wrong said in its place."""
    inputs = tuple(
        replace(
            typed_into(field, posted, faults),
            checks=tuple(
                replace(
                    check,
                    answer=posted.get(f"checks.{check.n}", ""),
                    note=posted.get(f"checks.{check.n}.note", ""),
                )
                for check in field.checks
            ),
        )
        for field in act.inputs
    )
    return replace(act, inputs=inputs, open=True, fault=fault)


def lists_for(acts: Sequence[Act]) -> dict[str, list[str]]:
    """The names to choose from, for those lists that some act needs."""
    needed = {field.list for act in acts for field in act.inputs if field.list}
    sources = {
        "units": choices.unit_names,
        "matters": choices.matter_names,
        "areas": choices.area_names,
    }
    return {name: sorted(sources[name]()) for name in sorted(needed)}
