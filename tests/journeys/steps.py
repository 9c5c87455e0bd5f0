"""Short names for the people of the town and for what they do, so that a journey reads as a story."""

from datetime import datetime

from builders import BRIDGE, CITY, EAST, GRID, user
from xianban.accounts.api import resident_actor
from xianban.casework.api import access, case_view, perform

DISPATCHER = user("dispatcher", area=CITY, id=11)
SUPERVISOR = user("supervisor", area=CITY, id=12)
SECOND_SUPERVISOR = user("supervisor", area=EAST, id=13)
AGENT = user("agent", id=14)
LEADER = user("leader", id=15)
GRID_WORKER = user("grid_worker", area=GRID, id=16)
STREET_DESK = user("dispatcher", area=BRIDGE, id=17)
RESIDENT, NEIGHBOUR = resident_actor(501), resident_actor(502)


def handler_of(unit: str):
    """A handler of a unit, for the whole city."""
    return user("handler", area=CITY, unit=unit, id=100 + sum(map(ord, unit)) % 900)


class Story:
    """One case and the time; `act` lets somebody do something some hours after the last."""

    def __init__(self, opened, now: datetime) -> None:
        self.id, self.now = opened.case_id, now

    def act(self, who, verb: str, *, after=None, **said):
        if after is not None:
            self.now += after
        return perform(self.id, verb, acting=who, now=self.now, data=said)

    def view(self):
        return case_view(self.id, SUPERVISOR, now=self.now)

    def clock(self, kind: str):
        """The newest clock of a kind."""
        return [clock for clock in self.view().clocks if clock.kind == kind][-1]

    def offers(self, who) -> set[str]:
        return {offer.verb for offer in access(who).acts_for(self.id, now=self.now)}
