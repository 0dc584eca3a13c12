"""What shifts darkens one place and pales another; cement only adds."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.displaced import DisplacedWatch

SHAPE, MM = (120, 140), 0.4
ZONE = np.full(SHAPE, 0.03, np.float32)
NOTHING = np.zeros(SHAPE, bool)


def added(*boxes: tuple[int, int, float]) -> np.ndarray:
    image = np.zeros(SHAPE, np.float32)
    for row, column, value in boxes:
        image[row : row + 6, column : column + 30] = value
    return image


@pytest.mark.parametrize(
    ("pale", "kept"),
    [((55, 40, -0.2), False), ((55, 40, -0.01), True), ((100, 40, -0.2), True)],
    ids=["a pale twin beside it", "no more than noise", "far away"],
)
def test_what_has_a_pale_twin_is_not_believed(pale: tuple[int, int, float], kept: bool) -> None:
    image = added((45, 40, 0.2), pale)
    fresh = image > 0.1
    found = DisplacedWatch(MM).without(fresh, NOTHING, image, ZONE)
    assert np.array_equal(found, fresh if kept else NOTHING)


def test_what_hangs_together_with_known_cement_is_kept() -> None:
    image = added((45, 40, 0.2), (55, 40, -0.2))
    known = np.zeros(SHAPE, bool)
    known[40:45, 40:50] = True
    assert DisplacedWatch(MM).without(image > 0.1, known, image, ZONE).any()


def test_of_two_parts_only_the_shifted_one_goes() -> None:
    image = added((10, 40, 0.2), (60, 40, 0.2), (70, 40, -0.2))
    found = DisplacedWatch(MM).without(image > 0.1, NOTHING, image, ZONE)
    assert found[12, 50]
    assert not found[62, 50]


def test_its_place_is_doubted_until_the_image_is_learned() -> None:
    """The reference follows what moves: a moment later the pale twin may be gone."""
    watch = DisplacedWatch(MM)
    swaying, settled = added((45, 40, 0.2), (55, 40, -0.2)), added((45, 40, 0.2))
    assert not watch.without(swaying > 0.1, NOTHING, swaying, ZONE).any()
    assert not watch.without(settled > 0.1, NOTHING, settled, ZONE).any()
    watch.clear()
    assert watch.without(settled > 0.1, NOTHING, settled, ZONE).any()
