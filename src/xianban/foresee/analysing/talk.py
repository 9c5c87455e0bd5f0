"""What residents talk about."""

import re

import numpy as np

from xianban.foresee.cutting import Cut
from xianban.foresee.findings import Issue
from xianban.foresight import issues

TOP = 20
LATEST = 20_000  # texts, the newest: what was talked about years ago is not hot
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def talk(cut: Cut) -> tuple[list[Issue], str]:
    """The issues most people wrote about; and why there are none, if so."""
    events = cut.events
    if not events.texts:
        return [], "no_texts"
    written = np.array([bool(text.strip()) for text in events.texts])
    chosen = np.flatnonzero(written)[-LATEST:]
    if len(chosen) < 2:
        return [], "no_texts"
    sample = "".join(events.texts[i][:80] for i in chosen[:500])
    if len(CHINESE.findall(sample)) < 0.2 * len(sample):
        return [], "not_chinese"
    found = issues.find(
        [events.texts[i] for i in chosen],
        times=events.when[chosen],
        authors=[events.authors[i] or None for i in chosen] if events.authors else None,
        places=[cut.places[cut.place[i]] if cut.place[i] >= 0 else None for i in chosen]
        if cut.events.areas
        else None,
        top=TOP,
    )
    return [
        Issue(
            title=one.title,
            messages=len(one.members),
            people=one.people,
            copies=one.copies,
            support=one.support,
            first=str(one.first)[:10],
            last=str(one.last)[:10],
            places=list(one.places),
            samples=[sample[:400] for sample in one.samples],
        )
        for one in found
    ], ""
