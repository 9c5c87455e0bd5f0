"""The one way in: whatever the door, a submission becomes a request and its case, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from django.db import IntegrityError

from xianban.accounts.api import Actor
from xianban.base.errors import WrongState
from xianban.casework import api as casework
from xianban.city.api import current
from xianban.intake.actions.preparing import Prepared, prepare
from xianban.intake.actions.writing import Made, write
from xianban.intake.drafting import Draft, check, drafted, tidied
from xianban.intake.duplicates import Similar
from xianban.intake.queries import Known, follow_code, known_by
from xianban.intake.rules.submission import Submission

ATTEMPTS = 5  # others may take the same key between our look and our write


@dataclass(frozen=True)
class Receipt:
    """What the reporter gets: the number to ask by, the code to prove with, who acts, by when."""

    request_id: int
    case_id: int
    number: str
    state: str
    matter: str
    matter_name: str
    unit: str
    unit_name: str
    due_at: datetime
    created: bool
    differs: bool = False  # it was known, and said something else then
    similar: tuple[Similar, ...] = ()

    @property
    def code(self) -> str:
        """What the reporter proves with that it is theirs."""
        return follow_code(self.request_id)


def receive_many(
    said: Sequence[Submission],
    *,
    acting: Actor,
    now: datetime,
    changed: Literal["refuse", "keep"] = "refuse",
    tell: bool = True,
    taken: Literal["now", "then"] = "now",
    limits_from: Literal["received", "now"] = "received",
) -> list[Receipt]:
    """Take many in one transaction, all or none; the queries do not grow with their number.

    Known ones (same door, and same key or external id) are answered with what they became. If
    they say something else now, that is refused, or with changed="keep" what was first said stays.
    With tell=False nobody gets a notice (an import of history). With taken="then" each was taken
    down and dispatched when it was received, as the history of the sample city was. With
    limits_from="now" the units' time begins now, however long ago it was received.
    """
    given = [tidied(one) for one in said]
    check(given, now=now)
    return take(
        [drafted(one) for one in given],
        acting=acting,
        now=now,
        changed=changed,
        tell=tell,
        taken=taken,
        limits_from=limits_from,
    )


def take(
    drafts: Sequence[Draft],
    *,
    acting: Actor,
    now: datetime,
    changed: Literal["refuse", "keep"],
    tell: bool,
    taken: Literal["now", "then"],
    limits_from: Literal["received", "now"],
) -> list[Receipt]:
    """What `receive_many` does, for those that were checked and drafted already."""
    prepared: dict[int, Prepared] = {}
    for attempt in range(1, ATTEMPTS + 1):
        known, fresh = _sorted_out(drafts, changed)
        missing = [place for place in fresh if place not in prepared]
        fresh_drafts = [drafts[place] for place in missing]
        prepared.update(zip(missing, prepare(fresh_drafts, now, taken), strict=True))
        try:
            made = write(
                [prepared[place] for place in fresh],
                acting=acting,
                now=now,
                tell=tell,
                limits_from=limits_from,
            )
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
            continue
        return _receipts(drafts, known, dict(zip(fresh, made, strict=True)), now)
    raise AssertionError  # the last attempt returns or raises


def _sorted_out(
    drafts: Sequence[Draft], changed: str
) -> tuple[dict[int, tuple[Known | int, bool]], list[int]]:
    """Which places are known (a stored request, or an earlier place; and whether it differs)."""
    by_key = known_by("key", {(d.said.door, d.said.key) for d in drafts if d.said.key})
    by_id = known_by(
        "external_id", {(d.said.door, d.said.external_id) for d in drafts if d.said.external_id}
    )
    known: dict[int, tuple[Known | int, bool]] = {}
    fresh: list[int] = []
    earlier: dict[tuple[str, str, str], int] = {}
    for place, draft in enumerate(drafts):
        said = draft.said
        marks = [("key", said.door, said.key)] if said.key else []
        marks += [("id", said.door, said.external_id)] if said.external_id else []
        stored = by_key.get((said.door, said.key)) or by_id.get((said.door, said.external_id))
        first = next((earlier[mark] for mark in marks if mark in earlier), None)
        before: Known | int | None = stored if stored is not None else first
        if before is None:
            fresh.append(place)
            earlier.update(dict.fromkeys(marks, place))
            continue
        digest = before.digest if isinstance(before, Known) else drafts[before].digest
        if digest != draft.digest and changed == "refuse":
            raise WrongState(_says_otherwise(said))
        known[place] = before, digest != draft.digest
    return known, fresh


def _says_otherwise(said: Submission) -> str:
    which = f"key “{said.key}”" if said.key else f"external id “{said.external_id}”"
    return f"The {which} was used before for another request; use a new one for a new request"


def _receipts(
    drafts: Sequence[Draft],
    known: Mapping[int, tuple[Known | int, bool]],
    made: Mapping[int, Made],
    now: datetime,
) -> list[Receipt]:
    """A receipt for every place of the batch."""
    receipts = {
        place: receipt_of(one.request.pk, one.opened, one.similar) for place, one in made.items()
    }
    stored = {place: before for place, (before, _) in known.items() if isinstance(before, Known)}
    cases = casework.opened([before.case_id for before in stored.values()])
    for place, (before, differs) in sorted(known.items()):
        if isinstance(before, Known):
            receipt = receipt_of(before.request_id, cases[before.case_id])
        else:
            receipt = receipts[before]
        receipts[place] = replace(receipt, created=False, differs=differs)
    return [receipts[place] for place in range(len(drafts))]


def receipt_of(
    request_id: int, case: casework.Opened, similar: tuple[Similar, ...] = ()
) -> Receipt:
    """What the reporter of a request gets."""
    city = current()
    return Receipt(
        request_id=request_id,
        case_id=case.case_id,
        number=case.number,
        state=case.state,
        matter=case.matter,
        matter_name=city.matter_name(case.matter) if case.matter else "",
        unit=case.unit,
        unit_name=city.unit_name(case.unit) if case.unit else "",
        due_at=case.due_at,
        created=True,
        similar=similar,
    )
