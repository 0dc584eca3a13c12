"""`cementwatch verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import OutputError
from ui.progress import progress
from ui.session_folders import SessionArgument, with_second_plane

if TYPE_CHECKING:
    from recordings.verify import Verification

_DAMAGED = 3


def verify(
    session: SessionArgument,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="Archived frames by the checksums of their packets alone, without decoding them."
        ),
    ] = False,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write what was found there, too.")
    ] = None,
) -> int | None:
    """Check a session: exit status 0 whole, 3 damaged or cut, 2 not a session.

    Frames that the recorder lost and wrote down as lost do not make it damaged; they are told.
    """
    from recordings.verify import verify_session

    found = []
    for folder in with_second_plane(session):
        with progress("verifying") as advance:
            found.append(verify_session(folder, quick=quick, progress=advance))
    for one in found:
        for line in _lines(one):
            typer.echo(line)
    if json is not None:
        _write(json, found)
    return None if all(one.whole for one in found) else _DAMAGED


def _lines(found: Verification) -> list[str]:
    verdict = "whole" if found.whole else "DAMAGED OR CUT"
    return [
        f"{found.folder}: {verdict}",
        *(f"  ! {problem}" for problem in found.problems),
        *(f"  {note}" for note in found.notes),
    ]


def _write(path: Path, found: list[Verification]) -> None:
    import msgspec

    from calibration.whole_file import write_whole

    told = [{**msgspec.to_builtins(one), "whole": one.whole} for one in found]
    try:
        write_whole(path, msgspec.json.format(msgspec.json.encode({"sessions": told}), indent=2) + b"\n")
    except OSError as error:
        raise OutputError(f"--json {path}: cannot be written: {error.strerror}") from error
