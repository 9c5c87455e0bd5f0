"""What can go wrong in the invented city, and how: one row of `data/latent.csv` each."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from xianban.simulate.sheets import sheet


@dataclass(frozen=True)
class Kind:
    """One sort of latent problem.

    `per_1000` sites for 1,000 people; `births` problems a site and year at age 20, times
    exp(`age` x decades beyond 20), the season, and `storm` on days of storm. `frailty` is the shape of a
    gamma with mean 1: the smaller, the more a few sites bear. A problem is hidden for about
    `hidden_days`, grows to `reach` people in `grow_days`, and each of them complains with chance `tells`
    a day; it goes away by itself after about `heals_days` (0: never). A visit for a complaint mends its
    cause with chance `mends`, else it is back after `relapse_days`. `visit_h`, `repair_h` and `look_h`
    are hours of a visit, of repairing a cause, and of looking whether there is one, which `sees` it;
    `staff_h` are the hours that its unit has for it, a working day and 1,000 people.
    """

    matter: str
    name: str
    unit: str
    per_1000: float
    births: float
    age: float
    season: str
    storm: float
    frailty: float
    hidden_days: float
    grow_days: float
    reach: float
    tells: float
    heals_days: float
    mends: float
    relapse_days: float
    visit_h: float
    repair_h: float
    look_h: float
    sees: float
    staff_h: float


@cache
def kinds() -> tuple[Kind, ...]:
    """All of them."""
    return tuple(
        Kind(**{name: _value(name, text) for name, text in row.items()}) for row in sheet("latent")
    )


def _value(name: str, text: str) -> Any:
    return text if name in ("matter", "name", "unit", "season") else float(text)
