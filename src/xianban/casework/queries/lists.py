"""Lists of cases, a page at a time, and the numbers above them."""

import heapq
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Left

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.base.ids import case_number
from xianban.casework.models import Case, Clock
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.places import in_area
from xianban.casework.queries.shown import CaseRow, Counts, Filters, Page
from xianban.casework.queries.views import area_named, matter_named, unit_named
from xianban.casework.rules.words import OPEN, STATES
from xianban.city.api import City

SOON = timedelta(days=1)
COUNT_LIMIT = 10_000
MAX_SIZE = 200
TITLE_LENGTH = 80
COUNTING = (
    "SELECT state, COUNT(*), SUM(CASE WHEN next_due_at < %s THEN 1 ELSE 0 END),"
    " SUM(CASE WHEN next_due_at >= %s AND next_due_at < %s THEN 1 ELSE 0 END)"
)
ORDERS = ("due", "newest")
SORTED = {
    "due": ("next_due_at", "id"),
    "newest": ("-id",),
    "received": ("-received_at", "-id"),
}
COLUMNS = (
    "id",
    "version",
    "state",
    "title",
    "origin",
    "urgency",
    "level",
    "matter",
    "area",
    "place",
    "unit",
    "received_at",
    "due_at",
    "next_due_at",
    "reopened",
    "pressed",
    "assignee",
)


def case_list(
    actor: Actor, filters: Filters | None = None, *, now: datetime, after: str = "", size: int = 50
) -> Page:
    """One page of the cases that this actor may see, by what is due first or by the newest."""
    filters = filters or Filters()
    may = access(actor)
    size = max(1, min(size, MAX_SIZE))
    pages = [
        list_page(branch, filters, may.city, now, after, size + 1) for branch in may.branches()
    ]
    order = _order(filters)
    rows = merged(pages, order)
    shown = rows_shown(rows[:size], may.city, now)
    return Page(shown, _token(rows[size - 1], order) if len(rows) > size else "")


def _order(filters: Filters) -> str:
    """The newest of some days are sorted by when they were received: by the index that finds them."""
    of_days = filters.received_from is not None or filters.received_until is not None
    return "received" if of_days and filters.order == "newest" else filters.order


def rows_shown(rows: Sequence[dict[str, Any]], city: City, now: datetime) -> tuple[CaseRow, ...]:
    """Rows of a list, each with the clock that is due next."""
    clocks = _clocks_due(rows)
    return tuple(_shown(row, city, now, clocks.get(row["id"])) for row in rows)


def _clocks_due(rows: Sequence[dict[str, Any]]) -> dict[int, tuple[str, datetime]]:
    """Which clock of each case it is that is due next: its kind, and since when it runs."""
    due = {row["id"]: row["next_due_at"] for row in rows if row["next_due_at"]}
    clocks = Clock.objects.filter(case_id__in=due, state="running").order_by("-n")
    return {
        case_id: (kind, since)
        for case_id, kind, since, at in clocks.values_list(
            "case_id", "kind", "started_at", "due_at"
        )
        if at == due[case_id]
    }


def merged(pages: list[list[dict[str, Any]]], order: str) -> list[dict[str, Any]]:
    """Several sorted pages as one, each case once."""
    if len(pages) == 1:
        return pages[0]
    rows = heapq.merge(*pages, key=lambda row: _place(row, order))
    return list({row["id"]: row for row in rows}.values())


def _place(row: dict[str, Any], order: str) -> tuple[Any, ...]:
    if order == "received":
        return (-row["received_at"].timestamp(), -row["id"])
    return (row["next_due_at"], row["id"]) if order == "due" else (-row["id"],)


def list_page(
    branch: Q, filters: Filters, city: City, now: datetime, after: str, size: int
) -> list[dict[str, Any]]:
    rows = filtered(branch, filters, city, now)
    if after:
        rows = rows.filter(_beyond(after, _order(filters)))
    begins = Left("text", TITLE_LENGTH)  # most of what people send has no title
    return list(rows.order_by(*SORTED[_order(filters)]).values(*COLUMNS, begins=begins)[:size])


def keys_in_order(may: Access, filters: Filters, now: datetime, limit: int) -> list[int]:
    """Keys of the first cases of a list, in its order."""
    order = _order(filters)
    parts: list[Any] = [
        list(
            filtered(branch, filters, may.city, now)
            .order_by(*SORTED[order])
            .values("id", "next_due_at", "received_at")[:limit]
        )
        for branch in may.branches()
    ]
    return [row["id"] for row in merged(parts, order)[:limit]] if parts else []


def filtered(
    branch: Q, filters: Filters, city: City, now: datetime, *, still_open: bool = False
) -> QuerySet[Case]:
    """The cases of a scope that the filters let through; with `still_open` the open ones of them."""
    _check(filters)
    rows = Case.objects.filter(branch)
    of_time = filters.late or filters.soon or filters.due_from or filters.due_before
    # asked once: said twice, the database expects a tenth of the rows, and reads by the wrong index
    if still_open or filters.order == "due" or of_time:
        rows = rows.filter(ended_at__isnull=True)
    if len(filters.states) == 1:
        rows = rows.filter(state=filters.states[0])
    elif filters.states:
        rows = rows.filter(state__in=filters.states)
    for name in ("unit", "urgency", "level", "origin"):
        value = getattr(filters, name)
        if value:
            rows = rows.filter(**{name: value})
    if filters.area:
        rows = rows.filter(in_area(city, filters.area))
    if filters.matter:
        rows = rows.filter(_about(city, filters.matter))
    if filters.assignee:
        rows = rows.filter(assignee=filters.assignee)
    due = _due(filters, now)
    rows = rows.filter(**{f"next_due_at__{bound}": at for bound, at in due.items()})
    if filters.clock:
        running = Clock.objects.filter(
            case=OuterRef("pk"),
            kind=filters.clock,
            state="running",
            due_at=OuterRef("next_due_at"),
            # says nothing new to us, and lets the database begin at the clocks
            **{f"due_at__{bound}": at for bound, at in due.items()},
        )
        rows = rows.filter(Exists(running))
    if filters.received_from is not None:
        rows = rows.filter(received_at__gte=filters.received_from)
    if filters.received_until is not None:
        rows = rows.filter(received_at__lt=filters.received_until)
    return rows


def _due(filters: Filters, now: datetime) -> dict[str, datetime]:
    """Between which times the first clock is to be due."""
    since, until = [filters.due_from], [filters.due_before]
    if filters.late:
        until.append(now)
    elif filters.soon:
        since.append(now)
        until.append(now + filters.within)
    bounds = {
        "gte": max(filter(None, since), default=None),
        "lt": min(filter(None, until), default=None),
    }
    return {bound: at for bound, at in bounds.items() if at}


def _check(filters: Filters) -> None:
    if filters.order not in ORDERS:
        raise BadInput(f"“{filters.order}” is no order; choose due or newest")
    unknown = [state for state in filters.states if state not in STATES]
    if unknown:
        raise BadInput(f"“{unknown[0]}” is no state of a case; choose from {', '.join(STATES)}")


def _about(city: City, matter: str) -> Q:
    """A matter and everything below it."""
    codes = [code for code in city.matters if matter in city.matter_line(code)]
    return Q(matter__in=codes) if len(codes) > 1 else Q(matter=matter)


def _token(row: dict[str, Any], order: str) -> str:
    if order == "newest":
        return str(row["id"])
    at = row["next_due_at" if order == "due" else "received_at"]
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{row['id']}"


def _beyond(after: str, order: str) -> Q:
    try:
        if order == "newest":
            return Q(pk__lt=int(after))
        text, _, key = after.rpartition("-")
        at = datetime.strptime(text, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
        # the first part says nothing new to us, and lets the database begin at the right place
        if order == "received":
            return Q(received_at__lte=at) & (Q(received_at__lt=at) | Q(pk__lt=int(key)))
        return Q(next_due_at__gte=at) & (Q(next_due_at__gt=at) | Q(pk__gt=int(key)))
    except ValueError:
        raise BadInput("this is not the mark of a page; begin the list anew") from None


def _shown(
    row: dict[str, Any], city: City, now: datetime, clock: tuple[str, datetime] | None
) -> CaseRow:
    """A row of a list from the values of its columns and how its text `begins`."""
    due = row["next_due_at"]
    kind, since = clock or ("", row["received_at"])
    plain = {name: row[name] for name in COLUMNS if name not in ("title", "matter", "area", "unit")}
    number = case_number(row["id"], row["received_at"], tz=city.tz)
    return CaseRow(
        title=row["title"] or row["begins"] or number,  # the words may have been erased
        number=number,
        matter=matter_named(city, row["matter"]),
        area=area_named(city, row["area"]),
        unit=unit_named(city, row["unit"]),
        next_due=kind,
        next_due_since=since,
        late=due is not None and due < now,
        soon=due is not None and now <= due < now + SOON,
        **plain,
    )


def case_counts(actor: Actor, filters: Filters | None = None, *, now: datetime) -> Counts:
    """How many open cases there are, how many late, and in which states: of those due first, at most
    `COUNT_LIMIT`, so that it costs the same in any city."""
    filters = filters or Filters()
    may = access(actor)
    counted = _count(may, filters, now)
    by_state = {state: counts[0] for state, counts in counted.items() if state in OPEN}
    late, soon = (sum(counts[i] for counts in counted.values()) for i in (1, 2))
    return Counts(sum(by_state.values()), late, soon, by_state, COUNT_LIMIT)


def _count(may: Access, filters: Filters, now: datetime) -> dict[str, Sequence[int]]:
    parts = [
        filtered(branch, filters, may.city, now, still_open=True)
        .order_by("next_due_at")
        .values_list("id", "state", "next_due_at")[:COUNT_LIMIT]
        for branch in may.branches()
    ]
    if not parts:
        return {}
    table, values = each_once(parts)
    adapt = connection.ops.adapt_datetimefield_value
    times = [adapt(now), adapt(now), adapt(now + SOON)]
    with connection.cursor() as cursor:
        cursor.execute(f"{COUNTING} FROM {table} GROUP BY state", [*times, *values])
        return {row[0]: row[1:] for row in cursor.fetchall()}


def each_once(parts: Iterable[QuerySet[Case, Any]]) -> tuple[str, list[Any]]:
    """Several queries as one table for SQL, each case once; they begin with its key."""
    asked = [part.query.sql_with_params() for part in parts]
    union = " UNION ".join(f"SELECT * FROM ({sql}) AS part" for sql, _ in asked)  # noqa: S608 (the ORM wrote it)
    return f"({union}) AS found", [value for _, values in asked for value in values]
