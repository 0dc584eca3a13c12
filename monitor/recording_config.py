"""Section of the configuration about the room on the disk for what is recorded."""

from __future__ import annotations

from typing import Annotated

from monitor.config_base import Section, number


class RecordingConfig(Section, frozen=True):
    """Room on the disk for what is recorded."""

    warn_below_min: Annotated[
        float, number("before a run, room for less recording than this is warned of (min)", 0.0, 1440.0)
    ] = 30.0
    alarm_below_min: Annotated[
        float, number("during a run, room for less recording than this is DEGRADED (min)", 0.0, 240.0)
    ] = 10.0
    floor_mb: Annotated[
        float, number("no frames are recorded once less than this is free; the log is (MB)", 50.0, 100000.0)
    ] = 500.0
    expected_ratio: Annotated[
        float, number("size of recorded frames by that of their pixels, before it is measured", 0.1, 1.0)
    ] = 0.7
