"""What acting changed, beside pycausalimpact, on simulated cities whose truth is known.

41 areas over 104 weeks: levels of their own, one season that each follows to its own degree, two
shocks of the whole city that fade, and negative-binomial counts. Area 0 is acted upon in the last 12
weeks: in half of the cities a fifth of its cases is prevented, in half nothing is.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.foresight import peers
from benchmarks.report import Row
from xianban.foresight import effects

CITIES, MANY, START, TRUTH = 40, 1_500, 92, -0.2

PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd
from statsmodels.tsa.statespace.mlemodel import MLEResults
# the peer is older than the pandas and statsmodels it is installed with: give back what it calls
pd.DataFrame.applymap = pd.DataFrame.map
for name in ("get_prediction", "get_forecast"):
    def without_alpha(self, *args, alpha=None, _was=getattr(MLEResults, name), **options):
        return _was(self, *args, **options)
    setattr(MLEResults, name, without_alpha)
from causalimpact import CausalImpact
answers, begun = [], time.process_time()
for counts in np.load(sys.argv[1]):
    table = CausalImpact(pd.DataFrame(counts.T), [0, 91], [92, 103]).summary_data["average"]
    answers.append([table[k] for k in ("rel_effect", "rel_effect_lower", "rel_effect_upper")])
print(json.dumps({"answers": answers, "seconds": time.process_time() - begun}))
"""


def fading(rng: np.random.Generator, steps: int, decay: float, sd: float) -> np.ndarray:
    values = rng.normal(0, sd, steps)
    for step in range(1, steps):
        values[step] = decay * values[step - 1] + np.sqrt(1 - decay**2) * values[step]
    return values


def city(rng: np.random.Generator, *, effect: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts (41 areas, 104 weeks), and the mean that they were drawn from."""
    weeks = np.arange(104)
    year = 2 * np.pi * (weeks - rng.uniform(0, 52)) / 52
    log = np.log(25) + 0.5 * rng.normal(size=(41, 1))
    degree = 0.3 * np.exp(0.35 * rng.normal(size=(41, 1)))
    log = log + degree * (np.sin(year) + 0.3 * np.sin(2 * year))
    for _ in range(2):
        log = log + rng.normal(1, 0.5, (41, 1)) * fading(rng, 104, 0.8, 0.1)
    mean = np.exp(log)
    mean[0, START:] *= 1 + effect
    return rng.poisson(rng.gamma(mean / 0.5, 0.5)), mean


def run() -> list[Row]:
    rng = np.random.default_rng(2026)
    truth = np.resize([TRUTH, 0.0], MANY)
    cities = [city(rng, effect=effect) for effect in truth]
    found, seconds, wall = ours([counts for counts, _ in cities])
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "cities.npy"
        np.save(place, np.stack([counts for counts, _ in cities[:CITIES]]))
        answer = peers.ask(PEER, str(place))
    theirs = np.array(answer["answers"])
    oracle = np.array([
        counts[0, START:].sum() / (mean[0, START:].sum() / (1 + effect)) - 1
        for (counts, mean), effect in zip(cities, truth, strict=True)
    ])  # fmt: skip
    rmse, peer_rmse = error(found[:CITIES, 0], truth), error(theirs[:, 0], truth)
    covered, peer_covered = coverage(found[:CITIES], truth), coverage(theirs, truth)
    width = float(np.median(found[:CITIES, 2] - found[:CITIES, 1]))
    peer_width = float(np.median(theirs[:, 2] - theirs[:, 1]))
    each = 1000 * seconds / MANY
    peer_each = 1000 * answer["seconds"] / CITIES
    many = coverage(found, truth)
    null = found[1::2]
    wrong = float(((null[:, 1] > 0) | (null[:, 2] < 0)).mean())
    found_share = float((found[::2, 2] < 0).mean())
    known = (
        f"knowing the true mean: {error(oracle[:CITIES], truth):.3f}; "
        "on another simulator the peer once had .075"
    )
    return [
        Row("effect, error (40 cities)", rmse, "RMSE", peer_rmse, rmse / peer_rmse,
            "at most as pycausalimpact in this run", rmse <= peer_rmse, known),
        Row("effect, truth in the 95% interval (40)", covered, "share", peer_covered, None,
            "as near to .95 as pycausalimpact in this run",
            abs(covered - 0.95) <= abs(peer_covered - 0.95),
            f"median width {width:.2f}, peer's {peer_width:.2f}"),
        Row("effect, time of each", each, "ms CPU", peer_each, each / peer_each,
            "at most 10 ms", each <= 10, f"median {wall:.1f} ms by the clock, one thread or two"),
        Row("effect, truth in the interval (1,500)", many, "share", None, None, ".93 to .97",
            0.93 <= many <= 0.97, f"RMSE {error(found[:, 0], truth):.3f}; "
            f"knowing the true mean {error(oracle, truth):.3f}"),
        Row("effect, false alarms (750 without)", wrong, "share", None, None, ".03 to .07",
            0.03 <= wrong <= 0.07, f"a fall of 20% found in {found_share:.2f} of 750"),
    ]  # fmt: skip


def ours(cities: list[np.ndarray]) -> tuple[np.ndarray, float, float]:
    """Relative effect with its interval (cities, 3); CPU seconds; median wall milliseconds."""
    effects.measure(cities[0][0], controls=cities[0][1:], start=START)
    rows, walls, begun = [], [], time.process_time()
    for counts in cities:
        tick = time.perf_counter()
        found = effects.measure(counts[0], controls=counts[1:], start=START)
        walls.append(1000 * (time.perf_counter() - tick))
        rows.append((found.relative, found.low, found.high))
    return np.array(rows), time.process_time() - begun, float(np.median(walls))


def error(relative: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(((relative - truth[: relative.size]) ** 2).mean()))


def coverage(found: np.ndarray, truth: np.ndarray) -> float:
    aim = truth[: found.shape[0]]
    return float(((found[:, 1] <= aim) & (aim <= found[:, 2])).mean())
