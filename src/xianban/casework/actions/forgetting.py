"""Letting go of what residents said: what happened to a case stays, and no act of it changes."""

from dataclasses import dataclass

from django.db import transaction

from xianban.casework.actions.indexing import words_changed
from xianban.casework.actions.writing import locked
from xianban.casework.models import Link, Word


@dataclass(frozen=True)
class CaseWords:
    """What a case is called and says, and where; the same as empty where nobody's words are left."""

    title: str = ""
    text: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None


def forget_words(person_id: int, *, case_id: int | None = None) -> int:
    """Delete what a person said with acts on cases, or on one case; how many words."""
    rows = Word.objects.filter(person=person_id)
    return (rows if case_id is None else rows.filter(case=case_id)).delete()[0]


def reword(case_id: int, words: CaseWords, *, added_too: bool = False) -> None:
    """A case says something else from now on, in the words of another reporter or in none.

    What the machine found in the old words goes as well, and the index of words forgets them.
    `added_too`: whatever residents added later is deleted with it.
    """
    with transaction.atomic():
        case = locked(case_id)
        case.title, case.text, case.place = words.title, words.text, words.place
        case.lat, case.lon = words.lat, words.lon
        proposal = dict(case.proposal)
        if "reasons" in proposal:
            proposal["reasons"] = {**proposal["reasons"], "words": []}
        if "place_reason" in proposal:
            proposal["place_reason"] = {**proposal["place_reason"], "text": ""}
        case.proposal = proposal
        case.save(update_fields=["title", "text", "place", "lat", "lon", "proposal"])
        if added_too:
            Word.objects.filter(case=case_id).delete()
        words_changed([case_id])
        if words == CaseWords():
            split = Link.objects.filter(case=case_id, kind="split")
            for other in split.values_list("other", flat=True):  # it was cut out of these words
                reword(other, words, added_too=added_too)
