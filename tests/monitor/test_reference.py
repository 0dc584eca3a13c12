"""What is learned anew is compared with itself, not with the image that was learned before."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.config import CementConfig, LearningConfig
from monitor.reference import Reference

SHAPE, MM, RATE_HZ = (90, 100), 0.45, 15
STILL = np.zeros(4)
ALL = np.ones(SHAPE, bool)
Image = NDArray[np.float32]


def picture(contrast: float = 1.0, seed: int = 0) -> Image:
    image = 0.02 * np.random.default_rng(seed).standard_normal(SHAPE)
    image[30:60, 30:70] += 0.8 * contrast
    return image.astype(np.float32)


def learned(reference: Reference, contrast: float, gain: float, pulses: int, change: float = 0.0) -> None:
    reference.start(picture(contrast) + np.float32(change), 0.0)
    for k in range(1, pulses):
        live = picture(contrast, k) + np.float32(change)
        residual = reference.residual(live, ALL, gain, STILL)
        reference.learn(live, residual, ALL, k / RATE_HZ, STILL)


@pytest.mark.parametrize("gain", [0.85, 1.0, 1.2])
def test_the_contrast_of_what_was_learned_is_no_change(gain: float) -> None:
    reference = Reference(SHAPE, MM, LearningConfig(), CementConfig())
    learned(reference, gain, gain, 100)
    assert reference.ready
    for k in range(30):
        residual = reference.residual(picture(gain, k), ALL, gain, STILL)
    assert abs(float(residual[35:55, 35:65].mean())) < 0.01


def test_bone_kept_under_cement_has_the_brightness_of_the_field_not_of_blades() -> None:
    reference = Reference(SHAPE, MM, LearningConfig(), CementConfig())
    blades = np.zeros(SHAPE, np.float32)
    blades[62:] = 3.0
    reference.start(picture() + blades, 0.0)
    kept = np.zeros(SHAPE, bool)
    kept[35:60, 35:65] = True
    reference.restart(3.0, kept)
    reference.start(picture() + np.float32(0.1), 0.0)
    assert float(reference.mean[kept].mean()) == pytest.approx(0.9, abs=0.03)
