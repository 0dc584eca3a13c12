"""Millimetres per pixel at the spine, from what a header or an operator states of the geometry.

The detector's own spacing is never taken for the patient's: what is at the spine is enlarged by SID / SOD on
its way to the detector (DICOM PS3.3 C.8.7.5, XA Positioner; 10.7.1.3, Pixel Spacing Calibration Type). The
spine is rarely in the plane that SOD is stated for; that is most of the uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from monitor.frame import ImagerGeometry
from monitor.plan import Scale

DEPTH_SD_MM = 15.0
"""How far an object in the picture may lie from the plane of the spine along the beam (one SD)."""
SOURCE_TO_OBJECT_MM = 720.0
"""Distance of that plane from the source, where it is not known."""
_SPACING_RELATIVE_SD = 0.005
_DISTANCE_RELATIVE_SD = 0.01
"""SID and SOD as displayed: about a centimetre of a metre."""
_FIDUCIAL_RELATIVE_SD = 0.02
_CALIBRATED_RELATIVE_SD = 0.05
_NOT_SAID_HOW_RELATIVE_SD = 0.08
_MAGNIFICATION_RELATIVE_SD = 0.05
_NOT_SAID_HOW = "dicom PixelSpacing"
_SAME = 0.005
"""Spacings that differ by less than this part are one and the same number, rounded."""
_LEAST_SPACING_MM, _MOST_SPACING_MM = 1e-3, 100.0
"""What can be a pixel at all: detectors have 0.05 to 0.4 mm, files hold whatever somebody wrote."""
_SQUARE = 0.02
_CONFLICT_SD = 3.0
_LARGEST_MAGNIFICATION = 5.0


@dataclass(frozen=True, slots=True)
class SpineDepth:
    """How much nearer to the detector than the plane of SOD (or the isocentre) the spine lies (mm), one SD.

    The default knows nothing: within 4 cm to either side.
    """

    offset_mm: float = 0.0
    sd_mm: float = 40.0


@dataclass(frozen=True, slots=True)
class ScaleEstimate:
    """A scale, one relative standard deviation, where it comes from, and how it was reached, line by line."""

    mm_per_px: float
    relative_sd: float
    method: str
    reasoning: tuple[str, ...] = ()

    @property
    def scale(self) -> Scale:
        """The same as a plan keeps it."""
        return Scale(self.mm_per_px, self.relative_sd, self.method)

    @property
    def interval_mm_per_px(self) -> tuple[float, float]:
        """95 % interval."""
        factor = math.exp(1.96 * self.relative_sd)
        return self.mm_per_px / factor, self.mm_per_px * factor


@dataclass(frozen=True, slots=True)
class HeaderScale:
    """What a header gives.

    Parameters
    ----------
    estimates : tuple of ScaleEstimate
        All that can be reached, best first.
    conflicts : tuple of str
        Pairs of them that contradict each other, in words.
    unusable : tuple of str
        What the header states that gives no scale, and why.
    """

    estimates: tuple[ScaleEstimate, ...] = ()
    conflicts: tuple[str, ...] = ()
    unusable: tuple[str, ...] = field(default=())

    @property
    def best(self) -> ScaleEstimate | None:
        """The one to take; None where there is none."""
        return self.estimates[0] if self.estimates else None


class _Unusable(Exception):
    """Why a way to a scale is closed."""


def scale_from_header(geometry: ImagerGeometry, depth: SpineDepth | None = None) -> HeaderScale:
    """Every scale that a header gives, the most trustworthy first.

    Parameters
    ----------
    geometry : ImagerGeometry
    depth : SpineDepth or None
        Where the spine is; None: not known.
    """
    depth = depth or SpineDepth()
    aspect = geometry.pixel_aspect_ratio
    if aspect is not None and abs(math.log(aspect[0]) - math.log(aspect[1])) > _SQUARE:
        line = f"PixelAspectRatio {aspect[0]:g}:{aspect[1]:g}: pixels that are not square are not supported"
        return HeaderScale(unusable=(line,))
    estimates: list[ScaleEstimate] = []
    unusable: list[str] = []
    for way in (_calibrated_spacing, _object_spacing, _projected_spacing, _magnified_spacing):
        try:
            found = way(geometry, depth)
        except _Unusable as reason:
            unusable.append(str(reason))
            continue
        if found is not None:
            estimates.append(found)
    if geometry.nominal_scanned_pixel_spacing_mm is not None:
        unusable.append("NominalScannedPixelSpacing is that of a scanned film, not of the patient")
    # a spacing that was corrected in a way that is not said comes last
    estimates.sort(key=lambda estimate: estimate.method == _NOT_SAID_HOW)
    conflicts = (*_magnifications_differ(geometry), *_conflicts(estimates))
    return HeaderScale(tuple(estimates), conflicts, tuple(unusable))


def scale_from_geometry(geometry: ImagerGeometry) -> Scale | None:
    """Scale at the patient; None where the header does not say enough."""
    best = scale_from_header(geometry).best
    return None if best is None else best.scale


def disagreement(stated: Scale, other: Scale) -> float | None:
    """Ratio of two scales where they differ by more than three of their standard errors, else None."""
    ratio = stated.mm_per_px / other.mm_per_px
    allowed = _CONFLICT_SD * math.hypot(stated.relative_uncertainty, other.relative_uncertainty)
    return ratio if abs(math.log(ratio)) > allowed else None


def scale_from_points(
    length_px: float,
    length_mm: float,
    *,
    sd_px: float = 1.0,
    length_sd_mm: float = 0.0,
    method: str = "two points",
) -> ScaleEstimate:
    """Scale from a known length in the image at the depth of the spine: a ruler, a balloon, two markers.

    Parameters
    ----------
    length_px, length_mm : float
    sd_px : float
        Error of each of its two ends (px, one SD).
    length_sd_mm : float
        Error of the length itself (mm, one SD).
    """
    relative = math.hypot(math.sqrt(2.0) * sd_px / length_px, length_sd_mm / length_mm)
    line = f"{length_mm:g} mm are {length_px:.2f} px: {length_mm / length_px:.4f} mm per pixel"
    return ScaleEstimate(length_mm / length_px, max(relative, 1e-4), method, (line,))


def measured_scale(
    mm_per_px: float,
    relative_sd: float,
    method: str,
    line: str,
    *,
    depth_sd_mm: float,
    source_to_object_mm: float,
) -> ScaleEstimate:
    """Scale from an object of known size in the picture, which need not lie in the plane of the spine.

    Parameters
    ----------
    mm_per_px : float
        In the object's own plane.
    relative_sd : float
        Of that (one SD).
    method, line : str
        What it is, and what was measured, in words.
    depth_sd_mm : float
        How far the object may lie from the plane of the spine along the beam (mm, one SD).
    source_to_object_mm : float
        Distance of that plane from the source (mm).
    """
    depth = depth_sd_mm / source_to_object_mm
    lines = (
        f"{line}: {mm_per_px:.4f} mm per pixel in its own plane, plus or minus "
        f"{196 * relative_sd:.1f} % (95 %)",
        f"it may lie {depth_sd_mm:g} mm (one SD) nearer or farther than the spine, which is "
        f"{source_to_object_mm:g} mm from the source: another {196 * depth:.1f} %",
    )
    return ScaleEstimate(mm_per_px, math.hypot(relative_sd, depth), method, lines)


def combined(estimates: tuple[ScaleEstimate, ...]) -> ScaleEstimate:
    """Mean of independent estimates, weighted by their precision.

    Raises
    ------
    ValueError
        None given, or two of them contradict each other.
    """
    if not estimates:
        raise ValueError("no scale to combine")
    for line in _conflicts(list(estimates)):
        raise ValueError(line)
    weights = [1.0 / estimate.relative_sd**2 for estimate in estimates]
    total = sum(weights)
    log = sum(w * math.log(e.mm_per_px) for w, e in zip(weights, estimates, strict=True)) / total
    method = " + ".join(estimate.method for estimate in estimates)
    lines = tuple(line for estimate in estimates for line in estimate.reasoning)
    return ScaleEstimate(math.exp(log), total**-0.5, method, lines)


def _object_spacing(geometry: ImagerGeometry, depth: SpineDepth) -> ScaleEstimate | None:
    spacing = geometry.object_pixel_spacing_in_center_of_beam_mm
    if spacing is None:
        return None
    mm = _square(spacing, "ObjectPixelSpacingInCenterOfBeam")
    sid = geometry.distance_source_to_detector_mm
    relative, lines = 0.03, [f"ObjectPixelSpacingInCenterOfBeam {mm:.4f} mm, at the object"]
    imager = geometry.imager_pixel_spacing_mm
    if sid is not None and imager is not None:
        # where the object is follows from its own magnification
        sod = sid * mm / math.sqrt(imager[0] * imager[1])
        relative = depth.sd_mm / sod
        mm *= (sod + depth.offset_mm) / sod
        lines.append(f"the spine lies {_within(depth)} of that plane, {sod:.0f} mm from the source")
    relative = math.hypot(relative, _SPACING_RELATIVE_SD)
    return _estimate(mm, relative, "dicom ObjectPixelSpacingInCenterOfBeam", lines)


def _calibrated_spacing(geometry: ImagerGeometry, depth: SpineDepth) -> ScaleEstimate | None:
    del depth
    spacing, kind = geometry.pixel_spacing_mm, (geometry.pixel_spacing_calibration_type or "").strip().upper()
    if spacing is None:
        return None
    if kind in ("FIDUCIAL", "GEOMETRY"):
        mm = _square(spacing, "PixelSpacing")
        relative = _FIDUCIAL_RELATIVE_SD if kind == "FIDUCIAL" else _CALIBRATED_RELATIVE_SD
        said = geometry.pixel_spacing_calibration_description
        line = f"PixelSpacing {mm:.4f} mm, calibrated by {kind}{f' ({said})' if said else ''}"
        return _estimate(mm, relative, f"dicom PixelSpacing {kind}", [line])
    imager = geometry.imager_pixel_spacing_mm
    if imager is None:
        raise _Unusable(
            "PixelSpacing has no calibration type, and there is no ImagerPixelSpacing to compare it with: "
            "it may be the detector's own"
        )
    mm = _square(spacing, "PixelSpacing")
    if abs(math.log(mm / _square(imager, "ImagerPixelSpacing"))) < _SAME:
        raise _Unusable("PixelSpacing equals ImagerPixelSpacing: it is the detector's own")
    line = f"PixelSpacing {mm:.4f} mm differs from ImagerPixelSpacing: corrected, the header does not say how"
    return _estimate(mm, _NOT_SAID_HOW_RELATIVE_SD, _NOT_SAID_HOW, [line])


def _projected_spacing(geometry: ImagerGeometry, depth: SpineDepth) -> ScaleEstimate | None:
    imager, sid = geometry.imager_pixel_spacing_mm, geometry.distance_source_to_detector_mm
    if imager is None:
        return None
    sod, named = geometry.distance_source_to_patient_mm, "DistanceSourceToPatient"
    if sod is None:
        sod, named = geometry.distance_source_to_isocenter_mm, "DistanceSourceToIsocenter"
    if sid is None or sod is None:
        if geometry.estimated_radiographic_magnification_factor is None:
            lacking = "DistanceSourceToDetector" if sid is None else "DistanceSourceToPatient"
            raise _Unusable(
                "ImagerPixelSpacing is the detector's own, and the magnification is unknown: "
                f"the header lacks {lacking}"
            )
        return None
    mm = _square(imager, "ImagerPixelSpacing")
    at_spine = sod + depth.offset_mm
    if not 0 < at_spine <= sid or sid > _LARGEST_MAGNIFICATION * at_spine:
        raise _Unusable(
            f"DistanceSourceToDetector {sid:g} mm and {named} {sod:g} mm contradict each other: "
            "what is enlarged lies between source and detector"
        )
    lines = [
        f"ImagerPixelSpacing {mm:.4f} mm, at the detector",
        f"magnification at the spine: DistanceSourceToDetector {sid:g} / {named} {sod:g}"
        + (f" {depth.offset_mm:+g} for its depth" if depth.offset_mm else "")
        + f" = {sid / at_spine:.4f}",
    ]
    stated = geometry.estimated_radiographic_magnification_factor
    if stated is not None and not any(_magnifications_differ(geometry)):
        lines.append(f"EstimatedRadiographicMagnificationFactor {stated:g} agrees")
    lines.append(f"the spine lies {_within(depth)} of that plane")
    relative = math.hypot(
        math.hypot(_SPACING_RELATIVE_SD, math.sqrt(2) * _DISTANCE_RELATIVE_SD), depth.sd_mm / at_spine
    )
    return _estimate(mm * at_spine / sid, relative, "dicom ImagerPixelSpacing", lines)


def _magnified_spacing(geometry: ImagerGeometry, depth: SpineDepth) -> ScaleEstimate | None:
    imager, stated = geometry.imager_pixel_spacing_mm, geometry.estimated_radiographic_magnification_factor
    if imager is None or stated is None or _stated_magnification(geometry) is not None:
        return None
    if not 1.0 <= stated <= _LARGEST_MAGNIFICATION:
        raise _Unusable(f"EstimatedRadiographicMagnificationFactor {stated:g} is none")
    mm = _square(imager, "ImagerPixelSpacing")
    relative = _MAGNIFICATION_RELATIVE_SD
    sid = geometry.distance_source_to_detector_mm
    if sid is not None:
        sod = sid / stated
        relative, mm = depth.sd_mm / sod, mm * (sod + depth.offset_mm) / sod
    lines = [
        f"ImagerPixelSpacing {_square(imager, 'ImagerPixelSpacing'):.4f} mm, at the detector",
        f"EstimatedRadiographicMagnificationFactor {stated:g}",
    ]
    relative = math.hypot(relative, _DISTANCE_RELATIVE_SD)
    return _estimate(mm / stated, relative, "dicom EstimatedRadiographicMagnificationFactor", lines)


def _stated_magnification(geometry: ImagerGeometry) -> float | None:
    """SID / SOD, None where one of them is missing or they give none."""
    sid = geometry.distance_source_to_detector_mm
    sod = geometry.distance_source_to_patient_mm or geometry.distance_source_to_isocenter_mm
    if sid is None or sod is None or not sod > 0:
        return None
    magnification = sid / sod
    return magnification if 0 < magnification < math.inf else None


def _magnifications_differ(geometry: ImagerGeometry) -> Iterator[str]:
    stated, from_distances = (
        geometry.estimated_radiographic_magnification_factor,
        _stated_magnification(geometry),
    )
    if stated is None or from_distances is None or stated <= 0:
        return
    if abs(math.log(stated / from_distances)) > 2 * _DISTANCE_RELATIVE_SD:
        yield (
            f"EstimatedRadiographicMagnificationFactor {stated:g} contradicts the distances, which give "
            f"{from_distances:.4f}"
        )


def _conflicts(estimates: list[ScaleEstimate]) -> Iterator[str]:
    for k, one in enumerate(estimates):
        for other in estimates[k + 1 :]:
            ratio = disagreement(one.scale, other.scale)
            if ratio is not None:
                yield (
                    f"{one.method} gives {one.mm_per_px:.4f} mm per pixel, {other.method} "
                    f"{other.mm_per_px:.4f}: a ratio of {ratio:.2f}"
                )


def _square(spacing_mm: tuple[float, float], name: str) -> float:
    row, column = spacing_mm
    if not (_LEAST_SPACING_MM <= row <= _MOST_SPACING_MM and _LEAST_SPACING_MM <= column <= _MOST_SPACING_MM):
        raise _Unusable(f"{name} {row:g} x {column:g} is no spacing")
    if abs(math.log(row / column)) > _SQUARE:
        raise _Unusable(f"{name} {row:g} x {column:g}: pixels that are not square are not supported")
    return math.sqrt(row * column)


def _within(depth: SpineDepth) -> str:
    return f"within {depth.sd_mm:g} mm (one SD)"


def _estimate(mm: float, relative: float, method: str, lines: list[str]) -> ScaleEstimate:
    if not _LEAST_SPACING_MM <= mm <= _MOST_SPACING_MM:
        raise _Unusable(f"{method} gives {mm:g} mm per pixel, which no image has")
    lines.append(f"{mm:.4f} mm per pixel at the spine, plus or minus {100 * 1.96 * relative:.1f} % (95 %)")
    return replace(ScaleEstimate(mm, relative, method), reasoning=tuple(lines))
