"""Whom to press first: how late × how many people × how urgent. Plain values only."""

URGENCY_WEIGHTS = {"critical": 8.0, "urgent": 3.0}  # any other weighs 1
HOUR_S = 3600.0


def press_weight(*, late_s: float, people: int, urgency: str) -> float:
    """Hours late (at least one) × people who wait (at least one) × the weight of the urgency."""
    return max(1.0, late_s / HOUR_S) * max(1, people) * URGENCY_WEIGHTS.get(urgency, 1.0)
