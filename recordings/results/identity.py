"""Whose results they are, in which study, and when: as the values of a DICOM header.

What the source's own header says wins, where that file is still there and is the one that was recorded; else
what the session keeps (`recordings.procedure`), unless that is of another study than the images. A session
from which names were left out has neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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

    Raises
    ------
    SourceError
        The headers of these objects name several patients.
    """
    about, origins = session.about, tuple(origins)
    made = _moment(about.closed_utc) or _moment(about.created_utc) or datetime(1970, 1, 1, tzinfo=UTC)
    known = Identity(made)
    if about.procedure is not None:
        known = _of_procedure(known, about.procedure)
    if origins:
        return _of_origins(known, session, origins)
    if known.study_uid is None:
        known = replace(known, study_id=about.id[:8])
    if about.procedure is not None and about.imported_from is None and not known.study_date:
        # recorded live: the day of the session is the day of the procedure
        began = _moment(about.created_utc)
        if began is not None:
            known = replace(known, study_date=f"{began:%Y%m%d}", study_time=f"{began:%H%M%S}")
    return known


def disagreement(session: StoredSession, known: Identity) -> str | None:
    """What the images say otherwise than the session was told, in words that name nobody; None: nothing."""
    procedure = session.about.procedure
    if procedure is None:
        return None
    if procedure.patient_id and known.patient_id and _one(procedure.patient_id) != known.patient_id:
        return "the images are of another patient than the session was begun for; results go by the images"
    if procedure.study_instance_uid is not None and procedure.study_instance_uid != known.study_uid:
        return "the images are of another study than the session was begun for; results go by the images"
    return None


def _of_origins(known: Identity, session: StoredSession, origins: Sequence[OriginObject]) -> Identity:
    studies = {origin.study_instance_uid for origin in origins}
    header = _header_of(session, origins)
    if header is not None:
        stated: dict[str, Any] = {name: _text(header, word) for name, word in _FROM_HEADER.items()}
        known = replace(known, **stated)
    elif len(studies) > 1 or known.study_uid not in (None, *studies):
        # the session was begun for another study, whose patient may be another one
        known = Identity(known.made, operator=known.operator)
    if len(studies) == 1:
        return replace(known, study_uid=origins[0].study_instance_uid)
    # in none of them, since the frames are of all
    own = session.about.id[:8]
    return replace(known, study_uid=None, study_id=own, accession_number="", description="")


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


def _header_of(session: StoredSession, origins: Sequence[OriginObject]) -> Dataset | None:
    """Header of an object that was recorded; None where their files are elsewhere now, or others.

    What was received lies in the session under its own name. Raises `SourceError` where headers name several
    patients.
    """
    uids = {origin.sop_instance_uid for origin in origins}
    received = [session.folder / RECEIVED / f"{origin.sop_instance_uid}.dcm" for origin in origins]
    first: Dataset | None = None
    ids, names = set(), set()
    for path in [path for path in received if path.is_file()] or [Path(session.about.source.source_id)]:
        with suppress(SourceError, OSError, ValueError):
            for image in images_in(path):
                if str(image.header.get("SOPInstanceUID", "")) in uids:
                    first = first or image.header
                    ids.add(_text(image.header, "PatientID"))
                    names.add(_text(image.header, "PatientName"))
    if len(ids - {""}) > 1 or (ids == {""} and len(names - {""}) > 1):
        raise SourceError(f"{session.folder}: holds images of several patients: there are no results of them")
    return first


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
