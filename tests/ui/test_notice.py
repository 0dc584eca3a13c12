"""The watchdog's notice: what it says, and its tone."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from monitor.result import Kind, Priority
from tests.ui.test_sound import Recorded
from ui.sound.bursts import BURSTS, SAMPLE_RATE_HZ, samples_of
from ui.watchdog.notice import Listener, Notice
from ui.watchdog.tone import Tone


class _Silent(Tone):
    """A machine without a sound device, whatever this one has."""

    def start(self) -> str:
        return "no sound: no sound device"


def test_it_is_hidden_until_told_and_hides_again(qtbot: QtBot) -> None:
    notice = Notice()
    qtbot.addWidget(notice)
    listener = Listener.__new__(Listener)
    listener._notice, listener._tone = notice, _Silent()
    assert not notice.isVisible()
    listener.take({"why": "the monitor has died", "follows": "go on by eye alone"})
    assert notice.isVisible()
    assert notice.isFullScreen()
    assert (notice.why, notice.unheard) == ("the monitor has died", "no sound: no sound device")
    listener.take({})
    assert not notice.isVisible()


def test_the_words_fill_the_window_and_survive_gray(qtbot: QtBot) -> None:
    notice = Notice()
    qtbot.addWidget(notice)
    for width, height in ((1920, 1080), (1280, 720)):
        notice.tell("the monitor has died", "stop injecting, or go on by eye alone", "")
        notice.resize(width, height)
        picture = notice.grab().toImage()
        pixels = np.array(
            [[picture.pixelColor(x, y).lightnessF() for x in range(0, width, 4)] for y in range(0, height, 4)]
        )
        band = pixels[round(pixels.shape[0] * 0.26) : round(pixels.shape[0] * 0.46)]
        words = band < 0.25
        assert 0.05 < words.mean() < 0.5  # dark letters on a light band
        columns = np.flatnonzero(words.any(axis=0))
        # at two metres 20 arc minutes are 12 mm: about 27 px on a 24 inch screen
        rows = np.flatnonzero(words.any(axis=1))
        assert 4 * (rows[-1] - rows[0]) > 0.08 * height
        assert 0.02 * width < 4 * columns[0]
        assert 4 * columns[-1] < 0.98 * width
    notice.take_back()


def test_the_tone_is_the_machines_burst_and_comes_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = Recorded()
    monkeypatch.setattr("ui.watchdog.tone.speaker_here", lambda: speaker)
    tone = Tone()
    assert tone.start() == ""
    sounds = samples_of(BURSTS[(Kind.TECHNICAL, Priority.MEDIUM)])
    assert [np.array_equal(samples, sounds) for samples in speaker.played] == [True]
    rest_s = tone._timer.interval() / 1000 - len(sounds) / SAMPLE_RATE_HZ
    assert 2.5 <= rest_s <= 30
    tone._timer.setInterval(1)
    qtbot.waitUntil(lambda: len(speaker.played) > 2, timeout=5000)
    tone.stop()
    assert not tone._timer.isActive()
    speaker.why = "no sound: no device"
    assert tone.start() == "no sound: no device"
    tone.stop()
