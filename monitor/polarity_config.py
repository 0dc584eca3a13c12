"""Section of the configuration about the polarity of the image."""

from __future__ import annotations

from typing import Annotated

import msgspec

from monitor.config_base import Section, number


class PolarityConfig(Section, frozen=True):
    """When the image contradicts the polarity that its source states."""

    steel_contrast: Annotated[
        float, number("contrast from which a thin straight line is taken for steel (log units)", 0.02, 3.0)
    ] = 0.1
    steel_ratio: Annotated[
        float, number("and so many times the contrast of any such line of the other polarity", 1.0, 20.0)
    ] = 4.0
    look_every_s: Annotated[
        float, number("time to the next look, doubled up to 10 s while all is well (s)", 0.05, 10.0)
    ] = 0.5
    fewest_looks: Annotated[
        int, msgspec.Meta(ge=1, le=20, description="looks in a row that must contradict it")
    ] = 3
