"""Measures one session: every frame once more through the monitor, beside what its log says.

A function of the folder alone, so that it may run in any process on any machine that sees the folder.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from monitor.config import read_config
from monitor.errors import SourceError
from monitor.plan import Plan
from recordings.log import LogContents
from recordings.qa.followed import FollowedLevel
from recordings.qa.level import level_record
from recordings.qa.pictures import key_frames
from recordings.qa.radiation import dose_record_of
from recordings.qa.record import DoseRecord, Measured, ProcedureRecord
from recordings.qa.told import told_in
from recordings.results.course import Course, course_of
from recordings.retaken import NothingMonitoredError, Retaken
from recordings.session import CONFIG, SessionFile, StoredSession, open_session


class _Pass:
    """Gathers, frame by frame, what each level came to in each view, and how long the beam was on."""

    def __init__(self, plan: Plan, first_ns: int) -> None:
        self._projections = {view.name: view.projection for view in plan.views}
        self._first_ns = first_ns
        self.levels: dict[tuple[str, str], FollowedLevel] = {}
        self.beam_on_s = 0.0
        self._beam_s = 0.0

    def look(self, retaken: Retaken) -> None:
        """Take in a step."""
        step = retaken.now
        if step is None or step.findings is None:
            return
        found = step.findings
        # of all views together; each start of the monitor counts anew
        since_s = found.beam_on_s - self._beam_s
        self.beam_on_s += since_s if since_s >= 0 else found.beam_on_s
        self._beam_s = found.beam_on_s
        time_s = (step.now_ns - self._first_ns) / 1e9
        for level in found.levels:
            key = found.view, level.name
            if key not in self.levels:
                self.levels[key] = FollowedLevel(found.view, self._projections[found.view], level.name)
            mask = None if retaken.masks_px is None else retaken.masks_px.get(level.name)
            self.levels[key].take(level, mask, time_s, step.now_ns)
        for (view, _), followed in self.levels.items():
            if view != found.view:
                followed.passed(time_s)


def measure_session(
    folder: Path,
    *,
    software_version: str,
    pictures: bool = True,
    seen: Callable[[Course], None] = lambda course: None,
) -> Measured:
    """Measure a session.

    Parameters
    ----------
    folder : Path
    software_version : str
        Of this software.
    pictures : bool
        Whether key frames are kept as pictures.
    seen : callable
        Called with what the pass over every frame came to.

    Raises
    ------
    SourceError, PlanError, ConfigError, CalibrationError
        The session cannot be read, or holds nothing that can be measured.
    """
    session = open_session(folder)
    plan = session.plan()
    if plan is None:
        raise NothingMonitoredError(f"{folder}: has no plan: there is nothing to measure")
    config = read_config(folder / CONFIG)
    with session.frames() as reader:
        times_ns = reader.frame_heads.times_ns
        if not times_ns:
            raise SourceError(f"{folder}: no frames")
        steps, ended, kept_out = reader.step_count, reader.ended, sum(gap.count for gap in reader.gaps)
        gathered = _Pass(plan, times_ns[0])
        course = course_of(
            session,
            reader,
            "every frame",
            software_version=software_version,
            look=gathered.look,
            aliquots=True,
        )
        seen(course)
        frames, drawn = key_frames(course, reader, pictures=pictures)
    problems = [] if session.about.complete else ["the session was cut: it was not closed in order"]
    if session.about.complete and not ended:
        problems.append("the recording has no end: it was cut later, and what came then is not known")
    if kept_out:
        problems.append(f"{kept_out} frames were captured and not recorded")
    if course.lost:
        problems.append(f"{course.lost} frames cannot be read")
    about = session.about
    log = None if about.imported_from is not None else _log(session, problems)
    # older recordings hold no steps
    monitored = about.imported_from is None and bool(steps or (log is not None and log.volume))
    told = None if log is None or not monitored else told_in(log, times_ns[0], times_ns[-1])
    dose = _dose(session, problems)
    of_level: dict[str, list[FollowedLevel]] = {
        level.name: [] for view in plan.views for level in view.levels
    }
    for followed in gathered.levels.values():
        of_level.setdefault(followed.name, []).append(followed)
    shown = next(iter(gathered.levels), (plan.views[0].name, ""))[0]
    record = ProcedureRecord(
        session_id=about.id, folder=str(folder), day=day_of(about), live_version=about.software_version,
        software_version=software_version, source=_source(about), rows=about.source.rows,
        columns=about.source.columns,
        mm_per_px=float(next(view for view in plan.views if view.name == shown).scale.mm_per_px),
        frames=course.figures.looked_at, frames_unread=course.lost,
        duration_s=(times_ns[-1] - times_ns[0]) / 1e9, monitored=monitored,
        monitored_fraction=None if told is None else told.watched,
        beam_on_s=float(gathered.beam_on_s), dose=dose,
        levels=tuple(
            level_record(
                name, [(one, course.figures.levels[one.view, name]) for one in views], plan, told,
                course.seconds, config.leak,
            )
            for name, views in of_level.items()
        ),
        alarms=() if told is None else told.alarms, key_frames=frames, problems=tuple(problems),
    )  # fmt: skip
    return Measured(record=record, pictures=drawn)


def day_of(about: SessionFile) -> str | None:
    """When the images were taken: the local day of a recording, of an import the day of its acquisition."""
    text = about.created_utc if about.imported_from is None else about.acquired
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is None else moment.astimezone()).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _source(about: SessionFile) -> str:
    """Kind of the source, size and depth, in words."""
    kind = about.imported_from or about.source.kind
    size = f"{about.source.columns} x {about.source.rows}"
    return f"{kind}, {size}, {about.source.intensity.bits_stored} bit"


def _log(session: StoredSession, problems: list[str]) -> LogContents | None:
    try:
        return session.log()
    except SourceError as error:
        words = str(error).replace(f"{session.folder}/", "")
        problems.append(f"the log cannot be read, so what was told is not known: {words}")
        return None


def _dose(session: StoredSession, problems: list[str]) -> DoseRecord | None:
    try:
        return dose_record_of(session)
    except SourceError:
        problems.append("the dose reports that were joined cannot be read")
        return None
