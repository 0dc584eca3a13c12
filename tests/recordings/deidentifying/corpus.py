"""DICOM objects with what identifies in every odd place, made by pydicom and by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import compress
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    XRayAngiographicImageStorage,
    XRayRadiationDoseSRStorage,
)

STUDY, SERIES, INSTANCE = "1.2.392.200036.55.1", "1.2.392.200036.55.1.7", "1.2.392.200036.55.1.7.1"
REFERENCED = "1.2.392.200036.55.1.7.99"
SECRETS = (
    "Mustermann", "Erika", "Yamada", "山田", "太郎", "やまだ", "MRN-4711-X", "ACC20251224-9", "Charité-Haus",
    "Frauenlob", "20251224", "2025-12-24", "19470312", "Kurfürstendamm", "Overlayname", "Curvename",
    "OR3-KÖHLER", STUDY, REFERENCED,
)  # fmt: skip


def pictures(
    frames: int = 6, side: int = 96, bits: int = 12, *, text: bool = False
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Noise, different in each frame; with white letters at the top left where asked for."""
    largest = (1 << bits) - 1
    noise = np.random.default_rng(5).normal(0.45, 0.02, (frames, side, side))
    images = (np.clip(noise, 0, 0.8) * largest).astype(np.uint8 if bits <= 8 else np.uint16)
    if text:
        letters = np.zeros((side, side), np.uint8)
        cv2.putText(letters, "MUSTERM", (6, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.55, 255, 1, cv2.LINE_8)
        images[:, letters > 0] = largest
    return images


def item(**values: object) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def loaded(images: NDArray[np.generic], instance: str = INSTANCE) -> Dataset:
    """An XA object with identifying values at all levels; explicit VR little endian."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = XRayAngiographicImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = instance
    ds.file_meta.SourceApplicationEntityTitle = "FRAUENLOB"
    ds.file_meta.PrivateInformationCreatorUID = STUDY
    ds.file_meta.PrivateInformation = b"Erika Mustermann"
    ds.preamble = b"Mustermann^Erika".ljust(128, b"\0")
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = XRayAngiographicImageStorage, instance
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, SERIES
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = "20251224"
    ds.AcquisitionDateTime = "20251224101112.500000+0100"
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = "101112"
    ds.AccessionNumber, ds.StudyID = "ACC20251224-9", "88"
    ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = "XA", "Maker", "Frauenlob arc"
    ds.InstitutionName, ds.InstitutionAddress = "Charité-Haus", "Kurfürstendamm 1"
    ds.ReferringPhysicianName = "Frauenlob^Hans"
    ds.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "MRN-4711-X", "19470312", "F"
    ds.PatientAge, ds.PatientSize = "092Y", "1.6"
    ds.OtherPatientIDsSequence = [item(PatientID="MRN-4711-X", TypeOfPatientID="TEXT")]
    ds.StudyDescription = "Vertebroplasty of Mrs Mustermann"
    ds.ImageComments = "Erika Mustermann"
    ds.DeviceSerialNumber, ds.StationName = "SN-1", "OR3-KÖHLER"
    ds.StationName = "Frauenlob OR3"  # kept with the device's identity, but for the name in it
    ds.SeriesNumber, ds.InstanceNumber = 1, 1
    ds.ImageType = ["ORIGINAL", "PRIMARY", "SINGLE PLANE"]
    ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime, ds.RadiationSetting = "80", 12, 6, "SC"
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LIN", 1
    ds.PatientOrientation = ["P", "F"]
    ds.NumberOfFrames, ds.FrameTime, ds.FrameIncrementPointer = len(images), "66.667", 0x00181063
    ds.SourceImageSequence = [
        item(ReferencedSOPClassUID=XRayAngiographicImageStorage, ReferencedSOPInstanceUID=INSTANCE)
    ]
    # a name deep in a sequence that the table lets stay
    deep = item(
        CodeValue="1", CodingSchemeDesignator="99X", CodeMeaning="as Dr. Frauenlob does",
        PatientName="Mustermann^Erika", ReferencedSOPInstanceUID=REFERENCED,
    )  # fmt: skip
    ds.ProcedureCodeSequence = [
        item(CodeValue="113", CodingSchemeDesignator="DCM", CodeMeaning="x", ContextUID="1.2.840.10008.6.1.1")
    ]
    ds.ContributingEquipmentSequence = [
        item(Manufacturer="Maker", InstitutionName="Charité-Haus", PurposeOfReferenceCodeSequence=[deep])
    ]
    block = ds.private_block(0x0029, "MAKER PRIVATE", create=True)
    block.add_new(0x10, "PN", "Mustermann^Erika")
    block.add_new(0x11, "UN", b"Yamada 20251224")
    block.add_new(0x12, "SQ", Sequence([item(PatientName="Mustermann^Erika")]))
    # a public tag that nobody knows, and one that has text where a number belongs
    ds.add(DataElement(0x00280999, "LO", "Mustermann"))
    ds.add(DataElement(0x00181138, "LO", "Mustermann"))
    ds.add(DataElement(0x60000010, "US", images.shape[1]))
    ds.add(DataElement(0x60000011, "US", images.shape[2]))
    ds.add(DataElement(0x60000040, "CS", "G"))
    ds.add(DataElement(0x60000050, "SS", [1, 1]))
    ds.add(DataElement(0x60000100, "US", 1))
    ds.add(DataElement(0x60000102, "US", 0))
    ds.add(DataElement(0x60003000, "OW", b"Overlayname".ljust(images[0].size // 8, b"\0")))
    ds.add(DataElement(0x60004000, "LT", "Overlayname"))
    ds.add(DataElement(0x50002500, "LO", "Curvename"))
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = images.shape[1:3]
    ds.BitsAllocated, ds.PixelRepresentation = 8 * images.itemsize, 0
    ds.BitsStored = 8 if images.itemsize == 1 else 12
    ds.HighBit = ds.BitsStored - 1
    if images.ndim == 4:
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.PixelData = images.tobytes()
    ds["PixelData"].VR = "OB" if images.itemsize == 1 else "OW"
    return ds


def save(ds: Dataset, path: Path, *, trailing: bool = True) -> Path:
    """Write, with identifying bytes behind the pixel data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if trailing:
        ds.add(DataElement(0xFFFCFFFC, "OB", b"Mustermann Erika"))
    ds.save_as(path, enforce_file_format=True)
    return path


def compressed(ds: Dataset, syntax: str) -> Dataset:
    """The same object in another transfer syntax."""
    if syntax != JPEGBaseline8Bit:
        compress(ds, syntax, generate_instance_uid=False)
        return ds
    images = np.frombuffer(ds.PixelData, np.uint8).reshape(int(ds.NumberOfFrames), ds.Rows, ds.Columns)
    coded = []
    for image in images:
        jpeg = cv2.imencode(".jpg", image)[1].tobytes()
        # a comment in the code stream itself
        coded.append(jpeg[:2] + b"\xff\xfe\x00\x12Erika Mustermann" + jpeg[2:])
    ds.PixelData = encapsulate(coded)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    ds.LossyImageCompression, ds.LossyImageCompressionMethod = "01", "ISO_10918_1"
    return ds


def report() -> Dataset:
    """A structured report with names and free text in its content."""
    ds = loaded(pictures(1, 8))
    for element in [e for e in ds if e.tag.group in (0x0028, 0x6000, 0x5000, 0x7FE0, 0x0018)]:
        del ds[element.tag]
    for keyword in ("NumberOfFrames", "PixelData", "FrameIncrementPointer"):
        if keyword in ds:
            del ds[keyword]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = XRayRadiationDoseSRStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{INSTANCE}.2"
    ds.Modality, ds.ValueType = "SR", "CONTAINER"
    ds.ConceptNameCodeSequence = [code("113701", "X-Ray Radiation Dose Report")]
    ds.ContentSequence = [
        content("PNAME", "121008", PersonName="Frauenlob^Hans"),
        content("TEXT", "121106", TextValue="Erika Mustermann, Charité-Haus"),
        content("TEXT", "113880", TextValue="SN-1"),
        content("UIDREF", "113769", UID=REFERENCED),
        content("DATETIME", "111526", DateTime="20251224101500"),
        content(
            "NUM", "113738",
            MeasuredValueSequence=[
                item(NumericValue="0.012", MeasurementUnitsCodeSequence=[code("Gy", "Gy", "UCUM")])
            ],
        ),
    ]  # fmt: skip
    return ds


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def content(kind: str, concept: str, **values: object) -> Dataset:
    made = item(RelationshipType="CONTAINS", ValueType=kind, ConceptNameCodeSequence=[code(concept, concept)])
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made
