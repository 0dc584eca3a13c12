"""The watchdog's tone: the burst of a technical MEDIUM alarm, again and again."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QBuffer, QByteArray, QIODevice

from monitor.result import Kind, Priority
from ui.sound.bursts import BURSTS, SAMPLE_RATE_HZ, Samples, samples_of

_REST_S = 3.0
"""Shorter than that of an alarm of the same priority in the window: there the picture is true as well."""


def burst() -> Samples:
    """One burst and the silence behind it, mono, `SAMPLE_RATE_HZ`, 16 bit."""
    sounding = samples_of(BURSTS[(Kind.TECHNICAL, Priority.MEDIUM)])
    return np.concatenate([sounding, np.zeros(round(_REST_S * SAMPLE_RATE_HZ), np.int16)])


class Tone:
    """Bursts until `stop`. Works without a sound device too; then it says so."""

    def __init__(self) -> None:
        self._sink: object | None = None
        self._buffer: QBuffer | None = None

    def start(self) -> str:
        """Begin; empty, or why nothing can be heard."""
        try:
            from PyQt6.QtMultimedia import QAudio, QAudioFormat, QAudioSink, QMediaDevices
        except ImportError:
            return "no sound: Qt cannot play any here"
        device = QMediaDevices.defaultAudioOutput()
        if device.isNull():
            return "no sound: no sound device"
        sound = QAudioFormat()
        sound.setSampleRate(SAMPLE_RATE_HZ)
        sound.setChannelCount(1)
        sound.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        if not device.isFormatSupported(sound):
            return "no sound: the sound device takes no 44.1 kHz"
        self.stop()
        self._buffer = QBuffer()
        self._buffer.setData(QByteArray(burst().tobytes()))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        sink = self._sink = QAudioSink(device, sound)

        def again(state: QAudio.State) -> None:
            if state == QAudio.State.IdleState and self._buffer is not None and self._sink is sink:
                self._buffer.seek(0)
                sink.start(self._buffer)

        sink.stateChanged.connect(again)
        sink.start(self._buffer)
        return ""

    def stop(self) -> None:
        """Be silent."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.stop()  # type: ignore[attr-defined]  # a QAudioSink, imported only where it is used
        self._buffer = None
