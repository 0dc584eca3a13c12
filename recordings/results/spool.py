"""Masks of cement on their way into a segmentation: bits in a temporary file, of so many frames at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from monitor.frame_mask import OUTSIDE, WITHIN

Label = NDArray[np.uint8]
Key = tuple[str, int]
"""A level's name, and `monitor.frame_mask.WITHIN` or `OUTSIDE`."""


@dataclass(frozen=True, slots=True)
class Held:
    """One mask: frame, level, which part of its cement, where its bits lie in the file."""

    seq: int
    key: Key
    offset: int


class MaskSpool:
    """Takes the masks of one frame after the other.

    Those of at most `most` frames stay, evenly spread over all that hold cement, and beside them those that
    are to be kept and the last. No more than two frames are in memory.

    Parameters
    ----------
    file : BinaryIO
        Temporary; read and written.
    most : int
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most
        self._stride, self._with_cement = 1, 0
        self._spread: dict[int, list[Held]] = {}
        self._kept: dict[int, list[Held]] = {}
        self._last: tuple[int, Mapping[str, Label]] | None = None
        self.shape: tuple[int, int] | None = None

    @property
    def with_cement(self) -> int:
        """Frames that held cement, those counted that were left out."""
        return self._with_cement

    @property
    def pixels(self) -> int:
        """Of a mask; 0 before the first."""
        rows, columns = self.shape or (0, 0)
        return rows * columns

    @property
    def frames(self) -> int:
        """Frames that stay."""
        return len(self._spread.keys() | self._kept.keys())

    def take(self, seq: int, masks: Mapping[str, Label], *, keep: bool = False) -> None:
        """Take the masks of a frame (0, `WITHIN` or `OUTSIDE`), in the order of frames."""
        masks = {name: mask for name, mask in masks.items() if mask.any()}
        if not masks:
            return
        number, self._with_cement = self._with_cement, self._with_cement + 1
        self._last = seq, masks
        if keep:
            self._kept[seq] = self._write(seq, masks)
        elif number % self._stride == 0:
            self._spread[seq] = self._write(seq, masks)
            if len(self._spread) > self._most:
                self._spread = dict(list(self._spread.items())[::2])
                self._stride *= 2

    def held(self) -> list[Held]:
        """Everything that stays, frame by frame; after the last frame was taken."""
        if self._last is not None:
            seq, masks = self._last
            if seq not in self._spread and seq not in self._kept:
                self._kept[seq] = self._write(seq, masks)
        whole = self._spread | self._kept
        return [held for seq in sorted(whole) for held in whole[seq]]

    def bits(self, held: Held) -> NDArray[np.uint8]:
        """A mask again, row by row, shape (rows * columns,), 0 or 1."""
        rows, columns = self.shape or (0, 0)
        self._file.seek(held.offset)
        packed = np.frombuffer(self._file.read((rows * columns + 7) // 8), np.uint8)
        return np.unpackbits(packed, count=rows * columns, bitorder="little")

    def _write(self, seq: int, masks: Mapping[str, Label]) -> list[Held]:
        written = []
        for name, mask in masks.items():
            self.shape = mask.shape[0], mask.shape[1]
            for part in (WITHIN, OUTSIDE):
                where = mask == part
                if where.any():
                    offset = self._file.seek(0, 2)
                    self._file.write(np.packbits(where, bitorder="little").tobytes())
                    written.append(Held(seq, (name, part), offset))
        return written
