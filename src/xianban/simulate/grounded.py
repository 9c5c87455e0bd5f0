"""The sample city as ground for latent problems, and what its people say about them."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from xianban.simulate.bulk.ground import Ground
from xianban.simulate.bulk.world import Reports, World
from xianban.simulate.geography import Area, Geography
from xianban.simulate.requests import Told, channel_for
from xianban.simulate.sites import Sites, Spot
from xianban.simulate.telling import latent_fact
from xianban.simulate.words import Somebody, say, somebody

METRES_PER_DEGREE = 111_320.0
NAMELESS, POINTED = 0.03, 0.85


def ground_of(city: Geography, *, people: float, rng: np.random.Generator) -> Ground:
    """The grids of the sample city, with `people` in all, shared out as they live there."""
    grids = grids_of(city)
    share = np.array([grid.population for grid in grids], float)
    middle = np.array([(grid.middle.x, grid.middle.y) for grid in grids])
    community, street, district = (
        np.unique([grid.code[:digits] for grid in grids], return_inverse=True)[1].astype(np.int64)
        for digits in (12, 9, 6)
    )
    known = int(community.max()) + 1
    return Ground(
        people=people * share / share.sum(),
        age=np.clip(rng.normal(20, 9, known)[community] + rng.normal(0, 4, len(grids)), 0, 60),
        xy=(middle - middle.mean(0)) * METRES_PER_DEGREE,
        voice=np.exp(rng.normal(-0.045, 0.3, known))[community],
        community=community,
        street=street,
        district=district,
    )


def grids_of(city: Geography) -> list[Area]:
    return [area for area in city.areas if area.level == "grid"]


class Voices:
    """Turns reports into what people send: who they are, where they say it is, in which words."""

    def __init__(self, city: Geography, world: World, *, seed: int) -> None:
        self.world = world
        self._rng = np.random.default_rng([seed, 4])
        self._sites = Sites(city, self._rng)
        self._grids = grids_of(city)
        self._told: dict[int, list[Somebody]] = {}  # who has complained of each problem
        self._spots: dict[int, Spot] = {}

    def tell(self, said: Reports, at: list[datetime]) -> Iterator[Told]:
        """What each of the reports comes in as, at its time."""
        for row, when in enumerate(at):
            yield self._one(int(said.problem[row]), int(said.kind[row]), int(said.grid[row]),
                            bool(said.new[row]), when)  # fmt: skip

    def _one(self, problem: int, kind: int, grid: int, new: bool, at: datetime) -> Told:
        matter, rng = self.world.kinds[kind].matter, self._rng
        before = self._told.setdefault(problem, []) if problem >= 0 else []
        again = not new and bool(before)
        who = before[int(rng.integers(len(before)))] if again else somebody(rng)
        if not again:
            before.append(who)
        spot = self._spot(problem, matter, grid)
        channel = channel_for(matter, rng)
        how = channel if channel in ("web", "grid") else "phone"
        fact = latent_fact(matter, rng, again=again)
        return Told(
            at=at,
            matter=matter,
            spot=self._sites.near(spot),
            said=say(matter, spot.site, rng, how=how, fact=fact),
            channel=channel,
            who=None if channel == "grid" or rng.random() < NAMELESS else who,
            pointed=bool(rng.random() < POINTED),
            problem=problem,
        )

    def _spot(self, problem: int, matter: str, grid: int) -> Spot:
        """Where it is: a problem stays where it is."""
        if problem >= 0 and problem in self._spots:
            return self._spots[problem]
        area = self._grids[grid]
        spot = self._sites.at(matter, area.code, area.middle.y, area.middle.x)
        if problem >= 0:
            self._spots[problem] = spot
        return spot
