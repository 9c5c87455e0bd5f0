"""One person's data, wherever they lie, gone at once."""

from datetime import datetime

from django.db import transaction

from xianban.accounts.api import Actor
from xianban.casework import api as casework
from xianban.files.api import erase_files
from xianban.intake import api as intake
from xianban.notices.api import forget_person
from xianban.privacy.models import Asking
from xianban.residents.api import ErasureGround, erase, forgetting


def erase_person(
    person_id: int, *, acting: Actor, now: datetime, ground: ErasureGround, words_too: bool = True
) -> None:
    """Contact, key and words as typed go; with `words_too` also requests, files and what was added.

    Whether a hold forbids it is for the caller.
    """
    with forgetting(), transaction.atomic():
        if words_too:
            requests = [row.id for row in intake.kept(person_ids=[person_id]).get(person_id, ())]
            intake.forget_requests(requests)
            for pk in requests:
                erase_files(f"request:{pk}", by=acting.key, ground=ground.value, now=now)
            casework.forget_words(person_id)
        intake.end_subscriptions(person_id, now=now)
        erase(person_id, acting=acting, now=now, reason=ground)
        Asking.objects.filter(person=person_id).update(sealed=None)
        transaction.on_commit(lambda: _drop_notices(person_id))


def _drop_notices(person_id: int) -> None:
    forget_person(person_id)
