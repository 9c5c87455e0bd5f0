"""The text model on real messages, beside a plain character n-gram model in the same folds."""

import csv
import gzip
import os
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.report import Row

FOLDS, SEED, SPEED_TEXTS = 5, 0, 100_000


def run() -> list[Row]:
    """Quality by cross-validation (near-duplicates in one fold), training time, speed on one core."""
    folder = os.environ.get("XIANBAN_DATA")
    if not folder:
        print(
            "classify needs real data: set XIANBAN_DATA to the folder that holds them",
            file=sys.stderr,
        )
        return []
    from xianban.dispatch.judging import measure
    from xianban.dispatch.learning import held_out, spread, train

    texts, labels = labelled(Path(folder) / "messages" / "labelled.csv.gz")
    fold_of = spread(texts, labels, count=FOLDS, seed=SEED)
    chances, names = held_out(texts, labels, fold_of, seed=SEED)
    ours = measure(chances, names, labels)
    peer_f1, peer_right = plain(texts, labels, fold_of)
    started = time.perf_counter()
    model = train(texts, labels)
    spent = time.perf_counter() - started
    rate, peer_rate = speed(model.probabilities, texts), plain_speed(texts, labels)
    note = f"n={ours.n:,}, {FOLDS} folds; peer: TF-IDF 1-3-grams, LinearSVC"
    return [
        marked("macro-F1", ours.macro_f1, "", peer_f1, ">= .915", ours.macro_f1 >= 0.915, note),
        marked("accuracy", ours.accuracy, "", peer_right, "", None, note),
        marked("calibration error", ours.ece, "", None, "<= .03", ours.ece <= 0.03, "15 bins"),
        marked(
            "accuracy at 80% coverage",
            ours.accuracy_at_80,
            "",
            None,
            ">= .96",
            ours.accuracy_at_80 >= 0.96,
            "",
        ),
        marked("training", spent, "s", None, "seconds", spent < 60, "calibration included"),
        marked(
            "texts a second, one core",
            rate,
            "/s",
            peer_rate,
            ">= 100,000",
            rate >= 100_000,
            "the model trained above",
        ),
    ]


def marked(
    name: str, ours: float, unit: str, peer: float | None, mark: str, met: bool | None, note: str
) -> Row:
    ratio = ours / peer if peer else None
    return Row(
        f"classify: {name}", ours, unit, peer=peer, ratio=ratio, mark=mark, met=met, note=note
    )


def labelled(path: Path) -> tuple[list[str], list[str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


def plain_model():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    return make_pipeline(words, LinearSVC())


def plain(texts: list[str], labels: list[str], fold_of: np.ndarray) -> tuple[float, float]:
    """Macro-F1 and accuracy of the plain model in the given folds."""
    from xianban.dispatch.judging import macro_f1

    named, truth = np.empty(len(texts), dtype=object), np.array(labels, dtype=object)
    for fold in np.unique(fold_of):
        inside, outside = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        model = plain_model().fit([texts[i] for i in inside], [labels[i] for i in inside])
        named[outside] = model.predict([texts[i] for i in outside])
    return macro_f1(named, truth), float((named == truth).mean())


def speed(predict, texts: list[str], count: int = SPEED_TEXTS) -> float:
    """Texts a second of one core's time, warm, the file repeated to at least `count` texts."""
    many = texts * -(-count // len(texts))
    predict(texts[:100])
    started = time.process_time()
    predict(many)
    return len(many) / (time.process_time() - started)


def plain_speed(texts: list[str], labels: list[str]) -> float:
    """The plain model's, over the file once: it is steady, and slow."""
    return speed(plain_model().fit(texts, labels).predict, texts, count=1)
