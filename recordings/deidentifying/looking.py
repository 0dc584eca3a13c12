"""Looks through the frames of a run for text, and keeps what is shown to whoever confirms it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from monitor.errors import SourceError
from monitor.frame import Frame, Pixels, SourceInfo
from recordings.importing.pieces import opened
from recordings.importing.regions import Region
from recordings.importing.text_scan import text_in
from recordings.messages import Gap

_MOST_FRAMES = 40

Progress = Callable[[int, int | None], None]


@dataclass(slots=True, eq=False)
class Look:
    """What was seen of a run.

    Parameters
    ----------
    name : str
        Of the file or session.
    info : SourceInfo
    states_text : bool
        The header says that text is burned in.
    black : tuple of Region
        Blanked while it was looked for text.
    found : tuple of Region
        Where text stands outside of them.
    lowest, highest : ndarray, shape (rows, columns), uint8 or uint16
        Smallest and largest stored value of each pixel over all frames.
    frames : list of ndarray
        Some of the frames, evenly over the run.
    count : int
        How many frames were looked at.
    """

    name: str
    info: SourceInfo
    states_text: bool = False
    black: tuple[Region, ...] = ()
    found: tuple[Region, ...] = ()
    lowest: Pixels | None = None
    highest: Pixels | None = None
    frames: list[Pixels] = field(default_factory=list)
    count: int = 0
    _apart: int = 1

    def add(self, pixels: Pixels) -> None:
        """Take in the next frame."""
        if self.lowest is None or self.highest is None:
            self.lowest, self.highest = pixels.copy(), pixels.copy()
        else:
            np.minimum(self.lowest, pixels, out=self.lowest)
            np.maximum(self.highest, pixels, out=self.highest)
        if self.count % self._apart == 0:
            self.frames.append(pixels)
            if len(self.frames) > _MOST_FRAMES:
                self._apart *= 2
                self.frames = self.frames[::2]
        self.count += 1

    @property
    def asks(self) -> bool:
        """Whether somebody has to say what becomes of text."""
        return bool(self.found) or (self.states_text and not self.black)


def look_at(
    spec: str,
    black: Sequence[Region] = (),
    *,
    states_text: bool = False,
    pictures: Sequence[Pixels] = (),
    progress: Progress = lambda done, whole: None,
) -> Look:
    """Look through all frames of a file or session.

    Parameters
    ----------
    pictures : sequence of ndarray, shape (rows, columns), uint8 or uint16
        Of a plan that goes with it: as large as the frames, and no frames.

    Raises
    ------
    InputError
        It cannot be opened or not be read to its end, or a region does not lie within its frames.
    """
    with opened(spec) as source:
        look = Look(spec, source.info, states_text, tuple(black))
        look.found = text_in(source.info, _watched(source.pieces, look), look.black, progress)
        if source.damage and source.session is None:
            # of a session damaged frames are left out; a file would be copied with all behind them
            reason = source.damage[0].replace(f"{spec}: ", "")
            raise SourceError(f"{spec}: frames that cannot be looked through: {reason}")
    for picture in pictures:
        alone = Frame(0, 0, None, picture, look.name)
        look.found = merged(look.found, text_in(source.info, _watched(iter([alone]), look), look.black))
    return look


def merged(regions: tuple[Region, ...], more: tuple[Region, ...]) -> tuple[Region, ...]:
    """The regions, and of the others those that do not lie within one of them."""
    return regions + tuple(
        one for one in more
        if not any(
            held.x <= one.x and held.y <= one.y and one.x + one.columns <= held.x + held.columns
            and one.y + one.rows <= held.y + held.rows for held in regions
        )
    )  # fmt: skip


def _watched(pieces: Iterator[Frame | Gap], look: Look) -> Iterator[Frame | Gap]:
    for piece in pieces:
        if isinstance(piece, Frame):
            look.add(piece.pixels)
        yield piece
