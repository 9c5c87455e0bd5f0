"""The application as `xianban serve` loads it: what the first request needs is in memory already."""

import gc

from django.db import connections

from xianban.config.wsgi import application
from xianban.intake.api import warm_up

warm_up()
connections.close_all()  # each thread that answers has a connection of its own
# a city is tens of thousands of objects that stay: looking through them for garbage takes 0.1 s
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)

__all__ = ["application"]
