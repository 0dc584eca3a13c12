"""Whose image it is and when it was taken, as a DICOM header says. Read by imports alone."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from monitor.errors import InputError, SourceError
from monitor.sources.dicom_file import has_image, is_dicom, read_image
from monitor.sources.dicom_header import acquired_at
from monitor.sources.images import natural_key
from recordings.person_name import plain_name
from recordings.procedure import LONGEST, Procedure

_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
_DESCRIPTIONS = ("PerformedProcedureStepDescription", "StudyDescription", "SeriesDescription")
_OPERATORS = ("PerformingPhysicianName", "OperatorsName")


def headers_of(spec: str) -> list[Dataset]:
    """Headers of the DICOM images that a source is made of, in natural order; none for another source."""
    path = Path(spec)
    try:
        if path.is_dir():
            files = sorted(path.iterdir(), key=lambda file: (natural_key(file.name), file.name))
            files = [file for file in files if not file.name.startswith(".") and file.is_file()]
        else:
            files = [path] if path.is_file() else []
    except (OSError, ValueError):
        return []
    found = []
    for file in files:
        if is_dicom(file):
            with suppress(SourceError):
                found.append(read_image(file).header)
    return [header for header in found if has_image(header)]


def procedure_in(header: Dataset) -> Procedure | None:
    """Patient, order, study, description and operator; None where the header names nothing of it."""
    made = Procedure.of(
        **_formal(header),
        patient_id=_text(header, "PatientID"),
        patient_name=_name(header, "PatientName"),
        description=next(filter(None, (_text(header, key) for key in _DESCRIPTIONS)), ""),
        operator=next(filter(None, (_name(header, key) for key in _OPERATORS)), ""),
    )
    return None if made.is_empty else made


def _formal(header: Dataset) -> dict[str, str]:
    """What has a form of its own, where it has it: what is no date, sex or UID is as good as none."""
    born = _DAY.fullmatch(_text(header, "PatientBirthDate"))
    typed = {
        "patient_birth_date": "" if born is None else "-".join(born.groups()),
        "patient_sex": _text(header, "PatientSex"),
        "study_instance_uid": _text(header, "StudyInstanceUID"),
        "accession_number": _text(header, "AccessionNumber"),
        "referring_physician": _name(header, "ReferringPhysicianName"),
    }
    kept = {}
    for name, text in typed.items():
        with suppress(InputError):
            Procedure.of(**{name: text})
            kept[name] = text
    return kept


def acquired_in(headers: list[Dataset]) -> str | None:
    """When the first of the images was acquired, as ISO 8601 text; None where no header says.

    With the offset from UTC where the header has one, else in the local time of the device; the day alone
    where nothing but the date of the study is known.
    """
    moments = [moment for header in headers if (moment := _moment(header)) is not None]
    if moments:
        try:
            return min(moments).isoformat()
        except TypeError:  # some with an offset and some without cannot be told apart
            return moments[0].isoformat()
    for header in headers:
        found = _DAY.fullmatch(_text(header, "StudyDate"))
        if found is not None:
            return "-".join(found.groups())
    return None


def _moment(header: Dataset) -> datetime | None:
    try:
        return acquired_at(header)
    except Exception:
        # as every value of a header, it may be anything
        return None


def _text(header: Dataset, keyword: str) -> str:
    try:
        value: Any = header.get(keyword)
        return "" if value is None else str(value)[:LONGEST]
    except Exception:
        # a value that its representation forbids is as good as none
        return ""


def _name(header: Dataset, keyword: str) -> str:
    """A person, or several: ``Family, Given`` each."""
    try:
        value: Any = header.get(keyword)
        several = value if isinstance(value, MultiValue) else [value]
        names = [str(one) for one in several if one]
    except Exception:
        # as in `_text`
        return ""
    return "; ".join(filter(None, map(plain_name, names)))[:LONGEST]
