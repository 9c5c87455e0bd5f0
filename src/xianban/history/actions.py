"""Writing the history: anonymous Parquet by month, of what was new since the last time."""

import hashlib
import hmac
import io
import json
import os
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from xianban.base.errors import BadInput, Unavailable
from xianban.base.home import one_at_a_time, secret
from xianban.casework.api import Change, changes
from xianban.history.queries import manifest
from xianban.history.rules.layout import CHANGES, FACTS, FORMAT, MANIFEST, REQUESTS
from xianban.history.rules.reading import month_number, voices
from xianban.history.rules.vocabulary import Lexicon, Mask, kept_since
from xianban.intake.api import Told, told

T = TypeVar("T")
K = 10
CELL = 0.002  # degrees: about 200 m
VOICE_DAYS = 30


@dataclass(frozen=True)
class Exported:
    """What an export wrote: months by name, and how many rows of each kind are new since the last."""

    folder: str
    months: tuple[str, ...]
    requests: int
    changes: int


def export(
    folder: Path,
    *,
    k: int | None = None,
    again: bool = False,
    progress: Callable[[str, int], None] | None = None,
) -> Exported:
    """Write what is not yet in `folder`; the same home and the same `k` give the same bytes.

    `k`: how many reporters must have used a word before it may be read (10, or what the folder was
    begun with). `again` writes every month anew. Raises BadInput where the folder holds something else
    or was begun with another `k`, Unavailable where it can't be written.
    """
    with one_at_a_time("history"):
        begun = manifest(folder)
        if begun and k not in (None, begun["k"]) and not again:
            raise BadInput(
                f"{folder} was begun with k = {begun['k']}; export with --again to write it anew, or into another folder"
            )
        wanted = k or (begun or {}).get("k", K)
        if wanted < 2:
            raise BadInput(
                f"k is {wanted}; it must be 2 or more, for a word of one person names them"
            )
        book: dict[str, Any] = {"format": FORMAT, "k": wanted, "cell": CELL, "request": 0, "act": 0}
        if begun and not again:
            book = begun
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _book(folder, book)
            months, fresh, book["request"] = _requests(folder, wanted, book["request"], progress)
            others, became, book["act"] = _changes(folder, book["act"], again, progress)
            _book(folder, book)
        except OSError as reason:
            raise Unavailable(f"cannot write to {folder} ({reason.strerror})") from reason
    return Exported(str(folder), tuple(sorted(months | others)), fresh, became)


def _requests(
    folder: Path, k: int, after: int, progress: Callable[[str, int], None] | None
) -> tuple[set[str], int, int]:
    rows = list(_counted(told(), "requests", progress))
    fresh = {_month(row.received_at) for row in rows if row.id > after}
    if not fresh:
        return set(), 0, after
    lexicon = Lexicon()
    texts, who = _voices(rows, lexicon)
    shown = Mask(lexicon, kept_since(texts, who, k=k))
    months = who["month"].to_list()
    newly = _new_voices(rows, who)
    by_month: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        if (name := _month(row.received_at)) in fresh:
            by_month.setdefault(name, []).append(i)
    case_key = _pseudonyms("case")
    for name, chosen in sorted(by_month.items()):
        frame = pl.DataFrame(
            [
                (
                    rows[i].id,
                    case_key(rows[i].case_id),
                    _hour(rows[i].received_at),
                    _hour(rows[i].accepted_at + timedelta(minutes=59, seconds=59)),
                    rows[i].door,
                    rows[i].matter,
                    rows[i].area,
                    _cell(rows[i].lat),
                    _cell(rows[i].lon),
                    rows[i].supporters,
                    bool(newly[i]),
                    shown(texts[i], months[i]),
                )
                for i in chosen
            ],
            schema=REQUESTS,
            orient="row",
        )
        _write(folder / "requests" / f"{name}.parquet", frame)
    return fresh, sum(row.id > after for row in rows), max(row.id for row in rows)


def _voices(rows: list[Told], lexicon: Lexicon) -> tuple[list["array[int]"], pl.DataFrame]:
    """Each text taken apart, and who said it when."""
    return voices(
        [f"{row.title}\n{row.text}" if row.title else row.text for row in rows],
        [row.person or 0 for row in rows],
        [month_number(row.received_at) for row in rows],
        lexicon,
    )


def _new_voices(rows: list[Told], who: pl.DataFrame) -> np.ndarray:
    """Whether nobody known to be the same had spoken of the matter there in the 30 days before."""
    spoken = who.with_columns(
        pl.Series("at", [row.received_at for row in rows], pl.Datetime("us", "UTC")),
        pl.Series("matter", [row.matter for row in rows], pl.String),
        pl.Series("area", [row.area[:12] for row in rows], pl.String),
        voice=pl.when(pl.col("reporter") > 0)
        .then(pl.format("p{}", "reporter"))
        .otherwise(pl.format("c{}", "copy")),
    ).with_row_index("row")
    gap = pl.col("at").diff().over("voice", "matter", "area")
    told = spoken.sort("at", "row").with_columns(
        new=gap.is_null() | (gap > timedelta(days=VOICE_DAYS))
    )
    return told.sort("row")["new"].to_numpy()


def _changes(
    folder: Path, after: int, again: bool, progress: Callable[[str, int], None] | None
) -> tuple[set[str], int, int]:
    case_key = _pseudonyms("case")
    by_month: dict[str, list[tuple[Any, ...]]] = {}
    last, count = after, 0
    for one in _counted(changes(after=after), "changes", progress):
        last, count = one.key, count + 1
        by_month.setdefault(_month(one.at), []).append(_plain(one, case_key))
    for name, rows in sorted(by_month.items()):
        path = folder / "changes" / f"{name}.parquet"
        frame = pl.DataFrame(rows, schema=CHANGES, orient="row")
        if not again and path.exists():
            before = pl.read_parquet(path).filter(pl.col("key") <= after)
            frame = pl.concat([before, frame])
        _write(path, frame)
    return set(by_month), count, last


def _plain(one: Change, case_key: Callable[[int], int]) -> tuple[Any, ...]:
    facts = (one.facts.get(name) for name in FACTS)
    at = one.at.astimezone(UTC).replace(second=0, microsecond=0)
    return (one.key, case_key(one.case_id), at, one.verb, *facts, one.solved, one.satisfaction)


def _pseudonyms(kind: str) -> Callable[[int], int]:
    """Numbers that tell cases apart, and lead back to them only in this home."""
    key = secret("history")

    @cache
    def named(pk: int) -> int:
        digest = hmac.digest(key, f"{kind}:{pk}".encode(), hashlib.sha256)
        return int.from_bytes(digest[:8], "big") >> 1

    return named


def pseudonym_of(case_id: int) -> int:
    """What the history calls this case."""
    return _pseudonyms("case")(case_id)


def _month(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m}"


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _cell(degrees: float | None) -> float | None:
    return None if degrees is None else round(round(degrees / CELL) * CELL, 6)


def _counted(
    rows: Iterable[T], what: str, progress: Callable[[str, int], None] | None
) -> Iterable[T]:
    for n, row in enumerate(rows, 1):
        if progress and n % 5000 == 0:
            progress(what, n)
        yield row


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(exist_ok=True)
    held = io.BytesIO()
    frame.write_parquet(held, compression="zstd", statistics=True)
    _replace(path, held.getvalue())


def _book(folder: Path, book: dict[str, Any]) -> None:
    _replace(folder / MANIFEST, json.dumps(book, indent=1).encode() + b"\n")


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(fresh, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
