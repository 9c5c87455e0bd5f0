"""Writes the sample city as a city pack, the folder that any city is loaded from."""

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from chinese_calendar import constants as calendar_constants

from xianban.simulate.geography import Area, Geography, Layer, make_geography
from xianban.simulate.organisation import duty_rows, unit_rows
from xianban.simulate.sheets import leaves, sheet

# what who walks by can see; matters below say only where they differ
OUTDOORS = {
    **dict.fromkeys(("01", "05", "10", "11", "12", "13", "14"), "no"),
    **dict.fromkeys(("010203", "010302", "050202", "050203"), "yes"),
    **dict.fromkeys(("0801", "090102", "090401", "090402", "150101"), "no"),
}
BREADTH = {1: 3.2, 2: 2.2, 3: 1.4, 4: 0.8}
YEARS = (2024, 2025, 2026)
# not announced yet: what the law says for every year, without shifted days
LEGAL_2027 = (
    (date(2027, 1, 1), "New Year's Day"),
    (date(2027, 2, 5), "Spring Festival"),
    (date(2027, 2, 8), "Spring Festival"),
    (date(2027, 4, 5), "Tomb-sweeping Day"),
    (date(2027, 6, 9), "Dragon Boat Festival"),
    (date(2027, 9, 15), "Mid-autumn Festival"),
    (date(2027, 10, 1), "National Day"),
)
CITY_TOML = """\
# The sample city. It is invented; its coordinates lie in the open sea.
name = "{name}"
timezone = "Asia/Shanghai"
language = "zh-hans"

[hours]
working = "09:00-12:00,13:30-18:00"

# What comes every year, and what to do about it beforehand.
[[prevention.seasons]]
name = "heating"
title = "供暖季开始前"
matter = "010101"
starts = "11-15"
ends = "03-15"
weeks_ahead = 8
tasks = ["老旧管网打压试水", "公布各换热站值班电话", "逐户回访去年不热的单元"]

[[prevention.seasons]]
name = "floods"
title = "汛期开始前"
matter = "030105"
starts = "05-01"
ends = "09-30"
weeks_ahead = 6
tasks = ["清掏雨水口和积水点管道", "检查下穿道路泵站", "备齐沙袋和围挡"]

[[prevention.seasons]]
name = "wages"
title = "春节前的工资"
matter = "100101"
starts = "01-05"
ends = "02-15"
weeks_ahead = 6
tasks = ["排查在建工地的工资专户", "公布举报电话", "约谈去年欠薪的单位"]

[[prevention.seasons]]
name = "enrolment"
title = "入学报名前"
matter = "110101"
starts = "05-15"
ends = "08-31"
weeks_ahead = 6
tasks = ["公布学区和材料清单", "更新知识库里的入学问答", "报名系统试运行"]

[[prevention.seasons]]
name = "summer_nights"
title = "夏夜外摆和噪声高峰前"
matter = "070102"
starts = "06-01"
ends = "08-31"
weeks_ahead = 4
tasks = ["划定外摆时间和位置", "和经营者签承诺", "排夜间巡查班次"]
"""
KNOWLEDGE = Path(__file__).parent / "data" / "knowledge"  # invented, as the city is
HOLIDAYS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}


def write_sample_pack(folder: Path, *, seed: int = 7, city: Geography | None = None) -> Path:
    """Write the whole pack into `folder`; the same seed (or `city`) writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    city = city or make_geography(seed)
    texts = {
        "city.toml": CITY_TOML.format(name=city.areas[0].name),
        "areas.csv": _csv(_area_rows(city.areas)),
        "areas.geojson": _geojson([({"code": area.code}, area.polygon) for area in city.areas]),
        "places.csv": _csv(_place_rows(city)),
        "unit_kinds.csv": _csv(
            {"code": row["unit_kind"], "name": row["name_zh"]} for row in sheet("unit_kinds")
        ),
        "units.csv": _csv(unit_rows(city.areas)),
        "matters.csv": _csv(_matter_rows()),
        "duties.csv": _csv(duty_rows(city.areas)),
        "calendar.csv": _csv(_calendar_rows()),
        "layers.geojson": _geojson([(_look(layer), layer.shape) for layer in city.layers]),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="")
    shutil.copytree(KNOWLEDGE, folder / KNOWLEDGE.name, dirs_exist_ok=True)
    return folder


def _csv(rows: Iterable[Mapping[str, str]]) -> str:
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _geojson(features: Sequence[tuple[dict[str, Any], shapely.Geometry]]) -> str:
    """One feature a line, so that differences can be read."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": _rounded(shapely.geometry.mapping(shape)),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for properties, shape in features
    ]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def _rounded(value: Any) -> Any:
    """GeoJSON with coordinates of six decimals, about a hand's breadth."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value


def _look(layer: Layer) -> dict[str, Any]:
    """What it is, and how broad to draw a line."""
    look: dict[str, Any] = {"kind": layer.kind, "name": layer.name}
    return look if layer.shape.area else look | {"weight": BREADTH[layer.weight]}


def _area_rows(areas: Sequence[Area]) -> list[dict[str, str]]:
    return [
        {
            "code": area.code,
            "name": area.name,
            "level": area.level,
            "parent": area.parent,
            "aliases": ";".join(area.aliases),
            "population": str(area.population),
            "lat": f"{area.middle.y:.6f}",
            "lon": f"{area.middle.x:.6f}",
        }
        for area in areas
    ]


def _place_rows(city: Geography) -> list[dict[str, str]]:
    return [
        {
            "name": place.name,
            "kind": place.kind,
            "area": place.area,
            "lat": f"{place.lat:.6f}",
            "lon": f"{place.lon:.6f}",
            "aliases": ";".join(place.aliases),
        }
        for place in city.places
    ]


def _matter_rows() -> list[dict[str, str]]:
    """The tree: first and second level appear before their first leaf."""
    rows: dict[str, dict[str, str]] = {}
    for code, leaf in leaves().items():
        for digits, name in ((2, leaf["level1"]), (4, leaf["level2"])):
            rows.setdefault(code[:digits], _matter(code[:digits], name))
        rows[code] = _matter(code, leaf["level3"], leaf)
    return list(rows.values())


def _matter(code: str, name: str, leaf: Mapping[str, str] | None = None) -> dict[str, str]:
    leaf = leaf or {}
    return {
        "code": code,
        "parent": code[:-2],
        "name": name,
        "urgency": leaf.get("urgency", ""),
        "request_kind": leaf.get("request_kind", ""),
        "outdoors": OUTDOORS.get(code, ""),
        "examples": leaf.get("examples", ""),
    }


def _calendar_rows() -> list[dict[str, str]]:
    days: dict[date, tuple[str, str]] = {}
    for day, holiday in calendar_constants.holidays.items():
        if day.year in YEARS and day.isoweekday() < 6:
            days[day] = ("no", HOLIDAYS[str(holiday)])
    for day, name in LEGAL_2027:
        days[day] = ("no", HOLIDAYS[name] + "（调休待公布）")
    for day, holiday in calendar_constants.workdays.items():
        if day.year in YEARS and day.isoweekday() > 5:
            days[day] = ("yes", HOLIDAYS[str(holiday)] + "调休")
    return [
        {"date": day.isoformat(), "working": working, "note": note}
        for day, (working, note) in sorted(days.items())
    ]
