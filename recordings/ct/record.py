"""What a CT shows of the cement: by level and by leak. Plain typed data."""

from __future__ import annotations

import msgspec

from monitor.errors import SourceError

SCHEMA = "cementwatch.ct/1"


class _Struct(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all parts."""


class CtLeak(_Struct, frozen=True, kw_only=True):
    """Cement of a level outside its body, of one class.

    `leak_class` is as `monitor.result.Leak`. `ambiguous_with` names what the CT cannot tell it from.
    """

    leak_class: str
    volume_ml: float
    detached: bool
    ambiguous_with: str | None = None


class CtLevel(_Struct, frozen=True, kw_only=True):
    """Cement of a level (mL): all of it, in the body, in its arch, outside the bone.

    `volume_sd_ml` is the standard deviation, from plateau, background and surface. Within and outside are
    None where no label says where the bone ends. `plateau_hu` is of its own cement; None: it has no core that
    shows it.
    """

    level: str
    volume_ml: float
    volume_sd_ml: float | None
    within_ml: float | None
    outside_ml: float | None
    arch_ml: float | None = None
    plateau_hu: float | None = None
    leaks: tuple[CtLeak, ...] = ()
    notes: tuple[str, ...] = ()


class CtMetal(_Struct, frozen=True, kw_only=True):
    """Metal, which is no cement: its volume (mL, with its blooming) and its middle (mm, patient, LPS).

    `place` says it in words; `near_level` is the level whose label is nearest, `distance_mm` how far that is.
    """

    volume_ml: float
    centre_mm: tuple[float, float, float]
    length_mm: float | None = None
    width_mm: float | None = None
    near_level: str | None = None
    distance_mm: float | None = None
    place: str = ""


class CtRecord(_Struct, frozen=True, kw_only=True):
    """A CT.

    `patient` is a pseudonym; `series` the series' UID, or a hash of what a file holds;
    `spacing_mm` along i, j, k. `coarse` says that levels were marked by a point each: no leaks can be told
    then. `searched` are the levels that were looked into: of any other nothing is known.
    """

    schema: str = SCHEMA
    series: str
    software_version: str = ""
    day: str | None = None
    patient: str | None = None
    spacing_mm: tuple[float, float, float]
    cement_hu: float | None = None
    """Threshold between bone and cement that was used (HU), the lowest of the levels'."""
    levels: tuple[CtLevel, ...] = ()
    metal: tuple[CtMetal, ...] = ()
    unassigned_ml: float = 0.0
    coarse: bool = False
    searched: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def ct_to_json(record: CtRecord) -> bytes:
    """Text of a record file, indented, ending in a newline."""
    return (
        msgspec.json.format(msgspec.json.encode(record, enc_hook=lambda value: value.item()), indent=1)
        + b"\n"
    )


def ct_from_json(data: bytes, name: str) -> CtRecord:
    """Read a record; `name` is used in messages. Raises `SourceError` where it is none."""
    try:
        record = msgspec.json.decode(data, type=CtRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{name}: not a record of a CT: {error}") from error
    if record.schema != SCHEMA:
        raise SourceError(f"{name}: schema is {record.schema!r}, expected {SCHEMA!r}")
    return record
