"""Which frame and which step stand at a moment of a session: as it stood live, or of one frame by itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from recordings.track import Track

_OVERTAKEN_NS = 500_000_000
"""A frame that nothing was found in is shown bare once the newest result is so much older."""

SUPERSEDED = "not processed at this moment"
NOT_MONITORED = "not monitored"
NOT_COMPUTED = "not computed yet"
NOT_KEPT = "findings were not recorded"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a replay stands.

    Parameters
    ----------
    t_ns : int
        Monotonic (ns).
    frame : int
        Position of the frame that is shown.
    step : int or None
        Position of the step in which it was looked at; None: it was not, `why` says it.
    why : str
    """

    t_ns: int
    frame: int
    step: int | None
    why: str = ""


class Course:
    """Frames of a recording beside a track of findings.

    Parameters
    ----------
    seqs, times_ns : sequence of int
        Of all frames: their numbers and capture times (ns), as `RecordingReader.frame_heads`.
    track : Track or None
        None: there are no findings.
    nothing : str
        Why there are none.
    """

    def __init__(
        self,
        seqs: Sequence[int],
        times_ns: Sequence[int],
        track: Track | None,
        nothing: str = NOT_MONITORED,
    ) -> None:
        self.track, self.nothing = track, nothing
        self.grow(seqs, times_ns)

    def grow(self, seqs: Sequence[int], times_ns: Sequence[int]) -> None:
        """Take up that there are more frames."""
        self._seqs, self._times_ns = seqs, times_ns
        self._places = {seq: place for place, seq in enumerate(seqs)}

    def __len__(self) -> int:
        return len(self._times_ns)

    def newest_frame(self, t_ns: int) -> int:
        """Position of the newest frame captured by a time; the first where there was none yet."""
        return max(0, bisect_right(self._times_ns, t_ns) - 1)

    def captured_ns(self, frame: int) -> int:
        """When a frame was captured (ns)."""
        return self._times_ns[frame]

    def of_seq(self, seq: int) -> int | None:
        """Position of the frame of a number; None: it is not in the recording."""
        return self._places.get(seq & 0xFFFFFFFF)

    def at(self, t_ns: int) -> Place:
        """What stood on the screen at a time: the newest result, on its own frame."""
        frame = self.newest_frame(t_ns)
        step = None if self.track is None else self.track.at(t_ns)
        if self.track is not None and step is not None:
            looked_at = self._places.get(self.track.seqs[step])
            if looked_at is not None:
                overtaken_ns = self._times_ns[frame] - self._times_ns[looked_at]
                if overtaken_ns <= _OVERTAKEN_NS:
                    return Place(t_ns, looked_at, step)
        return Place(t_ns, frame, None, self._why(frame))

    def of(self, frame: int) -> Place:
        """One frame by itself, at the time at which its result was there."""
        step = None if self.track is None else self.track.of_seq(self._seqs[frame])
        captured_ns = self._times_ns[frame]
        if self.track is None or step is None:
            return Place(captured_ns, frame, None, self._why(frame))
        return Place(max(captured_ns, self.track.times_ns[step]), frame, step)

    def _why(self, frame: int) -> str:
        track = self.track
        if track is None or not len(track):
            return self.nothing
        # also of results that ended: the session may have grown since
        if track.mode == "every frame" and self._times_ns[frame] > track.times_ns[-1]:
            return NOT_COMPUTED
        return SUPERSEDED
