"""Which DICOM objects the frames of a session came from, as events of its log.

UIDs lead back to a patient: a session from which names were left out has none of these events.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from pydicom.dataset import Dataset

from monitor.errors import InputError, SourceError, one_line
from monitor.frame import SourceInfo
from monitor.sources.dicom import images_in
from recordings.log import ProcedureLog
from recordings.session import LOG, StoredSession

EVENT = "dicom_object"


class OriginObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One object whose frames were recorded, in order.

    Parameters
    ----------
    sop_class_uid, sop_instance_uid, study_instance_uid, series_instance_uid : str
    first_seq : int
        Number within the session (`monitor.frame.Frame.seq`) of the object's first frame.
    frames : int
        How many frames it has, those counted that could not be decoded: it may have broken off before.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    first_seq: int
    frames: int


_UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


def origins_in(info: SourceInfo, first_seq: int = 0) -> tuple[OriginObject, ...]:
    """The objects that a DICOM file or folder delivers frames of; none of another source, or without UIDs.

    Parameters
    ----------
    info : SourceInfo
        Of the source, whose id is its path.
    first_seq : int
        Number that its first frame gets in the session.
    """
    if info.kind != "dicom":
        return ()
    found = []
    with suppress(SourceError, OSError, ValueError):
        for image in images_in(Path(info.source_id)):
            uids = [str(image.header.get(keyword) or "") for keyword in _UIDS]
            if not all(uids):
                return ()
            sop_class, instance, study, series = uids
            found.append(OriginObject(sop_class, instance, study, series, first_seq, image.frames))
            first_seq += image.frames
    return tuple(found)


def stated_patient(header: Dataset) -> str | None:
    """The patient's number as a header has it; None where it has none that can be read."""
    try:
        return one_line(str(header.get("PatientID") or "")) or None
    except Exception:
        # a value that its representation forbids is as good as none
        return None


def same_patient(one: str | None, other: str | None) -> bool:
    """Whether two numbers may be one patient's: where one is not known they may."""
    return one is None or other is None or one.strip().casefold() == other.strip().casefold()


def check_patient(info: SourceInfo, patient_id: str | None) -> None:
    """Hold the patient of a session against that of the DICOM file or folder that it is to be of.

    Parameters
    ----------
    info : SourceInfo
        Of the source, whose id is its path.
    patient_id : str or None

    Raises
    ------
    InputError
        They are two.
    """
    if info.kind != "dicom" or patient_id is None:
        return
    with suppress(SourceError, OSError, ValueError):
        for image in images_in(Path(info.source_id)):
            if same_patient(stated_patient(image.header), patient_id):
                continue
            raise InputError(f"{image.path}: is of another patient than was named, by its number")


def note_origin(log: ProcedureLog, origin: OriginObject, t_ns: int) -> None:
    """Keep where frames came from. Raises `RecordingError`."""
    log.event(EVENT, msgspec.to_builtins(origin), t_ns)


def origins_of(session: StoredSession) -> tuple[OriginObject, ...]:
    """Every object that frames came from, by `first_seq`; none where the source was not DICOM.

    Raises
    ------
    SourceError
        The log cannot be read, or an event is not what `note_origin` writes.
    """
    found = []
    for row in session.log().events:
        if row["name"] == EVENT:
            try:
                found.append(msgspec.json.decode(row["data"], type=OriginObject))
            except (msgspec.MsgspecError, UnicodeError) as error:
                raise SourceError(f"{session.folder / LOG}: damaged: event {EVENT}: {error}") from error
    return tuple(sorted(found, key=lambda origin: origin.first_seq))


def frame_in(origins: Iterable[OriginObject], seq: int) -> tuple[OriginObject, int] | None:
    """The object that a frame came from, and its number within it, from 1 as DICOM counts; None if none."""
    # the later one, where one before broke off before its last frame
    for origin in reversed(tuple(origins)):
        if origin.first_seq <= seq < origin.first_seq + origin.frames:
            return origin, seq - origin.first_seq + 1
    return None
