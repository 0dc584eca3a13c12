"""What file sources share: numbering, end of stream, errors that stay, opening and closing."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator

from monitor.errors import EndOfStream, SourceError
from monitor.frame import Frame, Pixels, SourceInfo
from monitor.sources.base import OpensAndCloses

#: Frozen pixels and the time on the source's clock (ns), or None where it has none.
Picture = tuple[Pixels, int | None]
Pictures = Generator[Picture, None, None]

#: A frame larger than this is taken for a damaged header, not for an image (px).
LARGEST_SIDE_PX = 16384
LARGEST_AREA_PX = 1 << 26


class SequenceSource(OpensAndCloses, ABC):
    """A `FrameSource` over pictures that are read one after the other.

    A subclass gives `_start`, which returns the info and a generator of pictures. The generator owns
    whatever is open and releases it when closed. The first picture is decoded by `open`, so that a
    source that cannot be decoded at all never opens.

    A `SourceError` of a frame is raised again by every later `read`: what follows the damage cannot be
    told from what would have been there, and the end of a damaged run is not the end of the run.

    Parameters
    ----------
    source_id : str
        Name of the source in frames and messages.
    clock_ns : callable
        Monotonic clock that stamps frames (ns).
    """

    def __init__(self, source_id: str, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._source_id = source_id
        self._clock_ns = clock_ns
        self._info: SourceInfo | None = None
        self._pictures: Pictures | None = None
        self._ahead: Picture | None = None
        self._failure: SourceError | None = None
        self._seq = 0
        self._last_ns = 0

    @abstractmethod
    def _start(self) -> tuple[SourceInfo, Pictures]:
        """Open and describe the source. Raises `SourceError` with nothing left open."""

    def open(self) -> SourceInfo:
        """Open the source, decode its first frame and say what it is.

        Raises
        ------
        SourceError
            It cannot be opened, or its first frame cannot be decoded.
        RuntimeError
            It is open already.
        """
        if self._pictures is not None:
            raise RuntimeError(f"{self._source_id} is open already")
        info, pictures = self._start()
        try:
            self._ahead = next(pictures)
        except StopIteration:
            raise SourceError(f"{self._source_id}: no frames") from None
        except BaseException:
            pictures.close()
            raise
        self._info, self._pictures = info, pictures
        self._failure, self._seq, self._last_ns = None, 0, 0
        return info

    @property
    def info(self) -> SourceInfo:
        """What `open` returned last. Raises `RuntimeError` before it."""
        if self._info is None:
            raise RuntimeError(f"{self._source_id} has not been opened")
        return self._info

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the next frame. A file is always ready: `timeout_s` plays no part.

        Raises
        ------
        EndOfStream
            After the last frame.
        SourceError
            The frame cannot be decoded; raised again by every later read.
        RuntimeError
            The source is not open.
        """
        if self._pictures is None:
            raise RuntimeError(f"{self._source_id} is not open")
        if self._failure is not None:
            raise SourceError(str(self._failure))
        picture, self._ahead = self._ahead, None
        if picture is None:
            try:
                picture = next(self._pictures)
            except StopIteration:
                raise EndOfStream(f"{self._source_id}: no more frames") from None
            except SourceError as error:
                self._failure = error
                raise
        pixels, t_source_ns = picture
        if t_source_ns is not None:
            # A container whose time stamps step back must not turn time round.
            t_source_ns = self._last_ns = max(self._last_ns, t_source_ns)
        frame = Frame(self._seq, self._clock_ns(), t_source_ns, pixels, self._source_id)
        self._seq += 1
        return frame

    def close(self) -> None:
        """Release everything; any number of times."""
        pictures, self._pictures, self._ahead = self._pictures, None, None
        if pictures is not None:
            pictures.close()


def check_size(source_id: str, rows: int, columns: int) -> None:
    """Refuse an image size that is zero or absurd, before anything of that size is allocated.

    Raises
    ------
    SourceError
        A side is below 1 or above `LARGEST_SIDE_PX`, or the area is above `LARGEST_AREA_PX`.
    """
    if min(rows, columns) < 1 or max(rows, columns) > LARGEST_SIDE_PX or rows * columns > LARGEST_AREA_PX:
        raise SourceError(f"{source_id}: image size {columns} x {rows} is not usable")
