"""The watchdog's notice: what it says, and its tone, measured from the samples."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from ui.sound.bursts import SAMPLE_RATE_HZ
from ui.watchdog.notice import Listener, Notice
from ui.watchdog.tone import Tone, burst


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


def test_the_tone_is_three_pulses_with_harmonics() -> None:
    samples = burst().astype(float) / 32768
    loud = np.convolve(np.abs(samples), np.ones(441) / 441, mode="same") > 0.02
    edges = np.flatnonzero(np.diff(loud.astype(int), prepend=0))
    lengths_s = (edges[1::2] - edges[::2]) / SAMPLE_RATE_HZ
    assert len(lengths_s) == 3
    assert np.all((lengths_s >= 0.125) & (lengths_s <= 0.25))
    assert len(samples) / SAMPLE_RATE_HZ - edges[-1] / SAMPLE_RATE_HZ >= 2.5
    pulse = samples[: round(0.2 * SAMPLE_RATE_HZ)]
    spectrum = np.abs(np.fft.rfft(pulse))
    hz = np.fft.rfftfreq(len(pulse), 1 / SAMPLE_RATE_HZ)
    fundamental_hz = hz[np.argmax(spectrum)]
    assert 150 <= fundamental_hz <= 1000
    harmonics = [n * fundamental_hz for n in range(2, 10) if 300 <= n * fundamental_hz <= 4000]
    heard = [f for f in harmonics if spectrum[np.abs(hz - f) <= 10].max() > 0.05 * spectrum.max()]
    assert len(heard) >= 4
    assert np.abs(samples).max() < 0.9
