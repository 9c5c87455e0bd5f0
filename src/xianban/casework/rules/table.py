"""The lifecycle, as one table: in which state which act is possible, who may, and what follows.

`docs/lifecycle.md` is written from it. What a row says is carried out as it stands: its target
state, which clocks it ends, voids, pauses, resumes and starts, and whom it tells. What a row cannot
say (a window of two hours, once per unit) is in `acts`, one function per verb.
"""

from dataclasses import dataclass

from xianban.casework.rules.values import Field
from xianban.casework.rules.words import (
    ENDED,
    EXITS,
    LEVELS,
    LINKS,
    OBJECTIONS,
    OPEN,
    SATISFACTION,
    STANCES,
    STATES,
)

SAME = "="  # the state stays as it is
BACK = "<"  # the state before the dispute or the suspension

AT_WORK = ("signed", "handling", "rectifying")
ON_THE_WAY = ("dispatched", *AT_WORK)
BEFORE_ANSWER = ("received", *ON_THE_WAY, "contested")


@dataclass(frozen=True)
class ClockKind:
    """One kind of clock. `holder` has the ball: unit, desk or resident.

    `late` is what the worker does when it runs out: tell (the supervisor), escalate (a level, and
    tell), or close (nobody answered). `remind` sends the holder a reminder at a share of the limit.
    """

    kind: str
    holder: str
    says: str
    late: str = "tell"
    remind: bool = False


CLOCKS = {
    clock.kind: clock
    for clock in (
        ClockKind("dispatch", "desk", "a person finds the unit", remind=True),
        ClockKind("sign", "unit", "the unit signs for the case", "escalate", remind=True),
        ClockKind("contact", "unit", "the unit speaks to the resident", remind=True),
        ClockKind(
            "handle",
            "unit",
            "the case is answered: what the resident was promised",
            "escalate",
            remind=True,
        ),
        ClockKind("task", "unit", "a co-unit answers its task", remind=True),
        ClockKind("ruling", "desk", "the desk rules on a returned dispatch", remind=True),
        ClockKind("consult", "desk", "the desk decides after a consultation", remind=True),
        ClockKind("review", "desk", "a supervisor looks at a suspended case again"),
        ClockKind("follow_up", "desk", "the desk asks the resident how it went"),
        ClockKind(
            "reply", "resident", "the resident may still answer; then the case closes", "close"
        ),
    )
}


@dataclass(frozen=True)
class Move:
    """One row: what `verb` does to a case in one of `states`.

    `outcome` tells rows of one verb apart that end differently. `may` is the verb of the table of
    permissions in accounts. `whose` says for which units it is meant: lead, task (the co-unit
    asked) or any. What it `reopens` goes on as if it had not ended, due when it was; where none of the
    kind ever ran, one starts. Residents find it in their story when `public`.
    """

    verb: str
    states: tuple[str, ...]
    to: str
    may: str
    says: str
    outcome: str = ""
    whose: str = "any"
    fields: tuple[Field, ...] = ()
    ends: tuple[str, ...] = ()
    voids: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    reopens: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    public: bool = False


TEXT = Field("text")
REMARK = Field("text", required=False)
UNIT = Field("unit", "unit")
FILES = Field("files", "files", required=False)
LIMIT = Field("limit", "limit", required=False)
VERDICT = (
    Field("solved", "yes_no", required=False),
    Field("satisfaction", "choice", required=False, choices=SATISFACTION),
    REMARK,
)
CALL = (Field("contacted", "yes_no"), *VERDICT)
UNIT_CLOCKS = ("sign", "contact", "handle", "task")
ALL_CLOCKS = tuple(CLOCKS)

# fmt: off
TABLE: tuple[Move, ...] = (
    # finding the unit
    Move(
        "dispatch", ("received",), "dispatched", "dispatch", "Give the case to the unit that leads",
        fields=(UNIT, LIMIT, REMARK), ends=("dispatch",), resumes=("contact",), starts=("sign", "contact"),
        tells=("persons", "unit"), public=True,
    ),
    Move(
        "recall", ("dispatched",), "received", "dispatch",
        "Take a dispatch back at once (撤回派单): the wrong unit, and it has not signed",
        fields=(REMARK,), voids=("sign",), pauses=("contact",), reopens=("dispatch",),
    ),
    Move(
        "redispatch", ON_THE_WAY, "dispatched", "dispatch",
        "Give the case to another unit (改派); the resident's clocks run on",
        fields=(UNIT, TEXT), voids=("sign",), starts=("sign",), tells=("persons", "unit"), public=True,
    ),
    Move(
        "sign", ("dispatched",), "signed", "sign", "Sign for the case",
        whose="lead", ends=("sign",), public=True,
    ),
    # returned dispatches
    Move(
        "object", ("dispatched", "signed"), "contested", "return",
        "Return the dispatch (退单): soon, once per unit, with a reason",
        whose="lead", fields=(Field("reason", "choice", choices=OBJECTIONS), TEXT, FILES),
        pauses=("sign", "contact"), starts=("ruling",), tells=("desk",),
    ),
    Move(
        "uphold", ("contested",), "dispatched", "rule", "The unit is right: another one leads",
        fields=(UNIT, TEXT), ends=("ruling",), voids=("sign",), resumes=("contact",), starts=("sign",),
        tells=("persons", "unit"), public=True,
    ),
    Move(
        "reject", ("contested",), BACK, "rule", "The dispatch stands: back to the unit",
        fields=(TEXT,), ends=("ruling",), resumes=("sign", "contact"), tells=("unit",),
    ),
    Move(
        "designate", ("contested",), "dispatched", "designate",
        "Designate the unit that leads; it cannot return the case",
        fields=(UNIT, TEXT), ends=("ruling",), voids=("sign",), resumes=("contact",), starts=("sign",),
        tells=("persons", "unit"), public=True,
    ),
    # several units heard before one is named
    Move(
        "consult", ("received", "contested"), SAME, "rule",
        "Ask several units whose it is (会商), to be answered by a time",
        fields=(Field("question"), Field("units", "units"), Field("limit", "limit")),
        pauses=("dispatch", "ruling"),
    ),
    Move(
        "opine", ("received", "contested"), SAME, "answer",
        "Answer a consultation: all of it, a part, or none, and on what basis",
        whose="task",
        fields=(Field("task", "opinion"), Field("stance", "choice", choices=STANCES), TEXT, Field("basis", required=False)),
    ),
    Move(
        "decide", ("received", "contested"), "dispatched", "designate",
        "Decide after a consultation: who leads, who helps with what, and why",
        fields=(UNIT, TEXT, Field("co_units", "units", required=False), Field("ask", required=False), Field("without_answers", required=False)),
        ends=("dispatch", "ruling", "consult"), voids=("sign",), resumes=("contact",),
        starts=("sign", "contact"), tells=("persons", "unit"), public=True,
    ),
    # the work
    Move(
        "contact", ON_THE_WAY, SAME, "contact", "Speak to the resident: reached",
        outcome="reached", whose="lead", fields=(Field("contacted", "yes_no"), REMARK),
        ends=("contact",), public=True,
    ),
    Move(
        "contact", ON_THE_WAY, SAME, "contact", "Speak to the resident: not reached",
        outcome="unreached", whose="lead", fields=(Field("contacted", "yes_no"), REMARK),
    ),
    Move(
        "start", ("signed",), "handling", "report", "Begin the work",
        whose="lead", fields=(REMARK,), public=True,
    ),
    Move(
        "assign", ("dispatched", *AT_WORK, "contested", "suspended"), SAME, "assign",
        "Name who in the unit sees to the case",
        whose="lead", fields=(Field("person", "person"), REMARK),
    ),
    Move("note", STATES, SAME, "note", "Note progress, for colleagues only", fields=(TEXT, FILES)),
    Move(
        "invite", AT_WORK, SAME, "invite",
        "Ask another unit to help; a whistle (吹哨) must be answered in person",
        whose="lead", fields=(UNIT, Field("ask"), LIMIT, Field("whistle", "yes_no", required=False)),
        starts=("task",), tells=("task",),
    ),
    Move(
        "answer_task", (*AT_WORK, "dispatched", "contested", "suspended"), SAME, "answer",
        "Answer a task",
        whose="task", outcome="answered",
        fields=(Field("task", "task"), TEXT, Field("unable", "yes_no", required=False), FILES),
        tells=("unit",),
    ),
    Move(
        "answer_task", (*AT_WORK, "dispatched", "contested", "suspended"), SAME, "answer",
        "Explain why a task cannot be done",
        whose="task", outcome="explained",
        fields=(Field("task", "task"), TEXT, Field("unable", "yes_no", required=False), FILES),
        tells=("unit",),
    ),
    Move(
        "extend", AT_WORK, SAME, "extend", "Extend the limit: once, before it ends, with a reason",
        whose="lead", fields=(Field("by", "limit"), TEXT, FILES), tells=("persons",), public=True,
    ),
    Move(
        "report", AT_WORK, "reported", "report", "Answer the resident",
        whose="lead",
        fields=(TEXT, Field("checks", "checks", required=False), Field("solved", "yes_no", required=False), Field("evidence", required=False), Field("without_tasks", required=False), FILES, Field("show_files", "yes_no", required=False)),
        ends=("handle", "contact"), voids=("task",), starts=("follow_up", "reply"), tells=("persons",),
        public=True,
    ),
    Move(
        "answer_consult", ("received",), "closed", "answer_consult",
        "Answer a question on the spot: no unit is needed, and the resident may still rate it",
        fields=(TEXT, Field("source", required=False)), ends=("dispatch", "handle"),
        voids=ALL_CLOCKS, tells=("persons",), public=True,
    ),
    # suspension
    Move(
        "request_suspension", ("handling", "rectifying"), SAME, "suspend",
        "Ask to suspend the case (挂账): what stands in the way, and the evidence",
        whose="lead", fields=(Field("evidence"), TEXT, FILES), tells=("supervisors",),
    ),
    Move(
        "approve_suspension", ("handling", "rectifying"), "suspended", "approve",
        "Approve the suspension",
        fields=(TEXT,), pauses=UNIT_CLOCKS, starts=("review",), tells=("persons", "unit"), public=True,
    ),
    Move(
        "refuse_suspension", ("handling", "rectifying"), SAME, "approve", "Refuse the suspension",
        fields=(TEXT,), tells=("unit",),
    ),
    Move(
        "review_suspension", ("suspended",), SAME, "review", "Look again: it still cannot go on",
        fields=(TEXT,), ends=("review",), starts=("review",),
    ),
    Move(
        "resume", ("suspended",), BACK, "resume", "Go on with a suspended case",
        fields=(REMARK,), ends=("review",), resumes=UNIT_CLOCKS, tells=("persons", "unit"),
        public=True,
    ),
    # what the resident says to it
    Move(
        "follow_up", ("reported",), "closed", "follow_up", "Asked the resident: solved and content",
        outcome="good", fields=CALL, ends=("follow_up",), voids=("reply",), tells=("unit",),
        public=True,
    ),
    Move(
        "follow_up", ("reported",), "rectifying", "follow_up",
        "Asked the resident: not solved, or not content",
        outcome="bad", fields=CALL, ends=("follow_up",), voids=("reply",), starts=("handle",),
        tells=("persons", "unit"), public=True,
    ),
    Move(
        "follow_up", ("reported",), SAME, "follow_up", "Asked the resident: not reached",
        outcome="unreached", fields=CALL,
    ),
    Move(
        "rate", ("reported",), "closed", "rate", "The resident is content",
        outcome="good", fields=(*VERDICT, FILES), ends=("follow_up",), voids=("reply",), tells=("unit",),
        public=True,
    ),
    Move(
        "rate", ("closed",), SAME, "rate", "The resident is content",
        outcome="good", fields=(*VERDICT, FILES), tells=("unit",), public=True,
    ),
    Move(
        "rate", ("closed",), "received", "rate",
        "The resident is not, and the desk had answered: a unit must be found",
        outcome="anew", fields=(*VERDICT, FILES), starts=("dispatch", "handle"), tells=("persons", "desk"),
        public=True,
    ),
    Move(
        "rate", ("reported", "closed"), "rectifying", "rate", "The resident is not: to be put right",
        outcome="bad", fields=(*VERDICT, FILES), ends=("follow_up",), voids=("reply",), starts=("handle",),
        tells=("persons", "unit"), public=True,
    ),
    Move(
        "close", ("reported",), "closed", "close", "Close without a word from the resident",
        fields=(TEXT,), ends=("follow_up", "reply"), tells=("persons",), public=True,
    ),
    Move(
        "reopen", ("reported", "closed"), "rectifying", "reopen", "Open again: not solved after all",
        outcome="bad", fields=(TEXT, FILES), ends=("follow_up",), voids=("reply",), starts=("handle",),
        tells=("persons", "unit"), public=True,
    ),
    Move(
        "reopen", ("declined", "closed"), "received", "reopen",
        "Open again: declined, withdrawn or answered by the desk, and a unit must be found",
        outcome="anew", fields=(TEXT, FILES), starts=("dispatch", "handle"), tells=("persons", "desk"),
        public=True,
    ),
    Move(
        "say", OPEN, SAME, "say", "The reporter adds something",
        fields=(TEXT, FILES), tells=("unit",), public=True,
    ),
    Move(
        "withdraw", (*BEFORE_ANSWER, "suspended", "reported"), "closed", "withdraw",
        "The only reporter withdraws",
        fields=(REMARK,), voids=ALL_CLOCKS, tells=("persons", "unit"), public=True,
    ),
    # lawful exits, and cases that belong together
    Move(
        "decline", BEFORE_ANSWER, "declined", "decline", "Decline by one of the six lawful exits",
        fields=(Field("exit", "choice", choices=EXITS), TEXT), voids=ALL_CLOCKS,
        tells=("persons", "unit"), public=True,
    ),
    Move(
        "merge", (*BEFORE_ANSWER, "suspended"), "merged", "merge",
        "Join it to another case about the same thing",
        fields=(Field("into", "case"), REMARK), voids=ALL_CLOCKS, tells=("persons", "unit"),
        public=True,
    ),
    Move(
        "separate", ("merged",), "received", "merge", "It was joined by mistake: on its own again",
        fields=(TEXT,), starts=("dispatch", "handle"), tells=("persons", "desk"), public=True,
    ),
    Move(
        "link", STATES, SAME, "link", "Note that two cases have to do with each other",
        fields=(Field("other", "case"), Field("kind", "choice", choices=LINKS)),
    ),
    Move(
        "unlink", STATES, SAME, "link", "Cut a link: the two have nothing to do with each other after all",
        fields=(Field("other", "case"), TEXT),
    ),
    Move(
        "split", (*BEFORE_ANSWER, "suspended"), SAME, "split",
        "Make a second matter a case of its own",
        fields=(TEXT, Field("matter", "matter"), Field("area", "area", required=False), Field("unit", "unit", required=False)),
    ),
    # beside the way
    Move(
        "escalate", OPEN, SAME, "escalate", "Raise the case a level",
        whose="lead", fields=(TEXT, Field("to", "level", required=False, choices=LEVELS)),
        tells=("supervisors",), public=True,
    ),
    Move(
        "press", (*BEFORE_ANSWER, "suspended"), SAME, "press", "Press the unit (督办)",
        fields=(TEXT, Field("within", "limit", required=False)), tells=("unit!",),
    ),
    Move(
        "refine", OPEN, SAME, "correct", "Correct what it is about, or where",
        fields=(Field("matter", "matter", required=False), Field("area", "area", required=False), Field("place", required=False), Field("urgency", "urgency", required=False), REMARK),
    ),
)
# fmt: on

# Acts that nobody chooses: how a case begins, and what the worker and other cases do to it.
OF_THEMSELVES = {
    "open": "The case begins: received, or dispatched at once where the duty list names the unit",
    "remind": "The holder of a clock is reminded",
    "miss": "A clock ran out: the supervisor is told, and some clocks raise the level",
    "absorb": "Another case was joined to this one; whoever reported it hears the outcome of this one",
    "hear": "One more person wants to hear the outcome",
}

# What a notice is called; the words are made in the language of whoever reads it.
NOTICES = {
    "dispatch": "dispatched",
    "redispatch": "dispatched",
    "decide": "dispatched",
    "consult": "consulted",
    "opine": "consultation_answered",
    "recall": "recalled",
    "uphold": "dispatched",
    "designate": "dispatched",
    "reject": "objection_rejected",
    "object": "objected",
    "invite": "invited",
    "answer_task": "task_answered",
    "extend": "extended",
    "report": "answered",
    "answer_consult": "consult_answered",
    "request_suspension": "suspension_asked",
    "approve_suspension": "suspended",
    "refuse_suspension": "suspension_refused",
    "resume": "resumed",
    "follow_up": "rectifying",
    "follow_up:good": "satisfied",
    "rate": "rectifying",
    "rate:good": "satisfied",
    "reopen": "reopened",
    "close": "closed",
    "say": "said",
    "withdraw": "withdrawn",
    "decline": "declined",
    "merge": "merged",
    "separate": "separated",
    "escalate": "escalated",
    "press": "pressed",
    "remind": "reminder",
    "miss": "overdue",
}

VERBS = tuple(dict.fromkeys(move.verb for move in TABLE))
_BY = {(state, move.verb, move.outcome): move for move in TABLE for state in move.states}


def move_for(state: str, verb: str, outcome: str = "") -> Move | None:
    """The row for this act in this state; None where there is none."""
    return _BY.get((state, verb, outcome))


def moves_from(state: str) -> tuple[Move, ...]:
    """Every row that starts in this state, in the order of the table."""
    return tuple(move for move in TABLE if state in move.states)


def ended(state: str) -> bool:
    return state in ENDED
