"""Writes the reports of sessions and of a cohort."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from calibration.whole_file import write_whole
from monitor.errors import OutputError
from recordings.cohort.figures import Cohort
from recordings.qa.record import Failed, ProcedureRecord
from recordings.reporting.cohort_page import cohort_page
from recordings.reporting.html import (
    cohort_blocks,
    cohort_html,
    drawn_charts,
    procedure_blocks,
    procedure_html,
)
from recordings.reporting.pdf import pdf_of
from recordings.reporting.procedure_page import procedure_page

HTML, PDF = "report.html", "report.pdf"
MOST_PRINTED = 250
"""Procedures that the PDF of a cohort lists; the HTML lists all."""
Picture = Callable[[str, str], bytes | None]
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def no_picture(_session_id: str, _name: str) -> None:
    """For records whose pictures were not kept."""


def write_procedure_report(
    out: Path,
    record: ProcedureRecord,
    picture: Picture = no_picture,
    *,
    software_version: str,
    pdf: bool = True,
) -> Path:
    """Write the report of one session below ``out/procedures``; its folder.

    Parameters
    ----------
    out : Path
    record : ProcedureRecord
    picture : callable
        PNG of a key frame by session and name; None: it is missing.
    software_version : str
        Of this software.
    pdf : bool
        Whether a PDF is written beside the HTML file.

    Raises
    ------
    OutputError, OSError
        It cannot be written.
    """
    folder = out / "procedures" / _plain(record.session_id)
    page = procedure_page(record, picture)
    svgs = drawn_charts(procedure_blocks(page))
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / HTML, procedure_html(page, svgs, version=software_version, paper=False).encode())
    if pdf:
        _write(folder / PDF, pdf_of(procedure_html(page, svgs, version=software_version, paper=True)))
    return folder


def write_cohort_report(
    out: Path,
    records: Iterable[ProcedureRecord],
    cohort: Cohort,
    failed: Sequence[Failed],
    *,
    software_version: str,
    pdf: bool = True,
) -> None:
    """Write the report of the cohort into `out`.

    Procedures are linked to their reports where ``out/procedures`` has their folder.

    Parameters
    ----------
    out : Path
    records : iterable of ProcedureRecord
        Gone through once, and none is kept.
    cohort : Cohort
    failed : sequence of Failed
    software_version : str
        Of this software.
    pdf : bool
        Whether a PDF is written beside the HTML file.

    Raises
    ------
    OutputError, OSError
        It cannot be written.
    """
    page = cohort_page(
        records, cohort, failed, software_version=software_version,
        has_report=lambda name: bool(_PLAIN_NAME.fullmatch(name)) and (out / "procedures" / name).is_dir(),
    )  # fmt: skip
    svgs = drawn_charts(cohort_blocks(page))
    out.mkdir(parents=True, exist_ok=True)
    _write(out / HTML, cohort_html(page, svgs, version=software_version, paper=False).encode())
    if not pdf:
        return
    left_out = ""
    listed = page.tables["procedures"]
    if len(listed.rows) > MOST_PRINTED:
        left_out = (
            f"The first {MOST_PRINTED} of {len(listed.rows)} by day; all are in {HTML} beside this file."
        )
        cut = replace(listed, rows=listed.rows[:MOST_PRINTED])
        page = replace(page, tables={**page.tables, "procedures": cut})
    _write(
        out / PDF, pdf_of(cohort_html(page, svgs, version=software_version, paper=True, left_out=left_out))
    )


def _plain(session_id: str) -> str:
    """The id as the name of a folder. Raises `OutputError` where it would lead elsewhere."""
    if not _PLAIN_NAME.fullmatch(session_id):
        raise OutputError(f"session {session_id[:80]!r}: no name of a folder can be made of this")
    return session_id


def _write(path: Path, data: bytes) -> None:
    write_whole(path, data, flush=False)
