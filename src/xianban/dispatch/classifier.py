"""The text model: what a text is about, how sure that is, and which words spoke for it.

Arrays and strings alone, nothing of Django. A model never changes once made, and is kept in one
file that holds no code. How it learns: `learning`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xianban.dispatch import kernel
from xianban.dispatch.features import encode

BATCH = 256  # texts at a time: what the kernel reads then stays in the processor's cache
SPANS = 12  # runs of characters looked at for the words of one text

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TextModel:
    """A linear classifier over hashed features of a text, with calibrated probabilities.

    Row 0 of each block of `table` (blocks, 1 + features, labels padded to eights) is the unknown
    feature. `single` gives the row of one UTF-16 unit, `slots` (see `kernel.look_up`) of a pair.
    A score is `sum * scales + biases`, a probability the softmax of `score * slopes + offsets`.
    """

    labels: tuple[str, ...]
    marks: tuple[int, ...]
    single: NDArray[np.int32]
    slots: NDArray[np.uint32]
    table: NDArray[np.int16]
    scales: Floats
    biases: Floats
    slopes: Floats
    offsets: Floats
    about: dict[str, Any] = field(default_factory=dict)

    def scores(self, texts: Sequence[str]) -> Floats:
        """How strongly each text speaks for each label, not yet calibrated: (texts, labels)."""
        out = np.empty((len(texts), len(self.labels)), np.float32)
        units, starts = encode(texts)
        kernel.score(
            units, starts, kernel.folding(), kernel.term_weights(), self._marks, self.single,
            self.slots, self._shift, self.table, self.scales, self.biases, out,
        )  # fmt: skip
        return out

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """The probability of each label for each text: (texts, labels); rows sum to one."""
        if not texts:
            return np.empty((0, len(self.labels)), np.float32)
        return np.concatenate(
            [
                softmax(self.scores(texts[k : k + BATCH]) * self.slopes + self.offsets)
                for k in range(0, len(texts), BATCH)
            ]
        )

    def words_for(
        self, texts: Sequence[str], labels: NDArray[np.integer], *, top: int = 5
    ) -> list[tuple[str, ...]]:
        """The words of each text that spoke most for the given label (its number), strongest first."""
        units, starts = encode(texts)
        spans = np.zeros((len(texts), SPANS, 2), np.int64)
        weights = np.zeros((len(texts), SPANS), np.float32)
        kernel.explain(
            units, starts, kernel.folding(), self._marks, self.single, self.slots, self._shift,
            self.table, np.asarray(labels, np.int64), kernel.wordy(), spans, weights,
        )  # fmt: skip
        return [
            _strongest(units, some, much, top) for some, much in zip(spans, weights, strict=True)
        ]

    @property
    def _marks(self) -> NDArray[np.int64]:
        return np.array(self.marks, np.int64)

    @property
    def _shift(self) -> np.uint32:
        return kernel.shift_of(len(self.slots) // kernel.BUCKET)

    def save(self, path: Path) -> None:
        """Write the model to one file: whole, or not at all."""
        from xianban.dispatch.modelfile import save

        save(self, path)

    @classmethod
    def load(cls, path: Path) -> "TextModel":
        """Read a model; BadInput says in one sentence why a file is none."""
        from xianban.dispatch.modelfile import load

        return load(path)


def softmax(odds: Floats) -> Floats:
    """Log-odds as probabilities that sum to one in each row."""
    raised = np.exp(odds - odds.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _strongest(
    units: NDArray[np.uint16], spans: NDArray[np.int64], weights: Floats, top: int
) -> tuple[str, ...]:
    """The words of the spans; one said twice counts twice, one within a stronger one not at all."""
    total: dict[str, float] = {}
    for (begin, end), weight in zip(spans.tolist(), weights.tolist(), strict=True):
        if end > begin:
            word = units[begin:end].tobytes().decode("utf-16-le", "replace").strip()
            total[word] = total.get(word, 0.0) + weight
    chosen: list[str] = []
    for word in sorted(total, key=lambda w: (-total[w], w)):
        if not any(word in other for other in chosen):
            chosen.append(word)
    return tuple(chosen[:top])
