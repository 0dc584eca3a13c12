"""Figures of a run: each is that of the moment at which it was so."""

from __future__ import annotations

from monitor.result import Leak, LevelResult
from monitor.states import State
from recordings.results.figures import LevelFigures, Seen


def level(leak_mm2: float | None, ml: float | None = None, *, relative: bool = False) -> LevelResult:
    leaks = () if leak_mm2 is None else (Leak("vein", leak_mm2, ml, 0, False, (1.0, 2.0)),)
    return LevelResult(
        "L1", State.MONITORING, None, area_mm2=50.0, leaks=leaks, volume_ml=1.0, volume_relative=relative
    )


def test_the_largest_leak_is_that_of_its_own_image() -> None:
    known = LevelFigures("lateral", "L1")
    for seq, leak_mm2 in enumerate((1.0, 5.0, 3.0)):
        known = known.after(level(leak_mm2), Seen(seq, seq * 10))
    leak = known.leaks["vein", False]
    assert (leak.first, leak.largest_mm2, leak.largest_at) == (Seen(0, 0), 5.0, Seen(1, 10))


def test_a_leak_that_was_gone_before_the_run_was_calibrated_has_a_relative_volume() -> None:
    known = LevelFigures("lateral", "L1").after(level(2.0, 0.4, relative=True), Seen(0, 0))
    known = known.after(level(None), Seen(1, 10))
    leak = known.leaks["vein", False]
    assert (known.volume_relative, leak.volume_relative, leak.volume_at) == (False, True, Seen(0, 0))
