"""What paints the session for the pictures; supplied by whoever can paint (`ui`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recordings.session import StoredSession

Colours = NDArray[np.uint8]
"""Shape (rows, columns, 3), red, green, blue."""


@dataclass(frozen=True, slots=True)
class Image:
    """One picture of the annotated run: when it was shown (ns), the frame that it shows, its pixels."""

    t_ns: int
    seq: int
    pixels: Colours


class Painter(Protocol):
    """Paints a session with everything that was said of it, each picture of the same size."""

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        ...

    def of(self, seq: int) -> Colours | None:
        """The frame of a number with what was found in it; None where it cannot be read."""
        ...

    def run(self) -> Iterator[Image]:
        """The pictures of the run, one for each time at which what is shown changes, ascending."""
        ...


OpenPainter = Callable[[StoredSession, Path | None], AbstractContextManager[Painter]]
"""Given the session, and a file with the steps that are shown in place of the recorded ones, or None."""
