"""What the worklist has scheduled today, asked for and chosen from. No widgets here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from recordings.procedure import Procedure

if TYPE_CHECKING:
    from recordings.fetching.worklist import ScheduledStep
    from recordings.fetching.worklist_settings import WorklistServer

CONNECT_S, ANSWER_S = 4.0, 8.0
"""Nobody waits longer for a list beside a patient."""


@dataclass(frozen=True, slots=True)
class Question:
    """Whom to ask, and what is to match besides the day.

    Parameters
    ----------
    server : WorklistServer
        With its address.
    everywhere : bool
        Also what is scheduled for other stations and modalities.
    accession, step : str or None
        Accession number and scheduled step, where they are known; then of any day.
    """

    server: WorklistServer
    everywhere: bool = False
    accession: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """What a server has answered.

    Parameters
    ----------
    address : str
        The server's.
    read_at : datetime
        Local time.
    words : str
        What else is to be told.
    """

    steps: tuple[ScheduledStep, ...]
    address: str
    read_at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """The step that was chosen, as a procedure, and whose word that is."""

    procedure: Procedure
    address: str
    read_at: datetime

    @property
    def words(self) -> str:
        """Where it comes from, and what it says besides what stands in the form."""
        who = self.procedure
        told = [f"from the worklist of {self.address}, read at {self.read_at:%H:%M}"]
        if who.accession_number is not None:
            told.append(f"accession {who.accession_number}")
        if who.patient_birth_date is not None:
            told.append(f"born {who.patient_birth_date}")
        if who.patient_sex is not None:
            told.append(f"sex {who.patient_sex}")
        if who.study_instance_uid is None:
            told.append("no study is named: results begin one of their own")
        return "; ".join(told)


def ask(question: Question) -> Listed:
    """Ask the server; on a thread of its own, since it may not answer.

    Raises
    ------
    InputError
        The address, a title or a certificate is not one.
    NetworkError
        See `recordings.fetching.worklist.scheduled_steps`.
    """
    # heavy, and most sessions begin without a worklist
    from recordings.fetching.days import Days
    from recordings.fetching.worklist import WorklistKeys, scheduled_steps
    from recordings.network.association import Patience

    server, today = question.server, date.today()
    peer = server.peer
    if peer is None:
        raise ValueError("a question needs a server")
    known = question.accession is not None or question.step is not None
    keys = WorklistKeys(
        days=None if known else Days(today, today),
        modality=None if question.everywhere or known else server.modality,
        station=None if question.everywhere or known else server.station,
        accession_number=question.accession,
        step_id=question.step,
    )
    patience = Patience(CONNECT_S, ANSWER_S, ANSWER_S)
    found = scheduled_steps(peer, keys, aet=server.our_aet, tls=server.tls_files, patience=patience)
    return Listed(found.answers, str(peer), datetime.now(), found.words)


def take(listed: Listed, row: int) -> Taken:
    """The step in a row of the list."""
    from recordings.fetching.worklist import procedure_for

    return Taken(procedure_for(listed.steps[row]), listed.address, listed.read_at)


def cells(step: ScheduledStep) -> tuple[str, ...]:
    """What a row shows, by `COLUMNS`."""
    from recordings.person_name import plain_name

    at = step.scheduled_procedure_step_start_time
    return (
        "" if at is None else f"{at:%H:%M}",
        plain_name(step.patient_name or ""),
        "" if step.patient_birth_date is None else step.patient_birth_date.isoformat(),
        step.patient_id,
        step.description or "",
        step.scheduled_station_name or step.scheduled_station_ae_title or "",
        step.accession_number or "",
    )


COLUMNS = ("time", "name", "born", "patient", "procedure", "room", "accession")
