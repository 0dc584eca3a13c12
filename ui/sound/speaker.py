"""Where samples become sound: Qt's output, else `aplay`, else nowhere, and then it says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ui.sound.bursts import SAMPLE_RATE_HZ, Samples

if TYPE_CHECKING:
    from PyQt6.QtMultimedia import QAudioDevice, QAudioFormat

_CARDS = Path("/proc/asound/cards")


class Speaker(Protocol):
    """Plays one thing at a time; never waits."""

    def play(self, samples: Samples) -> None:
        """Play these now, in place of what still plays."""
        ...

    def stop(self) -> None:
        """Be silent."""
        ...

    def unheard(self) -> str:
        """Why nothing can be heard, for the screen; empty: it can, as far as is known."""
        ...


class NoSpeaker:
    """A machine without sound."""

    def __init__(self, why: str) -> None:
        self._why = why

    def play(self, samples: Samples) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""

    def unheard(self) -> str:
        """Why."""
        return self._why


class QtSpeaker:
    """Through Qt Multimedia: the sound server's default output, whichever that is when something sounds.

    Raises
    ------
    ImportError
        Qt Multimedia cannot be loaded here.
    """

    def __init__(self) -> None:
        from PyQt6 import QtMultimedia

        self._qt = QtMultimedia
        self._sink: QtMultimedia.QAudioSink | None = None
        self._why = ""
        self._look()

    def play(self, samples: Samples) -> None:
        """As `Speaker.play`."""
        from PyQt6.QtCore import QBuffer, QByteArray, QIODevice

        self.stop()
        device = self._look()
        if device is None:
            return
        self._buffer = QBuffer()
        self._buffer.setData(QByteArray(samples.tobytes()))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._sink = self._qt.QAudioSink(device, self._format())
        self._sink.start(self._buffer)

    def stop(self) -> None:
        """As `Speaker.stop`."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.stop()

    def unheard(self) -> str:
        """As `Speaker.unheard`."""
        # a burst that has been played to its end leaves the sink idle for want of data, which is no fault
        fine = (self._qt.QAudio.Error.NoError, self._qt.QAudio.Error.UnderrunError)
        if self._sink is not None and self._sink.error() not in fine:
            return "no sound: the output fails"
        return self._why

    def _look(self) -> QAudioDevice | None:
        """The output of now; None where there is none that takes our samples."""
        device = self._qt.QMediaDevices.defaultAudioOutput()
        if device.isNull():
            self._why = "no sound: no device"
            return None
        if not device.isFormatSupported(self._format()):
            self._why = "no sound: device takes no 44.1 kHz"
            return None
        self._why = ""
        return device

    def _format(self) -> QAudioFormat:
        made = self._qt.QAudioFormat()
        made.setSampleRate(SAMPLE_RATE_HZ)
        made.setChannelCount(1)
        made.setSampleFormat(self._qt.QAudioFormat.SampleFormat.Int16)
        return made


class AplaySpeaker:
    """Through ALSA's `aplay`, where there is a sound card but no sound server.

    Parameters
    ----------
    program : str
        Path of `aplay`.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self._child: subprocess.Popen[bytes] | None = None
        self._why = ""

    def play(self, samples: Samples) -> None:
        """As `Speaker.play`."""
        self.stop()
        # a file in memory as its input: a pipe would hold the window up until it is read
        held = os.memfd_create("cementwatch-sound")
        try:
            os.write(held, samples.tobytes())
            os.lseek(held, 0, os.SEEK_SET)
            self._child = subprocess.Popen(  # noqa: S603  fixed arguments
                [self._program, "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(SAMPLE_RATE_HZ)],
                stdin=held,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            self._why = f"no sound: {error.strerror}"
        finally:
            os.close(held)

    def stop(self) -> None:
        """As `Speaker.stop`."""
        self._ask()
        child, self._child = self._child, None
        if child is not None:
            with suppress(ProcessLookupError):
                child.kill()
            child.wait()

    def unheard(self) -> str:
        """As `Speaker.unheard`."""
        self._ask()
        return self._why

    def _ask(self) -> None:
        status = self._child.poll() if self._child is not None else None
        if status is not None:
            self._why = "" if status == 0 else "no sound: aplay fails"


def speaker_here() -> Speaker:
    """The first of the ways that can sound on this machine. Needs a Qt application."""
    try:
        qt = QtSpeaker()
    except ImportError:
        why = "no sound: Qt cannot play here"
    else:
        why = qt.unheard()
        if not why:
            return qt
    program = shutil.which("aplay")
    if program is not None and has_card(_CARDS):
        return AplaySpeaker(program)
    return NoSpeaker(why)


def has_card(cards: Path) -> bool:
    """Whether ALSA lists a sound card (a line that begins with its number)."""
    try:
        return any(line.split()[:1] and line.split()[0].isdigit() for line in cards.read_text().splitlines())
    except OSError:
        return False
