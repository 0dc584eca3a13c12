"""How tightly frames are packed while they are recorded, and when that changes. No packing loses a bit.

What keeps a frame takes time to pack it and time to write it. Where frames pile up, the packing is taken
whose time for both is the least: a lighter one where the processor holds the recording up, a tighter one
where the disk does. Everything here is pure; the recorder measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal

import blosc2
import numpy as np
from numpy.typing import NDArray


class Packing(IntEnum):
    """From the lightest to the tightest."""

    RAW = 0
    FAST = 1
    USUAL = 2
    TIGHT = 3


_CODECS = {
    Packing.FAST: (blosc2.Codec.LZ4, 5),
    Packing.USUAL: (blosc2.Codec.ZSTD, 1),
    Packing.TIGHT: (blosc2.Codec.ZSTD, 5),
}
_FILTERS = [blosc2.Filter.NOFILTER] * 5 + [blosc2.Filter.BITSHUFFLE]
_NOMINAL = {
    Packing.RAW: (0.2, 1.0),
    Packing.FAST: (1.6, 0.647),
    Packing.USUAL: (4.4, 0.628),
    Packing.TIGHT: (11.6, 0.591),
}
"""Milliseconds and size of a frame (1024 x 1024, 12 in 16 bit, simulated), each by that of the others: where
one was not tried yet, it is expected to stand to the present one as here."""

_PILED_UP, _CALM = 0.25, 0.1
"""Part of the recorder's memory: from the one on something is changed, up to the other nothing is held up."""
_FEWEST = 30
"""Frames from which a packing is judged: the file is flushed about once in as many."""
_FEWEST_AGAIN = 8
"""The same of the usual packing where it is a trial: it must not cost a frame."""
_GAIN = 0.97
"""Another packing is taken where a frame takes less than this part of what it does now."""
_FIRST_WAIT, _LONGEST_WAIT = 300, 19_200
"""Calm frames in a row before the usual packing is tried again; twice as many where that was too soon."""

# else packing a frame, 5 ms of it, would hold up every other thread of the monitor
blosc2.set_releasegil(True)


def packed(pixels: NDArray[np.unsignedinteger], packing: Packing) -> bytes | None:
    """Pixels as one Blosc2 buffer, bits of equal weight beside each other.

    Parameters
    ----------
    pixels : ndarray, uint8 or uint16, contiguous
    packing : Packing

    Returns
    -------
    bytes or None
        None where it would not be smaller than the pixels.
    """
    if packing is Packing.RAW:
        return None
    codec, level = _CODECS[packing]
    made: bytes = blosc2.compress2(
        pixels, typesize=pixels.itemsize, codec=codec, clevel=level, filters=_FILTERS, nthreads=1
    )
    return made if len(made) < pixels.nbytes else None


@dataclass(frozen=True, slots=True)
class Cost:
    """What it took to keep frames, per frame.

    Parameters
    ----------
    packing_s, writing_s : float
        Time to pack, and to write and flush (s).
    raw_bytes, kept_bytes : float
        Size of the pixels, and in the file.
    """

    packing_s: float
    writing_s: float
    raw_bytes: float
    kept_bytes: float

    @property
    def total_s(self) -> float:
        """Of both (s)."""
        return self.packing_s + self.writing_s

    @property
    def holds_up(self) -> Literal["packing", "disk"]:
        """Which takes longer."""
        return "packing" if self.packing_s > self.writing_s else "disk"

    def mixed(self, newest: Cost, share: float) -> Cost:
        """The mean, of which the newest is this share."""
        return Cost(
            *(
                (1.0 - share) * getattr(self, name) + share * getattr(newest, name)
                for name in ("packing_s", "writing_s", "raw_bytes", "kept_bytes")
            )
        )


@dataclass(frozen=True, slots=True)
class Switch:
    """Another packing, and why.

    Parameters
    ----------
    before, after : Packing
    reason : {"packing", "disk", "calm"}
        What holds the recording up; ``calm``: nothing any more.
    cost : Cost
        Of a frame as it was.
    """

    before: Packing
    after: Packing
    reason: Literal["packing", "disk", "calm"]
    cost: Cost


@dataclass(frozen=True, slots=True)
class Pace:
    """How the packing came about, up to now.

    Parameters
    ----------
    packing : Packing
        In force.
    costs : mapping of Packing to Cost
        Means of the newest frames of each packing that was used.
    frames : int
        Kept since the last change.
    calm : int
        Of them the last in a row without a backlog.
    wait : int
        So many calm frames before the usual packing is tried again.
    again : bool
        The usual packing is such a trial.
    """

    packing: Packing = Packing.USUAL
    costs: Mapping[Packing, Cost] = field(default_factory=dict)
    frames: int = 0
    calm: int = 0
    wait: int = _FIRST_WAIT
    again: bool = False


def after_frame(pace: Pace, cost: Cost, backlog: float) -> tuple[Pace, Switch | None]:
    """What one more frame, kept in the packing in force, leads to.

    Parameters
    ----------
    cost : Cost
        Of that frame.
    backlog : float
        Part of the recorder's memory that is in use, 0 to 1.

    Returns
    -------
    (Pace, Switch or None)
        None: the packing stays.
    """
    now, frames = pace.packing, pace.frames + 1
    known = pace.costs.get(now)
    mean = cost if known is None or not pace.frames else known.mixed(cost, 1.0 / min(frames, _FEWEST))
    costs = {**pace.costs, now: mean}
    calm = pace.calm + 1 if backlog <= _CALM else 0
    kept = replace(pace, costs=costs, frames=frames, calm=calm)
    if frames < (_FEWEST_AGAIN if pace.again else _FEWEST):
        return kept, None
    if backlog >= _PILED_UP:
        best = min(Packing, key=lambda packing: _expected(packing, now, costs).total_s)
        if _expected(best, now, costs).total_s >= _GAIN * mean.total_s:
            return kept, None
        wait = pace.wait
        if pace.again:
            wait = min(2 * wait, _LONGEST_WAIT) if frames < 2 * wait else _FIRST_WAIT
        return Pace(best, costs, wait=wait), Switch(now, best, mean.holds_up, mean)
    if now is not Packing.USUAL and calm >= pace.wait:
        # what is known of the others is of a time when something held them up
        return Pace(wait=pace.wait, again=True), Switch(now, Packing.USUAL, "calm", mean)
    return kept, None


def _expected(packing: Packing, now: Packing, costs: Mapping[Packing, Cost]) -> Cost:
    """Of a frame in a packing: the disk as it is now, the rest as measured, else by the present packing."""
    mean = costs[now]
    if packing is now:
        return mean
    known = costs.get(packing)
    (its_ms, its_size), (ms, size) = _NOMINAL[packing], _NOMINAL[now]
    packing_s = mean.packing_s * its_ms / ms if known is None else known.packing_s
    share = its_size / size if known is None else known.kept_bytes / max(mean.kept_bytes, 1.0)
    return Cost(packing_s, mean.writing_s * share, mean.raw_bytes, mean.kept_bytes * share)
