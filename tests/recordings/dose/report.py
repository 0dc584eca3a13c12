"""A radiation dose report after TID 10001, as machines write it, and with what they do to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, XRayRadiationDoseSRStorage

STUDY, INSTANCE = "1.2.3.4.5.100", "1.2.3.4.5.200"
EVENT = "1.2.3.4.5.300.{}"
XA_PROCEDURE = ("113704", "DCM", "Projection X-Ray")


def code(value: str, scheme: str, meaning: str) -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def item(kind: str, concept: tuple[str, str, str], relation: str = "CONTAINS") -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = relation, kind
    made.ConceptNameCodeSequence = [code(*concept)]
    return made


def coded(concept: tuple[str, str, str], value: tuple[str, str, str], relation: str = "CONTAINS") -> Dataset:
    made = item("CODE", concept, relation)
    made.ConceptCodeSequence = [code(*value)]
    return made


def number(concept: str, meaning: str, value: str | None, unit: str) -> Dataset:
    made = item("NUM", (concept, "DCM", meaning))
    made.MeasuredValueSequence = []
    if value is not None:
        measured = Dataset()
        measured.MeasurementUnitsCodeSequence = [code(unit, "UCUM", unit)]
        measured.NumericValue = value
        made.MeasuredValueSequence = [measured]
    return made


def text(concept: str, meaning: str, words: str) -> Dataset:
    made = item("TEXT", (concept, "DCM", meaning))
    made.TextValue = words
    return made


def uid(concept: str, meaning: str, value: str) -> Dataset:
    made = item("UIDREF", (concept, "DCM", meaning))
    made.UID = value
    return made


def when(concept: str, meaning: str, value: str) -> Dataset:
    made = item("DATETIME", (concept, "DCM", meaning))
    made.DateTime = value
    return made


def container(
    concept: tuple[str, str, str], content: Sequence[Dataset], template: str | None = None
) -> Dataset:
    made = item("CONTAINER", concept)
    made.ContinuityOfContent = "SEPARATE"
    if template is not None:
        used = Dataset()
        used.MappingResource, used.TemplateIdentifier = "DCMR", template
        made.ContentTemplateSequence = [used]
    made.ContentSequence = list(content)
    return made


FLUOROSCOPY, ACQUISITION = ("P5-06000", "SRT", "Fluoroscopy"), ("113611", "DCM", "Stationary Acquisition")
SINGLE, PLANE_A = ("113622", "DCM", "Single Plane"), ("113620", "DCM", "Plane A")


def event(
    name: int, started: str = "20260312101500.250", *, kind: tuple[str, str, str] = FLUOROSCOPY,
    plane: tuple[str, str, str] = SINGLE, dap: tuple[str, str] = ("0.0000123", "Gy.m2"),
    dose: tuple[str, str] = ("0.00185", "Gy"), more: Sequence[Dataset] = (),
) -> Dataset:  # fmt: skip
    """One irradiation after TID 10003."""
    content = [
        coded(("113764", "DCM", "Acquisition Plane"), plane),
        uid("113769", "Irradiation Event UID", EVENT.format(name)),
        when("111526", "DateTime Started", started),
        coded(("113721", "DCM", "Irradiation Event Type"), kind),
        text("125203", "Acquisition Protocol", "Spine"),
        number("122130", "Dose Area Product", *dap),
        number("113738", "Dose (RP)", *dose),
        number("112011", "Positioner Primary Angle", "-89.5", "deg"),
        number("112012", "Positioner Secondary Angle", "1.2", "deg"),
        number("113791", "Pulse Rate", "15", "{pulse}/s"),
        number("113768", "Number of Pulses", "63", "1"),
        number("113742", "Irradiation Duration", "4.2", "s"),
        number("113733", "KVP", "71", "kV"),
        number("113734", "X-Ray Tube Current", "42.5", "mA"),
        number("113824", "Exposure Time", "504", "ms"),
        number("113793", "Pulse Width", "8", "ms"),
        *more,
    ]
    return container(("113706", "DCM", "Irradiation Event X-Ray Data"), content, "10003")


def totals(plane: tuple[str, str, str] = SINGLE) -> Dataset:
    """The sums after TID 10002."""
    return container(
        ("113702", "DCM", "Accumulated X-Ray Dose Data"),
        [
            coded(("113764", "DCM", "Acquisition Plane"), plane, "HAS CONCEPT MOD"),
            number("113722", "Dose Area Product Total", "0.000041", "Gy.m2"),
            number("113725", "Dose (RP) Total", "0.0061", "Gy"),
            number("113726", "Fluoro Dose Area Product Total", "41", "uGy.m2"),
            number("113728", "Fluoro Dose (RP) Total", "6.1", "mGy"),
            number("113730", "Total Fluoro Time", "0.21", "min"),
            number("113727", "Acquisition Dose Area Product Total", "0", "Gy.m2"),
            number("113729", "Acquisition Dose (RP) Total", None, "Gy"),
            number("113855", "Total Acquisition Time", "0", "s"),
            number("113731", "Total Number of Radiographic Frames", "0", "1"),
        ],
        "10002",
    )


def dose_report(
    events: Sequence[Dataset], *, instance: str = INSTANCE, offset: str | None = "+0100",
    written: tuple[str, str] = ("20260312", "103000"), sums: Sequence[Dataset] | None = None,
) -> Dataset:  # fmt: skip
    """The whole report, a valid object."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = XRayRadiationDoseSRStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = instance
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, f"{STUDY}.9"
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.StudyDate, ds.StudyTime = "20260312", "101000"
    ds.ContentDate, ds.ContentTime = written
    ds.InstanceCreationDate, ds.InstanceCreationTime = written
    if offset is not None:
        ds.TimezoneOffsetFromUTC = offset
    ds.AccessionNumber, ds.StudyID, ds.Modality = "A1", "1", "SR"
    ds.Manufacturer, ds.ManufacturerModelName, ds.DeviceSerialNumber = "Maker", "Arc", "7"
    ds.SoftwareVersions = "1"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Sample^Anna", "40712", "", ""
    ds.ReferringPhysicianName = ""
    ds.SeriesNumber, ds.InstanceNumber = 9, 1
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.PerformedProcedureCodeSequence = []
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    whole = container(
        ("113701", "DCM", "X-Ray Radiation Dose Report"),
        [
            _procedure(),
            _observer_type(),
            uid("121012", "Device Observer UID", "1.2.3.4.5.7"),
            coded(("113705", "DCM", "Scope of Accumulation"), ("113014", "DCM", "Study")),
            *([totals()] if sums is None else sums),
            *events,
            coded(
                ("113854", "DCM", "Source of Dose Information"),
                ("113856", "DCM", "Automated Data Collection"),
            ),
        ],
        "10001",
    )
    # the scope's own UID, and the observer's context, as the template has them
    whole.ContentSequence[3].ContentSequence = [uid("110180", "Study Instance UID", STUDY)]
    whole.ContentSequence[3].ContentSequence[0].RelationshipType = "HAS PROPERTIES"
    whole.ContentSequence[3].RelationshipType = "HAS OBS CONTEXT"
    whole.ContentSequence[2].RelationshipType = "HAS OBS CONTEXT"
    for element in whole:
        if element.keyword != "RelationshipType":
            ds.add(element)
    return ds


def _procedure() -> Dataset:
    made = coded(("121058", "DCM", "Procedure reported"), XA_PROCEDURE, "HAS CONCEPT MOD")
    made.ContentSequence = [
        coded(("G-C0E8", "SRT", "Has Intent"), ("R-002E9", "SRT", "Therapeutic Intent"), "HAS CONCEPT MOD")
    ]
    return made


def _observer_type() -> Dataset:
    return coded(("121005", "DCM", "Observer Type"), ("121007", "DCM", "Device"), "HAS OBS CONTEXT")


def save(ds: Dataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path
