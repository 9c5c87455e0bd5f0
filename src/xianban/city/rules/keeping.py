"""How long a city keeps what residents told it, and how soon it answers who asks about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xianban.city.rules.tables import REQUEST_KINDS, URGENCIES

# what is kept: days after the end of the case, and what it is
KEPT: Mapping[str, tuple[int, str]] = {
    "typed": (183, "words as they were typed, sealed, where masking changed them"),
    "files": (365, "photographs and documents that came with a request"),
    "contact": (730, "name and addresses of whoever reported, after the last of their cases"),
    "words": (1095, "title, words, place and point of a request and its case, and what was added"),
}
LONGEST = 36_500


@dataclass(frozen=True)
class Keeping:
    """The periods that hold: of each class, and where urgency or kind have one of their own."""

    run: bool
    answer: str
    sessions_days: int
    days: Mapping[str, int]
    exceptions: tuple[Mapping[str, Any], ...]

    def days_for(self, name: str, *, urgency: str, kind: str) -> int:
        """Days after the end of a case; the first exception that fits and says something wins."""
        for one in self.exceptions:
            fits = one.get("urgency", urgency) == urgency and one.get("kind", kind) == kind
            if fits and f"{name}_days" in one:
                return int(one[f"{name}_days"])
        return self.days[name]


def read_exceptions(value: Any) -> list[dict[str, Any]] | None:
    """The exceptions as stated; None where one names nothing, or no period that there is."""
    if not isinstance(value, list):
        return None
    periods = {f"{name}_days" for name in KEPT}
    for one in value:
        if not isinstance(one, dict) or not set(one) & {"urgency", "kind"}:
            return None
        stated = set(one) - {"urgency", "kind"}
        if not stated or not stated <= periods:
            return None
        if one.get("urgency", URGENCIES[0]) not in URGENCIES:
            return None
        if one.get("kind", REQUEST_KINDS[0]) not in REQUEST_KINDS:
            return None
        if not all(type(one[key]) is int and 1 <= one[key] <= LONGEST for key in stated):
            return None
    return value


def keeping_from(values: Mapping[str, Any]) -> Keeping:
    """What holds, from stated values by dotted key."""
    head = "retention."
    stated = {k.removeprefix(head): v for k, v in values.items() if k.startswith(head)}
    return Keeping(
        run=stated.get("run", False),
        answer=values.get("privacy.answer", "15wd"),
        sessions_days=stated.get("sessions_days", 1),
        days={name: stated.get(f"{name}_days", days) for name, (days, _) in KEPT.items()},
        exceptions=tuple(stated.get("exceptions", ())),
    )
