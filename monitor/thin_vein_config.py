"""Section of the configuration about cement in thin veins."""

from __future__ import annotations

from typing import Annotated

from monitor.config_base import Section, number


class ThinVeinConfig(Section, frozen=True):
    """Lines of weak attenuation that run off from the cement."""

    grain_factor: Annotated[
        float, number("a line must exceed so many times what lines of noise come to there", 0.5, 20.0)
    ] = 2.2
    pair_factor: Annotated[
        float, number("and so many times the paler lines within 3 mm of it", 0.0, 10.0)
    ] = 0.8
    usual_factor: Annotated[
        float, number("and so many times what has been there without cement", 0.5, 10.0)
    ] = 1.2
    threshold: Annotated[float, number("evidence that a line must gather", 1.0, 100.0)] = 10.0
    shortest_mm: Annotated[float, number("shortest line (mm)", 2.0, 30.0)] = 7.0
    widest_mm: Annotated[float, number("widest line (mm)", 1.0, 10.0)] = 3.0
    from_cement_mm: Annotated[float, number("it begins so near to known cement (mm)", 0.5, 30.0)] = 3.0
    off_body_mm: Annotated[float, number("looked for so far outside the outline (mm)", 0.0, 10.0)] = 1.0
    unlatch_s: Annotated[float, number("a line must be gone for so long to be taken back (s)", 0.2, 20.0)] = (
        1.5
    )
