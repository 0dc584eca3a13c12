"""Whose procedure it is: the one place where what names a person is kept (`procedure` in ``session.json``).

It is never part of a file's name, of the log, or of a command line, which others on the machine can read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from datetime import date

import msgspec

from monitor.errors import InputError, one_line

VARIABLE = "CEMENTWATCH_PROCEDURE"
"""In the environment of a monitor: who it is, as JSON. Readable by the same user alone."""
LONGEST = 200
_FIELDS = {
    "patient_id": "patient id",
    "patient_name": "patient name",
    "description": "procedure",
    "operator": "operator",
    "patient_birth_date": "date of birth",
    "patient_sex": "sex",
    "accession_number": "accession number",
    "study_instance_uid": "study",
    "requested_procedure_id": "requested procedure",
    "scheduled_procedure_step_id": "scheduled step",
    "referring_physician": "referring physician",
}
_UID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")
_LONGEST_UID = 64


class Procedure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was typed, or taken from a worklist or a DICOM header; None where nothing was.

    Parameters
    ----------
    patient_id, patient_name, description, operator, referring_physician : str or None
        A name is written ``Family, Given``.
    patient_birth_date : str or None
        ``YYYY-MM-DD``.
    patient_sex : str or None
        ``M``, ``F`` or ``O`` (PS3.3 C.7.1.1).
    accession_number, requested_procedure_id, scheduled_procedure_step_id : str or None
        Of the order; results refer to them.
    study_instance_uid : str or None
        The study that results belong to.
    """

    patient_id: str | None = None
    patient_name: str | None = None
    description: str | None = None
    operator: str | None = None
    patient_birth_date: str | None = None
    patient_sex: str | None = None
    accession_number: str | None = None
    study_instance_uid: str | None = None
    requested_procedure_id: str | None = None
    scheduled_procedure_step_id: str | None = None
    referring_physician: str | None = None

    @classmethod
    def of(cls, **typed: str) -> Procedure:
        """What was typed, without blanks around it; None for an empty one.

        Raises
        ------
        InputError
            A text that is too long, or no date, sex or UID.
        """
        made = cls(**{name: one_line(text) or None for name, text in typed.items()})
        problem = _problem(made)
        if problem is not None:
            raise InputError(problem)
        return made

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self == Procedure()


def procedure_to_json(procedure: Procedure) -> str:
    """As it is handed to another process."""
    return msgspec.json.encode(procedure).decode()


def procedure_of(environment: Mapping[str, str]) -> Procedure | None:
    """What the environment tells; None where that is nothing.

    Raises
    ------
    InputError
        It is not what `procedure_to_json` writes.
    """
    text = environment.get(VARIABLE)
    if not text:
        return None
    try:
        procedure = msgspec.json.decode(text, type=Procedure)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise InputError(f"{VARIABLE}: {error}") from error
    problem = _problem(procedure)
    if problem is not None:
        raise InputError(f"{VARIABLE}: {problem}")
    return None if procedure.is_empty else procedure


def take_procedure(environment: MutableMapping[str, str]) -> Procedure | None:
    """As `procedure_of`, and the environment forgets it: no child of this process is to know."""
    try:
        return procedure_of(environment)
    finally:
        environment.pop(VARIABLE, None)


def _problem(procedure: Procedure) -> str | None:
    for name, words in _FIELDS.items():
        text = getattr(procedure, name)
        if text is not None and len(text) > LONGEST:
            return f"{words} is longer than {LONGEST} characters"
    uid = procedure.study_instance_uid
    if uid is not None and (len(uid) > _LONGEST_UID or not _UID.fullmatch(uid)):
        return f"study {uid!r} is no UID"
    born = procedure.patient_birth_date
    if born is not None and not _is_day(born):
        return f"date of birth {born!r} is no YYYY-MM-DD"
    if procedure.patient_sex not in (None, "M", "F", "O"):
        return f"sex {procedure.patient_sex!r} is none of M, F, O"
    return None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
