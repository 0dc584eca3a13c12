"""`cementwatch plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.errors import InputError
from ui.options import (
    CropOption,
    LanguageOption,
    PolarityOption,
    ProfileOption,
    RateOption,
    SourceArgument,
    crop_of,
    one_thread_per_sum,
    profile_of,
    rate_of,
)


def plan(
    source: SourceArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="PLAN.json", help="The plan; one that is there already is gone on with."
        ),
    ],
    frame_rate: RateOption = None,
    polarity: PolarityOption = None,
    crop: CropOption = None,
    profile: ProfileOption = None,
    language: LanguageOption = None,
    to_monitor: Annotated[bool, typer.Option("--to-monitor", hidden=True)] = False,
) -> int | None:
    """Mark levels on a still picture of a source: corners, scale, names, what is meant to be done.

    The picture is the mean of those frames in which the spine lies still; it is kept in the plan.
    """
    one_thread_per_sum()
    from monitor.polarity import polarity_of
    from ui.planning.run import run_planning

    if out.is_dir():
        raise InputError(f"--out {out}: is a folder, not a plan")
    marked = run_planning(
        out, source, frame_rate_hz=rate_of(frame_rate), polarity=polarity_of(polarity), crop=crop_of(crop),
        profile=profile_of(profile), accept_words="Start monitoring" if to_monitor else "Save and close",
    )  # fmt: skip
    if marked is None:
        typer.echo("no plan was saved", err=True)
        return 1
    names = ", ".join(level.name for view in marked.views for level in view.levels)
    typer.echo(f"{out}: {names}")
    return None
