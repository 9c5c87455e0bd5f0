"""The application as `xianban serve` loads it: what the first request needs is in memory already."""

from django.db import connections

from xianban.config.setup import settle
from xianban.config.wsgi import application
from xianban.intake.api import warm_up

warm_up()
connections.close_all()  # each thread that answers has a connection of its own
settle()

__all__ = ["application"]
