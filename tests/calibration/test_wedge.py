"""The steps of a wedge are found where they are, and a picture that does not tell is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.calibration.density import looked_at
from calibration.density_fit import density_from_wedge
from calibration.picture import Picture
from calibration.pictures_density import picture_of_wedge
from calibration.wedge import Wedge, find_steps
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from recordings.simulated.phantom_wedge import Shape, WedgePhantom, WedgePicture, picture_of

PHANTOM = WedgePhantom(dose_ngy=600.0)
DISP = PixelIntensityRelationship.DISP


def found_in(
    phantom: WedgePhantom, off_px: tuple[float, float] = (0.0, 0.0), picture: WedgePicture | None = None
) -> Wedge:
    picture = picture or picture_of(phantom)
    first, last = picture.centres_px[0] + off_px, picture.centres_px[-1] - off_px
    return find_steps(
        looked_at(picture),
        (float(first[0]), float(first[1])),
        (float(last[0]), float(last[1])),
        phantom.thickness_mm,
    )


@pytest.mark.parametrize("angle_deg", [0.0, 27.0, 90.0])
@pytest.mark.parametrize("shape", ["wedge", "standing"])
def test_every_step_is_found_although_the_clicks_are_off(angle_deg: float, shape: Shape) -> None:
    phantom = replace(PHANTOM, angle_deg=angle_deg, shape=shape)
    picture = picture_of(phantom)
    steps = found_in(phantom, (5.0, -4.0), picture).steps
    for step, centre in zip(steps, picture.centres_px, strict=True):
        assert np.hypot(*(step.inner_px.mean(axis=0) - centre)) < 6.0
    added = [step.added for step in steps]
    assert added == sorted(added)
    assert all(step.added_sd < 0.01 for step in steps)


def test_scatter_and_heel_effect_are_taken_away() -> None:
    """What a step adds is the same at either end of the heel effect."""
    plain, tilted = (found_in(replace(PHANTOM, heel=heel)) for heel in (0.0, 0.3))
    for one, other in zip(plain.steps, tilted.steps, strict=True):
        assert other.added == pytest.approx(one.added, abs=4 * np.hypot(one.added_sd, other.added_sd) + 0.004)


def test_an_inverted_picture_gives_the_same() -> None:
    picture = picture_of(PHANTOM)
    full = picture.info.intensity.largest_stored_value
    turned = replace(
        picture,
        pixels=(full - picture.pixels.astype(np.int64)).astype(np.uint16),
        info=replace(picture.info, intensity=replace(picture.info.intensity, bright_is_radiolucent=False)),
    )
    for one, other in zip(found_in(PHANTOM).steps, found_in(PHANTOM, picture=turned).steps, strict=True):
        assert other.added == pytest.approx(one.added, rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"thickness_mm": (1.0, 5.0)}, "2 steps"),
        ({"thickness_mm": (1.0, 5.0, 3.0)}, "in order"),
        ({"thickness_mm": (-1.0, 5.0, 8.0)}, "above 0"),
        ({"thickness_mm": (0.01, 0.5, 20.0), "dose_ngy": 20.0}, "thinner than the noise"),
        ({"exposure": 5.0}, "saturated"),
        (
            {"relationship": DISP, "exposure": 0.14, "scatter_to_primary": 0.2, "cement": "30% BaSO4"},
            "black",
        ),
        ({"pitch_mm": 2.0}, "too small"),
    ],
)
def test_what_cannot_be_measured_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(CalibrationError, match=words) as caught:
        found_in(replace(PHANTOM, **changes))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_clicks_beside_the_wedge_are_refused() -> None:
    picture = picture_of(PHANTOM)
    for y in (60.0, 3.0):
        with pytest.raises(CalibrationError, match=r"darker|inside the picture"):
            find_steps(looked_at(picture), (100.0, y), (400.0, y), PHANTOM.thickness_mm)


def test_nothing_in_the_picture_is_refused() -> None:
    rng = np.random.default_rng(1)
    flat = rng.normal(1000, 10, (256, 256)).astype(np.uint16)
    picture = Picture(flat.astype(np.float32), picture_of(PHANTOM).info, 1)
    with pytest.raises(CalibrationError, match="darker"):
        find_steps(picture, (60.0, 128.0), (190.0, 128.0), (1.0, 2.0, 3.0))


@pytest.mark.parametrize("angle_deg", [0.0, 90.0])
def test_the_picture_shows_what_was_found(angle_deg: float) -> None:
    phantom = replace(PHANTOM, angle_deg=angle_deg)
    picture = picture_of(phantom)
    wedge = found_in(phantom, picture=picture)
    plain = picture_of_wedge(looked_at(picture), wedge)
    full = picture_of_wedge(looked_at(picture), wedge, density_from_wedge(wedge, picture.info))
    assert plain.shape == full.shape == (1024, 1024, 3)
    assert plain.dtype == full.dtype == np.uint8
    assert (plain[..., 0] != plain[..., 2]).sum() > 500
    assert (full != plain).any()
