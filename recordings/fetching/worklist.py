"""Modality worklist (PS3.4 Annex K): what is scheduled, for whom, and to which study it belongs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from monitor.errors import InputError
from recordings.fetching.answer import Answer, keywords, read
from recordings.fetching.days import Days
from recordings.fetching.finding import Found, find
from recordings.fetching.operation import Stop, asking
from recordings.fetching.query import check_value, state_characters
from recordings.network.address import OUR_AET, Peer, check_aet
from recordings.network.association import Patience
from recordings.network.contexts import WORKLIST
from recordings.network.tls import TlsFiles
from recordings.person_name import plain_name
from recordings.procedure import LONGEST, Procedure

MOST_STEPS = 500


class ScheduledStep(Answer, frozen=True, kw_only=True):
    """A scheduled procedure step with its requested procedure, order and patient (PS3.4 K.6.1.2.2)."""

    patient_id: str
    patient_name: str | None = None
    patient_birth_date: date | None = None
    patient_sex: str | None = None
    accession_number: str | None = None
    referring_physician_name: str | None = None
    study_instance_uid: str | None = None
    requested_procedure_id: str | None = None
    requested_procedure_description: str | None = None
    scheduled_procedure_step_id: str | None = None
    scheduled_procedure_step_description: str | None = None
    scheduled_procedure_step_start_date: date | None = None
    scheduled_procedure_step_start_time: time | None = None
    modality: str | None = None
    scheduled_station_ae_title: str | None = None
    scheduled_station_name: str | None = None
    scheduled_performing_physician_name: str | None = None

    @property
    def description(self) -> str | None:
        """What is to be done."""
        return self.requested_procedure_description or self.scheduled_procedure_step_description


_OF_THE_STEP = {
    "ScheduledProcedureStepID", "ScheduledProcedureStepDescription", "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime", "Modality", "ScheduledStationAETitle", "ScheduledStationName",
    "ScheduledPerformingPhysicianName",
}  # fmt: skip
"""Attributes in the items of the Scheduled Procedure Step Sequence."""


@dataclass(frozen=True, slots=True)
class WorklistKeys:
    """What has to match; None: anything does.

    Raises
    ------
    InputError
        A value that DICOM has no room for.
    """

    days: Days | None = None
    modality: str | None = None
    station: str | None = None
    accession_number: str | None = None
    step_id: str | None = None
    patient_id: str | None = None

    def __post_init__(self) -> None:
        if self.station is not None:
            check_aet(self.station, "--station")
        for option, keyword, value in (
            ("--modality", "Modality", self.modality),
            ("--accession", "AccessionNumber", self.accession_number),
            ("--step", "ScheduledProcedureStepID", self.step_id),
            ("--patient-id", "PatientID", self.patient_id),
        ):
            check_value(option, keyword, value)

    def match(self, step: ScheduledStep) -> bool:
        """Whether a step is one of those asked for: some servers take no notice of a key."""
        for asked, told in (
            (self.modality, step.modality or self.modality),
            (self.accession_number, step.accession_number),
            (self.step_id, step.scheduled_procedure_step_id),
            (self.patient_id, step.patient_id),
        ):
            if asked is not None and not _is_pattern(asked) and told != asked.strip():
                return False
        at = step.scheduled_station_ae_title
        # several titles stand one behind the other
        if self.station is not None and at is not None and f" {self.station.strip()} " not in f" {at} ":
            return False
        day = step.scheduled_procedure_step_start_date
        return self.days is None or day is None or day in self.days


def scheduled_steps(
    peer: Peer,
    keys: WorklistKeys,
    *,
    aet: str = OUR_AET,
    tls: TlsFiles | None = None,
    patience: Patience | None = None,
    most: int = MOST_STEPS,
    stop: Stop | None = None,
) -> Found[ScheduledStep]:
    """Ask a worklist server, on an association of its own; by day and time.

    Parameters
    ----------
    peer : Peer
    keys : WorklistKeys
    aet : str
        What we call ourselves.
    most : int
        After so many answers the rest is cancelled.
    stop : Stop or None
        Whose word ends it.

    Raises
    ------
    NetworkError
        It cannot be reached, refuses, answers with a failure, or falls silent.
    """
    with asking(peer, aet, WORKLIST, tls, patience) as link:
        found = find(link, WORKLIST[0], _step_in, _identifier(keys), most=most, stop=stop or Stop())
    steps = sorted(filter(keys.match, found.answers), key=_when)
    return Found(tuple(steps), found.more, found.unusable)


def procedure_for(step: ScheduledStep) -> Procedure:
    """Whose procedure a step is, as a session keeps it. What a session cannot keep is left out."""
    sex = (step.patient_sex or "").upper()
    born = step.patient_birth_date
    found = {
        "patient_id": step.patient_id,
        "patient_name": plain_name(step.patient_name or ""),
        "description": step.description,
        "operator": plain_name(step.scheduled_performing_physician_name or ""),
        "patient_birth_date": None if born is None else born.isoformat(),
        "patient_sex": sex if sex in ("M", "F", "O") else None,
        "accession_number": step.accession_number,
        "study_instance_uid": step.study_instance_uid,
        "requested_procedure_id": step.requested_procedure_id,
        "scheduled_procedure_step_id": step.scheduled_procedure_step_id,
        "referring_physician": plain_name(step.referring_physician_name or ""),
    }
    kept = {}
    for name, value in found.items():
        text = (value or "")[:LONGEST]
        try:
            Procedure.of(**{name: text})
        except InputError:  # as a study that is no UID by the letter of the standard
            continue
        kept[name] = text
    return Procedure.of(**kept)


def _identifier(keys: WorklistKeys) -> Dataset:
    matched = {
        "PatientID": keys.patient_id,
        "AccessionNumber": keys.accession_number,
        "ScheduledProcedureStepID": keys.step_id,
        "ScheduledProcedureStepStartDate": None if keys.days is None else keys.days.key,
        "Modality": keys.modality,
        "ScheduledStationAETitle": keys.station,
    }
    made, step = Dataset(), Dataset()
    for keyword in keywords(ScheduledStep):
        setattr(step if keyword in _OF_THE_STEP else made, keyword, matched.get(keyword))
    made.ScheduledProcedureStepSequence = Items([step])
    state_characters(made, filter(None, matched.values()))
    return made


def _step_in(answer: Dataset) -> ScheduledStep | None:
    try:
        items = list(answer.get("ScheduledProcedureStepSequence") or ())
        return read(ScheduledStep, *items[:1], answer)
    except Exception:
        # no sequence where one belongs, or one that cannot be parsed
        return None


def _when(step: ScheduledStep) -> tuple[date, time]:
    return (
        step.scheduled_procedure_step_start_date or date.max,
        step.scheduled_procedure_step_start_time or time.max,
    )


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text
