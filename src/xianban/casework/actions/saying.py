"""What somebody says with an act, made ready: trimmed, typed, and without phone numbers."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xianban.base.errors import BadInput
from xianban.casework.actions.opening import limits_for
from xianban.casework.queries.duties import duty_held
from xianban.casework.queries.numbers import key_of
from xianban.casework.rules.standing import Standing
from xianban.casework.rules.table import TABLE
from xianban.casework.rules.values import Field
from xianban.casework.rules.words import CHECK_ANSWERS
from xianban.city.api import City
from xianban.residents.api import mask_numbers

YES, NO = ("yes", "true", "1", "on", "是"), ("no", "false", "0", "off", "否")
MOST_CHECKS, LONGEST_CHECK = 60, 300
LONGEST = {"text": 5000, "place": 300, "limit": 12}
MARKS = re.compile(r"[;；、,，\n]")
FIELDS: dict[str, dict[str, Field]] = {}
for _move in TABLE:
    FIELDS.setdefault(_move.verb, {}).update({field.name: field for field in _move.fields})


def made_ready(verb: str, data: Mapping[str, Any] | None, city: City) -> dict[str, Any]:
    """The values of an act as the rules and the ledger take them; empty ones are left out."""
    fields = FIELDS.get(verb, {})
    said = {}
    for name, value in (data or {}).items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        field = fields.get(name)
        if field and field.kind == "files":
            raise BadInput("files are not words of an act; hand them over beside it")
        said[name] = _read(field, value, city) if field else value
    if verb == "refine":
        _complete_refinement(said, city)
    return said


def _read(field: Field, value: Any, city: City) -> Any:
    if field.kind == "yes_no":
        return _yes_or_no(field.name, value)
    if field.kind == "checks":
        return _checks(value)
    if field.kind == "person":
        return _person(value)
    if field.kind == "units":
        return _units(value)
    if field.kind == "case":
        return key_of(str(value))
    text = str(value).replace("\x00", "").strip()
    longest = LONGEST.get(field.name) or LONGEST.get(field.kind, 200)
    if len(text) > longest:
        raise BadInput(
            f"“{field.name}” has {len(text)} characters, of which {longest} fit; shorten it"
        )
    if field.kind == "text":
        return mask_numbers(text)
    known = {"matter": city.matters, "area": city.areas, "urgency": city.service_limits}.get(
        field.kind
    )
    if known is not None and text not in known:
        raise BadInput(f"there is no {field.kind} “{text}” in this city; choose one from its list")
    return text


def _checks(value: Any) -> list[dict[str, str]]:
    """Answers to the points of a checklist, each with a remark; what was not answered is left out."""
    if not isinstance(value, list | tuple) or len(value) > MOST_CHECKS:
        raise BadInput(f"“checks” is a list of at most {MOST_CHECKS} answered points")
    read = []
    for check in value:
        if not isinstance(check, Mapping) or check.get("answer") not in CHECK_ANSWERS:
            raise BadInput(
                f"each of “checks” has a point and an answer: {', '.join(CHECK_ANSWERS)}"
            )
        point, note = (
            str(check.get(name) or "").replace("\x00", "").strip() for name in ("point", "note")
        )
        if len(point) > LONGEST_CHECK or len(note) > LONGEST_CHECK:
            raise BadInput(
                f"a remark on a point has at most {LONGEST_CHECK} characters; shorten it"
            )
        read.append({"point": point, "answer": check["answer"], "note": mask_numbers(note)})
    return read


def _person(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise BadInput(f"“{value}” is nobody's id; choose somebody from the list") from None


def _units(value: Any) -> list[str]:
    """Codes of units, given as a list or one after another."""
    given = MARKS.split(value) if isinstance(value, str) else [str(one) for one in value]
    return [code.strip() for code in given if code.strip()]


def _yes_or_no(name: str, value: Any) -> bool:
    word = str(value).strip().lower()
    if isinstance(value, bool) or word in YES or word in NO:
        return value if isinstance(value, bool) else word in YES
    raise BadInput(f"“{name}” is yes or no, not “{value}”")


def _complete_refinement(said: dict[str, Any], city: City) -> None:
    """Another matter brings its own urgency, unless one is named."""
    if "matter" in said and "urgency" not in said:
        said["urgency"] = city.matters[said["matter"]].urgency


def points_to_answer(verb: str, standing: Standing, city: City, opened_at: datetime) -> tuple:
    """The checklist that holds for the case, where the act says that it is done."""
    if verb != "report":
        return ()
    found = duty_held(standing.matter, standing.area, opened_at, city)
    return found.checklist if found else ()


def duty_limits(
    verb: str, said: Mapping[str, Any], standing: Standing, city: City, now: datetime
) -> dict[str, str]:
    """The limits that hold for the case as the act leaves it; none where the act does not touch them."""
    if verb not in ("dispatch", "decide", "refine"):
        return {}
    matter = said.get("matter", standing.matter)
    area = said.get("area", standing.area) or city.root
    urgency = said.get("urgency", standing.urgency)
    assignment = city.duty_for(matter, area, on=now.astimezone(city.tz).date()) if matter else None
    return limits_for(city, urgency, assignment)
