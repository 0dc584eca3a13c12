"""Millimetres per pixel in the plane of the spine, from the geometry that a header states.

The detector's own spacing is never taken for the patient's: it is divided by the magnification
SID / SOD (DICOM PS3.3 C.8.19.6.9, Imager Pixel Spacing and the distances source to detector and patient).
"""

from __future__ import annotations

import math

from monitor.frame import ImagerGeometry
from monitor.plan import Scale

_GEOMETRY_RELATIVE_SD = 0.05
"""The spine is rarely at the isocentre that SOD is stated for: 4 cm of 72 cm is about 5 %."""
_FIDUCIAL_RELATIVE_SD = 0.02


def scale_from_geometry(geometry: ImagerGeometry) -> Scale | None:
    """Scale at the patient; None where the header does not say enough.

    `PixelSpacing` is believed only where its calibration type says what it is calibrated to.
    """
    calibrated = geometry.pixel_spacing_mm
    if calibrated is not None and geometry.pixel_spacing_calibration_type in ("FIDUCIAL", "GEOMETRY"):
        fiducial = geometry.pixel_spacing_calibration_type == "FIDUCIAL"
        sd = _FIDUCIAL_RELATIVE_SD if fiducial else _GEOMETRY_RELATIVE_SD
        return _scale(calibrated, 1.0, sd, f"dicom PixelSpacing {geometry.pixel_spacing_calibration_type}")
    imager = geometry.imager_pixel_spacing_mm
    magnification = _magnification(geometry)
    if imager is None or magnification is None:
        return None
    return _scale(imager, magnification, _GEOMETRY_RELATIVE_SD, "dicom ImagerPixelSpacing")


def disagreement(stated: Scale, other: Scale) -> float | None:
    """Ratio of two scales where they differ by more than three of their standard errors, else None."""
    ratio = stated.mm_per_px / other.mm_per_px
    allowed = 3.0 * math.hypot(stated.relative_uncertainty, other.relative_uncertainty)
    return ratio if abs(math.log(ratio)) > allowed else None


def _magnification(geometry: ImagerGeometry) -> float | None:
    sid, sod = geometry.distance_source_to_detector_mm, geometry.distance_source_to_patient_mm
    if sid is not None and sod is not None and 0 < sod <= sid:
        return sid / sod
    stated = geometry.estimated_radiographic_magnification_factor
    return stated if stated is not None and stated >= 1.0 else None


def _scale(spacing_mm: tuple[float, float], magnification: float, sd: float, method: str) -> Scale | None:
    row, column = spacing_mm
    if not (row > 0 and column > 0) or abs(row / column - 1) > 0.02:
        return None
    return Scale(math.sqrt(row * column) / magnification, sd, method)
