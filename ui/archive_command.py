"""`cementwatch archive`, and the same started by itself behind a live run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from monitor.errors import CementWatchError, InputError
from ui.give_way import GiveWay
from ui.options import say
from ui.own_command import OWN_COMMAND
from ui.progress import progress
from ui.session_folders import SessionsArgument
from ui.version import software_version

VARIABLE = "CEMENTWATCH_ARCHIVE"
"""``off`` in the environment: no live run starts an archiving behind it."""


def archive(
    sessions: SessionsArgument,
    unclosed: Annotated[
        bool,
        typer.Option(
            "--unclosed",
            help="Also sessions that were not closed in order; they cannot be gone on with then.",
        ),
    ] = False,
) -> int | None:
    """Turn the frames of closed sessions into FFV1 in Matroska, which other programs open.

    Each frame is read back and compared before the recording is deleted. Waits while a monitor runs on this
    machine.
    """
    from recordings.archive import Archived, archive_session
    from ui.session_folders import with_second_plane

    worst = 0
    for folder in (one for named in sessions for one in with_second_plane(named)):
        try:
            with progress("archiving") as advance:
                done: Archived = archive_session(
                    folder, software_version=software_version(), unclosed=unclosed, step=GiveWay().step,
                    progress=advance,
                )  # fmt: skip
        except InputError as error:
            say(str(error))
            worst = 2
        except CementWatchError as error:
            say(str(error))
            worst = max(worst, 1)
        else:
            typer.echo(f"{folder}: {_words(done)}")
    return worst or None


def _words(done: object) -> str:
    from recordings.archive import Archived

    if not isinstance(done, Archived):
        raise TypeError(done)
    if done.already:
        return f"archived already: {done.frames} frames"
    ratio = f", {done.after_bytes / done.raw_bytes:.2f} of the raw pixels" if done.raw_bytes else ""
    damaged = f", {done.damaged} damaged before and said to be" if done.damaged else ""
    return f"{done.frames} frames archived{damaged}; {done.after_bytes / 1e6:.1f} MB{ratio}"


def archive_later(sessions: Iterable[Path]) -> subprocess.Popen[bytes] | None:
    """Start archiving in a process of its own, at the lowest priority, which outlives this one.

    Returns
    -------
    subprocess.Popen or None
        None where there is nothing to do, it is switched off, or it could not be started.
    """
    folders = [str(folder.resolve()) for folder in sessions]
    if not folders or os.environ.get(VARIABLE) == "off":
        return None
    lowest = [
        word
        for name, *options in (("nice", "-n", "19"), ("ionice", "-c", "3"))
        if (found := shutil.which(name)) is not None
        for word in (found, *options)
    ]
    try:
        return subprocess.Popen(  # noqa: S603 - our own command
            [*lowest, *OWN_COMMAND, "archive", *folders],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        say(f"the session is not archived: {error}")
        return None
