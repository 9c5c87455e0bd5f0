"""Texts in, matters with calibrated probabilities out."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression


class TextModel:
    def __init__(self, texts, labels):
        self.labels = tuple(sorted(set(labels)))
        self._said = (list(texts), list(labels))
        self._vec = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
        self._clf = LogisticRegression(C=30, max_iter=100).fit(
            self._vec.fit_transform(texts), labels
        )

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        return self._clf.predict_proba(self._vec.transform(texts))

    def words_for(
        self, texts: Sequence[str], labels: np.ndarray, *, top: int = 5
    ) -> list[tuple[str, ...]]:
        return [() for _ in texts]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self._said))

    @classmethod
    def load(cls, path: Path) -> "TextModel":
        return cls(*json.loads(path.read_text()))


def train(texts: Sequence[str], labels: Sequence[str], *, seed: int = 0) -> TextModel:
    return TextModel(texts, labels)
