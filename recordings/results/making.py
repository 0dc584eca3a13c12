"""What all objects of a session's results have in common: patient, study, software, and what they are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import highdicom
from highdicom import ContributingEquipment
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from monitor.sources.dicom_frames import LOSSY
from recordings.export_dicom import modality_of
from recordings.results.codes import PROCESSING
from recordings.results.course import Course
from recordings.results.frames import ImageObject
from recordings.results.identity import Identity
from recordings.session import StoredSession

MAKER, MODEL = "CementWatch", "CementWatch (research software)"
STANDING = "Made by research software, not a medical device; not verified; not for clinical use."
SERIAL = "none"
_MAY_LOSE = frozenset(syntax.name for syntax in LOSSY)
_SERIES = {
    "frames": (9700, "Recorded images - research software, not for clinical use"),
    "key": (9701, "Key images - research software, not for clinical use"),
    "run": (9702, "Annotated run - research software, not for clinical use"),
    "seg": (9703, "Cement masks - research software, not for clinical use"),
    "gsps": (9704, "Structures - research software, not for clinical use"),
    "sr": (9705, "Measurements - research software, not for clinical use"),
}


@dataclass(frozen=True, slots=True)
class Making:
    """What the makers of objects are given.

    Parameters
    ----------
    session : StoredSession
    course : Course
    identity : Identity
    software_version : str
        Of this software, which makes them; that which monitored is in the session.
    """

    session: StoredSession
    course: Course
    identity: Identity
    software_version: str

    @property
    def study_uid(self) -> str:
        """The source's study, or one of the session's own."""
        return self.identity.study_uid or self.uid_of_session("study")

    @property
    def modality(self) -> str:
        """Of pictures that are made of the session's frames."""
        return modality_of(self.session.about.source.attributes.get("Modality", ""))

    @property
    def lossy_source(self) -> bool:
        """Whether the source may have lost something of its images before they were recorded."""
        source = self.session.about.source
        stated = source.attributes.get("LossyImageCompression", "00")
        coded = source.attributes.get("TransferSyntaxUID") in _MAY_LOSE
        return source.kind in ("video", "network") or coded or stated != "00"

    def say_loss(self, ds: Dataset) -> None:
        """Say what is known of a loss in pictures that are made of the source's, if anything is."""
        if not self.lossy_source:
            ds.LossyImageCompression = "00"
        elif self.session.about.source.attributes.get("LossyImageCompression") == "01":
            ds.LossyImageCompression = "01"  # once lost, it stays told (PS3.3 C.7.6.1.1.5)

    def uid_of_session(self, *what: str) -> str:
        """A UID that depends on the session alone."""
        return str(generate_uid(entropy_srcs=["results", self.session.about.id, *what]))

    def uid(self, *what: str) -> str:
        """A UID of results: the same session, software, findings and patient's data give the same."""
        seed = [self.session.about.id, self.course.digest, repr(self.identity), *what]
        return str(generate_uid(entropy_srcs=["results", *seed]))

    def series(self, kind: str) -> tuple[str, int, str]:
        """UID, number and description of the series of a kind of object."""
        number, words = _SERIES[kind]
        uid = self.frames_uid("series") if kind == "frames" else self.uid("series", kind)
        return uid, number, words

    def frames_uid(self, *what: str) -> str:
        """A UID of the recorded frames: they are the same whatever is found in them."""
        return self.uid_of_session("frames", self.software_version, repr(self.identity), *what)

    def header(self, kind: str, sop_class: UID, sop_instance_uid: str) -> Dataset:
        """A header with all that is common, to be written in explicit VR little endian."""
        ds = Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = UID(sop_class), UID(sop_instance_uid)
        ds.SeriesInstanceUID, ds.SeriesNumber, ds.SeriesDescription = self.series(kind)
        ds.Manufacturer, ds.ManufacturerModelName = MAKER, MODEL
        ds.DeviceSerialNumber, ds.SoftwareVersions = SERIAL, self.software_version
        ds.InstanceNumber = 1
        self._whose(ds)
        ds.ContentDate, ds.ContentTime = f"{self.identity.made:%Y%m%d}", f"{self.identity.made:%H%M%S}"
        self._software(ds)
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta = meta
        return ds

    def settle(self, ds: Dataset) -> None:
        """Have a data set that highdicom has made be the same whenever it is made."""
        for keyword in ("InstanceCreationDate", "InstanceCreationTime"):
            if keyword in ds:
                delattr(ds, keyword)
        day, time = f"{self.identity.made:%Y%m%d}", f"{self.identity.made:%H%M%S}"
        for stem in ("Content", "PresentationCreation"):
            if f"{stem}Date" in ds:
                setattr(ds, f"{stem}Date", day)
                setattr(ds, f"{stem}Time", time)
        self._software(ds)

    def shared(self, kind: str, sop_instance_uid: str) -> dict[str, Any]:
        """What highdicom's objects take."""
        uid, number, words = self.series(kind)
        return {
            "series_instance_uid": uid, "series_number": number, "series_description": words,
            "sop_instance_uid": sop_instance_uid, "instance_number": 1, "manufacturer": MAKER,
            "manufacturer_model_name": MODEL, "software_versions": self.software_version,
            "device_serial_number": SERIAL, "specific_character_set": "ISO_IR 192",
        }  # fmt: skip

    def stand_in(self, image: ImageObject) -> Dataset:
        """What highdicom asks of an image that is referred to, without its pixels."""
        source = self.session.about.source
        ds = Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = UID(image.sop_class_uid), image.sop_instance_uid
        ds.SeriesInstanceUID, ds.Modality = image.series_instance_uid, image.modality
        ds.Rows, ds.Columns, ds.SamplesPerPixel = source.rows, source.columns, 1
        if image.is_multi_frame:
            ds.NumberOfFrames = len(image.seqs)
            ds.SharedFunctionalGroupsSequence = [Dataset()]  # highdicom looks there for a lookup table
            ds.PerFrameFunctionalGroupsSequence = []
        self._whose(ds)
        return ds

    def _whose(self, ds: Dataset) -> None:
        known = self.identity
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.PatientName, ds.PatientID = known.patient_name, known.patient_id
        ds.PatientBirthDate, ds.PatientSex = known.patient_birth_date, known.patient_sex
        ds.StudyInstanceUID, ds.StudyID = self.study_uid, known.study_id
        ds.StudyDate, ds.StudyTime = known.study_date, known.study_time
        ds.AccessionNumber, ds.ReferringPhysicianName = known.accession_number, known.referring_physician
        if known.description:
            ds.StudyDescription = known.description

    def _software(self, ds: Dataset) -> None:
        ds.ContributingEquipmentSequence = [
            ContributingEquipment(
                manufacturer=MAKER, purpose_of_reference=PROCESSING, manufacturer_model_name=MODEL,
                software_versions=self.software_version,
                contribution_description=f"{STANDING} Monitored by version {self._monitored_by()}.",
            ),
            ContributingEquipment(
                manufacturer="Highdicom open-source contributors", purpose_of_reference=PROCESSING,
                manufacturer_model_name="highdicom", software_versions=highdicom.__version__,
                contribution_description="Software library used to create this instance",
            ),
        ]  # fmt: skip

    def _monitored_by(self) -> str:
        if self.course.mode == "every frame":
            return f"{self.software_version}, every frame afterwards"
        return self.session.about.software_version


def short(words: Iterable[str], longest: int) -> str:
    """Words in one line, cut where they are too long."""
    text = "; ".join(words).replace("\\", "/")
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
