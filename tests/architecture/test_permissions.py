"""Whatever can be done has a line in the table of permissions."""

from xianban.accounts.api import MAY
from xianban.casework.rules.table import TABLE


def test_every_act_of_the_lifecycle_is_permitted_to_somebody():
    assert {move.may for move in TABLE} <= set(MAY)
