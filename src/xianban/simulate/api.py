"""The door of the sample city."""

from xianban.simulate.demo import Prepared, password, prepare
from xianban.simulate.sample_pack import write_sample_pack
from xianban.simulate.staff import SEATS, Seat

__all__ = ["SEATS", "Prepared", "Seat", "password", "prepare", "write_sample_pack"]
