"""`cementwatch send`: results of a session, or DICOM files, to a PACS by way of a queue on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.dicom_options import (
    AetOption,
    TlsAuthorityOption,
    TlsCertificateOption,
    TlsKeyOption,
    TlsOption,
    tls_of,
)
from ui.options import say
from ui.progress import progress
from ui.results_command import EveryFrameOption, MasksOption, OnlyOption, RunOption, make_results, wish_of
from ui.session_folders import with_second_plane

if TYPE_CHECKING:
    from recordings.network.tls import TlsFiles
    from recordings.results.write import Wish
    from recordings.sending.entry import Entry, Route
    from recordings.sending.queue import SendQueue

_LOOK_S = 0.2
_ALL = "all"


def send(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SESSION...]", help="Folders of recorded sessions; DICOM files, or folders of them."
        ),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="AET@HOST:PORT", help="Whom to send to.")] = None,
    commit: Annotated[
        bool,
        typer.Option("--commit", help="Keep each object until the peer has committed itself to keeping it."),
    ] = False,
    aet: AetOption = "CEMENTWATCH",
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=1,
            max=65535,
            help="Where the peer opens an association to us to report on storage commitment; without it, it "
            "can report on ours alone.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="H", help="Address to listen on there.")
    ] = "127.0.0.1",
    queue: Annotated[
        Path | None,
        typer.Option("--queue", metavar="DIR", help="The queue; without it, in the user's data folder."),
    ] = None,
    wait: Annotated[
        float,
        typer.Option("--wait", min=0, max=1e6, help="How long to send, try again and wait for reports (s)."),
    ] = 60.0,
    pending: Annotated[
        bool, typer.Option("--pending", help="Go on with what is in the queue, where it is due.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show the queue.")] = False,
    retry: Annotated[
        list[str] | None,
        typer.Option("--retry", metavar="NAME", help="Try an object now, whatever failed; or: all."),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", metavar="NAME", help="Forget an object in the queue.")
    ] = None,
    only: OnlyOption = None,
    run: RunOption = True,
    every_frame: EveryFrameOption = False,
    most_masks: MasksOption = None,
    tls: TlsOption = False,
    tls_certificate: TlsCertificateOption = None,
    tls_key: TlsKeyOption = None,
    tls_authority: TlsAuthorityOption = None,
) -> int | None:
    """Send the results of a session, or DICOM files, to a PACS.

    They are queued on disk first, and stay there until they are sent, with --commit until the PACS has
    committed itself to keeping them. Exit status 0 when all are, 1 when something is still queued or failed.
    """
    asked = [bool(sources), pending, listed, bool(retry), bool(drop)]
    if sum(asked) != 1:
        raise InputError("one of SESSION..., --pending, --list, --retry and --drop is needed, and no other")
    if (to is None) == bool(sources):
        raise InputError("--to AET@HOST:PORT is needed with what is to be sent, and with nothing else")
    from monitor.user_folders import user_folder
    from recordings.sending.queue import open_queue

    folder = queue or user_folder("data") / "sending"
    if sources and to is not None:
        wish = wish_of(only, run=run, every_frame=every_frame, most_masks=most_masks)
        files = tls_of(tls, tls_certificate, tls_key, tls_authority)
        route = _route(to, aet, commit, host, port, files)
        with open_queue(folder) as opened:
            return _work(opened, _add(opened, sources, wish, route), wait)
    if not folder.is_dir():
        named = (*(retry or ()), *(drop or ()))
        if named and named != (_ALL,):
            raise InputError(f"{folder}: no queue")
        return None
    with open_queue(folder) as opened:
        if listed:
            for entry in opened.entries():
                typer.echo(f"{entry.what} to {entry.route.peer}: {_standing(entry)}")
            return None
        if drop:
            for name in drop:
                opened.drop(name)
                typer.echo(f"{name}: dropped")
            return None
        names = None
        if retry:
            names = [entry.name for entry in opened.entries()] if retry == [_ALL] else retry
            for name in names:
                opened.find(name)
            opened.retry(names, time.time())
        return _work(opened, names, wait)


def _route(to: str, aet: str, commit: bool, host: str, port: int | None, tls: TlsFiles | None) -> Route:
    """Where to, checked before anything is queued. Raises `InputError`."""
    from recordings.network.address import Peer, check_aet
    from recordings.network.tls import TlsFiles, client_context, server_context
    from recordings.sending.entry import Route

    if tls is not None:
        # whoever goes on with the queue may stand in another folder
        paths = (tls.certificate, tls.key, tls.authority)
        tls = TlsFiles(*(None if path is None else path.absolute() for path in paths))
        client_context(tls)
        if commit and port is not None:
            server_context(tls)
    if port is not None and not commit:
        raise InputError("--port goes with --commit")
    return Route(Peer.parse(to, "--to"), check_aet(aet, "--aet"), commit, host, port, tls)


def _add(queue: SendQueue, sources: Sequence[Path], wish: Wish, route: Route) -> list[str]:
    """Queue everything that is named, or nothing: names of the objects."""
    with ExitStack() as stack:
        paths: list[Path] = []
        for source in sources:
            paths += _objects(source, wish, lambda: stack.enter_context(queue.workshop()))
        with progress("queueing"):
            added = queue.add(paths, route, time.time())
    count = len(added.new) + len(added.already)
    known = f", {len(added.already)} of them already" if added.already else ""
    typer.echo(f"{count} {'object' if count == 1 else 'objects'} queued for {route.peer}{known}")
    return [*added.new, *added.already]


def _objects(source: Path, wish: Wish, workshop: Callable[[], Path]) -> Iterator[Path]:
    """DICOM files that a source stands for; those of a session are made first. Raises `InputError`."""
    from monitor.sources.dicom_file import is_dicom
    from recordings.session import is_session, open_session

    if not source.is_dir():
        yield source
        return
    if is_session(source):
        for folder in with_second_plane(source):
            for made in make_results(open_session(folder), workshop() / "results", wish):
                yield made.path
        return
    found = sorted(path for path in source.rglob("*") if path.is_file() and is_dicom(path))
    if not found:
        raise InputError(f"{source}: no session, and no DICOM files in it")
    yield from found


def _work(queue: SendQueue, names: Sequence[str] | None, wait_s: float) -> int | None:
    """Send for so long; 1 where something of it is left then, a line each."""
    from recordings.sending.sender import sending

    until_s = time.time() + wait_s
    while True:
        with sending(queue, clock_s=time.time, tell=typer.echo) as sender:
            if sender is not None:
                sender.run(names, max(0.0, until_s - time.time()))
        left = _left(queue, names)
        if sender is not None or not left or time.time() >= until_s:
            break
        time.sleep(_LOOK_S)  # another one is at work, and may do ours as well
    if left and sender is None:
        say("another sender is at work on the queue")
    for entry in left:
        say(f"{entry.what} to {entry.route.peer}: {_standing(entry)}")
    others = len(queue.entries()) - len(left)
    if others:
        say(f"{'1 other object is' if others == 1 else f'{others} other objects are'} in the queue (--list)")
    return 1 if left else None


def _left(queue: SendQueue, names: Sequence[str] | None) -> list[Entry]:
    return [entry for entry in queue.entries() if names is None or entry.name in names]


def _standing(entry: Entry) -> str:
    """How far an object has come, in words."""
    words = [entry.stage.value if entry.reason is None else f"failed: {entry.reason}"]
    if entry.next_try_s is None:
        words.append(f"not tried again by itself (--retry {entry.name})")
    elif entry.reason is not None or entry.next_try_s > time.time():
        words.append(f"next try {datetime.fromtimestamp(entry.next_try_s).isoformat(' ', 'seconds')}")
    if entry.warning is not None:
        words.append(entry.warning)
    return "; ".join(words)
