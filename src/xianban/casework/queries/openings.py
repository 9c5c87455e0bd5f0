"""What was promised when a case began, told again to whoever asks twice."""

from collections.abc import Collection

from xianban.base.ids import case_number
from xianban.casework.models import Case
from xianban.casework.rules.values import Opened
from xianban.city.api import current


def opened(case_ids: Collection[int]) -> dict[int, Opened]:
    """Number, state, unit, matter and date of these cases as they are now; one query."""
    if not case_ids:
        return {}
    tz = current().tz
    columns = ("id", "received_at", "state", "unit", "due_at", "matter")
    return {
        pk: Opened(pk, case_number(pk, received_at, tz=tz), state, unit, due_at, matter)
        for pk, received_at, state, unit, due_at, matter in Case.objects.filter(
            pk__in=case_ids
        ).values_list(*columns)
    }
