"""How long the city with known truth takes, both policies one after the other."""

import time

from benchmarks.report import Row

CITIES = ((500_000, 365, 30.0), (5_000_000, 730, 300.0))


def run() -> list[Row]:
    """A year of half a million people, and two years of five million."""
    return [_lived(*city) for city in CITIES]


def _lived(people: int, days: int, limit_s: float) -> Row:
    from xianban.simulate.bulk.running import simulate_both

    began = time.perf_counter()
    _, ahead = simulate_both(days=days, seed=0, skill=1.0, people=people)
    spent = time.perf_counter() - began
    return Row(
        f"{people:,} people, {days} days, both policies",
        spent,
        "s",
        mark=f"<= {limit_s:.0f}",
        met=spent <= limit_s,
        note=f"{ahead.complaints:,} complaints, {ahead.orders:,} orders",
    )
