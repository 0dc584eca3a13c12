"""The still picture: frames in which the spine lies at one place."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.planning.still import mean_of, still_frames
from calibration.planning.still_picture import still_picture_of
from monitor.errors import CalibrationError
from monitor.frame import Pixels
from recordings.open import open_source
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings
from tests.calibration.planning.phantom import attenuation, outline


def _frame(down_px: float, seed: int, brightness: float = 1.0) -> Pixels:
    body = outline() + np.array([0.0, down_px])
    values = brightness * 20000 * np.exp(-attenuation(body, noise=0.03, seed=seed))
    return np.clip(values, 0, 65535).astype(np.uint16)


def test_the_largest_group_that_lies_still_is_taken() -> None:
    places = [0, 0, 3, 5, 6, 6, 6, 6, 4, 1]
    frames = [_frame(down, k) for k, down in enumerate(places)]
    group = still_frames(frames, 65535)
    assert set(group) == {4, 5, 6, 7}
    mean = mean_of(frames, group)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, np.mean([frames[k] for k in group], axis=0), rtol=1e-5)


def test_frames_of_another_exposure_are_left_out() -> None:
    frames = [_frame(0, k, brightness=1.5 if k < 2 else 1.0) for k in range(7)]
    assert set(still_frames(frames, 65535)) == {2, 3, 4, 5, 6}


def test_one_frame_is_a_picture() -> None:
    assert still_frames([_frame(0, 1)], 65535) == (0,)


def test_a_breathing_patient_is_stopped() -> None:
    """On a simulated run the spine lies within half a millimetre in all frames that are averaged."""
    source = open_source("simulated:canal?seed=5")
    with source:
        frames = [source.read().pixels for _ in range(48)]
        largest = source.info.intensity.largest_stored_value
    group = still_frames(frames, largest)
    scene = build_scene("canal", SimulationSettings(seed=5))
    at = np.array([scene.to_px(scene.treated[0], scene.time_s(k))[:, 2] for k in range(48)])
    away_mm = 0.35 * np.hypot(*(at - at[group[0]]).T)
    assert len(group) >= 8
    assert away_mm[list(group)].max() < 0.5
    assert away_mm.max() > 1.0


def test_the_picture_knows_which_frame_it_stands_for() -> None:
    still = still_picture_of(open_source("simulated:quiet?size=256"), first=3, count=6)
    assert 3 <= still.frame < 9
    assert still.pixels.dtype == np.uint16
    assert still.pixels.shape == (256, 256)
    assert not still.pixels.flags.writeable
    with pytest.raises(CalibrationError, match="no frame 9999"):
        still_picture_of(open_source("simulated:quiet?size=128&duration=1"), first=9999)
