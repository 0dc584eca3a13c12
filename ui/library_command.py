"""`cementwatch library`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.options import LanguageOption, one_thread_per_sum, say

if TYPE_CHECKING:
    from recordings.library.row import Row

_WIDE = 200
_MOST_DAYS = 100_000
_TITLES = (
    "date",
    "levels",
    "volume",
    "leaks",
    "alarm",
    "length",
    "size",
    "operator",
    "source",
    "state",
    "tags",
)


def library(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder below which the sessions are.")],
    list_: Annotated[bool, typer.Option("--list", help="Print a table instead of showing a window.")] = False,
    search: Annotated[
        str,
        typer.Option(
            "--search",
            metavar="QUERY",
            help="Words and key:value, as 'level:L1 leak:canal date:2026-03..2026-05 tag:teaching volume>4'.",
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print everything that is known, as JSON.")] = False,
    tag: Annotated[
        tuple[str, str] | None, typer.Option("--tag", metavar="NAME SESSION", help="Give a session a tag.")
    ] = None,
    untag: Annotated[
        tuple[str, str] | None, typer.Option("--untag", metavar="NAME SESSION", help="Take a tag away.")
    ] = None,
    retention: Annotated[
        float | None,
        typer.Option(
            "--retention", metavar="DAYS", help="List what is older, and its room. Nothing is deleted."
        ),
    ] = None,
    delete: Annotated[
        Path | None,
        typer.Option("--delete", metavar="SESSION", help="Delete a session; its name has to be typed."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --delete: do not ask.")] = False,
    language: LanguageOption = None,
) -> int | None:
    """Show the sessions below a folder: search, tag, open and delete them.

    A window, where there is a display; else, or with --list, a table. SESSION is a folder as listed, or its
    path.
    """
    one_thread_per_sum()
    from recordings.library.search import parse_query
    from ui.qt import display_available

    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    query = parse_query(search)
    changes = [name for name, asked in (("--tag", tag), ("--untag", untag), ("--delete", delete)) if asked]
    if len(changes) > 1:
        raise InputError(f"{' and '.join(changes)}: one at a time")
    if yes and delete is None:
        raise InputError("--yes goes with --delete")
    if retention is not None and not 0 <= retention <= _MOST_DAYS:
        raise InputError(f"--retention must be 0 to {_MOST_DAYS} days, is {retention:g}")
    if tag is not None or untag is not None:
        _tag(folder, tag, untag)
        return None
    if delete is not None:
        return _delete(_session(folder, delete), yes=yes)
    if not (list_ or json) and retention is None and display_available():
        from ui.library.run import run_library

        run_library(folder, search)
        return None
    rows = [row for row in _rows(folder) if query.matches(row)]
    if retention is not None:
        rows = _older(rows, retention)
    if json:
        _print_json(rows)
        return None
    _print_table(rows)
    _print_sum(rows, search, retention)
    return None


def _rows(folder: Path) -> list[Row]:
    from recordings.library.cache import FactsCache, cache_path
    from recordings.library.index import rows_below
    from ui.progress import progress

    cache = FactsCache(cache_path(folder))
    rows = []
    with progress("looking") as advance:
        for row in rows_below(folder, cache):
            rows.append(row)
            advance(len(rows), None)
    cache.save(all_seen=True)
    return sorted(rows, key=lambda row: str(row.when or row.made or ""), reverse=True)


def _session(folder: Path, named: Path) -> Path:
    """The session that is meant: as listed below the library's folder, or by its path.

    Raises
    ------
    InputError
        There is none, or it lies elsewhere.
    """
    from recordings.session import is_session

    for path in (folder / named, named):
        if is_session(path):
            if not path.resolve().is_relative_to(folder.resolve()):
                raise InputError(f"{named}: not below {folder}")
            return path
    raise InputError(f"{named}: no session below {folder}")


def _tag(folder: Path, tag: tuple[str, str] | None, untag: tuple[str, str] | None) -> None:
    from recordings.library.tags import read_tags, write_tags

    name, named = tag or untag or ("", "")
    session = _session(folder, Path(named))
    held = read_tags(session)
    kept = write_tags(session, held.with_tag(name) if tag is not None else held.without_tag(name))
    typer.echo(f"{session}: {', '.join(kept.tags) or 'no tags'}")


def _delete(session: Path, *, yes: bool) -> int | None:
    from recordings.library.delete import delete_session
    from recordings.library.words import size_words

    name = session.resolve().name
    if not yes:
        if not sys.stdin.isatty():
            raise InputError(
                f"{session}: --delete asks for the session's name; without a terminal give --yes"
            )
        asked = f"type {name} to delete it, or anything else to keep it"
        typed = typer.prompt(asked, default="", show_default=False)
        if typed.strip() != name:
            say("nothing was deleted")
            return 1
    done = delete_session(session)
    typer.echo(f"{session}: deleted, {size_words(done.freed_bytes)} freed")
    if done.left:
        say(f"{session}: what is no part of a session was left: {', '.join(done.left)}")
    return None


def _older(rows: Sequence[Row], days: float) -> list[Row]:
    from datetime import UTC, datetime

    from recordings.library.retention import older_than

    return list(older_than(rows, days, datetime.now(UTC)))


def _print_json(rows: Sequence[Row]) -> None:
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(list(rows)), indent=2)
    typer.echo(text.decode())


def _print_table(rows: Sequence[Row]) -> None:
    """A table as wide as the terminal; where there is none, wide enough that nothing is cut."""
    if not rows:
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("session", overflow="fold")
    for title in _TITLES:
        table.add_column(title, overflow="fold", justify="right" if title in ("length", "size") else "left")
    for row in rows:
        # what somebody typed is no markup
        table.add_row(Text(row.folder), *(Text(cell) for cell in _cells(row)))
    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    console.print(table)
    for row in rows:
        for problem in row.problems:
            typer.echo(f"{row.folder}: {problem}")


def _cells(row: Row) -> tuple[str, ...]:
    from recordings.library import words

    broken = row.state == "broken"
    return (
        words.when_words(row), words.levels_words(row), words.volume_words(row),
        "" if broken else words.leak_words(row), "" if broken else words.alarm_words(row),
        words.duration_words(row.facts.duration_s), words.size_words(row.size_bytes), row.operator or "",
        words.source_words(row), row.state, ", ".join(row.tags),
    )  # fmt: skip


def _print_sum(rows: Sequence[Row], search: str, retention: float | None) -> None:
    from recordings.library.words import size_words

    if not rows:
        nothing = "nothing matches" if search else "no sessions"
        typer.echo(nothing if retention is None else f"nothing is older than {retention:g} days")
        return
    count = "1 session" if len(rows) == 1 else f"{len(rows)} sessions"
    older = "" if retention is None else f" older than {retention:g} days; nothing was deleted"
    typer.echo(f"{count}, {size_words(sum(row.size_bytes for row in rows))}{older}")
