"""`cementwatch results`: what a session came to as DICOM objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.options import one_thread_per_sum, say
from ui.progress import progress
from ui.session_folders import SessionArgument, with_second_plane
from ui.version import software_version

if TYPE_CHECKING:
    from recordings.results.write import Wish, WrittenObject
    from recordings.session import StoredSession

OnlyOption = Annotated[
    str | None,
    typer.Option("--only", metavar="KIND,...", help="Some of sr, seg, sc, gsps; without it all."),
]
RunOption = Annotated[
    bool, typer.Option("--run/--no-run", help="The annotated run, by far the largest of the objects.")
]
EveryFrameOption = Annotated[
    bool,
    typer.Option(
        "--every-frame",
        help="Compute every frame now, in place of what was found live: of a session that was imported.",
    ),
]
MasksOption = Annotated[
    int | None,
    typer.Option("--most-masks", metavar="N", help="Frames whose masks are written, evenly spread."),
]


def wish_of(only: str | None, *, run: bool, every_frame: bool, most_masks: int | None) -> Wish:
    """What is to be made, as typed. Raises `InputError`."""
    from recordings.results.write import KINDS, MOST_MASKS, Wish

    kinds = KINDS if only is None else tuple(name.strip() for name in only.split(","))
    most = MOST_MASKS if most_masks is None else most_masks
    wish = Wish(kinds, run, "every frame" if every_frame else "as live", most)
    wish.check()
    return wish


def make_results(session: StoredSession, out: Path, wish: Wish) -> tuple[WrittenObject, ...]:
    """Write the results of a session into a new folder, with a bar; as `write_results`."""
    one_thread_per_sum()
    from recordings.dicom_origin import origins_of
    from recordings.results.identity import disagreement, identity_of
    from recordings.results.write import write_results
    from ui.replay.painted import open_painted

    known = identity_of(session, origins_of(session))
    if (otherwise := disagreement(session, known)) is not None:
        say(f"{session.folder}: {otherwise}")
    if known.is_orphan:
        say(f"{session.folder}: the study is known and its patient is not: an archive may keep them apart")
    with progress("making results") as advance:
        return write_results(
            session, out, software_version=software_version(), paint=open_painted, wish=wish,
            progress=lambda _, done, whole: advance(done, whole),
        )  # fmt: skip


def results(
    session: SessionArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder for the objects.")],
    only: OnlyOption = None,
    run: RunOption = True,
    every_frame: EveryFrameOption = False,
    most_masks: MasksOption = None,
) -> None:
    """Write what a session came to as DICOM objects: report, masks, pictures, structures.

    They are for research and training, say so themselves, and are not for clinical use.
    """
    from recordings.session import open_session

    stored = open_session(session)
    wish = wish_of(only, run=run, every_frame=every_frame, most_masks=most_masks)
    for written in make_results(stored, out, wish):
        typer.echo(f"{written.path}: {_WORDS[written.kind]}")
    for other in with_second_plane(session)[1:]:
        say(f"the other plane is a session of its own: {other}")


_WORDS = {
    "frames": "recorded frames (multi-frame secondary capture)",
    "key": "key frames (multi-frame secondary capture)",
    "run": "annotated run (multi-frame secondary capture)",
    "seg": "cement (segmentation)",
    "gsps": "structures (grayscale softcopy presentation state)",
    "sr": "measurements (structured report, TID 1500)",
}
