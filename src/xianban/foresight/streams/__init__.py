"""Readings as they come: how unusual each one is, and how full a place is.

`score` judges whole series at once, `Watcher` judges readings as they arrive and gives the same
answers, `levels` turns counts of people into levels by capacity.
"""

from xianban.foresight.streams.filling import Levels, levels
from xianban.foresight.streams.scoring import score
from xianban.foresight.streams.watching import Watcher

__all__ = ["Levels", "Watcher", "levels", "score"]
