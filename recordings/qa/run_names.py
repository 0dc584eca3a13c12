"""Pseudonyms in the place of names: the same with the same key, as in de-identified copies."""

from __future__ import annotations

import msgspec

from recordings.deidentifying.secret import Secret
from recordings.deidentifying.sessions import SessionIdentity
from recordings.qa.record import ProcedureRecord
from recordings.session import StoredSession


def with_pseudonyms(record: ProcedureRecord, session: StoredSession, secret: Secret) -> ProcedureRecord:
    """The record with the pseudonyms of patient and operator, None where the session does not say who."""
    who = session.about.procedure
    patient = operator = None
    if who is not None and (who.patient_id or who.patient_name):
        patient = secret.pseudonym(SessionIdentity.of(session).key)
    if who is not None and who.operator:
        # one person writes the own name in more than one way
        name = " ".join(who.operator.split()).casefold()
        operator = f"OP-{secret.token('operator', name)[:8].upper()}"
    if (record.patient, record.operator) == (patient, operator):
        return record
    return msgspec.structs.replace(record, patient=patient, operator=operator)
