import pytest

from packs import write_small_pack
from xianban.city import api
from xianban.city.pack.reading import read_pack
from xianban.city.rules.build import build_city


@pytest.fixture(autouse=True)
def _no_city_of_another_test():
    api.forget()


@pytest.fixture
def pack(tmp_path):
    return write_small_pack(tmp_path / "pack")


@pytest.fixture
def city(pack):
    """The small city, in memory, without a database."""
    return build_city(read_pack(pack).tables)
