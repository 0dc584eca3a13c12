"""What a CT shows of the cement: by level and by leak. Plain typed data."""

from __future__ import annotations

import msgspec

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
    """Cement of a level (mL): all of it, in the body, outside; interval of 95 %.

    `volume_sd_ml` is made of the partial volume at the surface and of the threshold.
    """

    level: str
    volume_ml: float
    volume_sd_ml: float | None
    within_ml: float
    outside_ml: float
    leaks: tuple[CtLeak, ...] = ()
    notes: tuple[str, ...] = ()


class CtMetal(_Struct, frozen=True, kw_only=True):
    """Metal, which is no cement: its volume (mL) and where its middle is (mm, patient, LPS)."""

    volume_ml: float
    centre_mm: tuple[float, float, float]


class CtRecord(_Struct, frozen=True, kw_only=True):
    """A CT.

    `patient` is a pseudonym; `series` the series' UID or the file's name; `spacing_mm` along i, j, k.
    """

    schema: str = SCHEMA
    series: str
    software_version: str = ""
    day: str | None = None
    patient: str | None = None
    spacing_mm: tuple[float, float, float]
    cement_hu: float | None = None
    """Threshold between bone and cement that was used (HU)."""
    levels: tuple[CtLevel, ...] = ()
    metal: tuple[CtMetal, ...] = ()
    unassigned_ml: float = 0.0
    notes: tuple[str, ...] = ()
