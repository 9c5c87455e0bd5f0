from pathlib import Path

from xianban.accounts.api import MAY
from xianban.casework.queries.lifecycle import lifecycle_page
from xianban.casework.rules.table import VERBS
from xianban.casework.rules.words import STATES

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_the_documentation_shows_the_table_as_it_is():
    assert PAGE.read_text(encoding="utf-8") == lifecycle_page(MAY), (
        "the lifecycle was changed: run `./run python -m xianban.casework.queries.lifecycle`"
    )


def test_it_names_every_state_and_every_act():
    page = lifecycle_page(MAY)
    assert all(word in page for word in (*STATES, *VERBS))
