"""A made-up city's file: 20 areas on a lattice, three categories, three years, with a known rise."""

import numpy as np
import polars as pl

START = np.datetime64("2023-01-02")
DAYS = 3 * 365
RISE = {"area": 7, "days": 7, "category": "noise"}


def table(*, days=DAYS, rise=40, seed=1, hours=True):
    """Requests with time, area, lat, lon, category; `rise` more in one area in the last week."""
    rng = np.random.default_rng(seed)
    rate = 0.25 + 0.1 * np.sin(np.arange(days) * 2 * np.pi / 365.25)
    counts = rng.poisson(np.broadcast_to(rate[:, None, None], (days, 20, 3)))
    day, area, category = (
        np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices(counts.shape)
    )
    extra = rise
    day = np.concatenate([day, days - 1 - rng.integers(0, RISE["days"], extra)])
    area = np.concatenate([area, np.full(extra, RISE["area"])])
    category = np.concatenate([category, np.zeros(extra, dtype=int)])
    seconds = rng.integers(0, 86_400, len(day)) if hours else np.zeros(len(day), dtype=int)
    if hours:
        seconds[np.argmax(day)] = 86_000  # the last day was whole
    when = START.astype("datetime64[s]") + day * 86_400 + seconds
    lat = 23.1 + 0.01 * (area // 5) + rng.normal(0, 0.001, len(day))
    lon = 113.2 + 0.01 * (area % 5) + rng.normal(0, 0.001, len(day))
    names = np.array(["noise", "rubbish", "light"])
    frame = pl.DataFrame(
        {
            "no": [f"{n:06d}" for n in range(len(day))],
            "when": [str(one).replace("T", " ") for one in when],
            "area": [f"Area {a:02d}" for a in area],
            "lat": [f"{v:.6f}" for v in lat],
            "lon": [f"{v:.6f}" for v in lon],
            "about": names[category].tolist(),
        }
    )
    return frame.sample(fraction=1, shuffle=True, seed=seed)
