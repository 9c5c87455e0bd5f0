"""Where people live in the invented city: grids in communities, streets and districts, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PEOPLE_A_GRID, GRIDS_A_COMMUNITY, COMMUNITIES_A_STREET, STREETS_A_DISTRICT = 555, 6, 6, 6
STEP_M = 300.0


@dataclass(frozen=True)
class Ground:
    """n grids: `people`, years since it was built (`age`), metres east and north (`xy`, n x 2), how
    readily people there complain (`voice`, mean about 1), and the numbers of the areas they lie in."""

    people: Floats
    age: Floats
    xy: Floats
    voice: Floats
    community: Ints
    street: Ints
    district: Ints

    @property
    def n(self) -> int:
        return len(self.people)


def invented(people: int, rng: np.random.Generator) -> Ground:
    """A city of so many people; grids of about 555 in communities of six."""
    n = max(GRIDS_A_COMMUNITY * COMMUNITIES_A_STREET, round(people / PEOPLE_A_GRID))
    side = int(np.ceil(np.sqrt(n)))
    place = np.arange(n)
    community = place // GRIDS_A_COMMUNITY
    street = community // COMMUNITIES_A_STREET
    weight = rng.gamma(6.0, 1 / 6, n)
    known = int(community[-1]) + 1
    return Ground(
        people=people * weight / weight.sum(),
        age=np.clip(rng.normal(20, 9, known)[community] + rng.normal(0, 4, n), 0, 60),
        xy=np.stack([place % side, place // side], axis=1) * STEP_M + rng.uniform(-60, 60, (n, 2)),
        voice=np.exp(rng.normal(-0.045, 0.3, known))[community],
        community=community,
        street=street,
        district=street // STREETS_A_DISTRICT,
    )
