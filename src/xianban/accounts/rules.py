"""Who may do what, where: roles, the table of verbs, and scope. Plain values only."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here to do. One person may hold several, each with its own scope."""

    RESIDENT = "resident"
    AGENT = "agent"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    GRID_WORKER = "grid_worker"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    LEADER = "leader"
    STEWARD = "steward"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"
    ADMINISTRATOR = "administrator"


AGENT, DISPATCHER, HANDLER = Role.AGENT, Role.DISPATCHER, Role.HANDLER
GRID_WORKER, SUPERVISOR, RESIDENT = Role.GRID_WORKER, Role.SUPERVISOR, Role.RESIDENT
ANALYST, LEADER, STEWARD = Role.ANALYST, Role.LEADER, Role.STEWARD
AUDITOR, INTEGRATOR, ADMINISTRATOR = Role.AUDITOR, Role.INTEGRATOR, Role.ADMINISTRATOR
# Stands beside the roles in the table: the worker, the doors, and whoever has the command line.
MACHINE_KIND = "machine"

NOBODY: Set[str] = frozenset()

# One line per verb: who may. A verb that has no line may be done by nobody.
MAY: Mapping[str, Set[str]] = {
    # looking
    "see": {
        AGENT,
        DISPATCHER,
        HANDLER,
        GRID_WORKER,
        SUPERVISOR,
        ANALYST,
        LEADER,
        AUDITOR,
        ADMINISTRATOR,
        MACHINE_KIND,
    },
    "reveal": {AGENT, DISPATCHER, HANDLER, GRID_WORKER, SUPERVISOR},
    # by telephone, where a caller is on the line or a case has to be found for somebody
    "find_person": {AGENT, DISPATCHER, SUPERVISOR},
    # whole lists leave the house: for those who work with lists, not with one caller at a time
    "export": {DISPATCHER, HANDLER, SUPERVISOR, ANALYST, LEADER, AUDITOR, ADMINISTRATOR},
    # the way of a case
    "open": {AGENT, DISPATCHER, HANDLER, GRID_WORKER, RESIDENT, INTEGRATOR, MACHINE_KIND},
    "dispatch": {AGENT, DISPATCHER, MACHINE_KIND},
    "sign": {HANDLER, GRID_WORKER},
    "return": {HANDLER},
    "rule": {DISPATCHER, SUPERVISOR},
    "designate": {DISPATCHER, SUPERVISOR},
    "contact": {HANDLER, GRID_WORKER, AGENT},
    "note": {AGENT, DISPATCHER, HANDLER, GRID_WORKER, SUPERVISOR, MACHINE_KIND},
    "assign": {HANDLER, GRID_WORKER, SUPERVISOR},
    "report": {HANDLER, GRID_WORKER},
    # what needs nobody but whoever has the resident on the line
    "answer_consult": {AGENT, DISPATCHER},
    "follow_up": {AGENT, SUPERVISOR},
    "close": {AGENT, SUPERVISOR, MACHINE_KIND},
    "reopen": {RESIDENT, AGENT, SUPERVISOR},
    "rate": {RESIDENT, AGENT},
    "decline": {DISPATCHER, SUPERVISOR},
    # beside the way
    "correct": {AGENT, DISPATCHER},
    "invite": {HANDLER, DISPATCHER, SUPERVISOR, MACHINE_KIND},
    "answer": {HANDLER, GRID_WORKER},
    "extend": {HANDLER},
    "suspend": {HANDLER},
    "approve": {DISPATCHER, SUPERVISOR},
    "review": {SUPERVISOR},
    "resume": {HANDLER, SUPERVISOR, MACHINE_KIND},
    "escalate": {HANDLER, GRID_WORKER, DISPATCHER, SUPERVISOR, MACHINE_KIND},
    "press": {SUPERVISOR, LEADER},
    "merge": {AGENT, DISPATCHER},
    "link": {AGENT, DISPATCHER, HANDLER, MACHINE_KIND},
    "split": {DISPATCHER},
    "say": {RESIDENT, AGENT},
    "withdraw": {RESIDENT, AGENT},
    # appraisal
    "rank": {SUPERVISOR, LEADER, ANALYST, AUDITOR, HANDLER, MACHINE_KIND},
    "ask_exclusion": {HANDLER},
    "decide_exclusion": {SUPERVISOR},
    "freeze": {SUPERVISOR, MACHINE_KIND},
    "appeal": {HANDLER},
    "rule_appeal": {SUPERVISOR, LEADER},
    # overseeing the loop
    "oversee": {SUPERVISOR, LEADER, ANALYST},
    "convene": {SUPERVISOR, LEADER},
    # acting first: warnings, and what comes of them
    "see_warnings": {SUPERVISOR, LEADER, ANALYST, AUDITOR, MACHINE_KIND},
    "study": {SUPERVISOR, ANALYST},
    "order": {SUPERVISOR, LEADER, ANALYST},
    "tune": {LEADER, ANALYST},
    "plan": {SUPERVISOR, LEADER, ANALYST, STEWARD},
    "patrol": {GRID_WORKER, HANDLER, SUPERVISOR, LEADER, ANALYST, MACHINE_KIND},
    # about no case
    "erase": {STEWARD, ADMINISTRATOR, MACHINE_KIND},
    "audit": {AUDITOR, ADMINISTRATOR},
    "train": {DISPATCHER, ANALYST, ADMINISTRATOR, MACHINE_KIND},
    "manage_city": {STEWARD, ADMINISTRATOR, MACHINE_KIND},
    "manage_users": {ADMINISTRATOR, MACHINE_KIND},
}


@dataclass(frozen=True)
class Granted:
    """One role within one scope; an empty area is the whole city, an empty unit is any unit."""

    role: Role
    area: str = ""
    unit: str = ""

    def covers(self, areas: Collection[str], units: Collection[str]) -> bool:
        """Whether a thing that lies in `areas` and concerns `units` is within this scope."""
        return (not self.area or self.area in areas) and (not self.unit or self.unit in units)


@dataclass(frozen=True)
class Actor:
    """Who acts: a user with grants, a resident who is known by a code, or the machine itself."""

    kind: str
    id: int = 0
    name: str = ""
    grants: tuple[Granted, ...] = field(default=())

    @property
    def key(self) -> str:
        """How the ledger names this actor: user:7, person:12 or machine."""
        if self.kind == MACHINE_KIND:
            return MACHINE_KIND
        return f"{'person' if self.kind == 'resident' else 'user'}:{self.id}"


MACHINE = Actor(kind=MACHINE_KIND, name="Xianban")


@dataclass(frozen=True)
class Reach:
    """Which cases an actor sees: all, or those within any of `scopes` (area, unit), or a person's own.

    An empty area or unit in a scope means any. `person` is set for residents, who see what they
    reported and nothing else.
    """

    everything: bool = False
    scopes: tuple[tuple[str, str], ...] = ()
    person: int | None = None

    def sees(self, areas: Collection[str], units: Collection[str]) -> bool:
        """Whether a case that lies in `areas` and concerns `units` is in reach."""
        return self.everything or any(
            (not area or area in areas) and (not unit or unit in units)
            for area, unit in self.scopes
        )


def may(actor: Actor, verb: str, *, areas: Collection[str], units: Collection[str]) -> bool:
    """Whether `actor` may do `verb` to what lies in `areas` (root to leaf) and concerns `units`.

    The caller passes the units for whom the verb is meant: the lead for a report, the invited for
    an answer. A place that is not known lies in the city's root area. For a resident only the verb
    is judged here; that the case is their own is for the caller, who knows its reporters.
    """
    who = MAY.get(verb, NOBODY)
    if actor.kind == MACHINE_KIND:
        return MACHINE_KIND in who
    if actor.kind == "resident":
        return RESIDENT in who
    return any(grant.role in who and grant.covers(areas, units) for grant in actor.grants)


def may_anywhere(actor: Actor, verb: str) -> bool:
    """Whether `actor` may do `verb` at all; for verbs about no case, and to offer a page."""
    who = MAY.get(verb, NOBODY)
    if actor.kind != "user":
        return (MACHINE_KIND if actor.kind == MACHINE_KIND else RESIDENT) in who
    return any(grant.role in who for grant in actor.grants)


def may_give(actor: Actor, granted: Granted, *, path: Collection[str]) -> bool:
    """Whether `actor` may give or take a role in this scope; `path` is its area with those around it.

    An administrator of a district gives roles in that district, and none in the whole city.
    """
    if actor.kind == MACHINE_KIND:
        return True
    return any(
        (not mine.area or mine.area in path) and (not mine.unit or mine.unit == granted.unit)
        for mine in actor.grants
        if mine.role in MAY["manage_users"]
    )


def reach(actor: Actor) -> Reach:
    """Which cases `actor` sees."""
    if actor.kind == MACHINE_KIND:
        return Reach(everything=True)
    if actor.kind == "resident":
        return Reach(person=actor.id)
    scopes = {(g.area, g.unit) for g in actor.grants if g.role in MAY["see"]}
    if ("", "") in scopes:
        return Reach(everything=True)
    return Reach(scopes=tuple(sorted(scopes)))


def verbs_of(role: Role) -> frozenset[str]:
    """Every verb that a role may do."""
    return frozenset(verb for verb, who in MAY.items() if role in who)


FREE_TRIES = 4  # wrong passwords from one address before the first delay
DELAYS_MIN = (1, 2, 5, 15, 30, 60)
MANY_TRIES = 40  # from all addresses together, in a day
STRANGERS_WAIT = timedelta(minutes=15)


def locked_until(times: int, last: datetime | None) -> datetime | None:
    """When a name may be tried again from an address that was wrong so often; None: now."""
    if last is None or times <= FREE_TRIES:
        return None
    step = min(times - FREE_TRIES, len(DELAYS_MIN)) - 1
    return last + timedelta(minutes=DELAYS_MIN[step])


def strangers_locked_until(times: int, last: datetime | None) -> datetime | None:
    """When addresses that a name never signed in from may try it again, after so many wrong ones."""
    return last + STRANGERS_WAIT if last and times >= MANY_TRIES else None


def must_have_second_factor(actor: Actor, wanted: Collection[str]) -> bool:
    """Whether `wanted` (roles, or verbs for whoever may do them) names this actor."""
    return any(
        one in {grant.role for grant in actor.grants} or may_anywhere(actor, one) for one in wanted
    )


BROWSERS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "WeChat"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Linux", "Linux"),
)


def device_of(agent: str) -> str:
    """A browser's own description in two words: Chrome · Windows."""
    found = [
        next((name for mark, name in table if mark in agent), "") for table in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or "?"


def network_of(address: str) -> str:
    """An address without its end: enough to recognise, not to find somebody."""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + "::"
    return ".".join([*address.split(".")[:2], "*", "*"])
