"""How poor an image may be, and what is said of it."""

from __future__ import annotations

import pytest

from monitor import doubts
from monitor.config import CementConfig
from monitor.states import State


@pytest.mark.parametrize(
    ("thinnest_mm", "state"),
    [(None, None), (0.4, None), (2.0, None), (2.4, State.DEGRADED), (5.0, State.DEGRADED),
     (5.2, State.NOT_MONITORING)],
)  # fmt: skip
def test_a_poor_image_is_watched_as_far_as_it_goes(thinnest_mm: float | None, state: State | None) -> None:
    reason = doubts.too_poor("T12", thinnest_mm, CementConfig())
    assert (None if reason is None else reason.state) is state
    if reason is not None:
        assert f"thicker than {thinnest_mm:.1f} mm" in reason.text
        assert reason.level == "T12"
