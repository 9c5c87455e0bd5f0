"""Learning: lessons in, a challenger trained, and adopted only if it is better on held-back texts."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from django.db import transaction

from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput, NotFound
from xianban.casework.api import corrections
from xianban.city.api import City, current
from xianban.dispatch.classifier import TextModel
from xianban.dispatch.desk import ENOUGH_CORRECTIONS
from xianban.dispatch.judging import Quality, measure
from xianban.dispatch.learning import train
from xianban.dispatch.models import DispatchModel, Lesson
from xianban.dispatch.queries import Reader, forget, model_in_use, models_folder, reader, reader_of
from xianban.dispatch.rules import is_better, matters_of
from xianban.ledger.api import Entry, append
from xianban.residents.api import mask_numbers

HELD_BACK = 10  # one text in ten is never learned from, so that every model can be judged by it
BATCH = 2000
NOTHING_HELD_BACK = Quality(0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Example:
    """A text and the code of its matter."""

    text: str
    matter: str


@dataclass(frozen=True)
class Trained:
    """What came of a training: the figures of both on the same held-back texts, and who won."""

    number: int
    lessons: int
    corrections: int
    held_back: int
    unknown: int
    figures: Quality
    before: Quality | None
    adopted: bool


def learn(
    texts: Sequence[str], labels: Sequence[str], *, now: datetime, by: str = "machine"
) -> Trained:
    """Keep labelled texts as lessons, and train on all there are."""
    city = current()
    codes = dict(
        zip(dict.fromkeys(labels), matters_of(list(dict.fromkeys(labels)), city), strict=True)
    )
    known = [
        Example(mask_numbers(text), codes[label])
        for text, label in zip(texts, labels, strict=True)
        if codes[label]
    ]
    if not known:
        raise BadInput(
            f"none of the {len(codes)} labels (such as “{next(iter(codes), '')}”) is a matter of {city.name}; "
            "labels must be codes, names or paths of the pack's matters.csv"
        )
    _keep(known, now=now, by=by)
    return _train(city, now=now, by=by, unknown=len(texts) - len(known))


def retrain(*, now: datetime) -> Trained | None:
    """Train again once enough was corrected since the last time; None where there is no need."""
    last = DispatchModel.objects.order_by("-id").first()
    new = list(corrections(since=last.upto if last else None))
    if len(new) < ENOUGH_CORRECTIONS:
        return None
    return _train(current(), now=now, by=MACHINE.key, unknown=0)


def revert(*, now: datetime, by: str) -> DispatchModel | None:
    """Withdraw the model in use; the one before it decides again, or the pack's examples."""
    row = model_in_use()
    if row is None:
        raise NotFound("no model of the city's own is in use; the pack's examples decide")
    with transaction.atomic():
        DispatchModel.objects.filter(pk=row.pk).update(withdrawn_at=now)
        append([Entry("dispatch", "withdraw", by, now, {"model": row.pk})])
    forget()
    return model_in_use()


def _keep(examples: Iterable[Example], *, now: datetime, by: str) -> None:
    latest = {_digest(one.text): one for one in examples}  # said twice, the last label counts
    rows = [
        Lesson(digest=digest, text=one.text, matter=one.matter, learned_at=now, by=by)
        for digest, one in latest.items()
    ]
    Lesson.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["matter", "learned_at", "by"],
    )


def _train(city: City, *, now: datetime, by: str, unknown: int) -> Trained:
    lessons = [Example(*row) for row in Lesson.objects.order_by("id").values_list("text", "matter")]
    corrected = [
        (Example(f"{one.title}{one.text}", one.matter), one.at)
        for one in corrections()
        if one.matter in city.matters
    ]
    everything = [*lessons, *(example for example, _ in corrected)]
    held = [one for one in everything if _is_held_back(one.text)]
    learned = [one for one in everything if not _is_held_back(one.text)]
    learned += _examples_elsewhere(city, learned)
    if len({one.matter for one in learned}) < 2:
        raise BadInput("at least two different matters are needed to learn from; label more texts")
    model = train([one.text for one in learned], [one.matter for one in learned])
    figures = judge(reader_of(model, "challenger", city), held, city)
    champion = judge(reader(city), held, city) if model_in_use() else None
    row = _record(
        DispatchModel(
            made_at=now,
            by=by,
            lessons=len(lessons),
            corrections=len(corrected),
            upto=max((at for _, at in corrected), default=None),
            figures=asdict(figures),
            before=asdict(champion) if champion else {},
            adopted=champion is None or is_better(figures, champion),
        ),
        model,
    )
    return Trained(
        row.pk, len(lessons), len(corrected), len(held), unknown, figures, champion, row.adopted
    )


def _examples_elsewhere(city: City, learned: Sequence[Example]) -> list[Example]:
    """The pack's examples of first-level matters that no lesson speaks of."""
    covered = {city.matter_line(one.matter)[0] for one in learned if one.matter in city.matters}
    return [
        Example(text, matter.code)
        for matter in city.matters.values()
        if city.matter_line(matter.code)[0] not in covered
        for text in matter.examples
    ]


def judge(by: Reader, held: Sequence[Example], city: City) -> Quality:
    """How well a model names the matters of held-back texts, each at the level of its label."""
    if not held:
        return NOTHING_HELD_BACK
    sums = by.model.probabilities([one.text for one in held]) @ by.reach
    truth = [one.matter for one in held]
    levels = np.array([len(city.matter_line(code)) for code in truth])
    return measure(np.where(by.depths == levels[:, None], sums, 0.0), by.codes, truth)


def _record(row: DispatchModel, model: TextModel) -> DispatchModel:
    """The file first, then the row that names it: a crash between leaves a file nobody reads."""
    with transaction.atomic():
        row.file = f"city-{row.made_at:%Y%m%dT%H%M%S%f}.npz"
        model.save(models_folder() / row.file)
        row.save()
        append(
            [
                Entry(
                    "dispatch",
                    "train",
                    row.by,
                    row.made_at,
                    {"model": row.pk, "adopted": row.adopted},
                )
            ]
        )
    forget()
    return row


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def _is_held_back(text: str) -> bool:
    return _digest(text)[0] % HELD_BACK == 0
