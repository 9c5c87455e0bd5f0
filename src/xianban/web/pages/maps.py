"""The city's own polygons for the maps: districts, streets, and what is drawn behind them."""

import gzip
import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from xianban.base.errors import NotFound
from xianban.city import api as city

DIGITS = 4  # of a degree: about ten metres, enough to draw
EMPTY = b'{"type":"FeatureCollection","features":[]}'
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
    body = _collection(stamp) if stamp else gzip.compress(EMPTY)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        body if packed else gzip.decompress(body), content_type="application/geo+json"
    )
    if packed:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    response["ETag"] = etag
    response["Cache-Control"] = f"max-age={FRESH_S if stamp else 0}"
    return response


@lru_cache(maxsize=2)
def _collection(stamp: str) -> bytes:
    """The whole collection, compressed once for every reader."""
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
    text = json.dumps(
        {"type": "FeatureCollection", "features": streets + behind + districts},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return gzip.compress(text.encode(), mtime=0)


def _feature(geometry: dict[str, Any], **properties: str | float | None) -> dict[str, Any]:
    rounded = {**geometry, "coordinates": _rounded(geometry["coordinates"])}
    return {"type": "Feature", "properties": properties, "geometry": rounded}


def _rounded(part: Any) -> Any:
    if isinstance(part, float | int):
        return round(part, DIGITS)
    return [_rounded(inner) for inner in part]
