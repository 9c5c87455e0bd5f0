"""Which places border which: by coordinates, pairs, or a table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import spatial

from xianban.base.errors import BadInput
from xianban.foresight import checking

NEAREST = 6


def beside(*, xy: Any, neighbours: Any, cells: int) -> NDArray[np.float64] | None:
    """(cell, cell): each row shares 1 among the neighbours; zeros where there is none."""
    if xy is not None and neighbours is not None:
        raise BadInput("xy and neighbours are both given; give one of them")
    if cells == 1 or (xy is None and neighbours is None):
        return None
    table = _nearest(xy, cells) if neighbours is None else _told(neighbours, cells)
    np.fill_diagonal(table, 0)
    return np.asarray(table / np.maximum(table.sum(axis=1, keepdims=True), 1))


def _nearest(xy: Any, cells: int) -> NDArray[np.float64]:
    points = checking.numbers(xy, name="xy", ndim=2)
    if points.shape != (cells, 2):
        raise BadInput(f"xy has shape {points.shape} for {cells} cells; give two for each")
    count = min(NEAREST, cells - 1)
    _, near = spatial.cKDTree(points).query(points, k=count + 1)
    table = np.zeros((cells, cells))
    np.put_along_axis(table, np.asarray(near), 1.0, axis=1)
    return table


def _told(neighbours: Any, cells: int) -> NDArray[np.float64]:
    given = checking.numbers(neighbours, name="neighbours", ndim=2)
    if given.shape == (cells, cells) and ((given == 0) | (given == 1)).all():
        return given.copy()
    whole = given.shape[1] == 2 and (given == np.floor(given)).all()
    if not whole or given.min() < 0 or given.max() >= cells:
        raise BadInput(
            f"neighbours has shape {given.shape}; give a 0/1 table of {cells} by {cells}, "
            "or pairs of positions in cells"
        )
    table = np.zeros((cells, cells))
    pairs = given.astype(np.intp)
    table[pairs[:, 0], pairs[:, 1]] = table[pairs[:, 1], pairs[:, 0]] = 1
    return table
