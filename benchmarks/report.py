"""What a benchmark answers, and how it is printed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One figure of ours, beside a peer's or a mark to reach; `met` is None where there is no mark."""

    name: str
    ours: float
    unit: str
    peer: float | None = None
    ratio: float | None = None
    mark: str = ""
    met: bool | None = None
    note: str = ""


def number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def printed(rows: Sequence[Row]) -> str:
    """A table for people: name, ours, peer, ratio, mark, and whether it is met."""
    head = ("what", "ours", "peer", "ratio", "mark", "", "note")
    lines = [head] + [
        (
            row.name,
            f"{number(row.ours)} {row.unit}",
            number(row.peer),
            number(row.ratio),
            row.mark or "–",
            {True: "met", False: "MISSED", None: ""}[row.met],
            row.note,
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head) - 1)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]
        ).rstrip()
        for line in lines
    )


def as_json(rows: Sequence[Row]) -> str:
    return json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1)
