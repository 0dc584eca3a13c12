"""What a PACS tells of patients, studies, series and instances (PS3.4 C.6.1.1, C.6.2.1)."""

from __future__ import annotations

from datetime import date, time

from recordings.fetching.answer import Answer


class PatientFound(Answer, frozen=True, kw_only=True):
    """A patient; asked for only where a PACS has no Study Root."""

    patient_id: str
    patient_name: str | None = None


class StudyFound(Answer, frozen=True, kw_only=True):
    """A study."""

    study_instance_uid: str
    patient_id: str | None = None
    patient_name: str | None = None
    patient_birth_date: date | None = None
    patient_sex: str | None = None
    study_date: date | None = None
    study_time: time | None = None
    accession_number: str | None = None
    study_id: str | None = None
    study_description: str | None = None
    referring_physician_name: str | None = None
    modalities_in_study: tuple[str, ...] = ()
    number_of_study_related_series: int | None = None
    number_of_study_related_instances: int | None = None


class SeriesFound(Answer, frozen=True, kw_only=True):
    """A series."""

    study_instance_uid: str
    series_instance_uid: str
    modality: str | None = None
    series_number: int | None = None
    series_date: date | None = None
    series_time: time | None = None
    series_description: str | None = None
    body_part_examined: str | None = None
    number_of_series_related_instances: int | None = None


class InstanceFound(Answer, frozen=True, kw_only=True):
    """One object."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str | None = None
    instance_number: int | None = None
    number_of_frames: int | None = None
