"""What the machine thinks of what was said: the city's own model, or one from the pack's examples."""

import hashlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from xianban.base.errors import BadInput
from xianban.base.home import home
from xianban.base.ids import canonical_json
from xianban.city.api import City, current
from xianban.dispatch.classifier import TextModel
from xianban.dispatch.learning import train
from xianban.dispatch.modelfile import VERSION
from xianban.dispatch.models import DispatchModel
from xianban.dispatch.rules import (
    Guess,
    Proposal,
    Said,
    find_area,
    guesses,
    matters_of,
    propose_one,
)

LOOK_AGAIN_SECONDS = 2.0
log = logging.getLogger("xianban.dispatch")


@dataclass(frozen=True)
class Reader:
    """A text model and what its labels mean in this city."""

    model: TextModel
    name: str
    codes: tuple[str, ...]  # every matter that a label reaches
    reach: np.ndarray  # (labels, codes): 1 where the label is the matter or lies below it
    labels: tuple[str, ...]  # matter of each label; empty where the city knows none
    depths: np.ndarray  # level of each code


_lock = threading.Lock()
_reader: tuple[str, Reader] | None = None
_looked = float("-inf")


def models_folder() -> Path:
    folder = home() / "models"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def model_in_use() -> DispatchModel | None:
    """The city's own model; None while the pack's examples serve."""
    return DispatchModel.objects.filter(adopted=True, withdrawn_at=None).order_by("-id").first()


def reader(city: City) -> Reader:
    """The model that decides now; another process's new one is seen within two seconds."""
    global _reader, _looked
    now = time.monotonic()
    known = _reader
    if known and now - _looked < LOOK_AGAIN_SECONDS and known[0].startswith(city.stamp):
        return known[1]
    with _lock:
        row = model_in_use()
        key = f"{city.stamp}:{row.pk if row else 'examples'}"
        if _reader is None or _reader[0] != key:
            _reader = key, _read(row, city)
        _looked = now
        return _reader[1]


def forget() -> None:
    """Look for the model again at the next question (after one was trained or withdrawn)."""
    global _reader
    _reader = None


def _read(row: DispatchModel | None, city: City) -> Reader:
    if row is not None:
        try:
            return reader_of(TextModel.load(models_folder() / row.file), f"model {row.pk}", city)
        except BadInput as reason:  # made by an older Xianban, or damaged: requests must go on
            log.warning("The pack's examples decide until a model is trained again: %s", reason)
    return reader_of(examples_model(city), "examples", city)


def reader_of(model: TextModel, name: str, city: City) -> Reader:
    """Tie a model's labels to the city's matters."""
    labels = matters_of(model.labels, city)
    codes = tuple(
        dict.fromkeys(code for label in labels if label for code in city.matter_line(label))
    )
    place = {code: i for i, code in enumerate(codes)}
    reach = np.zeros((len(labels), len(codes)))
    for i, label in enumerate(labels):
        for code in city.matter_line(label) if label else ():
            reach[i, place[code]] = 1.0
    depths = np.array([len(city.matter_line(code)) for code in codes])
    return Reader(model, name, codes, reach, labels, depths)


def examples_model(city: City) -> TextModel:
    """A model that knows only the pack: examples and names of matters; made once for each content.

    The path of a matter's name speaks for it like one more example: with three or four examples
    each, that names the right leaf twice as often.
    """
    leaves = set(city.leaf_matters)
    pairs = [
        (text, code)
        for code, matter in city.matters.items()
        if matter.examples or code in leaves
        for text in (*matter.examples, "".join(city.matter_path(code)))
    ]
    digest = hashlib.sha256(canonical_json([VERSION, pairs])).hexdigest()[:16]
    path = models_folder() / f"examples-{digest}.npz"
    if path.exists():
        return TextModel.load(path)
    model = train([text for text, _ in pairs], [code for _, code in pairs], least=1)
    model.save(path)
    return model


def propose(said: Sequence[Said], *, at: datetime) -> list[Proposal]:
    """Matter, area, unit and limits for each, with how sure that is and why; nothing is written."""
    if not said:
        return []
    city = current()
    using = reader(city)
    texts = [f"{one.title}{one.text}" for one in said]
    chances = using.model.probabilities(texts)
    about = guesses(
        chances,
        using.labels,
        chances @ using.reach,
        using.codes,
        using.depths,
        threshold=city.settings.dispatch_threshold,
    )
    words = using.model.words_for(texts, chances.argmax(axis=1))
    located = _located(said, city)
    on = at.astimezone(city.tz).date()
    return [
        propose_one(
            one,
            given_or(one, guessed, city),
            find_area(one, spot, city),
            city,
            on=on,
            words=() if one.matter_hint in city.matters else spoke,
            model=using.name,
        )
        for one, guessed, spot, spoke in zip(said, about, located, words, strict=True)
    ]


def given_or(said: Said, guessed: Guess, city: City) -> Guess:
    """What an agent or another system said it is about counts before the machine's guess."""
    if said.matter_hint not in city.matters:
        return guessed
    return Guess(said.matter_hint, 1.0, guessed.alternatives, given=True)


def _located(said: Sequence[Said], city: City) -> list[str | None]:
    places: list[str | None] = [None] * len(said)
    points = [
        (i, one.lat, one.lon)
        for i, one in enumerate(said)
        if one.lat is not None and one.lon is not None
    ]
    if points:
        order, lats, lons = zip(*points, strict=True)
        for i, area in zip(order, city.locate_many(lats, lons), strict=True):
            places[i] = area
    return places
