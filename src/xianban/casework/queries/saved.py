"""The lists that somebody named, and those that colleagues share."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from xianban.accounts.api import Actor
from xianban.casework.models import SavedView


@dataclass(frozen=True)
class View:
    """A named list: what it `asks` for, whether it opens `first`, and whose it is."""

    key: int
    name: str
    asks: Mapping[str, str]
    first: bool
    shared_with: str
    own: bool


def views_of(actor: Actor) -> tuple[View, ...]:
    """One's own, then those that colleagues of one's unit share; by name."""
    rows = SavedView.objects.filter(Q(user=actor.id) | Q(shared_with__in=units_of(actor)))
    views = [view_shown(row, actor) for row in rows]
    return tuple(sorted(views, key=lambda view: (not view.own, view.name, view.key)))


def view_shown(row: SavedView, actor: Actor) -> View:
    own = row.user == actor.id
    return View(row.pk, row.name, row.asks, row.first and own, row.shared_with, own)


def units_of(actor: Actor) -> tuple[str, ...]:
    """The units that somebody works for."""
    return tuple(sorted({grant.unit for grant in actor.grants if grant.unit}))
