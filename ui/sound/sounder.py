"""The ears of the window: hears what it looks at, plays what is due, and says what cannot be heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from monitor.result import Alert
from ui.overlay.observation import Observation
from ui.overlay.sight import alert_seen
from ui.overlay.words import DANGEROUS
from ui.sound.bursts import samples_of, tick
from ui.sound.distance_tone import nearest_mm
from ui.sound.schedule import Schedule
from ui.sound.speaker import Speaker
from ui.sound.speech import Speech
from ui.sound.voice import Voice

_STEP = 0.25
_AFTER_BURST_NS = 250_000_000
"""A sound server is late by as much: words that begin with the burst's end would stand on its last pulse."""


class Sounder:
    """One for a window; called on its thread.

    Parameters
    ----------
    speaker : Speaker
    voice : Voice or None
        Says alarms behind their tones; None: nobody does.
    distance_tone : bool
        The distance tone sounds from the start.
    """

    def __init__(
        self,
        speaker: Speaker,
        voice: Voice | None = None,
        *,
        distance_tone: bool = False,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._speaker, self._voice, self._clock_ns = speaker, voice, clock_ns
        self._speech = Speech()
        self._schedule = Schedule()
        self._schedule.distance_tone = distance_tone
        self._distance_volume = 0.5
        self._alerts: tuple[Alert, ...] = ()

    def hear(self, planes: Sequence[Observation]) -> tuple[Observation, ...]:
        """Play what is due of these looks; the same looks with what is to be said of the sound."""
        now_ns = self._clock_ns()
        self._alerts = tuple(alert for plane in planes for alert in audible(plane))
        nearest = [nearest_mm(plane, DANGEROUS) for plane in planes]
        known = [mm for mm in nearest if mm is not None]
        due = self._schedule.due(self._alerts, min(known, default=None), now_ns)
        paused_s = self._schedule.paused_s(now_ns)
        sounding = self._schedule.sounding(now_ns - _AFTER_BURST_NS)
        self._speak(now_ns, hushed=paused_s is not None or sounding)
        if due is not None and due.silence:
            self._speaker.stop()
        elif due is not None:
            self._speaker.play(samples_of(due.burst) if due.burst else tick(self._distance_volume))
        unheard = self._speaker.unheard()
        unsaid = self._voice.unheard() if self._voice is not None else ""
        return tuple(
            replace(plane, audio_paused_s=paused_s, audio_unheard=unheard, speech_unheard=unsaid)
            for plane in planes
        )

    def _speak(self, now_ns: int, *, hushed: bool) -> None:
        """Say what is due. Before anything is played, so that a burst finds silence."""
        if self._voice is None:
            return
        due = self._speech.due(
            self._alerts, now_ns, hushed=hushed, room_s=self._schedule.rest_s(now_ns),
            speaking=self._voice.speaking(),
        )  # fmt: skip
        if due is not None and due.words:
            self._voice.say(due.words)
        elif due is not None:
            self._voice.stop()

    def pause(self) -> str:
        """Pause the audio, or take that back; what was done, in words."""
        now_ns = self._clock_ns()
        self._schedule.pause(self._alerts, now_ns)
        return "audio on" if self._schedule.paused_s(now_ns) is None else "audio paused for two minutes"

    def toggle_distance_tone(self) -> str:
        """The distance tone on or off; which, in words."""
        self._schedule.distance_tone = not self._schedule.distance_tone
        return "distance tone on" if self._schedule.distance_tone else "distance tone off"

    def louder(self, steps: int) -> str:
        """The distance tone louder (1) or softer (-1); how loud, in words. Alarms keep their volume."""
        self._distance_volume = min(1.0, max(_STEP, self._distance_volume + steps * _STEP))
        return f"distance tone {100 * self._distance_volume:.0f} %"

    def silence(self) -> None:
        """The window closes."""
        self._speaker.stop()
        if self._voice is not None:
            self._voice.stop()


def audible(observation: Observation) -> tuple[Alert, ...]:
    """Alarms that may sound: those of the patient only while what they rest on is watched."""
    of_image = observation.result.alerts if observation.result else ()
    return (*observation.alerts, *(alert for alert in of_image if alert_seen(alert, observation)))
