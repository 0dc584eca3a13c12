"""The codes in results: SNOMED CT, DICOM and UCUM where they have one that fits, else of a private scheme.

The standard ones are those of pydicom's dictionary, which is made of the context groups of PS3.16; none is
made up. What these lack (bone cement, its leaks, the walls and endplates of a vertebra, the intervertebral
foramen, alarms) stands in the scheme ``99CEMENTWATCH``, which every object that uses it declares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

SCHEME = "99CEMENTWATCH"

VOLUME, AREA = codes.SCT.Volume, codes.SCT.Area
DISTANCE, MINIMUM = codes.DCM.Distance, codes.SCT.Minimum
UPPER, LOWER = codes.SCT.RangeOfUpperMeasurementUncertainty, codes.SCT.RangeOfLowerMeasurementUncertainty
FLUOROSCOPY, COLUMN, VERTEBRA = codes.SCT.Fluoroscopy, codes.SCT.Spine, codes.SCT.Vertebra
PHYSICAL_OBJECT = codes.SCT.PhysicalObject
PRIORITY = codes.SCT.Priority
YES, NO = codes.SCT.Yes, codes.SCT.No
COMMENT, METHOD = codes.DCM.Comment, codes.SCT.MeasurementMethod
SOURCE_IMAGE = codes.DCM.SourceImageForImageProcessingOperation
SEGMENTATION = codes.DCM.SegmentationImageDerivation
PROCESSING = codes.DCM.ProcessingEquipment

MILLIMETRE, SQUARE_MILLIMETRE = codes.UCUM.Millimeter, codes.UCUM.SquareMillimeter
SECOND, PERCENT, NO_UNIT = codes.UCUM.Second, codes.UCUM.Percent, codes.UCUM.NoUnits
MILLILITRE = Code("mL", "UCUM", "milliliter")
MM_PER_PX = Code("mm/{pixel}", "UCUM", "millimeter per pixel")
UNITS: Mapping[str, Code] = {
    "mm": MILLIMETRE,
    "mm/s": codes.UCUM.MillimeterPerSecond,
    "mL": MILLILITRE,
    "ml": MILLILITRE,
    "s": SECOND,
    "min": codes.UCUM.Minute,
    "%": PERCENT,
    "mm²": SQUARE_MILLIMETRE,
    "mm2": SQUARE_MILLIMETRE,
}
"""By the unit that an alarm says."""


def private(value: str, meaning: str) -> Code:
    """A code of the private scheme."""
    return Code(value, SCHEME, meaning)


CEMENT = private("cement", "Bone cement")
CEMENT_WITHIN = private("cement-within", "Bone cement within the vertebral body")
CEMENT_OUTSIDE = private("cement-outside", "Bone cement outside the vertebral body")
FILL = private("fill", "Part of the projected vertebral body that cement covers")
RELATIVE_VOLUME = private("relative-volume", "Volume in relative units: for comparison only")
SCALE = private("scale", "Scale in the plane of the spine")
MONITORED = private("monitored", "Part of the time in which the image was monitored")
DURATION = private("duration", "Time from the first image to the last")
LOOKED_AT = private("images", "Images that were looked at")
CLOSEST_AT = private("closest-at", "Time of the closest distance, from the first image")
MEASURED_AT = private("measured-at", "Time of the measurement, from the first image")
ONSET = private("onset", "Time of onset, from the first image")
RAISED = private("raised", "Time at which the alarm was raised, from the first image")
ESCALATED = private("escalated", "Time at which the alarm was escalated, from the first image")
ACKNOWLEDGED = private("acknowledged", "Time at which the alarm was acknowledged, from the first image")
CLEARED = private("cleared", "Time at which the alarm was cleared, from the first image")
ALARM_VALUE = private("alarm-value", "Value that raised the alarm")
ALARM = private("alarm", "Alarm")
RUN = private("run", "Monitored run")
ALARM_KIND = private("alarm-kind", "What an alarm is about")
DETACHED = private("detached", "Not connected with the cement in the body")
MAY_BE = private("may-be", "May be, which the projection cannot tell apart")
RULE = private("rule", "Rule")
KINDS: Mapping[str, Code] = {
    "clinical": private("clinical", "The patient"),
    "technical": private("technical", "The monitor"),
}
PRIORITIES: Mapping[str, Code] = {
    "high": codes.SCT.High,
    "medium": codes.SCT.Medium,
    "low": codes.SCT.Low,
}
STRUCTURES: Mapping[str, Code] = {
    "posterior_wall": private("posterior-wall", "Posterior wall of the vertebral body"),
    "anterior_wall": private("anterior-wall", "Anterior wall of the vertebral body"),
    "superior_endplate": private("sup-endplate", "Superior endplate of the vertebral body"),
    "inferior_endplate": private("inf-endplate", "Inferior endplate of the vertebral body"),
    "vein": codes.SCT.Vein,
    "foramen": private("foramen", "Intervertebral foramen"),
}
LEAKS: Mapping[str, Code] = {
    "canal": private("leak-canal", "Cement leak into the spinal canal"),
    "disc_superior": private("leak-disc-sup", "Cement leak into the disc above"),
    "disc_inferior": private("leak-disc-inf", "Cement leak into the disc below"),
    "vein": private("leak-vein", "Cement leak into a vein"),
    "foramen": private("leak-foramen", "Cement leak into the intervertebral foramen"),
    "paravertebral": private("leak-paravert", "Cement leak into paravertebral tissue"),
    "embolus": private("leak-embolus", "Cement carried away in a vein"),
    "outside": private("leak-outside", "Cement leak, zone not marked"),
}
_VERTEBRAE = {
    f"{letter}{number}" for letter, most in (("C", 7), ("T", 12), ("L", 5)) for number in range(1, most + 1)
}


def vertebra(level: str) -> Code:
    """The vertebra that a level's name says; a vertebra, no more, where it says none."""
    name = level.strip().upper().replace("TH", "T")
    if name in _VERTEBRAE:
        found: Code = getattr(codes.SCT, f"{name}Vertebra")
        return found
    other: Code = codes.SCT.Sacrum if re.fullmatch(r"S[1-5]", name) else VERTEBRA
    return other


def scheme_items() -> list[CodingSchemeIdentificationItem]:
    """What an object says of the private scheme."""
    return [
        CodingSchemeIdentificationItem(
            SCHEME, name="CementWatch results", responsible_organization="CementWatch, research software"
        )
    ]
