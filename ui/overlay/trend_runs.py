"""The trend's samples as runs of what was known, and the gaps between them."""

from __future__ import annotations

from itertools import pairwise

GAP_S = 0.7
"""Samples further apart than this are not joined: between them nothing was known."""


def segments(points: tuple[tuple[float, float | None], ...]) -> list[list[tuple[float, float]]]:
    """Runs of known samples as (seconds ago, mm); a run ends at an unknown sample or a gap in time."""
    runs: list[list[tuple[float, float]]] = [[]]
    for ago_s, value in points:
        if value is None or (runs[-1] and runs[-1][-1][0] - ago_s > GAP_S):
            runs.append([])
        if value is not None:
            runs[-1].append((ago_s, value))
    return [run for run in runs if run]


def blind_spans(runs: list[list[tuple[float, float]]], span_s: float) -> list[tuple[float, float]]:
    """Spans after the first run in which nothing was known, as (from, to) in seconds ago."""
    edges = [(a[-1][0], b[0][0]) for a, b in pairwise(runs)]
    if runs:
        edges.append((runs[-1][-1][0], 0.0))
    return [(min(a, span_s), b) for a, b in edges if min(a, span_s) - b > GAP_S]


def thinned(run: list[tuple[float, float]], span_s: float, width_px: float) -> list[tuple[float, float]]:
    """At most one sample per 5 px, the nearest of each, so that thinning never hides an approach."""
    bins: dict[int, tuple[float, float]] = {}
    per_s = width_px / span_s / 5
    for sample in run:
        key = int(sample[0] * per_s)
        held = bins.get(key)
        if held is None or sample[1] < held[1]:
            bins[key] = sample
    if run:
        bins[-1] = run[-1]  # the newest as it is
    return sorted(bins.values(), reverse=True)
