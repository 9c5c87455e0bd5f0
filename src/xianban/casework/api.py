"""The door of casework: cases, what may be done to them, and what becomes of them.

`open_cases` begins them, `perform` does every act of the lifecycle, `sweep` is the worker's round.
`access` is the one answer to who may see and do what; pages ask it and nothing else.
"""

from xianban.accounts.api import Actor
from xianban.casework.actions.exporting import Export, export_cases
from xianban.casework.actions.indexing import (
    Indexed,
    index_cases,
    index_missing,
    words_changed,
)
from xianban.casework.actions.joining import forget_words, hear, link_cases
from xianban.casework.actions.living import Deed, Lived, live_through
from xianban.casework.actions.opening import open_cases
from xianban.casework.actions.performing import perform
from xianban.casework.actions.sweeping import sweep
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.changes import Change, Correction, changes, corrections, verify_heads
from xianban.casework.queries.judgements import Judged, judged
from xianban.casework.queries.lists import case_counts, case_list
from xianban.casework.queries.nearby import Happening, Nearby, happenings, nearby, newest_case
from xianban.casework.queries.numbers import key_of, number_of
from xianban.casework.queries.openings import opened
from xianban.casework.queries.people import cases_of, persons_of
from xianban.casework.queries.searches import case_search, cases_reported_by
from xianban.casework.queries.shown import (
    CaseLine,
    CaseRow,
    CaseView,
    ClockShown,
    Counts,
    DisputeShown,
    Event,
    Filters,
    FollowUpShown,
    Found,
    LinkShown,
    Named,
    Offer,
    Page,
    Step,
    Story,
    SuspensionShown,
    TaskShown,
)
from xianban.casework.queries.stories import public_story
from xianban.casework.queries.views import case_view
from xianban.casework.rules.table import OF_THEMSELVES, VERBS
from xianban.casework.rules.values import Field, Like, NewCase, NewLink, Opened, Swept
from xianban.casework.rules.words import EXITS, LEVELS, OBJECTIONS, SATISFACTION, STATES


def case_by_number(number: str, actor: Actor) -> int:
    """The key of the case with this number; NotFound where there is none that this actor may see."""
    case_id = key_of(number)
    access(actor).must_see(case_id)
    return case_id


__all__ = [
    "EXITS",
    "LEVELS",
    "OBJECTIONS",
    "OF_THEMSELVES",
    "SATISFACTION",
    "STATES",
    "VERBS",
    "Access",
    "CaseLine",
    "CaseRow",
    "CaseView",
    "Change",
    "ClockShown",
    "Correction",
    "Counts",
    "Deed",
    "DisputeShown",
    "Event",
    "Export",
    "Field",
    "Filters",
    "FollowUpShown",
    "Found",
    "Happening",
    "Indexed",
    "Judged",
    "Like",
    "LinkShown",
    "Lived",
    "Named",
    "Nearby",
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
    "access",
    "case_by_number",
    "case_counts",
    "case_list",
    "case_search",
    "case_view",
    "cases_of",
    "cases_reported_by",
    "changes",
    "corrections",
    "export_cases",
    "forget_words",
    "happenings",
    "hear",
    "index_cases",
    "index_missing",
    "judged",
    "link_cases",
    "live_through",
    "nearby",
    "newest_case",
    "number_of",
    "open_cases",
    "opened",
    "perform",
    "persons_of",
    "public_story",
    "sweep",
    "verify_heads",
    "words_changed",
]
