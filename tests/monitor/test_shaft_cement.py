"""Cement that runs back behind a cannula, below what single pixels show."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import ShaftCementConfig
from monitor.corridor import Axis
from monitor.shaft_cement import BehindShafts, ShaftCement

MM = 0.35
SHAPE = (120, 160)
DT_S = 1 / 15
NOISE = 0.02
AXIS = Axis(np.array([40.0, 60.0]), np.array([150.0, 60.0]), 8.0)
"""From the tip inside the body to the border of the window."""
BODY = (slice(30, 90), slice(20, 110))


def _distance_mm() -> np.ndarray:
    rows, columns = np.indices(SHAPE, dtype=np.float32)
    dy = np.minimum(rows - BODY[0].start, BODY[0].stop - 1 - rows)
    dx = np.minimum(columns - BODY[1].start, BODY[1].stop - 1 - columns)
    return (np.minimum(dx, dy) + 0.5).astype(np.float32) * np.float32(MM)


def _watch() -> ShaftCement:
    watch = ShaftCement(_distance_mm(), MM, ShaftCementConfig())
    watch.adopt((AXIS,), np.zeros(SHAPE, bool))
    return watch


class Run:
    """Pulses of noise, and cement behind the shaft of so many log units up to a column."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = np.random.default_rng(seed)
        self.watch = _watch()
        self.usable = np.ones(SHAPE, bool)
        self.cement = np.zeros(SHAPE, bool)

    def pulses(
        self, count: int, added: float = 0.0, until: int = 40, *, trusted: bool = True
    ) -> BehindShafts:
        for _ in range(count):
            residual = self.rng.normal(0, NOISE, SHAPE).astype(np.float32)
            residual[56:65, 40:until] += np.float32(added)
            last = self.watch.look(residual, self.usable, self.cement, DT_S, trusted=trusted)
        return last


def _tip_cement(until: int = 46) -> np.ndarray:
    """Cement around the tip, and up to a column on one side of the shaft."""
    cement = np.zeros(SHAPE, bool)
    cement[54:67, 28:46] = True
    cement[66:69, 28:until] = True
    return cement


def test_cement_below_the_noise_of_a_pixel_is_followed_along_the_shaft():
    run = Run()
    run.pulses(80)
    run.cement = _tip_cement(until=110)
    found = run.pulses(25, added=0.03, until=90).cement
    columns = np.flatnonzero(found.any(axis=0))
    assert columns.max() == pytest.approx(90, abs=2.0 / MM)
    rows = np.flatnonzero(found.any(axis=1))
    assert rows.min() >= 55
    assert rows.max() <= 65


def test_what_a_shaft_alone_shows_is_suspected_and_not_drawn():
    run = Run()
    run.pulses(80)
    run.cement = _tip_cement()
    found = run.pulses(25, added=0.03, until=90)
    assert not found.cement[60, 52:].any()
    assert found.suspected[60, 52:80].all()


def test_nothing_is_found_in_noise():
    run = Run(seed=5)
    run.pulses(80)
    run.cement = _tip_cement()
    for _ in range(20):
        assert not (run.pulses(30).cement & ~_tip_cement()).any()


def test_what_does_not_hang_together_with_cement_is_not_taken_for_it():
    run = Run()
    run.pulses(80)
    run.cement = np.zeros(SHAPE, bool)
    run.cement[34:40, 24:30] = True
    found = run.pulses(40, added=0.05, until=90)
    assert not found.cement.any()


def test_cement_that_arrives_before_it_is_known_does_not_become_usual():
    run = Run()
    run.pulses(80)
    run.pulses(15, added=0.03, until=90)
    run.cement = _tip_cement(until=90)
    assert run.pulses(25, added=0.03, until=90).cement[60, 60:80].all()


def test_nothing_new_is_found_in_an_unfamiliar_phase_of_the_breath():
    run = Run()
    run.pulses(80)
    run.cement = _tip_cement()
    assert not run.pulses(40, added=0.03, until=90, trusted=False).cement[:, 60:].any()


def test_what_goes_away_is_taken_back():
    run = Run()
    run.pulses(80)
    run.cement = _tip_cement(until=90)
    assert run.pulses(30, added=0.04, until=90).cement[60, 80]
    assert not run.pulses(60).cement[60, 80]


def test_the_lower_bound_hears_of_it_before_the_outline_does():
    run = Run()
    run.pulses(80)
    run.cement = _tip_cement(until=90)
    first: dict[str, int] = {}
    for k in range(40):
        found = run.pulses(1, added=0.025, until=90)
        for name, mask in (("suspected", found.suspected), ("cement", found.cement)):
            if mask[60, 82]:
                first.setdefault(name, k)
    assert first["suspected"] < first["cement"]


def test_what_cannot_be_seen_through_is_not_looked_at():
    watch = ShaftCement(_distance_mm(), MM, ShaftCementConfig())
    watch.adopt((AXIS,), np.ones(SHAPE, bool))
    found = watch.look(np.ones(SHAPE, np.float32), np.ones(SHAPE, bool), _tip_cement(), DT_S, trusted=True)
    assert not found.cement.any()


def test_after_learning_anew_nothing_is_known_until_the_cannulas_are_found_again():
    run = Run()
    run.pulses(80)
    run.watch.start_anew()
    run.cement = _tip_cement()
    assert not run.pulses(40, added=0.05, until=90).cement.any()


def test_a_cannula_found_when_there_is_cement_already_needs_more():
    run = Run()
    run.cement = _tip_cement(until=90)
    assert not run.pulses(40, added=0.03, until=90).cement[60, 60:80].any()
    assert run.pulses(40, added=0.08, until=90).cement[60, 60:80].all()


def test_what_the_whole_shaft_shows_is_its_content():
    run = Run()
    run.pulses(80)
    run.cement = _tip_cement(until=60)
    found = run.pulses(40, added=0.05, until=160)
    assert not found.cement[60, 52:].any()
    assert not found.suspected[60, 70:].any()
    zone = run.watch.widened(np.zeros(SHAPE, np.float32))
    assert zone[60, 80] == pytest.approx(1.3 * 0.05, abs=0.02)
    assert zone[40, 80] == 0
