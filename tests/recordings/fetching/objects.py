"""Small XA runs for foreign archives."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pynetdicom.sop_class import XRayAngiographicImageStorage  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Run:
    """One object."""

    study: str
    series: str
    number: int = 1
    syntax: UID = ExplicitVRLittleEndian
    patient_id: str = "4711"
    name: str = "Müller^Jörg"
    characters: str = "ISO_IR 100"
    description: str = "LWS seitlich"
    modality: str = "XA"
    rows: int = 64
    frames: int = 2
    uid: str = field(default_factory=generate_uid)

    @property
    def dicom(self) -> bytes:
        """As a file."""
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made = Dataset()
        made.file_meta = meta
        pixels = np.random.default_rng(self.number).integers(
            0, 255, (self.frames, self.rows, self.rows), np.uint8
        )
        for keyword, value in {
            "SpecificCharacterSet": self.characters, "SOPClassUID": XRayAngiographicImageStorage,
            "SOPInstanceUID": self.uid, "StudyInstanceUID": self.study, "SeriesInstanceUID": self.series,
            "PatientName": self.name, "PatientID": self.patient_id, "PatientBirthDate": "19500203",
            "PatientSex": "F", "StudyDate": "20260102", "StudyTime": "083000", "StudyID": "1",
            "AccessionNumber": "A1", "StudyDescription": "Wirbelsäule", "ReferringPhysicianName": "",
            "Modality": self.modality, "SeriesNumber": 1, "InstanceNumber": self.number,
            "SeriesDescription": self.description, "ImageType": ["ORIGINAL", "PRIMARY", "SINGLE PLANE"],
            "Rows": self.rows, "Columns": self.rows, "NumberOfFrames": self.frames, "FrameTime": 100,
            "FrameIncrementPointer": 0x00181063, "SamplesPerPixel": 1, "BitsAllocated": 8, "BitsStored": 8,
            "HighBit": 7, "PixelRepresentation": 0, "PhotometricInterpretation": "MONOCHROME2",
            "PixelIntensityRelationship": "LIN", "PixelData": pixels.tobytes(),
        }.items():  # fmt: skip
            setattr(made, keyword, value)
        if self.syntax.is_compressed:
            made.compress(self.syntax, generate_instance_uid=False)
        buffer = io.BytesIO()
        made.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()
