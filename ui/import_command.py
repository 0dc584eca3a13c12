"""`cementwatch import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.errors import InputError
from ui.options import (
    CropOption,
    PolarityOption,
    ProfileOption,
    RateOption,
    crop_of,
    one_thread_per_sum,
    profile_of,
    rate_of,
    say,
)
from ui.progress import progress
from ui.version import software_version


def import_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="Video or DICOM file; folder of DICOM files or images; simulated:NAME; folder of a session.",
        ),
    ],
    session: Annotated[Path, typer.Option("--session", metavar="DIR", help="New folder for the session.")],
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="PLAN.json", help="Kept in the session, where it fits.")
    ] = None,
    profile: ProfileOption = None,
    crop: CropOption = None,
    frame_rate: RateOption = None,
    polarity: PolarityOption = None,
    deidentify: Annotated[
        bool,
        typer.Option("--deidentify", help="Leave out all that names a person, a place or a date."),
    ] = False,
    black: Annotated[
        list[str] | None,
        typer.Option(
            "--black", metavar="X,Y,W,H", help="Blank this part of the frames, after a crop; may be repeated."
        ),
    ] = None,
    keep_text: Annotated[
        bool, typer.Option("--keep-text", help="With --deidentify: keep text that is seen in the frames.")
    ] = False,
) -> int | None:
    """Make a session of a file, a folder or a simulated procedure: every frame, lossless, at its own time.

    A frame that is damaged becomes a gap; what could be read is kept, and the exit status is 1.
    """
    one_thread_per_sum()
    from monitor.plan import read_plan
    from monitor.polarity import polarity_of
    from recordings.importing.regions import parse_region
    from recordings.importing.run import Wanted, import_source

    if keep_text and not deidentify:
        raise InputError("--keep-text goes with --deidentify")
    wanted = Wanted(
        source, session, None if plan is None else read_plan(plan), profile_of(profile), crop_of(crop),
        rate_of(frame_rate), polarity_of(polarity), deidentify,
        tuple(map(parse_region, black or ())), keep_text,
    )  # fmt: skip
    with progress("importing") as advance:
        done = import_source(wanted, software_version=software_version(), progress=advance, looking=advance)
    if done.times_assumed:
        say("the source has no times: 15 frames a second are assumed (--frame-rate)")
    frames = "1 frame" if done.frames == 1 else f"{done.frames} frames"
    if done.damage:
        say(f"{done.damage[0]}; {frames} kept in {session}, {done.missing} missing")
        return 1
    lost = f", {done.missing} missing in the source" if done.missing else ""
    typer.echo(f"{frames}{lost}: {session}")
    if deidentify:
        seen = "text was kept" if keep_text else "no text was found in the frames that is not blanked"
        typer.echo(f"de-identified; {seen}: look at them before you pass them on")
    return None
