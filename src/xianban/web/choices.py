"""Units, areas and matters as one types them: a name for each that means exactly one code."""

from collections import Counter
from functools import lru_cache

from xianban.city import api as city


def unit_names() -> dict[str, str]:
    """Name to type → code, for every unit in effect."""
    return _unit_names(city.current().stamp)


def area_names() -> dict[str, str]:
    """Name to type → code, for every area but the city's own, such as 西关街道/北岸社区."""
    return _area_names(city.current().stamp)


def matter_names() -> dict[str, str]:
    """Path to type → code, for every matter of any level."""
    return _matter_names(city.current().stamp)


@lru_cache(maxsize=2)
def _unit_names(stamp: str) -> dict[str, str]:
    here = city.current()
    often = Counter(unit.name for unit in here.units.values())
    return {
        unit.name
        if often[unit.name] == 1
        else f"{unit.name}（{here.area_name(unit.area)}）": unit.code
        for unit in here.units.values()
    }


@lru_cache(maxsize=2)
def _area_names(stamp: str) -> dict[str, str]:
    here = city.current()
    return {
        "/".join(here.area_name(part) for part in here.area_path(code)[1:][-2:]): code
        for code, area in here.areas.items()
        if area.parent
    }


@lru_cache(maxsize=2)
def _matter_names(stamp: str) -> dict[str, str]:
    here = city.current()
    return {"/".join(here.matter_path(code)): code for code in here.matters}


def code_of(names: dict[str, str], typed: str) -> str:
    """The code that was meant: a listed name, a code, or the one name that ends so or has it; else empty."""
    typed = typed.strip()
    if typed in names:
        return names[typed]
    if typed in names.values():
        return typed
    last = {code for name, code in names.items() if name.rpartition("/")[2] == typed}
    if len(last) == 1:
        return last.pop()
    close = {code for name, code in names.items() if typed and typed in name}
    return close.pop() if len(close) == 1 else ""
