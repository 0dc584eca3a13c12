"""A picture of every window, for the documents: the same on each run.

    python -m benchmarks.screenshots [--out docs/screens] [--only NAME ...]

`WINDOWS` names each window and the function that makes it; another one is another line. The overlay shows
made-up procedures (`tests.ui.factory`): every state and priority, without having to wait for one. Pictures
have 256 colours at most, and of gray 64 or 32, so that they stay small.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import chdir
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does; read when NumPy is imported
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("CEMENTWATCH_LANGUAGE", "en")  # whatever the machine speaks

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from benchmarks import (
    deidentify_pictures,
    library_pictures,
    replay_pictures,
    start_pictures,
    training_pictures,
)
from benchmarks.calibration.wizard_pictures import load, wait
from calibration.conditions import Conditions
from calibration.profile import LatencyPart, Profile, ScalePart, Stamp, write_profile
from recordings.simulated.phantom_grid import Intensifier, Plate
from recordings.simulated.phantom_grid import picture as grid_picture
from recordings.simulated.phantom_scale import Exposure, Tissue, Tube, cannula_phantom
from recordings.simulated.phantom_wedge import WedgePhantom, picture_of
from tests.ui import factory as made
from ui.overlay.biplane import BiplaneObservation
from ui.overlay.biplane_scene import BiplaneScene
from ui.overlay.observation import Observation
from ui.overlay.window import OverlayWindow
from ui.qt import start_application
from ui.watchdog.notice import Notice
from ui.wizard.window import WizardWindow

SIZES_PX = ((1920, 1080), (1280, 720))
_MOST_COLOURS = 256
_GRAY_STEP, _NOISY_GRAY_STEP = 4, 8
_SETTLING = 20
"""A layout that follows its words needs several rounds of events."""


def overlay(scene: str, *, keys: bool = False) -> QWidget:
    """The overlay as it stands after a scene of the factory."""
    looks = iter(made.without_noise(made.SCENES[scene]() if scene != "waiting" else made.waiting()))
    return _after(OverlayWindow(lambda: next(looks), made.SETUP), looks, keys=keys)


def fault() -> QWidget:
    """The overlay where it cannot be derived what to show."""

    def fails() -> Observation:
        raise RuntimeError("the loop is gone")

    window = OverlayWindow(fails, made.SETUP)
    window.tick()
    return window


def biplane(first: str, second: str) -> QWidget:
    """Two planes, each after a scene of its own."""
    both = [made.without_noise(made.SCENES[name]()) for name in (first, second)]
    steps = max(map(len, both))
    # the last look of each falls on the same step
    padded = [[seen[0]] * (steps - len(seen)) + seen for seen in both]
    looks = iter([BiplaneObservation((a, _of_ap(b))) for a, b in zip(*padded, strict=True)])
    setup = dataclasses.replace(
        made.SETUP, mm_per_px={"lateral": made.MM_PER_PX, "ap": made.MM_PER_PX}, projections={}
    )
    scene = BiplaneScene((setup, setup), ("lateral", "ap"))
    return _after(OverlayWindow(lambda: next(looks), scene=scene), looks)


def _of_ap(seen: Observation) -> Observation:
    if seen.result is None:
        return seen
    return dataclasses.replace(seen, result=dataclasses.replace(seen.result, view="ap"))


def _after(window: OverlayWindow, looks: object, *, keys: bool = False) -> QWidget:
    while looks.__length_hint__():  # type: ignore[attr-defined]  # of the iterator of a list
        window.tick()
    if keys:
        QTest.keyClicks(window, "?")
    return window


def notice() -> QWidget:
    """What the second process shows where the monitor has gone."""
    window = Notice()
    window.why, window.follows = "the monitor does not answer", "starting it again"
    return window


def wizard(number: int) -> QWidget:
    """A page of the calibration, with something measured on it where that takes a picture."""
    stamp = Stamp(datetime(2026, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC), "test", "A. Physicist")
    seen = Conditions(480, 480, "DISP", 16)
    scale = ScalePart(stamp, seen, 0.3, 0.02, "ruler")
    latency = LatencyPart(stamp, seen, 93.0, 4.0, 33.0, 40)
    profile = Path("room.json")
    write_profile(Profile(room="Angio 2", c_arm="Arc 9", scale=scale, latency=latency), profile)
    window = WizardWindow(None, profile, room="Angio 2")
    window.show()  # marks are set where the picture is shown
    window.go(number)
    measure = {1: _measure_cannula, 2: _measure_plate, 3: _open_wedge}.get(number)
    if measure is not None:
        measure(window)
    return window


def _measure_cannula(window: WizardWindow) -> None:
    phantom = cannula_phantom(
        Tube(width_px=14.0, angle_rad=0.4, length_px=300.0),
        Exposure(quanta=20000.0, scatter=0.8),
        Tissue(bone=0.3),
        np.random.default_rng(5),
        size=480,
    )
    load(window, "cannula", np.asarray(phantom.pixels * 16, np.uint16))
    window.scale.buttons[1].click()
    for point in phantom.points:
        place = window.view.place(point).toPoint()
        QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=place)
    window.scale.ways[0].typed.setText("11G")
    wait(lambda: window.scale.finding() is not None)


def _measure_plate(window: WizardWindow) -> None:
    load(window, "plate", grid_picture(Plate(), Intensifier(rows=480, columns=480), 1)[0])
    window.distortion.pitch.setText("10")
    window.distortion.find_marks.click()
    wait(lambda: window.distortion.finding() is not None)


def _open_wedge(window: WizardWindow) -> None:
    load(window, "wedge", picture_of(WedgePhantom(bits_stored=16, dose_ngy=600.0)).pixels)


WINDOWS: dict[str, Callable[[], QWidget | QImage]] = {
    "overlay-calm": partial(overlay, "calm"),
    "overlay-low": partial(overlay, "low"),
    "overlay-medium": partial(overlay, "medium"),
    "overlay-high": partial(overlay, "high"),
    "overlay-leak": partial(overlay, "crossed"),
    "overlay-setup": partial(overlay, "waiting"),
    "overlay-learning": partial(overlay, "learning"),
    "overlay-degraded": partial(overlay, "degraded"),
    "overlay-held": partial(overlay, "held"),
    "overlay-not-monitoring": partial(overlay, "blind"),
    "overlay-not-monitoring-latched": partial(overlay, "blind_with_latched"),
    "overlay-no-image": partial(overlay, "stale"),
    "overlay-keys": partial(overlay, "calm", keys=True),
    "overlay-fault": fault,
    "biplane-high": partial(biplane, "calm", "high"),
    "biplane-one-blind": partial(biplane, "calm", "blind"),
    "watchdog-notice": notice,
    "start-empty": partial(start_pictures.start, filled=False),
    "start-trial": partial(start_pictures.start, filled=True),
    "start-worklist": start_pictures.worklist,
    "planning-first-level": partial(start_pictures.planning, levels=0, begun=True),
    "planning-three-levels": partial(start_pictures.planning, levels=3, cannula=True),
    "library": library_pictures.library,
    "library-search": partial(library_pictures.library, query="tag:teaching"),
    "library-no-match": partial(library_pictures.library, query="level:C3"),
    "library-empty": partial(library_pictures.library, empty=True),
    "training-exercises": training_pictures.exercises,
    "training-with-help": partial(training_pictures.running, with_help=True),
    "training-without-help": partial(training_pictures.running, with_help=False),
    "training-score": training_pictures.scored,
    "training-debrief": training_pictures.debrief,
    "training-progress": training_pictures.progress,
    "replay-alarm": replay_pictures.alarm,
    "replay-scrubbing": replay_pictures.scrubbing,
    "replay-not-monitored": replay_pictures.not_monitored,
    "replay-not-processed": replay_pictures.superseded,
    "replay-compare": replay_pictures.beside,
    "replay-events": replay_pictures.events,
    "deidentify-confirm": deidentify_pictures.confirming,
    "calibration-room": partial(wizard, 0),
    "calibration-scale": partial(wizard, 1),
    "calibration-distortion": partial(wizard, 2),
    "calibration-density": partial(wizard, 3),
    "calibration-latency": partial(wizard, 4),
    "calibration-review": partial(wizard, 5),
}


def shot(window: QWidget | QImage, size_px: tuple[int, int]) -> QImage:
    """The window at a size, as it paints itself; a picture as it is."""
    if isinstance(window, QImage):
        return window
    window.resize(*size_px)
    window.show()
    for _ in range(_SETTLING):
        QApplication.processEvents()
    image = QImage(*size_px, QImage.Format.Format_RGB32)
    window.render(image)
    return image


def as_array(image: QImage) -> NDArray[np.uint8]:
    """Pixels of a picture, shape (rows, columns, 3), red, green, blue."""
    memory = image.constBits()
    assert memory is not None
    memory.setsize(image.sizeInBytes())
    flat = np.frombuffer(memory, np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)  # type: ignore[call-overload]  # sip's buffer
    return np.ascontiguousarray(flat[:, : image.width(), 2::-1])


def _chosen(rgb: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[list[int], NDArray[np.uint8]]:
    """Colours to keep, one after another the one that is missed most, and which of them each one becomes."""
    kept: list[int] = []
    nearest = np.zeros(len(rgb), np.uint8)
    far2 = np.full(len(rgb), np.inf)
    worst = int(np.argmax(counts))
    while len(kept) < min(_MOST_COLOURS, len(rgb)):
        kept.append(worst)
        to_it2 = ((rgb - rgb[worst]) ** 2).sum(axis=1)
        nearest[to_it2 < far2] = len(kept) - 1
        far2 = np.minimum(far2, to_it2)
        # a thin line of a colour of its own counts for more than many pixels that are hardly off
        worst = int(np.argmax(np.sqrt(counts) * far2))
    return kept, nearest


def with_palette(image: QImage, gray_step: int) -> QImage:
    """The same in 256 colours, each pixel the nearest of them; grays in steps first."""
    pixels = as_array(image).astype(np.uint32)
    gray = (pixels.max(axis=-1) == pixels.min(axis=-1))[..., None]  # of an X-ray image; the ground is bluish
    stepped = np.minimum((pixels + gray_step // 2) // gray_step * gray_step, 255)
    pixels = np.where(gray, stepped, pixels)
    packed = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    colours, at, counts = np.unique(packed, return_inverse=True, return_counts=True)
    rgb = np.stack([(colours >> shift) & 255 for shift in (16, 8, 0)], axis=1).astype(float)
    kept, nearest = _chosen(rgb, counts)
    indices = np.ascontiguousarray(nearest[at.reshape(packed.shape)])
    rows, columns = indices.shape
    small = QImage(indices.tobytes(), columns, rows, columns, QImage.Format.Format_Indexed8)
    small.setColorTable([0xFF000000 | int(colours[k]) for k in kept])
    return small.copy()


def main() -> int:
    """Write the pictures, and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--only", nargs="*", choices=sorted(WINDOWS), default=sorted(WINDOWS))
    options = parser.parse_args()
    logging.disable()  # of the window that has failed on purpose
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    start_application()
    QApplication.setCursorFlashTime(0)
    total = 0
    for name in options.only:
        for size_px in SIZES_PX:
            # paths are shown in windows: they must not be those of this machine
            with tempfile.TemporaryDirectory() as folder, chdir(folder):
                image = shot(WINDOWS[name](), size_px)
            path = out / f"{name}-{size_px[1]}.png"
            step = _NOISY_GRAY_STEP if name.startswith("calibration") else _GRAY_STEP
            if not with_palette(image, step).save(str(path), "PNG", 0):
                raise SystemExit(f"{path}: cannot be written")
            total += path.stat().st_size
            print(f"{path.name:44} {path.stat().st_size / 1e3:7.1f} kB", flush=True)
    print(f"{total / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
