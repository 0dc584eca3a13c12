"""A PACS that is asked for studies, their series and their objects."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from typing import Self, TypeVar

from pydicom.dataset import Dataset

from recordings.fetching.answer import Answer, read
from recordings.fetching.finding import Found, find
from recordings.fetching.found import InstanceFound, PatientFound, SeriesFound, StudyFound
from recordings.fetching.operation import Link, Stop, asking
from recordings.fetching.query import (
    Keys,
    instance_identifier,
    patient_identifier,
    series_identifier,
    study_identifier,
)
from recordings.network.address import OUR_AET, Peer
from recordings.network.association import Patience
from recordings.network.contexts import FINDS
from recordings.network.tls import TlsFiles

MOST_STUDIES = 500
MOST_SERIES = 5_000
MOST_INSTANCES = 100_000
_A = TypeVar("_A", bound=Answer)


class Pacs:
    """One association for questions. Study Root is used where it is offered, else Patient Root.

    Parameters
    ----------
    peer : Peer
    aet : str
        What we call ourselves.
    stop : Stop or None
        Whose word ends a question.

    Raises
    ------
    NetworkError
        On entering, and by every question: see `find`.
    """

    def __init__(
        self, peer: Peer, aet: str = OUR_AET, *, tls: TlsFiles | None = None,
        patience: Patience | None = None, stop: Stop | None = None,
    ) -> None:  # fmt: skip
        self.peer, self.aet, self.tls, self.patience = peer, aet, tls, patience
        self.stop = stop or Stop()
        self._open = ExitStack()
        self._link: Link | None = None
        self._model = ""

    def __enter__(self) -> Self:
        self._link = self._open.enter_context(asking(self.peer, self.aet, FINDS, self.tls, self.patience))
        self._model = next(model for model in FINDS if self._link.takes(model))
        return self

    def __exit__(self, *raised: object) -> None:
        self._open.__exit__(*raised)  # type: ignore[arg-type]  # as given

    @property
    def is_patient_root(self) -> bool:
        """Whether questions have to begin with a patient."""
        return self._model == str(FINDS[1])

    def studies(self, keys: Keys, most: int = MOST_STUDIES) -> Found[StudyFound]:
        """Studies that match."""
        if not self.is_patient_root:
            return _of(self._find(StudyFound, study_identifier(keys), most, {}), keys)
        patients = self._find(PatientFound, patient_identifier(keys), most, {})
        found: list[StudyFound] = []
        more, unusable = patients.more, patients.unusable
        for patient in patients.answers:
            if len(found) == most or self.stop.asked:
                more = True
                break
            above = {"PatientID": patient.patient_id}
            some = self._find(
                StudyFound, study_identifier(keys, patient.patient_id), most - len(found), above
            )
            found += some.answers
            more, unusable = more or some.more, unusable + some.unusable
        return _of(Found(tuple(found), more, unusable), keys)

    def series(self, study: StudyFound, keys: Keys, most: int = MOST_SERIES) -> Found[SeriesFound]:
        """Series of a study that match."""
        above = self.above(study)
        found = self._find(SeriesFound, series_identifier(above, keys), most, above)
        kept = tuple(
            one
            for one in _once(found.answers, "series_instance_uid")
            if one.study_instance_uid == study.study_instance_uid
            and (keys.series_uid is None or one.series_instance_uid == keys.series_uid)
            and (not keys.modalities or one.modality in (None, *keys.modalities))
        )
        return replace(found, answers=kept)

    def instances(
        self, study: StudyFound, series: SeriesFound, keys: Keys, most: int = MOST_INSTANCES
    ) -> Found[InstanceFound]:
        """Objects of a series that match."""
        above = self.above(study) | {"SeriesInstanceUID": series.series_instance_uid}
        found = self._find(InstanceFound, instance_identifier(above, keys), most, above)
        kept = tuple(
            one
            for one in _once(found.answers, "sop_instance_uid")
            if one.series_instance_uid == series.series_instance_uid
            and (keys.instance_uid is None or one.sop_instance_uid == keys.instance_uid)
        )
        return replace(found, answers=kept)

    def above(self, study: StudyFound) -> dict[str, str]:
        """Unique keys that name a study."""
        named = {"StudyInstanceUID": study.study_instance_uid}
        if self.is_patient_root:
            named["PatientID"] = study.patient_id or ""
        return named

    def _find(self, kind: type[_A], identifier: Dataset, most: int, above: dict[str, str]) -> Found[_A]:
        if self._link is None:
            raise ValueError("not entered")
        place = Dataset()
        for keyword, value in above.items():
            setattr(place, keyword, value)
        return find(
            self._link, self._model, lambda answer: read(kind, answer, place), identifier,
            most=most, stop=self.stop,
        )  # fmt: skip


def _once(answers: Iterable[_A], key: str) -> Iterable[_A]:
    """Each UID once: an archive may tell of an object as often as it holds it."""
    return {getattr(one, key): one for one in answers}.values()


def _of(found: Found[StudyFound], keys: Keys) -> Found[StudyFound]:
    """Without what was not asked for: some take no notice of a key that they do not know."""
    kept = tuple(
        study
        for study in _once(found.answers, "study_instance_uid")
        if (keys.study_uid is None or study.study_instance_uid == keys.study_uid)
        and _may_be(keys.patient_id, study.patient_id)
        and _may_be(keys.accession_number, study.accession_number)
        and (keys.days is None or study.study_date is None or study.study_date in keys.days)
        and (
            not keys.modalities
            or not study.modalities_in_study
            or set(keys.modalities) & set(study.modalities_in_study)
        )
    )
    return replace(found, answers=kept)


def _may_be(asked: str | None, told: str | None) -> bool:
    """Whether a value is what was asked for: another patient's study is not taken for this one's."""
    if asked is None or told is None or "*" in asked or "?" in asked:
        return True
    return asked.strip().casefold() == told.casefold()
