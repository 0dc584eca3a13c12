"""`cementwatch export`: by the extension of the file that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.options import say
from ui.progress import progress
from ui.session_folders import SessionArgument
from ui.version import software_version

if TYPE_CHECKING:
    from recordings.export_part import Exported, Wish
    from recordings.session import StoredSession


def _video(session: StoredSession, out: Path, wish: Wish) -> Exported:
    from recordings.export_video import export_video

    return export_video(session, out, wish)


def _dicom(session: StoredSession, out: Path, wish: Wish) -> Exported:
    from recordings.export_dicom import export_dicom

    return export_dicom(session, out, wish)


def _clip(session: StoredSession, out: Path, wish: Wish) -> Exported:
    from recordings.export_part import Exported
    from ui.replay.clip import part_s, write_clip

    from_s, to_s = part_s(session, wish.part)
    return Exported(write_clip(session, out, from_s, to_s, lambda done, whole: wish.step()), 0)


WRITERS: dict[str, Callable[[StoredSession, Path, Wish], Exported]] = {
    ".mkv": _video,
    ".dcm": _dicom,
    ".mp4": _clip,
}
"""By extension: what writes such a file, under a temporary name."""


def export(
    session: SessionArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            help=".mkv: lossless frames (FFV1); .dcm: multi-frame DICOM; .mp4: annotated clip.",
        ),
    ],
    first: Annotated[int | None, typer.Option("--first", help="First frame, from 0.")] = None,
    last: Annotated[int | None, typer.Option("--last", help="Last frame.")] = None,
    from_s: Annotated[
        float | None, typer.Option("--from-s", help="Start, in seconds from the first frame.")
    ] = None,
    to_s: Annotated[
        float | None, typer.Option("--to-s", help="End, in seconds from the first frame.")
    ] = None,
    identified: Annotated[
        bool,
        typer.Option("--identified", help="With patient and day, where the session has them; else without."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
) -> None:
    """Write the frames of a session, or a part of them, to a file that other programs open."""
    from recordings.export_part import Part, Wish, check_target, whole_or_nothing
    from recordings.session import open_session

    kind = out.suffix.lower()
    if kind not in WRITERS:
        known = ", ".join(WRITERS)
        raise InputError(f"--out {out}: the extension must be one of {known}")
    part = Part(first, last, from_s, to_s)
    part.check()
    stored = open_session(session)
    check_target(stored, out, force=force)
    with progress("exporting") as advance, whole_or_nothing(out) as new:
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            advance(done, None)

        written = WRITERS[kind](stored, new, Wish(part, identified, software_version(), step))
    if written.damaged:
        say(f"{session}: {written.damaged} damaged frames are left out of {out}")
    for note in written.notes:
        say(note)
    typer.echo(f"{out}: {written.frames} frames")
