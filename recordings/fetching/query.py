"""What is asked for: keys as they are typed, and the identifiers of C-FIND, C-GET and C-MOVE made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from monitor.errors import InputError
from recordings.fetching.answer import Answer, keywords
from recordings.fetching.days import Days
from recordings.fetching.found import InstanceFound, PatientFound, SeriesFound, StudyFound
from recordings.network.uid import is_uid

_LONGEST = {"LO": 64, "SH": 16, "PN": 64, "CS": 16, "AE": 16}
"""Characters (PS3.5 6.2)."""
LEVELS: dict[type[Answer], str] = {
    PatientFound: "PATIENT", StudyFound: "STUDY", SeriesFound: "SERIES", InstanceFound: "IMAGE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keys:
    """What has to match. None and empty: anything does.

    Parameters
    ----------
    patient_id, patient_name, accession_number, study_description, series_description : str or None
        ``*`` stands for any characters and ``?`` for one (PS3.4 C.2.2.2.4).
    study_uid, series_uid, instance_uid : str or None
    days : Days or None
        Of the study.
    modalities : tuple of str
        One of these; of the series.

    Raises
    ------
    InputError
        A value that DICOM has no room for.
    """

    patient_id: str | None = None
    patient_name: str | None = None
    study_uid: str | None = None
    series_uid: str | None = None
    instance_uid: str | None = None
    days: Days | None = None
    modalities: tuple[str, ...] = ()
    accession_number: str | None = None
    study_description: str | None = None
    series_description: str | None = None

    def __post_init__(self) -> None:
        for option, uid in (
            ("--study", self.study_uid), ("--series", self.series_uid), ("--instance", self.instance_uid),
        ):  # fmt: skip
            if uid is not None and not is_uid(uid):
                raise InputError(f"{option}: {uid!r} is no UID")
        for option, keyword, value in (
            ("--patient-id", "PatientID", self.patient_id),
            ("patient's name", "PatientName", self.patient_name),
            ("--accession", "AccessionNumber", self.accession_number),
            ("--description", "StudyDescription", self.study_description),
            ("--series-description", "SeriesDescription", self.series_description),
            *(("--modality", "Modality", modality) for modality in self.modalities),
        ):
            check_value(option, keyword, value)
        for modality in self.modalities:
            if not modality.replace("_", "").isalnum() or modality != modality.upper():
                raise InputError(f"--modality: {modality!r} is none, expected letters as in XA")


def check_value(option: str, keyword: str, value: str | None) -> None:
    """Raise `InputError` where an attribute has no room for a value."""
    if value is None:
        return
    longest = _LONGEST[dictionary_VR(keyword)]
    if not value.strip() or len(value) > longest or "\\" in value or not value.isprintable():
        raise InputError(
            f"{option}: {value!r} cannot be asked for, expected 1 to {longest} characters without backslash"
        )


def patient_identifier(keys: Keys) -> Dataset:
    """Of a C-FIND for patients."""
    return identifier(PatientFound, {"PatientID": keys.patient_id, "PatientName": keys.patient_name})


def study_identifier(keys: Keys, patient_id: str | None = None) -> Dataset:
    """Of a C-FIND for studies.

    Parameters
    ----------
    patient_id : str or None
        The one patient, where the model asks for that (Patient Root).
    """
    matched = {
        "StudyInstanceUID": keys.study_uid,
        "StudyDate": None if keys.days is None else keys.days.key,
        "AccessionNumber": keys.accession_number,
        "StudyDescription": keys.study_description,
        # several values would have to match together (PS3.4 C.2.2.2.1): those are told apart by us
        "ModalitiesInStudy": keys.modalities[0] if len(keys.modalities) == 1 else None,
    }
    if patient_id is None:
        matched |= {"PatientID": keys.patient_id, "PatientName": keys.patient_name}
    else:
        matched |= {"PatientID": patient_id}
    return identifier(StudyFound, matched)


def series_identifier(above: Mapping[str, str], keys: Keys) -> Dataset:
    """Of a C-FIND for the series of a study.

    Parameters
    ----------
    above : mapping of str to str
        Unique keys of the levels above by their keywords.
    """
    matched = {
        **above,
        "SeriesInstanceUID": keys.series_uid,
        "Modality": keys.modalities[0] if len(keys.modalities) == 1 else None,
        "SeriesDescription": keys.series_description,
    }
    return identifier(SeriesFound, matched)


def instance_identifier(above: Mapping[str, str], keys: Keys) -> Dataset:
    """Of a C-FIND for the instances of a series; `above` as in `series_identifier`."""
    return identifier(InstanceFound, {**above, "SOPInstanceUID": keys.instance_uid})


def identifier(kind: type[Answer], matched: Mapping[str, str | None]) -> Dataset:
    """All fields of `kind` as keys: with a value to match, without one to be told."""
    made = Dataset()
    level = LEVELS.get(kind)
    if level is not None:
        made.QueryRetrieveLevel = level
    for keyword in (*keywords(kind), *matched):
        setattr(made, keyword, matched.get(keyword) or None)
    state_characters(made, filter(None, matched.values()))
    return made


def retrieve_identifier(level: str, above: Mapping[str, str], uids: Iterable[str]) -> Dataset:
    """Of a C-GET or C-MOVE (PS3.4 C.4.2.1.4).

    Parameters
    ----------
    level : str
        ``STUDY``, ``SERIES`` or ``IMAGE``.
    above : mapping of str to str
        Unique keys of the levels above by their keywords.
    uids : iterable of str
        What is wanted of that level.
    """
    made = Dataset()
    made.QueryRetrieveLevel = level
    for keyword, uid in above.items():
        setattr(made, keyword, uid)
    setattr(made, _UNIQUE[level], list(uids))
    state_characters(made, above.values())
    return made


_UNIQUE = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}


def state_characters(made: Dataset, values: Iterable[str]) -> None:
    """Say in which characters the keys are, where not in ASCII: Latin 1, which old peers know, else UTF-8."""
    whole = "".join(values)
    if whole.isascii():
        return
    try:
        whole.encode("iso-8859-1")
        made.SpecificCharacterSet = "ISO_IR 100"
    except UnicodeEncodeError:
        made.SpecificCharacterSet = "ISO_IR 192"
