"""Texts taken apart, with who said them; and any of them as everybody may read it."""

from array import array
from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from xianban.foresight.issues import near_duplicates
from xianban.history.rules.vocabulary import Lexicon, Mask, kept_since


def month_number(at: date | datetime) -> int:
    return at.year * 12 + at.month


def voices(
    said: Sequence[str], reporters: Sequence[int], months: Sequence[int], lexicon: Lexicon
) -> tuple[list["array[int]"], pl.DataFrame]:
    """Each text taken apart, and who said it when; those who left no contact are one, number 0."""
    who = pl.DataFrame(
        {"reporter": reporters, "copy": near_duplicates(said).group, "month": months},
        schema={"reporter": pl.Int64, "copy": pl.Int64, "month": pl.Int64},
    )
    return [lexicon.read(text) for text in said], who


class Reader:
    """The vocabulary of texts from anywhere: what is k-anonymous in a history is so here.

    `reporters` are numbers, 0 for whoever is not known; `when` the days on which it was said.
    """

    def __init__(
        self, said: Sequence[str], *, reporters: Sequence[int], when: Sequence[date], k: int
    ) -> None:
        self._lexicon = Lexicon()
        texts, who = voices(said, reporters, [month_number(day) for day in when], self._lexicon)
        self._since = kept_since(texts, who, k=k) if said else {}

    def read(self, texts: Sequence[str], *, on: date) -> list[str]:
        """Each text with what may be read of it by the month of that day; the rest is masked."""
        taken = [self._lexicon.read(text) for text in texts]
        mask = Mask(self._lexicon, self._since)
        return [mask(one, month_number(on)) for one in taken]
