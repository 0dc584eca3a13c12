"""`cementwatch fetch`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.dicom_options import (
    AetOption,
    TlsAuthorityOption,
    TlsCertificateOption,
    TlsKeyOption,
    TlsOption,
    tls_of,
)
from ui.options import say

if TYPE_CHECKING:
    from recordings.fetching.fetching import Fetched, SeriesPlan
    from recordings.fetching.found import SeriesFound, StudyFound
    from recordings.fetching.pacs import Pacs
    from recordings.fetching.query import Keys
    from recordings.network.address import Peer

_STUDY_TITLES = (
    "date", "time", "patient id", "name", "description", "modalities", "series", "images", "accession",
    "study",
)  # fmt: skip
_SERIES_TITLES = ("number", "date", "time", "modality", "description", "body part", "images", "series")


def fetch(
    from_: Annotated[str, typer.Option("--from", metavar="AET@HOST:PORT", help="The PACS.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for DIR/STUDY/SERIES/INSTANCE.dcm.")
    ] = None,
    list_: Annotated[
        bool,
        typer.Option("--list", help="List what matches: studies, or with --study or --series its series."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="With --list: all that is known, as JSON.")] = False,
    patient_id: Annotated[
        str | None, typer.Option("--patient-id", metavar="ID", help="With * and ? for any characters.")
    ] = None,
    study: Annotated[str | None, typer.Option("--study", metavar="UID", help="StudyInstanceUID.")] = None,
    series: Annotated[
        str | None,
        typer.Option("--series", metavar="UID", help="SeriesInstanceUID, of a study that matches."),
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option("--instance", metavar="UID", help="SOPInstanceUID, of a series that matches."),
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="D", help="Of the study: YYYY-MM-DD, or from..to.")
    ] = None,
    modality: Annotated[
        list[str] | None, typer.Option("--modality", metavar="XA", help="Of the series; may be repeated.")
    ] = None,
    accession: Annotated[
        str | None, typer.Option("--accession", metavar="A", help="Accession number.")
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", help="Of the study, with * and ? for any characters.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Fetch every study that matches, not only one.")
    ] = False,
    most: Annotated[int, typer.Option("--most", min=1, max=100_000, help="Studies that are taken.")] = 500,
    move: Annotated[
        bool,
        typer.Option("--move", help="C-MOVE instead of C-GET: the PACS sends to us, and has to know us."),
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="With --move: port that we listen on.")
    ] = 11112,
    host: Annotated[
        str, typer.Option("--host", help="With --move: address that we listen on.")
    ] = "127.0.0.1",
    aet: AetOption = "CEMENTWATCH",
    tls: TlsOption = False,
    tls_certificate: TlsCertificateOption = None,
    tls_key: TlsKeyOption = None,
    tls_authority: TlsAuthorityOption = None,
) -> int | None:
    """Fetch studies, series or objects from a PACS, or list what it has.

    What is in DIR already is not fetched again: started once more, it goes on where it was interrupted.
    """
    from recordings.fetching.days import Days
    from recordings.fetching.operation import Stop
    from recordings.fetching.pacs import Pacs
    from recordings.fetching.query import Keys
    from recordings.network.address import Peer, check_aet
    from ui.interruptible import interruptible

    if list_ == (out is not None):
        raise InputError("fetch needs one of --list and --out DIR")
    if json and not list_:
        raise InputError("--json goes with --list")
    keys = Keys(
        patient_id=patient_id, study_uid=study, series_uid=series, instance_uid=instance,
        days=None if date is None else Days.parse(date, "--date"), modalities=tuple(modality or ()),
        accession_number=accession, study_description=description,
    )  # fmt: skip
    peer, stop = Peer.parse(from_, "--from"), Stop()
    files = tls_of(tls, tls_certificate, tls_key, tls_authority)
    if move and files is not None and (files.certificate is None or files.key is None):
        # with TLS towards the PACS what it sends comes with TLS too
        raise InputError("--move with --tls needs --tls-certificate and --tls-key: we are a server then")
    pacs = Pacs(peer, check_aet(aet, "--aet"), tls=files, stop=stop)
    if out is None:
        return interruptible(lambda: _list(pacs, keys, most, json=json), stop)
    asked = [study, series, instance, patient_id, accession, date, description, *(modality or ())]
    if not any(asked):
        raise InputError("fetch --out needs to be told what: --study, --series, --patient-id, --date ...")
    work = _Work(pacs, keys, out, most, every=all_, move=(host, port) if move else None)
    return interruptible(work, stop)


def _list(pacs: Pacs, keys: Keys, most: int, *, json: bool) -> int | None:
    with pacs:
        studies = pacs.studies(keys, most)
        _tell(pacs.peer, studies.words)
        of_series = keys.study_uid is not None or keys.series_uid is not None
        found: list[tuple[StudyFound, Sequence[SeriesFound]]] = []
        for study in studies.answers if of_series else ():
            series = pacs.series(study, keys)
            _tell(pacs.peer, series.words)
            if series.answers:
                found.append((study, series.answers))
    if pacs.stop.asked:
        say("interrupted: the list is not whole")
    if json:
        _print_json(found if of_series else [(study, None) for study in studies.answers], more=studies.more)
    elif of_series:
        for study, some in found:
            _print_studies([study])
            _print_series(some)
    elif studies.answers:
        _print_studies(studies.answers)
    if not json and not (found if of_series else studies.answers):
        typer.echo("nothing matches")
    return 1 if pacs.stop.asked else None


@dataclass(frozen=True, slots=True)
class _Work:
    """Fetches what matches. `move` is where we listen; None: C-GET."""

    pacs: Pacs
    keys: Keys
    out: Path
    most: int
    every: bool
    move: tuple[str, int] | None

    def __call__(self) -> int | None:
        from recordings.fetching.fetching import planned

        with self.pacs:
            studies = self.pacs.studies(self.keys, self.most)
            _tell(self.pacs.peer, studies.words)
            if not self.every and len(studies.answers) > 1:
                raise InputError(
                    f"{len(studies.answers)} studies match: name one with --study (see --list), or --all"
                )
            plans, told = planned(self.pacs, studies.answers, self.keys)
        for words in told:
            _tell(self.pacs.peer, words)
        if self.pacs.stop.asked:
            say("interrupted: nothing was fetched")
            return 1
        if not plans:
            say(f"{self.pacs.peer}: nothing matches")
            return 1
        fetched = self._fetch(plans)
        for one in fetched:
            _say_fetched(one)
        failed = any(one.failed for one in fetched)
        return 1 if failed or told or studies.words or self.pacs.stop.asked else None

    def _fetch(self, plans: Sequence[SeriesPlan]) -> list[Fetched]:
        from recordings.fetching.fetching import Asked, Fetch, kinds
        from recordings.fetching.retrieving import Terms, getting, moving
        from recordings.receiving.keep import Keeper
        from ui.progress import progress

        pacs, stop = self.pacs, self.pacs.stop
        with progress("fetching") as advance:
            fetch = Fetch(plans, self.out, lambda now: advance(now.done, now.whole), stop)
            if fetch.whole == 0:
                return fetch.run(None)
            keeper = Keeper(self.out, Asked(plans))
            terms = Terms(pacs.peer, pacs.aet, pacs.is_patient_root, pacs.tls, pacs.patience)
            if self.move is None:
                opened = getting(terms, keeper, kinds(plans), fetch.refused, stop)
            else:
                opened = moving(terms, keeper, *self.move, fetch.refused, stop, pacs.tls)
            try:
                with opened as retrieve:
                    return fetch.run(retrieve)
            finally:
                keeper.close()


def _say_fetched(one: Fetched) -> None:
    series = one.plan.series
    name = f" ({series.series_description})" if series.series_description else ""
    held = f", {one.before} were there already" if one.before else ""
    other = f", {one.plan.left_out} of kinds that are not taken left out" if one.plan.left_out else ""
    typer.echo(f"{one.folder}{name}: {one.new} fetched{held}{other}")
    for uid, why in one.failed:
        say(f"{uid}: not fetched: {why}")


def _tell(peer: Peer, words: str) -> None:
    if words:
        say(f"{peer}: {words}")


def _print_studies(studies: Sequence[StudyFound]) -> None:
    from ui.table import print_table

    print_table(
        _STUDY_TITLES,
        [
            (
                one.study_date, one.study_time, one.patient_id, one.patient_name, one.study_description,
                " ".join(one.modalities_in_study), one.number_of_study_related_series,
                one.number_of_study_related_instances, one.accession_number, one.study_instance_uid,
            )
            for one in studies
        ],
    )  # fmt: skip


def _print_series(series: Sequence[SeriesFound]) -> None:
    from ui.table import print_table

    print_table(
        _SERIES_TITLES,
        [
            (
                one.series_number, one.series_date, one.series_time, one.modality, one.series_description,
                one.body_part_examined, one.number_of_series_related_instances, one.series_instance_uid,
            )
            for one in series
        ],
    )  # fmt: skip


def _print_json(found: Sequence[tuple[StudyFound, Sequence[SeriesFound] | None]], *, more: bool) -> None:
    import msgspec

    studies = [
        msgspec.to_builtins(study) | ({} if series is None else {"series": msgspec.to_builtins(series)})
        for study, series in found
    ]
    told = {"studies": studies, "more": more}
    typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
