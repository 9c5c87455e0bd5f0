"""Questions of the knowledge base that what a resident writes may come down to."""

from django.utils.translation import get_language

from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.city import api as city

FEW = 2


def answers_to(text: str) -> list[city.Entry]:
    """The best few, and only where one of their own keywords was written: else they would be in the way."""
    try:
        here = city.current()
    except NotFound:
        return []
    on = utc_now().astimezone(here.tz).date()
    found = here.shelf(get_language() or "").find(text, on=on, limit=FEW)
    return [one.entry for one in found if set(one.because) & set(one.entry.keywords)]
