"""The whole of a de-identification: look, ask, write beside, check, and only then give it its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import InputError, OutputError
from monitor.frame import Pixels
from monitor.sources.dicom_file import is_dicom
from recordings.deidentifying.beside import beside
from recordings.deidentifying.check import session_remains, unlike_pixels
from recordings.deidentifying.identity import Identity, Names
from recordings.deidentifying.looking import Look, look_at
from recordings.deidentifying.objects import (
    DicomObject,
    Masking,
    Written,
    names_in,
    read_object,
    regions_within,
    remains_of,
    write_object,
)
from recordings.deidentifying.remains import Remain, Search
from recordings.deidentifying.secret import Secret
from recordings.deidentifying.sessions import (
    SessionIdentity,
    names_in_session,
    pictures_of_plan,
    shifted_days_of,
    write_session,
)
from recordings.importing.regions import Region
from recordings.session import SESSION, StoredSession, is_session, open_session

RECEIVED = "received"
MOST_FILES = 100_000
_SECOND_PLANE = "second-plane"

Progress = Callable[[int, int | None], None]
Confirm = Callable[[Look], "tuple[Region, ...] | None"]
"""Shows what was seen; the regions to be blanked, or None: not confirmed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be de-identified, and how.

    Parameters
    ----------
    sources : tuple of Path
        Sessions, DICOM files, and folders of DICOM files.
    out : Path
        New folder. A single session becomes this folder itself.
    secret : Secret
    black : tuple of Region
        Blanked in every image, as far as they lie within it.
    keep_text : bool
        Text in the frames stays, other than in `black`.
    look_at_all : bool
        Also what shows no text is to be confirmed.
    """

    sources: tuple[Path, ...]
    out: Path
    secret: Secret
    black: tuple[Region, ...] = ()
    keep_text: bool = False
    look_at_all: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of it.

    Parameters
    ----------
    files, sessions : int
        Written.
    skipped : int
        Files that are no DICOM.
    waiting : list of Look
        What has to be confirmed; nothing was written then.
    remains : list of Remain
        What identifies in what was made; nothing was kept then.
    text_kept : list of str
        Whose frames hold text that was to stay.
    removed : dict of str to int
        How often each attribute was taken out.
    short : int
        Identifying values too short to be looked for.
    """

    files: int = 0
    sessions: int = 0
    skipped: int = 0
    waiting: list[Look] = field(default_factory=list)
    remains: list[Remain] = field(default_factory=list)
    text_kept: list[str] = field(default_factory=list)
    removed: dict[str, int] = field(default_factory=dict)
    short: int = 0


@dataclass(slots=True)
class _Work:
    """Everything that was found, before anything is written."""

    files: list[Path]
    sessions: list[StoredSession]
    skipped: int
    received: dict[Path, list[Path]] = field(default_factory=dict)
    identities: dict[Path, SessionIdentity] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    masks: dict[Path, Masking] = field(default_factory=dict)


def deidentify(
    wanted: Wanted,
    confirm: Confirm = lambda look: None,
    *,
    looking: Progress = lambda done, whole: None,
    writing: Progress = lambda done, whole: None,
) -> Outcome:
    """De-identify into a new folder, which is there whole and checked, or not at all.

    Parameters
    ----------
    confirm : callable
        Asked for every run in whose frames text is seen, or stated by its header, unless `wanted` says what
        becomes of it. No pixel is changed that nobody confirmed.
    looking, writing : callable
        Told frames or files done and their number, None where not known.

    Raises
    ------
    InputError
        Something cannot be read or cleaned, or the folder cannot be written; nothing is left behind.
    """
    work = _gather(wanted)
    outcome = Outcome(skipped=work.skipped)
    for path in work.files:
        work.names |= names_in(read_object(path))
    for session in work.sessions:
        keys = set()
        for path in work.received[session.folder]:
            held = read_object(path)
            work.names |= names_in(held)
            keys.add(Identity.of(held.header).key)
        if not keys and (first := work.identities.get(session.folder.parent)) is not None:
            keys.add(first.key)  # the other plane is of the same patient
        work.identities[session.folder] = SessionIdentity.of(session, keys)
        work.names |= names_in_session(session)
    outcome.short = work.names.short
    _decide(wanted, work, outcome, confirm, looking)
    if outcome.waiting:
        return outcome
    with beside(wanted.out) as folder:
        made = _write(wanted, work, outcome, folder, writing)
        _check(wanted, work, outcome, made, folder)
        if outcome.remains:
            return outcome
        whole = folder / "whole"
        alone = not work.files and len(list(whole.iterdir())) == 1
        _publish(next(whole.iterdir()) if alone else whole, wanted.out)
    return outcome


def _gather(wanted: Wanted) -> _Work:
    out = wanted.out
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"{out}: exists; --out needs a new folder")
    except OSError as error:
        raise OutputError(f"{out}: {error.strerror or error}") from error
    work = _Work([], [], 0)
    for source in wanted.sources:
        if _within(out, source) or _within(source, out):
            raise InputError(f"{out}: lies within {source}, or the other way round")
        if source.is_file():
            work.files.append(source)
        elif source.is_dir() and is_session(source):
            work.sessions += _planes_of(source)
        elif source.is_dir():
            for path in _below(source):
                if is_session(path):
                    work.sessions += _planes_of(path)
                elif is_dicom(path):
                    work.files.append(path)
                else:
                    work.skipped += 1
                if len(work.files) > MOST_FILES:
                    raise InputError(f"{source}: more than {MOST_FILES} files")
        else:
            raise InputError(f"{source}: no such file or folder")
    work.files = list(dict.fromkeys(work.files))
    work.sessions = list({session.folder.resolve(): session for session in work.sessions}.values())
    known: dict[str, Path] = {}
    for session in work.sessions:
        if session.folder.parent in known.values():
            continue  # the other plane
        if session.about.id in known:
            raise InputError(f"{session.folder}: the same session as {known[session.about.id]}")
        known[session.about.id] = session.folder
    for session in work.sessions:
        below = session.folder / RECEIVED
        work.received[session.folder] = [
            path for path in sorted(below.rglob("*"))
            # what is hidden has not wholly come
            if not any(part.startswith(".") for part in path.relative_to(below).parts)
            and path.is_file() and is_dicom(path)
        ] if below.is_dir() else []  # fmt: skip
    if not work.files and not work.sessions:
        raise InputError(f"{wanted.sources[0] if wanted.sources else out}: holds neither DICOM nor a session")
    return work


def _planes_of(folder: Path) -> list[StoredSession]:
    """The session, and that of a biplane's other plane, which lies in a folder below."""
    others = [path for path in sorted(folder.iterdir()) if path.is_dir() and is_session(path)]
    return [open_session(path) for path in (folder, *others)]


def _below(folder: Path) -> Iterator[Path]:
    """Files below a folder, and sessions as a whole; links are not followed."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir():
            if is_session(path):
                yield path
            else:
                yield from _below(path)
        elif path.is_file():
            yield path


def _within(inner: Path, outer: Path) -> bool:
    inner, outer = inner.resolve(), outer.resolve()
    return outer.is_dir() and inner.is_relative_to(outer)


def _decide(wanted: Wanted, work: _Work, outcome: Outcome, confirm: Confirm, looking: Progress) -> None:
    """Say for every run what becomes of its pixels."""
    used: set[Region] = set()
    paths = [*work.files, *(path for paths in work.received.values() for path in paths)]
    for path in paths:
        held = read_object(path)
        if held.image is None:
            work.masks[path] = Masking()
            continue
        regions = regions_within(held.image, wanted.black)
        used |= {region for region in wanted.black if regions_within(held.image, (region,))}
        work.masks[path] = _masking(wanted, outcome, str(path), regions, held.says_text, confirm, looking)
    for session in work.sessions:
        info = session.about.source
        inside = tuple(
            region for region in wanted.black
            if region.x + region.columns <= info.columns and region.y + region.rows <= info.rows
        )  # fmt: skip
        used |= set(inside)
        says = info.attributes.get("BurnedInAnnotation", "").strip().upper() == "YES"
        work.masks[session.folder] = _masking(
            wanted, outcome, str(session.folder), inside, says, confirm, looking, pictures_of_plan(session)
        )
    unused = [region for region in wanted.black if region not in used]
    if unused:
        raise InputError(f"--black {unused[0]}: lies within none of the images")


def _masking(
    wanted: Wanted, outcome: Outcome, spec: str, regions: tuple[Region, ...], says_text: bool,
    confirm: Confirm, looking: Progress, pictures: Sequence[Pixels] = (),
) -> Masking:  # fmt: skip
    look = look_at(spec, regions, states_text=says_text, pictures=pictures, progress=looking)
    if wanted.keep_text:
        if look.asks:
            outcome.text_kept.append(spec)
        return Masking(regions, confirmed=False)
    if look.asks or wanted.look_at_all:
        confirmed = confirm(look)
        if confirmed is None:
            # their pictures have been shown, and would only fill memory
            look.frames, look.lowest, look.highest = [], None, None
            outcome.waiting.append(look)
            return Masking()
        return Masking(confirmed, confirmed=True)
    return Masking(regions, confirmed=bool(regions))


def _write(
    wanted: Wanted, work: _Work, outcome: Outcome, folder: Path, writing: Progress
) -> list[tuple[str, DicomObject, Written, Masking]]:
    made: list[tuple[str, DicomObject, Written, Masking]] = []
    whole, search = folder / "whole", Search(work.names)
    whole.mkdir(mode=0o700)

    def keep(path: Path, place: Path, where: str) -> None:
        held, masking = read_object(path), work.masks[path]
        written = write_object(held, place, wanted.secret, work.names, masking)
        if _remains_in_pixels(written, search):
            # a code stream may carry comments: then what it codes is stored bare
            written.path.unlink()
            written = write_object(held, place, wanted.secret, work.names, masking, decode=True)
        made.append((where, held, written, masking))
        for name, count in written.cleaned.removed.items():
            outcome.removed[name] = outcome.removed.get(name, 0) + count
        outcome.files += 1

    for number, path in enumerate(work.files, start=1):
        keep(path, whole, str(path))
        writing(number, len(work.files))
    placed: dict[Path, Path] = {}
    for session in work.sessions:
        first = placed.get(session.folder.parent)
        name = f"session-{wanted.secret.token('session', session.about.id)[:12]}"
        target = placed[session.folder] = whole / name if first is None else first / _SECOND_PLANE

        def fill(folder: Path, session: StoredSession = session) -> None:
            for path in work.received[session.folder]:
                keep(path, folder / RECEIVED, str(path))

        write_session(
            session, target, wanted.secret, work.identities[session.folder],
            work.masks[session.folder].regions, fill=fill, progress=writing,
        )  # fmt: skip
        outcome.sessions += 1
    return made


def _remains_in_pixels(written: Written, search: Search) -> bool:
    if written.native or written.pixels_from is None:
        return False
    return any(True for _ in search.in_file(written.path, "", 0))


def _check(
    wanted: Wanted, work: _Work, outcome: Outcome,
    made: Sequence[tuple[str, DicomObject, Written, Masking]], folder: Path,
) -> None:  # fmt: skip
    """Hold everything that was made against everything that identifies in the input."""
    names = work.names
    for _, _, written, _ in made:
        # a moved day may fall on one that was there: then it tells nothing
        names.dates -= written.cleaned.dates
    for session in work.sessions:
        names.dates -= shifted_days_of(session, work.identities[session.folder], wanted.secret)
    search = Search(names)
    for where, held, written, masking in made:
        outcome.remains += remains_of(written, search, wanted.secret, where)
        if held.image is not None and masking.regions:
            problem = unlike_pixels(held.image, written.path, masking.regions)
            if problem is not None:
                outcome.remains.append(Remain(problem, where))
    whole = folder / "whole"
    for path in sorted(whole.rglob(SESSION)):
        outcome.remains += session_remains(open_session(path.parent), search)
    for path in whole.rglob("*"):
        outcome.remains += search.in_text(path.name, f"name of {path.name}")


def _publish(whole: Path, out: Path) -> None:
    for path in whole.rglob("*"):
        with suppress(OSError), path.open("rb") as file:
            os.fsync(file.fileno())
    if out.is_dir():
        out.rmdir()  # empty, or it would have been refused
    whole.rename(out)
