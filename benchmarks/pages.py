"""Every page with a million cases: whole GETs through Django, the database, the view and the template.

Once as somebody with every role in the whole city, once as who oversees and works in one street; what
is not for them is left out. Routes without parameters are found by themselves; those with parameters
stand in `_with_parameters`. The figure is the work of one request: processor time of the page and of
the database's process for it, the middle of several, so that a machine with other work measures the
same; the time on the wall, at its quickest, stands beside it. Both have to keep the mark.

XIANBAN_BENCH_CASES=100000 looks at fewer; XIANBAN_BENCH_KEEP=FOLDER keeps the database between runs;
XIANBAN_BENCH_ONLY=/today/ opens those pages alone; XIANBAN_BENCH_SQL=1 shows each slow query.
"""

import importlib
import os
import pkgutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks import filled
from benchmarks.report import Row

if TYPE_CHECKING:
    from xianban.accounts.api import Actor
    from xianban.city.api import City

LIMIT_MS, REPEATS = 150.0, 5
SAID = "小区门口路灯坏了三天，晚上很黑，请尽快维修"
# what answers with a file of unlimited length, and the page of parts
LEFT_OUT = {"style", "export", "export_gaps", "export_audit", "choose_period"}
NOT_THEIRS = (403, 405)  # another role's page, or an address that only takes forms


@dataclass(frozen=True)
class Ask:
    """One page as somebody opens it; `form` is what is posted by pages that answer while one types."""

    name: str
    path: str
    form: dict[str, str | list[str]] = field(default_factory=dict)


def run() -> list[Row]:
    from xianban.config.setup import settle

    cases = int(os.environ.get("XIANBAN_BENCH_CASES", "1000000"))
    filled.start(cases)
    _stop_the_clock()
    settle()  # as the server does
    only = os.environ.get("XIANBAN_BENCH_ONLY", "")
    rows = []
    for who in (filled.CITY, filled.STREET):
        client = _client(who)
        for ask in _asks(who):
            if only in ask.name and (row := _measured(client, who, ask)):
                rows.append(row)
                print(row.name, f"{row.ours:.0f}", row.note, file=sys.stderr, flush=True)
    return rows


def _measured(client, who: str, ask: Ask) -> Row | None:
    from django.core.cache import cache

    def once():
        cache.delete_many(list(getattr(cache, "_cache", {})))  # nobody is throttled
        if ask.form:
            return client.post(ask.path, ask.form)
        return client.get(ask.path)

    status = once().status_code
    if status in NOT_THEIRS:
        return None
    worked, lasted, server = [], [], _server()
    with _counted() as queries:
        for _ in range(REPEATS):
            began, ours, theirs = time.perf_counter(), time.process_time(), server()
            once()
            worked.append((time.process_time() - ours + server() - theirs) * 1000)
            lasted.append((time.perf_counter() - began) * 1000)
    work, quickest = statistics.median(worked), min(lasted)
    answered = "" if status == 200 else f", answers {status}"
    return Row(
        f"{who.removeprefix('bench-')}: {ask.name}",
        work,
        "ms",
        mark=f"< {LIMIT_MS:.0f}",
        met=max(work, quickest) < LIMIT_MS and status < 400,
        note=f"of processors, middle of {REPEATS}; on the wall {quickest:.0f}, p50 "
        f"{statistics.median(lasted):.0f}; {queries[0] / REPEATS:.0f} queries{answered}",
    )


def _server() -> Callable[[], float]:
    """Seconds that the database's process for us has worked, where the system tells."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # their work would not be seen
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return lambda: int(told.read_text().split()[0]) / 1e9 if told.exists() else 0.0


@contextmanager
def _counted() -> Iterator[list[float]]:
    """How many queries, and the milliseconds in the database."""
    from django.db import connection

    spent = [0.0, 0.0]

    def timed(execute, sql, params, many, context):
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent[0] += 1
            took = (time.perf_counter() - began) * 1000
            spent[1] += took
            if took > 30 and os.environ.get("XIANBAN_BENCH_SQL"):
                print(f"  {took:.0f} ms: {sql[:3000]} {params}", file=sys.stderr)

    with connection.execute_wrapper(timed):
        yield spent


def _stop_the_clock() -> None:
    """The pages look at the moment for which the cases were made."""
    import xianban.web.pages

    names = [
        f"xianban.web.pages.{m.name}" for m in pkgutil.iter_modules(xianban.web.pages.__path__)
    ]
    for name in [*names, "xianban.web.context"]:
        module = importlib.import_module(name)
        if hasattr(module, "utc_now"):
            module.utc_now = lambda: filled.NOW


def _client(who: str):
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    user = get_user_model().objects.get(username=who)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session  # as somebody who has just given their password
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session.save()
    return client


def _asks(who: str) -> Iterator[Ask]:
    yield from _found()
    yield from _with_parameters(who)


def _found() -> Iterator[Ask]:
    """Every route without parameters that somebody may open."""
    from xianban.web.urls import urlpatterns

    for one in urlpatterns:
        path = str(one.pattern)
        if "<" not in path and "do/" not in path and one.name not in LEFT_OUT:
            yield Ask(f"/{path}", f"/{path}")


@dataclass(frozen=True)
class _Place:
    """What the addresses name: somewhere in the city, and cases that stand for others."""

    here: "City"
    district: str
    street: str
    unit: str
    matter: str
    place: str
    numbers: dict[str, str]  # of an open case, a late one and one that is closed
    ticked: list[str]
    next: str  # of the list of open cases

    @property
    def group(self) -> str:
        """The first level above the matter."""
        return self.here.matter_line(self.matter)[0]


def _with_parameters(who: str) -> Iterator[Ask]:
    from django.contrib.auth import get_user_model

    from xianban.accounts.api import actor_of
    from xianban.casework import api as casework
    from xianban.casework.api import Filters
    from xianban.city import api as city

    here = city.current()
    actor = actor_of(get_user_model().objects.get(username=who))
    district = here.children[here.root][0]
    street = here.children[district][0]
    first = casework.case_list(actor, Filters(), now=filled.NOW)
    late = casework.case_list(actor, Filters(late=True), now=filled.NOW)
    ended = casework.case_list(actor, Filters(states=("closed",), order="newest"), now=filled.NOW)
    at = _Place(
        here=here,
        district=district,
        street=street,
        unit=next(u.code for u in here.units.values() if u.area == street),
        matter=here.leaf_matters[0],
        place=here.places[7]["name"],
        numbers={
            "open": casework.number_of(first.rows[0].id),
            "late": casework.number_of((late.rows or first.rows)[0].id),
            "closed": casework.number_of(ended.rows[0].id),
        },
        ticked=[str(row.id) for row in first.rows],
        next=first.next,
    )
    yield from _lists(at)
    yield from _searches(at)
    yield from _cases(at, actor)
    yield from _commanded(at)
    yield from _appraised(at, whole=who == filled.CITY)
    yield from _looked_back(at.numbers["open"])
    yield from _taken(at)


def _asked(name: str, path: str, **query: str) -> Ask:
    return Ask(f"{path} {name}", f"{path}?{urlencode(query)}" if query else path)


def _lists(at: _Place) -> Iterator[Ask]:
    from xianban.web.choices import area_names, matter_names, unit_names

    for tab in ("late", "soon", "received", "contested", "suspended", "reported", "ended", "all"):
        yield _asked(tab, "/cases/", tab=tab)
    yield _asked("next page", "/cases/", tab="open", after=at.next)
    named = {
        code: name
        for name, code in [*area_names().items(), *matter_names().items(), *unit_names().items()]
    }
    matter, street, district, unit = (named[code] for code in (at.matter, at.street, at.district, at.unit))  # fmt: skip
    narrowed: dict[str, dict[str, str]] = {
        "matter": {"matter": matter},
        "matter of first level": {"matter": named[at.group]},
        "street": {"area": street},
        "district": {"area": district},
        "unit": {"unit": unit},
        "urgency": {"urgency": "critical"},
        "urgency nobody has": {"urgency": "consult", "matter": matter},
        "urgency in a district": {"urgency": "critical", "area": district},
        "urgency of a unit": {"urgency": "complex", "unit": unit},
        "matter in a street": {"matter": matter, "area": street},
        "matter of a unit": {"matter": matter, "unit": unit},
        "last week": {"from": "2026-10-26", "to": "2026-11-01"},
        "last year": {"from": "2025-10-01", "to": "2025-10-31"},
        "a month in a street": {"from": "2026-08-01", "to": "2026-08-31", "area": street},
        "mine": {"who": "me"},
    }
    for name, typed in narrowed.items():
        for tab in ("open", "late", "ended", "all"):
            yield _asked(f"{tab} {name}", "/cases/", tab=tab, **typed)
    yield _asked("search narrowed", "/cases/", q="小区", urgency="critical", area=street)


def _searches(at: _Place) -> Iterator[Ask]:
    words = {
        "common word": "小区", "two words": "小区 晚上", "word nobody says": "麒麟", "place": at.place,
        "street": at.here.area_name(at.street), "part of number": at.numbers["closed"][3:],
    }  # fmt: skip
    for name, said in words.items():
        yield _asked(f"search {name}", "/cases/", q=said)
    yield _asked("by number", "/cases/find/", q=at.numbers["open"])


def _cases(at: _Place, actor: "Actor") -> Iterator[Ask]:
    """Single cases, the dispatcher's desk and one's own day."""
    from xianban.casework import api as casework
    from xianban.casework.api import Filters

    for name, number in at.numbers.items():
        yield Ask(f"/cases/… {name}", f"/cases/{number}/")
        yield Ask(f"/audit/case/… {name}", f"/audit/case/{number}/")
    for state in ("received", "contested"):
        for row in casework.case_list(actor, Filters(states=(state,)), now=filled.NOW, size=1).rows:
            yield Ask(f"/dispatch/… {state}", f"/dispatch/{row.number}/")
            yield Ask(f"/dispatch/…/find/ {state}", f"/dispatch/{row.number}/find/?find=路灯")
            yield Ask(f"/cases/… {state}", f"/cases/{row.number}/")
    for group in ("late", "returned", "today", "owed", "week", "waiting"):
        yield _asked(group, "/today/", group=group)
    yield _asked("mine", "/today/", who="me")


def _commanded(at: _Place) -> Iterator[Ask]:
    narrowed: dict[str, dict[str, str]] = {
        "": {},
        " of a street": {"area": at.street},
        " all": {"all": "1"},
        " of a unit": {"unit": at.unit},
        " of a district": {"area": at.district},
        " about a matter": {"matter": at.group},
        " to sign": {"clock": "sign"},
        " to review": {"clock": "review"},
        " in three days": {"within": "72"},
    }
    for tab in ("late", "soon"):
        for name, typed in narrowed.items():
            yield _asked(f"{tab}{name}", "/command/", tab=tab, **typed)
    for within in ("area", "unit", "matter"):
        yield _asked(f"by {within}", "/command/stages/", within=within, period="2026-10")
    for stage in ("sign", "handle"):
        yield Ask(f"/command/stages/… {stage}", f"/command/stages/2026-10/{stage}/")


def _appraised(at: _Place, *, whole: bool) -> Iterator[Ask]:
    for period in ("2026-10", "2026-11"):
        for by in ("unit", "area", "matter"):
            yield _asked(by, f"/appraisal/{period}/", by=by)
    yield Ask("/appraisal/… unit", f"/appraisal/2026-10/unit/{at.unit}/")
    yield Ask("/appraisal/… street", f"/appraisal/2026-10/area/{at.street}/")
    if whole:  # to a street these do not exist
        yield Ask("/appraisal/… district", f"/appraisal/2026-10/area/{at.district}/")
        yield Ask("/appraisal/… matter", f"/appraisal/2026-10/matter/{at.group}/")


def _taken(at: _Place) -> Iterator[Ask]:
    """What is asked while something is taken down, and a resident's story."""
    from xianban.casework import api as casework
    from xianban.intake import api as intake
    from xianban.intake.models import Request

    yield _asked("typed", "/report/places/", place=at.place[:2])
    point = at.here.places[7]
    yield _asked("point", "/report/where/", lat=str(point["lat"]), lon=str(point["lon"]))
    taken = {"text": SAID, "place": at.place, "key": "bench"}
    yield Ask("/report/hints/ posted", "/report/hints/", taken)
    yield Ask("/cases/call/look/ posted", "/cases/call/look/", taken | {"phone": "13900000001"})
    yield Ask("/cases/batch/ posted", "/cases/batch/", {"verb": "sign", "case": at.ticked})
    yield Ask("/cases/call/earlier/ posted", "/cases/call/earlier/", {"phone": "13900000001"})
    asked_last = Request.objects.order_by("-id")[0]
    code = intake.follow_code(asked_last.pk)
    yield Ask("/follow/…", f"/follow/{casework.number_of(asked_last.case_id)}/{code}/")


def _looked_back(number: str) -> Iterator[Ask]:
    """What auditors search the record for, and what administrators open."""
    from django.contrib.auth import get_user_model

    for name, asked in {
        "of the machine": {"who": "machine", "kind": "load"},
        "of somebody": {"who": filled.STREET},
        "about a case": {"about": number},
        "opened": {"kind": "opened"},
        "in a week": {"since": "2026-10-01", "until": "2026-10-07"},
        "for a purpose nobody had": {"purpose": "audit"},
        "of somebody in a week": {"who": filled.STREET, "since": "2026-03-01", "until": "2026-03-07"},
    }.items():  # fmt: skip
        yield Ask(f"/audit/ {name}", f"/audit/?{urlencode(asked)}")
    key = get_user_model().objects.get(username=filled.STREET).pk
    yield Ask("/audit/staff/…", f"/audit/staff/{key}/")
    yield Ask("/admin/people/…", f"/admin/people/{key}/")
