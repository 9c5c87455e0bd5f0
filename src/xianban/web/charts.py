"""What a chart says, apart from how it is drawn: `static/chart.js` draws it with the one theme.

    Chart("load", _("每日诉求"), x=_("日期"), rows=[("11-01", 12, 10.5, 8, 13), …], series=(
        Series(_("实际"), 1), Series(_("预计"), 2, look="expected", band=(3, 4))), today="11-05")

Each row is a label and its numbers; a series names its column. The table beside the chart is
made of the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Series:
    """One line or set of bars: its name, its column, and what its look means.

    look: measured (a line), bars, expected (dashed). colour: blue, jade, amber, vermilion, violet
    or grey. band: the columns of the lower and upper end of an interval.
    """

    name: object
    column: int
    look: str = "measured"
    colour: str = "blue"
    band: tuple[int, int] | None = None


@dataclass(frozen=True)
class Chart:
    """A title, rows of a label and numbers, and the series that are drawn of them."""

    id: str
    title: object
    x: object
    rows: Sequence[Sequence[Any]]
    series: Sequence[Series]
    unit: object = ""
    note: object = ""
    today: str = ""
    lying: bool = False  # bars that lie, for names that are long
    percent: bool = False  # numbers are shares of one

    @property
    def columns(self) -> list[str]:
        """The heads of the table: the label, each series, and the ends of its band."""
        heads = {0: str(self.x)}
        for one in self.series:
            heads[one.column] = str(one.name)
            if one.band:
                heads[one.band[0]], heads[one.band[1]] = f"{one.name} ≥", f"{one.name} ≤"
        return [heads[n] for n in sorted(heads)]

    @property
    def table(self) -> list[list[str]]:
        """The rows as they are read: whole numbers with separators, shares as per cents."""
        used = sorted(
            {0} | {n for one in self.series for n in (one.column, *(one.band or ()))}
        )  # fmt: skip
        return [[str(row[0]), *(self._said(row[n]) for n in used[1:])] for row in self.rows]

    def _said(self, value: Any) -> str:
        if value is None:
            return "—"
        if self.percent:
            return f"{100 * value:.1f}%"
        return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"

    def drawn(self) -> dict[str, Any]:
        """What the script needs, as plain values."""
        return {
            "labels": [str(row[0]) for row in self.rows],
            "series": [
                {
                    "name": str(one.name),
                    "look": one.look,
                    "colour": one.colour,
                    "values": [row[one.column] for row in self.rows],
                    "low": [row[one.band[0]] for row in self.rows] if one.band else None,
                    "high": [row[one.band[1]] for row in self.rows] if one.band else None,
                }
                for one in self.series
            ],
            "unit": str(self.unit),
            "today": self.today,
            "lying": self.lying,
            "percent": self.percent,
        }
