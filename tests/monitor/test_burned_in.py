"""Text burned into the image is left out, anatomy is not, and a clock does not make a held image new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.density import nominal_density
from monitor.burned_in import BurnedIn
from monitor.config import Config
from monitor.errors import EndOfStream
from monitor.frame import Frame, PixelIntensityRelationship, SourceInfo
from monitor.grid import Grid
from monitor.intensity import Curve, to_work_image
from monitor.pipeline import Pipeline
from monitor.sources.open import source_for
from monitor.states import State
from recordings.simulated.disturbances import BurnedInText, HeldImage, VideoNoise
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource

REAL = Path(__file__).resolve().parents[3] / "shared" / "realdata"


def video(*disturbances: object, **more: object) -> SimulationSettings:
    """A small 8 bit video run."""
    settings: dict[str, object] = {
        "size": 256, "mm_per_px": 0.45, "bits_stored": 8, "duration_s": 9.0, "seed": 5,
        "relationship": PixelIntensityRelationship.DISP, "disturbances": disturbances, **more,
    }  # fmt: skip
    return SimulationSettings(**settings)  # type: ignore[arg-type]


def frames_of(settings: SimulationSettings, count: int) -> tuple[SimulatedSource, list[Frame]]:
    source = SimulatedSource("quiet", settings)
    source.open()
    found = []
    for _ in range(count):
        try:
            found.append(source.read())
        except EndOfStream:
            break
    return source, found


def text_of(info: SourceInfo, images: Sequence[np.ndarray], mm_per_px: float) -> np.ndarray:
    """What is taken for text at the end, over the work image."""
    grid = Grid.for_frames(info.rows, info.columns, mm_per_px, Config().intensity.work_mm_per_px)
    curve = Curve.of(info.intensity, Config().intensity)
    bright = info.intensity.bright_is_radiolucent
    burned = BurnedIn(
        (grid.rows, grid.columns), grid.mm_per_px, Config().burned_in, bright_is_radiolucent=bright
    )
    for k, image in enumerate(images):
        burned.look(to_work_image(image, info.intensity, grid, curve), k / 5)
    return np.zeros((grid.rows, grid.columns), bool) if burned.text is None else burned.text


def pixels_of(frames: Sequence[Frame]) -> list[np.ndarray]:
    return [frame.pixels for frame in frames]


def test_text_and_clock_are_found_where_they_are() -> None:
    plain, clean = frames_of(video(), 40)
    source, frames = frames_of(video(BurnedInText(x=0.5, y=0.55), VideoNoise(0.004)), 40)
    found = text_of(source.info, pixels_of(frames), 0.45)
    differs = np.zeros(found.shape, np.float32)
    for one, other in zip(frames, clean, strict=True):
        change = np.abs(one.pixels.astype(np.float32) - other.pixels.astype(np.float32))
        differs = np.maximum(differs, change[: found.shape[0], : found.shape[1]])
    written = differs > 60
    assert written.any()
    assert (found & written).sum() > 0.9 * written.sum()
    assert found.sum() < 6 * written.sum()
    assert not text_of(plain.info, pixels_of(clean), 0.45).any()


def test_text_on_an_inverted_display_is_white_too() -> None:
    source, frames = frames_of(video(), 20)
    turned = []
    for frame in frames:
        image = 255 - frame.pixels
        cv2.putText(image, "L 70 kV", (60, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
        turned.append(image)
    info = replace(source.info, intensity=replace(source.info.intensity, bright_is_radiolucent=False))
    found = text_of(info, turned, 0.45)
    assert found[105:122, 60:130].mean() > 0.5
    assert found.sum() < 3000


def test_air_and_blades_are_no_text() -> None:
    source, frames = frames_of(video(), 20)
    images = []
    for frame in frames:
        image = frame.pixels.copy()
        image[:, :40] = 255
        image[200:, :] = 0
        cv2.circle(image, (180, 60), 22, 255, -1)
        images.append(image)
    assert not text_of(source.info, images, 0.45).any()


def test_text_over_the_level_raises_no_leak_alarm() -> None:
    settings = video(BurnedInText(x=0.45, y=0.62), breathing_mm=3.0, duration_s=14.0)
    source, frames = frames_of(settings, 200)
    plan = plan_for("quiet", settings)
    pipeline = Pipeline(plan, plan.views[0], source.info, Config(), nominal_density(source.info))
    raised = [
        change.alert.rule_id for frame in frames for change in pipeline.step(frame, frame.time_ns).transitions
    ]
    assert not [rule for rule in raised if rule.startswith("leak_")]


def test_a_held_image_with_a_running_clock_is_held_and_the_next_pulse_is_new() -> None:
    settings = video(BurnedInText(), VideoNoise(0.004), HeldImage(at_s=4.0, seconds=3.0))
    source, frames = frames_of(settings, 130)
    plan = plan_for("quiet", settings)
    pipeline = Pipeline(plan, plan.views[0], source.info, Config(), nominal_density(source.info))
    states = {frame.time_ns / 1e9: pipeline.step(frame, frame.time_ns).state for frame in frames}
    held = [time_s for time_s, state in states.items() if state is State.HELD]
    assert 4.4 <= min(held) <= 4.75
    assert max(held) <= 7.1
    assert len(held) > 30


@pytest.mark.skipif(not REAL.is_dir(), reason="the real recordings are not part of the repository")
@pytest.mark.parametrize(
    "name", ["coronary_run", "video/ap_abdomen_pan.avi", "xa_ge/fluoro_loop_1.dcm", "xa_ge/cine_5.dcm"]
)
def test_no_anatomy_of_a_real_run_is_taken_for_text(name: str) -> None:
    path = REAL / name
    source = source_for(str(path), frame_rate_hz=15.0)
    info = source.open()
    images = []
    try:
        while len(images) < 40:
            images.append(source.read().pixels)
    except EndOfStream:
        pass
    finally:
        source.close()
    assert text_of(info, images, 0.3).mean() < 0.01
