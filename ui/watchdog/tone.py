"""The watchdog's tone: bursts of three pulses, made here, no sound file.

Pulse length and count are those of a MEDIUM alarm after IEC 60601-1-8 (three pulses of 125 to 250 ms,
2.5 to 30 s between bursts, fundamental of 150 to 1000 Hz with harmonics); conformance has not been checked.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QBuffer, QByteArray, QIODevice

SAMPLE_RATE_HZ = 44_100
_FUNDAMENTAL_HZ = 440.0
_HARMONICS = (1.0, 0.6, 0.4, 0.3, 0.2)
_PULSE_S, _GAP_S, _BURST_S = 0.2, 0.2, 4.0
_EDGE_S = 0.02


def burst() -> NDArray[np.int16]:
    """One burst and the silence behind it, mono, `SAMPLE_RATE_HZ`, 16 bit."""
    t_s = np.arange(round(_PULSE_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave = sum(a * np.sin(2 * np.pi * n * _FUNDAMENTAL_HZ * t_s) for n, a in enumerate(_HARMONICS, 1))
    edge = np.minimum(1.0, np.minimum(t_s, _PULSE_S - t_s) / _EDGE_S)
    pulse = 0.8 * edge * wave / np.abs(wave).max()
    whole = np.zeros(round(_BURST_S * SAMPLE_RATE_HZ))
    for number in range(3):
        first = round(number * (_PULSE_S + _GAP_S) * SAMPLE_RATE_HZ)
        whole[first : first + len(pulse)] = pulse
    return (whole * 32767).astype(np.int16)


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
