"""The watchdog's tone: the burst of a technical MEDIUM alarm, again and again."""

from __future__ import annotations

from PyQt6.QtCore import QTimer

from monitor.result import Kind, Priority
from ui.sound.bursts import BURSTS, samples_of
from ui.sound.speaker import Speaker, speaker_here

BURST = BURSTS[(Kind.TECHNICAL, Priority.MEDIUM)]
REST_S = 3.0
"""Shorter than that of the same alarm in the window: there the picture is true as well."""


class Tone:
    """Bursts until `stop`. Works without a sound device too; then it says so."""

    def __init__(self) -> None:
        self._speaker: Speaker | None = None
        self._samples = samples_of(BURST)
        self._timer = QTimer()
        self._timer.timeout.connect(self._play)

    def start(self) -> str:
        """Begin; empty, or why nothing can be heard."""
        self.stop()
        self._speaker = speaker_here()
        self._play()
        self._timer.start(round(1000 * (BURST.length_s + REST_S)))
        return self._speaker.unheard()

    def stop(self) -> None:
        """Be silent."""
        self._timer.stop()
        if self._speaker is not None:
            self._speaker.stop()

    def _play(self) -> None:
        if self._speaker is not None:
            self._speaker.play(self._samples)
