"""The record of a detector, and whether it should be stricter or looser: over its last 50."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

LAST = 50
ENOUGH_TO_TUNE = 15
STRICTER_BELOW, LOOSER_ABOVE = 0.4, 0.85
STEP = 2.5
LEAST_FDR, MOST_FDR = 0.0005, 0.3
EARLY = 5  # before the fifth who complains


@dataclass(frozen=True)
class Past:
    """One warning as its record needs it."""

    stand: str
    outcome: str
    people_at_first: int
    lead_days: float | None
    effort_hours: float | None
    effect: float | None = None


@dataclass(frozen=True)
class Record:
    """Of the last 50 that were studied or ended: how many were real, how early, at what effort."""

    raised: int
    real: int
    empty: int
    open: int
    early: int  # raised before the fifth person
    lead_days: float | None  # median
    effort_hours: float | None  # median, from order to answer
    effects: int
    effect: float | None  # mean of those measured

    @property
    def precision(self) -> float | None:
        """Share that was real, of those that somebody judged; None where nobody did."""
        judged = self.real + self.empty
        return self.real / judged if judged else None


def is_real(stand: str, outcome: str) -> bool | None:
    """Whether it turned out real; None while nobody has said."""
    if outcome:
        return outcome == "real"
    return {"confirmed": True, "ordered": True, "dismissed": False}.get(stand)


def effect_of(outcome: str, measured: float | None) -> float | None:
    """What an order teaches of later ones: one that found nothing changed nothing, whatever came afterwards.

    Where there was nothing to find less comes than is usual there, so its measure flatters.
    """
    return 0.0 if outcome == "empty" and measured is not None else measured


def record_of(warnings: Sequence[Past]) -> Record:
    """The record over what was raised, the newest first."""
    last = warnings[:LAST]
    said = [is_real(one.stand, one.outcome) for one in last]
    leads = [one.lead_days for one in last if one.lead_days is not None]
    efforts = [one.effort_hours for one in last if one.effort_hours is not None]
    effects = [one.effect for one in last if one.effect is not None]
    return Record(
        raised=len(last),
        real=said.count(True),
        empty=said.count(False),
        open=said.count(None),
        early=sum(one.people_at_first < EARLY for one in last),
        lead_days=median(leads) if leads else None,
        effort_hours=median(efforts) if efforts else None,
        effects=len(effects),
        effect=sum(effects) / len(effects) if effects else None,
    )


def tuned(config: Mapping[str, Any], record: Record, *, over_budget: float) -> tuple[dict[str, Any], str] | None:  # fmt: skip
    """A challenger's configuration with the reason, where the record asks for one; else None.

    `over_budget`: share of what it found lately that found no place.
    """
    judged, precision = record.real + record.empty, record.precision
    if precision is None or judged < ENOUGH_TO_TUNE:
        return None
    fdr = float(config["fdr"])
    if precision < STRICTER_BELOW and fdr > LEAST_FDR:
        said = f"of the last {judged} judged {record.real} were real; stricter"
        return {**config, "fdr": max(LEAST_FDR, round(fdr / STEP, 6)), "least": int(config["least"]) + 1}, said  # fmt: skip
    if precision > LOOSER_ABOVE and over_budget < 0.1 and fdr < MOST_FDR:
        said = f"of the last {judged} judged {record.real} were real, and the desks have places left; looser"  # fmt: skip
        return {**config, "fdr": min(MOST_FDR, round(fdr * STEP, 6))}, said
    return None
