"""Lists that people give names to. Nothing of a case is in them, so nothing of it leaks by sharing."""

from collections.abc import Mapping

from django.db import transaction

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput, NotAllowed, NotFound
from xianban.casework.models import SavedView
from xianban.casework.queries.saved import View, units_of, view_shown

ASKS = (
    "tab",
    "area",
    "unit",
    "matter",
    "urgency",
    "state",
    "who",
    "order",
    "from",
    "to",
    "cols",
    "q",
)
MOST_VIEWS, LONGEST_NAME, LONGEST_ASK = 30, 40, 200


def save_view(
    name: str, asks: Mapping[str, str], *, acting: Actor, shared_with: str = "", first: bool = False
) -> View:
    """Keep a list under a name, or change the one that has this name."""
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(f"give the view a name of 1 to {LONGEST_NAME} characters")
    _must_share_with_own(acting, shared_with)
    kept = {key: value[:LONGEST_ASK] for key, value in asks.items() if key in ASKS and value}
    with transaction.atomic():
        mine = SavedView.objects.select_for_update().filter(user=acting.id)
        if mine.exclude(name=name).count() >= MOST_VIEWS:
            raise BadInput(f"you have {MOST_VIEWS} views, which is the most; delete one first")
        if first:
            mine.exclude(name=name).update(first=False)
        row, _ = SavedView.objects.update_or_create(
            user=acting.id,
            name=name,
            defaults={"asks": kept, "shared_with": shared_with, "first": first},
        )
    return view_shown(row, acting)


def change_view(
    key: int, *, acting: Actor, first: bool | None = None, shared_with: str | None = None
) -> None:
    """Make one's own view the first that opens, or share it with a unit of one's own (empty: no longer)."""
    with transaction.atomic():
        row = _own(key, acting)
        if first is not None:
            SavedView.objects.filter(user=acting.id, first=True).update(first=False)
            row.first = first
        if shared_with is not None:
            _must_share_with_own(acting, shared_with)
            row.shared_with = shared_with
        row.save()


def delete_view(key: int, *, acting: Actor) -> None:
    """Forget one's own view; whoever it was shared with loses it too."""
    with transaction.atomic():
        _own(key, acting).delete()


def _own(key: int, acting: Actor) -> SavedView:
    row = SavedView.objects.select_for_update().filter(pk=key, user=acting.id).first()
    if row is None:
        raise NotFound("there is no such view of yours")
    return row


def _must_share_with_own(acting: Actor, unit: str) -> None:
    if unit and unit not in units_of(acting):
        raise NotAllowed("a view is shared with one's own unit")
