"""The planning window in German."""

from __future__ import annotations

from pathlib import Path

from tests.ui.german import Listening, fits
from tests.ui.planning.conftest import Opened, Truth, click


def test_the_planning_window_is_translated(
    opened: Opened, truth: Truth, german: Listening, tmp_path: Path
) -> None:
    window = opened(tmp_path / "plan.json")
    for corner in truth.corners("L1", 0):
        click(window, corner)
    window.grab()
    fits(window)
    assert german.lacking == []
    assert "Ecke hinten oben" in window.instruction.text()
    level = window.hand.view.levels[0]
    window.levels.pathology.setCurrentText("Metastase")
    window.levels._intend()
    level = window.hand.view.levels[0]
    # rules go by the plan's word
    assert level.intent.risk.pathology == "metastasis"
