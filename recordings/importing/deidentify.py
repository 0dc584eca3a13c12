"""What is left of a source, a plan and a profile once nothing in them names a person, a place or a date.

Everything is kept by a list of what may stay, never removed by a list of what must go: text that somebody or
some maker has typed may hold anything. Numbers and defined terms of DICOM stay where they look like such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs

from calibration.planning.level_names import ORDER
from calibration.profile import Profile
from monitor.frame import Intensity, SourceInfo
from monitor.plan import Cement, LevelIntent, Plan, Risk, View
from monitor.plan_image import encode_reference, reference_in
from monitor.rules import is_lytic
from recordings.importing.regions import Region, blanked_pixels

NAMELESS = "de-identified"
_NUMBERS = r"-?[\d.eE+-]+(?:, -?[\d.eE+-]+)*"
_SHAPES = r"(?:RECTANGULAR|CIRCULAR|POLYGONAL)(?:, (?:RECTANGULAR|CIRCULAR|POLYGONAL))*"
_PIXELS = r"\d{1,5} x \d{1,5}"
ALLOWED: dict[str, str] = {
    "SOPClassUID": r"[A-Z][A-Za-z0-9 /-]+(?:Storage|Capture)[A-Za-z0-9 -]*",
    "TransferSyntaxUID": r"(?:Implicit|Explicit|Deflated|JPEG|High-Throughput|RLE|Encapsulated).{0,76}",
    "Modality": r"[A-Z]{2,4}",
    "ConversionType": r"DV|DI|DF|WSD|SD|SI|DRW|SYN",
    "PhotometricInterpretation": r"MONOCHROME[12]|RGB|YBR_\w{3,12}",
    "PixelIntensityRelationship": r"LIN|LOG|DISP",
    "PixelIntensityRelationshipSign": r"-?1",
    "LossyImageCompression": r"0[01]",
    "BurnedInAnnotation": r"YES|NO",
    "RadiationSetting": r"SC|GR",
    "XRayTubeCurrent": _NUMBERS,
    "ExposureTime": _NUMBERS,
    "ImageAndFluoroscopyAreaDoseProduct": _NUMBERS,
    "PulseRate": _NUMBERS,
    "PositionerPrimaryAngle": _NUMBERS,
    "PositionerSecondaryAngle": _NUMBERS,
    "DistanceSourceToIsocenter": _NUMBERS,
    "ObjectPixelSpacingInCenterOfBeam": _NUMBERS,
    "ShutterShape": _SHAPES,
    "ShutterLeftVerticalEdge": _NUMBERS,
    "ShutterRightVerticalEdge": _NUMBERS,
    "ShutterUpperHorizontalEdge": _NUMBERS,
    "ShutterLowerHorizontalEdge": _NUMBERS,
    "CenterOfCircularShutter": _NUMBERS,
    "RadiusOfCircularShutter": _NUMBERS,
    "CollimatorShape": _SHAPES,
    "FieldOfViewShape": r"RECTANGLE|ROUND|HEXAGONAL",
    "ModalityLUTSequence": r"present, not applied",
    "FrameTimesFrom": r"[A-Za-z]{3,40}",
    "FrameTime": _NUMBERS,
    "Codec": r"[a-z0-9_]{2,20}",
    "PixelFormat": r"[a-z0-9_]{2,20}",
    "Interlaced": r"yes",
    "PixelAspectRatio": r"\d+[/:]\d+",
    "Rotation": _NUMBERS,
    "Delivered": _PIXELS,
    "Crop": r"\d{1,5}(?:,\d{1,5}){3}",
    "FourCC": r"[A-Z0-9 ]{4}",
}
"""Attributes of a source that stay, each with what its value must look like. Makers and models do not."""
_CALIBRATIONS = ("GEOMETRY", "FIDUCIAL")
_VIEWS = ("lateral", "ap", "oblique")
_PATHOLOGIES = ("osteoporotic fracture", "metastasis", "myeloma", "haemangioma", "trauma")
_VEINS = ("vein", "basivertebral", "segmental", "epidural", "paravertebral")
_DICOM = r"dicom(?: \w*PixelSpacing\w*| EstimatedRadiographicMagnificationFactor)?"
_METHOD = rf"(?:{_DICOM}|cannula|ruler|ball|two points)"
_METHODS = re.compile(rf"{_METHOD}(?: \+ {_METHOD})*")


def attributes_without_names(attributes: dict[str, str]) -> dict[str, str]:
    """Those attributes that may stay."""
    return {
        name: value
        for name, value in attributes.items()
        if name in ALLOWED and re.fullmatch(ALLOWED[name], value)
    }


def source_without_names(info: SourceInfo) -> SourceInfo:
    """The source without its name, and of its attributes those that may stay."""
    stated = info.geometry.pixel_spacing_calibration_type
    geometry = replace(
        info.geometry,
        pixel_spacing_calibration_type=stated if stated in _CALIBRATIONS else None,
        pixel_spacing_calibration_description=None,
    )
    return replace(
        info,
        source_id=NAMELESS,
        geometry=geometry,
        attributes=attributes_without_names(dict(info.attributes)),
    )


def plan_without_names(plan: Plan, regions: Sequence[Region], intensity: Intensity) -> Plan:
    """The plan with words of a fixed list alone, and its pictures blanked as the frames are.

    Level names that are none become ``level 1`` and so on. Of another pathology than the usual ones it stays
    whether it is lytic, which is what rules go by; of the cement's brand nothing.

    Raises
    ------
    PlanError
        A picture of the plan cannot be unpacked.
    """
    levels, names = new_level_names(plan), new_view_names(plan)
    views = tuple(_view(view, names[view.name], levels, regions, intensity) for view in plan.views)
    return Plan(
        schema=plan.schema,
        views=views,
        levels={levels[name]: _intent(intent) for name, intent in plan.levels.items()},
        cement=None if plan.cement is None else Cement(plan.cement.mixed_at_s),
    )


def new_level_names(plan: Plan) -> dict[str, str]:
    """The name that each level of a plan has afterwards: its own where it is an anatomical one."""
    named = sorted({level.name for view in plan.views for level in view.levels} | set(plan.levels))
    others = [name for name in named if name not in ORDER]
    return {name: f"level {others.index(name) + 1}" if name in others else name for name in named}


def new_view_names(plan: Plan) -> dict[str, str]:
    """The name that each view of a plan has afterwards: its own where it is that of a projection."""
    return {
        view.name: view.name if view.name.casefold() in _VIEWS else f"view {number}"
        for number, view in enumerate(plan.views, start=1)
    }


def _view(
    view: View, name: str, levels: dict[str, str], regions: Sequence[Region], intensity: Intensity
) -> View:
    picture = reference_in(view)
    method = view.scale.method
    return structs.replace(
        view,
        name=name,
        scale=structs.replace(view.scale, method=method if _METHODS.fullmatch(method) else "unknown"),
        levels=tuple(
            structs.replace(
                level,
                name=levels[level.name],
                veins=tuple(
                    structs.replace(vein, name=vein.name if vein.name in _VEINS else "vein")
                    for vein in level.veins
                ),
            )
            for level in view.levels
        ),
        reference_png=None
        if picture is None
        else encode_reference(blanked_pixels(picture, regions, intensity)),
    )


def _intent(intent: LevelIntent) -> LevelIntent:
    pathology = intent.risk.pathology
    if pathology not in _PATHOLOGIES:
        pathology = "metastasis" if is_lytic(pathology) else None
    risk = Risk(intent.risk.posterior_wall_defect, pathology)
    return structs.replace(intent, risk=risk)


def profile_without_names(profile: Profile) -> Profile:
    """The profile without room, C-arm and whoever calibrated.

    The dates of the calibrations stay: without them the monitor could not tell whether they still hold.
    """
    changed: dict[str, object] = {"room": "", "c_arm": ""}
    for name in ("scale", "distortion", "density", "latency"):
        part = getattr(profile, name)
        if part is not None:
            changed[name] = structs.replace(part, stamp=structs.replace(part.stamp, operator=""))
    if profile.scale is not None:
        changed["scale"] = structs.replace(changed["scale"], reasoning=())  # type: ignore[type-var]
    return structs.replace(profile, **changed)
