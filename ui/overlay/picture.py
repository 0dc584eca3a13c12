"""The overlay as a picture, without a window: for the demonstration and for reports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PyQt6.QtGui import QImage, QPainter

from ui.overlay.observation import Observation, Setup
from ui.overlay.scene import Scene
from ui.qt import start_application

FULL_HD = (1920, 1080)


def grab_overlay(
    observations: Iterable[Observation], setup: Setup | None = None, size_px: tuple[int, int] = FULL_HD
) -> QImage:
    """Paint the overlay as it stands after the last of some observations.

    Parameters
    ----------
    observations : iterable of Observation
        In order of time; those before the last fill the trend. At least one.
    setup : Setup, optional
    size_px : (int, int)
        Width and height of the picture.

    Raises
    ------
    ValueError
        No observation.
    """
    start_application()
    scene = Scene(setup or Setup())
    model = None
    for observation in observations:
        model = scene.take(observation)
    if model is None:
        raise ValueError("a picture of the overlay needs at least one observation")
    image = QImage(*size_px, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        scene.paint(painter, *size_px, model)
    return image


def render_to_png(
    observations: Iterable[Observation],
    path: Path,
    setup: Setup | None = None,
    size_px: tuple[int, int] = FULL_HD,
) -> None:
    """Write `grab_overlay` as a PNG file.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    if not grab_overlay(observations, setup, size_px).save(str(path), "PNG"):
        raise OSError(f"{path}: cannot write the picture")
