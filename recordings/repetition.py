"""Whether a recorded run comes out the same when its steps are taken again, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from monitor.frame import Frame
from monitor.result import Kind
from recordings.findings import Difference, differences
from recordings.log import LogContents, alarm_row, volume_row
from recordings.log_schema import ALARM_COLUMNS, VOLUME_COLUMNS
from recordings.messages import Step
from recordings.recording import RecordingReader
from recordings.retaken import Retaken, as_live
from recordings.session import StoredSession

_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Repetition:
    """What taking the steps again has shown.

    Parameters
    ----------
    steps : int
        Steps that were recorded, or should have been.
    identical : int
        Those that found the same in every field.
    differing : int
    first_differences : tuple of (int, Difference)
        Number of the frame, and what differs; the first of them.
    not_repeated : tuple of str
        Why others could not be taken again or compared.
    log_rows, log_differing : int
        Rows of measurements and alarms in the procedure log that were held against what was found now, and
        those that are not the same or are missing on either side.
    log_alone : int
        Rows of frames whose step was not recorded: a kill takes the last ones.
    """

    steps: int
    identical: int
    differing: int
    first_differences: tuple[tuple[int, Difference], ...]
    not_repeated: tuple[str, ...]
    log_rows: int
    log_differing: int
    log_alone: int

    @property
    def same(self) -> bool:
        """Whether everything that was found then was found again, and nothing else."""
        return not (self.differing or self.not_repeated or self.log_differing) and self.steps > 0


class _Log:
    """The log's rows, struck off as they are found again; those of frames in `seqs` alone."""

    def __init__(self, log: LogContents | None, seqs: frozenset[int]) -> None:
        volume = [] if log is None else [row for row in log.volume if row["seq"] in seqs]
        # what the observer itself raised is found by no step
        alarms = [] if log is None else [row for row in log.alarms if row["kind"] == Kind.CLINICAL]
        held = [row for row in alarms if row["seq"] in seqs]
        self._volume = {(row["seq"], row["view"], row["level"]): row for row in volume}
        self._alarms = Counter(tuple(row[column] for column in ALARM_COLUMNS) for row in held)
        self.alone = 0 if log is None else len(log.volume) - len(volume) + len(alarms) - len(held)
        self.rows = 0
        self.differing = 0

    def hold_against(self, step: Step, frame: Frame) -> None:
        """Strike off what a step has found."""
        if step.findings is None:
            return
        result = step.findings.on(frame)
        for level in result.levels:
            row = self._volume.pop((frame.seq, result.view, level.name), None)
            if row is not None:
                self.rows += 1
                self.differing += volume_row(result, level) != tuple(row[column] for column in VOLUME_COLUMNS)
        for transition in result.transitions:
            if transition.alert.kind is not Kind.CLINICAL:
                continue
            found = alarm_row(transition)
            self.rows += 1
            self.differing += self._alarms[found] <= 0
            self._alarms[found] -= 1

    @property
    def left(self) -> int:
        """Rows that were not found again."""
        return len(self._volume) + sum(max(count, 0) for count in self._alarms.values())


def repeat(
    session: StoredSession,
    reader: RecordingReader,
    log: LogContents | None,
    progress: Callable[[int, int | None], None] = lambda done, whole: None,
) -> Repetition:
    """Take the steps of a session again, and hold them against the recording and the log.

    Raises
    ------
    NothingMonitoredError
        No step was recorded.
    SourceError, PlanError, ConfigError, CalibrationError
        What the run began with cannot be read.
    """
    steps = identical = differing = 0
    told: list[tuple[int, Difference]] = []
    not_repeated: list[str] = []
    rows = _Log(log, frozenset(reader.step_heads.seqs))
    for retaken in as_live(session, reader):
        steps += 1
        found = _held_against(retaken)
        if isinstance(found, str):
            not_repeated.append(found)
        elif found:
            differing += 1
            seq = retaken.before.seq if retaken.before is not None else -1
            told += [(seq, one) for one in islice(found, max(0, _MOST_TOLD - len(told)))]
        else:
            identical += 1
        if retaken.now is not None and retaken.frame is not None:
            rows.hold_against(retaken.now, retaken.frame)
        progress(steps, reader.step_count)
    return Repetition(
        steps, identical, differing, tuple(told), tuple(not_repeated), rows.rows, rows.differing + rows.left,
        rows.alone,
    )  # fmt: skip


def _held_against(retaken: Retaken) -> tuple[Difference, ...] | str:
    before, now = retaken.before, retaken.now
    if before is None or now is None:
        return retaken.why
    if before.findings is None or now.findings is None:
        both = before.findings is None and now.findings is None and before.fault == now.fault
        return () if both else (Difference("fault", before.fault, now.fault),)
    return differences(before.findings, now.findings)
