"""The DICOM header of a simulated run (X-Ray Angiographic Image Storage)."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, XRayAngiographicImageStorage, generate_uid

from monitor.frame import PixelIntensityRelationship
from recordings.simulated.detector import MAGNIFICATION
from recordings.simulated.scene import Scene
from recordings.simulated.source import SOURCE_TO_DETECTOR_MM, SOURCE_TO_PATIENT_MM

_DAY, _TIME = "20000101", "120000"


def run_header(scene: Scene, frame_count: int) -> Dataset:
    """Header of a multi-frame run, without pixel data. The same scene gives the same header.

    Parameters
    ----------
    scene : Scene
    frame_count : int

    Returns
    -------
    Dataset
        With file meta information; explicit VR little endian.
    """
    settings = scene.settings
    seed = [scene.scenario.name, repr(settings), str(frame_count)]
    if settings.disturbances:
        seed.append(repr(settings.disturbances))
    ds = Dataset()
    ds.SOPClassUID = XRayAngiographicImageStorage
    ds.SOPInstanceUID = generate_uid(entropy_srcs=["instance", *seed])
    ds.StudyInstanceUID = generate_uid(entropy_srcs=["study", *seed])
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=["series", *seed])
    ds.PatientName = "Simulated^Procedure"
    ds.PatientID = f"SIMULATED-{scene.scenario.name}-{settings.seed}"
    ds.PatientBirthDate = ""
    ds.PatientSex = ""
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = _DAY
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = _TIME
    ds.StudyID = "1"
    ds.StudyDescription = "Simulated vertebroplasty"
    ds.SeriesDescription = f"simulated {scene.scenario.name} {settings.projection}"
    ds.AccessionNumber = ""
    ds.ReferringPhysicianName = ""
    ds.SeriesNumber = 1
    ds.InstanceNumber = 1
    ds.Modality = "XA"
    ds.Manufacturer = "CementWatch"
    ds.ManufacturerModelName = "simulated procedure"
    ds.BodyPartExamined = "SPINE"
    ds.PatientOrientation = ["P", "F"] if settings.projection == "lateral" else ["R", "F"]
    ds.ImageType = ["DERIVED", "PRIMARY", "SINGLE PLANE"]
    ds.DerivationDescription = "computed; no patient"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.NumberOfFrames = frame_count
    ds.Rows = ds.Columns = settings.size
    ds.BitsAllocated = 8 if settings.bits_stored <= 8 else 16
    ds.BitsStored = settings.bits_stored
    ds.HighBit = settings.bits_stored - 1
    ds.PixelRepresentation = 0
    ds.PixelIntensityRelationship = settings.relationship.value
    if settings.relationship is not PixelIntensityRelationship.DISP:
        ds.PixelIntensityRelationshipSign = 1
    ds.FrameIncrementPointer = Tag("FrameTime")
    ds.FrameTime = f"{1000 / settings.frame_rate_hz:.10g}"
    ds.CineRate = round(settings.frame_rate_hz)
    ds.RecommendedDisplayFrameRate = round(settings.frame_rate_hz)
    ds.KVP = f"{settings.kvp:g}"
    ds.XRayTubeCurrent = None
    ds.ExposureTime = None
    ds.Exposure = None
    ds.RadiationSetting = "SC"
    ds.RadiationMode = "PULSED"
    at_detector = f"{settings.pixel_mm * MAGNIFICATION:.8g}"
    ds.ImagerPixelSpacing = [at_detector, at_detector]
    ds.DistanceSourceToDetector = f"{SOURCE_TO_DETECTOR_MM:g}"
    ds.DistanceSourceToPatient = f"{SOURCE_TO_PATIENT_MM:g}"
    ds.EstimatedRadiographicMagnificationFactor = f"{MAGNIFICATION:g}"
    ds.PositionerMotion = "STATIC"
    ds.PositionerPrimaryAngle = "90" if settings.projection == "lateral" else "0"
    ds.PositionerSecondaryAngle = "0"
    ds.LossyImageCompression = "00"
    ds.BurnedInAnnotation = "NO"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta = meta
    return ds
