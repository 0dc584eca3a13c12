"""How long to learn after a disturbance: longer where the last time was not enough."""

from __future__ import annotations

from monitor.config import LearningConfig

_SOON_S = 12.0


class Relearning:
    """Says how long to learn anew. Three seconds hold less than a breath of some patients."""

    def __init__(self, config: LearningConfig) -> None:
        self._config = config
        self._last_s: float | None = None
        self._seconds = config.relearn_s

    def begin(self, time_s: float | None, *, was_learned: bool = True) -> float:
        """Learning begins anew at a time (s; None: not known): for how long (s).

        `was_learned`: it had come to an end before; while one disturbance goes on, none was too short.
        """
        if not was_learned:
            self._last_s = time_s
            return self._seconds
        soon = time_s is not None and self._last_s is not None and time_s - self._last_s < _SOON_S
        longest = max(self._config.relearn_s, self._config.relearn_at_most_s)
        self._seconds = min(2 * self._seconds, longest) if soon else self._config.relearn_s
        self._last_s = time_s
        return self._seconds
