"""Playing: where a replay stands, how fast it goes, and what it repeats. No Qt; time is an argument."""

from __future__ import annotations

from dataclasses import dataclass

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(slots=True)
class Transport:
    """Times of the session are monotonic ns; `clock_ns` is the watcher's own clock (ns).

    `loop_a_ns` and `loop_b_ns` bound the passage that is repeated; it is where both are set, A before B.
    """

    first_ns: int
    last_ns: int
    t_ns: int
    speed: float = 1.0
    playing: bool = False
    loop_a_ns: int | None = None
    loop_b_ns: int | None = None
    _looked_ns: int = 0

    @property
    def loop_ns(self) -> tuple[int, int] | None:
        """The passage that is repeated; None: none is."""
        a_ns, b_ns = self.loop_a_ns, self.loop_b_ns
        return (a_ns, b_ns) if a_ns is not None and b_ns is not None and a_ns < b_ns else None

    def play(self, clock_ns: int) -> None:
        """Go on from here; from the beginning where the end was reached."""
        loop = self.loop_ns
        if loop is not None and not loop[0] <= self.t_ns < loop[1]:
            self.t_ns = loop[0]
        elif self.t_ns >= self.last_ns:
            self.t_ns = self.first_ns
        self.playing, self._looked_ns = True, clock_ns

    def pause(self) -> None:
        """Stand still."""
        self.playing = False

    def stands(self) -> bool:
        """Whether it does not play."""
        return not self.playing

    def go(self, t_ns: int) -> None:
        """Stand, or play on, at another time."""
        self.t_ns = min(max(t_ns, self.first_ns), self.last_ns)

    def advance(self, clock_ns: int, *, grows: bool = False) -> int:
        """Where it stands now. At the end it pauses, unless the session still grows."""
        if not self.playing:
            return self.t_ns
        passed_ns = max(0, clock_ns - self._looked_ns)
        self._looked_ns = clock_ns
        t_ns = self.t_ns + round(passed_ns * self.speed)
        loop = self.loop_ns
        if loop is not None and t_ns >= loop[1]:
            t_ns = loop[0] + (t_ns - loop[0]) % (loop[1] - loop[0])
        elif t_ns >= self.last_ns:
            t_ns = self.last_ns
            self.playing = grows
        self.t_ns = t_ns
        return t_ns

    def change_speed(self, steps: int) -> None:
        """The next faster or slower speed."""
        place = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - self.speed))
        self.speed = SPEEDS[min(max(place + steps, 0), len(SPEEDS) - 1)]

    def set_loop(self, a_ns: int | None, b_ns: int | None) -> None:
        """Bound the passage; an end that would lie on the wrong side of the other takes its place away."""
        if a_ns is not None:
            self.loop_a_ns = a_ns
            if self.loop_b_ns is not None and self.loop_b_ns <= a_ns:
                self.loop_b_ns = None
        if b_ns is not None:
            self.loop_b_ns = b_ns
            if self.loop_a_ns is not None and self.loop_a_ns >= b_ns:
                self.loop_a_ns = None

    def clear_loop(self) -> None:
        """Repeat nothing."""
        self.loop_a_ns = self.loop_b_ns = None
