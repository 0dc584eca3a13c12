"""Exercises made of recordings: the injection is as it was, the moment to stop can be found.

The pedal is held from the start and let go where one would have stopped. What was really so comes from
``truth.json`` where the folder has one, else from the log (a leak alarm, or a mark of the operator, of which
the time is that of the one who set it), else from an onset that is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from monitor.errors import InputError, RecordingError, SourceError
from monitor.frame import Frame
from monitor.plan import Plan, read_plan
from monitor.small_file import read_small
from recordings.log import LogContents
from recordings.open import open_source
from recordings.session import PLAN, TRUTH, is_session, open_session
from recordings.training.facts import Danger, Facts, Moment, Origin
from recordings.training.scoring import Scoring

RUN = "run.dcm"
_LARGEST_TRUTH_BYTES = 256 * 1024 * 1024
_LEAK, _NEAR = "leak_", "near_"
_Time = Annotated[float, msgspec.Meta(ge=0, le=86400)]


class _Level(msgspec.Struct, frozen=True):
    name: str
    distances_mm: dict[str, float | None]
    leaked_ml: dict[str, float]


class _Frame(msgspec.Struct, frozen=True):
    time_s: _Time
    levels: list[_Level]


class _Leak(msgspec.Struct, frozen=True):
    level: str
    leak_class: str
    first_visible_s: _Time | None


class _Truth(msgspec.Struct, frozen=True):
    schema: str
    leaks: list[_Leak]
    frames: list[_Frame]


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """An exercise on a recording.

    Parameters
    ----------
    folder : Path
    source : str
        What the frames are opened by.
    plan : Plan
    seconds : float
        How long it takes.
    dangers : tuple of Danger
        Leaks; what counts as near to the wall is found from `moments`.
    moments : tuple of Moment
        Without `threatened`; empty where only the onset is known.
    origin : str
        Where all that is known from.
    """

    folder: Path
    source: str
    plan: Plan
    seconds: float
    dangers: tuple[Danger, ...]
    moments: tuple[Moment, ...]
    origin: Origin

    @property
    def name(self) -> str:
        """Its name in a history."""
        return f"recording: {self.folder.resolve().name}"[:200]


def recorded_exercise(folder: Path, onset_s: float | None = None) -> Recorded:
    """Make an exercise of a session's folder, or of one that `cementwatch simulate` wrote.

    Parameters
    ----------
    folder : Path
    onset_s : float or None
        When a leak began (s from the first frame); goes before everything else that is known.

    Raises
    ------
    InputError
        There are no frames or no plan, nothing tells when to stop, or a file cannot be read.
    """
    session = is_session(folder)
    if not session and not (folder / RUN).is_file():
        raise InputError(f"{folder}: no session, and no {RUN}")
    if not (folder / PLAN).is_file():
        raise InputError(f"{folder}: has no {PLAN}: without marks there is nothing to practise on")
    plan = read_plan(folder / PLAN)
    source = str(folder) if session else str(folder / RUN)
    if onset_s is not None:
        if not (math.isfinite(onset_s) and onset_s >= 0):
            raise InputError(f"--onset must be 0 or more, is {onset_s:g}")
        seconds = _seconds(folder, session)
        if onset_s >= seconds:
            raise InputError(f"--onset {onset_s:g}: the recording ends at {seconds:.1f} s")
        given = (Danger("leak", "", None, onset_s),)
        return Recorded(folder, source, plan, seconds, given, (), "given")
    if (folder / TRUTH).is_file():
        truth = _read_truth(folder / TRUTH)
        seconds = truth.frames[-1].time_s
        dangers = tuple(
            Danger("leak", leak.leak_class, leak.level, leak.first_visible_s) for leak in truth.leaks
        )
        return Recorded(folder, source, plan, seconds, dangers, _moments(truth), "truth file")
    if not session:
        raise InputError(f"{folder}: has neither {TRUTH} nor a log: give --onset, when it began to leak (s)")
    found = _of_log(open_session(folder).log(), _ends(folder)[0].t_capture_ns)
    if found is None:
        raise InputError(f"{folder}: no leak alarm and no mark in the log: give --onset (s)")
    danger, origin = found
    return Recorded(folder, source, plan, _seconds(folder, session), (danger,), (), origin)


def facts_of_recording(recorded: Recorded, until_s: float, scoring: Scoring) -> Facts:
    """What was so up to the end of an attempt (s)."""
    moments = [moment for moment in recorded.moments if moment.time_s <= until_s]
    depth_mm = _depth_mm(recorded.plan)
    leaks_s = [danger.visible_s for danger in recorded.dangers if danger.visible_s is not None]
    near_s: float | None = None
    judged = []
    for moment in moments:
        wall_mm = moment.distances_mm.get("posterior_wall")
        at_back = wall_mm is not None and wall_mm <= scoring.watchful_of_mm(depth_mm)
        soon = any(0 <= at_s - moment.time_s <= scoring.soon_s for at_s in leaks_s)
        judged.append(replace(moment, threatened=at_back or soon or bool(moment.leaked_ml)))
        if near_s is None and wall_mm is not None and wall_mm <= scoring.near_of_mm(depth_mm):
            near_s = moment.time_s
    dangers = [d for d in recorded.dangers if d.visible_s is None or d.visible_s <= until_s]
    if near_s is not None:
        dangers.append(Danger("near", "posterior_wall", None, near_s))
    return Facts(
        tuple(judged), tuple(dangers), bool(recorded.dangers), 0.0, until_s, None, None, None, (),
        recorded.origin,
    )  # fmt: skip


def _read_truth(path: Path) -> _Truth:
    try:
        truth = msgspec.json.decode(read_small(path, _LARGEST_TRUTH_BYTES), type=_Truth)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise SourceError(f"{path}: no truth of a simulated procedure: {error}") from error
    if truth.schema != "cementwatch.truth/1":
        raise SourceError(f"{path}: schema is {truth.schema!r}, this software reads 'cementwatch.truth/1'")
    times_s = [frame.time_s for frame in truth.frames]
    if not times_s or times_s != sorted(times_s):
        raise SourceError(f"{path}: frames: none, or not in order of time")
    return truth


def _moments(truth: _Truth) -> tuple[Moment, ...]:
    made = []
    for frame in truth.frames:
        names = {name for level in frame.levels for name in level.distances_mm}
        distances = {
            name: min(
                (mm for level in frame.levels if (mm := level.distances_mm.get(name)) is not None),
                default=None,
            )
            for name in sorted(names - {"vein"})
        }
        leaked_ml = sum(sum(level.leaked_ml.values()) for level in frame.levels)
        made.append(Moment(frame.time_s, distances, leaked_ml, False))
    return tuple(made)


def _of_log(log: LogContents, start_ns: int) -> tuple[Danger, Origin] | None:
    """The first leak alarm, else the first mark, else the first alarm that cement is near."""

    def alarm(prefix: str) -> Danger | None:
        for row in log.alarms:
            if row["event"] == "raised" and row["rule_id"].startswith(prefix) and row["t_ns"] >= start_ns:
                kind = "leak" if prefix == _LEAK else "near"
                at_s = (row["t_ns"] - start_ns) / 1e9
                return Danger(kind, row["structure"] or "", row["level"], at_s)  # type: ignore[arg-type]
        return None

    leak = alarm(_LEAK)
    if leak is not None:
        return leak, "alarm"
    for row in log.events:
        if row["name"] == "mark" and row["t_ns"] >= start_ns:
            return Danger("leak", "", None, (row["t_ns"] - start_ns) / 1e9), "mark"
    near = alarm(_NEAR)
    return None if near is None else (near, "alarm")


def _ends(folder: Path) -> tuple[Frame, Frame]:
    """The first and the last frame of a session."""
    reader = open_session(folder).frames()
    try:
        if not len(reader):
            raise SourceError(f"{folder}: the recording has no frames")
        return reader.read(0), reader.read(len(reader) - 1)
    except RecordingError as error:
        raise SourceError(str(error)) from error
    finally:
        reader.close()


def _seconds(folder: Path, session: bool) -> float:
    """Length of the recording (s)."""
    if session:
        first, last = _ends(folder)
        return (last.time_ns - first.time_ns) / 1e9
    with open_source(str(folder / RUN)) as source:
        info = source.info
    if info.frame_count is None or info.frame_period_s is None:
        raise SourceError(f"{folder / RUN}: does not say how long it is")
    return info.frame_count * info.frame_period_s


def _depth_mm(plan: Plan) -> float:
    """Depth of the deepest body that is marked (mm); 0 where walls are not marked."""
    view = plan.views[0]
    depths = [
        float(np.linalg.norm(np.mean(level.posterior_wall, axis=0) - np.mean(level.anterior_wall, axis=0)))
        for level in view.levels
        if level.posterior_wall and level.anterior_wall
    ]
    return max(depths, default=0.0) * view.scale.mm_per_px
