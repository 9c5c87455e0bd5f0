"""The worker: the regular work of the rooms, round after round, until told to stop.

It may be killed at any point, and several may run at once: each piece of work claims what it
does in the database, so that nothing is done twice or forgotten.
"""

import logging
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import close_old_connections, connection

from xianban.accounts import api as accounts
from xianban.appraisal import api as appraisal
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.command import api as command
from xianban.dispatch import api as dispatch
from xianban.files import api as files
from xianban.intake import api as intake
from xianban.ledger import api as ledger
from xianban.notices import api as notices
from xianban.prevention import api as prevention
from xianban.privacy import api as privacy
from xianban.web.moments import seen_from

log = logging.getLogger("xianban.worker")
BATCH = 200


@dataclass(frozen=True)
class Job:
    """A piece of regular work: how often, and what.

    What may take minutes is done `apart`, in a process of its own, where the clocks do not wait for
    it; `due` says whether there is anything to begin one for.
    """

    every: timedelta
    run: Callable[[datetime], object]
    wants_city: bool = True
    apart: bool = False
    due: Callable[[datetime], bool] = lambda now: True


def move_clocks(now: datetime) -> None:
    """Reminders before the limit, escalation after it, until nothing is due."""
    while casework.sweep(now=now, limit=BATCH).more:
        pass


def send_notices(now: datetime) -> None:
    """What is due in the outbox goes to its receivers' inboxes and channels, as each wishes."""
    ledger.send_due(now=now, send=lambda notice: notices.sort(notice, now=now), limit=BATCH)
    notices.deliver(
        now=now, say_when=seen_from, derive=privacy.with_codes, rng=random.SystemRandom()
    )


def tidy_notices(now: datetime) -> None:
    """What was sent or read long ago."""
    notices.tidy(now=now)


def index_words(now: datetime) -> None:
    """What new cases say, and where they lie, so that a search finds them."""
    casework.index_cases()


def look_for_gaps(now: datetime) -> None:
    """Cases that the index of words has passed over."""
    casework.index_missing()


def seal(now: datetime) -> None:
    """One root over all acts since the last checkpoint."""
    ledger.checkpoint(now=now)


def learn(now: datetime) -> None:
    """A new text model, if enough was corrected and it turns out better."""
    dispatch.retrain(now=now)


def appraise(now: datetime) -> None:
    """The provisional figures of the period that runs, and of the one before until it is frozen."""
    appraisal.keep_current(now=now)


def tell_subscribers(now: datetime) -> None:
    """What happened yesterday in the places that people want to hear of."""
    intake.tell_subscribers(now=now)


def forget_tallies(now: datetime) -> None:
    """Who tried what how often, once that counts no longer."""
    accounts.forget_tallies(now=now)
    accounts.forget_tries(now=now)


def sweep_files(now: datetime) -> None:
    """Files that came with no message after all."""
    files.sweep_files(now=now)


def follow(now: datetime) -> None:
    """Stage times and loads after whatever was done since."""
    command.keep_figures(now=now)


def remind(now: datetime) -> None:
    """Whoever has a meeting's task hears before it ends, and when it is late."""
    command.remind(now=now)


def look_ahead(now: datetime) -> None:
    """What is forming: the hour's and the night's look at the history, once each."""
    prevention.keep(now=now)


def a_look_is_due(now: datetime) -> bool:
    return bool(prevention.looks_due(now=now))


def follow_orders(now: datetime) -> None:
    """Co-units are asked once the lead has signed; answers and ends are noted at the warnings; what
    came since and has the same cause is attached."""
    prevention.follow(now=now)
    prevention.attach_new(now=now)


_checking: list[threading.Thread] = []


def check_ledger(now: datetime) -> None:
    """The check of the whole ledger that somebody asked for, beside the rest of the work."""
    if any(one.is_alive() for one in _checking) or not ledger.check_waits(now=now):
        return
    _checking[:] = [threading.Thread(target=_check_ledger, args=(now,), daemon=True)]
    _checking[0].start()


def _check_ledger(now: datetime) -> None:
    try:
        ledger.run_check(_broken, now=now)
    except Exception:  # the outermost edge of this thread
        log.exception("the check of the ledger failed")
    finally:
        connection.close()


def _broken(say: Callable[[int, str], None]) -> str | None:
    """The first thing that does not fit, or None; says how far it is."""
    verdict = ledger.verify(progress=lambda acts: say(acts, "acts"))
    say(verdict.acts, "cases")
    broken = verdict.broken or casework.verify_heads()
    say(verdict.acts, "figures")
    broken = broken or appraisal.broken_seal()
    say(verdict.acts, "files")
    return broken or files.broken_file()


def keep_no_longer(now: datetime) -> None:
    """What the city's periods let go, if its pack says so; erasures that waited for a case to end."""
    privacy.carry_out_deferred(now=now)
    privacy.sweep(now=now)


def count_ahead(now: datetime) -> None:
    """What would go when, for whoever is in charge of personal data: daily, and when somebody asks."""
    privacy.count_anew(now=now)


def a_count_is_due(now: datetime) -> bool:
    return privacy.count_due(now=now)


JOBS: Mapping[str, Job] = {
    "clocks": Job(timedelta(seconds=10), move_clocks),
    "notices": Job(timedelta(seconds=10), send_notices),
    "words": Job(timedelta(seconds=5), index_words),
    "checkpoint": Job(timedelta(minutes=10), seal, wants_city=False),
    "appraisal": Job(timedelta(hours=1), appraise, apart=True),
    "subscriptions": Job(timedelta(hours=1), tell_subscribers),
    "tallies": Job(timedelta(hours=1), forget_tallies, wants_city=False),
    "figures": Job(timedelta(minutes=1), follow),
    "meetings": Job(timedelta(minutes=10), remind),
    "orders": Job(timedelta(minutes=1), follow_orders),
    "warnings": Job(timedelta(minutes=5), look_ahead, apart=True, due=a_look_is_due),
    "check": Job(timedelta(seconds=10), check_ledger, wants_city=False),
    "learning": Job(timedelta(hours=1), learn, apart=True),
    "files": Job(timedelta(hours=6), sweep_files, wants_city=False),
    "old notices": Job(timedelta(hours=6), tidy_notices, wants_city=False),
    "retention": Job(timedelta(minutes=15), keep_no_longer),
    "outlook": Job(timedelta(seconds=10), count_ahead, apart=True, due=a_count_is_due),
    "word gaps": Job(timedelta(hours=6), look_for_gaps, apart=True),
}


def due_jobs(now: datetime) -> list[str]:
    """What has not begun within its time, in the order of the table."""
    seen, ready = ledger.rounds(), _city_loaded()
    return [
        name
        for name, job in JOBS.items()
        if (ready or not job.wants_city)
        and (name not in seen or now - seen[name].started_at >= job.every)
    ]


def _city_loaded() -> bool:
    """A home that waits for its first pack is no fault; there is just nothing to do yet."""
    try:
        city.current()
    except NotFound:
        return False
    return True


class Apart:
    """Long work in processes of its own, one at a time, so that it takes the memory of one.

    Each is a process that may be killed anywhere, like the worker itself. `command` begins one, and
    is given the name of its job.
    """

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "xianban", "worker", "--job")) -> None:  # fmt: skip
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, name: str) -> bool:
        """Begin a job; False where another is at work, for which it waits."""
        if self._process is not None and self._process.poll() is None:
            return False
        ledger.begin_round(name)  # were it to fail at once, it has its turn no sooner
        self._process = subprocess.Popen([*self._command, name], stdout=subprocess.DEVNULL)  # noqa: S603 (our own)
        return True

    def end(self) -> None:
        """Stop what is at work: nothing of it is done, or all."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def run_once(*, now: datetime, apart: Apart | None = None) -> list[str]:
    """Do what is due, the long work `apart` where there is such; what was done or begun.

    A piece that fails is logged and does not keep the others from running.
    """
    return [name for name in due_jobs(now) if _begin(name, now, apart)]


def _begin(name: str, now: datetime, apart: Apart | None) -> bool:
    job = JOBS[name]
    try:
        if job.apart and not job.due(now):
            with ledger.round_of(name):
                return True
        if job.apart and apart:
            return apart.begin(name)
        return run_job(name, now=now)
    except Exception:  # the outermost edge: a worker that dies of one fault serves nobody
        log.exception("%s failed; it is tried again in %s", name, job.every)
        return False


def run_job(name: str, *, now: datetime) -> bool:
    """One piece of work, here and now; False where it fails, which is logged."""
    try:
        with ledger.round_of(name):
            JOBS[name].run(now)
    except Exception:  # as above
        log.exception("%s failed; it is tried again in %s", name, JOBS[name].every)
        return False
    return True


def run_until_told(*, pause_seconds: float = 1.0) -> None:
    """Work until SIGTERM or SIGINT; the piece in hand is finished first, what is apart is stopped."""
    told, apart = threading.Event(), Apart()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    try:
        while not told.is_set():
            close_old_connections()
            run_once(now=utc_now(), apart=apart)
            told.wait(pause_seconds)
    finally:
        apart.end()
