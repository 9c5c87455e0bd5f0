"""What a case has to do with others, whoever asks."""

from xianban.casework.models import Link

MOST = 50


def linked_cases(case_id: int) -> tuple[int, ...]:
    """Keys of the cases that this one was linked to, the newest link first."""
    rows = Link.objects.filter(case_id=case_id).order_by("-since", "-pk")
    return tuple(dict.fromkeys(rows.values_list("other_id", flat=True)[:MOST]))
