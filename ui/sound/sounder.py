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

_STEP = 0.25


class Sounder:
    """One for a window; called on its thread.

    Parameters
    ----------
    speaker : Speaker
    distance_tone : bool
        The distance tone sounds from the start.
    """

    def __init__(
        self,
        speaker: Speaker,
        *,
        distance_tone: bool = False,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._speaker, self._clock_ns = speaker, clock_ns
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
        if due is not None and due.silence:
            self._speaker.stop()
        elif due is not None:
            self._speaker.play(samples_of(due.burst) if due.burst else tick(self._distance_volume))
        unheard = self._speaker.unheard()
        return tuple(replace(plane, audio_paused_s=paused_s, audio_unheard=unheard) for plane in planes)

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


def audible(observation: Observation) -> tuple[Alert, ...]:
    """Alarms that may sound: those of the patient only while what they rest on is watched."""
    of_image = observation.result.alerts if observation.result else ()
    return (*observation.alerts, *(alert for alert in of_image if alert_seen(alert, observation)))
