"""A PostgreSQL full of cases: a fiftieth comes in through the real doors, SQL copies it, a tenth is open.

With XIANBAN_BENCH_KEEP=FOLDER the database stays in that folder, and the next run finds it there.
"""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

COPIES, OPEN_COPIES = 49, 4
SPAN_S = 420_000  # the fiftieth comes in within five days
CITY, STREET = "bench-city", "bench-street"  # who looks at everything, and at one street
NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # a Monday

COPY = """
INSERT INTO {table} ({columns})
SELECT {values} FROM {table} c CROSS JOIN generate_series(1, %(copies)s) AS k WHERE {case} <= %(top)s
"""
ENDED = "(k > %(open)s)"
EARLIER = "- k * interval '5 days'"
CASES = {
    "id": "c.id + k * %(top)s",
    "received_at": f"c.received_at {EARLIER}",
    "opened_at": f"c.opened_at {EARLIER}",
    "dispatched_at": f"c.dispatched_at {EARLIER}",
    # of those that are open some are at work, some disputed, some undecided
    "state": f"""CASE WHEN {ENDED} THEN 'closed' WHEN c.unit = '' THEN c.state
        WHEN k = 1 AND c.id %% 200 = 0 THEN 'contested' WHEN k < 3 THEN 'handling'
        WHEN k = 4 AND c.id %% 200 = 1 THEN 'received' ELSE c.state END""",
    "unit": "CASE WHEN k = 4 AND c.id %% 200 = 1 THEN '' ELSE c.unit END",
    "ended_at": f"CASE WHEN {ENDED} THEN c.received_at {EARLIER} + interval '3 days' ELSE c.ended_at END",
    "ending": f"CASE WHEN {ENDED} THEN 'satisfied' ELSE c.ending END",
    "next_due_at": f"CASE WHEN {ENDED} THEN NULL ELSE c.next_due_at + k * interval '7 hours' END",
}
CLOCKS = {
    "case_id": "c.case_id + k * %(top)s",
    "state": f"CASE WHEN {ENDED} THEN 'met' ELSE c.state END",
    "ended_at": f"CASE WHEN {ENDED} THEN c.started_at ELSE c.ended_at END",
    "due_at": f"CASE WHEN {ENDED} THEN c.due_at ELSE c.due_at + k * interval '7 hours' END",
    "wake_at": f"CASE WHEN {ENDED} THEN NULL ELSE c.wake_at + k * interval '7 hours' END",
    "paused_at": f"CASE WHEN {ENDED} THEN NULL ELSE c.paused_at END",
    "left_s": f"CASE WHEN {ENDED} THEN NULL ELSE c.left_s END",
}
ACTS = {"subject": "'case:' || (substr(c.subject, 6)::bigint + k * %(top)s)"}
REQUESTS = {
    "case_id": "c.case_id + k * %(top)s",
    "external_id": "c.external_id || '-' || k",
    "received_at": f"c.received_at {EARLIER}",
    "accepted_at": f"c.accepted_at {EARLIER}",
}
INTERESTS = {"case_id": "c.case_id + k * %(top)s", "since": f"c.since {EARLIER}"}
FOLLOW_UPS = """
INSERT INTO casework_followup (case_id, n, at, source, by, contacted, solved, satisfaction, text)
SELECT id, 1, ended_at, 'desk', 'machine', true, id % 10 <> 0,
       (ARRAY['satisfied', 'satisfied', 'basically', 'dissatisfied', 'unstated'])[1 + id % 5], ''
FROM casework_case WHERE state = 'closed'
"""
DISPUTES = """
INSERT INTO casework_dispute
    (case_id, n, unit, by, reason, text, raised_at, from_state, ruling, to_unit, grounds)
SELECT id, 1, unit, 'machine', 'wrong_place', '不在本单位辖区', received_at, 'dispatched', '', '', ''
FROM casework_case WHERE state = 'contested'
"""
# The copies' tokens in the slices of the file where the copies lie; the index is made afterwards.
WORDS = """
INSERT INTO casework_searchable (case_id, tokens, stale)
SELECT c.case_id + k * %(top)s, ARRAY(
    SELECT (((c.case_id + k * %(top)s) >> %(bits)s) << 32) | (token & 4294967295)
    FROM unnest(c.tokens) AS token ORDER BY 1
), false
FROM casework_searchable c CROSS JOIN generate_series(1, %(copies)s) AS k WHERE c.case_id <= %(top)s
"""
STAGES = """
INSERT INTO command_stage ("case", stage, n, unit, district, street, matter, began_at, ended_at, week, month, seconds)
SELECT c.id, s, 1, c.unit, c.district, c.street, c.matter, c.received_at, c.received_at + interval '1 day',
       to_char(c.received_at AT TIME ZONE 'Asia/Shanghai', 'IYYY-"W"IW'),
       to_char(c.received_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'), (c.id * 7919 % 100000)::float
FROM casework_case c CROSS JOIN unnest(ARRAY['sign', 'contact', 'handle', 'follow_up']) AS s
"""


def start(cases: int) -> None:
    """Django with so many cases; made anew unless the kept folder holds them."""
    kept = os.environ.get("XIANBAN_BENCH_KEEP", "")
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    import postgres

    folder = Path(kept) / f"{cases}" if kept else None
    os.environ["XIANBAN_DATABASE_URL"], _server = postgres.start(durable=True, folder=folder)
    if folder:
        os.environ["XIANBAN_HOME"] = str(folder / "home")
    from xianban.config.setup import ready

    ready()
    whole = folder and folder / "filled"
    if not (whole and whole.exists()):
        _fill(cases // (COPIES + 1))
        if whole:
            whole.touch()


def _said(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def _fill(top: int) -> None:
    from django.db import connection

    from xianban.accounts.api import MACHINE
    from xianban.city import api as city
    from xianban.intake.api import Submission, receive_many
    from xianban.simulate.sample_pack import write_sample_pack

    city.load(write_sample_pack(Path(mkdtemp()) / "pack"), now=NOW)
    _people()
    for begin in range(0, top, 500):
        batch = [Submission(**one) for one in _texts(begin, min(500, top - begin), SPAN_S // top)]
        receive_many(batch, acting=MACHINE, now=NOW, tell=False)
    _said(f"{top:,} cases through the doors")
    numbers = {"copies": COPIES, "top": top, "open": OPEN_COPIES}
    with connection.cursor() as cursor:
        for table, special, case in (
            ("casework_case", CASES, "c.id"),
            ("casework_clock", CLOCKS, "c.case_id"),
            ("ledger_act", ACTS, "c.subject LIKE 'case:%%' AND substr(c.subject, 6)::bigint"),
            ("intake_request", REQUESTS, "c.case_id"),
            ("casework_interest", INTERESTS, "c.case_id"),
        ):
            columns = [c for c in _columns(cursor, table) if c != "id" or "id" in special]
            values = [special.get(column, f'c."{column}"') for column in columns]
            names = ", ".join(f'"{column}"' for column in columns)
            asked = COPY.format(table=table, columns=names, values=", ".join(values), case=case)
            cursor.execute(asked, numbers)
            _said(f"{table}: {cursor.rowcount:,} rows")
        cursor.execute("""SELECT setval(pg_get_serial_sequence('casework_case', 'id'), max(id))
            FROM casework_case""")
        for asked in (FOLLOW_UPS, DISPUTES, STAGES):
            cursor.execute(asked)
        _copy_words(cursor, top)
        cursor.execute("VACUUM ANALYZE")
    _said("vacuumed")
    _keep_figures()


def _copy_words(cursor, top: int) -> None:
    from xianban.casework import api as casework
    from xianban.casework.queries.candidates import SLICE_BITS

    cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'searchable_tokens'")
    index = cursor.fetchone()[0]
    # only the template is read; the copies differ from it by where they lie
    cursor.execute("DROP INDEX searchable_tokens")
    casework.index_missing(upto=top)
    cursor.execute(WORDS, {"copies": COPIES, "top": top, "bits": SLICE_BITS})
    _said(f"words: {cursor.rowcount:,} rows")
    cursor.execute("SET maintenance_work_mem = '512MB'")
    cursor.execute(index)


def _keep_figures() -> None:
    """What the worker would have kept by now: stage figures, days' loads, the appraisal."""
    from xianban.appraisal import api as appraisal
    from xianban.city import api as city
    from xianban.command.actions import keeping
    from xianban.command.models import Followed
    from xianban.command.rules.periods import month_of, week_of
    from xianban.ledger.models import Act

    here = city.current()
    today = NOW.astimezone(here.tz).date()
    days = [today - timedelta(days=back) for back in range(120)]
    for period in {*map(week_of, days), *map(month_of, days)}:
        keeping._figures(period, here)
    for day in days:
        keeping._load(day, here)
    newest = Act.objects.order_by("-id").values_list("id", flat=True)[0]
    Followed.objects.update_or_create(name=keeping.NAME, defaults={"upto": newest})
    _said("figures kept")
    for name in appraisal.keep_current(now=NOW):
        _said(f"appraised {name}")


def _people() -> None:
    from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
    from xianban.city import api as city

    here = city.current()
    street = here.children[here.children[here.root][0]][0]
    unit = next(u.code for u in here.units.values() if u.area == street)
    seats = {
        CITY: [Granted(r) for r in Role if r not in (Role.RESIDENT, Role.INTEGRATOR)],
        STREET: [
            Granted(Role.SUPERVISOR, street),
            Granted(Role.HANDLER, "", unit),
            Granted(Role.GRID_WORKER, street),
        ],
    }
    new = [
        NewUser(n, name=n, password=os.urandom(9).hex(), grants=tuple(g)) for n, g in seats.items()
    ]
    add_users(new, acting=MACHINE, now=NOW)


def _columns(cursor, table: str) -> list[str]:
    cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')
    return [column.name for column in cursor.description]


def _texts(begin: int, n: int, apart_s: int) -> Iterator[dict[str, object]]:
    """Requests of the last five days, spread over the matters and places of the sample city."""
    from xianban.city import api as city

    here = city.current()
    said = [(m.code, text) for m in here.matters.values() for text in m.examples]
    for i in range(begin, begin + n):
        matter, text = said[i % len(said)]
        place = here.places[(i * 7) % len(here.places)]
        yield {
            "door": "bench",
            "external_id": str(i),
            "text": f"{place['name']}，{text}（{i}）",
            "place": place["name"],
            "lat": float(place["lat"]),
            "lon": float(place["lon"]),
            "matter_hint": matter,
            "phone": f"139{i:08d}" if i % 2 else "",
            "received_at": NOW - timedelta(seconds=apart_s * i),
        }
