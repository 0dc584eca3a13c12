"""Measures one session: every frame once more through the monitor, beside what its log says.

A function of the folder alone, so that it may run in any process on any machine that sees the folder.
"""

from __future__ import annotations

from pathlib import Path

from recordings.qa.record import Closest, LeakRecord, LevelRecord, Measured, ProcedureRecord
from recordings.results.course import Course, course_of
from recordings.results.figures import LeakFigures, LevelFigures
from recordings.session import open_session


def measure_session(folder: Path, *, software_version: str, pictures: bool = True) -> Measured:
    """Measure a session.

    Parameters
    ----------
    folder : Path
    software_version : str
        Of this software.
    pictures : bool
        Whether key frames are kept as pictures.

    Raises
    ------
    SourceError, PlanError, ConfigError, CalibrationError
        The session cannot be read, or holds nothing that can be measured.
    """
    session = open_session(folder)
    with session.frames() as reader:
        course = course_of(session, reader, "every frame", software_version=software_version)
        times_ns = reader.frame_heads.times_ns
    about = session.about
    record = ProcedureRecord(
        session_id=about.id, folder=str(folder), day=about.created_utc[:10],
        live_version=about.software_version, software_version=software_version, source=about.source.kind,
        rows=about.source.rows, columns=about.source.columns, frames=course.figures.looked_at,
        frames_unread=course.lost, duration_s=(times_ns[-1] - times_ns[0]) / 1e9,
        levels=tuple(_level(course, level) for level in course.figures.levels.values()),
    )  # fmt: skip
    return Measured(record=record, pictures={})


def _level(course: Course, level: LevelFigures) -> LevelRecord:
    return LevelRecord(
        level=level.level, views=(level.view,), volume_ml=level.volume_ml, volume_sd_ml=level.volume_sd_ml,
        volume_relative=level.volume_relative, volume_method=level.volume_method,
        fill_fraction=level.fill_fraction, area_mm2=level.area_mm2, outside_mm2=level.outside_mm2,
        closest=tuple(
            Closest(
                structure=name, value_mm=found.value_mm, low_mm=found.low_mm,
                time_s=course.seconds(found.at.t_ns),
            )
            for name, found in level.closest.items()
        ),
        leaks=tuple(_leak(course, leak, level.view) for leak in level.leaks.values()),
    )  # fmt: skip


def _leak(course: Course, leak: LeakFigures, view: str) -> LeakRecord:
    return LeakRecord(
        leak_class=leak.leak_class, onset_s=course.seconds(leak.onset_ns), area_mm2=leak.largest_mm2,
        volume_ml=leak.volume_ml, volume_relative=leak.volume_relative, detached=leak.detached,
        ambiguous_with=leak.ambiguous_with, view=view,
    )  # fmt: skip
