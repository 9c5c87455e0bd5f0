"""The list of cases as a file: the same filters, the same scope, no contacts."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.casework import api as casework
from xianban.casework.api import CaseLine, Export
from xianban.city import api as city
from xianban.web import words
from xianban.web.pages.case_list import asked_for
from xianban.web.pages.desk import staff

LIMITS = {"csv": 50_000, "xlsx": 20_000}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What a spreadsheet would take for a formula if a cell began with it.
FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠|%]|[\t\r\n]")
NOT_PRINTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
HEADINGS = (
    gettext_lazy("编号"),
    gettext_lazy("状态"),
    gettext_lazy("紧急程度"),
    gettext_lazy("层级"),
    gettext_lazy("来源"),
    gettext_lazy("事项"),
    gettext_lazy("区域"),
    gettext_lazy("地点"),
    gettext_lazy("承办单位"),
    gettext_lazy("标题"),
    gettext_lazy("诉求内容"),
    gettext_lazy("受理时间"),
    gettext_lazy("办理期限"),
    gettext_lazy("答复时间"),
    gettext_lazy("了结时间"),
    gettext_lazy("是否超期"),
    gettext_lazy("督办次数"),
    gettext_lazy("重办次数"),
    gettext_lazy("答复内容"),
)
MOST_LETTERS = 32_000  # what a cell of a spreadsheet holds


@require_GET
@staff
def export(request: HttpRequest, actor: Actor, kind: str) -> StreamingHttpResponse:
    if kind not in LIMITS:
        raise Http404
    now = utc_now()
    filters, typed = asked_for(request, actor)
    made = casework.export_cases(
        actor, filters, typed=typed, kind=kind, limit=LIMITS[kind], now=now
    )
    content = _csv(made) if kind == "csv" else _xlsx(made)
    here = city.current()
    stamp = now.astimezone(here.tz)
    return StreamingHttpResponse(
        content,
        content_type=TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="cases-{stamp:%Y%m%d-%H%M}.{kind}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


class _Echo:
    """A file that hands every line back at once."""

    def write(self, line: str) -> str:
        return line


def _csv(made: Export) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    yield "\ufeff".encode()  # by which spreadsheets know that it is UTF-8
    for cells in _table(made):
        yield writer.writerow(cells).encode()


def _xlsx(made: Export) -> Iterator[bytes]:
    """Written line by line to a file on disk, for a workbook cannot be sent before it is whole."""
    from openpyxl import Workbook  # slow to import, and seldom needed
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("案件"))
    sheet.freeze_panes = "A2"
    for cells in _table(made):
        row = []
        for said in cells:
            cell = WriteOnlyCell(sheet, said)
            cell.data_type = "s"  # a text, whatever it begins with
            row.append(cell)
        sheet.append(row)
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while part := file.read(64 * 1024):
            yield part


def _table(made: Export) -> Iterator[list[str]]:
    yield [str(heading) for heading in HEADINGS]
    for line in made.lines:
        yield [safe(value) for value in _values(line)]
    if made.more:
        note = _("只导出了前 %(n)s 件；其余的请缩小范围后再导出。")
        yield [note % {"n": f"{made.count:,}"}]


def _values(line: CaseLine) -> Iterator[Any]:
    row, here = line.row, city.current()
    yield row.number
    yield words.STATES[row.state].word if row.state in words.STATES else row.state
    yield words.URGENCY.get(row.urgency, row.urgency)
    yield words.LEVELS.get(row.level, row.level)
    yield words.ORIGINS.get(row.origin, row.origin)
    yield "/".join(here.matter_path(row.matter.code)) if row.matter.code else ""
    yield "/".join(line.areas)
    yield row.place
    yield row.unit.name
    yield row.title
    yield line.text
    for moment in (row.received_at, row.due_at, line.answered_at, line.ended_at):
        yield _time(moment, here)
    yield _("是") if row.late else _("否")
    yield row.pressed
    yield row.reopened
    yield line.answer


def _time(moment: datetime | None, here: city.City) -> str:
    return f"{moment.astimezone(here.tz):%Y-%m-%d %H:%M}" if moment else ""


def safe(value: Any) -> str:
    """A cell as text that no spreadsheet runs; an apostrophe stands before what it might."""
    said = NOT_PRINTED.sub("", str(value))[:MOST_LETTERS]
    return f"'{said}" if FORMULA.match(said) else said
