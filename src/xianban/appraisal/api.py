"""The door of appraisal: the rates of a period, who stands where among peers, and how sure that is.

`reckon` brings provisional figures up to date, `freeze` keeps them for good; `ranking`, `figure`
and `rows_behind` read them within the reader's scope.
"""

from xianban.appraisal.actions.asking import (
    appeal,
    ask_exclusion,
    decide_exclusion,
    rule_appeal,
)
from xianban.appraisal.actions.freezing import freeze
from xianban.appraisal.actions.reckoning import keep_current, reckon
from xianban.appraisal.queries.figures import figure, period_seen, periods, ranking, rows_behind
from xianban.appraisal.queries.requests import (
    broken_seal,
    in_question,
    may_ask,
    may_freeze,
    requests,
)
from xianban.appraisal.queries.shown import (
    AskedSeen,
    FigureSeen,
    PeersSeen,
    PeriodSeen,
    Ranking,
    RateSeen,
    RowPage,
    RowSeen,
)
from xianban.appraisal.rules.words import APPEALS, GROUNDS

__all__ = [
    "APPEALS",
    "GROUNDS",
    "AskedSeen",
    "FigureSeen",
    "PeersSeen",
    "PeriodSeen",
    "Ranking",
    "RateSeen",
    "RowPage",
    "RowSeen",
    "appeal",
    "ask_exclusion",
    "broken_seal",
    "decide_exclusion",
    "figure",
    "freeze",
    "in_question",
    "keep_current",
    "may_ask",
    "may_freeze",
    "period_seen",
    "periods",
    "ranking",
    "reckon",
    "requests",
    "rows_behind",
    "rule_appeal",
]
