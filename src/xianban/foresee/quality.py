"""What must be known of the data before anything is believed that was found in them."""

import numpy as np

from xianban.foresee.cutting import Cut
from xianban.foresee.findings import Remark
from xianban.foresee.reading import Columns, Read

BULK = 6.0  # times the usual day
SHARE = 0.02  # from which share of rows a lack is told
WEEKS_AT_EDGE = 8


def remarks(read: Read, cut: Cut, columns: Columns) -> list[Remark]:
    """All remarks, the grave ones first."""
    found = [
        *_rows(read),
        *_lacks(read, cut, columns),
        *_time(read, cut),
        *_days(cut),
        *_recoded(cut),
    ]
    return sorted(found, key=lambda remark: not remark.grave)


def _rows(read: Read) -> list[Remark]:
    told = []
    if read.rejected.height:
        reason = read.rejected["reason"][0]
        told.append(
            Remark(
                "rejected",
                {"n": read.rejected.height, "reason": reason},
                read.rejected.height > SHARE * read.rows,
            )
        )
    if read.alike:
        told.append(Remark("alike", {"n": read.alike, "share": read.alike / read.rows}, True))
    if read.repeated:
        told.append(Remark("repeated", {"n": read.repeated}))
    if read.repeated_ids:
        told.append(Remark("repeated_ids", {"n": read.repeated_ids}))
    return told


def _lacks(read: Read, cut: Cut, columns: Columns) -> list[Remark]:
    events, told = read.events, []
    lacks = (
        ("no_area", columns.area, events.area < 0),
        ("no_category", columns.category, events.category < 0),
        ("no_point", columns.lat, ~events.placed),
    )
    for code, named, lacking in lacks:
        n = int(lacking.sum())
        if named and n:
            told.append(Remark(code, {"n": n, "share": n / len(events)}, n > 0.2 * len(events)))
    if read.broken_places:
        told.append(Remark("broken_places", {"n": read.broken_places}))
    if columns.lat and not events.degrees:
        told.append(Remark("plane"))
    return told


def _time(read: Read, cut: Cut) -> list[Remark]:
    told = []
    if read.month_first:
        told.append(Remark("month_first", {"example": read.month_first}, True))
    if cut.before:
        told.append(Remark("old_remainder", {"n": cut.before, "day": str(cut.dates[0])}))
    if cut.thin_days:
        values = {"n": cut.after, "days": cut.thin_days, "day": str(cut.dates[-1])}
        told.append(Remark("thin_end", values, True))
    elif cut.after:
        told.append(Remark("last_day_open", {"n": cut.after, "day": str(cut.dates[-1] + 1)}))
    if (cut.events.when == cut.events.day).mean() > 0.9:
        told.append(Remark("days_only"))
    if len(cut.dates) < 365:
        told.append(Remark("short_past", {"days": len(cut.dates)}, len(cut.dates) < 84))
    return told


def _days(cut: Cut) -> list[Remark]:
    """Days without anything, and days on which far more was entered than ever comes."""
    total, told = cut.whole, []
    if len(total) < 28:
        return []
    weekday = (cut.dates.astype(np.int64) + 3) % 7  # 0 is Monday
    by_weekday = np.array([np.median(total[weekday == day]) for day in range(7)])
    usual = by_weekday[weekday]
    missing = np.flatnonzero((total == 0) & (usual >= 5))
    if len(missing):
        days = [str(day) for day in cut.dates[missing][:5]]
        told.append(
            Remark(
                "missing_days", {"n": len(missing), "days": days}, len(missing) > 0.05 * len(total)
            )
        )
    bulk = np.flatnonzero(total > BULK * np.maximum(usual, 5))
    if len(bulk):
        worst = bulk[np.argmax(total[bulk])]
        told.append(
            Remark(
                "bulk_days",
                {
                    "n": len(bulk),
                    "day": str(cut.dates[worst]),
                    "events": int(total[worst]),
                    "usual": float(usual[worst]),
                },
            )
        )
    quiet = np.flatnonzero(by_weekday == 0)
    if 0 < len(quiet) < 7:
        told.append(Remark("closed_weekdays", {"days": quiet.tolist()}))
    return told


def _recoded(cut: Cut) -> list[Remark]:
    """Categories that begin or end in the middle of the file: a change of coding looks like an outbreak."""
    days = len(cut.dates)
    told: list[Remark] = []
    if days < 180 or not cut.events.categories:
        return told
    edge = WEEKS_AT_EDGE * 7
    for code in range(min(len(cut.events.categories), 60)):
        mine = cut.day[cut.events.category == code]
        if len(mine) < 100:
            continue
        rate = days / len(mine)
        slack = edge + 10 * rate
        name = cut.events.categories[code]
        if mine.min() > slack:
            told.append(
                Remark(
                    "category_begins", {"category": name, "day": str(cut.dates[mine.min()])}, True
                )
            )
        if mine.max() < days - slack:
            told.append(
                Remark("category_ends", {"category": name, "day": str(cut.dates[mine.max()])}, True)
            )
    return told
