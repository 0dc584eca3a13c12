"""Procedures and scores made by hand for tests."""

from __future__ import annotations

from recordings.cohort.tables import BY_HAND, hand_level
from recordings.deidentifying.secret import Secret
from recordings.qa.record import LevelRecord, ProcedureRecord

SECRET = Secret(b"\7" * 32)


def who(number: int) -> str:
    """Pseudonym of a patient."""
    return SECRET.pseudonym(f"P{number}")


def level(name: str, *leaks: str, **told: object) -> LevelRecord:
    return hand_level(name, leaks, **told)  # type: ignore[arg-type]


def procedure(session: str, patient: int | None, *levels: LevelRecord, **told: object) -> ProcedureRecord:
    return ProcedureRecord(
        session_id=session, folder="", patient=None if patient is None else who(patient), source=BY_HAND,
        levels=levels, **{"day": "2025-03-01"} | told,  # type: ignore[arg-type]
    )  # fmt: skip
