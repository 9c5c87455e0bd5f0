"""How people tell of what lasts: a grammar for each sort of latent problem, in `data/latent_words.csv`."""

from functools import cache

import numpy as np

from xianban.simulate.sheets import sheet

WORSE, HARM = 0.45, 0.4  # how often one says that it gets worse, and what it does to them


def latent_fact(matter: str, rng: np.random.Generator, *, again: bool = False) -> str:
    """One way to say what is wrong, in somebody's own words; `again` from who has said so before."""
    parts = [_one(matter, "thing", rng) + _one(matter, "happens", rng)]
    if rng.random() < WORSE:
        parts.append(_one(matter, "worse", rng))
    if rng.random() < HARM:
        parts.append(_one(matter, "harm", rng))
    before = _one("any", "again", rng).replace("{k}", str(rng.integers(2, 5))) if again else ""
    return before + "，".join(part for part in parts if part)


def tells_of(matter: str) -> bool:
    """Whether there is a grammar for this matter."""
    return (matter, "thing") in _words()


def variants(matter: str) -> int:
    """How many different facts the grammar of a matter has."""
    thing, happens, worse, harm = (
        len(_words()[matter, part]) for part in ("thing", "happens", "worse", "harm")
    )
    return thing * happens * (worse + 1) * (harm + 1)


@cache
def _words() -> dict[tuple[str, str], list[str]]:
    return {(row["matter"], row["part"]): row["words"].split("|") for row in sheet("latent_words")}


def _one(matter: str, part: str, rng: np.random.Generator) -> str:
    choices = _words()[matter, part]
    return choices[int(rng.integers(len(choices)))]
