"""The door of dispatch: what is it, where is it, who acts; and learning from corrections."""

from xianban.dispatch.actions import Trained, learn, retrain, revert
from xianban.dispatch.judging import Quality
from xianban.dispatch.phrases import whole_words
from xianban.dispatch.queries import model_in_use, propose, reader
from xianban.dispatch.rules import Found, Proposal, Said

__all__ = [
    "Found",
    "Proposal",
    "Quality",
    "Said",
    "Trained",
    "learn",
    "model_in_use",
    "propose",
    "reader",
    "retrain",
    "revert",
    "whole_words",
]
