"""Whose procedure it is: the one place where what names a person is kept (`procedure` in ``session.json``).

It is never part of a file's name, of the log, or of a command line, which others on the machine can read.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

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
}


class Procedure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was typed, or taken from a worklist; None where nothing was."""

    patient_id: str | None = None
    patient_name: str | None = None
    description: str | None = None
    operator: str | None = None

    @classmethod
    def of(cls, **typed: str) -> Procedure:
        """What was typed, without blanks around it; None for an empty one.

        Raises
        ------
        InputError
            A text that is too long.
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
    return None
