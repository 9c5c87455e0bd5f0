import pytest

from builders import load_town


@pytest.fixture
def town(db, tmp_path):
    """The town of `builders`, loaded into the database of this test."""
    return load_town(tmp_path / "town")
