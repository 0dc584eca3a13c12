"""A cannula by two clicks along its shaft."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.planning.cannula import found_cannula, level_of, possible_gauges, scale_by
from calibration.planning.outline import drawn_outline
from calibration.planning.still_picture import still_picture_of
from calibration.scale import scale_from_header
from calibration.shaft import scale_from_cannula
from monitor.errors import CalibrationError
from recordings.open import open_source
from recordings.simulated.marks import plan_for

_PLAN = plan_for("twolevels").views[0]


def _outlines() -> tuple:
    made = []
    for level in _PLAN.levels:
        upper, lower = level.superior_endplate, level.inferior_endplate
        assert upper is not None
        assert lower is not None
        made.append(drawn_outline((upper[0], upper[-1], lower[-1], lower[0], None, None, None, None)))
    return tuple(made)


@pytest.fixture(scope="module")
def still():
    return still_picture_of(open_source("simulated:twolevels"), 0, 12)


@pytest.mark.parametrize("number", [0, 1])
def test_axis_tip_width_and_level(still, number: int) -> None:
    tip, end = (np.array(at) for at in _PLAN.levels[number].cannulas[0].path)
    clicks = (tuple(tip + 0.35 * (end - tip) + 1.0), tuple(tip + 0.9 * (end - tip) - 1.0))
    for one, other in (clicks, clicks[::-1]):
        marked = found_cannula(still.picture, one, other, _outlines())
        assert np.hypot(*(np.array(marked.path[0]) - tip)) * 0.35 < 2.0
        assert level_of(marked.path, _outlines()) == number
        assert marked.width_px * 0.35 == pytest.approx(3.05, rel=0.05)


def test_the_gauge_is_told_by_the_header_and_sharpens_the_scale(still) -> None:
    tip, end = (np.array(at) for at in _PLAN.levels[0].cannulas[0].path)
    marked = found_cannula(still.picture, tuple(tip + 0.4 * (end - tip)), tuple(end), _outlines())
    header = scale_from_header(still.picture.info.geometry).best
    assert header is not None
    assert possible_gauges(marked, header)[0] == "11G"
    estimate = scale_by(still.picture, marked, 3.05)
    assert estimate.mm_per_px == pytest.approx(0.35, rel=0.05)
    assert estimate.relative_sd < header.relative_sd


def test_beside_the_shaft_there_is_none(still) -> None:
    with pytest.raises(CalibrationError):
        found_cannula(still.picture, (60.0, 300.0), (120.0, 340.0), _outlines())


def test_a_light_strip_is_no_cannula() -> None:
    """Where the clicks lie on what is brighter than beside it, that is said as where there is nothing."""
    columns = np.abs(np.arange(300.0) - 150)
    image = np.broadcast_to(-0.2 * (columns < 12), (300, 300)).astype(np.float32)
    with pytest.raises(CalibrationError, match="no cannula between the points"):
        scale_from_cannula(image, (150.0, 40.0), (150.0, 260.0), 3.05)
