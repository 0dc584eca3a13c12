"""First-passage growth: the order in which a fluid fills voxels of uneven conductivity."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Volume = NDArray[np.float32]

_STEPS = [(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1) if (i, j, k) != (0, 0, 0)]


def conductivity(shape: tuple[int, int, int], voxel_mm: float, rng: np.random.Generator) -> Volume:
    """Log-normal conductivity, correlated over about 3 mm with a fine part; its median is 1.

    Parameters
    ----------
    shape : (int, int, int)
    voxel_mm : float
    rng : Generator
    """
    white = rng.standard_normal(shape, dtype=np.float32)
    coarse = gaussian_filter(white, 3.0 / voxel_mm / 2, mode="wrap")
    fine = rng.standard_normal(shape, dtype=np.float32)
    field: Volume = np.exp(0.75 * coarse / coarse.std() + 0.45 * fine).astype(np.float32)
    return field


def fill_order(speed: Volume, start: tuple[int, int, int], count: int) -> NDArray[np.int64]:
    """Voxels in the order in which a fluid from `start` arrives.

    Arrival is the least travel time over paths of 26 neighbours (Dijkstra), which gives a compact cloud
    with an uneven front that runs ahead where conductivity is high.

    Parameters
    ----------
    speed : ndarray, shape (n, m, k)
        Speed of the front in each voxel; 0 where it cannot go.
    start : (int, int, int)
    count : int
        Stop after so many voxels; fewer are returned where no more can be reached.

    Returns
    -------
    ndarray, shape (found,), int64
        Flat indices into `speed`.
    """
    padded = np.pad(speed, 1)
    _, rows, columns = padded.shape
    slowness = np.where(padded > 0, 1 / np.maximum(padded, 1e-9), np.inf).ravel().tolist()
    steps = [
        (i * rows * columns + j * columns + k, 0.5 * float(np.sqrt(i * i + j * j + k * k)))
        for i, j, k in _STEPS
    ]
    first = ((start[0] + 1) * rows + start[1] + 1) * columns + start[2] + 1
    best = [np.inf] * padded.size
    best[first] = 0.0
    done = bytearray(padded.size)
    queue = [(0.0, first)]
    order: list[int] = []
    pop, push = heapq.heappop, heapq.heappush
    while queue and len(order) < count:
        time, here = pop(queue)
        if done[here]:
            continue
        done[here] = 1
        order.append(here)
        mine = slowness[here]
        for step, length in steps:
            there = here + step
            if done[there]:
                continue
            # Where cement cannot go the sum is infinite, and nothing is less than that.
            arrival = time + (mine + slowness[there]) * length
            if arrival < best[there]:
                best[there] = arrival
                push(queue, (arrival, there))
    i, j, k = np.unravel_index(np.asarray(order, dtype=np.int64), padded.shape)
    flat: NDArray[np.int64] = np.ravel_multi_index((i - 1, j - 1, k - 1), speed.shape).astype(np.int64)
    return flat
