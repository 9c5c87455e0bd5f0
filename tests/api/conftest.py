import pytest
from django.core.cache import cache

from builders import load_town


@pytest.fixture
def town(db, tmp_path):
    """The town of `builders`, loaded into the database of this test."""
    return load_town(tmp_path / "town")


@pytest.fixture(autouse=True)
def _nothing_counted():
    cache.clear()
