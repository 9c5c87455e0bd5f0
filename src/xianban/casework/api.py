"""The door of casework: cases, what may be done to them, and what becomes of them.

Coming with the next commits, with these signatures:

    open_cases(new: Sequence[NewCase], *, acting, now) -> list[Opened]   # in the caller's transaction
    perform(case_id, verb, *, acting, now, data=None, expect_version=None) -> CaseView
    link_cases(links: Sequence[NewLink], *, acting, now) -> int          # bulk; known links are left alone
    hear(case_id, person_id, *, acting, now) -> bool                     # one more person wants to hear
    sweep(*, now, limit=500) -> Swept                                    # the worker's round over the clocks

    access(actor) -> Access
        .sees(case_id) -> bool
        .case_filter() -> Q                       # which cases, for any query on cases
        .acts_for(case_id, *, now) -> tuple[Offer, ...]
    case_list(actor, filters=Filters(), *, now, after="", size=50) -> Page
    case_counts(actor, filters=Filters(), *, now) -> Counts
    case_view(case_id, actor, *, now) -> CaseView                        # NotFound where out of sight
    case_by_number(number, actor) -> int                                 # the case's key; NotFound
    number_of(case_id) -> str
    public_story(case_id, *, now) -> Story
    persons_of(case_id) -> tuple[int, ...]
    verify_heads() -> str | None               # the first case whose acts are fewer than it counts
"""

from xianban.casework.queries.shown import (
    CaseRow,
    CaseView,
    ClockShown,
    Counts,
    DisputeShown,
    Event,
    Filters,
    FollowUpShown,
    LinkShown,
    Named,
    Offer,
    Page,
    Step,
    Story,
    SuspensionShown,
    TaskShown,
)
from xianban.casework.rules.values import Field, NewCase, NewLink, Opened, Swept

__all__ = [
    "CaseRow",
    "CaseView",
    "ClockShown",
    "Counts",
    "DisputeShown",
    "Event",
    "Field",
    "Filters",
    "FollowUpShown",
    "LinkShown",
    "Named",
    "NewCase",
    "NewLink",
    "Offer",
    "Opened",
    "Page",
    "Step",
    "Story",
    "SuspensionShown",
    "Swept",
    "TaskShown",
]
