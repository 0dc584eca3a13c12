"""The steps of a recorded run taken again through the same pipelines.

``as_live`` takes the frames that were processed, at the times at which they were, with what was asked for
in between: the same software finds the same, field by field. ``every_frame`` takes all frames, also those
that were superseded while the run was live: what more would have been seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from monitor.errors import PlanError, RecordingError, SourceError
from monitor.frame import Frame
from monitor.pipeline import Pipeline
from monitor.stepping import Request, Stepping, Taken
from monitor.views import Views
from recordings.beginning import Beginning, beginnings_of, pipeline_of
from recordings.findings import Findings
from recordings.recording import RecordingReader, Step
from recordings.replay import RecordedSource
from recordings.session import StoredSession, utc_now
from recordings.watching import reference_of, views_to_watch


@dataclass(frozen=True, slots=True, eq=False)
class Retaken:
    """One step taken again.

    Parameters
    ----------
    before : Step or None
        As it was recorded; None: this frame was not processed then, or its record is damaged.
    now : Step or None
        As it came out; None: it could not be taken again, `why` says it.
    why : str
    frame : Frame or None
        What it was taken of.
    masks_px : mapping of str to ndarray, or None
        As `monitor.result.Result.level_masks_px` came out; only where asked for.
    """

    before: Step | None
    now: Step | None
    why: str = ""
    frame: Frame | None = None
    masks_px: Mapping[str, NDArray[np.uint8]] | None = None


class NothingMonitoredError(SourceError):
    """A session holds no step of the monitor: it was imported, or recorded by an older version."""


def as_live(session: StoredSession, reader: RecordingReader, *, masks: bool = False) -> Iterator[Retaken]:
    """Take the recorded steps again.

    After a step that cannot be repeated (its frame or its record is lost) what follows may differ from what
    was found then; it is taken all the same.

    Raises
    ------
    NothingMonitoredError
        No step was recorded.
    SourceError, PlanError, ConfigError, CalibrationError
        What the run began with cannot be read.
    """
    beginnings = beginnings_of(session, reader.events)
    if not beginnings or not reader.step_count:
        raise NothingMonitoredError(f"{session.folder}: no step of the monitor was recorded")
    places = {seq: place for place, seq in enumerate(reader.frame_heads.seqs)}
    run: Stepping | None = None
    coming = list(beginnings)
    told: list[Taken] = []
    expected = 0
    for position in range(reader.step_count):
        try:
            before = reader.step(position)
        except RecordingError as error:
            yield Retaken(None, None, str(error))
            continue
        while coming and before.number >= coming[0].first_step:
            run = Stepping(pipeline_of(session, coming.pop(0), masks=masks), told.append)
        if before.number != expected:
            missing = before.number - expected
            yield Retaken(
                None, None, f"{missing} {'step was' if missing == 1 else 'steps were'} not recorded"
            )
        expected = before.number + 1
        frame = _frame(reader, places.get(before.seq))
        if run is None or frame is None or frame.seq != before.seq:
            yield Retaken(before, None, f"frame {before.seq} is not in the recording")
            continue
        now, drawn = _again(run, told, frame, before)
        yield Retaken(before, now, frame=frame, masks_px=drawn)


def every_frame(
    session: StoredSession, reader: RecordingReader, *, masks: bool = False, aliquots: bool = False
) -> Iterator[Retaken]:
    """Take every frame that was recorded, in lock-step.

    What was asked for takes effect before the first frame that is as late as it was then. Alarms go by the
    time of capture and the delay that steps usually had. A session that was never monitored is begun with its
    plan, at the times of capture, which those of an import are like.

    Parameters
    ----------
    masks : bool
        Draw masks.
    aliquots : bool
        Note the plan's aliquots when their time comes, as an analysis does: who looks again knows them.

    Raises
    ------
    SourceError, PlanError, ConfigError, CalibrationError
        There is no plan, or what the run began with cannot be read.
    """
    beginnings = list(beginnings_of(session, reader.events))
    steps = {seq: position for position, seq in enumerate(reader.step_heads.seqs)}
    delay_ns = _usual_delay_ns(reader)
    told: list[Taken] = []
    run: Stepping | None = None

    def begun(beginning: Beginning) -> Stepping:
        pipeline = pipeline_of(session, beginning, masks=masks)
        if aliquots:
            _note_aliquots(session, pipeline, reader.frame_heads.times_ns[0] + delay_ns)
        return Stepping(pipeline, told.append)

    if not beginnings:
        run = begun(_first_beginning(session))
    number = 0
    asked: list[Request] = []
    for place in range(len(reader)):
        try:
            frame = reader.read(place)
        except RecordingError as error:
            yield Retaken(None, None, str(error))
            continue
        while beginnings and (run is None or frame.t_capture_ns >= beginnings[0].begun_ns):
            run = begun(beginnings.pop(0))
        if run is None:
            continue
        before = _step(reader, steps.get(frame.seq & 0xFFFFFFFF), frame.seq)
        if before is not None:
            asked += before.requests
        now_ns = frame.t_capture_ns + delay_ns
        wanted = Step(number, frame.seq, now_ns, 0, tuple(asked), None)
        asked.clear()
        number += 1
        now, drawn = _again(run, told, frame, wanted)
        yield Retaken(before, now, frame=frame, masks_px=drawn)


def _note_aliquots(session: StoredSession, pipeline: Pipeline | Views, first_ns: int) -> None:
    """Note what the plan says was injected, at times of the run that begins at `first_ns`."""
    plan = session.plan()
    pushes = [
        (aliquot.time_s, name, aliquot.volume_ml)
        for name, intent in (plan.levels.items() if plan is not None else ())
        for aliquot in intent.aliquots
    ]
    for time_s, name, volume_ml in sorted(pushes):
        with suppress(PlanError):  # of a level that this run does not show
            pipeline.note_aliquot(name, volume_ml, first_ns + round(time_s * 1e9))


def _again(
    run: Stepping, told: list[Taken], frame: Frame, wanted: Step
) -> tuple[Step, Mapping[str, NDArray[np.uint8]] | None]:
    for request in wanted.requests:
        run.ask(request)
    with suppress(Exception):  # told as a fault, as it was when live
        run.step(frame, wanted.now_ns, wanted.skipped_before)
    taken = told.pop()
    found = None if taken.result is None else Findings.of(taken.result)
    step = Step(
        wanted.number, frame.seq, wanted.now_ns, wanted.skipped_before, wanted.requests, found, taken.fault
    )
    return step, None if taken.result is None else taken.result.level_masks_px


def _frame(reader: RecordingReader, place: int | None) -> Frame | None:
    if place is None:
        return None
    try:
        return reader.read(place)
    except RecordingError:
        return None


def _step(reader: RecordingReader, position: int | None, seq: int) -> Step | None:
    """The step of a frame; None: it was not looked at, or its record is damaged."""
    if position is None:
        return None
    with suppress(RecordingError):
        step = reader.step(position)
        return step if step.seq == seq else None
    return None


def _usual_delay_ns(reader: RecordingReader) -> int:
    """Median time from capture to step (ns); 0 where nothing was monitored."""
    heads, steps = reader.frame_heads, reader.step_heads
    captured = dict(zip(heads.seqs, heads.times_ns, strict=True))
    delays = [
        now_ns - captured[seq]
        for seq, now_ns in zip(steps.seqs, steps.times_ns, strict=True)
        if seq in captured
    ]
    return round(median(delays)) if delays else 0


def _first_beginning(session: StoredSession) -> Beginning:
    plan = session.plan()
    if plan is None:
        raise NothingMonitoredError(f"{session.folder}: has no plan, and was never monitored")
    info = session.about.source
    views = views_to_watch(plan, None, info)
    source = RecordedSource(session.folder)
    references = {view.name: reference_of(view, source, info) for view in views}
    return Beginning("", tuple(view.name for view in views), references, (), utc_now(), 0, 0)
