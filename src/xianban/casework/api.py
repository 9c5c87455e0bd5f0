"""The door of casework: cases, what may be done to them, and what becomes of them.

`open_cases` begins them, `perform` does every act of the lifecycle, `sweep` is the worker's round.
`access` is the one answer to who may see and do what; pages ask it and nothing else.
"""

from xianban.accounts.api import Actor
from xianban.casework.actions.batches import Done, batch_preview, perform_each
from xianban.casework.actions.exporting import Export, export_cases
from xianban.casework.actions.forgetting import CaseWords, forget_words, reword
from xianban.casework.actions.indexing import (
    Indexed,
    index_cases,
    index_missing,
    words_changed,
)
from xianban.casework.actions.joining import hear, link_cases
from xianban.casework.actions.living import Deed, Lived, live_through
from xianban.casework.actions.opening import may_lead, open_cases
from xianban.casework.actions.performing import perform, rehearse
from xianban.casework.actions.sweeping import sweep
from xianban.casework.actions.viewing import change_view, delete_view, save_view
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.changes import (
    Change,
    Correction,
    changes,
    corrections,
    corrections_since,
    verify_heads,
)
from xianban.casework.queries.desk import (
    Precedent,
    ProposalSeen,
    Struck,
    Undecided,
    precedents,
    proposals_seen,
    returns_of,
    rows_of,
    struck,
    undecided,
)
from xianban.casework.queries.endings import (
    Added,
    Ending,
    ended_after,
    endings,
    with_words,
    words_added,
)
from xianban.casework.queries.judgements import Judged, judged
from xianban.casework.queries.lateness import (
    late_counts,
    outcomes,
    received_by_hour,
    task_states,
    to_press,
)
from xianban.casework.queries.lists import case_counts, case_list
from xianban.casework.queries.loads import open_loads
from xianban.casework.queries.nearby import Happening, Nearby, happenings, nearby, newest_case
from xianban.casework.queries.numbers import key_of, number_of
from xianban.casework.queries.openings import opened
from xianban.casework.queries.people import cases_of, persons_of
from xianban.casework.queries.relations import (
    Waiting,
    linked_cases,
    linked_to,
    links_among,
    waiting_for,
)
from xianban.casework.queries.saved import View, units_of, views_of
from xianban.casework.queries.searches import case_search, cases_reported_by
from xianban.casework.queries.shown import (
    CaseLine,
    CaseRow,
    CaseView,
    ClockShown,
    ConsultationShown,
    Counts,
    Day,
    DisputeShown,
    Event,
    Filters,
    FollowUpShown,
    Foretold,
    Found,
    InBatch,
    LateCount,
    LinkShown,
    Named,
    Offer,
    Outcome,
    Owed,
    Page,
    Person,
    Step,
    Story,
    SuspensionShown,
    TaskShown,
    ToPress,
    WorkRow,
)
from xianban.casework.queries.stages import Came, CaseStages, came_in, stages_of
from xianban.casework.queries.stories import public_story
from xianban.casework.queries.views import case_view, case_with_offers
from xianban.casework.queries.whereabouts import Whereabouts, open_about, whereabouts
from xianban.casework.queries.work import working_day
from xianban.casework.rules.pressing import press_weight
from xianban.casework.rules.stages import STAGES, Span
from xianban.casework.rules.table import OF_THEMSELVES, VERBS
from xianban.casework.rules.values import Field, Like, NewCase, NewLink, Opened, Swept
from xianban.casework.rules.words import EXITS, LEVELS, OBJECTIONS, SATISFACTION, STANCES, STATES
from xianban.casework.rules.working_day import BATCHABLE, GROUPS


def case_by_number(number: str, actor: Actor) -> int:
    """The key of the case with this number; NotFound where there is none that this actor may see."""
    case_id = key_of(number)
    access(actor).must_see(case_id)
    return case_id


__all__ = [
    "BATCHABLE",
    "EXITS",
    "GROUPS",
    "LEVELS",
    "OBJECTIONS",
    "OF_THEMSELVES",
    "SATISFACTION",
    "STAGES",
    "STANCES",
    "STATES",
    "VERBS",
    "Access",
    "Added",
    "Came",
    "CaseLine",
    "CaseRow",
    "CaseStages",
    "CaseView",
    "CaseWords",
    "Change",
    "ClockShown",
    "ConsultationShown",
    "Correction",
    "Counts",
    "Day",
    "Deed",
    "DisputeShown",
    "Done",
    "Ending",
    "Event",
    "Export",
    "Field",
    "Filters",
    "FollowUpShown",
    "Foretold",
    "Found",
    "Happening",
    "InBatch",
    "Indexed",
    "Judged",
    "LateCount",
    "Like",
    "LinkShown",
    "Lived",
    "Named",
    "Nearby",
    "NewCase",
    "NewLink",
    "Offer",
    "Opened",
    "Outcome",
    "Owed",
    "Page",
    "Person",
    "Precedent",
    "ProposalSeen",
    "Span",
    "Step",
    "Story",
    "Struck",
    "SuspensionShown",
    "Swept",
    "TaskShown",
    "ToPress",
    "Undecided",
    "View",
    "Waiting",
    "Whereabouts",
    "WorkRow",
    "access",
    "batch_preview",
    "came_in",
    "case_by_number",
    "case_counts",
    "case_list",
    "case_search",
    "case_view",
    "case_with_offers",
    "cases_of",
    "cases_reported_by",
    "change_view",
    "changes",
    "corrections",
    "corrections_since",
    "delete_view",
    "ended_after",
    "endings",
    "export_cases",
    "forget_words",
    "happenings",
    "hear",
    "index_cases",
    "index_missing",
    "judged",
    "late_counts",
    "link_cases",
    "linked_cases",
    "linked_to",
    "links_among",
    "live_through",
    "may_lead",
    "nearby",
    "newest_case",
    "number_of",
    "open_about",
    "open_cases",
    "open_loads",
    "opened",
    "outcomes",
    "perform",
    "perform_each",
    "persons_of",
    "precedents",
    "press_weight",
    "proposals_seen",
    "public_story",
    "received_by_hour",
    "rehearse",
    "returns_of",
    "reword",
    "rows_of",
    "save_view",
    "stages_of",
    "struck",
    "sweep",
    "task_states",
    "to_press",
    "undecided",
    "units_of",
    "verify_heads",
    "views_of",
    "waiting_for",
    "whereabouts",
    "with_words",
    "words_added",
    "words_changed",
    "working_day",
]
