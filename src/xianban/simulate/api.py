"""The door of the sample city."""

from xianban.simulate.demo import Prepared, password, prepare
from xianban.simulate.live import live_once, live_until_told
from xianban.simulate.own import measure_several
from xianban.simulate.product import simulate_in_product
from xianban.simulate.sample_pack import write_sample_pack
from xianban.simulate.staff import SEATS, Seat

__all__ = [
    "SEATS",
    "Prepared",
    "Seat",
    "live_once",
    "live_until_told",
    "measure_several",
    "password",
    "prepare",
    "simulate_in_product",
    "write_sample_pack",
]
