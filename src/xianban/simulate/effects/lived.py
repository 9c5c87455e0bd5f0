"""A city that can be stopped at an evening and lived on in several ways."""

import copy
from collections.abc import Iterator

import numpy as np

from xianban.simulate.bulk.ground import Ints, invented
from xianban.simulate.bulk.works import LIMIT_DAYS, Works
from xianban.simulate.bulk.world import Reports, World
from xianban.simulate.sheets import leaves

WARM_UP = 120  # days before anything is recorded


class City:
    """It lives day by day under the reactive policy; `day` is the last one that passed."""

    def __init__(self, *, people: int, seed: int, days: int) -> None:
        ground = invented(people, np.random.default_rng([seed, 0]))
        self.world = World(ground, days=days, before=WARM_UP, seed=seed)
        limits = [LIMIT_DAYS[leaves()[kind.matter]["limit_hours"]] for kind in self.world.kinds]
        self.works = Works(self.world, limits=np.array(limits), reserved=0.0)
        self.day = -WARM_UP - 1

    def copy(self, *, chance: int | None = None) -> "City":
        """The same city as it stands; with `chance` all that is left to chance is drawn anew from now on.

        What goes wrong, and when, stays the same.
        """
        ground = self.world.ground
        other = copy.deepcopy(self, {id(ground): ground, id(self.world.kinds): self.world.kinds})
        if chance is not None:
            other.world.seed = self.world.seed + 1_000_003 * (chance + 1)
        return other

    def live(self, days: int) -> Iterator[tuple[int, Reports]]:
        """Let days pass, and hear what is said on each."""
        for _ in range(days):
            self.day += 1
            _, said = self.world.pass_day(self.day)
            self.works.take(self.day, said)
            _, done = self.works.work(self.day)
            self.works.settle(self.day, done)
            yield self.day, said

    def mend(self, causes: Ints) -> None:
        """In the evening others than the units mend these."""
        self.world.mend(causes, self.day + 0.99)
