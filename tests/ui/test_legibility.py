"""Seen from two metres, without red or green cones, and at other scales of the screen."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtGui import QImage, QPainter

from benchmarks.colour_vision import VISIONS, contrast, difference, linear_rgb, seen
from benchmarks.legibility import (
    LEAST_ARCMIN,
    LEAST_CONTRAST,
    LEAST_DIFFERENCE,
    LONGEST,
    READ_ON,
    SIZES,
    TOLD_APART,
    Pair,
    alarm_texts,
    arcmin,
    scaled,
    state_texts,
    texts,
)
from monitor.result import Priority
from monitor.rule_table import RULES
from tests.ui import factory as made
from tests.ui.test_overlay_paint import as_array
from ui.overlay.scene import Scene
from ui.theme import ALARM_LOOKS

READABLE_ARCMIN = 16.0
_SAID_BY_THE_STATE = ("not_monitoring", True)


@pytest.fixture(autouse=True)
def application(qapp: object) -> object:
    return qapp


# Colours


def test_the_simulation_leaves_grays_alone_and_brings_red_to_green() -> None:
    for vision in VISIONS:
        for gray in ("#000000", "#808080", "#ffffff"):
            assert difference(gray, gray, vision) == 0
            assert np.ptp(seen(linear_rgb(gray), vision)) < 0.01
    for vision in ("protanopia", "deuteranopia"):
        # a pair that the plates of a test for colour blindness are made of
        assert difference("#a08c50", "#c8785a", vision) < 0.6 * difference("#a08c50", "#c8785a", "usual")


@pytest.mark.parametrize("vision", list(VISIONS))
@pytest.mark.parametrize("pair", TOLD_APART, ids=lambda pair: pair.what)
def test_colours_that_must_be_told_apart_are(pair: Pair, vision: str) -> None:
    assert difference(pair.one, pair.other, vision) >= LEAST_DIFFERENCE
    assert pair.also, "and something other than colour tells them apart too"


@pytest.mark.parametrize(("what", "ink", "ground"), READ_ON, ids=[row[0] for row in READ_ON])
def test_text_stands_out_from_its_ground(what: str, ink: str, ground: str) -> None:
    assert contrast(ink, ground) >= LEAST_CONTRAST


# Sizes


def test_twenty_minutes_are_12_mm_at_two_metres() -> None:
    assert arcmin(42.05, 1920, 1080) == pytest.approx(20.0, abs=0.05)
    assert arcmin(28.03, 1280, 720) == pytest.approx(20.0, abs=0.05)


def test_capitals_are_as_high_on_the_screen_as_they_are_taken_to_be() -> None:
    scene = Scene(made.SETUP)
    model = scene.take(made.high()[-1])
    image = QImage(1920, 1080, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        (word,) = [w for w in scene.paint(painter, 1920, 1080, model) if w.text == "HIGH"]
    shot = as_array(image)
    around = word.rect.adjusted(-2, -6, 2, 6).toRect()
    box = shot[around.top() : around.bottom(), around.left() : around.right()]
    white = (box.min(axis=-1) > 200).any(axis=1)
    assert white.sum() == pytest.approx(word.cap_px, abs=2)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", ["high", "medium", "crossed"])
def test_the_figure_and_the_alarm_are_read_from_two_metres(scene: str, size: tuple[int, int]) -> None:
    found = texts(made.SCENES[scene]()[-1:], size)
    large = {text.text for text in found if text.arcmin >= LEAST_ARCMIN}
    priority = Priority.MEDIUM if scene == "medium" else Priority.HIGH
    assert ALARM_LOOKS[priority].word in large
    figure = {"high": "2.1", "medium": "9.6", "crossed": "1.2"}[scene]
    assert {figure, "mm"} <= large
    assert any("T12" in text for text in large)
    if priority is Priority.HIGH:
        assert any(text.endswith("STOP") for text in large)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("rule_id", "blind"),
    # beside BLIND stands no alarm that says the same
    [
        (rule_id, blind)
        for rule_id in LONGEST
        for blind in (False, True)
        if (rule_id, blind) != _SAID_BY_THE_STATE
    ],
)
def test_the_longest_message_of_an_alarm_is_large_enough(
    rule_id: str, blind: bool, size: tuple[int, int]
) -> None:
    assert LONGEST[rule_id][1].startswith(RULES[rule_id].words)
    lines = alarm_texts(rule_id, size, blind=blind)
    assert lines
    of_the_patient_now = rule_id.startswith(("near_", "leak_"))
    assert min(text.arcmin for text in lines) >= (LEAST_ARCMIN if of_the_patient_now else READABLE_ARCMIN)
    if of_the_patient_now:
        assert not any(text.cut for text in lines)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", ["blind", "stale", "learning", "held"])
def test_that_nothing_is_watched_is_read_from_two_metres(scene: str, size: tuple[int, int]) -> None:
    lines = state_texts(scene, size)
    assert min(text.arcmin for text in lines) >= LEAST_ARCMIN
    assert not any(text.cut for text in lines)


def test_a_number_keeps_its_unit_where_a_message_breaks() -> None:
    lines = [text.text for text in alarm_texts("near_posterior_wall", (1280, 720), blind=False)]
    assert not any(line.startswith("mm") for line in lines)
    assert any("12.3 mm" in line for line in lines)


# Scale of the screen


@pytest.mark.parametrize("factor", [1.25, 1.5, 2.0])
def test_at_another_scale_the_image_is_as_sharp_and_nothing_is_cut(factor: float) -> None:
    plain, told = scaled(1.0), scaled(factor)
    assert told["ratio"] == factor
    assert told["size"] == [1920, 1080], "every px of the screen is used"
    assert float(told["detail"]) > 0.9 * float(plain["detail"])  # type: ignore[arg-type]
    assert (told["cut"], told["outside"], told["meeting"]) == ([], [], 0)
    assert arcmin(float(told["alarm_px"]), 1920, 1080) >= LEAST_ARCMIN  # type: ignore[arg-type]
