"""Average linkage on a sparse graph: pairs that are not listed count as nothing in common."""

import heapq

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def average_linkage(
    n: int, first: Ints, second: Ints, likeness: NDArray[np.float64], *, least: float
) -> Ints:
    """A group number for each of `n` things: the position of its earliest member.

    The two groups whose members are most alike on average are joined, again and again, while that
    average reaches `least`. Ties go to the earlier ones, so the answer does not depend on the order
    of the pairs.
    """
    near: list[dict[int, float]] = [{} for _ in range(n)]
    for i, j, value in zip(first.tolist(), second.tolist(), likeness.tolist(), strict=True):
        near[i][j] = near[j][i] = value
    size, into = [1] * n, list(range(n))
    heap = [
        (-value, i, j, 1, 1)
        for i in range(n)
        for j, value in near[i].items()
        if i < j and value >= least
    ]
    heapq.heapify(heap)
    while heap:
        _, i, j, size_i, size_j = heapq.heappop(heap)
        if size[i] != size_i or size[j] != size_j:
            continue  # one of them has grown or gone since
        into[j], size[j] = i, 0
        size[i] = size_i + size_j
        mine, theirs = near[i], near[j]
        mine.pop(j), theirs.pop(i)
        for k, value in theirs.items():
            mine[k] = near[k][i] = mine.get(k, 0.0) + value
            del near[k][j]
        near[j] = {}
        for k, value in mine.items():
            mean = value / (size[i] * size[k])
            if mean >= least:
                a, b = (i, k) if i < k else (k, i)
                heapq.heappush(heap, (-mean, a, b, size[a], size[b]))
    for i in range(n):
        into[i] = into[into[i]]  # groups only ever join earlier ones
    return np.array(into, np.int64)
