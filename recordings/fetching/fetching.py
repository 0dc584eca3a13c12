"""Fetches series into a folder: what is there already is not fetched again, and what is missing is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydicom.dataset import Dataset
from pydicom.uid import UID

from monitor.errors import NetworkError
from recordings.fetching.found import InstanceFound, SeriesFound, StudyFound
from recordings.fetching.operation import Stop
from recordings.fetching.pacs import Pacs
from recordings.fetching.query import Keys, retrieve_identifier
from recordings.fetching.retrieving import Outcome, Retrieve, SubOperations
from recordings.network.contexts import DOSE_REPORTS, IMAGES
from recordings.receiving.identity import Identity, Refused
from recordings.receiving.keep import by_series

_MOST_AT_ONCE = 200
"""Objects that are named in one request."""
_NOT_ASKED_FOR = 0xA900
TAKEN = (*IMAGES, *DOSE_REPORTS)


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """A series that is to be fetched.

    Parameters
    ----------
    above : dict of str to str
        Unique keys of study (and patient) by their keywords.
    instances : tuple of InstanceFound
        What is wanted of it, of kinds that are taken.
    left_out : int
        Objects of other kinds.
    whole : bool
        Nothing of the series is left out.
    """

    study: StudyFound
    series: SeriesFound
    above: dict[str, str]
    instances: tuple[InstanceFound, ...]
    left_out: int = 0
    whole: bool = True

    def folder(self, out: Path) -> Path:
        """Where it goes."""
        return out / self.study.study_instance_uid / self.series.series_instance_uid

    def missing(self, out: Path) -> tuple[InstanceFound, ...]:
        """Objects that are not there yet. A file that has its name is whole (`recordings.receiving.keep`)."""
        folder = self.folder(out)
        return tuple(one for one in self.instances if not (folder / f"{one.sop_instance_uid}.dcm").is_file())


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a series.

    Parameters
    ----------
    plan : SeriesPlan
    folder : Path
    before : int
        Objects that were there already.
    new : int
        Objects that were fetched.
    failed : tuple of (str, str)
        SOP instance UID of each object that is not there, and why.
    """

    plan: SeriesPlan
    folder: Path
    before: int
    new: int
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far all has come, in objects; `failed` of them so far."""

    done: int
    whole: int
    failed: int


def planned(pacs: Pacs, studies: Iterable[StudyFound], keys: Keys) -> tuple[list[SeriesPlan], list[str]]:
    """What there is to fetch of some studies, and what is to be told of the answers.

    Raises
    ------
    NetworkError
        See `find`.
    """
    plans: list[SeriesPlan] = []
    told: list[str] = []
    for study in studies:
        found = pacs.series(study, keys)
        told += [found.words] if found.words else []
        for series in found.answers:
            if pacs.stop.asked:
                return plans, told
            objects = pacs.instances(study, series, keys)
            told += [objects.words] if objects.words else []
            if keys.instance_uid is not None and not objects.answers:
                continue  # it is in another series
            # a kind that is not told may be one that is taken
            taken = tuple(one for one in objects.answers if one.sop_class_uid in (None, *TAKEN))
            left_out = len(objects.answers) - len(taken)
            whole = left_out == 0 and keys.instance_uid is None and not objects.words
            plans.append(SeriesPlan(study, series, pacs.above(study), taken, left_out, whole))
    return plans, told


def kinds(plans: Iterable[SeriesPlan]) -> tuple[UID, ...]:
    """SOP classes that may come; all that are taken where one is not known."""
    known = {one.sop_class_uid for plan in plans for one in plan.instances}
    return TAKEN if None in known else tuple(kind for kind in TAKEN if kind in known)


class Asked:
    """Says where an object goes, and refuses those that were not asked for.

    Parameters
    ----------
    plans : iterable of SeriesPlan
    """

    def __init__(self, plans: Iterable[SeriesPlan]) -> None:
        self._wanted = {
            (plan.study.study_instance_uid, plan.series.series_instance_uid, one.sop_instance_uid)
            for plan in plans
            for one in plan.instances
        }

    def __call__(self, identity: Identity) -> PurePosixPath:
        """As `by_series`. Raises `Refused`."""
        named = (identity.study_instance_uid, identity.series_instance_uid, identity.sop_instance_uid)
        if named not in self._wanted:
            raise Refused(_NOT_ASKED_FOR, "this object was not asked for")
        return by_series(identity)


class Fetch:
    """One series after the other.

    Parameters
    ----------
    plans : sequence of SeriesPlan
    out : Path
        Folder that all goes to.
    tell : callable
        Given the progress, on the thread that fetches.
    """

    def __init__(
        self, plans: Sequence[SeriesPlan], out: Path, tell: Callable[[Progress], None], stop: Stop
    ) -> None:
        self._plans, self._out, self._tell, self._stop = plans, out, tell, stop
        self._whole = sum(len(plan.missing(out)) for plan in plans)
        self._done = self._failed = 0
        self._lost = ""
        self._refused: dict[str, str] = {}

    @property
    def whole(self) -> int:
        """Objects that are missing."""
        return self._whole

    def refused(self, uid: str, why: str) -> None:
        """An object came and was not kept; on any thread."""
        self._refused[uid] = why

    def run(self, retrieve: Retrieve | None) -> list[Fetched]:
        """Fetch what is missing; less where `stop` was asked, or the association is lost.

        Parameters
        ----------
        retrieve : callable or None
            None: nothing is missing.
        """
        return [self._fetch(plan, retrieve) for plan in self._plans]

    def _fetch(self, plan: SeriesPlan, retrieve: Retrieve | None) -> Fetched:
        missing = left = plan.missing(self._out)
        before, problems = len(plan.instances) - len(missing), list[str]()
        for request in _requests(plan, missing):
            if retrieve is None or self._stop.asked or self._lost:
                break
            try:
                outcome = retrieve(request, self._advanced)
            except NetworkError as error:
                self._lost = str(error)
                outcome = Outcome(self._lost)
            problems.append(outcome.problem)
            still = plan.missing(self._out)
            self._done, left = self._done + len(left) - len(still), still
        self._failed += len(left)
        self._tell(Progress(self._done, self._whole, self._failed))
        why = "; ".join(dict.fromkeys(filter(None, problems))) or self._lost
        failed = [(one.sop_instance_uid, self._why(one.sop_instance_uid, why)) for one in left]
        if not plan.instances and plan.series.number_of_series_related_instances != 0 and not plan.left_out:
            failed.append((plan.series.series_instance_uid, "the peer names no object of this series"))
        return Fetched(plan, plan.folder(self._out), before, len(missing) - len(left), tuple(failed))

    def _why(self, uid: str, problem: str) -> str:
        if uid in self._refused:
            return self._refused[uid]
        if self._stop.asked:
            return "interrupted"
        return problem or "the peer has not sent it, and says nothing of it"

    def _advanced(self, now: SubOperations) -> None:
        done = (now.completed or 0) + (now.warning or 0)
        self._tell(Progress(self._done + done, self._whole, self._failed + (now.failed or 0)))


def _requests(plan: SeriesPlan, missing: Sequence[InstanceFound]) -> list[Dataset]:
    """One for a series of which nothing is there, else for the objects that are missing."""
    if not missing:
        return []
    if plan.whole and len(missing) == len(plan.instances):
        return [retrieve_identifier("SERIES", plan.above, [plan.series.series_instance_uid])]
    above = plan.above | {"SeriesInstanceUID": plan.series.series_instance_uid}
    uids = [one.sop_instance_uid for one in missing]
    return [
        retrieve_identifier("IMAGE", above, uids[at : at + _MOST_AT_ONCE])
        for at in range(0, len(uids), _MOST_AT_ONCE)
    ]
