import csv
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xianban.base.errors import BadInput
from xianban.config.setup import ready

if TYPE_CHECKING:
    from xianban.dispatch.api import Proposal, Trained

PREDICTED = ("id", "label", "probability", "second", "third")
SPEED_TEXTS = 100_000
BATCH = 4096

FILE = click.argument("file", type=click.Path(path_type=Path))
TEXT = click.option(
    "--text",
    "text",
    multiple=True,
    required=True,
    metavar="COL",
    help="Column of words; twice for title and body.",
)
LABEL = click.option("--label", required=True, metavar="COL", help="Column of the right answers.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
MODEL = click.option(
    "--model",
    required=True,
    type=click.Path(path_type=Path),
    help="A model file that `dispatch train` wrote.",
)


@click.group()
def group() -> None:
    """What the machine makes of words: train it, measure it, ask it why."""


@group.command()
@FILE
@TEXT
@LABEL
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="Write the model here. [the city's own, if it is better]",
)
@click.option(
    "--cross-validate",
    "folds",
    type=click.IntRange(2, 20),
    help="Also measure it on held-back parts of the file.",
)
@JSON
def train(
    file: Path,
    text: tuple[str, ...],
    label: str,
    model: Path | None,
    folds: int | None,
    as_json: bool,
) -> None:
    """Learn from a file of labelled texts (csv, csv.gz, xlsx, parquet)."""
    texts, labels = _labelled(file, text, label)
    said = _train_to(model, texts, labels, folds) if model else _train_city(texts, labels)
    click.echo(json.dumps(said, ensure_ascii=False) if as_json else said.pop("sentence"))


def _train_to(path: Path, texts: list[str], labels: list[str], folds: int | None) -> dict[str, Any]:
    from xianban.dispatch.learning import cross_validate
    from xianban.dispatch.learning import train as learn

    started = time.perf_counter()
    made = learn(texts, labels)
    made.save(path)
    spent = time.perf_counter() - started
    said: dict[str, Any] = {
        "n": len(texts),
        "labels": len(made.labels),
        "seconds": round(spent, 2),
        "model": str(path),
    }
    sentence = f"Learned {len(made.labels)} labels from {len(texts):,} texts in {spent:.1f} s; the model is in {path}."
    if folds:
        figures = _rounded(cross_validate(texts, labels, folds=folds))
        said["cross_validated"] = figures
        sentence += f" On held-back texts: {_in_words(figures)}."
    return said | {"sentence": sentence}


def _train_city(texts: list[str], labels: list[str]) -> dict[str, Any]:
    ready()
    from dataclasses import asdict

    from xianban.base.clock import utc_now
    from xianban.dispatch.api import learn

    done = learn(texts, labels, now=utc_now())
    return asdict(done) | {"sentence": _told(done)}


def _told(done: "Trained") -> str:
    unknown = (
        f" {done.unknown:,} rows carry labels that this city does not know and were left out."
        if done.unknown
        else ""
    )
    ours = _in_words(
        {
            "accuracy": done.figures.accuracy,
            "macro_f1": done.figures.macro_f1,
            "ece": done.figures.ece,
        }
    )
    if done.before is None:
        verdict = f"It is the city's first model of its own ({ours}, on {done.held_back:,} held-back texts)"
    else:
        theirs = _in_words(
            {
                "accuracy": done.before.accuracy,
                "macro_f1": done.before.macro_f1,
                "ece": done.before.ece,
            }
        )
        verdict = f"It {'is now the city’s own' if done.adopted else 'was not adopted'}: {ours}, against {theirs} of the present one, on the same {done.held_back:,} held-back texts"
    return f"Learned from {done.lessons:,} lessons and {done.corrections:,} corrections. {verdict}.{unknown}"


@group.command()
@FILE
@TEXT
@LABEL
@MODEL
@JSON
def evaluate(file: Path, text: tuple[str, ...], label: str, model: Path, as_json: bool) -> None:
    """How good a model is on labelled texts: accuracy, calibration, coverage, speed on one core."""
    from xianban.dispatch.classifier import TextModel
    from xianban.dispatch.judging import measure

    texts, labels = _labelled(file, text, label)
    known = TextModel.load(model)
    figures = _rounded(measure(known.probabilities(texts), known.labels, labels))
    figures["texts_per_second"] = round(_speed(known, texts))
    click.echo(
        json.dumps(figures)
        if as_json
        else f"{_in_words(figures)}, {figures['texts_per_second']:,} texts/s on one core (n={figures['n']:,})"
    )


def _speed(model: Any, texts: list[str]) -> float:
    """Texts a second of one core's time, warm, over at least 100,000 texts (the file repeated)."""
    many = texts * -(-SPEED_TEXTS // len(texts))
    model.probabilities(texts[:100])
    started = time.process_time()
    model.probabilities(many)
    return len(many) / (time.process_time() - started)


@group.command()
@FILE
@TEXT
@MODEL
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Where to write id,label,probability,second,third.",
)
@click.option(
    "--id",
    "key",
    default="id",
    metavar="COL",
    show_default=True,
    help="Column that names a row; row numbers where there is none.",
)
@JSON
def predict(
    file: Path, text: tuple[str, ...], model: Path, out: Path, key: str, as_json: bool
) -> None:
    """Name the label of every text in a file."""
    from xianban.dispatch.classifier import TextModel

    known = TextModel.load(model)
    fresh = out.with_name(f".{out.name}.part")
    if not out.absolute().parent.is_dir():
        raise BadInput(
            f"There is no folder {out.absolute().parent}; make it, or write elsewhere with --out"
        )
    try:
        with open(fresh, "w", encoding="utf-8", newline="") as file_out:
            writer = csv.writer(file_out)
            writer.writerow(PREDICTED)
            count = 0
            for names, texts in _batches(file, text, key):
                writer.writerows(_predicted(known, names, texts))
                count += len(names)
        os.replace(fresh, out)
    finally:
        fresh.unlink(missing_ok=True)
    click.echo(
        json.dumps({"n": count, "out": str(out)}) if as_json else f"Wrote {count:,} rows to {out}."
    )


def _predicted(model: Any, names: Sequence[str], texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    chances = model.probabilities(texts)
    best = (-chances).argsort(axis=1, kind="stable")[:, :3]
    for name, row, places in zip(names, chances, best, strict=True):
        labels = [model.labels[place] for place in places] + [""] * (3 - len(places))
        yield name, labels[0], f"{row[places[0]]:.4f}", labels[1], labels[2]


@group.command()
@click.argument("text")
@click.option("--place", default="", help="Where, in words.")
@JSON
def explain(text: str, place: str, as_json: bool) -> None:
    """What the loaded city would do with TEXT, how sure it is, and why."""
    ready()
    from xianban.base.clock import utc_now
    from xianban.city.api import current
    from xianban.dispatch.api import Said, propose, whole_words
    from xianban.residents.api import mask_numbers

    if not text.strip():
        raise BadInput("There is nothing to explain; give the words in quotation marks")
    proposal = propose([Said(text=mask_numbers(text), place=place)], at=utc_now())[0]
    city = current()
    if as_json:
        lead = proposal.assignment.lead if proposal.assignment else ""
        names = {
            "matter_name": "/".join(city.matter_path(proposal.matter)),
            "area_name": city.area_name(proposal.area),
        }
        unit = {
            "unit": lead,
            "unit_name": city.unit_name(lead) if lead else "",
            "limit": proposal.assignment.limit if proposal.assignment else "",
        }
        click.echo(json.dumps(proposal.as_json() | names | unit, ensure_ascii=False))
    else:
        words = whole_words(mask_numbers(text), proposal.words)
        click.echo("\n".join(_explained(proposal, city, words)))


DOUBTS = {
    "low": "a person decides: it is not sure enough",
    "no_place": "a person decides: who acts depends on a place, and none is named",
    "gap": "a person decides: the duty list names no lead for this",
}


def _explained(proposal: "Proposal", city: Any, words: Sequence[str]) -> Iterator[str]:
    yield f"matter   {'/'.join(city.matter_path(proposal.matter)) or '–'} ({proposal.probability:.0%})"
    others = [
        f"{city.matter_name(code)} ({chance:.0%})"
        for code, chance in proposal.alternatives
        if code != proposal.matter
    ]
    yield f"or       {', '.join(others) or '–'}"
    yield f"words    {'、'.join(words) or '–'}"
    yield f"place    {city.area_name(proposal.area)} ({proposal.place.how}{': ' + proposal.place.words if proposal.place.words else ''})"
    if proposal.assignment:
        found = proposal.assignment
        yield f"unit     {city.unit_name(found.lead)}; limit {found.limit}, contact {found.contact_limit}"
        yield f"because  duties.csv row {found.row}: {found.matched}{'; ' + found.legal_basis if found.legal_basis else ''}"
        yield f"with     {'、'.join(city.unit_name(unit) for unit in found.co_units) or '–'}"
    yield f"so       {DOUBTS[proposal.doubt] if proposal.doubt else 'it is dispatched'}"


@group.command()
def revert() -> None:
    """Withdraw the city's newest model; the one before decides again, or the pack's examples."""
    ready()
    from xianban.base.clock import utc_now
    from xianban.dispatch.api import revert as withdraw

    before = withdraw(now=utc_now(), by="machine")
    click.echo(
        f"Model {before.pk} decides again." if before else "The pack's examples decide again."
    )


def _labelled(file: Path, text: Sequence[str], label: str) -> tuple[list[str], list[str]]:
    """Texts and labels of a file; rows without either are left out, and that is said."""
    texts, labels, empty = [], [], 0
    for row in _rows(file, (*text, label)):
        words, name = _joined(row, text), str(row[label] if row[label] is not None else "").strip()
        if words and name:
            texts.append(words)
            labels.append(name)
        else:
            empty += 1
    if empty:
        click.echo(
            f"{empty:,} rows of {file.name} have no text or no label and were left out.", err=True
        )
    if not texts:
        raise BadInput(
            f"{file.name} has no row with both text and label; check the columns {', '.join(text)} and {label}"
        )
    return texts, labels


def _batches(file: Path, text: Sequence[str], key: str) -> Iterator[tuple[list[str], list[str]]]:
    names: list[str] = []
    texts: list[str] = []
    for number, row in enumerate(_rows(file, text), start=1):
        names.append(str(row.get(key) if row.get(key) is not None else number))
        texts.append(_joined(row, text))
        if len(names) == BATCH:
            yield names, texts
            names, texts = [], []
    if names:
        yield names, texts


def _joined(row: dict[str, Any], columns: Sequence[str]) -> str:
    return "".join(str(row[column]).strip() for column in columns if row[column] is not None)


def _rows(file: Path, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    from xianban.intake.readers import opened

    with opened(file) as table:
        missing = [column for column in wanted if column not in table.headings]
        if missing:
            raise BadInput(
                f"{file.name} has no column “{missing[0]}”; it has {', '.join(table.headings)}"
            )
        for row in table.rows:
            if row.fault:
                raise BadInput(f"{file.name} row {row.number}: {row.fault}")
            yield row.cells


def _rounded(figures: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(figures).items()
    }


def _in_words(figures: dict[str, Any]) -> str:
    words = {"accuracy": "accuracy", "macro_f1": "macro-F1", "ece": "calibration error"}
    return ", ".join(f"{word} {figures[name]:.3f}" for name, word in words.items())


@group.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def gaps(as_json: bool) -> None:
    """What is wrong with the duty list in effect, and whom that struck in the last ninety days."""
    ready()
    from dataclasses import asdict

    from xianban.base.clock import utc_now
    from xianban.city.api import current
    from xianban.dispatch.api import findings

    city, found = current(), findings(now=utc_now())
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
        return
    for one in found:
        rows = f", row {', '.join(map(str, one.rows))}" if one.rows else ""
        units = f": {', '.join(map(city.unit_name, one.units))}" if one.units else ""
        click.echo(
            f"{one.kind}{rows}, {one.matter} {city.matter_name(one.matter)} in "
            f"{city.area_name(one.area or city.root)}{units}; {one.cases} case(s), {one.people} people"
        )
    click.echo(f"{len(found)} finding(s).")
