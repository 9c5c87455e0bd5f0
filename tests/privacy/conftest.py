import pytest

from builders import load_town


@pytest.fixture
def town(db, tmp_path):
    return load_town(tmp_path / "town")
