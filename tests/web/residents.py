"""A report made as a resident makes it."""

import re

from django.test import Client

from xianban.web.forms import new_key


def report(text, *, place="Mill", name="Ann", phone="13812345678"):
    """Number and code of a new report."""
    said = {"key": new_key(), "text": text, "place": place, "name": name, "phone": phone}
    response = Client().post("/", said)
    return re.fullmatch(r"/follow/([\d-]+)/(\w+)/", response.url).groups()
