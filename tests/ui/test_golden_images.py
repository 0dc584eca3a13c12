"""The overlay in its states, against pictures that were looked at and kept.

``pytest tests/ui/test_golden_images.py --update-golden`` writes them anew; look at each before keeping it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QFont, QFontInfo, QImage, QPainter

from benchmarks.screenshots import as_array, with_palette
from monitor.result import Priority
from tests.ui import factory as made
from tests.ui.compare import Picture, differences
from ui import theme
from ui.overlay import draw, image_view, panels, trend
from ui.overlay.observation import Observation
from ui.overlay.scene import Scene

GOLDEN = Path(__file__).parents[1] / "golden"
SIZE_PX = (1280, 720)
KEPT = ("calm", "medium", "high", "crossed", "blind_with_latched", "stale", "held", "degraded")
GRAY_STEP = 4


@pytest.fixture(autouse=True)
def letters(qapp: object) -> None:
    if QFontInfo(draw.font_of(24, False)).family() != theme.FONT_FAMILIES[0]:
        pytest.skip(f"the pictures are drawn in {theme.FONT_FAMILIES[0]}, which is not here")


def shown(observations: list[Observation]) -> tuple[Picture, list[QRectF]]:
    """The picture, and where its letters are."""
    scene = Scene(made.SETUP)
    for observation in made.without_noise(observations):
        model = scene.take(observation)
    image = QImage(*SIZE_PX, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        words = scene.paint(painter, *SIZE_PX, model)
    return as_array(image), [word.rect for word in words]


def kept(name: str) -> Picture:
    path = GOLDEN / f"overlay-{name}.png"
    assert path.is_file(), f"{path.name} is missing: --update-golden"
    return as_array(QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32))


def of_kept(name: str, observations: list[Observation] | None = None) -> list[str]:
    picture, words = shown(made.SCENES[name]() if observations is None else observations)
    return differences(picture, kept(name), words)


@pytest.mark.parametrize("name", KEPT)
def test_the_overlay_looks_as_it_did(name: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        picture, _ = shown(made.SCENES[name]())
        rows, columns = picture.shape[:2]
        image = QImage(picture.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888)
        small = with_palette(image.convertToFormat(QImage.Format.Format_RGB32), GRAY_STEP)
        assert small.save(str(GOLDEN / f"overlay-{name}.png"), "PNG", 0)
    assert of_kept(name) == []


def changed_level(**changes: object) -> list[Observation]:
    """The HIGH scene with something else in its last result."""
    *before, last = made.high()
    first, *others = last.result.levels
    levels = (dataclasses.replace(first, **changes), *others)
    return [*before, dataclasses.replace(last, result=dataclasses.replace(last.result, levels=levels))]


@pytest.mark.parametrize(
    "changes",
    [
        {"contours_px": ()},
        {"unobservable_px": ()},
        {"contours_px": (made.contour(20.0),)},  # the tip drawn elsewhere
    ],
)
def test_what_is_missing_or_elsewhere_in_the_image_is_noticed(changes: dict[str, object]) -> None:
    said = of_kept("high", changed_level(**changes))
    assert any(line.startswith("lines") for line in said), said


def test_a_structure_that_is_missing_is_noticed() -> None:
    (*_, last) = made.high()
    structures = dict(last.result.levels[0].structures_px)
    for name in ("superior_endplate", "posterior_wall"):
        less = {key: lines for key, lines in structures.items() if key != name}
        assert of_kept("high", changed_level(structures_px=less)) != [], name


COLOURS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "contour": lambda patch: patch.setattr(image_view, "CONTOUR", "#ffffff"),
    "structures": lambda patch: patch.setattr(image_view, "CYAN", "#4ec04e"),
    "volume": lambda patch: patch.setattr(panels, "CYAN", "#4ec04e"),
    "curve": lambda patch: patch.setattr(trend, "TEXT", theme.TEXT_FAINT),
    "band": lambda patch: patch.setattr(trend, "QUARTER_BAND", theme.PANEL),
    "bands on the image": lambda patch: patch.setattr(image_view, "_BAND_ALPHA", 0),
    "alarm": lambda patch: patch.setitem(
        theme.ALARM_LOOKS,
        Priority.HIGH,
        dataclasses.replace(theme.ALARM_LOOKS[Priority.HIGH], line=theme.AMBER_LINE),
    ),
}


@pytest.mark.parametrize("what", COLOURS)
def test_a_colour_that_changes_is_noticed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    COLOURS[what](monkeypatch)
    assert of_kept("high") != []


def test_another_number_is_noticed() -> None:
    *before, last = made.high()
    other = made.level(2.7, speed_mm_s=0.9, contact_s=2.3)
    levels = (other, *last.result.levels[1:])
    said = of_kept(
        "high", [*before, dataclasses.replace(last, result=dataclasses.replace(last.result, levels=levels))]
    )
    assert any(line.startswith("letters") for line in said), said


def test_one_state_is_not_taken_for_another() -> None:
    for name, other in pairwise((*KEPT, KEPT[0])):
        assert of_kept(name, made.SCENES[other]()) != [], (name, other)


def test_letters_that_are_smoothed_otherwise_and_a_level_of_gray_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = draw.font_of

    def unhinted(size_px: int, bold: bool) -> QFont:
        font = QFont(plain(size_px, bold))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    monkeypatch.setattr(draw, "font_of", unhinted)
    picture, words = shown(made.high())
    brighter = np.minimum(picture.astype(int) + 2, 255).astype(np.uint8)
    assert np.abs(picture.astype(int) - kept("high")).max() > 60, "letters differ somewhere"
    assert differences(brighter, kept("high"), words) == []


def test_another_size_is_no_comparison() -> None:
    small = np.zeros((10, 20, 3), np.uint8)
    assert differences(small, np.zeros((20, 20, 3), np.uint8), []) == ["size 20x10, was 20x20"]
