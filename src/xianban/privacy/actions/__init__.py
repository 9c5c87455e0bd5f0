"""Changes to privacy."""

from xianban.privacy.actions.asking import ask, carry_out_deferred, confirm, decide
from xianban.privacy.actions.erasing import erase_person
from xianban.privacy.actions.sweeping import Swept, ask_count, count_anew, sweep

__all__ = [
    "Swept",
    "ask",
    "ask_count",
    "carry_out_deferred",
    "confirm",
    "count_anew",
    "decide",
    "erase_person",
    "sweep",
]
