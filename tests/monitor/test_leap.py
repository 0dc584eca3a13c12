"""What comes up at one stroke beside the body and is too large for cement."""

from __future__ import annotations

import numpy as np

from monitor.leap import LeapWatch

MM = 0.4
SHAPE = (120, 160)
ZONE = np.full(SHAPE, 0.05, np.float32)


def _inside() -> np.ndarray:
    inside = np.zeros(SHAPE, bool)
    inside[40:90, 60:130] = True
    return inside


def _box(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[rows, columns] = True
    return mask


def test_a_clamp_that_reaches_the_cement_is_no_cement() -> None:
    watch = LeapWatch(_inside(), MM, 90.0)
    clamp = _box(slice(50, 62), slice(0, 70))
    part = watch.judge(clamp, 1.0)
    assert part is not None
    assert part[clamp].all()


def test_cement_in_a_vein_and_a_body_that_fills_at_once_are_cement() -> None:
    watch = LeapWatch(_inside(), MM, 90.0)
    vein = _box(slice(60, 65), slice(20, 62))
    filling = _box(slice(42, 88), slice(62, 128))
    assert watch.judge(vein, 1.0) is None
    assert watch.judge(filling, 1.1) is None
    assert watch.hides(np.zeros(SHAPE, np.float32), ZONE, 1.2) is None


def test_it_is_hidden_for_as_long_as_it_is_there() -> None:
    watch = LeapWatch(_inside(), MM, 90.0)
    clamp = _box(slice(50, 62), slice(0, 70))
    watch.judge(clamp, 1.0)
    dark = np.where(clamp, np.float32(0.5), np.float32(0))
    for time_s in (2.0, 5.0, 20.0):
        assert watch.hides(dark, ZONE, time_s) is not None
    nothing = np.zeros(SHAPE, np.float32)
    assert watch.hides(nothing, ZONE, 20.5) is not None
    watch.hides(nothing, ZONE, 21.0)
    assert watch.hides(nothing, ZONE, 21.1) is None


def test_what_is_learned_anew_is_forgotten() -> None:
    watch = LeapWatch(_inside(), MM, 90.0)
    watch.judge(_box(slice(50, 62), slice(0, 70)), 1.0)
    watch.clear()
    assert watch.hides(np.ones(SHAPE, np.float32), ZONE, 1.1) is None
