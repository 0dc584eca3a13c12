"""Cement in coordinates of the body: exact where it can be told by hand, the same however the body lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.frame_mask import OUTSIDE, WITHIN
from monitor.result import Contour, LevelResult
from monitor.states import State
from recordings.qa.body import BodySides, sides_of
from recordings.qa.distribution import (
    Sampled,
    SampleGrid,
    ap_of,
    contact_of,
    fill_of,
    lateral_of,
    map_of,
    sample,
)
from recordings.qa.last_frames import FRAMES, LastFrames
from recordings.qa.level import region_of, tolerance_px

WIDTH, HEIGHT = 90.0, 60.0
Structures = Mapping[str, tuple[Contour, ...]]


def structures(angle: float = 0.0, *, bend: float = 0.0, names: tuple[str, ...] = ()) -> Structures:
    """A body of 90 x 60 px, turned about its middle; `bend` hollows its four sides (px)."""
    t = np.linspace(0, 1, 9)
    hollow = bend * 4 * t * (1 - t)
    lines = {
        "superior_endplate": np.stack([WIDTH * t, hollow], axis=1),
        "inferior_endplate": np.stack([WIDTH * t, HEIGHT - hollow], axis=1),
        "anterior_wall": np.stack([hollow, HEIGHT * t], axis=1),
        "posterior_wall": np.stack([WIDTH - hollow, HEIGHT * t], axis=1),
    }
    body = np.vstack([
        lines["superior_endplate"], lines["posterior_wall"][1:], lines["inferior_endplate"][::-1][1:],
        lines["anterior_wall"][::-1][1:-1],
    ])  # fmt: skip
    kept = names or tuple(lines)
    found = {"body": body} | {name: lines[name] for name in kept}
    return {name: (on_frame(line, angle),) for name, line in found.items()}


def on_frame(points: NDArray[np.float64], angle: float) -> Contour:
    cos, sin = np.cos(angle), np.sin(angle)
    middle = np.array([WIDTH / 2, HEIGHT / 2])
    moved = (points - middle) @ np.array([[cos, -sin], [sin, cos]]).T + [110.0, 90.0]
    return np.asarray(moved, np.float32)


def found_in(marks: Structures, covers: Mapping[str, float], projection: str = "lateral") -> Sampled:
    """Cement that covers a part of the body's own rectangle, between shares of its sides."""
    sides = sides_of(marks, projection)
    assert isinstance(sides, BodySides)
    grid = SampleGrid.around(sides.outline)
    nothing = np.zeros(grid.shape, bool)
    empty = sample(grid, sides, nothing, nothing)
    inside = (empty.across >= covers.get("left", 0)) & (empty.across < covers.get("right", 1))
    inside &= (empty.down >= covers.get("top", 0)) & (empty.down < covers.get("bottom", 1))
    return sample(grid, sides, inside, nothing)


def test_a_rectangle_has_the_parts_that_it_has() -> None:
    """From a sixth to the end in depth, the upper half in height."""
    found = lateral_of(found_in(structures(), {"left": 1 / 6, "bottom": 0.5}))
    assert found is not None
    assert (found.anterior, found.middle, found.posterior) == pytest.approx((0.2, 0.4, 0.4), abs=0.006)
    assert (found.upper, found.central, found.lower) == pytest.approx((2 / 3, 1 / 3, 0), abs=0.008)


def test_bent_sides_bend_the_thirds_with_them() -> None:
    marks = structures(0.4, bend=6.0)
    sides = sides_of(marks, "lateral")
    assert isinstance(sides, BodySides)
    t = np.linspace(0.05, 0.95, 7)
    hollow = 6.0 * 4 * t * (1 - t)
    on_wall = on_frame(np.stack([WIDTH - hollow, HEIGHT * t], axis=1), 0.4)
    across, _ = sides.shares(on_wall)
    assert across == pytest.approx(np.ones(7), abs=0.01)
    third = on_frame(np.stack([hollow + (WIDTH - 2 * hollow) / 3, HEIGHT * t], axis=1), 0.4)
    assert sides.shares(third)[0] == pytest.approx(np.full(7, 1 / 3), abs=0.01)


@settings(max_examples=12)
@given(
    angle=st.floats(-0.7, 0.7), left=st.floats(-0.2, 0.7), width=st.floats(0.2, 0.6),
    top=st.floats(-0.2, 0.7), height=st.floats(0.2, 0.6), bend=st.floats(0, 6),
)  # fmt: skip
def test_parts_are_whole_and_do_not_turn_with_the_body(
    angle: float, left: float, width: float, top: float, height: float, bend: float
) -> None:
    covers = {"left": left, "right": left + width, "top": top, "bottom": top + height}
    turned = lateral_of(found_in(structures(angle, bend=bend), covers))
    straight = lateral_of(found_in(structures(bend=bend), covers))
    assert turned is not None
    assert straight is not None
    for one in (turned, straight):
        assert one.anterior + one.middle + one.posterior == pytest.approx(1)
        assert one.upper + one.central + one.lower == pytest.approx(1)
    for name in ("anterior", "posterior", "upper", "lower"):
        assert getattr(turned, name) == pytest.approx(getattr(straight, name), abs=0.03)


@settings(max_examples=10)
@given(left=st.floats(0, 0.7), width=st.floats(0.2, 1))
def test_the_mirrored_image_has_the_sides_changed(left: float, width: float) -> None:
    marks = structures(0.1)
    mirrored = {name: tuple(np.asarray(line * [-1, 1] + [220, 0], np.float32) for line in lines)
                for name, lines in marks.items()}  # fmt: skip
    right = min(1.0, left + width)
    first = ap_of(found_in(marks, {"left": left, "right": right}, "ap"))
    other = ap_of(found_in(mirrored, {"left": 1 - right, "right": 1 - left}, "ap"))
    assert first is not None
    assert other is not None
    assert first.image_left + first.image_right == pytest.approx(1)
    assert first.image_left == pytest.approx(other.image_right, abs=0.02)
    assert first.symmetry == pytest.approx(other.symmetry, abs=0.06)
    assert 0 <= first.symmetry <= 1


def test_only_one_piece_crosses_the_midline() -> None:
    found = found_in(structures(), {"left": 0.3, "right": 0.7}, "ap")
    whole = ap_of(found)
    gap = (found.across > 0.45) & (found.across < 0.55)
    parted = ap_of(replace(found, cement=found.cement & ~gap))
    assert whole is not None
    assert parted is not None
    assert (whole.crosses_midline, parted.crosses_midline) == (True, False)
    assert parted.symmetry == pytest.approx(1, abs=0.04)


def test_walls_that_are_not_marked_are_the_outline_between_the_endplates() -> None:
    marked = sides_of(structures(0.2, bend=5.0), "lateral")
    posterior = ("superior_endplate", "inferior_endplate", "posterior_wall")
    derived = sides_of(structures(0.2, bend=5.0, names=posterior), "lateral")
    assert isinstance(marked, BodySides)
    assert isinstance(derived, BodySides)
    points = on_frame(np.array([[20.0, 20.0], [70.0, 40.0]]), 0.2)
    assert derived.shares(points)[0] == pytest.approx(marked.shares(points)[0], abs=0.01)


def test_what_is_not_known_of_a_body_is_said() -> None:
    assert "endplates" in str(sides_of(structures(names=("posterior_wall",)), "lateral"))
    assert "oblique" in str(sides_of(structures(), "oblique"))
    assert "across the image" in str(sides_of(structures(1.5), "ap"))


def test_contact_is_the_length_that_is_near() -> None:
    marks = structures()
    sides = sides_of(marks, "lateral")
    assert isinstance(sides, BodySides)
    near_px = tolerance_px(0.1, 0.35)
    found = found_in(marks, {"left": 0.25, "right": 0.75, "bottom": 0.5})
    upper, lower = contact_of(found, sides.superior, near_px), contact_of(found, sides.inferior, near_px)
    assert upper.contact
    assert upper.length_fraction == pytest.approx(0.5, abs=0.04)
    assert (lower.contact, lower.length_fraction) == (False, 0.0)
    apart = found_in(marks, {"top": 3.0 / HEIGHT, "bottom": 0.5})
    assert not contact_of(apart, sides.superior, near_px).contact


def test_the_map_shows_what_is_beyond_the_body_too() -> None:
    found = map_of(
        found_in(structures(0.3), {"left": 0.5, "right": 1.2, "top": 0.25, "bottom": 0.75}), "v", "lateral"
    )
    cover = np.array(found.cover)
    cells = np.linspace(found.first, found.last, len(cover) + 1)
    middle = (cells[:-1] + cells[1:]) / 2
    row = cover[np.argmin(np.abs(middle - 0.5))]
    assert row[(middle > 0.55) & (middle < 1.15)].min() > 0.9
    assert row[(middle < 0.45) | (middle > 1.22)].max() < 0.1
    assert cover[middle < 0.2].max() < 0.1


def level(shift_px: float, angle: float = 0.0) -> LevelResult:
    moved = {
        name: tuple(line + np.float32(shift_px) for line in lines)
        for name, lines in structures(angle).items()
    }
    return LevelResult("L1", State.MONITORING, None, structures_px=moved, area_mm2=1.0)


def mask_at(shift_px: float, columns: slice) -> NDArray[np.uint8]:
    mask = np.zeros((240, 260), np.uint8)
    mask[75 + round(shift_px) : 105 + round(shift_px), columns] = WITHIN
    return mask


def test_the_last_frames_are_laid_upon_each_other_and_outvote_one_of_them() -> None:
    last = LastFrames()
    for number in range(2 * FRAMES):
        shift = 3.0 * (number % 4)
        columns = slice(80 + round(shift), 120 + round(shift))
        mask = mask_at(shift, columns)
        if number == 2 * FRAMES - 1:
            mask[:] = OUTSIDE
        last.take(level(shift), mask)
    assert len(last) == FRAMES
    found = last.sampled("lateral")
    assert isinstance(found, tuple)
    covered = fill_of(found[1])
    assert covered == pytest.approx(40 * 30 / (WIDTH * HEIGHT), rel=0.06)
    assert not found[1].outside.any()


def test_without_a_frame_there_is_no_distribution() -> None:
    assert LastFrames().sampled("lateral") == "no frame is trusted"
    assert LastFrames().usual("volume_ml") is None
    empty = found_in(structures(), {"left": 2, "right": 3})
    assert lateral_of(empty) is None
    assert fill_of(empty) == 0.0


@pytest.mark.parametrize(
    ("name", "region"),
    [("L1", "lumbar"), ("T12", "thoracic"), ("Th 7", "thoracic"), ("D11", "thoracic"), ("C5", "cervical"),
     ("S1", "sacral"), ("upper", None), ("Level 3", None), ("", None)],
)  # fmt: skip
def test_a_region_is_what_the_name_tells(name: str, region: str | None) -> None:
    assert region_of(name) == region
