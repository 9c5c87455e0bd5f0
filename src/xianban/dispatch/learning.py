"""Learning a text model from labelled texts, and measuring it on texts it has not seen.

One linear model per label on hashed characters and pairs, each feature scaled by its naive-Bayes
log-count ratio (Wang and Manning, "Baselines and bigrams", ACL 2012). Three ways to count for that
ratio are averaged: in one table of weights that costs nothing. What was tried: docs/dispatch.md.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xianban.base.errors import BadInput
from xianban.dispatch import kernel
from xianban.dispatch.calibration import calibrate
from xianban.dispatch.classifier import Floats, TextModel
from xianban.dispatch.features import Gathered, Ints, Rows, folds, gather, near_duplicates
from xianban.dispatch.judging import Quality, measure


@dataclass(frozen=True)
class Ratio:
    """One way to count for the log-count ratios: texts, or the features' weights in them."""

    smoothing: float
    weighted: bool = False
    by_share: bool = False  # smooth a label by its share of all texts


@dataclass(frozen=True)
class Recipe:
    """The choices of learning."""

    marks: tuple[int, ...] = (35,)
    ratios: tuple[Ratio, ...] = (
        Ratio(0.2),
        Ratio(2.0, by_share=True),
        Ratio(0.5, weighted=True),
    )
    cost: float = 15.0
    passes: int = 15
    tolerance: float = 0.05
    common: int = 2  # a feature counts if it is in so many texts
    features: int = 200_000
    texts: int = 60_000
    folds: int = 5
    seed: int = 1


MANY, FEW = Recipe(), Recipe(marks=(), common=1, folds=10)
FEW_TEXTS = 1500


def learn_model(
    texts: Sequence[str], labels: Sequence[str], *, seed: int = 0, recipe: Recipe | None = None
) -> TextModel:
    """A calibrated model; the same texts in any order give the same model."""
    pairs = (
        sorted({*zip(texts, labels, strict=True)})
        if False
        else sorted(zip(texts, labels, strict=True))
    )
    names = tuple(sorted({label for _, label in pairs}))
    if len(names) < 2:
        raise BadInput("at least two different labels are needed to learn from")
    recipe = recipe or (MANY if len(pairs) >= FEW_TEXTS else FEW)
    if len(pairs) > recipe.texts:
        chosen = np.random.default_rng(seed).choice(len(pairs), recipe.texts, replace=False)
        pairs = [pairs[k] for k in np.sort(chosen)]
    number = {name: k for k, name in enumerate(names)}
    truth = np.array([number[label] for _, label in pairs], np.int64)
    gathered = gather([text for text, _ in pairs], marks=recipe.marks)
    raw = held_out_scores(gathered, truth, len(names), recipe=recipe, seed=seed)
    slopes, offsets = calibrate(raw, truth)
    row_of = vocabulary(gathered, recipe=recipe)
    learned, biases = weights(design(gathered, row_of), truth, len(names), recipe=recipe)
    return assembled(names, gathered, row_of, learned, biases, slopes, offsets, recipe)


def held_out_scores(
    gathered: Gathered, truth: Ints, count: int, *, recipe: Recipe, seed: int
) -> Floats:
    """Scores of every text by a model that has seen neither it nor its near-duplicates."""
    fold_of = folds(truth, near_duplicates(gathered), count=recipe.folds, seed=seed)
    raw = np.zeros((len(truth), count), np.float32)
    for fold in range(recipe.folds):
        inside, outside = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        if not len(inside) or not len(outside):
            continue
        part = gathered.part(inside)
        row_of = vocabulary(part, recipe=recipe)
        learned, biases = weights(design(part, row_of), truth[inside], count, recipe=recipe)
        raw[outside] = applied(design(gathered.part(outside), row_of), learned) + biases
    return raw


def applied(rows: Rows, learned: Floats) -> Floats:
    """Sparse rows times weights."""
    from scipy.sparse import csr_array

    shape = (len(rows.starts) - 1, rows.width)
    return np.asarray(csr_array((rows.values, rows.columns, rows.starts), shape=shape) @ learned)


def vocabulary(gathered: Gathered, *, recipe: Recipe) -> NDArray[np.int32]:
    """A row for each feature that is common enough, the commonest first; -1 for the others."""
    counts = gathered.text_counts()
    order = np.lexsort((gathered.names, -counts))
    kept = order[: min(int((counts >= recipe.common).sum()), recipe.features)]
    row_of = np.full(len(counts), -1, np.int32)
    row_of[kept] = np.arange(1, len(kept) + 1)
    return row_of


def design(gathered: Gathered, row_of: NDArray[np.int32]) -> Rows:
    """The texts as sparse rows of length one over all blocks."""
    texts, blocks = gathered.ends.shape
    starts = np.zeros(texts + 1, np.int64)
    columns = np.empty(len(gathered.rows), np.int32)
    values = np.empty(len(gathered.rows), np.float32)
    used = kernel.assemble(
        gathered.ends,
        gathered.rows,
        gathered.times,
        row_of,
        kernel.term_weights(),
        starts,
        columns,
        values,
    )
    width = max(int(row_of.max(initial=0)), 0)
    return Rows(starts, columns[:used], values[:used], width * blocks)


def weights(rows: Rows, truth: Ints, count: int, *, recipe: Recipe) -> tuple[Floats, Floats]:
    """A column of weights and a bias for each label, averaged over the ratios."""
    learned = np.zeros((rows.width, count), np.float32)
    biases = np.zeros(count, np.float32)
    owner = np.repeat(truth, np.diff(rows.starts))

    def one(label: int) -> None:
        sides = np.where(truth == label, 1.0, -1.0)
        for way in recipe.ratios:
            ratio = log_count_ratio(rows, owner == label, way)
            solved = kernel.learn(
                rows.starts, rows.columns, rows.values * ratio[rows.columns], sides,
                np.full(len(truth), recipe.cost), rows.width, recipe.passes, recipe.tolerance,
                recipe.seed,
            )  # fmt: skip
            learned[:, label] += ratio * solved[:-1]
            biases[label] += solved[-1]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, range(count)))
    return learned / len(recipe.ratios), biases / len(recipe.ratios)


WEIGHTED_SCALE = 15.0


def log_count_ratio(rows: Rows, mine: NDArray[np.bool_], way: Ratio) -> Floats:
    """For each feature, the log of how much commoner it is in a label's texts than elsewhere."""
    v = rows.values * WEIGHTED_SCALE if way.weighted else np.ones(len(rows.values), np.float32)
    here = np.bincount(rows.columns[mine], v[mine], minlength=rows.width)
    there = np.bincount(rows.columns, v, minlength=rows.width) - here
    share = here.sum() / max(here.sum() + there.sum(), 1e-9) if way.by_share else 0.5
    here = here + 2 * way.smoothing * share
    there = there + 2 * way.smoothing * (1 - share)
    return (np.log(here / here.sum()) - np.log(there / there.sum())).astype(np.float32)


def assembled(names, gathered, row_of, learned, biases, slopes, offsets, recipe) -> TextModel:
    """Pack weights as int16 and features into the tables that the kernel reads."""
    blocks, width, count = len(recipe.marks) + 1, max(int(row_of.max(initial=0)), 0), len(names)
    padded = -(-count // 8) * 8
    scales = np.ones(padded, np.float32)
    scales[:count] = np.maximum(np.abs(learned).max(axis=0, initial=0), 1e-9) / 32767
    table = np.zeros((blocks, 1 + width, padded), np.int16)
    table[:, 1:, :count] = np.rint(learned / scales[:count]).reshape(blocks, width, count)
    kept = np.flatnonzero(row_of > 0)
    kept = kept[np.argsort(row_of[kept])]
    keys = gathered.names[kept]
    single = np.zeros(65536, np.int32)
    alone = keys < 65536
    single[keys[alone]] = row_of[kept][alone]
    pairs, rows = keys[~alone], row_of[kept][~alone]
    buckets = 1 << max(1, int(np.ceil(np.log2(max(len(pairs), 1) / 2 + 1))))
    slots = np.zeros(buckets * kernel.BUCKET, np.uint32)
    kernel.place(pairs, rows, slots, kernel.shift_of(buckets))
    return TextModel(names, recipe.marks, single, slots, table, scales, biases, slopes, offsets)


def cross_validate(
    texts: Sequence[str], labels: Sequence[str], *, folds: int = 5, seed: int = 0
) -> Quality:
    """The quality of models that never saw the texts (or near-duplicates) they are judged on."""
    chances, names = held_out(texts, labels, folds=folds, seed=seed)
    return measure(chances, names, labels)


def held_out(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    folds: int,
    seed: int,
    fold_of: Ints | None = None,
) -> tuple[Floats, tuple[str, ...]]:
    names = tuple(sorted(set(labels)))
    if fold_of is None:
        fold_of = spread(texts, labels, count=folds, seed=seed)
    chances = np.zeros((len(texts), len(names)), np.float32)
    for fold in range(int(fold_of.max()) + 1):
        inside = np.flatnonzero(fold_of != fold)
        outside = np.flatnonzero(fold_of == fold)
        model = learn_model([texts[k] for k in inside], [labels[k] for k in inside], seed=seed)
        where = [names.index(name) for name in model.labels]
        chances[np.ix_(outside, where)] = model.probabilities([texts[k] for k in outside])
    return chances, names


def spread(texts: Sequence[str], labels: Sequence[str], *, count: int, seed: int) -> Ints:
    """A fold for each text, near-duplicates together, labels evenly."""
    names = {name: k for k, name in enumerate(sorted(set(labels)))}
    truth = np.array([names[label] for label in labels], np.int64)
    return folds(truth, near_duplicates(gather(texts, marks=())), count=count, seed=seed)
