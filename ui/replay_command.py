"""`cementwatch replay`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.give_way import GiveWay
from ui.options import LanguageOption, one_thread_per_sum
from ui.progress import progress
from ui.version import software_version

if TYPE_CHECKING:
    from recordings.repetition import Repetition
    from recordings.session import StoredSession

_MOST_LINES = 10


def replay(
    session: Annotated[Path, typer.Argument(metavar="SESSION", help="Folder of a recorded session.")],
    every_frame: Annotated[
        bool,
        typer.Option("--every-frame", help="All frames, also those that were not processed while live."),
    ] = False,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", metavar="FILE", help="Results of another version, shown beside these."),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option("--results", metavar="FILE", help="Take the steps again, write what is found, and stop"),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Take the steps again, say whether the same is found, and stop (1: it is not)."
        ),
    ] = False,
    give_way: Annotated[bool, typer.Option("--give-way", hidden=True)] = False,
    language: LanguageOption = None,
) -> int | None:
    """Replay a session with overlay, alarms and time line.

    As live: the frames that were processed, at their times. With --every-frame also those in between.
    """
    one_thread_per_sum()
    from recordings.session import open_session

    if check and (every_frame or results is not None or compare is not None):
        raise InputError("--check goes by the frames that were processed, and writes and shows nothing")
    if results is not None and compare is not None:
        raise InputError("--results writes a file and stops: there is nothing to compare it with")
    stored = open_session(session)
    if check:
        return _check(stored)
    if results is not None:
        _write(stored, results, every_frame=every_frame, give_way=give_way)
        return None
    from ui.replay.run import run_replay

    return run_replay(session, compare=compare, every_frame=every_frame)


def _check(session: StoredSession) -> int:
    from recordings.repetition import repeat

    with session.frames() as reader, progress("taking again") as advance:
        found = repeat(session, reader, session.log(), advance)
    for line in _lines(found):
        typer.echo(line)
    return 0 if found.same else 1


def _lines(found: Repetition) -> list[str]:
    lines = [f"{found.steps} steps, {found.identical} found the same again in every field"]
    if found.differing:
        lines.append(f"{found.differing} differ:")
        told = found.first_differences[:_MOST_LINES]
        lines += [f"  frame {seq}: {difference}" for seq, difference in told]
    lines += [f"not taken again: {why}" for why in found.not_repeated[:_MOST_LINES]]
    if len(found.not_repeated) > _MOST_LINES:
        lines.append(f"and {len(found.not_repeated) - _MOST_LINES} more were not taken again")
    rest = f", {found.log_differing} of them are not" if found.log_differing else ", all of them the same"
    lines.append(f"{found.log_rows} rows of the log held against it{rest if found.log_rows else ''}")
    if found.log_alone:
        lines.append(f"{found.log_alone} rows of the log belong to frames whose step was not recorded")
    return lines


def _write(session: StoredSession, path: Path, *, every_frame: bool, give_way: bool) -> None:
    from recordings.track import write_track

    waits = GiveWay()

    def stop() -> bool:
        if give_way:
            waits.step()
        return False

    with progress("taking again") as advance:
        written = write_track(
            session, path, "every frame" if every_frame else "as live", software_version=software_version(),
            progress=advance, stop=stop,
        )  # fmt: skip
    typer.echo(f"{path}: {written} steps by {software_version()}")
