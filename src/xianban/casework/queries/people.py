"""Who wants to hear of a case."""

from xianban.casework.models import Interest


def persons_of(case_id: int) -> tuple[int, ...]:
    """Ids of everybody who wants to hear what becomes of this case, the first to ask first."""
    rows = Interest.objects.filter(case_id=case_id).order_by("id")
    return tuple(rows.values_list("person", flat=True))


def cases_of(person_id: int) -> tuple[int, ...]:
    """Keys of the cases that a person wants to hear of, the newest first."""
    rows = Interest.objects.filter(person=person_id).order_by("-case_id")
    return tuple(rows.values_list("case_id", flat=True))
