"""Which scale to take, of what the header states, the operator read off the console, and was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from calibration.scale import HeaderScale, ScaleEstimate, combined
from monitor.errors import CalibrationError, InputError
from monitor.frame import ImagerGeometry

_NAMES = ("ImagerPixelSpacing", "DistanceSourceToDetector", "DistanceSourceToPatient")


@dataclass(frozen=True, slots=True)
class Console:
    """What the operator reads off the console (mm), None where nothing was given.

    Parameters
    ----------
    imager_spacing_mm, sid_mm, sod_mm : float or None
        ImagerPixelSpacing, DistanceSourceToDetector, DistanceSourceToPatient.
    names : tuple of str
        What the three are called in messages.
    """

    imager_spacing_mm: float | None = None
    sid_mm: float | None = None
    sod_mm: float | None = None
    names: tuple[str, str, str] = _NAMES

    def completed(self, geometry: ImagerGeometry) -> ImagerGeometry:
        """The header's geometry, and the console's where it is silent.

        Raises
        ------
        InputError
            A value for what the header states, or that makes no sense.
        """
        given = (self.imager_spacing_mm, self.sid_mm, self.sod_mm)
        stated = (
            geometry.imager_pixel_spacing_mm,
            geometry.distance_source_to_detector_mm,
            geometry.distance_source_to_patient_mm,
        )
        for name, value, there in zip(self.names, given, stated, strict=True):
            if value is not None and there is not None:
                raise InputError(f"{name} is given, but the header states {there}")
            if value is not None:
                above_zero(name, value)
        spacing = self.imager_spacing_mm
        return replace(
            geometry,
            imager_pixel_spacing_mm=stated[0] if spacing is None else (spacing, spacing),
            distance_source_to_detector_mm=self.sid_mm or stated[1],
            distance_source_to_patient_mm=self.sod_mm or stated[2],
        )


def above_zero(name: str, value: float | None) -> float:
    """A length that makes sense. Raises `InputError`, which calls it by the name."""
    if value is None or not 0 < value < 1e5:
        raise InputError(f"{name} must be above 0, is {value}")
    return value


def chosen_scale(
    measured: Sequence[ScaleEstimate], header: HeaderScale, *, with_header: bool = True
) -> ScaleEstimate | None:
    """What the ways that agree give together; None where there is none.

    Raises
    ------
    CalibrationError
        Two ways contradict each other, or the header itself, and nothing was measured.
    """
    found = list(measured)
    if with_header and header.best is not None:
        found.append(header.best)
    if not found:
        return None
    if with_header and header.conflicts and not measured:
        raise CalibrationError(f"the header contradicts itself: {header.conflicts[0]}")
    try:
        return combined(tuple(found)) if len(found) > 1 else found[0]
    except ValueError as error:
        raise CalibrationError(str(error)) from None
