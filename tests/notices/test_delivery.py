"""From the outbox to people: each once, in order, silent at night, whatever breaks in between."""

import json
import os
import random
import re
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.core import mail
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from builders import load_town, monday
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_user
from xianban.base.errors import Unavailable
from xianban.base.home import home
from xianban.ledger.api import NewNotice, enqueue, history, send_due
from xianban.notices import api as notices
from xianban.notices.models import InboxItem, Message, Parcel
from xianban.residents.api import NewContact, erase, seal_many

NOON, EVENING = monday(12), monday(23)
VALUES = {"number": "20261102-000007", "unit": "street-east", "matter": "0202", "area": "990100"}
DOCS = Path(__file__).parents[2] / "docs" / "notices.md"


@pytest.fixture(autouse=True)
def _town(db, tmp_path):
    for path in (home() / "outbox").glob("*"):
        path.unlink()
    return load_town(tmp_path / "town")


@pytest.fixture
def li(settings):
    settings.EMAIL_HOST = "mail.example.org"
    grants = (Granted(Role.HANDLER, "", "street-east"),)
    return add_user(NewUser("li", email="li@example.org", grants=grants), acting=MACHINE, now=NOON)


def put(to, kind="reminder", *, now=NOON, urgent=False, key=None, **values):
    key = key or f"k{random.random()}"
    enqueue([NewNotice(kind, to, key, VALUES | values, urgent=urgent)], now=now)


def work(now, **more):
    send_due(now=now, send=lambda notice: notices.sort(notice, now=now))
    return notices.deliver(
        now=now, say_when=lambda when, now: f"{when:%H:%M}", rng=random.Random(1), **more
    )


def written():
    return [json.loads(p.read_text("utf-8")) for p in sorted((home() / "outbox").glob("*.json"))]


def test_a_unit_is_everyone_who_acts_for_it(li):
    put("unit:street-east")
    assert work(NOON).sent == 1
    (message,) = mail.outbox
    assert message.to == ["li@example.org"]
    assert message.extra_headers["Message-ID"] == f"<{Parcel.objects.get().key}@xianban>"
    assert notices.unread(li) == 1


def test_night_holds_all_but_the_urgent_and_the_morning_brings_one_letter_in_order(li):
    for n in range(3):
        put("unit:street-east", now=EVENING, number=f"20261102-00000{n}")
    put("unit:street-east", "overdue", now=EVENING, urgent=True, number="20261102-000009")
    assert work(EVENING).sent == 1
    assert "20261102-000009" in mail.outbox[0].body
    assert notices.unread(li) == 4  # the inbox wakes nobody
    assert work(monday(31)).sent == 0  # 7:00
    assert work(monday(32)).sent == 1
    body = mail.outbox[1].body
    assert [body.index(f"20261102-00000{n}") for n in range(3)] == sorted(
        body.index(f"20261102-00000{n}") for n in range(3)
    )
    assert work(monday(33)).sent == 0


def test_a_second_try_at_night_wakes_nobody_either(li):
    def broken(load):
        raise Unavailable("the mail server does not answer")

    put("unit:street-east", now=monday(20.9))
    assert work(monday(20.9), carrier=broken).retried == 1
    assert work(monday(21.5)).held == 1
    assert mail.outbox == []
    assert work(monday(32)).sent == 1


def test_gathered_news_waits_for_its_time(li):
    put("unit:street-east", "dispatched", now=monday(9))
    put("unit:street-east", "reopened", now=monday(10))
    assert work(monday(10)).sent == 0
    assert work(monday(14)).sent == 1
    assert mail.outbox[0].subject == "Testburg：2 条通知"


def test_a_resident_hears_on_the_first_channel_that_reaches_them_and_it_is_on_record():
    (person,) = seal_many([NewContact(name="张三", phone="13800138000", email="z@example.org")])
    put(f"person:{person}", "dispatched")
    assert work(NOON).sent == 1
    (file,) = written()
    assert (file["channel"], file["to"], file["parts"]) == ("sms", "13800138000", 1)
    assert file["text"].startswith("您的诉求 20261102-000007 已交由")
    last = history(f"person:{person}")[-1]
    assert (last.verb, last.actor, last.payload) == (
        "person.send",
        "machine",
        {"about": f"parcel:{file['id']}"},
    )
    assert "张三" not in json.dumps(file, ensure_ascii=False)


def test_quiet_hours_are_for_residents_too():
    (person,) = seal_many([NewContact(phone="13800138000")])
    put(f"person:{person}", "dispatched", now=EVENING)
    put(f"person:{person}", "answered", now=EVENING)
    assert work(EVENING).sent == 0
    assert work(monday(32)).sent == 1
    text = written()[0]["text"]
    assert text.index("已交由") < text.index("已答复")


def test_who_wants_to_hear_nothing_or_was_erased_gets_nothing():
    quiet, gone, late = seal_many([NewContact(phone=f"1380013800{n}") for n in range(3)])
    notices.hear(quiet, "none", now=NOON)
    for person in (quiet, gone, late):
        put(f"person:{person}", "answered", now=EVENING)
    work(EVENING)
    erase(gone, acting=MACHINE, now=EVENING, reason="asked")
    notices.hear(late, "none", now=EVENING)  # after it was noted, before it went out
    assert work(monday(32)).dropped == 2
    assert written() == []
    assert not any(act.verb == "person.send" for act in history(f"person:{late}"))


def test_nobody_there_waits_in_the_outbox():
    put("unit:street-east")
    assert send_due(now=NOON, send=lambda notice: notices.sort(notice, now=NOON)).retried == 1


def test_what_cannot_go_is_kept_and_sent_again(li):
    def broken(load):
        raise Unavailable("the mail server does not answer")

    put("unit:street-east", urgent=True)
    now = NOON
    for _ in range(8):
        work(now, carrier=broken)
        now = Parcel.objects.get().try_at
    assert Parcel.objects.get().state == "dead"
    (stuck,) = notices.stuck(since=NOON)
    assert (stuck.error, stuck.given_up) == ("the mail server does not answer", 1)
    assert notices.try_dead_again(since=NOON, now=now) == 1
    assert work(now).sent == 1


def test_a_mail_server_that_is_down_names_no_address(li, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    put("unit:street-east")
    assert work(NOON).retried == 1
    assert "does not take the message" in Parcel.objects.get().error
    assert "li@" not in Parcel.objects.get().error


def test_old_messages_go(li):
    put("unit:street-east")
    work(NOON)
    assert notices.tidy(now=NOON + timedelta(days=89)) == 0
    notices.tidy(now=NOON + timedelta(days=91))
    assert [m.objects.count() for m in (Parcel, Message, InboxItem)] == [0, 0, 0]


class Crash(BaseException):
    """The process is gone."""


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["put", "put", "urgent", "work", "fail", "crash_before", "crash_after", "crash_sorting"]
        ),
        st.sampled_from(["unit:street-east", "person"]),
        st.integers(1, 600),
    ),
    min_size=1,
    max_size=18,
)


@pytest.mark.django_db(transaction=True)
@hypothesis_settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, seed=st.integers(0, 2**16))
def test_none_lost_none_twice_in_order_and_silent_at_night(steps, seed):
    """Whoever drops a key that they have already reads every notice once, in order, by day."""
    from django.contrib.auth import get_user_model
    from django.db import transaction

    rng = random.Random(seed)
    got: dict[str, tuple] = {}

    def receiver(now, *, dies=""):
        def carrier(load):
            if dies == "fail":
                raise Unavailable("down")
            if dies == "before" and rng.random() < 0.5:
                raise Crash
            assert load.urgent or 8 <= (now.hour + 8) % 24 < 21, "at night"
            numbers = tuple(re.findall(r"20261102-\d{6}", load.letter.body))
            assert got.setdefault(load.key, (load.address, numbers, load.urgent)) == (
                load.address,
                numbers,
                load.urgent,
            )
            if dies == "after" and rng.random() < 0.5:
                raise Crash

        return carrier

    def dies_sorting(notice, at):
        notices.sort(notice, now=at)
        if rng.random() < 0.5:
            raise Crash

    with transaction.atomic():
        get_user_model().objects.all().delete()
        grants = (Granted(Role.HANDLER, "", "street-east"),)
        user = add_user(NewUser("li", grants=grants), acting=MACHINE, now=NOON)
        notices.wish(
            user,
            modes={"due": {"mail": "off", "sms": "now", "wechat": "off"}},
            digests=(),
            quiet=(21, 8),
            rest_days=True,
            phone="13900139000",
            wechat="",
        )
        (person,) = seal_many([NewContact(phone="13800138000")])
        now, put_in = NOON, {"unit:street-east": [], f"person:{person}": []}
        for step, to, minutes in steps:
            to = f"person:{person}" if to == "person" else to
            now += timedelta(minutes=minutes)
            try:
                if step in ("put", "urgent"):
                    number = f"20261102-{sum(map(len, put_in.values())):06d}"
                    put(to, "reminder", now=now, urgent=step == "urgent", key=number, number=number)
                    put_in[to].append((number, step == "urgent"))
                elif step == "crash_sorting":
                    send_due(now=now, send=lambda notice, at=now: dies_sorting(notice, at))
                elif step == "work":
                    work(now, carrier=receiver(now))
                else:
                    work(now, carrier=receiver(now, dies=step.removeprefix("crash_")))
            except Crash:
                pass
        notices.try_dead_again(since=NOON, now=now)
        for hours in range(0, 48, 2):
            later = now + timedelta(hours=hours)
            work(later, carrier=receiver(later))
        for to, phone in (("unit:street-east", "13900139000"), (f"person:{person}", "13800138000")):
            mine = [numbers for address, numbers, _ in got.values() if address.phone == phone]
            flat = [number for numbers in mine for number in numbers]
            assert sorted(flat) == sorted(number for number, _ in put_in[to])
            assert all(list(numbers) == sorted(numbers) for numbers in mine)
        transaction.set_rollback(True)


class Adapter:
    """The adapter of docs/notices.md, run as it stands there."""

    def __init__(self, folder, secret):
        code = re.search(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)[1]
        self.port = 18180
        (folder / "adapter.py").write_text(code, "utf-8")
        environment = {
            "XIANBAN_NOTICE_SECRET": secret,
            "PORT": str(self.port),
            "PATH": os.environ["PATH"],
            "PYTHONIOENCODING": "utf-8",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(folder / "adapter.py")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(100):
            try:
                urlopen(f"http://127.0.0.1:{self.port}/", timeout=1)
            except OSError as reason:
                if "501" in str(reason):  # it is there, and knows no GET
                    return
            time.sleep(0.05)
        raise AssertionError("the adapter of the documentation does not start")

    def stop(self):
        self.process.terminate()
        return self.process.communicate(timeout=10)[0].decode("utf-8")


def test_the_adapter_of_the_documentation_works(settings, tmp_path):
    settings.NOTICE_WEBHOOK_URL = "http://127.0.0.1:18180/"
    settings.NOTICE_WEBHOOK_SECRET = "sixteen letters!"
    (person,) = seal_many([NewContact(phone="13800138000")])
    put(f"person:{person}", "answered")
    adapter = Adapter(tmp_path, "sixteen letters!")
    try:
        assert work(NOON).sent == 1
        Parcel.objects.update(state="waiting")  # as if we had died before noting that it went
        assert work(NOON + timedelta(hours=1)).sent == 1
        settings.NOTICE_WEBHOOK_SECRET = "another secret!!"
        put(f"person:{person}", "closed")
        assert work(NOON).dead == 1
    finally:
        said = adapter.stop()
    assert said.count("sms 13800138000") == 1
    assert "已答复您的诉求 20261102-000007" in said
    settings.NOTICE_WEBHOOK_URL = "http://127.0.0.1:1/"
    put(f"person:{person}", "declined")
    assert work(NOON).retried == 1
    assert "138" not in Parcel.objects.order_by("-id")[0].error


class TestReceipts:
    @pytest.fixture
    def parcel(self, settings):
        settings.NOTICE_WEBHOOK_SECRET = "sixteen letters!"
        (self.person,) = seal_many([NewContact(phone="13800138000")])
        put(f"person:{self.person}", "answered")
        work(NOON)
        return Parcel.objects.get()

    def post(self, client, told, secret="sixteen letters!"):
        from xianban.base.clock import utc_now

        body = json.dumps({"receipts": told}).encode()
        return client.post(
            "/api/v1/notices/receipts",
            body,
            content_type="application/json",
            headers={"X-Xianban-Signature": notices.signed(body, secret=secret, at=utc_now())},
        )

    def test_delivered(self, client, parcel):
        for _ in range(2):
            answer = self.post(client, [{"id": parcel.key, "status": "delivered"}])
            assert answer.json() == {"taken": 1, "unknown": []}
        parcel.refresh_from_db()
        assert (parcel.state, parcel.receipt) == ("sent", "delivered")

    def test_failed_can_be_sent_again(self, client, parcel):
        self.post(client, [{"id": parcel.key, "status": "failed"}])
        assert notices.try_dead_again(since=NOON, now=NOON) == 1

    def test_stopped_means_no_more(self, client, parcel):
        self.post(client, [{"id": parcel.key, "status": "stopped"}])
        assert notices.level_of(self.person) == "none"

    def test_what_is_not_signed_is_refused(self, client, parcel):
        answer = self.post(client, [{"id": parcel.key, "status": "stopped"}], secret="wrong")
        assert answer.status_code == 403
        assert notices.level_of(self.person) == "all"

    def test_a_key_that_nobody_knows(self, client, parcel):
        answer = self.post(client, [{"id": "nobody", "status": "read"}])
        assert answer.json() == {"taken": 0, "unknown": ["nobody"]}
