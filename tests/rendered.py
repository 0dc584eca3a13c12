"""Frames of simulated procedures, rendered once for all the tests of a module that look at them.

A frame depends on the name and the settings of its procedure and not on how long that lasts. What is kept
grows to what the longest test asked for; a module that uses it lets go of it at its end (`forget`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from monitor.frame import Frame
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource

_LONGEST_S = 600.0
_open: dict[tuple[str, SimulationSettings], tuple[SimulatedSource, list[Frame]]] = {}


def rendered(name: str, settings: SimulationSettings, count: int) -> list[Frame]:
    """The first `count` frames; `duration_s` of the settings does not matter."""
    key = name, replace(settings, duration_s=_LONGEST_S)
    if key not in _open:
        source = SimulatedSource(*key)
        source.open()
        _open[key] = source, []
    source, frames = _open[key]
    while len(frames) < count:
        frames.append(source.read())
    return frames[:count]


@pytest.fixture(scope="module")
def forget() -> Iterator[None]:
    """At the end of the module nothing is kept."""
    yield
    _open.clear()
