"""A year of lasting problems in the sample city: who told of them, and when somebody was done with it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xianban.simulate.bulk.ground import Floats
from xianban.simulate.bulk.works import LIMIT_DAYS, Done, Taken, Works
from xianban.simulate.bulk.world import Reports, World
from xianban.simulate.geography import Geography
from xianban.simulate.grounded import Voices, ground_of
from xianban.simulate.requests import Told
from xianban.simulate.sheets import leaves

LATENT_PEOPLE = 10_000  # few problems, each told of by as many as in a large city
LEAST_H = 4.0
IN_TIME = 0.8
BEFORE = 60
GROUPS_FROM = 1000  # numbers of outbreaks that are not the planned ones


def latent_year(
    city: Geography, *, until: datetime, seed: int, days: int = 365, people: float = LATENT_PEOPLE
) -> list[Told]:
    """Told in the `days` before `until` (naive, in the city's time), in order."""
    ground = ground_of(city, people=people, rng=np.random.default_rng([seed, 0]))
    start = until.date() - timedelta(days=days)
    world = World(ground, days=days + 1, before=BEFORE, seed=seed, start=start)
    diary = Diary(world, Voices(city, world, seed=seed))
    for day in range(-BEFORE, days + 1):
        _, said = world.pass_day(day)
        diary.take(day, said)
        diary.settle(day, diary.work(day)[1])
    return sorted((told for told in diary.told if told.at < until), key=lambda told: told.at)


class Diary(Works):
    """Works that write down who told of what, with whom it was set, and when it was done."""

    def __init__(self, world: World, voices: Voices) -> None:
        limits = np.array(
            [LIMIT_DAYS[leaves()[kind.matter]["limit_hours"]] for kind in world.kinds]
        )
        super().__init__(world, limits=limits, reserved=0.0, least_h=LEAST_H)
        self._voices = voices
        self._group: dict[int, int] = {}
        self.told: list[Told] = []

    def _at(self, moment: float) -> datetime:
        midnight = datetime.combine(self.world.start, datetime.min.time())
        return midnight + timedelta(days=moment)

    def _taken(self, day: int, said: Reports, opened: Floats, again: NDArray[np.bool_]) -> Taken:
        taken = super()._taken(day, said, opened, again)
        if day < 0:
            return taken
        first = len(self.told)
        for row, told in enumerate(self._voices.tell(said, [self._at(one) for one in opened])):
            problem, number = told.problem, first + row
            if problem >= 0 and not (taken.joined[row] and problem in self._group):
                self._group[problem] = GROUPS_FROM + number
            self.told.append(replace(told, outbreak=self._group.get(problem)))
        return replace(taken, case=np.arange(first, len(self.told)))

    def settle(self, day: int, done: Done) -> Any:
        """Note when each was answered: mostly within its limit, though the work took longer."""
        kept = self.world.chance(done.case, day, 6000) < IN_TIME
        by = done.opened + 0.9 * (done.due - done.opened)
        answered = np.where(kept, np.minimum(done.at, by), done.at)
        for case, at in zip(done.case.tolist(), answered.tolist(), strict=True):
            if case >= 0:
                self.told[case] = replace(self.told[case], fixed=self._at(at))
        return super().settle(day, done)
