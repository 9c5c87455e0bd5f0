"""How the open cases lie over matters, areas and units: for weighing a change of the duty list."""

from django.db.models import Count

from xianban.casework.models import Case
from xianban.city.api import Load


def open_loads() -> list[Load]:
    """Open cases by matter, area and lead, counted; one pass over the open ones."""
    rows = (
        Case.objects.filter(ended_at__isnull=True)
        .values("matter", "area", "unit")
        .annotate(cases=Count("id"))
        .order_by()
    )
    return [Load(row["matter"], row["area"], row["unit"], row["cases"]) for row in rows]
