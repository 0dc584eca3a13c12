"""Whose results they are, in which study, and when: as the values of a DICOM header.

What the source's own header says wins, where that file is still there and is the one that was recorded; else
what the session keeps (`recordings.procedure`). A session from which names were left out has neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from monitor.errors import SourceError
from monitor.sources.dicom import images_in
from recordings.dicom_origin import OriginObject
from recordings.procedure import Procedure
from recordings.session import RECEIVED, StoredSession

_LONGEST_TEXT = 64
_FROM_HEADER = {
    "patient_id": "PatientID",
    "patient_name": "PatientName",
    "patient_birth_date": "PatientBirthDate",
    "patient_sex": "PatientSex",
    "accession_number": "AccessionNumber",
    "study_id": "StudyID",
    "study_date": "StudyDate",
    "study_time": "StudyTime",
    "referring_physician": "ReferringPhysicianName",
    "description": "StudyDescription",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Values as DICOM writes them; empty where unknown.

    `study_uid` is None where the results make a study of their own. `made` is when the session was closed
    (UTC), which the results are dated by.
    """

    made: datetime
    patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    accession_number: str = ""
    study_id: str = ""
    study_date: str = ""
    study_time: str = ""
    referring_physician: str = ""
    description: str = ""
    operator: str = ""
    study_uid: str | None = None

    @property
    def is_orphan(self) -> bool:
        """Whether a study is known, and its patient is not."""
        return self.study_uid is not None and not self.patient_id and not self.patient_name


def identity_of(session: StoredSession, origins: Iterable[OriginObject]) -> Identity:
    """Put together what is known.

    Parameters
    ----------
    origins : iterable of OriginObject
        The objects that its frames came from, where there are any.
    """
    about = session.about
    made = _moment(about.closed_utc) or _moment(about.created_utc) or datetime(1970, 1, 1, tzinfo=UTC)
    known = Identity(made)
    if about.procedure is not None:
        known = _of_procedure(known, about.procedure)
    if known.study_uid is None:
        known = replace(known, study_id=about.id[:8])
    first = next(iter(origins), None)
    if first is not None:
        known = replace(known, study_uid=first.study_instance_uid, study_id="")
        header = _header_of(session, first)
        if header is not None:
            stated: dict[str, Any] = {name: _text(header, word) for name, word in _FROM_HEADER.items()}
            known = replace(known, **stated)
    elif about.procedure is not None and about.imported_from is None and not known.study_date:
        # recorded live: the day of the session is the day of the procedure
        began = _moment(about.created_utc)
        if began is not None:
            known = replace(known, study_date=f"{began:%Y%m%d}", study_time=f"{began:%H%M%S}")
    return known


def _of_procedure(known: Identity, procedure: Procedure) -> Identity:
    return replace(
        known,
        patient_id=_one(procedure.patient_id),
        patient_name=_person(procedure.patient_name),
        patient_birth_date=(procedure.patient_birth_date or "").replace("-", ""),
        patient_sex=procedure.patient_sex or "",
        accession_number=_one(procedure.accession_number)[:16],
        referring_physician=_person(procedure.referring_physician),
        description=_one(procedure.description),
        operator=_person(procedure.operator),
        study_uid=procedure.study_instance_uid,
    )


def _header_of(session: StoredSession, origin: OriginObject) -> Dataset | None:
    """Header of the object that was recorded; None where its file is elsewhere now, or another.

    What was received lies in the session under its own name.
    """
    received = session.folder / RECEIVED / f"{origin.sop_instance_uid}.dcm"
    for path in (received, Path(session.about.source.source_id)):
        with suppress(SourceError, OSError, ValueError):
            for image in images_in(path):
                if str(image.header.get("SOPInstanceUID", "")) == origin.sop_instance_uid:
                    return image.header
    return None


def _text(header: Dataset, keyword: str) -> str:
    try:
        value: Any = header.get(keyword)
        text = "" if value is None else str(value)
    except Exception:
        # a value that its representation forbids is as good as none
        return ""
    if keyword == "PatientSex":
        return text if text in ("M", "F", "O") else ""
    if keyword.endswith("Date"):
        return text if re.fullmatch(r"\d{8}", text) else ""
    if keyword.endswith("Time"):
        return text if re.fullmatch(r"\d{2,6}(\.\d{1,6})?", text) else ""
    return text[:16] if keyword in ("AccessionNumber", "StudyID") else text


def _one(typed: str | None) -> str:
    """As a value of one line may hold it: no backslash, which parts values, and not too long."""
    return (typed or "").replace("\\", "/")[:_LONGEST_TEXT]


def _person(typed: str | None) -> str:
    """``Family, Given`` as DICOM writes a name: ``Family^Given``; several are kept as they are."""
    name = _one(typed).replace("=", "-").replace("^", " ")  # "=" parts scripts of a name
    if ";" in name:
        return name
    family, _, given = (part.strip() for part in name.partition(","))
    return f"{family}^{given}" if given else family


def _moment(text: str | None) -> datetime | None:
    with suppress(ValueError, TypeError):
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return None
