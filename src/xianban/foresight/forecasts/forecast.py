"""What comes next: values, totals up the tree of areas, and the chance of a surge."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking

from .fitting import Layer
from .hierarchy import Tree
from .newton import Floats

BATCH_CELLS = 4_000_000
JITTER = 1e-9


@dataclass(frozen=True)
class Outlook:
    """The days to come as the layers see them: all that is needed to draw futures."""

    layers: list[Layer]
    columns: Floats
    blocks_ahead: NDArray[np.intp]
    dispersion: Floats

    @cached_property
    def log_mean(self) -> Floats:
        """(series, day): the middle of the log mean.

        Levels that may yet rise or fall do not raise what is expected: the exponential of their
        moves has mean 1.
        """
        return sum(  # type: ignore[return-value]
            (
                layer.posterior.effects @ self.columns.T
                + layer.posterior.level[:, -1:] * layer.prior.stay**self.blocks_ahead
                - (np.diagonal(self._moves(layer)) + layer.shock_var) / 2
            )[layer.grouping.of]
            for layer in self.layers
        )

    @cached_property
    def log_var(self) -> Floats:
        """(series, day): how unsure the log mean is."""
        return sum(self._own_var(layer)[layer.grouping.of] for layer in self.layers)  # type: ignore[return-value]

    def _own_var(self, layer: Layer) -> Floats:
        cov = layer.posterior.effect_cov
        effects = np.einsum("hp,gpq,hq->gh", self.columns, cov, self.columns, optimize=True)
        left = layer.prior.stay**self.blocks_ahead
        level = layer.posterior.level_var[:, -1:] * left**2
        both = 2 * left * (layer.posterior.last_cov @ self.columns.T)
        moved = np.diagonal(self._moves(layer))
        return np.maximum(effects + level + both + moved + layer.shock_var, 0)

    def _moves(self, layer: Layer) -> Floats:
        """(day, day): the covariance of what the level will have moved."""
        stay, ahead = layer.prior.stay, self.blocks_ahead
        least = np.minimum(ahead[:, None], ahead[None, :])
        apart = np.abs(ahead[:, None] - ahead[None, :])
        return layer.prior.step_var * stay**apart * (1 - stay ** (2 * least)) / (1 - stay**2)

    def _roots(self, layer: Layer) -> Floats:
        """(group, day, day): a square root of the covariance of a group's log mean."""
        left = layer.prior.stay**self.blocks_ahead
        reach = np.column_stack([self.columns, left])
        posterior = layer.posterior
        width = self.columns.shape[1]
        state = np.empty((layer.grouping.size, width + 1, width + 1))
        state[:, :width, :width] = posterior.effect_cov
        state[:, :width, width] = state[:, width, :width] = posterior.last_cov
        state[:, width, width] = posterior.level_var[:, -1]
        cov = reach @ state @ reach.T + self._moves(layer)
        days = np.arange(len(reach))
        cov[:, days, days] += layer.shock_var + JITTER
        return np.linalg.cholesky(cov).astype(np.float32)

    def futures(self, *, draws: int, seed: int) -> Iterator[NDArray[np.int64]]:
        """Batches of (draw, series, day): counts that share what their groups share."""
        rng = np.random.default_rng(seed)
        roots = [self._roots(layer) for layer in self.layers]
        series, days = self.log_mean.shape
        batch = max(1, BATCH_CELLS // (series * days))
        over = np.maximum(self.dispersion - 1, 1e-6)[:, None]
        for begin in range(0, draws, batch):
            size = min(batch, draws - begin)
            log_mean = np.broadcast_to(self.log_mean, (size, series, days)).copy()
            for layer, root in zip(self.layers, roots, strict=True):
                noise = rng.standard_normal((layer.grouping.size, size, days), dtype=np.float32)
                moved = noise @ root.transpose(0, 2, 1)
                log_mean += moved[layer.grouping.of].transpose(1, 0, 2)
            mean = np.exp(np.clip(log_mean, -30, 30))
            rate = rng.standard_gamma(mean / over) * over
            yield rng.poisson(np.minimum(rate, 1e15))


@dataclass(frozen=True)
class Totals:
    """The forecast of every node of the area tree, the root first.

    `mean` (node, day): a parent's is exactly the sum of its children's and of its own series'.
    `values` (node, day, quantile): whole numbers, from futures drawn jointly, so that an area's
    interval knows that its matters rise together. Quantiles of sums are not sums of quantiles:
    `sums` (node, quantile) are those of all days together, from the same futures.
    """

    nodes: tuple[Hashable, ...]
    parent: NDArray[np.intp]
    mean: Floats
    values: Floats
    sums: Floats
    quantiles: Floats


@dataclass(frozen=True)
class Forecast:
    """What each series will bring on each day to come.

    `values` (series, day, quantile): whole numbers, the least count that is not passed with that
    chance. `mean` (series, day): expected counts; they need not be whole. `dates` (day).
    `holiday` (day): which of these days were known to be holidays. `quantiles` as asked.
    `enough` (series): False where the past holds fewer than 10 cases, so that the forecast is
    mostly what its area and category lend it.
    """

    values: Floats
    mean: Floats
    dates: NDArray[np.datetime64]
    holiday: NDArray[np.bool_]
    quantiles: Floats
    enough: NDArray[np.bool_]
    tree: Tree = field(repr=False)
    outlook: Outlook = field(repr=False)
    draws: int = field(repr=False)
    seed: int = field(repr=False)

    def totals(self) -> Totals:
        """The same forecast for every area, every area above it, and the whole.

        Means add up exactly. Quantiles come from `draws` joint futures (their chances are known to
        about ± 1.6 / sqrt(draws) at the median, 95% of the time). A node with one series has that
        series' values.

        >>> import numpy as np
        >>> from xianban.foresight import forecasts
        >>> counts = np.random.default_rng(1).poisson(4, size=(2, 90))
        >>> days = np.arange("2026-01-01", "2026-04-01", dtype="datetime64[D]")
        >>> ahead = forecasts.fit(counts, dates=days, areas=["east", "west"], seed=0).predict(7)
        >>> totals = ahead.totals()
        >>> totals.nodes
        ('(all)', 'east', 'west')
        >>> bool(np.allclose(totals.mean[0], totals.mean[1] + totals.mean[2]))
        True
        """
        parts = [self.tree.total(drawn, axis=1) for drawn in self._futures()]
        drawn = np.concatenate(parts)
        values = np.quantile(drawn, self.quantiles, axis=0, method="inverted_cdf")
        values = np.moveaxis(values, 0, -1).astype(np.float64)
        alone = self.tree.alone()
        values[alone >= 0] = self.values[alone[alone >= 0]]
        together = np.quantile(drawn.sum(axis=2), self.quantiles, axis=0, method="inverted_cdf")
        sums = np.moveaxis(together, 0, -1).astype(np.float64)
        mean = self.tree.total(self.mean, axis=0)
        return Totals(self.tree.labels, self.tree.parent, mean, values, sums, self.quantiles)

    def surge(self, level: ArrayLike, *, over: str = "any", of: str = "series") -> Floats:
        """The chance that a level is reached in the days to come.

        `level`: one number, or one for each series (or node), at least 0; reached means count >=
        level. `over`: "any" (at least one day reaches it), "sum" (all days together do) or "each"
        (day by day). `of`: "series", or "nodes" for the nodes of `totals()`, in their order.

        Returns chances in [0, 1], shape (series,) or (nodes,), with a last axis of days for
        "each". They are shares of `draws` joint futures: with 1,000 a chance of 5% is known to
        about ± 1.4 points, and one under .001 shows as 0.

        >>> import numpy as np
        >>> from xianban.foresight import forecasts
        >>> counts = np.random.default_rng(1).poisson(4, size=(1, 90))
        >>> days = np.arange("2026-01-01", "2026-04-01", dtype="datetime64[D]")
        >>> ahead = forecasts.fit(counts, dates=days, seed=0).predict(7)
        >>> likely, not_at_all = ahead.surge(3)[0], ahead.surge(60)[0]
        >>> bool(likely > 0.95 and not_at_all < 0.01)
        True
        """
        checking.one_of(over, name="over", among=("any", "sum", "each"))
        checking.one_of(of, name="of", among=("series", "nodes"))
        rows = len(self.values) if of == "series" else len(self.tree.labels)
        bar = _levels(level, rows=rows, of=of)
        reached: Any = 0
        for drawn in self._futures():
            counts = drawn if of == "series" else self.tree.total(drawn, axis=1)
            reached = reached + _reached(counts, bar, over).sum(axis=0)
        return np.asarray(reached / self.draws, dtype=np.float64)

    def _futures(self) -> Iterator[NDArray[np.int64]]:
        return self.outlook.futures(draws=self.draws, seed=self.seed)


def _levels(level: ArrayLike, *, rows: int, of: str) -> Floats:
    bar = checking.numbers(level, name="level")
    bar = bar if np.ndim(level) else bar.reshape(())
    if bar.ndim > 1 or (bar.ndim == 1 and len(bar) != rows):
        raise BadInput(f"level has shape {bar.shape} for {rows} {of}; give one, or one for each")
    if (bar < 0).any():
        raise BadInput(f"level is {bar.min():g}; it must be at least 0")
    return np.broadcast_to(bar, (rows,))


def _reached(counts: NDArray[np.int64], bar: Floats, over: str) -> NDArray[np.bool_]:
    if over == "each":
        return np.asarray(counts >= bar[:, None])
    together = counts.sum(axis=2) if over == "sum" else counts.max(axis=2)
    return np.asarray(together >= bar)


def predict(
    outlook: Outlook, *, levels: Floats, asked: Floats, tree: Tree, dates: NDArray[np.datetime64],
    holiday: NDArray[np.bool_], enough: NDArray[np.bool_], draws: int, seed: int,
) -> Forecast:  # fmt: skip
    """Quantiles by quadrature over what is unsure, not by drawing: no noise of simulation.

    `levels` are the chances as named, `asked` those that came true as often in the past.
    """
    from .kernels import mixture_quantiles  # numba is loaded when a forecast is first asked for

    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    series, days = outlook.log_mean.shape
    spread = np.sqrt(outlook.log_var)[:, :, None] * nodes
    means = np.exp(np.clip(outlook.log_mean[:, :, None] + spread, -30, 30))
    weights = weights / weights.sum()
    order = np.argsort(asked, kind="stable")
    ranked = mixture_quantiles(
        means.reshape(-1, len(nodes)),
        weights,
        np.repeat(outlook.dispersion, days),
        asked[order],
    )
    values = np.empty_like(ranked)
    values[:, order] = ranked
    return Forecast(
        values=values.reshape(series, days, len(levels)),
        mean=means @ weights,
        dates=dates,
        holiday=holiday,
        quantiles=levels,
        enough=enough,
        tree=tree,
        outlook=outlook,
        draws=draws,
        seed=seed,
    )
