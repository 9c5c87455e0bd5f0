"""Hearing of a place: asked for, confirmed by code, told in numbers once a day."""

from datetime import timedelta

import pytest

from builders import BRIDGE, HARBOUR, MILL, monday
from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput, NotFound
from xianban.city.api import current
from xianban.intake.api import (
    Submission,
    confirm,
    receive,
    subscribe,
    subscription_by_code,
    subscription_code,
    tell_subscribers,
    unsubscribe,
    with_codes,
)
from xianban.notices.letters import News, letter

TOMORROW = monday(9) + timedelta(days=1)


def notices(kind):
    from xianban.ledger.models import Notice

    return list(Notice.objects.filter(kind=kind).order_by("pk"))


def ask(area=MILL, phone="13812345678", **more):
    return subscribe(area=area, phone=phone, now=monday(8), **more)


def confirmed(**more):
    pk = ask(**more)
    confirm(pk, subscription_code(pk), now=monday(8))
    return pk


def say(text="rubbish lies beside the mill", at=None):
    said = Submission(door="web", text=text, place="Mill")
    return receive(said, acting=MACHINE, now=at or monday(9))


def test_a_code_goes_to_the_contact_and_brings_news(town):
    pk = ask()
    (sent,) = notices("subscribe_code")
    words = letter(
        [News(sent.kind, with_codes(sent.payload))],
        to_person=True,
        city=current(),
        language="en",
        now=monday(9),
        say_when=lambda when, now: "",
    )
    assert subscription_code(pk) in words.body
    assert subscription_code(pk) not in str(sent.payload)
    confirm(pk, subscription_code(pk).lower(), now=monday(8))
    say()
    assert tell_subscribers(now=TOMORROW) == 1
    (news,) = notices("subscribe_news")
    assert (news.payload["accepted"], news.payload["solved"]) == (1, 0)
    assert "rubbish" not in str(news.payload)
    assert tell_subscribers(now=TOMORROW + timedelta(hours=3)) == 0


def test_without_the_code_nobody_hears_anything(town):
    pk = ask()
    with pytest.raises(NotFound):
        confirm(pk, "AAAAAAAA", now=monday(8))
    say()
    assert tell_subscribers(now=TOMORROW) == 0


def test_a_street_hears_of_its_communities_and_not_of_its_neighbours(town):
    confirmed(area=BRIDGE)
    confirmed(area=HARBOUR)
    say()
    tell_subscribers(now=TOMORROW)
    assert [one.payload["area"] for one in notices("subscribe_news")] == [BRIDGE]


def test_one_matter_alone(town):
    confirmed(matter="01")
    say()
    assert tell_subscribers(now=TOMORROW) == 0
    say("water is gushing from the road, the main burst", TOMORROW)
    assert tell_subscribers(now=TOMORROW + timedelta(days=1)) == 1


def test_asked_again_it_is_the_same_and_nobody_is_pestered(town):
    assert len({ask() for _ in range(10)}) == 1
    assert len(notices("subscribe_code")) == 3


def test_it_ends_with_the_code_and_leaves_nothing(town):
    from xianban.intake.models import Subscription

    pk = confirmed()
    code = subscription_code(pk)
    assert subscription_by_code(pk, code).confirmed
    unsubscribe(pk, code, now=monday(9))
    assert not Subscription.objects.exists()
    with pytest.raises(NotFound):
        subscription_by_code(pk, code)


def test_what_nobody_confirms_is_forgotten(town):
    from xianban.intake.models import Subscription

    ask()
    tell_subscribers(now=monday(9) + timedelta(days=8))
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("more", [{"area": "nowhere"}, {"phone": "call me"}, {"matter": "99"}])
def test_what_cannot_be_is_refused(town, more):
    with pytest.raises(BadInput):
        ask(**more)
