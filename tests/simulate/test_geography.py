"""The invented city: counts, nesting, borders without gaps or overlaps, the same for the same seed."""

from collections import Counter

import pytest
import shapely

from xianban.simulate.geography import Geography, make_geography
from xianban.simulate.geography.cells import shares

CHILD_OF = {"district": "city", "street": "district", "community": "street", "grid": "community"}


@pytest.fixture(scope="module")
def city() -> Geography:
    return make_geography(seed=7)


def test_it_has_the_size_of_a_middling_city(city):
    assert Counter(area.level for area in city.areas) == {
        "city": 1,
        "district": 4,
        "street": 24,
        "community": 150,
        "grid": 900,
    }
    assert 800_000 < city.areas[0].population < 950_000


@pytest.mark.parametrize("level", ["district", "street", "community", "grid"])
def test_areas_of_a_level_share_borders_without_gap_or_overlap(city, level):
    shapes = [area.polygon for area in city.areas if area.level == level]
    assert shapely.coverage_is_valid(shapes)
    assert not any(shape.interiors for shape in shapes)
    assert not city.areas[0].polygon.interiors
    assert sum(shape.area for shape in shapes) == pytest.approx(
        city.areas[0].polygon.area, rel=1e-9
    )
    assert shapely.union_all(shapes).symmetric_difference(city.areas[0].polygon).area < 1e-12


@pytest.mark.parametrize("level", list(CHILD_OF))
def test_an_area_lies_in_its_parent_and_is_coded_after_it(city, level):
    by_code = {area.code: area for area in city.areas}
    for area in city.areas:
        if area.level == level:
            parent = by_code[area.parent]
            assert parent.level == CHILD_OF[level]
            assert area.code.startswith(parent.code[:4] if level == "district" else parent.code)
            assert area.polygon.difference(parent.polygon).area < 1e-12
            assert area.polygon.contains(area.middle)


def test_people_add_up_through_the_levels(city):
    for level in CHILD_OF:
        assert (
            sum(area.population for area in city.areas if area.level == level)
            == city.areas[0].population
        )


def test_names_are_unique_among_communities_streets_and_grids(city):
    for level in CHILD_OF:
        labels = [area.name for area in city.areas if area.level == level]
        assert len(labels) == len(set(labels)), level


def test_a_place_lies_in_the_area_that_it_names(city):
    by_code = {area.code: area.polygon for area in city.areas}
    for place in city.places:
        spot = shapely.Point(place.lon, place.lat)
        assert by_code[place.area].distance(spot) < 2e-6, place


def test_estates_and_villages_have_names_of_their_own(city):
    homes = [place.name for place in city.places if place.kind in ("estate", "village")]
    assert len(homes) == len(set(homes)) > 400


def test_the_background_is_drawable(city):
    assert all(not layer.shape.is_empty for layer in city.layers)
    assert {"water", "road", "green", "rail", "bridge"} <= {layer.kind for layer in city.layers}


def test_the_same_seed_gives_the_same_city_and_another_another(city):
    again = make_geography(seed=7)
    assert again.areas == city.areas
    assert again.places == city.places
    assert make_geography(seed=8).areas != city.areas


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_seed_gives_a_whole_city(seed):
    other = make_geography(seed)
    assert shapely.coverage_is_valid([area.polygon for area in other.areas if area.level == "grid"])
    assert not any(area.polygon.interiors for area in other.areas)


def test_shares_give_each_the_least_and_sum_up():
    assert shares([1, 1, 8], 20, least=2) == [4, 3, 13]
    with pytest.raises(ValueError, match="cannot give"):
        shares([1, 1, 1], 5, least=2)
