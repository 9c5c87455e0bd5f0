"""The one answer to: which cases may this person see, and do what to."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from xianban.accounts.api import Actor, Reach, may, reach
from xianban.base.errors import NotAllowed, NotFound, Refused, WrongState
from xianban.casework.models import Case, Interest, Task
from xianban.casework.queries.duties import colleagues
from xianban.casework.queries.places import areas_around, in_area
from xianban.casework.queries.relations import numbers_linked
from xianban.casework.queries.shown import Offer
from xianban.casework.queries.standings import standing_of
from xianban.casework.rules.acts.doing import Doing
from xianban.casework.rules.deciding import guard
from xianban.casework.rules.standing import Standing
from xianban.casework.rules.table import Move, moves_from
from xianban.casework.rules.values import Field
from xianban.city.api import City, current

NO_CASE = "there is no such case, or none that you may see; check the number"


@dataclass(frozen=True)
class Access:
    """What one actor may see and do; made by `access`."""

    actor: Actor
    reach: Reach
    city: City

    def case_filter(self) -> Q:
        """A condition on cases: those that this actor may see."""
        parts = self.branches()
        condition = parts[0] if parts else Q(pk__in=[])
        for part in parts[1:]:
            condition |= part
        return condition

    def branches(self) -> list[Q]:
        """The same as several conditions, each of which an index answers; any of them is enough."""
        if self.reach.everything:
            return [Q()]
        if self.reach.person is not None:
            mine = Interest.objects.filter(person=self.reach.person).values("case")
            return [Q(pk__in=mine)]
        parts: list[Q] = []
        for area, unit in self.reach.scopes:
            place = in_area(self.city, area)
            if not unit:
                parts.append(place)
                continue
            asked = Task.objects.filter(unit=unit).values("case")
            parts += [place & Q(unit=unit), place & Q(pk__in=asked)]
        return [Q()] if any(not part for part in parts) else parts

    def sees(self, case_id: int) -> bool:
        """Whether this actor may see the case."""
        return Case.objects.filter(self.case_filter(), pk=case_id).exists()

    def must_see(self, case_id: int) -> None:
        """NotFound where the case is out of sight, or is not there."""
        if not self.sees(case_id):
            raise NotFound(NO_CASE)

    def may(self, move: Move, case_area: str, standing: Standing) -> bool:
        """Whether a row of the lifecycle is for this actor, of a case that they see."""
        areas = areas_around(self.city, case_area)
        return may(self.actor, move.may, areas=areas, units=_meant(move, standing))

    def must(self, move: Move, case_area: str, standing: Standing) -> None:
        if not self.may(move, case_area, standing):
            raise NotAllowed(
                f"your roles do not let you “{move.verb}” this case; ask whoever leads it, or the dispatch desk"
            )

    def acts_for(self, case_id: int, *, now: datetime) -> tuple[Offer, ...]:
        """Exactly the acts that this actor may do to the case now, in the order of the lifecycle."""
        case = Case.objects.filter(self.case_filter(), pk=case_id).first()
        if case is None:
            raise NotFound(NO_CASE)
        standing = standing_of(case)
        reporters = Interest.objects.filter(case_id=case_id).count()
        offers = self.offers(standing, now=now, reporters=reporters)
        return linked_offers(offers, case_id, seen=self.case_filter())

    def offers(self, standing: Standing, *, now: datetime, reporters: int) -> tuple[Offer, ...]:
        """`acts_for` for a case whose standing is known."""
        found: dict[str, list[Move]] = {}
        for move in moves_from(standing.state):
            if self.may(move, standing.area, standing) and self._possible(
                move, standing, now, reporters
            ):
                found.setdefault(move.verb, []).append(move)
        offers = (self._offer(moves, standing) for moves in found.values())
        return tuple(offer for offer in offers if not _nobody_to_choose(offer))

    def why_not(self, standing: Standing, verb: str, *, now: datetime) -> Refused | None:
        """Why this actor may not do `verb` to a case now; None where they may."""
        moves = [move for move in moves_from(standing.state) if move.verb == verb]
        if not moves:
            return WrongState(f"a case that is {standing.state} cannot be changed by “{verb}”")
        try:
            if not any(self.may(move, standing.area, standing) for move in moves):
                self.must(moves[0], standing.area, standing)
            guard(Doing(standing, now, self.city, self.actor.key, kind=self.actor.kind), verb)
        except Refused as reason:
            return reason
        return None

    def fields_of(self, standing: Standing, verb: str) -> tuple[Field, ...]:
        """What `verb` asks for, of a case to which it may be done."""
        moves = [move for move in moves_from(standing.state) if move.verb == verb]
        return tuple(self._field(field, standing) for field in moves[0].fields) if moves else ()

    def _possible(self, move: Move, standing: Standing, now: datetime, reporters: int) -> bool:
        doing = Doing(
            standing, now, self.city, self.actor.key, kind=self.actor.kind, reporters=reporters
        )
        try:
            guard(doing, move.verb)
        except Refused:
            return False
        return move.outcome != "anew" or standing.state == "declined" or not standing.unit

    def _offer(self, moves: list[Move], standing: Standing) -> Offer:
        """One offer for the rows of a verb; where they differ, the consequences are listed by outcome."""
        fields = tuple(self._field(field, standing) for field in moves[0].fields)
        if len(moves) == 1:
            return Offer(moves[0].verb, fields, _consequence(moves[0]))
        return Offer(
            moves[0].verb, fields, {"by_outcome": {m.outcome: _consequence(m) for m in moves}}
        )

    def _field(self, field: Field, standing: Standing) -> Field:
        if field.kind == "person":
            people = colleagues(standing.unit)
            return replace(field, choices=tuple(map(str, people)), names=tuple(people.values()))
        if field.kind not in ("task", "opinion"):
            return field
        units = {grant.unit for grant in self.actor.grants}
        asked = [
            t for t in standing.open_tasks() if bool(t.consultation) == (field.kind == "opinion")
        ]
        mine = [t for t in asked if "" in units or t.unit in units]
        return replace(field, choices=tuple(str(task.n) for task in mine))


def linked_offers(offers: tuple[Offer, ...], case_id: int, *, seen: Q) -> tuple[Offer, ...]:
    """The offers with the links in sight that may be cut to choose from; none to cut one where there is none."""
    if not any(offer.verb == "unlink" for offer in offers):
        return offers
    numbers = numbers_linked(case_id, seen=seen)
    return tuple(
        _with_links(offer, numbers) for offer in offers if numbers or offer.verb != "unlink"
    )


def _with_links(offer: Offer, numbers: tuple[str, ...]) -> Offer:
    if offer.verb != "unlink":
        return offer
    fields = tuple(replace(f, choices=numbers) if f.kind == "case" else f for f in offer.fields)
    return replace(offer, fields=fields)


def _nobody_to_choose(offer: Offer) -> bool:
    return any(f.kind == "person" and f.required and not f.choices for f in offer.fields)


def _consequence(move: Move) -> dict[str, object]:
    return {
        "to": move.to,
        "starts": (*move.starts, *move.reopens),
        "stops": (*move.ends, *move.voids),
        "pauses": move.pauses,
        "resumes": move.resumes,
        "tells": move.tells,
    }


def _meant(move: Move, standing: Standing) -> Collection[str]:
    asked = {task.unit for task in standing.open_tasks()}
    if move.whose == "lead":
        return {standing.unit}
    return asked if move.whose == "task" else {standing.unit, *asked}


def access(actor: Actor) -> Access:
    """What `actor` may see and do. Every page, route and act asks this, and nothing else."""
    return Access(actor, reach(actor), current())
