"""What a full read of a recording found."""

from __future__ import annotations

from dataclasses import dataclass

from recordings.messages import Gap


@dataclass(frozen=True, slots=True)
class RecordingCheck:
    """What a full read of a recording found.

    Parameters
    ----------
    frames : int
        Whole frames.
    gaps : tuple of Gap
        Frames that the recorder says it lost.
    missing : tuple of (int, int)
        Further frames that are not there: first number and count, between those that are.
    damaged : int
        Messages that are not as they were written.
    ended : bool
        The file has its clean end.
    complete : bool
        It has its end and everything in the file is as it was written. Gaps that the recorder wrote
        down do not change that.
    """

    frames: int
    gaps: tuple[Gap, ...]
    missing: tuple[tuple[int, int], ...]
    damaged: int
    ended: bool
    complete: bool


def not_in_gaps(first: int, end: int, gaps: list[Gap]) -> list[tuple[int, int]]:
    """Parts of ``first .. end - 1`` that no gap covers, as first number and count."""
    parts: list[tuple[int, int]] = []
    for gap in sorted(gaps, key=lambda gap: gap.first_seq):
        gap_end = gap.first_seq + gap.count
        if gap_end <= first or gap.first_seq >= end:
            continue
        if gap.first_seq > first:
            parts.append((first, gap.first_seq - first))
        first = gap_end
    if first < end:
        parts.append((first, end - first))
    return parts
