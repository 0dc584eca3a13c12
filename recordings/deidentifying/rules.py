"""What becomes of an attribute: PS3.15 table E.1-1, with the options that are taken.

The table is that of `dicomanonymizer`, edition 2026c, which is generated from the standard. That package
itself looks at the first level of an object alone, draws UIDs anew in each run and stops at representations
that it does not know; so the walk through the object is our own (`recordings.deidentifying.header`).

Taken are: Clean Pixel Data, Clean Structured Content, Retain Longitudinal Temporal Information with Modified
Dates, Retain Patient Characteristics, Retain Device Identity. Not taken, so as the basic profile says: Retain
UIDs, Retain Safe Private, Retain Institution Identity, Clean Descriptors, Clean Graphics.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR, tag_for_keyword
from pydicom.tag import BaseTag

from monitor.errors import one_line

EDITION = "2026c"


class Action(Enum):
    """What is done to an attribute."""

    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "dummy"
    SHIFT = "shift"
    UID = "uid"
    ENTER = "enter"
    KEEP = "keep"
    PSEUDONYM = "pseudonym"


OPTIONS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113104", "Clean Structured Content Option"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    ("113108", "Retain Patient Characteristics Option"),
    ("113109", "Retain Device Identity Option"),
)
"""Codes of CID 7050 (scheme DCM) that hold for every object."""
CLEAN_PIXEL_DATA = ("113101", "Clean Pixel Data Option")

_PATIENT_CHARACTERISTICS = (
    "EthnicGroup PatientAge PatientSex PatientSexNeutered PatientSize PatientWeight PregnancyStatus "
    "SmokingStatus"
)
# where a station stands is not told, although the option would allow it
_DEVICE_IDENTITY = (
    "CassetteID DetectorID DeviceSerialNumber GantryID GeneratorID PlateID StationName XRayDetectorID "
    "XRaySourceID SourceSerialNumber ManufacturerDeviceIdentifier LensMake LensModel LensSerialNumber "
    "PerformedStationName ScheduledStationName PerformedStationAETitle ScheduledStationAETitle "
    "StationAETitle DeviceLabel UDISequence UniqueDeviceIdentifier DeviceUID ManufacturerDeviceClassUID "
    "LensSpecification PerformedStationNameCodeSequence ScheduledStationNameCodeSequence"
)
_NEVER_SHIFTED = "PatientBirthDate PatientBirthTime PatientBirthDateInAlternativeCalendar"
_REPLACED_PATIENT = "PatientName PatientID"
_SEQUENCES_OUT = (
    "PersonIdentificationCodeSequence OperatorIdentificationSequence InstitutionCodeSequence "
    "ReferencedStudySequence IssuerOfPatientIDQualifiersSequence IssuerOfAccessionNumberSequence "
    "AssigningFacilitySequence AssigningJurisdictionCodeSequence AssigningAgencyOrDepartmentCodeSequence "
    "OrderPlacerIdentifierSequence OrderFillerIdentifierSequence"
)
_OUT_BESIDES_THE_TABLE = (
    "PatientDeathDateInAlternativeCalendar PlacerOrderNumberProcedure FillerOrderNumberProcedure "
    "PlacerOrderNumberImagingServiceRequestRetired FillerOrderNumberImagingServiceRequestRetired "
    "NTPSourceAddress AssignedLocation OwnerID ContactDisplayName HangingProtocolCreator "
    "HangingProtocolUserGroupName ContentDescription PerformedProcedureTypeDescription "
    "RequestedProcedureDescriptionTrial ResourceDescription SubstanceAdministrationNotes DoseComment "
    "SystemStatusComment TestResultComment CodingSchemeUID"
)
"""Short text that the table does not name, and that names a day, an order, a house or a person, or says what
somebody typed. The UID of a coding scheme would become another, and name none."""
_SEQUENCES_ENTERED = "ReferencedPerformedProcedureStepSequence"
"""Where it is there, it must not be empty."""
_FREE_TEXT_KEPT = "LongCodeValue URNCodeValue TextValue"
"""Free text that the table does not name and that holds codes, or is cleaned with its content item."""

_LISTED = {
    "D_TAGS": Action.DUMMY,
    "Z_TAGS": Action.EMPTY,
    "X_TAGS": Action.REMOVE,
    "U_TAGS": Action.UID,
    "Z_D_TAGS": Action.DUMMY,
    "X_Z_TAGS": Action.EMPTY,
    "X_D_TAGS": Action.DUMMY,
    "X_Z_D_TAGS": Action.EMPTY,
    "X_Z_U_STAR_TAGS": Action.ENTER,
}
"""Of several actions that the standard allows the one that leaves most objects valid."""
_FREE_TEXT = frozenset("LT ST UT UC UR".split())
_WAVEFORMS = 0x5400
_OUT_OF_GROUPS = (0x5000, 0x6000)
"""Curves and overlays: drawings, of which any may be text."""


@cache
def _table() -> dict[BaseTag, Action]:
    held = dicom_anonymization_database_selector(f"dicomfields_{EDITION}")
    table = {
        BaseTag(tag[0] << 16 | tag[1]): action
        for name, action in _LISTED.items()
        for tag in held[name]
        if len(tag) == 2
    }
    for keywords, action in (
        (_PATIENT_CHARACTERISTICS, Action.KEEP),
        (_DEVICE_IDENTITY, Action.KEEP),
        (_NEVER_SHIFTED, Action.EMPTY),
        (_REPLACED_PATIENT, Action.PSEUDONYM),
        (_SEQUENCES_OUT, Action.REMOVE),
        (_OUT_BESIDES_THE_TABLE, Action.REMOVE),
        (_SEQUENCES_ENTERED, Action.ENTER),
        ("TimezoneOffsetFromUTC", Action.KEEP),
        # text drawn over an image must be some text
        ("UnformattedTextValue", Action.DUMMY),
    ):
        table |= {BaseTag(tag_for_keyword(word) or 0): action for word in keywords.split()}
    return table


@cache
def _kept_text() -> frozenset[int]:
    return frozenset(tag_for_keyword(word) or 0 for word in _FREE_TEXT_KEPT.split())


def action_for(tag: BaseTag, representation: str) -> Action:
    """What becomes of an attribute with this tag, of this value representation."""
    group = tag.group
    if tag.is_private or tag.element == 0 or group >= 0x7FE0 or group <= 0x0006:
        return Action.REMOVE
    if group & 0xFF00 in _OUT_OF_GROUPS or not dictionary_has_tag(tag):
        return Action.REMOVE
    listed = _table().get(tag)
    never = listed in (Action.EMPTY, Action.REMOVE) and tag in _birth()
    if representation in ("DA", "DT", "TM") and not never:
        return Action.SHIFT
    if representation == "SQ":
        return Action.ENTER if listed in (None, Action.DUMMY, Action.KEEP) else listed
    if listed is not None:
        return listed
    if representation == "UI":
        return Action.UID
    if representation in ("PN", "AE"):
        return Action.EMPTY
    if representation in _FREE_TEXT and tag not in _kept_text():
        return Action.REMOVE
    if representation == "OB" and group != _WAVEFORMS:
        return Action.REMOVE  # a colour profile says who made it and when; of others nobody knows
    # of another representation than the standard's it may hold what nobody expects there
    return Action.KEEP if representation in dictionary_VR(tag).split(" or ") else Action.REMOVE


@cache
def _birth() -> frozenset[int]:
    return frozenset(tag_for_keyword(word) or 0 for word in _NEVER_SHIFTED.split())


def name_of(tag: BaseTag) -> str:
    """Keyword of an attribute, or its numbers."""
    keyword = dictionary_keyword(tag) if dictionary_has_tag(tag) else ""
    return keyword or one_line(str(tag))
