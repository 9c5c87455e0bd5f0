"""The door of history: what happened, without anyone's name, for whoever analyses.

`export` writes it as Parquet by month, `read` gives it back as it was known at any time. `Reader` masks
texts from elsewhere by the same vocabulary.
"""

from xianban.history.actions import CELL, Exported, K, export, pseudonym_of
from xianban.history.queries import read
from xianban.history.rules.layout import FACTS, HEARD, REQUESTS
from xianban.history.rules.reading import Reader

__all__ = [
    "CELL",
    "FACTS",
    "HEARD",
    "REQUESTS",
    "Exported",
    "K",
    "Reader",
    "export",
    "pseudonym_of",
    "read",
]
