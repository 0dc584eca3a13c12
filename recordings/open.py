"""From what a user typed to a source of frames, those that this layer adds included."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

from monitor.errors import InputError
from monitor.sources.base import FrameSource
from monitor.sources.open import source_for
from recordings.replay import RecordedSource
from recordings.session import is_session
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource

_SIMULATED = "simulated:"
_LISTENS = "dicom://"
_NUMBERS = {
    "duration": "duration_s",
    "dose": "dose_ngy",
    "fps": "frame_rate_hz",
    "kvp": "kvp",
    "breathing": "breathing_mm",
}


def open_source(spec: str, *, frame_rate_hz: float | None = None) -> FrameSource:
    """Return the source that `spec` names; nothing is opened yet.

    Beside everything `monitor.sources.open.source_for` knows: ``simulated:NAME``, with settings as in
    ``simulated:canal?seed=3&size=1024``, ``dicom://AET@HOST:PORT`` to listen for runs
    (`recordings.receiving.listen_options`), and the folder of a recorded session.

    Raises
    ------
    InputError
        Nothing of that name, or a setting that a simulated procedure does not have.
    """
    if spec.startswith(_SIMULATED):
        name, settings = simulation(spec)
        return SimulatedSource(name, settings)
    if spec.startswith(_LISTENS):
        from recordings.receiving.listen_options import parse_listen
        from recordings.receiving.near_live import NearLiveSource

        return NearLiveSource(parse_listen(spec), assumed_frame_rate_hz=frame_rate_hz or 15.0)
    if _is_session(Path(spec)):
        return RecordedSource(Path(spec))
    return source_for(spec, frame_rate_hz=frame_rate_hz)


def _is_session(folder: Path) -> bool:
    """Whether a folder holds a session; no where that cannot be told (a name too long, no right to look)."""
    try:
        return is_session(folder)
    except (OSError, ValueError):
        return False


def simulation(spec: str) -> tuple[str, SimulationSettings]:
    """Name and settings of ``simulated:NAME?key=value&...``. Raises `InputError`."""
    name, _, query = spec.removeprefix(_SIMULATED).partition("?")
    chosen: dict[str, float | int | str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        try:
            if key in ("seed", "size"):
                chosen[key] = int(value)
            elif key in _NUMBERS:
                chosen[_NUMBERS[key]] = float(value)
            elif key in ("projection", "cement"):
                chosen[key] = value
            else:
                known = ", ".join(("seed", "size", "projection", "cement", *_NUMBERS))
                raise InputError(f"{spec}: no setting {key!r}; there are: {known}")
        except ValueError:
            kind = "a number without decimals" if key in ("seed", "size") else "a number"
            raise InputError(f"{spec}: {key} must be {kind}, is {value!r}") from None
    return name, SimulationSettings(**chosen)  # type: ignore[arg-type]  # checked by its own __post_init__
