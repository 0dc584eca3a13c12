"""`cementwatch dose`."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.errors import InputError
from ui.options import say

if TYPE_CHECKING:
    from recordings.dose.kept import SessionDose
    from recordings.dose.record import Accumulated, DoseReport, Irradiation

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_COLUMNS = (
    ("began", 25), ("kind", 12), ("plane", 6), ("s", 7), ("kV", 6), ("mA", 7), ("pulses", 7), ("1/s", 6),
    ("ms", 6), ("mGy", 9), ("Gy cm²", 9), ("angles", 12),
)  # fmt: skip
_LONGEST_DIFFERENCE_S = 366 * 86400.0


def dose(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE...]",
            help="Radiation dose reports (DICOM); without one those that the session received.",
        ),
    ] = None,
    session: Annotated[
        Path | None,
        typer.Option("--session", metavar="DIR", help="Join the reports to the time line of this session."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON, units in its names, unknown left out.")
    ] = False,
    clock_difference: Annotated[
        float,
        typer.Option(
            "--clock-difference", metavar="SECONDS",
            help="How far the X-ray machine's clock is ahead of the session's.",
        ),
    ] = 0.0,
    utc_offset: Annotated[
        str | None,
        typer.Option(
            "--utc-offset", metavar="+HHMM",
            help="Of times in the report that state none; else that of this machine.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Read the radiation dose report of an X-ray machine: every irradiation, and what it adds up to."""
    from recordings.dose.kept import ANOTHER_PATIENT, dose_of, foreign, join
    from recordings.dose.read import patient_in, read_dose
    from recordings.session import open_session

    if not abs(clock_difference) <= _LONGEST_DIFFERENCE_S:
        raise InputError(f"--clock-difference {clock_difference:g} is no difference of clocks")
    if session is None and (clock_difference or utc_offset is not None):
        raise InputError("--clock-difference and --utc-offset go with --session")
    minutes = _minutes_of(utc_offset)
    if not files and session is None:
        raise InputError("name a dose report, or a session with --session")
    reports = [read_dose(path) for path in files or ()]
    if session is None:
        _print_reports(reports, as_json=json)
        return
    stored = open_session(session)
    for path, report in zip(files or (), reports, strict=True):
        if foreign(stored, report, patient_in(path)) == ANOTHER_PATIENT:
            raise InputError(f"{path}: {ANOTHER_PATIENT}")
    if reports:
        joined: SessionDose | None = join(
            stored, reports, clock_difference_s=clock_difference, utc_offset_minutes=minutes
        )
    else:
        joined = _join_received(session, clock_difference, minutes) or dose_of(stored)
    if joined is None:
        raise InputError(f"{session}: has received no radiation dose report")
    _print_joined(joined, stored.about.anchor_monotonic_ns, as_json=json)


def _join_received(session: Path, clock_difference: float, minutes: int | None) -> SessionDose | None:
    """Join what was received, where it is said how its clock went."""
    from recordings.dose.kept import foreign, join, received_reports
    from recordings.dose.read import patient_in, read_dose
    from recordings.session import open_session

    if not clock_difference and minutes is None:
        return None
    stored = open_session(session)
    read = [(read_dose(path), patient_in(path)) for path in received_reports(stored)]
    reports = [report for report, patient in read if foreign(stored, report, patient) is None]
    if not reports:
        return None
    return join(stored, reports, clock_difference_s=clock_difference, utc_offset_minutes=minutes)


def _minutes_of(text: str | None) -> int | None:
    if text is None:
        return None
    found = _OFFSET.fullmatch(text.strip())
    minutes = 0 if found is None else int(found[2]) * 60 + int(found[3])
    if found is None or minutes > 14 * 60:
        raise InputError(f"--utc-offset must be as +0100, is {text!r}")
    return -minutes if found[1] == "-" else minutes


def _print_reports(reports: list[DoseReport], *, as_json: bool) -> None:
    import msgspec

    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(reports), indent=1).decode())
        return
    for report in reports:
        typer.echo(_heading())
        for irradiation in report.irradiations:
            typer.echo(_row(irradiation, _began(irradiation.started), ""))
        _echo_sums(report.accumulated)
        _say_problems(report.problems)


def _print_joined(dose: SessionDose, anchor_ns: int, *, as_json: bool) -> None:
    import msgspec

    if as_json:
        plain: dict[str, Any] = msgspec.to_builtins(dose)
        plain["anchor_monotonic_ns"] = anchor_ns
        typer.echo(msgspec.json.format(msgspec.json.encode(plain), indent=1).decode())
        return
    typer.echo(_heading())
    for one in dose.irradiations:
        when = "" if one.t_ns is None else f"{(one.t_ns - anchor_ns) / 1e9:+.1f} s"
        note = {True: "", False: "outside the recording", None: "time not known"}[one.during]
        typer.echo(_row(one.irradiation, when, note))
    _echo_sums(dose.accumulated)
    if dose.outside:
        say(f"{dose.outside} of {len(dose.irradiations)} irradiations lie outside the recording")
    _say_problems(dose.problems)


def _say_problems(problems: tuple[str, ...]) -> None:
    for problem in problems:
        say(f"not understood: {problem}")


def _heading() -> str:
    return " ".join(f"{name:>{width}}" for name, width in _COLUMNS).rstrip()


def _row(one: Irradiation, when: str, note: str) -> str:
    angles = (
        ""
        if one.primary_angle_deg is None and one.secondary_angle_deg is None
        else f"{_number(one.primary_angle_deg, 0)}/{_number(one.secondary_angle_deg, 0)}"
    )
    seconds = one.duration_s if one.duration_s is not None else one.exposure_time_s
    values = (
        when, one.kind or "-", one.plane or "-", _number(seconds, 2), _number(one.tube_voltage_kv, 0),
        _number(one.tube_current_ma, 1), _number(one.pulses, 0), _number(one.pulse_rate_hz, 1),
        _number(one.pulse_width_ms, 1), _number(one.dose_rp_gy, 3, 1e3),
        _number(one.dose_area_product_gy_m2, 4, 1e4), angles or "-",
    )  # fmt: skip
    cells = (f"{value:>{width}}" for value, (_, width) in zip(values, _COLUMNS, strict=True))
    return f"{' '.join(cells)}  {note}".rstrip()


def _began(started: str | None) -> str:
    """To the second, with the offset where there is one."""
    return "-" if started is None else datetime.fromisoformat(started).isoformat(timespec="seconds")


def _number(value: float | None, places: int, factor: float = 1.0) -> str:
    return "-" if value is None else f"{factor * value:.{places}f}"


def _echo_sums(accumulated: tuple[Accumulated, ...]) -> None:
    for one in accumulated:
        plane = f" (plane {one.plane})" if one.plane not in (None, "single") else ""
        typer.echo(
            f"in all{plane}: {_number(one.dose_rp_gy, 3, 1e3)} mGy at the reference point, "
            f"{_number(one.dose_area_product_gy_m2, 4, 1e4)} Gy cm², fluoroscopy "
            f"{_number(one.fluoroscopy_time_s, 1)} s, acquisition {_number(one.acquisition_time_s, 1)} s"
        )
