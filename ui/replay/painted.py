"""A session painted for pictures that leave the house: the replay's overlay, one picture after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage, QPainter

from recordings.results.painting import Colours, Image
from recordings.session import StoredSession
from recordings.track import Track, open_track
from recordings.viewing import Place
from ui.qt import start_application
from ui.replay.clip import HD, times_of_change
from ui.replay.deck import DamagedFrameError, Deck
from ui.replay.look import Look
from ui.replay.player import label_of

_SILENT_STEP_NS = 1_000_000_000
"""While no image comes what is shown is painted so often: a viewer shows pictures, not time."""


class Painted:
    """Paints a session; see `recordings.results.painting.Painter`."""

    def __init__(self, deck: Deck, track: Track | None, size_px: tuple[int, int]) -> None:
        self._deck = deck
        self._look = Look(deck, track, label_of(track, deck.nothing))
        self._look.footer = ""  # nobody presses keys in a picture
        self._size_px = size_px
        self._image = QImage(*size_px, QImage.Format.Format_RGB32)
        memory = self._image.bits()
        if memory is None:
            raise MemoryError("no memory for the picture")
        memory.setsize(self._image.sizeInBytes())
        shape = size_px[1], size_px[0], 4
        self._pixels: NDArray[np.uint8] = np.frombuffer(memory, np.uint8).reshape(shape)  # type: ignore[call-overload]

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self._size_px

    def of(self, seq: int) -> Colours | None:
        """The frame of a number with what was found in it; None where it cannot be read."""
        position = self._look.course.of_seq(seq)
        if position is None:
            return None
        self._look.show(self._look.course.of(position))
        return None if self._look.model is None else self._paint()

    def run(self) -> Iterator[Image]:
        """What was shown, one picture for each time at which it changes; of every frame, each frame."""
        for place in self._places():
            with suppress(DamagedFrameError):
                self._look.show(place, flash_ns=place.t_ns)
            yield Image(place.t_ns, self._deck.seqs[place.frame], self._paint())

    def _places(self) -> Iterator[Place]:
        course, deck = self._look.course, self._deck
        if course.track is not None and course.track.mode == "every frame":
            for frame in range(len(course)):
                yield course.of(frame)
            return
        for t_ns in times_of_change(
            deck, course, deck.first_ns, deck.last_ns, silent_step_ns=_SILENT_STEP_NS
        ):
            yield course.at(t_ns)

    def _paint(self) -> Colours:
        with QPainter(self._image) as painter:
            self._look.paint(painter, *self._size_px)
        return np.ascontiguousarray(self._pixels[:, :, 2::-1])


@contextmanager
def open_painted(
    session: StoredSession, track: Path | None, *, size_px: tuple[int, int] = HD
) -> Iterator[Painted]:
    """Paint a session with what was found in it, or with the steps of a results file.

    Raises
    ------
    SourceError
        The session or the file cannot be read.
    """
    start_application()
    deck = Deck(session.folder)
    shown: Track | None = None
    try:
        shown = open_track(track, session) if track is not None else None
        yield Painted(deck, shown or deck.track, size_px)
    finally:
        if shown is not None:
            shown.close()
        deck.close()
