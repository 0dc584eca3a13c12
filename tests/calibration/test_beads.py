from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.beads import FoundBeads, find_beads
from calibration.lattice import Lattice, walk_lattice
from calibration.pictures import marked_picture
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from recordings.simulated.phantom_grid import Intensifier, Mapping, Plate, picture

SMALL = Intensifier(rows=512, columns=512, field_mm=170.0)


def mark_errors(found: FoundBeads, truth: Mapping, plate: Plate) -> np.ndarray:
    """Error of each mark (px), and a check that the indices are those of the plate but for its symmetry."""
    places = truth.frame_to_plate(found.points_px) @ np.linalg.inv(plate.basis_mm).T
    nearest = np.rint(places)
    design = np.column_stack([found.indices, np.ones(len(nearest))])
    symmetry = np.rint(np.linalg.lstsq(design, nearest, rcond=None)[0])
    np.testing.assert_array_equal(design @ symmetry, nearest)
    assert abs(abs(np.linalg.det(symmetry[:2])) - 1) < 1e-9
    return np.hypot(*(truth.lattice_px(nearest) - found.points_px).T)


@pytest.mark.parametrize(
    ("plate", "tube"),
    [
        (Plate(turn_deg=17.0), SMALL),
        (Plate(turn_deg=45.0, pitch_mm=8.0, mark_mm=1.5), Intensifier(rows=768, columns=1024, bits=16)),
        (Plate(lattice="hexagonal", turn_deg=31.0), Intensifier(rows=768, columns=768, bits=10)),
        (Plate(marks="wires", mark_mm=0.8, turn_deg=80.0), SMALL),
        (
            Plate(turn_deg=200.0, mark_mm=2.5),
            Intensifier(
                rows=512, columns=512, field_mm=170.0, bits=8, gamma=1.3, glare=0.25, vignetting=0.35,
                relationship=PixelIntensityRelationship.DISP,
            ),
        ),
        (
            Plate(turn_deg=5.0, mark_mm=2.5),
            Intensifier(
                rows=512, columns=512, field_mm=170.0, bits=8, inverted=True,
                relationship=PixelIntensityRelationship.DISP,
            ),
        ),
    ],
)  # fmt: skip
def test_marks_are_found_and_numbered(plate: Plate, tube: Intensifier) -> None:
    pixels, truth = picture(plate, tube, 1)
    found = find_beads(
        pixels, Lattice(plate.pitch_mm, plate.lattice), rough_mm_per_px=tube.central_mm_per_px * 1.1
    )
    errors = mark_errors(found, truth, plate)
    assert np.median(errors) < 0.25
    assert errors.max() < 2.5
    area_mm2 = np.pi / 4 * tube.field_mm**2
    cell_mm2 = abs(np.linalg.det(plate.basis_mm))
    assert len(found.points_px) > 0.8 * area_mm2 / cell_mm2
    assert found.dark is not tube.inverted


def test_missing_and_doubled_beads_are_left_out() -> None:
    plate = Plate(
        missing=((0, 0), (1, 0), (3, 3), (-4, 2)),
        doubled=((2.4, 1.5), (-3.5, -3.0), (0.3, -5.0)),
        turn_deg=33,
    )
    pixels, truth = picture(plate, SMALL, 3)
    found = find_beads(pixels, Lattice(10.0))
    assert mark_errors(found, truth, plate).max() < 1.3
    places = np.rint(truth.frame_to_plate(found.points_px) / 10.0).astype(int)
    assert not {tuple(place) for place in places.tolist()} & set(plate.missing)
    assert found.strays >= 1


def test_without_a_mask_around_the_field() -> None:
    plate = Plate(turn_deg=10.0)
    pixels, truth = picture(plate, Intensifier(rows=512, columns=512, fill=1.6), 4)
    assert mark_errors(find_beads(pixels, Lattice(10.0)), truth, plate).max() < 2.0


def test_the_same_picture_gives_the_same_beads() -> None:
    pixels, _ = picture(Plate(), SMALL, 5)
    first, again = find_beads(pixels, Lattice(10.0)), find_beads(pixels.copy(), Lattice(10.0))
    np.testing.assert_array_equal(first.points_px, again.points_px)
    np.testing.assert_array_equal(first.indices, again.indices)


def test_the_mean_of_frames_is_better_than_one() -> None:
    plate, tube = Plate(turn_deg=17.0), Intensifier(rows=512, columns=512, mean_quanta=80.0, bits=8)
    pictures = [picture(plate, tube, seed) for seed in range(8)]
    truth = pictures[0][1]
    mean = np.mean([pixels for pixels, _ in pictures], axis=0, dtype=np.float32)
    one = mark_errors(find_beads(pictures[0][0], Lattice(10.0)), truth, plate)
    many = mark_errors(find_beads(mean, Lattice(10.0)), truth, plate)
    assert np.median(many) < 0.7 * np.median(one)


def test_writing_and_a_ruler_in_the_picture_do_no_harm() -> None:
    plate = Plate(turn_deg=17.0)
    pixels, truth = picture(plate, SMALL, 2)
    for text, place in (("L  12:30:41", (10, 30)), ("80 kV 2.1 mA", (150, 300))):
        ink = np.zeros(pixels.shape, np.uint8)
        cv2.putText(ink, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
        pixels[ink > 127] = 1500
    cv2.line(pixels, (120, 180), (380, 190), 150, 5)
    errors = mark_errors(find_beads(pixels, Lattice(10.0)), truth, plate)
    assert np.median(errors) < 0.25
    assert len(errors) > 150


@pytest.mark.parametrize("value", [0, 117, 4095])
def test_a_uniform_picture_is_refused(value: int) -> None:
    with pytest.raises(CalibrationError, match="uniform"):
        find_beads(np.full((256, 256), value, np.uint16), Lattice(10.0))


def test_noise_is_refused() -> None:
    noise = np.random.default_rng(1).poisson(200, (512, 512)).astype(np.uint16)
    with pytest.raises(CalibrationError, match=r"no beads|wrong phantom|too few"):
        find_beads(noise, Lattice(10.0))


def test_an_empty_field_is_refused() -> None:
    far_away = Plate(pitch_mm=100.0, offset_mm=(50.0, 50.0), mark_mm=0.01)
    pixels, _ = picture(far_away, SMALL, 1)
    with pytest.raises(CalibrationError, match=r"no beads|wrong phantom|too few"):
        find_beads(pixels, Lattice(10.0))


def test_too_few_beads_are_refused_with_their_number() -> None:
    pixels, _ = picture(Plate(pitch_mm=28.0, mark_mm=4.0), SMALL, 1)
    with pytest.raises(CalibrationError, match=r"too few beads: \d+ .* 40 are needed"):
        find_beads(pixels, Lattice(28.0))


def test_beads_without_order_are_refused() -> None:
    rng = np.random.default_rng(2)
    image = np.full((512, 512), 3000.0, np.float32)
    for x, y in rng.uniform(20, 490, (300, 2)):
        cv2.circle(image, (round(x), round(y)), 4, 800.0, -1, cv2.LINE_AA)
    noisy = rng.poisson(cv2.GaussianBlur(image, (0, 0), 1.0)).astype(np.uint16)
    with pytest.raises(CalibrationError, match="wrong phantom"):
        find_beads(noisy, Lattice(10.0))


def test_another_lattice_is_refused() -> None:
    pixels, _ = picture(Plate(lattice="hexagonal"), SMALL, 1)
    with pytest.raises(CalibrationError, match="wrong phantom"):
        find_beads(pixels, Lattice(10.0, "square"))
    pixels, _ = picture(Plate(), SMALL, 1)
    with pytest.raises(CalibrationError, match="wrong phantom"):
        find_beads(pixels, Lattice(10.0, "hexagonal"))


def test_another_pitch_is_refused_where_the_scale_is_stated() -> None:
    pixels, _ = picture(Plate(), SMALL, 1)
    find_beads(pixels, Lattice(15.0))
    with pytest.raises(CalibrationError, match="pitch of 15 mm"):
        find_beads(pixels, Lattice(15.0), rough_mm_per_px=SMALL.central_mm_per_px)


def test_a_saturated_picture_is_refused() -> None:
    pixels, _ = picture(Plate(), SMALL, 1)
    white = np.minimum(pixels, int(np.percentile(pixels, 60)))
    with pytest.raises(CalibrationError, match=r"saturated: \d+ % of the field has the largest value"):
        find_beads(white, Lattice(10.0))


@pytest.mark.parametrize("pitch_mm", [0.0, -1.0, float("nan"), float("inf"), 1e6])
def test_a_pitch_that_is_none_is_refused(pitch_mm: float) -> None:
    with pytest.raises(CalibrationError, match="pitch"):
        Lattice(pitch_mm)


def test_a_lattice_that_is_not_known_is_refused() -> None:
    with pytest.raises(CalibrationError, match="square or hexagonal"):
        Lattice(10.0, "round")


def test_a_picture_with_nan_is_refused() -> None:
    with pytest.raises(CalibrationError, match="is none"):
        find_beads(np.full((100, 100), np.nan, np.float32), Lattice(10.0))


@pytest.mark.parametrize("shape", [(10, 10), (100, 100, 3)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(CalibrationError, match="is none"):
        find_beads(np.zeros(shape, np.uint8), Lattice(10.0))


def test_the_finer_lattice_is_walked_and_not_its_diagonals() -> None:
    i, j = np.meshgrid(np.arange(-6, 7), np.arange(-6, 7))
    points = np.stack([i.ravel(), j.ravel()], axis=1) * 20.0 + 200.0
    # a gap beside the middle leaves its diagonals only
    kept = points[~np.isin(np.hypot(*(points - 200.0).T), [20.0])]
    walk = walk_lattice(kept, Lattice(10.0), np.array([200.0, 200.0]))
    assert walk is not None
    assert walk.pitch_px == pytest.approx(20.0)
    # all but the one that has lost its neighbours
    assert len(walk.members) == len(kept) - 1


def test_the_marked_picture_shows_what_was_found() -> None:
    pixels, _ = picture(Plate(), SMALL, 1)
    found = find_beads(pixels, Lattice(10.0))
    marked = marked_picture(pixels, found)
    assert marked.shape == (512, 512, 3)
    assert marked.dtype == np.uint8
    coloured = np.ptp(marked.astype(int), axis=2) > 30
    column, row = np.rint(found.points_px).astype(int).T
    near = cv2.dilate(coloured.astype(np.uint8), np.ones((15, 15), np.uint8)).astype(bool)
    assert near[row, column].all()
    assert coloured.mean() < 0.3
