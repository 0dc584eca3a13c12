"""Runs that arrive are never shown as if they were live, in any language, and nothing is cut."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from monitor.states import Reason, State
from tests.ui import factory as made
from tests.ui.german import Listening
from ui.overlay.derive import build_model
from ui.overlay.memory import Memory
from ui.overlay.observation import Observation
from ui.overlay.window import OverlayWindow
from ui.overlay.words import UNKNOWN

PLAYING = Reason(State.DEGRADED, "near_live", "acquired 14:03:20, 48 s ago")
BETWEEN = Reason(State.NOT_MONITORING, "between_runs", "waiting for the next run")
LEFT_OUT = Reason(
    State.NOT_MONITORING, "between_runs",
    "waiting for the next run; the last is not monitored: 512 x 512, not 1024 x 1024",
)  # fmt: skip


def playing() -> Observation:
    return made.observation(made.result(), made.health(PLAYING), near_live=True)


def between(reason: Reason = BETWEEN) -> Observation:
    return made.observation(made.result(), made.health(reason, PLAYING, age_s=14.0), near_live=True)


def before() -> Observation:
    first = Reason(State.NOT_MONITORING, "between_runs", "waiting for the first run")
    return Observation(None, made.health(first, age_s=None), made.NOW_NS, near_live=True)


def window_of(seen: Observation, qtbot: QtBot) -> OverlayWindow:
    window = OverlayWindow(lambda: seen, made.SETUP)
    qtbot.addWidget(window)
    window.tick()
    return window


def words_of(window: OverlayWindow, size_px: tuple[int, int]) -> list[str]:
    window.resize(*size_px)
    image: QImage = window.grab().toImage()
    assert not image.isNull()
    assert [word.text for word in window.words if word.cut] == []
    return [word.text for word in window.words]


@pytest.mark.parametrize("size_px", [(1280, 720), (1920, 1080)])
def test_the_top_line_says_near_live(size_px: tuple[int, int], qtbot: QtBot) -> None:
    words = words_of(window_of(playing(), qtbot), size_px)
    assert "NEAR-LIVE" in words
    assert "acquired 14:03:20, 48 s ago" in words
    assert "DEGRADED" in words
    assert "MONITORING" not in words
    assert "NEAR-LIVE" not in words_of(window_of(made.calm()[-1], qtbot), size_px)


@pytest.mark.parametrize(
    "seen", [between(), between(LEFT_OUT), before()], ids=["between", "left out", "before"]
)
def test_between_runs_the_bar_says_what_is_waited_for(seen: Observation, qtbot: QtBot) -> None:
    words = words_of(window_of(seen, qtbot), (1280, 720))
    assert {"NOT MONITORING", "NEAR-LIVE"} <= set(words)
    assert any("aiting for the" in word for word in words), words
    model = build_model(seen, Memory(), made.SETUP)
    assert model.distance.figure is None
    assert model.bar.state is not None


@pytest.mark.parametrize("seen", [playing(), between(), between(LEFT_OUT), before()])
def test_it_is_said_in_german_too(seen: Observation, qtbot: QtBot, german: Listening) -> None:
    words = words_of(window_of(seen, qtbot), (1280, 720))
    assert german.lacking == []
    assert "NICHT LIVE" in words


def test_no_contact_is_foretold_of_what_has_happened() -> None:
    models = []
    for near_live in (False, True):
        memory = Memory()
        seen = replace(made.approach(6.8)[-1], near_live=near_live)
        memory.remember(seen)
        models.append(build_model(seen, memory, made.SETUP))
    live, near = (model.distance for model in models)
    assert (live.contact, near.contact) == ("30 s", UNKNOWN)
    assert (live.figure, live.speed) == (near.figure, near.speed)
