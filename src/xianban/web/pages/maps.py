"""The city's own polygons for the maps: districts, streets, and what is drawn behind them."""

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from xianban.base.errors import NotFound
from xianban.city import api as city

DIGITS = 5  # of a degree: about a metre
FRESH_S = 300  # then the browser asks whether it is still the same


@require_safe
def areas(request: HttpRequest) -> HttpResponse:
    """GeoJSON of the areas and the background; the same until another pack is loaded."""
    try:
        stamp = city.current().stamp
    except NotFound:
        stamp = ""
    etag = f'"{stamp}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    body = _collection(stamp) if stamp else '{"type":"FeatureCollection","features":[]}'
    response = HttpResponse(body, content_type="application/geo+json")
    response["ETag"] = etag
    response["Cache-Control"] = f"max-age={FRESH_S if stamp else 0}"
    return response


@lru_cache(maxsize=2)
def _collection(stamp: str) -> str:
    here = city.current()
    streets, districts = (
        [
            _feature(json.loads(here.shapes[code]), code=code, name=area.name, level=level)
            for code, area in here.areas.items()
            if area.level == level and code in here.shapes
        ]
        for level in ("street", "district")
    )
    behind = [
        _feature(json.loads(layer.geometry), kind=layer.kind, name=layer.name, weight=layer.weight)
        for layer in here.background
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": streets + behind + districts},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _feature(geometry: dict[str, Any], **properties: str | float | None) -> dict[str, Any]:
    rounded = {**geometry, "coordinates": _rounded(geometry["coordinates"])}
    return {"type": "Feature", "properties": properties, "geometry": rounded}


def _rounded(part: Any) -> Any:
    if isinstance(part, float | int):
        return round(part, DIGITS)
    return [_rounded(inner) for inner in part]
