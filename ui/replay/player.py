"""A replay without its window: decks, looks and the transport moved together."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from recordings.compared import Summary
from recordings.timeline import Moment
from recordings.track import Track
from recordings.viewing import NOT_COMPUTED, NOT_MONITORED, Place
from ui.replay.deck import DamagedFrameError, Deck
from ui.replay.look import STANDS_LIT_NS, Look
from ui.replay.time_line import Row
from ui.replay.transport import Transport
from ui.replay.words import is_raised

_REPAINT_NS = 100_000_000
"""Longest time between two looks while it plays: what is shown grows old where no frames come."""
_AHEAD, _READS_AHEAD_UP_TO = 3, 2.0
_GOES_ALONG_NS = 1_000_000
_ON_LINE = ("mark", "acknowledged", "watching", "irradiation")


class Player:
    """Moves through a deck.

    Parameters
    ----------
    deck : Deck
    clock_ns : callable
        The watcher's own clock (ns).
    """

    def __init__(self, deck: Deck, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.deck, self._clock_ns = deck, clock_ns
        self.transport = Transport(deck.first_ns, deck.last_ns, deck.first_ns)
        self.look = Look(deck, deck.track, label_of(deck.track, deck.nothing))
        self.beside: Look | None = None
        self.summary: Summary | None = None
        """Of the track that is shown, where that is not the recorded one."""
        self._shown_ns = 0

    # what is shown

    @property
    def place(self) -> Place:
        """Where it stands."""
        place = self.look.place
        return place if place is not None else self.look.course.at(self.transport.t_ns)

    def show(self, place: Place, *, few: bool = False) -> None:
        """Show a place in every look."""
        flash_ns = self._clock_ns() if self.transport.playing else STANDS_LIT_NS
        self._shown_ns = self._clock_ns()
        self.look.show(place, few=few, flash_ns=flash_ns)
        if self.beside is not None:
            # the same frame: what the other found in it, or that it did not look
            other = self.beside.course.of(place.frame)
            other = replace(other, t_ns=max(other.t_ns, place.t_ns))
            self.beside.show(other, few=few, flash_ns=flash_ns)

    def show_again(self) -> None:
        """Show where it stands once more, with all that can be known."""
        self.show(self.place)

    def seek(self, t_ns: int, *, few: bool = False) -> None:
        """Go to a time, as it stood then."""
        self.transport.go(t_ns)
        self.show(self.look.course.at(self.transport.t_ns), few=few)

    def step(self, frames: int) -> None:
        """Pause, and go on or back by frames, also those that were not looked at."""
        self.transport.pause()
        course = self.look.course
        frame = min(max(self.place.frame + frames, 0), len(course) - 1)
        place = course.of(frame)
        self.transport.go(place.t_ns)
        self.show(place)

    def toggle(self) -> None:
        """Play, or pause."""
        if self.transport.playing:
            self.tick()
            self.transport.pause()
            self.show_again()
        else:
            self.transport.play(self._clock_ns())

    def tick(self) -> bool:
        """Let time go on; whether something else is shown now."""
        if not self.transport.playing:
            return False
        before_ns = self.transport.t_ns
        t_ns = self.transport.advance(self._clock_ns(), grows=self.deck.grows)
        if self.transport.stands():
            self.show(self.look.course.at(t_ns))
            return True
        place, shown = self.look.course.at(t_ns), self.look.place
        same = shown is not None and (place.frame, place.step) == (shown.frame, shown.step)
        if same and t_ns >= before_ns and self._clock_ns() - self._shown_ns < _REPAINT_NS:
            return False
        if not same:
            try:
                self.deck.frame(place.frame)
            except DamagedFrameError:
                return False  # skipped; told on the time line
        self.show(place)
        self._read_ahead(place)
        return True

    def _read_ahead(self, place: Place) -> None:
        """The frames of the next steps; at high speeds it is not known which will be shown."""
        track = self.look.track
        if place.step is None or track is None or self.transport.speed > _READS_AHEAD_UP_TO:
            return
        seqs = track.seqs[place.step + 1 : place.step + 1 + _AHEAD]
        frames = [self.look.course.of_seq(seq) for seq in seqs]
        self.deck.read_ahead(frame for frame in frames if frame is not None)

    # where to

    def alarms(self) -> tuple[int, ...]:
        """When alarms came or became graver (ns)."""
        return tuple(sorted({moment.t_ns for moment in self.moments() if is_raised(moment)}))

    def marks(self) -> tuple[int, ...]:
        """When a moment was marked (ns)."""
        return tuple(sorted({moment.t_ns for moment in self.moments() if moment.kind == "mark"}))

    def jump(self, times_ns: Sequence[int], way: int, *, few: bool = False) -> bool:
        """Go to the next (1) or the one before (-1) of some times; whether there is one."""
        t_ns = self.transport.t_ns
        if way > 0:
            place = bisect_right(times_ns, t_ns + _GOES_ALONG_NS)
        else:
            # while it plays, what has just begun is not the one before
            slack_ns = 1_000_000_000 if self.transport.playing else _GOES_ALONG_NS
            place = bisect_left(times_ns, t_ns - slack_ns) - 1
        if not 0 <= place < len(times_ns):
            return False
        self.seek(times_ns[place], few=few)
        return True

    def moments(self) -> tuple[Moment, ...]:
        """What happened; the alarms those of the track that is shown."""
        if self.summary is None:
            return self.deck.moments
        rest = [moment for moment in self.deck.moments if moment.kind != "alarm"]
        mine = [
            Moment(t_ns, "alarm", words.partition(" ")[2], "raised", key[3], True, key[1], key[2])
            for t_ns, key, words in self.summary.alarms
        ]
        return tuple(sorted([*rest, *mine], key=lambda moment: moment.t_ns))

    def row(self) -> Row:
        """What the time line shows."""
        deck, track = self.deck, self.look.track
        first_ns, end_ns = self.transport.first_ns, self.transport.last_ns

        def at_s(t_ns: int) -> float:
            return min(max(0.0, (t_ns - first_ns) / 1e9), (end_ns - first_ns) / 1e9)

        length_s = max(1e-3, (end_ns - first_ns) / 1e9)
        nothing = self.look.course.nothing
        if track is None and nothing == NOT_MONITORED:
            unwatched = [(0.0, length_s)]
        else:
            spans = deck.believed.unwatched(end_ns)
            unwatched = [(at_s(a), at_s(b)) for a, b, _ in spans if b > first_ns and a < end_ns]
        missing = []
        for gap in deck.reader.gaps:
            after = bisect_right(deck.times_ns, gap.t_ns)
            until_ns = deck.times_ns[after] if after < len(deck.times_ns) else end_ns
            missing.append((at_s(gap.t_ns), at_s(until_ns)))
        known_s = 0.0 if track is None and nothing == NOT_COMPUTED else float("inf")
        if track is not None and track.mode == "every frame" and not track.ended:
            known_s = at_s(track.times_ns[-1]) if len(track) else 0.0
        marks = [(at_s(m.t_ns), m) for m in self.moments() if m.kind in _ON_LINE or is_raised(m)]
        damaged = [at_s(deck.times_ns[position]) for position in deck.reader.damaged_frames]
        return Row(length_s, tuple(marks), tuple(unwatched), tuple(missing), tuple(damaged), known_s)

    # whose findings

    def take_track(
        self, track: Track | None, summary: Summary | None = None, *, computed: bool = True
    ) -> None:
        """Show the findings of another track, at the same time; none where they are not `computed` yet."""
        scene = self.look.scene
        nothing = self.deck.nothing if computed else NOT_COMPUTED
        self.look = Look(self.deck, track, label_of(track, nothing), nothing)
        self.look.scene = scene  # the gray of the image stays
        self.summary = summary
        self.look.show(self.look.course.at(self.transport.t_ns))
        self.show_again()

    def compare_with(self, track: Track | None) -> None:
        """Show another track beside the first; None: the first alone."""
        self.beside = None if track is None else Look(self.deck, track, label_of(track, ""))
        self.show_again()

    def grow(self) -> int:
        """Take up what was recorded since; how many frames are new."""
        had_track = self.deck.track is not None
        fresh = self.deck.refresh()
        if fresh:
            self.transport.last_ns = self.deck.last_ns
            for look in (self.look, self.beside):
                if look is not None:
                    look.grow()
        if not had_track and self.deck.track is not None and self.look.track is None:
            self.take_track(self.deck.track)
        return fresh


def label_of(track: Track | None, nothing: str) -> str:
    """Whose findings they are: ``as recorded, 0.1.0``; why there are none."""
    if track is None:
        return nothing
    version = track.software_version
    return track.name if not version or version in track.name else f"{track.name}, {version}"
