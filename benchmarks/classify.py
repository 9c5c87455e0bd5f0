"""The text model on real messages, beside a plain character n-gram model in the same folds."""

import csv
import gzip
import os
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.report import Row

FOLDS, SEEDS, SPEED_TEXTS = 5, (0, 1, 2, 3, 4), 100_000


def run() -> list[Row]:
    """Quality by cross-validation (near-duplicates in one fold), training time, speed on one core.

    The mean over several divisions into folds, and each: one alone is some thousandths off.
    """
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
    divisions = [spread(texts, labels, count=FOLDS, seed=seed) for seed in SEEDS]
    each = [
        measure(*held_out(texts, labels, fold_of, seed=seed), labels)
        for seed, fold_of in zip(SEEDS, divisions, strict=True)
    ]
    f1, right, ece, at_80 = (
        float(np.mean([getattr(one, name) for one in each]))
        for name in ("macro_f1", "accuracy", "ece", "accuracy_at_80")
    )
    peers = plain(texts, labels, divisions)
    peer_f1, peer_right = np.mean(peers, axis=0).tolist()
    started = time.perf_counter()
    model = train(texts, labels)
    spent = time.perf_counter() - started
    rate, peer_rate = speed(model.probabilities, texts), plain_speed(texts, labels)
    note = f"n={len(texts):,}, {FOLDS} folds, mean of {len(SEEDS)} divisions"
    peer = "peer: TF-IDF 1-3-grams, LinearSVC"
    return [
        marked("macro-F1", f1, "", peer_f1, ">= .915", f1 >= 0.915, f"{note}; {peer}"),
        *(
            marked(
                f"macro-F1, division {seed}",
                one.macro_f1,
                "",
                other,
                ">= .915",
                one.macro_f1 >= 0.915,
                peer,
            )
            for seed, one, (other, _) in zip(SEEDS, each, peers, strict=True)
        ),
        marked("accuracy", right, "", peer_right, "", None, f"{note}; {peer}"),
        marked("calibration error", ece, "", None, "<= .03", ece <= 0.03, f"{note}; 15 bins"),
        marked("accuracy at 80% coverage", at_80, "", None, ">= .96", at_80 >= 0.96, note),
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


def plain(
    texts: list[str], labels: list[str], divisions: list[np.ndarray]
) -> list[tuple[float, float]]:
    """Macro-F1 and accuracy of the plain model in each division; the n-grams are counted once."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.svm import LinearSVC

    from xianban.dispatch.judging import macro_f1

    counts = CountVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2).fit_transform(texts)
    truth, found = np.array(labels, dtype=object), []
    for fold_of in divisions:
        named = np.empty(len(texts), dtype=object)
        for fold in np.unique(fold_of):
            inside, outside = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
            common = np.flatnonzero(np.bincount(counts[inside].indices) >= 2)
            weigh = TfidfTransformer(sublinear_tf=True).fit(counts[inside][:, common])
            model = LinearSVC().fit(weigh.transform(counts[inside][:, common]), truth[inside])
            named[outside] = model.predict(weigh.transform(counts[outside][:, common]))
        found.append((macro_f1(named, truth), float((named == truth).mean())))
    return found


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
