"""Streams that give no more than there is, however much a header asks for."""

from __future__ import annotations

import io
import os
import zlib
from typing import BinaryIO

LARGEST_HEADER_BYTES = 1 << 24
MOST_HEADER_READS = 150_000
"""An enhanced image of 600 frames takes some 75 000; this many take pydicom about 1.4 s."""
LARGEST_INFLATED_BYTES = 1 << 30
_PART_BYTES = 1 << 18
_MOST_AHEAD_BYTES = 1 << 24
"""So much more may be read than comes out of it: empty blocks would be read to the end of any file."""


class Bounded(io.RawIOBase):
    """A stream whose reads are cut to what is left in it, and end after so many of them or of their bytes.

    Python sets aside what `read` is asked for before it looks whether it is there; a length in a damaged
    header would then cost gigabytes.

    Parameters
    ----------
    stream : BinaryIO
        Seekable. Closed with this one.
    most_bytes, most_reads : int
        That may be read in all, seeking back included. Each element takes a read or two: without a limit
        to them a file of zeros is millions of empty elements.
    size : int or None
        More than this is not looked for; None: the stream's own size.
    """

    def __init__(
        self,
        stream: BinaryIO,
        most_bytes: int = LARGEST_HEADER_BYTES,
        most_reads: int = MOST_HEADER_READS,
        size: int | None = None,
    ) -> None:
        super().__init__()
        self._stream, self._left, self._reads_left = stream, most_bytes, most_reads
        at = stream.tell()
        self.size = stream.seek(0, os.SEEK_END) if size is None else size
        stream.seek(at)

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes.

        Raises
        ------
        ValueError
            More than a header's bytes have been asked for, or all there is (what pydicom inflates at once).
        """
        if size is None or size < 0:
            raise ValueError("a file is not read whole for its header")
        wanted = min(size, max(0, self.size - self._stream.tell()))
        self._left -= wanted
        self._reads_left -= 1
        if min(self._left, self._reads_left) < 0:
            raise ValueError("the header is too large")
        return self._stream.read(wanted)

    def held_behind(self, position: int, wanted: int) -> int:
        """How many of the `wanted` bytes behind a position there are; no more than these is inflated."""
        self._stream.seek(position + wanted - 1)
        if wanted > 0 and self._stream.read(1):
            return wanted
        return max(0, self._stream.seek(0, os.SEEK_END) - position)

    def behind_header(self) -> None:
        """Lift the limits over all reads: the header has been read, what follows is walked and not held."""
        self._left = self._reads_left = 1 << 62

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """As any stream."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """As any stream."""
        return self._stream.tell()

    def close(self) -> None:
        """Close the stream below too."""
        if not self.closed:
            self._stream.close()
        super().close()


class _Inflating(io.RawIOBase):
    """A deflated stream read from its start; going back means inflating again."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        super().__init__()
        self._stream, self._start = stream, start
        self._end: int | None = None
        self._wanted = 0  # where a seek leads; nothing is inflated before something is read there
        self._rewind()

    def _rewind(self) -> None:
        self._stream.seek(self._start)
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._at = self._consumed = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # any buffer in fact
        if self._wanted < self._at:
            self._rewind()
        while self._at < self._wanted and self._inflated(min(_PART_BYTES, self._wanted - self._at)):
            pass
        part = self._inflated(len(buffer)) if self._at == self._wanted else b""
        self._wanted += len(part)
        buffer[: len(part)] = part
        return len(part)

    def _inflated(self, most: int) -> bytes:
        while not self._inflater.eof and self._at < LARGEST_INFLATED_BYTES:
            coded = self._inflater.unconsumed_tail
            if not coded:
                coded = self._stream.read(_PART_BYTES)
                self._consumed += len(coded)
                if self._consumed > self._at + _MOST_AHEAD_BYTES:
                    raise ValueError("the deflated data hold nothing")
            part = self._inflater.decompress(coded, most)
            self._at += len(part)
            if part or not coded:
                return part
        return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_END:
            if self._end is None:
                while self._inflated(_PART_BYTES):
                    pass
                self._end = self._at
            offset += self._end
        elif whence == os.SEEK_CUR:
            offset += self._wanted
        self._wanted = max(0, offset)
        return self._wanted

    def tell(self) -> int:
        return self._wanted

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def inflating(stream: BinaryIO, start: int) -> BinaryIO:
    """A seekable stream of what is deflated behind byte `start`, of which only a buffer is held.

    It ends after `LARGEST_INFLATED_BYTES`. `stream` is closed with it.
    """
    return io.BufferedReader(_Inflating(stream, start), _PART_BYTES)
