"""Where words become speech: Qt's engine, else a program, else nowhere, and then it says so."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from typing import Protocol

_PROGRAMS = {
    # killed, they are silent at once; `spd-say` is not, since a server speaks for it
    "espeak-ng": ("-v", "en", "-s", "165", "--"),
    "espeak": ("-v", "en", "-s", "165", "--"),
    "spd-say": ("-w", "-l", "en", "--"),
}
_ALSO_TO_STOP = {"spd-say": ("-C",)}
_PRETENDERS = ("mock",)
"""Engines that make no sound."""


class Voice(Protocol):
    """Says one thing at a time; never waits."""

    def say(self, words: str) -> None:
        """Say this now, in place of what is still being said."""
        ...

    def stop(self) -> None:
        """Be silent."""
        ...

    def speaking(self) -> bool:
        """Whether something is being said."""
        ...

    def unheard(self) -> str:
        """Why nothing can be said, for the screen; empty: it can, as far as is known."""
        ...


class NoVoice:
    """A machine that cannot speak."""

    def __init__(self, why: str) -> None:
        self._why = why

    def say(self, words: str) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""

    def speaking(self) -> bool:
        """No."""
        return False

    def unheard(self) -> str:
        """Why."""
        return self._why


class QtVoice:
    """Through Qt's text to speech, with the engine of the system.

    Raises
    ------
    ImportError
        Qt cannot speak here.
    """

    def __init__(self) -> None:
        from PyQt6.QtCore import QLocale
        from PyQt6.QtTextToSpeech import QTextToSpeech

        engines = [name for name in QTextToSpeech.availableEngines() if name not in _PRETENDERS]
        if not engines:
            raise ImportError("no engine")
        self._qt = QTextToSpeech
        self._speech = QTextToSpeech(engines[0])
        for where in self._speech.availableLocales():
            if where.language() == QLocale.Language.English:
                self._speech.setLocale(where)
                break

    def say(self, words: str) -> None:
        """As `Voice.say`."""
        self.stop()
        self._speech.say(words)

    def stop(self) -> None:
        """As `Voice.stop`."""
        self._speech.stop(self._qt.BoundaryHint.Immediate)

    def speaking(self) -> bool:
        """As `Voice.speaking`."""
        return self._speech.state() in (self._qt.State.Speaking, self._qt.State.Synthesizing)

    def unheard(self) -> str:
        """As `Voice.unheard`."""
        return "no speech: the engine fails" if self._speech.state() == self._qt.State.Error else ""


class ProgramVoice:
    """Through a program that speaks its last argument.

    Parameters
    ----------
    program : str
        Path of one of `espeak-ng`, `espeak`, `spd-say`.
    name : str
        Which of them.
    """

    def __init__(self, program: str, name: str) -> None:
        self._program, self._name = program, name
        self._child: subprocess.Popen[bytes] | None = None
        self._why = ""

    def say(self, words: str) -> None:
        """As `Voice.say`."""
        self.stop()
        self._child = self._start(*_PROGRAMS[self._name], words)

    def stop(self) -> None:
        """As `Voice.stop`."""
        self._ask()
        child, self._child = self._child, None
        if child is None or child.returncode is not None:
            return
        with suppress(ProcessLookupError):
            child.kill()
        child.wait()
        if also := _ALSO_TO_STOP.get(self._name):
            self._canceller = self._start(*also)

    def speaking(self) -> bool:
        """As `Voice.speaking`."""
        return self._child is not None and self._child.poll() is None

    def unheard(self) -> str:
        """As `Voice.unheard`."""
        self._ask()
        return self._why

    def _start(self, *arguments: str) -> subprocess.Popen[bytes] | None:
        try:
            return subprocess.Popen(  # noqa: S603  fixed arguments, and words of our own
                [self._program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            self._why = f"no speech: {error.strerror}"
            return None

    def _ask(self) -> None:
        status = self._child.poll() if self._child is not None else None
        if status is not None:
            self._why = "" if status == 0 else f"no speech: {self._name} fails"


def voice_here() -> Voice:
    """The first of the ways that can speak on this machine. Needs a Qt application."""
    with suppress(ImportError):
        qt = QtVoice()
        if not qt.unheard():
            return qt
    for name in _PROGRAMS:
        program = shutil.which(name)
        if program is not None:
            return ProgramVoice(program, name)
    return NoVoice("no speech: no engine")
