"""Who does what in the sample city: its units, and the duty list."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from xianban.simulate.geography import Area
from xianban.simulate.sheets import leaves, sheet

Row = dict[str, str]

CITY_ONLY = {
    "hotline_center": "云澜市12345热线服务中心",
    "sports": "云澜市体育局",
    "housing_fund": "云澜市住房公积金管理中心",
    "telecom": "云澜市通信管理办公室",
    "postal": "云澜市邮政管理局",
    "utility_gas": "云澜燃气有限公司",
    "transit_operator": "云澜公共交通集团",
}
# kind: (name of the city's department, name of a district's)
OFFICES = {
    "urban_mgmt": ("城市管理局", "城市管理局"),
    "urban_law": ("城市管理综合行政执法局", "综合行政执法局"),
    "housing": ("住房和城乡建设局", "住房和城乡建设局"),
    "planning": ("自然资源和规划局", "自然资源和规划分局"),
    "transport": ("交通运输局", "交通运输局"),
    "traffic_police": ("公安局交通警察支队", "交警大队"),
    "police": ("公安局", "公安分局"),
    "fire": ("消防救援支队", "消防救援大队"),
    "emergency": ("应急管理局", "应急管理局"),
    "market_reg": ("市场监督管理局", "市场监督管理局"),
    "ecology": ("生态环境局", "生态环境分局"),
    "water": ("水务局", "水务局"),
    "landscaping": ("园林和林业局", "园林绿化局"),
    "agriculture": ("农业农村局", "农业农村局"),
    "health": ("卫生健康委员会", "卫生健康局"),
    "med_insurance": ("医疗保障局", "医疗保障分局"),
    "education": ("教育局", "教育局"),
    "hr_social": ("人力资源和社会保障局", "人力资源和社会保障局"),
    "civil_affairs": ("民政局", "民政局"),
    "veterans": ("退役军人事务局", "退役军人事务局"),
    "disabled_fed": ("残疾人联合会", "残疾人联合会"),
    "culture_tourism": ("文化和旅游局", "文化和旅游局"),
    "justice": ("司法局", "司法局"),
    "petition": ("信访局", "信访局"),
    "discipline": ("纪委监委", "纪委监委"),
    "gov_service": ("政务服务和数据管理局", "政务服务和数据管理局"),
    "tax": ("税务局", "税务局"),
}
DISTRICT_FIRMS = {
    "utility_water": "云澜水务{}供水所",
    "utility_power": "云澜供电公司{}供电所",
    "utility_heat": "{}热力有限公司",
    "sanitation_firm": "{}洁城环境服务有限公司",
}
ALWAYS_OPEN = {
    "hotline_center",
    "police",
    "traffic_police",
    "fire",
    "emergency",
    "utility_gas",
    *DISTRICT_FIRMS,
}
PROPERTY_WORDS = ("安居", "和苑", "万家", "邻里", "锦程", "嘉和", "融盛", "远见")

VALID_FROM = "2024-01-01"
# where work is better counted in working time than by the class of urgency
WORKING_LIMITS = {
    "010103": "5wd",
    "020101": "8wh",
    "020103": "5wh",
    "020302": "5wd",
    "090104": "8wh",
    "140101": "8wh",
    "150101": "10wd",
}
# matters whose powers were handed to these streets, with the day
HANDED_DOWN = {
    "020201": ("明远街道", "桂坪街道", "钟鼓街道"),
    "020202": ("明远街道", "桂坪街道", "钟鼓街道"),
    "020203": ("明远街道", "桂坪街道"),
}
HANDED_DOWN_ON = "2026-07-01"
# places that a city department looks after itself: matter, street, kind
CITY_LED = (
    ("030202", "镜湖街道", "water"),
    ("020301", "沙堤街道", "landscaping"),
    ("020301", "屏山街道", "landscaping"),
)


def unit_rows(areas: Sequence[Area]) -> list[Row]:
    """City departments, district bureaus, street offices, residents' committees and firms."""
    rows = [_unit(kind, name, areas[0].code) for kind, name in CITY_ONLY.items()]
    for area in areas:
        rows += {
            "city": _city_units,
            "district": _district_units,
            "street": _street_units,
            "community": _community_units,
        }.get(area.level, lambda _area: [])(area)
    return rows


def duty_rows(areas: Sequence[Area]) -> list[Row]:
    """The duty list: every matter has a lead everywhere; some areas have their own."""
    rows = [_leaf_duty(leaf) for leaf in leaves().values()]
    rows += _upper_duties()
    street = {area.name: area.code for area in areas if area.level == "street"}
    for matter, streets in HANDED_DOWN.items():
        for name in streets:
            rows.append(
                _duty(
                    matter,
                    "street_office",
                    ["urban_law"],
                    area=street[name],
                    valid_from=HANDED_DOWN_ON,
                )
            )
    for matter, name, kind in CITY_LED:
        unit = unit_code(areas[0].code, kind)
        rows.append(_duty(matter, "", ["street_office"], area=street[name], lead=unit))
    return rows


def unit_code(area: str, kind: str) -> str:
    """Units are coded by territory and function: 990103-transport."""
    return f"{area}-{kind}"


def _unit(kind: str, name: str, area: str) -> Row:
    always = "yes" if kind in ALWAYS_OPEN else ""
    return {
        "code": unit_code(area, kind),
        "name": name,
        "kind": kind,
        "area": area,
        "always_open": always,
    }


def _city_units(city: Area) -> list[Row]:
    return [_unit(kind, city.name + name, city.code) for kind, (name, _) in OFFICES.items()]


def _district_units(district: Area) -> list[Row]:
    stem = district.name.removesuffix("区")
    return [
        _unit("district_gov", f"{district.name}民生诉求服务中心", district.code),
        *(_unit(kind, district.name + name, district.code) for kind, (_, name) in OFFICES.items()),
        *(_unit(kind, name.format(stem), district.code) for kind, name in DISTRICT_FIRMS.items()),
    ]


def _street_units(street: Area) -> list[Row]:
    stem = street.name.removesuffix("街道")
    word = PROPERTY_WORDS[int(street.code[5:]) % len(PROPERTY_WORDS)]
    return [
        _unit("street_office", f"{street.name}办事处", street.code),
        _unit("grid_station", f"{street.name}综合网格管理中心", street.code),
        _unit("property_firm", f"{stem}{word}物业服务有限公司", street.code),
    ]


def _community_units(community: Area) -> list[Row]:
    return [_unit("community", f"{community.name}居民委员会", community.code)]


def _leaf_duty(leaf: Mapping[str, str]) -> Row:
    helpers = [kind for kind in leaf["co_unit_kinds"].split(";") if kind]
    return _duty(leaf["code"], leaf["lead_unit_kind"], helpers, basis=leaf["legal_basis_or_blank"])


def _upper_duties() -> Iterator[Row]:
    """For cases whose matter is known only in part: the usual lead, or the district's own centre."""
    for digits in (4, 2):
        leads: dict[str, Counter[str]] = {}
        for code, leaf in leaves().items():
            leads.setdefault(code[:digits], Counter())[leaf["lead_unit_kind"]] += 1
        for code, counts in leads.items():
            kind, most = counts.most_common(1)[0]
            clear = digits == 4 and most * 2 > counts.total()
            yield _duty(
                code,
                kind if clear else "district_gov",
                ["street_office"] if kind != "street_office" else [],
            )


def _duty(
    matter: str,
    kind: str,
    helpers: Sequence[str],
    *,
    area: str = "",
    lead: str = "",
    basis: str = "",
    valid_from: str = VALID_FROM,
) -> Row:
    guide = next((row for row in sheet("playbooks") if row["matter"] == matter[:4]), {})
    return {
        "matter": matter,
        "area": area,
        "lead": lead or f"kind:{kind}",
        "co_units": ";".join(f"kind:{helper}" for helper in helpers),
        "limit": WORKING_LIMITS.get(matter, ""),
        "contact_limit": "",
        "powers": guide.get("powers", "").replace(";", "、"),
        "legal_basis": (basis or leaves().get(matter, {}).get("legal_basis_or_blank", "")).replace(
            ";", "、"
        ),
        "acceptance": guide.get("acceptance", ""),
        "playbook": guide.get("playbook", ""),
        "valid_from": valid_from,
        "valid_to": "",
    }
