"""What a run of the monitor began with: kept in the recording, so that the run can be taken again.

Each start of the monitor over a session leaves one event ``watching`` behind, and beside the recording the
files that it names: the frames on which views were drawn (PNG, where the plan itself does not hold them), and
what a process that was killed had remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from calibration.profile import Profile, read_profile
from calibration.whole_file import write_whole
from monitor.config import Config, read_config
from monitor.errors import CementWatchError, PlanError, RecordingError, SourceError
from monitor.frame import Pixels, SourceInfo
from monitor.memory import Memory
from monitor.pipeline import Pipeline
from monitor.plan import Plan, View, check_fits
from monitor.plan_image import decode_gray_png, encode_gray_png
from monitor.result import Alert
from monitor.small_file import read_small
from monitor.states import Reason
from monitor.views import Views
from recordings.memory_file import read_memory, write_memory
from recordings.messages import Event
from recordings.session import CONFIG, PROFILE, StoredSession
from recordings.watching import watch

EVENT = "watching"
_LARGEST_REFERENCE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """Enough to make the same pipelines again.

    Parameters
    ----------
    software_version : str
    views : tuple of str
        The first of them to begin with.
    references : dict of str to ndarray or None
        By the view's name, as `recordings.watching.watch` takes them.
    standing : tuple of Reason
        What degraded the whole run.
    checked : datetime
        When the room's calibration was held against the clock.
    first_step : int
        Number of its first step.
    begun_ns : int
        Monotonic time (ns).
    memory : Memory or None
        What a process before had remembered.
    alerts : tuple of Alert
        Alarms that it left.
    """

    software_version: str
    views: tuple[str, ...]
    references: dict[str, Pixels | None]
    standing: tuple[Reason, ...]
    checked: datetime
    first_step: int
    begun_ns: int
    memory: Memory | None = None
    alerts: tuple[Alert, ...] = ()


class _Kept(msgspec.Struct, frozen=True):
    software_version: str
    views: tuple[str, ...]
    references: dict[str, str]
    standing: tuple[Reason, ...]
    checked_utc: datetime
    first_step: int
    memory: str | None
    alerts: tuple[Alert, ...]


def keep_beginning(folder: Path, beginning: Beginning) -> Event:
    """Write the files of a beginning into a session's folder, and return the event to be recorded.

    Raises
    ------
    OSError
        They cannot be written.
    """
    names: dict[str, str] = {}
    for number, (view, pixels) in enumerate(beginning.references.items()):
        if pixels is not None:
            names[view] = f"reference-{number}.png"
            write_whole(folder / names[view], encode_gray_png(pixels))
    memory = None
    if beginning.memory is not None:
        memory = f"remembered-{beginning.first_step}.msgpack"
        write_memory(folder / memory, beginning.memory)
    kept = _Kept(
        beginning.software_version, beginning.views, names, beginning.standing,
        beginning.checked.astimezone(UTC), beginning.first_step, memory, beginning.alerts,
    )  # fmt: skip
    data: dict[str, Any] = msgspec.to_builtins(kept, builtin_types=())
    return Event(EVENT, beginning.begun_ns, data)


def beginnings_of(session: StoredSession, events: tuple[Event, ...]) -> tuple[Beginning, ...]:
    """Every start of the monitor over a session, in order; none where it was never monitored.

    Raises
    ------
    SourceError
        One cannot be read.
    """
    return tuple(_beginning(session.folder, event) for event in events if event.name == EVENT)


def pipeline_of(session: StoredSession, beginning: Beginning, *, masks: bool = False) -> Pipeline | Views:
    """Make the pipelines of a beginning again, with the session's plan, configuration and profile.

    Raises
    ------
    SourceError, PlanError, ConfigError, CalibrationError
        Something of it cannot be read or does not fit.
    """
    plan = session.plan()
    if plan is None:
        raise SourceError(f"{session.folder}: has no plan: nothing was monitored")
    config = read_config(session.folder / CONFIG)
    info = session.about.source
    return pipeline_with(beginning, plan, info, config, profile_of(session), masks=masks)


def pipeline_with(
    beginning: Beginning,
    plan: Plan,
    info: SourceInfo,
    config: Config,
    profile: Profile | None,
    *,
    masks: bool = False,
) -> Pipeline | Views:
    """Make the pipelines of a beginning, and let them know what was remembered.

    Raises
    ------
    PlanError
        The plan does not have its views, or they do not fit.
    """
    pipeline, _ = watch(
        plan, beginning.references, _views(plan, beginning.views, info), info, config, profile,
        beginning.standing, beginning.checked, masks=masks,
    )  # fmt: skip
    if beginning.memory is not None:
        pipeline.recall(beginning.memory)
    if beginning.alerts:
        pipeline.restore(beginning.alerts, beginning.begun_ns)
    return pipeline


def profile_of(session: StoredSession) -> Profile | None:
    """The room's calibration as it was; None where there was none. Raises `CalibrationError`."""
    path = session.folder / PROFILE
    return read_profile(path) if path.is_file() else None


def _views(plan: Plan, names: tuple[str, ...], info: SourceInfo) -> tuple[View, ...]:
    known = {view.name: view for view in plan.views}
    missing = [name for name in names if name not in known]
    if missing or not names:
        raise PlanError(f"the plan has no view {', '.join(map(repr, missing))}")
    for name in names:
        check_fits(known[name], info.rows, info.columns)
    return tuple(known[name] for name in names)


def _beginning(folder: Path, event: Event) -> Beginning:
    try:
        kept = msgspec.convert(event.data, _Kept)
        references = {view: _picture(folder, kept.references.get(view)) for view in kept.views}
        memory = None if kept.memory is None else read_memory(_inside(folder, kept.memory))
    except (msgspec.ValidationError, RecordingError) as error:
        raise SourceError(f"{folder}: event {EVENT}: {error}") from error
    except SourceError:
        raise
    except CementWatchError as error:
        raise SourceError(f"{folder}: {error}") from error
    return Beginning(
        kept.software_version, kept.views, references, kept.standing, kept.checked_utc, kept.first_step,
        event.t_ns, memory, kept.alerts,
    )  # fmt: skip


def _inside(folder: Path, name: str) -> Path:
    """A file of the folder itself: a recording is no way to read others."""
    if Path(name).name != name or name in ("", ".", ".."):
        raise RecordingError(f"{name!r} is no file of the session")
    return folder / name


def _picture(folder: Path, name: str | None) -> Pixels | None:
    if name is None:
        return None
    path = _inside(folder, name)
    try:
        data = read_small(path, _LARGEST_REFERENCE_BYTES)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    return decode_gray_png(data, str(path))
