"""The door of command: press and see what came of it, convene, and where time goes.

`keep_figures` and `remind` are the worker's rounds; everything else is read and done within the
actor's scope.
"""

from xianban.command.actions.convening import (
    convene,
    hold,
    judge_task,
    remind,
    report_task,
    set_task,
)
from xianban.command.actions.keeping import keep_figures
from xianban.command.actions.pressing import Done, escalate_cases, press_cases
from xianban.command.queries.loads import filters_of, loads
from xianban.command.queries.meetings import may_see_meetings, meeting, meetings
from xianban.command.queries.pressings import pressing_counts, pressings
from xianban.command.queries.reach import must_oversee, scopes
from xianban.command.queries.shown import (
    Hurts,
    Loads,
    MeetingSeen,
    PressingSeen,
    Scope,
    StageSeen,
    StageTable,
    TaskSeen,
    VisitPage,
    VisitSeen,
    WeekLoad,
)
from xianban.command.queries.times import stage_periods, stage_table, visits
from xianban.command.rules.periods import midnight, month_of, span_named, week_of
from xianban.command.rules.usual import Usual

__all__ = [
    "Done",
    "Hurts",
    "Loads",
    "MeetingSeen",
    "PressingSeen",
    "Scope",
    "StageSeen",
    "StageTable",
    "TaskSeen",
    "Usual",
    "VisitPage",
    "VisitSeen",
    "WeekLoad",
    "convene",
    "escalate_cases",
    "filters_of",
    "hold",
    "judge_task",
    "keep_figures",
    "loads",
    "may_see_meetings",
    "meeting",
    "meetings",
    "midnight",
    "month_of",
    "must_oversee",
    "press_cases",
    "pressing_counts",
    "pressings",
    "remind",
    "report_task",
    "scopes",
    "set_task",
    "span_named",
    "stage_periods",
    "stage_table",
    "visits",
    "week_of",
]
