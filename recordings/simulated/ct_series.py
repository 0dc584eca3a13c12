"""A simulated scan as a DICOM series: one CT object for each slice, as a scanner stores it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from recordings.simulated.ct_scan import SimulatedCt

_INTERCEPT = -1024


def write_series(
    folder: Path, made: SimulatedCt, *, patient_id: str = "SIM0001", day: str = "20250107"
) -> str:
    """Write a scan into a folder, which is made; the UID of its series.

    The same patient and day give the same UIDs. Raises `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = ["cementwatch", "ct", patient_id, day]
    study, series = (generate_uid(entropy_srcs=[*parts, name]) for name in ("study", "series"))
    spacing = np.linalg.norm(made.affine_lps[:3, :3], axis=0)
    for k in range(made.hu.shape[2]):
        head = Dataset()
        head.file_meta = FileMetaDataset()
        head.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        head.SOPClassUID = head.file_meta.MediaStorageSOPClassUID = CTImageStorage
        uid = generate_uid(entropy_srcs=[*parts, str(k)])
        head.SOPInstanceUID = head.file_meta.MediaStorageSOPInstanceUID = uid
        head.StudyInstanceUID, head.SeriesInstanceUID = study, series
        head.FrameOfReferenceUID = generate_uid(entropy_srcs=[*parts, "frame"])
        head.PatientID, head.PatientName, head.StudyDate = patient_id, "Simulated^Patient", day
        head.Modality, head.SeriesDescription, head.InstanceNumber = "CT", "simulated", k + 1
        head.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        head.Rows, head.Columns = made.hu.shape[1], made.hu.shape[0]
        head.SamplesPerPixel, head.PhotometricInterpretation = 1, "MONOCHROME2"
        head.BitsAllocated, head.BitsStored, head.HighBit, head.PixelRepresentation = 16, 16, 15, 0
        head.PixelSpacing = [float(spacing[1]), float(spacing[0])]
        head.SliceThickness = float(spacing[2])
        head.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
        place = made.affine_lps @ (0, 0, k, 1)
        head.ImagePositionPatient = [round(float(one), 6) for one in place[:3]]
        head.RescaleSlope, head.RescaleIntercept, head.RescaleType = 1, _INTERCEPT, "HU"
        head.PixelData = np.ascontiguousarray((made.hu[:, :, k].T - _INTERCEPT).astype("<u2")).tobytes()
        head.save_as(folder / f"{k:04d}.dcm", enforce_file_format=True)
    return str(series)
