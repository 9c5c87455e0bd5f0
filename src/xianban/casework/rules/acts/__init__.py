"""What each act does to a case, on plain values."""

from collections.abc import Callable

from xianban.casework.rules.acts import (
    answering,
    consulting,
    dispatching,
    joining,
    suspending,
    working,
)
from xianban.casework.rules.acts.doing import Doing

Deed = Callable[[Doing], None]

# Whether an act is possible now, apart from what it says: raises `WrongState` where it is not.
GUARDS: dict[str, Deed] = {
    "recall": dispatching.may_recall,
    "object": dispatching.may_object,
    "consult": consulting.may_consult,
    "opine": consulting.may_opine,
    "decide": consulting.may_decide,
    "uphold": dispatching.may_choose_ruling,
    "reject": dispatching.may_choose_ruling,
    "designate": dispatching.may_rule,
    "answer_task": working.may_answer_task,
    "extend": working.may_extend,
    "request_suspension": suspending.may_request,
    "approve_suspension": suspending.may_decide,
    "refuse_suspension": suspending.may_decide,
    "review_suspension": suspending.may_review,
    "answer_consult": answering.may_answer_consult,
    "rate": answering.may_rate,
    "reopen": answering.may_reopen,
    "withdraw": joining.may_withdraw,
    "escalate": working.may_escalate,
}

DEEDS: dict[str, Deed] = {
    "dispatch": dispatching.dispatch,
    "redispatch": dispatching.redispatch,
    "recall": dispatching.recall,
    "object": dispatching.object_to,
    "consult": consulting.consult,
    "opine": consulting.opine,
    "decide": consulting.decide,
    "uphold": dispatching.uphold,
    "reject": dispatching.reject,
    "designate": dispatching.designate,
    "invite": working.invite,
    "answer_task": working.answer_task,
    "assign": working.assign,
    "extend": working.extend,
    "escalate": working.escalate,
    "press": working.press,
    "refine": working.refine,
    "report": answering.report,
    "answer_consult": answering.answer_consult,
    "request_suspension": suspending.request,
    "approve_suspension": suspending.approve,
    "refuse_suspension": suspending.refuse,
    "review_suspension": suspending.review,
    "resume": suspending.resume,
    "follow_up": answering.follow_up,
    "rate": answering.rate,
    "close": answering.close,
    "reopen": answering.reopen,
    "decline": joining.decline,
    "merge": joining.merge,
    "separate": joining.separate,
    "withdraw": joining.withdraw,
}

OUTCOMES: dict[str, Callable[[Doing], str]] = {
    "contact": working.contact_outcome,
    "answer_task": working.task_outcome,
    "follow_up": answering.follow_up_outcome,
    "rate": answering.own_rate_outcome,
    "reopen": answering.reopen_outcome,
}
