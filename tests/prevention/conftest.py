import sys
from pathlib import Path

import pytest

from builders import load_town

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def town(db, tmp_path):
    """The town of `builders`, loaded into the database of this test."""
    return load_town(tmp_path / "town")


@pytest.fixture
def rounds(town, monkeypatch):
    """Call with rows to do a round on them: requests have no cases here, but those that are given."""
    from worlds import UNTIL, frame

    from xianban.prevention.actions import rounds as acts
    from xianban.prevention.api import past_of, record_round, terrain_of

    cases = {}
    monkeypatch.setattr(acts, "cases_of_requests", lambda keys: {k: cases.get(k, 10_000 + k) for k in keys})  # fmt: skip

    def run(rows, *, kind="nightly", until=UNTIL, now=None):
        past = past_of(frame(rows), until=until, terrain=terrain_of(town))
        return record_round(kind, past, now=now or until)

    run.cases = cases
    return run
