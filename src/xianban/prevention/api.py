"""The door of prevention: warnings, their study, the orders and effects they lead to, and planning ahead.

`keep` and `follow` are the worker's rounds, `look` is one round by hand. `board`, `counts`, `desks`,
`state` and `warning` are what pages show, each within the actor's scope. The README explains them all.
"""

from xianban.prevention.actions.attaching import ORIGIN, attach_new
from xianban.prevention.actions.detectors import challenge, promote, revert, withdraw
from xianban.prevention.actions.following import follow
from xianban.prevention.actions.planning import (
    choose_topic,
    close_topic,
    drop_event,
    plan_event,
    tick_measure,
)
from xianban.prevention.actions.replay_sources import FileSource, of_file, own_history
from xianban.prevention.actions.replays import forget_replay, replay
from xianban.prevention.actions.rounds import RoundDone, keep, look, looks_due, record_round
from xianban.prevention.actions.studying import order, study
from xianban.prevention.actions.whistling import arrive, grade, whistle
from xianban.prevention.queries.ahead import (
    area_profile,
    events,
    patrol_plan,
    season_calendar,
    topic,
    topic_offers,
    topics,
)
from xianban.prevention.queries.boards import (  # fmt: skip
    ORDERS,
    WANTED,
    Wanted,
    board,
    counts,
    desks,
    rounds,
    state,
)
from xianban.prevention.queries.detectors import detector, detectors
from xianban.prevention.queries.offers import OrderOffer
from xianban.prevention.queries.orders import OrderPage, OrderRow, orders
from xianban.prevention.queries.raised import Raised, raised_since
from xianban.prevention.queries.records import behind_record, record
from xianban.prevention.queries.replays import (
    VERDICTS,
    Asked,
    ReplayRow,
    ReplaySeen,
    replay_as_plain,
    replay_seen,
    replayed,
    replays,
)
from xianban.prevention.queries.shown import (
    ActShown,
    CaseBehind,
    DeskDay,
    DetectorShown,
    EffectShown,
    EventShown,
    Named,
    OrderShown,
    Patrol,
    Peer,
    Profile,
    RoundShown,
    SeasonShown,
    SimilarShown,
    State,
    SummonsShown,
    TopicOffered,
    TopicShown,
    Trial,
    VersionShown,
    Visit,
    WarningPage,
    WarningRow,
    WarningSeen,
)
from xianban.prevention.queries.terrain import terrain_of
from xianban.prevention.queries.treatments import (
    Treatment,
    TreatmentSeen,
    treatment_of,
    treatment_seen,
)
from xianban.prevention.queries.views import warning, warning_of_case, warnings_behind
from xianban.prevention.rules.budgeting import Waiting, harm_of, helped_of, places, precision_of
from xianban.prevention.rules.detecting import detect, with_courses
from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.matching import Known, home_of
from xianban.prevention.rules.measuring import Plan, measured, plan_of
from xianban.prevention.rules.past import Past, Terrain, past_of
from xianban.prevention.rules.records import Record, is_real
from xianban.prevention.rules.study import TABLE
from xianban.prevention.rules.words import DISMISS_REASONS, GRADES, OUTCOMES, STANDS

__all__ = [
    "DISMISS_REASONS",
    "GRADES",
    "ORDERS",
    "ORIGIN",
    "OUTCOMES",
    "STANDS",
    "TABLE",
    "VERDICTS",
    "WANTED",
    "ActShown",
    "Asked",
    "CaseBehind",
    "DeskDay",
    "DetectorShown",
    "EffectShown",
    "EventShown",
    "FileSource",
    "Finding",
    "Known",
    "Named",
    "OrderOffer",
    "OrderPage",
    "OrderRow",
    "OrderShown",
    "Past",
    "Patrol",
    "Peer",
    "Plan",
    "Profile",
    "Raised",
    "Record",
    "ReplayRow",
    "ReplaySeen",
    "RoundDone",
    "RoundShown",
    "SeasonShown",
    "SimilarShown",
    "State",
    "SummonsShown",
    "Terrain",
    "TopicOffered",
    "TopicShown",
    "Treatment",
    "TreatmentSeen",
    "Trial",
    "VersionShown",
    "Visit",
    "Waiting",
    "Wanted",
    "WarningPage",
    "WarningRow",
    "WarningSeen",
    "area_profile",
    "arrive",
    "attach_new",
    "behind_record",
    "board",
    "challenge",
    "choose_topic",
    "close_topic",
    "counts",
    "desks",
    "detect",
    "detector",
    "detectors",
    "drop_event",
    "events",
    "follow",
    "forget_replay",
    "grade",
    "harm_of",
    "helped_of",
    "home_of",
    "is_real",
    "keep",
    "look",
    "looks_due",
    "measured",
    "of_file",
    "order",
    "orders",
    "own_history",
    "past_of",
    "patrol_plan",
    "places",
    "plan_event",
    "plan_of",
    "precision_of",
    "promote",
    "raised_since",
    "record",
    "record_round",
    "replay",
    "replay_as_plain",
    "replay_seen",
    "replayed",
    "replays",
    "revert",
    "rounds",
    "season_calendar",
    "state",
    "study",
    "terrain_of",
    "tick_measure",
    "topic",
    "topic_offers",
    "topics",
    "treatment_of",
    "treatment_seen",
    "warning",
    "warning_of_case",
    "warnings_behind",
    "whistle",
    "with_courses",
    "withdraw",
]
