"""Section of the configuration about text burned into the image."""

from __future__ import annotations

from typing import Annotated

from monitor.config_base import Section, number


class BurnedInConfig(Section, frozen=True):
    """Names, markers, clocks and counters burned into the image."""

    look_every_s: Annotated[float, number("images are looked at for text at most so often (s)", 0.0, 5.0)] = (
        0.4
    )
    white_share: Annotated[
        float, number("strokes are brighter than this part of the largest stored value", 0.5, 0.99)
    ] = 0.8
    sharp_share: Annotated[
        float, number("and brighter than what is around them by this part of it", 0.02, 0.9)
    ] = 0.3
    stroke_mm: Annotated[float, number("widest stroke (mm)", 0.3, 10.0)] = 2.0
    seen_share: Annotated[
        float, number("in the same place in this part of the last looks: digits of a clock change", 0.05, 1.0)
    ] = 0.3
    margin_mm: Annotated[float, number("nothing is seen so near to text (mm)", 0.0, 5.0)] = 1.0
