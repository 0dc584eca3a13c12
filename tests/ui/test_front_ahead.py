"""The front a second ahead: where it is drawn, and that nothing is drawn that is not known."""

import dataclasses

import numpy as np
import pytest

from monitor.result import Approach, Distance
from monitor.states import State
from tests.ui import factory as made
from ui.overlay.derive import build_model
from ui.overlay.derive_front import fronts_ahead
from ui.overlay.memory import Memory
from ui.overlay.observation import Setup

NEARING = {"speed_mm_s": 0.9, "contact_s": 2.3}


def marks(observation, setup=made.SETUP):
    memory = Memory()
    memory.remember(observation)
    return {mark.level: mark for mark in build_model(observation, memory, setup).marks}


def test_the_tip_is_moved_by_what_it_travels_in_a_second_and_the_line_ends_on_the_contour():
    level = made.level(2.1, **NEARING)
    (line,) = fronts_ahead(level, made.MM_PER_PX)
    tip_px = 597 - 2.1 / made.MM_PER_PX
    assert line[:, 0].max() == pytest.approx(tip_px + 0.9 / made.MM_PER_PX, abs=0.5)
    assert line[line[:, 0].argmax(), 1] == pytest.approx(515, abs=0.5)
    (outline,) = level.contours_px
    for end in (line[0], line[-1]):
        assert np.hypot(*(outline - end).T).min() < 2.0
    # 3 mm along the outline on either side
    assert np.ptp(line[:, 1]) * made.MM_PER_PX < 6.0


def test_a_faster_front_reaches_farther():
    (slow,), (fast,) = (
        fronts_ahead(made.level(6.0, speed_mm_s=v, contact_s=6.0 / v), made.MM_PER_PX) for v in (0.5, 4.0)
    )
    assert fast[:, 0].max() - slow[:, 0].max() == pytest.approx(3.5 / made.MM_PER_PX, abs=0.5)


def test_each_structure_that_is_neared_has_its_own_line():
    level = made.level(2.1, **NEARING)
    vein = Distance(4.0, 3.4, (455.0, 465.0), (455.0, 438.0))
    level = dataclasses.replace(
        level,
        distances={**level.distances, "vein": vein},
        approaches={**level.approaches, "vein": Approach(1.5, 2.7)},
    )
    to_wall, to_vein = fronts_ahead(level, made.MM_PER_PX)
    assert to_wall[:, 0].max() > 585
    assert to_vein[:, 1].min() == pytest.approx(465 - 1.5 / made.MM_PER_PX, abs=0.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"speed_mm_s": None, "contact_s": None},
        {"speed_mm_s": 0.9, "contact_s": None},  # not told from standing
        {"speed_mm_s": 0.05, "contact_s": 42.0},  # too little to be seen
        {**NEARING, "approaches": None},
        {**NEARING, "approaches": {"vein": Approach(0.9, 2.3)}},  # no distance to it is known
        {**NEARING, "contours_px": ()},
    ],
)
def test_what_is_not_known_is_not_drawn(changes):
    assert fronts_ahead(made.level(2.1, **changes), made.MM_PER_PX) == ()


def test_nothing_is_foretold_without_a_scale_or_of_what_is_crossed():
    assert fronts_ahead(made.level(2.1, **NEARING), None) == ()
    assert fronts_ahead(made.level(-1.2, **NEARING), made.MM_PER_PX) == ()


def test_it_is_drawn_while_the_level_is_seen_and_only_then():
    level = made.level(2.1, **NEARING)
    assert marks(made.observation(made.result(level)))["T12"].ahead_px != ()
    assert marks(made.observation(made.result(level)), Setup())["T12"].ahead_px == ()
    lost = dataclasses.replace(level, state=State.NOT_MONITORING)
    assert marks(made.observation(made.result(lost)))["T12"].ahead_px == ()
    blind = made.observation(made.result(level), made.health(made.BLIND))
    assert marks(blind)["T12"].ahead_px == ()
    # on a held image the outline is still true of the image, what comes next is not
    held = made.held()[-1]
    held = dataclasses.replace(held, result=dataclasses.replace(held.result, levels=(level,)))
    assert marks(held)["T12"].contour
    assert marks(held)["T12"].ahead_px == ()
