"""A small city pack for tests: two districts, five grids, eight kinds of units. Loaded through the door."""

import json
from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
FILES = {
    "city.toml": """\
name = "江宁市"
timezone = "Asia/Shanghai"
""",
    "areas.csv": """\
code,name,level,parent,aliases,population,lat,lon
990100,江宁市,city,,,40000,31.12,121.42
990101,南湾区,district,990100,南湾新区,25000,31.11,121.41
990102,北山区,district,990100,,15000,31.13,121.43
990101001,西关街道,street,990101,,15000,31.105,121.405
990101002,东湖街道,street,990101,,10000,31.105,121.425
990102001,白塔镇,street,990102,,15000,31.125,121.405
990101001001,北岸社区,community,990101001,,8000,31.105,121.405
990101001002,和平社区,community,990101001,,7000,31.105,121.415
990101002001,柳荫社区,community,990101002,,10000,31.105,121.425
990102001001,和平社区,community,990102001,,15000,31.125,121.405
990101001001001,北岸社区第一网格,grid,990101001001,,4000,31.105,121.4025
990101001001002,北岸社区第二网格,grid,990101001001,,4000,31.105,121.4075
990101001002001,和平社区第一网格,grid,990101001002,,7000,31.105,121.415
990101002001001,柳荫社区第一网格,grid,990101002001,,10000,31.105,121.425
990102001001001,和平社区第一网格,grid,990102001001,,15000,31.125,121.405
""",
    "places.csv": """\
name,kind,area,lat,lon,aliases
锦绣花园,estate,990101001001001,31.104,121.402,锦绣花园小区
中山路,road,990101001,,,
中山路,road,990101002,,,
人民公园,park,990102001001001,31.126,121.404,人民公园北门;公园
Harbour View,estate,990101002001001,,,
""",
    "unit_kinds.csv": """\
code,name
district_gov,区政府
street_office,街道办事处
urban_mgmt,城市管理委
transport,交通运输局
traffic_police,公安交管
landscaping,园林绿化
utility_water,供水企业
housing,住建
""",
    "units.csv": """\
code,name,kind,area,always_open
D1,南湾区政府,district_gov,990101,
D2,北山区政府,district_gov,990102,
S1,西关街道办事处,street_office,990101001,
S2,东湖街道办事处,street_office,990101002,
S3,白塔镇政府,street_office,990102001,
M1,南湾区城管委,urban_mgmt,990101,
M2,北山区城管委,urban_mgmt,990102,
TR,江宁市交通运输局,transport,990100,
TP,江宁市交警支队,traffic_police,990100,yes
GR,江宁市园林局,landscaping,990100,
WA,江宁水务集团,utility_water,990100,yes
HO,江宁市住建局,housing,990100,
""",
    "matters.csv": """\
code,parent,name,urgency,request_kind,examples
01,,公共服务,,,
0101,01,供水,,,
010101,0101,停水,urgent,report,从早上八点停水到现在|整个小区都没水了
010102,0101,水质异常,urgent,complaint,自来水发黄还有股味道|水龙头放出来的水是浑的
02,,城市设施与道路,normal,,
0201,02,道路设施,,,
020101,0201,路灯不亮,,report,门口那排路灯全黑了|路灯坏了好几天
020102,0201,井盖缺失破损,critical,report,井盖没了|路中间的井盖碎了
03,,交通管理,,,
0301,03,公共交通,,,
030101,0301,公交线路与站点,complex,complaint,公交站台太高老人上不去|站牌后面是花坛没法下车
0302,03,其他,,,
030201,0302,其他,consult,,电动车怎么上牌|驾照到期怎么换
""",
    "duties.csv": """\
matter,area,lead,co_units,limit,contact_limit,powers,legal_basis,acceptance,playbook,valid_from,valid_to
01,,WA,kind:street_office,,,,,,,,
02,,kind:urban_mgmt,kind:street_office,,,,,,,,
020101,,kind:urban_mgmt,kind:street_office,5wd,24h,更换,市政设施条例,灯亮,到场|更换|回复,2026-01-01,
020101,990101001,S1,M1,,,,,,,,
03,,TR,TP;kind:street_office,,,,,,,,
030101,,TR,TP;GR;HO,,,,,,,,
""",
    "calendar.csv": """\
date,working,note
2025-01-01,no,元旦
2026-01-01,no,元旦
2026-09-20,yes,国庆节调休
2026-10-01,no,国庆节
2026-10-02,no,国庆节
2026-10-05,no,国庆节
2026-10-06,no,国庆节
2026-10-07,no,国庆节
2026-10-10,yes,国庆节调休
2027-01-01,no,元旦
""",
}
# west, south, east, north
BOXES = {
    "990100": (121.400, 31.10, 121.440, 31.14),
    "990101001001001": (121.400, 31.10, 121.405, 31.11),
    "990101001001002": (121.405, 31.10, 121.410, 31.11),
    "990101001002001": (121.410, 31.10, 121.420, 31.11),
    "990101002001001": (121.420, 31.10, 121.430, 31.11),
    "990102001001001": (121.400, 31.12, 121.410, 31.13),
}


def box(west: float, south: float, east: float, north: float) -> dict:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def geojson(features: list[tuple[dict, dict]]) -> str:
    told = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    return json.dumps({"type": "FeatureCollection", "features": told}, ensure_ascii=False)


SHAPES = geojson([({"code": code}, box(*edges)) for code, edges in BOXES.items()])
LAYERS = geojson(
    [
        (
            {"kind": "water", "name": "江", "weight": 2},
            {"type": "LineString", "coordinates": [[121.4, 31.115], [121.44, 31.115]]},
        )
    ]
)


def write_small_pack(folder: Path, **changed: str | None) -> Path:
    """Write the small pack; `changed` gives another text for a file (areas_csv="…"), None leaves it out."""
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, str | None] = {**FILES, "areas.geojson": SHAPES, "layers.geojson": LAYERS}
    texts |= {name[::-1].replace("_", ".", 1)[::-1]: text for name, text in changed.items()}
    for name, text in texts.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def load_small_city(folder: Path, *, now: datetime = NOW, **changed: str | None):
    """Write and load the small pack; the city that is then in effect."""
    from xianban.city import api

    api.load(write_small_pack(folder, **changed), now=now)
    return api.current()
