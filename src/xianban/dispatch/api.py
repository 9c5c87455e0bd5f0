"""The door of dispatch: what is it, where is it, who acts; and learning from corrections."""

from xianban.dispatch.actions import Trained, learn, retrain, revert
from xianban.dispatch.desk import (
    REASONS,
    Candidate,
    Chosen,
    candidates,
    choose,
    lessons_to_go,
    matters_typed,
    units_typed,
    why_waiting,
    with_duty,
)
from xianban.dispatch.gaps import KINDS, Finding, findings
from xianban.dispatch.judging import Quality
from xianban.dispatch.phrases import whole_words
from xianban.dispatch.queries import model_in_use, propose, reader
from xianban.dispatch.record import MachineRecord, Outcome, band_of, outcomes, record
from xianban.dispatch.rules import Found, Proposal, Said
from xianban.dispatch.suggesting import (
    Suggestion,
    as_duty_rows,
    settle_suggestion,
    suggest,
    suggestions,
)

__all__ = [
    "KINDS",
    "REASONS",
    "Candidate",
    "Chosen",
    "Finding",
    "Found",
    "MachineRecord",
    "Outcome",
    "Proposal",
    "Quality",
    "Said",
    "Suggestion",
    "Trained",
    "as_duty_rows",
    "band_of",
    "candidates",
    "choose",
    "findings",
    "learn",
    "lessons_to_go",
    "matters_typed",
    "model_in_use",
    "outcomes",
    "propose",
    "reader",
    "record",
    "retrain",
    "revert",
    "settle_suggestion",
    "suggest",
    "suggestions",
    "units_typed",
    "whole_words",
    "why_waiting",
    "with_duty",
]
