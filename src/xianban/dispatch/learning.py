"""Learning a text model from labelled texts, and measuring it on texts it has not seen.

One linear model per label on hashed characters, pairs and words, each scaled by its naive-Bayes
log-count ratio (Wang and Manning, "Baselines and bigrams", ACL 2012). Where there are only a few
examples, averaged with the mean text of each label. What was tried: docs/dispatch.md.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xianban.base.errors import BadInput
from xianban.dispatch import counting, kernel
from xianban.dispatch.calibration import calibrate
from xianban.dispatch.classifier import Floats, TextModel
from xianban.dispatch.features import (
    Gathered,
    Ints,
    Rows,
    folds,
    gather,
    joints,
    near_duplicates,
)
from xianban.dispatch.judging import Quality, measure


@dataclass(frozen=True)
class Ratio:
    """How the log-count ratios are smoothed: by so many texts, halved between a label and the rest."""

    smoothing: float
    by_share: bool = False  # divide it by the label's share of all texts instead


@dataclass(frozen=True)
class Recipe:
    """The choices of learning."""

    marks: tuple[int, ...] = (20, 35)
    head_share: float = 0.7
    words: bool = True
    ratio: Ratio = Ratio(0.25)
    cost: float = 5.0
    passes: int = 15
    tolerance: float = 0.1
    common: int = 4  # a feature counts if it is in so many texts
    features: int = 200_000
    texts: int = 60_000
    folds: int = 5
    seed: int = 1
    vectors: bool = True  # learn support vectors
    centroids: bool = False  # average with, or use alone, the mean text of each label

    @property
    def shares(self) -> Floats:
        """How much each block counts: the heads, then the whole text."""
        return np.array([self.head_share] * len(self.marks) + [1.0], np.float32)


MANY, FEW = (
    Recipe(),
    Recipe(
        marks=(),
        words=False,
        ratio=Ratio(1.0, by_share=True),
        cost=10.0,
        tolerance=0.05,
        common=1,
        folds=10,
        centroids=True,
    ),
)
MANY_TEXTS, MANY_PER_LABEL = 1500, 20
MOST_LABELS, MOST_WEIGHTS = 2000, 60_000_000
LONG_WORK, ENDLESS_WORK = 200_000_000, 2_000_000_000  # units to be read, times labels
SEGMENTED = 5000  # texts from which words are learned: common ones are seen in these
FILL = 2.0  # pairs and words to a bucket of four, at most


def train(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    seed: int = 0,
    least: int = 2,
    recipe: Recipe | None = None,
) -> TextModel:
    """A calibrated model; the same texts in any order give the same model.

    BadInput where fewer than `least` labels have a text, or more than can be told apart. Of more
    texts than the recipe reads, a random sample is taken.
    """
    pairs = sorted((name, text) for text, name in zip(texts, labels, strict=True) if text.strip())
    names = tuple(dict.fromkeys(name for name, _ in pairs))
    _check(len(pairs), len(names), least=least)
    recipe = recipe or recipe_for([text for _, text in pairs], len(names))
    pairs = sample(pairs, most=recipe.texts, seed=seed)
    number = {name: k for k, name in enumerate(names)}
    truth = np.array([number[name] for name, _ in pairs], np.int64)
    said = [text for _, text in pairs]
    spell = said[:: -(-len(said) // SEGMENTED)] if recipe.words else []
    gathered = gather(said, marks=recipe.marks, joints=joints(spell, least=recipe.common))
    raw = held_out_scores(gathered, truth, len(names), recipe=recipe, seed=seed)
    row_of = vocabulary(gathered, recipe=recipe)
    learned, biases = weights(
        design(gathered, row_of, recipe=recipe), truth, len(names), recipe=recipe
    )
    return assembled(names, gathered, row_of, learned, biases, calibrate(raw, truth), recipe=recipe)


def _check(texts: int, labels: int, *, least: int) -> None:
    if labels < least:
        raise BadInput(
            f"there {'is' if labels == 1 else 'are'} {labels} different "
            f"label{'' if labels == 1 else 's'} among {texts:,} texts; at least {least} are needed to learn from"
        )
    if labels > MOST_LABELS:
        raise BadInput(
            f"there are {labels:,} different labels among {texts:,} texts; at most {MOST_LABELS:,} "
            "can be learned, so check that this is the column of labels"
        )


def recipe_for(texts: Sequence[str], labels: int) -> Recipe:
    """Few texts, or few for each label, are learned from in another way than many.

    What would take longer than a few minutes is calibrated on fewer folds, and at last learned as
    mean texts alone.
    """
    many = len(texts) >= MANY_TEXTS and len(texts) >= MANY_PER_LABEL * labels
    recipe = MANY if many else FEW
    read = texts[: recipe.texts]
    work = labels * sum(min(len(text), kernel.LONGEST) for text in read)
    return replace(
        recipe,
        features=min(recipe.features, MOST_WEIGHTS // labels),
        common=recipe.common if work < LONG_WORK else max(recipe.common, 2),
        folds=recipe.folds if work < LONG_WORK else 3,
        centroids=recipe.centroids or work >= ENDLESS_WORK,
        vectors=work < ENDLESS_WORK,
    )


def sample(pairs: list[tuple[str, str]], *, most: int, seed: int) -> list[tuple[str, str]]:
    """At most so many of them, drawn evenly, in their order."""
    if len(pairs) <= most:
        return pairs
    chosen = np.random.default_rng(seed).choice(len(pairs), most, replace=False)
    return [pairs[k] for k in np.sort(chosen)]


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
        learned, biases = weights(
            design(part, row_of, recipe=recipe), truth[inside], count, recipe=recipe
        )
        raw[outside] = (
            applied(design(gathered.part(outside), row_of, recipe=recipe), learned) + biases
        )
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


def design(gathered: Gathered, row_of: NDArray[np.int32], *, recipe: Recipe) -> Rows:
    """The texts as sparse rows of length one over all blocks."""
    texts, blocks = gathered.ends.shape
    starts = np.zeros(texts + 1, np.int64)
    columns = np.empty(len(gathered.rows), np.int32)
    values = np.empty(len(gathered.rows), np.float32)
    used = counting.assemble(
        gathered.ends,
        gathered.rows,
        gathered.times,
        row_of,
        kernel.term_weights(),
        recipe.shares,
        starts,
        columns,
        values,
    )
    width = max(int(row_of.max(initial=0)), 0)
    return Rows(starts, columns[:used], values[:used], width * blocks)


def weights(rows: Rows, truth: Ints, count: int, *, recipe: Recipe) -> tuple[Floats, Floats]:
    """A column of weights and a bias for each label."""
    if not recipe.vectors:
        return centroids(rows, truth, count), np.zeros(count, np.float32)
    learned, biases = support_vectors(rows, truth, count, recipe=recipe)
    if not recipe.centroids:
        return learned, biases
    half = np.float32(0.5)
    return half * (learned + centroids(rows, truth, count)), half * biases


def support_vectors(
    rows: Rows, truth: Ints, count: int, *, recipe: Recipe
) -> tuple[Floats, Floats]:
    """Each label against all others, on features scaled by its log-count ratios."""
    learned = np.zeros((count, rows.width), np.float32)
    biases = np.zeros(count, np.float32)
    owner = np.repeat(truth, np.diff(rows.starts))
    seen = np.bincount(rows.columns, minlength=rows.width)

    def one(label: int) -> None:
        mine = np.bincount(rows.columns[owner == label], minlength=rows.width)
        ratio = log_count_ratio(mine, seen - mine, recipe.ratio)
        solved = kernel.learn(
            rows.starts, rows.columns, rows.values * ratio[rows.columns],
            np.where(truth == label, 1.0, -1.0), np.full(len(truth), recipe.cost), rows.width,
            recipe.passes, recipe.tolerance, recipe.seed,
        )  # fmt: skip
        learned[label] = ratio * solved[:-1]
        biases[label] = solved[-1]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, range(count)))
    return np.ascontiguousarray(learned.T), biases


def centroids(rows: Rows, truth: Ints, count: int) -> Floats:
    """The mean text of each label, rare features weighing more: what serves a handful of examples."""
    from scipy.sparse import csr_array, diags_array

    texts = len(truth)
    spread_over = np.bincount(rows.columns, minlength=rows.width)
    rare = np.log((1 + texts) / (1 + spread_over)) + 1
    table = csr_array(
        (rows.values * rare[rows.columns], rows.columns, rows.starts), shape=(texts, rows.width)
    )
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)))
    table = diags_array(1 / np.maximum(lengths, 1e-9)) @ table
    of = csr_array((np.ones(texts), (truth, np.arange(texts))), shape=(count, texts))
    means = np.asarray((of @ table).todense()).T
    means = means / np.maximum(np.linalg.norm(means, axis=0), 1e-9) * rare[:, None]
    return means.astype(np.float32)


def log_count_ratio(mine: Ints, others: Ints, way: Ratio) -> Floats:
    """For each feature, the log of how much commoner it is in a label's texts than elsewhere."""
    share = (mine.sum() + 1) / (mine.sum() + others.sum() + 2) if way.by_share else 0.5
    here = mine + 2 * way.smoothing * share
    there = others + 2 * way.smoothing * (1 - share)
    return (np.log(here / here.sum()) - np.log(there / there.sum())).astype(np.float32)


def assembled(
    names: tuple[str, ...],
    gathered: Gathered,
    row_of: NDArray[np.int32],
    learned: Floats,
    biases: Floats,
    calibration: tuple[Floats, Floats],
    *,
    recipe: Recipe,
) -> TextModel:
    """Pack weights as int16, and features into the tables that the kernel reads."""
    blocks, count = len(recipe.marks) + 1, len(names)
    width = learned.shape[0] // blocks
    scales = np.ones(-(-count // 8) * 8, np.float32)
    spoken = learned.reshape(blocks, width, count) * recipe.shares[:, None, None]
    scales[:count] = np.maximum(np.abs(spoken).max(axis=(0, 1), initial=0), 1e-9) / 32767
    table = np.zeros((blocks, 1 + width, len(scales)), np.int16)
    table[:, 1:, :count] = np.rint(spoken / scales[:count])
    single, slots = lookup_tables(gathered, row_of)
    return TextModel(names, recipe.marks, single, slots, table, scales, biases, *calibration)


def lookup_tables(
    gathered: Gathered, row_of: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
    """The row of each single unit, and the buckets of pairs and words; of a full one the rarest is lost."""
    keys, entries = gathered.names, np.maximum(row_of, 0).astype(np.uint32)
    single = np.zeros(65536, np.int32)
    alone = keys < 65536
    single[keys[alone]] = entries[alone]
    entries[: gathered.joints] |= kernel.JOINT
    hashed = np.flatnonzero(~alone & (entries > 0))
    hashed = hashed[np.argsort(entries[hashed] - 1 & kernel.ROWS, kind="stable")]
    buckets = 1 << max(1, int(np.ceil(np.log2(len(hashed) / FILL + 1))))
    slots = np.zeros(buckets * kernel.BUCKET, np.uint32)
    kernel.place(keys[hashed], entries[hashed], slots, kernel.shift_of(buckets))
    return single, slots


def cross_validate(
    texts: Sequence[str], labels: Sequence[str], *, folds: int = 5, seed: int = 0
) -> Quality:
    """The quality of models that never saw the texts (or near-duplicates) they are judged on."""
    fold_of = spread(texts, labels, count=folds, seed=seed)
    chances, names = held_out(texts, labels, fold_of, seed=seed)
    return measure(chances, names, labels)


def held_out(
    texts: Sequence[str], labels: Sequence[str], fold_of: Ints, *, seed: int = 0
) -> tuple[Floats, tuple[str, ...]]:
    """Each text's probabilities by a model learned from the other folds, and the labels they are of."""
    names = tuple(sorted(set(labels)))
    chances = np.zeros((len(texts), len(names)), np.float32)
    for fold in range(int(fold_of.max()) + 1):
        inside = np.flatnonzero(fold_of != fold).tolist()
        outside = np.flatnonzero(fold_of == fold).tolist()
        model = train([texts[k] for k in inside], [labels[k] for k in inside], seed=seed)
        where = np.array([names.index(name) for name in model.labels])
        chances[np.ix_(fold_of == fold, where)] = model.probabilities([texts[k] for k in outside])
    return chances, names


def spread(texts: Sequence[str], labels: Sequence[str], *, count: int, seed: int) -> Ints:
    """A fold for each text, near-duplicates together, labels evenly."""
    names = {name: k for k, name in enumerate(sorted(set(labels)))}
    truth = np.array([names[label] for label in labels], np.int64)
    return folds(truth, near_duplicates(gather(texts, marks=())), count=count, seed=seed)
