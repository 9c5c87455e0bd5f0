"""Rounds on a small town: a finding is one warning, whatever the order; budgets hold; nothing twice."""

from worlds import planted, quiet

from xianban.ledger.api import history
from xianban.prevention.models import Round, Warning


def test_what_is_planted_is_found_once(rounds):
    rows = quiet() + planted()
    done = rounds(rows)
    assert done.counts["found"] >= 1
    assert done.counts["raised"] >= 1
    one = Warning.objects.filter(matter="0202", shown="raised").order_by("id").first()
    assert one is not None
    assert one.people >= 20
    assert one.expected < 12
    assert [act.verb for act in history(f"warning:{one.pk}")][:1] == ["find"]
    assert one.series["observed"]
    assert one.outlook["mid"]
    assert one.points
    assert rounds(rows) is None
    assert Round.objects.count() == 1
