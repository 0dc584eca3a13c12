"""Steps that are taken frame by frame, kept in a recording as the recorder of a live run keeps them."""

from __future__ import annotations

from collections.abc import Callable

from monitor.stepping import Taken
from recordings.findings import Findings
from recordings.messages import Step
from recordings.recording import RecordingWriter


def steps_into(recording: RecordingWriter) -> Callable[[Taken], None]:
    """What a `monitor.stepping.Stepping` tells its steps to; they are numbered from 0, none is skipped."""
    number = 0

    def tell(taken: Taken) -> None:
        nonlocal number
        found = None if taken.result is None else Findings.of(taken.result)
        recording.step(Step(number, taken.frame.seq, taken.now_ns, 0, taken.requests, found, taken.fault))
        number += 1

    return tell
