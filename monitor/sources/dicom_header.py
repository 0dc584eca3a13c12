"""What a DICOM header says of intensity, geometry and times. Patient data are never looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate, pairwise
from math import isfinite
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pydicom.valuerep import DT

from monitor.frame import ImagerGeometry, Intensity, PixelIntensityRelationship
from monitor.sources.dicom_file import DicomImage

_LARGEST_FIELD_MM = 1000.0
_SHORTEST_PERIOD_MS, _LONGEST_PERIOD_MS = 0.01, 3.6e6
_LONGEST_RUN_NS = 7 * 86400 * 10**9
_FRAME_TIME, _FRAME_TIME_VECTOR = 0x00181063, 0x00181065
#: Projection radiography, whose display convention is bone bright (fluoroscopy: bone dark).
_RADIOGRAPHY = ("1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1.1")

_ATTRIBUTES = (
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "ConversionType",
    "PhotometricInterpretation",
    "PixelIntensityRelationship",
    "PixelIntensityRelationshipSign",
    "RescaleType",
    "LossyImageCompression",
    "BurnedInAnnotation",
    "RadiationSetting",
    "XRayTubeCurrent",
    "ExposureTime",
    "PulseRate",
    "ImageAndFluoroscopyAreaDoseProduct",
    "PositionerPrimaryAngle",
    "PositionerSecondaryAngle",
    "DistanceSourceToIsocenter",
    "ObjectPixelSpacingInCenterOfBeam",
    "ShutterShape",
    "ShutterLeftVerticalEdge",
    "ShutterRightVerticalEdge",
    "ShutterUpperHorizontalEdge",
    "ShutterLowerHorizontalEdge",
    "CenterOfCircularShutter",
    "RadiusOfCircularShutter",
    "CollimatorShape",
    "FieldOfViewShape",
)


def find(header: Dataset, keyword: str) -> Any:  # noqa: ANN401 - as many types as representations
    """Return a value of the header, or of the functional groups of an Enhanced object.

    Looked for at the top, then in the shared functional groups, then in those of the first frame.
    None where it is absent, empty or cannot be read.
    """
    for item in _places(header):
        try:
            value = item.get(keyword)
        except Exception:
            # A value that its representation forbids is as good as none.
            value = None
        if value is not None and value not in ("", []):
            return value
    return None


def _places(header: Dataset) -> Iterator[Dataset]:
    yield header
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for groups in list(header.get(name) or [])[:1]:
            for element in groups:
                if element.VR == "SQ" and element.value:
                    yield element.value[0]


def _number(header: Dataset, keyword: str) -> float | None:
    try:
        value = float(find(header, keyword))
    except (TypeError, ValueError):
        return None
    return value if isfinite(value) else None


def _positive(header: Dataset, keyword: str) -> float | None:
    value = _number(header, keyword)
    return value if value is not None and value > 0 else None


def _pair(header: Dataset, keyword: str) -> tuple[float, float] | None:
    try:
        row, column = (float(value) for value in find(header, keyword))
    except (TypeError, ValueError):
        return None
    return (row, column) if 0 < row < float("inf") and 0 < column < float("inf") else None


def intensity_of(image: DicomImage) -> Intensity:
    """Say how the stored values relate to X-ray intensity.

    - Relationship: `LIN` and `LOG` as stated; anything else, nothing, or colour is `DISP`.
    - Polarity: Pixel Intensity Relationship Sign (0028,1041) where it is +1 or -1: -1 means that higher
      values are less X-ray (PS3.3 C.8.11.3.1.2), whatever the photometric interpretation, which is a
      matter of display. Without it MONOCHROME2 is bright where more X-ray arrived, as fluoroscopy is
      shown, and MONOCHROME1 is the reverse; CR and DX are shown with bright bone, so there it is the
      other way round.
    - Rescale: as in the header. Signed samples are stored shifted by half their range, which the
      intercept takes back. A Modality LUT is not applied: the relationship describes the stored values
      (PS3.3 C.8.11.3.1.2), and for LOG the LUT would only lead back to linear.
    """
    header = image.header
    stated = str(find(header, "PixelIntensityRelationship") or "").strip().upper()
    known = stated in ("LIN", "LOG") and image.samples == 1
    relationship = PixelIntensityRelationship(stated) if known else PixelIntensityRelationship.DISP
    sign = _number(header, "PixelIntensityRelationshipSign")
    bright = header.get("PhotometricInterpretation") != "MONOCHROME1"
    if sign in (1.0, -1.0):
        bright = sign > 0
    elif header.get("SOPClassUID") in _RADIOGRAPHY:
        bright = not bright
    slope, intercept = _number(header, "RescaleSlope"), _number(header, "RescaleIntercept")
    if slope is None or slope == 0 or image.samples != 1:
        slope, intercept = 1.0, 0.0
    offset = slope * (1 << (image.bits_stored - 1)) if image.signed else 0.0
    return Intensity(
        relationship=relationship,
        bits_stored=image.bits_stored,
        bright_is_radiolucent=bright,
        rescale_slope=slope,
        rescale_intercept=(intercept or 0.0) - offset,
    )


def geometry_of(header: Dataset) -> ImagerGeometry:
    """Read the X-ray geometry, also from the functional groups of Enhanced objects."""
    return ImagerGeometry(
        imager_pixel_spacing_mm=_pair(header, "ImagerPixelSpacing"),
        pixel_spacing_mm=_pair(header, "PixelSpacing"),
        pixel_spacing_calibration_type=_words(header, "PixelSpacingCalibrationType"),
        distance_source_to_detector_mm=_positive(header, "DistanceSourceToDetector"),
        distance_source_to_patient_mm=_positive(header, "DistanceSourceToPatient"),
        estimated_radiographic_magnification_factor=_positive(
            header, "EstimatedRadiographicMagnificationFactor"
        ),
        pixel_spacing_calibration_description=_words(header, "PixelSpacingCalibrationDescription"),
        distance_source_to_isocenter_mm=_positive(header, "DistanceSourceToIsocenter"),
        object_pixel_spacing_in_center_of_beam_mm=_pair(header, "ObjectPixelSpacingInCenterOfBeam"),
        nominal_scanned_pixel_spacing_mm=_pair(header, "NominalScannedPixelSpacing"),
        pixel_aspect_ratio=_pair(header, "PixelAspectRatio"),
        field_of_view_mm=_field_of_view(header),
    )


def _field_of_view(header: Dataset) -> float | None:
    """Diameter of an intensifier, or larger side of a flat detector's field (mm)."""
    size = _positive(header, "IntensifierSize")
    if size is not None:
        return size
    for keyword in ("FieldOfViewDimensions", "FieldOfViewDimensionsInFloat"):
        value = find(header, keyword)
        try:
            sides = [
                float(side) for side in ([value] if isinstance(value, str | int | float) else value or ())
            ]
        except (TypeError, ValueError):
            continue
        if sides and min(sides) > 0 and max(sides) < _LARGEST_FIELD_MM:
            return max(sides)
    return None


def _words(header: Dataset, keyword: str) -> str | None:
    value = find(header, keyword)
    return None if value is None else str(value)[:80]


def kvp_of(header: Dataset) -> float | None:
    """Tube voltage (kV)."""
    return _positive(header, "KVP")


def attributes_of(image: DicomImage) -> dict[str, str]:
    """Collect further facts under their DICOM keyword, from a fixed list without patient data."""
    header = image.header
    facts = {"SOPClassUID": UID(str(header.get("SOPClassUID", ""))).name[:80]}
    facts["TransferSyntaxUID"] = image.syntax.name[:80]
    for keyword in _ATTRIBUTES:
        value = find(header, keyword)
        if value is not None:
            parts = (
                [str(value)] if isinstance(value, str) or not hasattr(value, "__iter__") else map(str, value)
            )
            facts[keyword] = ", ".join(parts)[:80]
    if image.signed:
        facts["PixelRepresentation"] = "1"
    if find(header, "ModalityLUTSequence") is not None:
        facts["ModalityLUTSequence"] = "present, not applied"
    return {keyword: value for keyword, value in facts.items() if value}


def frame_times_ns(header: Dataset, frames: int) -> tuple[list[int | None], float | None, str]:
    """Return the time of each frame from the first, the nominal period, and where they come from.

    In this order: Frame Reference DateTime, else Frame Acquisition DateTime of the per-frame groups;
    what Frame Increment Pointer names (Frame Time Vector or Frame Time); whichever of these is there;
    Actual Frame Duration; Cine Rate; Recommended Display Frame Rate. Values that step back, are not
    positive or are fewer than the frames are passed over.

    Returns
    -------
    times_ns : list of int or None
        One per frame. A single frame is at 0.
    period_s : float or None
    origin : str
        Keyword of the values used, empty where there are none.
    """
    for keyword in ("FrameReferenceDateTime", "FrameAcquisitionDateTime"):
        times = _per_frame_times_ns(header, keyword, frames)
        if times is not None:
            return list(times), times[-1] / (frames - 1) * 1e-9, keyword
    pointer = header.get("FrameIncrementPointer")
    named = [int(tag) for tag in pointer] if hasattr(pointer, "__iter__") else [int(pointer or 0)]
    vector = _vector_ns(header, frames)
    if vector is not None and (_FRAME_TIME not in named or _FRAME_TIME_VECTOR in named):
        steps = sorted(later - earlier for earlier, later in pairwise(vector))
        period_s = steps[len(steps) // 2] * 1e-9 if steps and steps[len(steps) // 2] > 0 else None
        return list(vector), period_s, "FrameTimeVector"
    for keyword in ("FrameTime", "ActualFrameDuration", "CineRate", "RecommendedDisplayFrameRate"):
        value = _positive(header, keyword)
        if value is not None:
            period_ms = 1000 / value if keyword.endswith("Rate") else value
            if not _SHORTEST_PERIOD_MS <= period_ms <= _LONGEST_PERIOD_MS:
                continue
            return [round(index * period_ms * 1e6) for index in range(frames)], period_ms / 1000, keyword
    return [0] if frames == 1 else [None] * frames, None, ""


def _vector_ns(header: Dataset, frames: int) -> list[int] | None:
    value = find(header, "FrameTimeVector")
    try:
        steps = [float(step) for step in (value if hasattr(value, "__iter__") else [value])]
    except (TypeError, ValueError):
        return None
    if (
        len(steps) < frames
        or frames < 2
        or not all(0 <= step <= _LONGEST_PERIOD_MS for step in steps[1:frames])
    ):
        return None
    times_ms = list(accumulate([0.0, *steps[1:frames]]))
    return [round(time_ms * 1e6) for time_ms in times_ms] if times_ms[-1] > 0 else None


def _per_frame_times_ns(header: Dataset, keyword: str, frames: int) -> list[int] | None:
    groups = header.get("PerFrameFunctionalGroupsSequence") or []
    if frames < 2 or len(groups) < frames:
        return None
    moments: list[datetime] = []
    for group in list(groups)[:frames]:
        content = group.get("FrameContentSequence")
        moment = date_time(str(content[0].get(keyword) or "")) if content else None
        if moment is None:
            return None
        moments.append(moment)
    return offsets_ns(moments)


def offsets_ns(moments: list[datetime]) -> list[int] | None:
    """Return times from the first; None where they step back, never move or mix time zones."""
    try:
        deltas = [moment - moments[0] for moment in moments]
    except TypeError:
        return None
    times = [((d.days * 86400 + d.seconds) * 1_000_000 + d.microseconds) * 1000 for d in deltas]
    forward = all(earlier <= later for earlier, later in pairwise(times))
    return times if forward and 0 < times[-1] <= _LONGEST_RUN_NS else None


def date_time(text: str) -> datetime | None:
    """Parse a DICOM DT; None where it is not one or lacks the time of day."""
    try:
        moment = DT(text) if len(text.split(".", maxsplit=1)[0]) >= 12 else None
    except (ValueError, TypeError):
        return None
    return None if moment is None else datetime.fromisoformat(moment.isoformat())


def acquired_at(header: Dataset) -> datetime | None:
    """When the image was acquired: Acquisition DateTime, Acquisition Date and Time, Content Date and Time."""
    whole = date_time(str(header.get("AcquisitionDateTime") or ""))
    if whole is not None:
        return whole
    for kind in ("Acquisition", "Content"):
        day, hour = header.get(f"{kind}Date"), header.get(f"{kind}Time")
        if day and hour:
            return date_time(f"{day}{hour}")
    return None
