"""The invented city's geography: areas, background and places, from a seed. No Django, no files."""

from xianban.simulate.geography.city import Area, Geography, Layer, Place, make_geography

__all__ = ["Area", "Geography", "Layer", "Place", "make_geography"]
