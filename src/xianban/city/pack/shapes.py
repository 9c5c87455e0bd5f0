"""GeoJSON in, GeoJSON out: outlines of areas, and the background of maps."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xianban.base.ids import canonical_json
from xianban.city.pack.files import Notes, read_text
from xianban.city.rules.grid import geometry_fault
from xianban.city.rules.tables import LAYERS_FILE, SHAPES_FILE

DECIMALS = 7  # about a centimetre
HEAVIEST = 1000.0
DEEPEST = 6  # how far coordinates nest
MAP_TOOL = "export it from a map tool as GeoJSON, WGS 84"
MEND = "mend the outline in a map tool (“fix geometries”) and export it again"


def read_shapes(path: Path, notes: Notes) -> list[dict[str, Any]]:
    """The outlines of areas, as rows."""
    rows = []
    for number, feature in _features(path, notes):
        code = _word(feature, "code")
        if not code:
            notes.fault(
                SHAPES_FILE,
                number,
                "properties.code",
                "is missing",
                "name the area by its code in areas.csv",
            )
            continue
        geometry = _tidy(feature.get("geometry"))
        fault = geometry_fault(geometry)
        if fault or geometry is None:
            notes.fault(SHAPES_FILE, number, "geometry", f"area {code}: {fault}", MEND)
            continue
        rows.append({"id": number, "row": number, "area": code, "geometry": _compact(geometry)})
    return rows


def read_layers(path: Path, notes: Notes) -> list[dict[str, Any]]:
    """The background of maps, as rows; the same feature twice counts once."""
    rows: dict[str, dict[str, Any]] = {}
    for number, feature in _features(path, notes):
        geometry = _tidy(feature.get("geometry"))
        if geometry is None or "coordinates" not in geometry:
            notes.fault(
                LAYERS_FILE, number, "geometry", "is missing or not a simple geometry", MAP_TOOL
            )
            continue
        told = {
            "kind": _word(feature, "kind")[:40],
            "name": _word(feature, "name")[:200],
            "weight": _weight(feature),
            "geometry": _compact(geometry),
        }
        key = hashlib.sha256(canonical_json(told)).hexdigest()
        rows.setdefault(key, {"id": number, "row": number, "key": key, **told})
    return list(rows.values())


def _features(path: Path, notes: Notes) -> Iterator[tuple[int, dict[str, Any]]]:
    text = read_text(path, notes)
    if text is None:
        return
    try:
        whole = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as reason:
        notes.fault(path.name, reason.lineno, "", f"is not JSON ({reason.msg})", MAP_TOOL)
        return
    except (ValueError, RecursionError) as reason:
        notes.fault(path.name, None, "", f"is not JSON ({reason})", MAP_TOOL)
        return
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list):
        notes.fault(path.name, None, "", "is not a GeoJSON FeatureCollection", MAP_TOOL)
        return
    for number, feature in enumerate(features, 1):
        if isinstance(feature, dict):
            yield number, feature
        else:
            notes.fault(path.name, number, "", "is not a feature", MAP_TOOL)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a number")


def _word(feature: dict[str, Any], name: str) -> str:
    properties = feature.get("properties")
    value = properties.get(name) if isinstance(properties, dict) else None
    text = str(value).strip() if isinstance(value, str | int) else ""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _weight(feature: dict[str, Any]) -> float | None:
    properties = feature.get("properties")
    value = properties.get("weight") if isinstance(properties, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= HEAVIEST else None


def _tidy(geometry: Any) -> dict[str, Any] | None:
    """Type and coordinates alone, in degrees to the centimetre, without heights; None where it is neither."""
    if not isinstance(geometry, dict) or not isinstance(geometry.get("type"), str):
        return None
    try:
        coordinates = _rounded(geometry.get("coordinates"), 0)
    except (TypeError, ValueError, OverflowError):
        return {"type": geometry["type"]}
    return {"type": geometry["type"], "coordinates": coordinates}


def _rounded(value: Any, depth: int) -> Any:
    if depth > DEEPEST or not isinstance(value, list) or not value:
        raise ValueError("not coordinates")
    if isinstance(value[0], list):
        return [_rounded(item, depth + 1) for item in value]
    if len(value) < 2 or any(isinstance(n, bool) or not isinstance(n, int | float) for n in value):
        raise ValueError("not a position")
    return [round(float(n), DECIMALS) for n in value[:2]]


def _compact(geometry: dict[str, Any]) -> str:
    return json.dumps(geometry, separators=(",", ":"))


def write_features(path: Path, features: list[tuple[dict[str, Any], str]]) -> None:
    """A FeatureCollection with one feature a line, so that differences can be read."""
    lines = (
        json.dumps({"type": "Feature", "properties": properties}, ensure_ascii=False)[:-1]
        + f', "geometry": {geometry}}}'
        for properties, geometry in features
    )
    path.write_text(
        '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n",
        encoding="utf-8",
    )
