"""Zones: each area with its nearest neighbours, one after another."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree


def neighbours(xy: NDArray[np.float64], most: int) -> NDArray[np.int32]:
    """(areas, most): each area itself, then the others by distance; equals by their number."""
    most = min(most, len(xy))
    if most == 1:
        return np.arange(len(xy), dtype=np.int32)[:, None]
    far, near = KDTree(xy).query(xy, k=most)
    near = np.asarray(near)
    itself = near == np.arange(len(xy))[:, None]
    missing = ~itself.any(axis=1)  # more than `most` areas share one point
    near[missing, -1] = np.flatnonzero(missing)
    itself[missing, -1] = True
    far = np.where(itself, -1.0, far)
    rank = np.lexsort((near, far), axis=1)
    return np.ascontiguousarray(np.take_along_axis(near, rank, axis=1), dtype=np.int32)
