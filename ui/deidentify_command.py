"""`cementwatch deidentify`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.options import one_thread_per_sum, say
from ui.progress import progress

if TYPE_CHECKING:
    from recordings.deidentifying.looking import Look
    from recordings.deidentifying.run import Confirm, Outcome
    from recordings.importing.regions import Region

_MOST_TOLD = 12


def deidentify(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE...", help="Sessions, DICOM files, or folders of DICOM files."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="New folder; a single session becomes this folder itself."),
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE",
            help="Secret that pseudonyms and date shifts follow from; made where there is none. Without it "
            "later runs give other pseudonyms.",
        ),
    ] = None,
    black: Annotated[
        list[str] | None,
        typer.Option("--black", metavar="X,Y,W,H", help="Blank this part of all frames; may be repeated."),
    ] = None,
    keep_text: Annotated[
        bool, typer.Option("--keep-text", help="Keep text that is seen in the frames.")
    ] = False,
    review: Annotated[
        Path | None,
        typer.Option(
            "--review", metavar="DIR",
            help="Write pictures of what would be blanked here, instead of opening a window.",
        ),
    ] = None,
    look: Annotated[
        bool, typer.Option("--look", help="Have also those frames confirmed in which no text is seen.")
    ] = False,
) -> int | None:  # fmt: skip
    """Make copies that name no person, place or day, for training libraries (PS3.15 basic profile).

    Text seen in the frames has to be confirmed: in a window, or without a display by --black or --keep-text.
    What was made is searched for every identifying value; where one is left nothing is kept (exit status 1).
    """
    one_thread_per_sum()
    from recordings.deidentifying.run import Wanted, deidentify
    from recordings.deidentifying.secret import default_key_file, secret_of
    from recordings.importing.regions import parse_region
    from ui.qt import display_available

    regions = tuple(map(parse_region, black or ()))
    if look and (keep_text or review is not None):
        raise InputError("--look opens a window: it goes with neither --keep-text nor --review")
    if look and not display_available():
        raise InputError("--look needs a display")
    path = key or default_key_file()
    secret, made = secret_of(path)
    if made:
        say(f"a new key was made: {path}; keep it: without it a patient gets another pseudonym next time")
    window = review is None and not regions and display_available()
    confirm: Confirm = _in_window if window else _Pictures(review or out.with_name(f"{out.name}.review"))
    wanted = Wanted(tuple(sources), out, secret, regions, keep_text, look)
    with progress("de-identifying") as advance:
        done = deidentify(wanted, confirm, looking=advance, writing=advance)
    if done.waiting:
        if window:
            raise InputError("not confirmed: nothing was written")
        _ask(sources, out, key, done.waiting, regions)
    if done.remains:
        return _tell_remains(done)
    _tell(done, out)
    return None


def _in_window(look: Look) -> tuple[Region, ...] | None:
    from ui.deidentifying.run import confirm_in_window

    return confirm_in_window(look)


class _Pictures:
    """Leaves a picture of each run behind and confirms nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0

    def __call__(self, look: Look) -> None:
        from recordings.deidentifying.pictures import write_review

        self._count += 1
        say(f"{look.name}: looked at {look.count} frames: {write_review(look, self._folder, self._count)}")


def _ask(
    sources: list[Path], out: Path, key: Path | None, waiting: list[Look], regions: tuple[Region, ...]
) -> None:
    """Say what has to be typed to confirm. Raises `InputError`."""
    found = list(dict.fromkeys([*regions, *(region for look in waiting for region in look.found)]))
    words = ["cementwatch", "deidentify", *(str(source) for source in sources), "--out", str(out)]
    words += ["--key", str(key)] if key is not None else []
    boxes = [word for region in found for word in ("--black", str(region))] or ["--keep-text"]
    typer.echo(shlex.join([*words, *boxes]))
    first = waiting[0]
    shows = "the frames show text" if first.found else "the header says that text is burned in"
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    raise InputError(
        f"{first.name}: {shows}{more}: look at the pictures, then confirm with the line above, or keep the "
        "text with --keep-text"
    )


def _tell_remains(done: Outcome) -> int:
    for remain in done.remains[:_MOST_TOLD]:
        say(str(remain))
    more = len(done.remains) - _MOST_TOLD
    say(f"{f'and {more} more; ' if more > 0 else ''}nothing was kept: what identifies was still there")
    return 1


def _tell(done: Outcome, out: Path) -> None:
    parts = []
    if done.files:
        parts.append("1 object" if done.files == 1 else f"{done.files} objects")
    if done.sessions:
        parts.append("1 session" if done.sessions == 1 else f"{done.sessions} sessions")
    others = "1 file that is" if done.skipped == 1 else f"{done.skipped} files that are"
    skipped = f"; {others} no DICOM left out" if done.skipped else ""
    typer.echo(f"{' and '.join(parts)}: {out}{skipped}")
    for name in done.text_kept:
        typer.echo(f"{name}: text was kept in the frames")
    counted = "1 value was" if done.short == 1 else f"{done.short} values were"
    short = f"; {counted} too short to be looked for" if done.short else ""
    typer.echo(f"nothing that identifies was found again{short}: look at the frames before you pass them on")
