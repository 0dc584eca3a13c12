"""Pseudonyms in the place of names: the same with the same key, as in de-identified copies."""

from __future__ import annotations

import msgspec

from recordings.cohort.names import operator_pseudonym
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
        operator = operator_pseudonym(secret, who.operator)
    if (record.patient, record.operator) == (patient, operator):
        return record
    return msgspec.structs.replace(record, patient=patient, operator=operator)
