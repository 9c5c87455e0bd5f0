"""What is it, where is it, who acts: from plain values to a proposal that says why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from xianban.city.api import Assignment, City
    from xianban.dispatch.judging import Quality

CONSULT = "consult"  # a kind of request, and the class of its limits
# why a person must decide
LOW, NO_PLACE, GAP = "low", "no_place", "gap"
# how the place was found
POINT, PLACE, TEXT, GIVEN, WHOLE, UNKNOWN = "point", "place", "text", "given", "whole", "unknown"


@dataclass(frozen=True)
class Said:
    """What somebody said, as far as it helps to find matter and place. Hints are codes."""

    text: str
    title: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    matter_hint: str = ""
    area_hint: str = ""
    request_kind: str = ""  # consult, help, …: what somebody on duty heard; else the matter's own


@dataclass(frozen=True)
class Found:
    """An area, how it was found, and the words or the point that named it."""

    area: str
    how: str
    words: str = ""


@dataclass(frozen=True)
class Guess:
    """A matter with the probability that it is the right one, and the next best."""

    matter: str
    probability: float
    alternatives: tuple[tuple[str, float], ...] = ()
    given: bool = False


@dataclass(frozen=True)
class Proposal:
    """What the machine thinks: matter, area, who acts, how sure it is, and why.

    `confident` means that no person needs to decide; else `doubt` says why one must: the matter is
    not sure enough (low), who acts depends on a place that nobody named (no_place), or the duty
    list names no lead (gap). `words` of the text spoke for the matter.
    """

    matter: str
    probability: float
    alternatives: tuple[tuple[str, float], ...]
    area: str
    place: Found
    urgency: str
    assignment: "Assignment | None"
    confident: bool
    doubt: str
    words: tuple[str, ...] = ()
    model: str = ""
    given: bool = False

    def as_json(self) -> dict[str, Any]:
        """The reasons to keep with a case: codes and numbers, to be put into words by pages."""
        return {
            "matter": self.matter,
            "probability": round(self.probability, 4),
            "alternatives": [[code, round(chance, 4)] for code, chance in self.alternatives],
            "area": self.area,
            "place_reason": {"how": self.place.how, "text": self.place.words},
            "confident": self.confident,
            "doubt": self.doubt,
            "given": self.given,
            "reasons": {
                "words": list(self.words),
                "duty": self.assignment.matched if self.assignment else "",
                "row": self.assignment.row if self.assignment else None,
            },
            "model": self.model,
        }


def guesses(
    chances: np.ndarray,
    labels: Sequence[str],
    sums: np.ndarray,
    codes: Sequence[str],
    depths: np.ndarray,
    *,
    threshold: float,
) -> list[Guess]:
    """The deepest matter of each text whose probability reaches the threshold; else the likeliest label.

    `chances` is (texts, labels), `labels` the matter of each label (empty: unknown to the city);
    `sums` is (texts, codes): a matter's probability is the sum of the labels at or below it.
    A case may be dispatched at any level: a leaf is named only by a model that is sure of the leaf.
    """
    three = np.argsort(-chances, axis=1, kind="stable")[:, :3]
    deepest = np.where(sums >= threshold, depths + sums, 0.0).argmax(axis=1)
    found = []
    for row, best, total, place in zip(chances, three, sums, deepest, strict=True):
        others = tuple((labels[k], float(row[k])) for k in best if labels[k])
        if total[place] >= threshold:
            found.append(Guess(codes[place], float(total[place]), others))
        else:
            matter, chance = others[0] if others else ("", 0.0)
            found.append(Guess(matter, chance, others))
    return found


def find_area(said: Said, located: str | None, city: "City") -> Found:
    """Where it is: given, by the point, by the place's name, by the words; or the whole city."""
    if said.area_hint in city.areas:
        return Found(said.area_hint, GIVEN)
    if located:
        return Found(located, POINT, f"{said.lat:.5f}, {said.lon:.5f}")
    for how, words in ((PLACE, said.place), (TEXT, f"{said.title} {said.text}")):
        guesses = city.find_places(words, limit=1) if words.strip() else []
        if guesses:
            return Found(guesses[0].area, how, guesses[0].place)
    if len(city.areas) == 1:
        return Found(city.root, WHOLE)
    return Found(city.root, UNKNOWN)


def propose_one(
    said: Said,
    about: Guess,
    where: Found,
    city: "City",
    *,
    on: date,
    words: tuple[str, ...],
    model: str,
) -> Proposal:
    """Join matter and place, look into the duty list, and say whether a person must decide."""
    matter = city.matters.get(about.matter)
    assignment = city.duty_for(about.matter, where.area, on=on) if matter else None
    urgency = matter.urgency if matter else "normal"
    if said.request_kind == CONSULT != urgency:  # a question is answered sooner than work is done
        urgency, usual = CONSULT, city.limits(CONSULT)
        assignment = assignment and replace(
            assignment,
            limit=usual.handle,
            contact_limit=usual.contact,
            sign_limit=usual.sign,
            own_limit=False,
        )
    doubt = _doubt(about, where, assignment, city, on)
    return Proposal(
        matter=about.matter,
        probability=about.probability,
        alternatives=about.alternatives,
        area=where.area,
        place=where,
        urgency=urgency,
        assignment=assignment,
        confident=not doubt,
        doubt=doubt,
        words=words,
        model=model,
        given=about.given,
    )


def _doubt(
    about: Guess, where: Found, assignment: "Assignment | None", city: "City", on: date
) -> str:
    if about.probability < city.settings.dispatch_threshold:
        return LOW
    if where.how == UNKNOWN and not same_everywhere(about.matter, city, on):
        return NO_PLACE
    return "" if assignment else GAP


def same_everywhere(matter: str, city: "City", on: date) -> bool:
    """Whether one unit leads on this matter wherever in the city it is."""
    leads = {
        found.lead if (found := city.duty_for(matter, area, on=on)) else None
        for area in (city.root, *city.children.get(city.root, ()))
    }
    return len(leads) == 1 and None not in leads


def matters_of(labels: Sequence[str], city: "City") -> tuple[str, ...]:
    """The matter that each label means, by code, name or path; empty where the city knows none."""
    return tuple(m.code if (m := city.matter_named(label)) else "" for label in labels)


def is_better(challenger: "Quality", champion: "Quality") -> bool:
    """A new model replaces the old one if it names more matters rightly and is as honest about it."""
    return challenger.macro_f1 > champion.macro_f1 and challenger.ece <= champion.ece + 0.02
