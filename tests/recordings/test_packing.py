"""Packing while recording: lossless whatever it is, and changed to what keeps up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.frame import Frame, freeze_pixels
from recordings.messages import decode, encode
from recordings.packing import _NOMINAL, Cost, Pace, Packing, Switch, after_frame

RAW_BYTES = 2_097_152
BUDGET_FRAMES = 128
PERIOD_S = 1 / 30

packings = st.sampled_from(list(Packing))


def cost_of(packing: Packing, packing_factor: float, disk_mb_s: float) -> Cost:
    """Of a frame, on a processor slower by a factor than the nominal one, and on a disk."""
    ms, share = _NOMINAL[packing]
    kept = RAW_BYTES * share
    return Cost(1e-3 * ms * packing_factor, kept / (1e6 * disk_mb_s), RAW_BYTES, kept)


def run(
    pace: Pace, frames: int, factor: float, disk_mb_s: float, waiting: float = 0.0
) -> tuple[Pace, list[Switch], float, int]:
    """A recorder fed at 30 frames/s; returns also the frames that wait at the end, and those lost."""
    switches, lost = [], 0
    for _ in range(frames):
        cost = cost_of(pace.packing, factor, disk_mb_s)
        waiting = max(0.0, waiting + cost.total_s / PERIOD_S - 1.0)
        if waiting > BUDGET_FRAMES:
            lost += 1
            waiting = BUDGET_FRAMES
        pace, switch = after_frame(pace, cost, waiting / BUDGET_FRAMES)
        switches += [switch] if switch is not None else []
    return pace, switches, waiting, lost


@pytest.mark.parametrize("packing", list(Packing))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("highest", [1, 200, 255], ids=["plain", "some", "all"])
def test_every_packing_gives_back_every_bit(packing: Packing, dtype: type, highest: int) -> None:
    top = highest * (1 if dtype is np.uint8 else 257)
    pixels = np.random.default_rng(5).integers(0, top, (67, 91), dtype, endpoint=True)
    frame = Frame(3, 10, None, freeze_pixels(pixels, copy=False), "simulated:test")
    back = decode(encode(frame, packing))
    assert isinstance(back, Frame)
    assert back.pixels.dtype == dtype
    np.testing.assert_array_equal(back.pixels, pixels)


def test_a_tighter_packing_is_smaller() -> None:
    smooth = np.cumsum(np.random.default_rng(5).integers(-3, 4, (128, 128)), axis=1).astype(np.int32)
    pixels = (smooth + 2000).clip(0, 4095).astype(np.uint16)
    frame = Frame(0, 0, None, freeze_pixels(pixels, copy=False), "simulated:test")
    raw, fast, usual, tight = (len(encode(frame, packing)) for packing in Packing)
    assert raw > fast > usual > tight


def test_a_processor_that_cannot_keep_up_gets_less_to_pack() -> None:
    pace, switches, waiting, lost = run(Pace(), 3000, factor=12.0, disk_mb_s=400.0)
    assert switches[0].reason == "packing"
    assert switches[0].before is Packing.USUAL
    assert switches[0].after < Packing.USUAL
    assert switches[0].cost.packing_s > switches[0].cost.writing_s
    assert (lost, waiting) == (0, 0.0)
    assert pace.packing < Packing.USUAL


def test_a_disk_that_cannot_keep_up_gets_less_to_write() -> None:
    pace, switches, waiting, lost = run(Pace(), 3000, factor=0.05, disk_mb_s=38.5)
    assert [(switch.reason, switch.after) for switch in switches[:1]] == [("disk", Packing.TIGHT)]
    assert lost == 0
    assert waiting < BUDGET_FRAMES / 3
    assert pace.packing is Packing.TIGHT or pace.again, "or the usual one is being tried again"


def test_where_nothing_suffices_it_does_not_run_to_and_fro() -> None:
    _, switches, _, lost = run(Pace(), 6000, factor=1.0, disk_mb_s=5.0)
    assert [switch.after for switch in switches] == [Packing.TIGHT]
    _, switches, _, also_lost = run(Pace(), 6000, factor=50.0, disk_mb_s=5.0)
    assert [switch.after for switch in switches] in ([Packing.FAST], [Packing.RAW])
    assert min(lost, also_lost) > 3000


def test_once_it_keeps_up_again_the_usual_packing_is_taken_up() -> None:
    pace, *_ = run(Pace(), 600, factor=12.0, disk_mb_s=400.0)
    pace, switches, *_ = run(pace, 2000, factor=1.0, disk_mb_s=400.0)
    assert [(switch.reason, switch.after) for switch in switches] == [("calm", Packing.USUAL)]
    assert pace.packing is Packing.USUAL


def test_a_processor_that_stays_slow_is_tried_ever_more_seldom() -> None:
    pace, first, waiting, _ = run(Pace(), 6000, factor=12.0, disk_mb_s=400.0)
    pace, second, waiting, _ = run(pace, 6000, 12.0, 400.0, waiting)
    _, third, *_ = run(pace, 24000, 12.0, 400.0, waiting)
    assert len(first) > len(second) >= 1
    assert len(third) <= 8


def test_trying_the_usual_packing_again_costs_no_frame() -> None:
    _pace, switches, _, lost = run(Pace(Packing.RAW), 3000, factor=40.0, disk_mb_s=143.0)
    assert [switch.reason for switch in switches[:2]] == ["calm", "packing"]
    assert lost == 0


@given(
    start=packings,
    factor=st.floats(0.1, 40.0),
    disk_mb_s=st.floats(5.0, 500.0),
)
@example(start=Packing.RAW, factor=32.0, disk_mb_s=143.0)
@settings(deadline=None, max_examples=60)
def test_if_any_packing_keeps_up_it_is_found_before_anything_is_lost_for_long(
    start: Packing, factor: float, disk_mb_s: float
) -> None:
    _, switches, waiting, _ = run(Pace(start), 300, factor, disk_mb_s)
    totals = {packing: cost_of(packing, factor, disk_mb_s).total_s for packing in Packing}
    pace, later, waiting, lost = run(Pace(start), 1200, factor, disk_mb_s)
    if min(totals.values()) < 0.8 * PERIOD_S:
        assert lost <= 120
        assert waiting < BUDGET_FRAMES / 2 or totals[pace.packing] < PERIOD_S or pace.again
    for switch in (*switches, *later):
        assert switch.before is not switch.after
        if switch.reason != "calm":
            assert totals[switch.after] < totals[switch.before]


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1)),
        max_size=200,
    )
)
@settings(deadline=None, max_examples=60)
def test_whatever_is_measured_it_waits_between_two_changes(
    frames: list[tuple[float, float, float, float]],
) -> None:
    pace, since, quiet = Pace(), 0, True
    for packing_s, writing_s, backlog, share in frames:
        before = pace
        pace, switch = after_frame(pace, Cost(packing_s, writing_s, RAW_BYTES, share * RAW_BYTES), backlog)
        since += 1
        quiet = quiet and backlog < 0.25
        assert (switch is None) == (pace.packing is before.packing)
        if switch is not None:
            assert since >= (8 if before.again else 30)
            assert backlog >= 0.25 or switch.reason == "calm"
            since = 0
    if quiet:
        assert pace.packing is Packing.USUAL
