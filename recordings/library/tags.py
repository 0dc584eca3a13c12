"""Tags and a note of a session: ``tags.json`` in its folder, since they change after it was closed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from calibration.whole_file import write_whole
from monitor.errors import InputError, OutputError, SourceError, one_line
from monitor.small_file import read_small

SCHEMA = "cementwatch.tags/1"
FILE = "tags.json"
MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 32, 40, 4000
_LARGEST_BYTES = 64 * 1024


class Tags(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody has written of a session.

    Parameters
    ----------
    tags : tuple of str
        Sorted, none twice; without blanks and commas.
    note : str
        Any text, in lines.
    """

    tags: tuple[str, ...] = ()
    note: str = ""
    schema: str = SCHEMA

    def with_tag(self, name: str) -> Tags:
        """One more, or as it was. Raises `InputError`."""
        return checked(Tags((*self.tags, tag_of(name)), self.note))

    def without_tag(self, name: str) -> Tags:
        """One less, or as it was."""
        gone = name.strip().casefold()
        return Tags(tuple(tag for tag in self.tags if tag != gone), self.note)


def tag_of(text: str) -> str:
    """A tag as it is kept: small letters, ``-`` for blanks.

    Raises
    ------
    InputError
        Empty, too long, or with a comma, a colon or a quotation mark, which the search takes for its own.
    """
    tag = "-".join(text.casefold().split())
    if not tag or len(tag) > LONGEST_TAG or not tag.isprintable() or set(tag) & set(",:\"'<>="):
        raise InputError(f"tag {text[:60]!r}: must be 1 to {LONGEST_TAG} letters without , : < > = or quotes")
    return tag


def tags_of(text: str) -> tuple[str, ...]:
    """Tags as typed, with commas between. Raises `InputError`."""
    return checked(Tags(tuple(tag_of(part) for part in text.split(",") if part.strip()))).tags


def checked(tags: Tags) -> Tags:
    """The same, sorted.

    Raises
    ------
    InputError
        More or longer than is kept.
    """
    kept = tuple(sorted({tag_of(tag) for tag in tags.tags}))
    if len(kept) > MOST_TAGS:
        raise InputError(f"tags: at most {MOST_TAGS} are kept of a session, not {len(kept)}")
    if len(tags.note) > LONGEST_NOTE:
        raise InputError(f"note: at most {LONGEST_NOTE} characters are kept, not {len(tags.note)}")
    lines = (one_line(line) if not line.isprintable() else line.rstrip() for line in tags.note.splitlines())
    return Tags(kept, "\n".join(lines).strip("\n"))


def read_tags(folder: Path) -> Tags:
    """Tags of a session; none where nobody has written any.

    Raises
    ------
    SourceError
        The file is none of ours.
    """
    path = folder / FILE
    try:
        tags = msgspec.json.decode(read_small(path, _LARGEST_BYTES), type=Tags)
    except FileNotFoundError:
        return Tags()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{path}: not a file of tags: {error}") from error
    if tags.schema != SCHEMA:
        raise SourceError(f"{path}: schema is {tags.schema!r}, expected {SCHEMA!r}")
    try:
        return checked(tags)
    except InputError as error:
        raise SourceError(f"{path}: {error}") from error


def write_tags(folder: Path, tags: Tags) -> Tags:
    """Keep tags and note, whole or not at all; how they were kept.

    Raises
    ------
    InputError
        They cannot be kept as they are.
    OutputError
        They cannot be written.
    """
    kept = checked(tags)
    try:
        write_whole(folder / FILE, msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    except (OSError, UnicodeEncodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise OutputError(f"{folder / FILE}: cannot be written: {why}") from error
    return kept


def together(rows: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """All tags in use, sorted."""
    return tuple(sorted({tag for tags in rows for tag in tags}))
