"""What a handler's day is made of: groups of cases by whose turn it is and when, and the usual next act."""

from collections.abc import Collection

from xianban.casework.rules.table import AT_WORK

GROUPS = ("late", "returned", "today", "owed", "week", "waiting")
TO_DO = ("dispatched", *AT_WORK)
WAITING = ("contested", "suspended", "reported")  # others have the ball
BATCHABLE = ("sign", "assign", "contact", "note", "extend")  # what many cases can have in common
MOST_AT_ONCE = 100


def next_act(state: str, running: Collection[str]) -> str:
    """The act that comes next for the unit that leads; empty where it is not its turn."""
    if state == "dispatched":
        return "sign"
    if state not in AT_WORK:
        return ""
    if "contact" in running:
        return "contact"
    return "start" if state == "signed" else "report"
