"""A Storage SCP in a process of its own, so that no peer can hold up what monitors.

The child is told what to do on its standard input, as one JSON line, and tells of everything on its standard
output, a line each. It ends where its input ends: with the process that started it, however that goes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from monitor.errors import CementWatchError, OutputError
from recordings.network.address import Allowed, Peer
from recordings.network.tls import TlsFiles
from recordings.receiving.limits import Limits, Pace

if TYPE_CHECKING:
    from recordings.receiving.keep import Kept
    from recordings.receiving.server import Caller, Refusal

_START_S = 30.0
_STOP_S = 8.0
_NICE = 10
_AGAIN_S = 0.1
_REFUSALS_PER_S = 20.0
_PROGRAM = "from recordings.receiving.process import serve; serve()"

Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Service:
    """What a receiving process is to do.

    Parameters
    ----------
    folder : Path
        Objects are kept side by side in it.
    address : Peer
        What we are called by, and where to listen.
    allowed : tuple of Allowed
        Who may call; empty: everybody who reaches us.
    tls : TlsFiles or None
    limits : Limits
    patience_s : float
        So long it tries to listen: where it takes the place of one that was killed, that one may still do so.
    """

    folder: Path
    address: Peer
    allowed: tuple[Allowed, ...] = ()
    tls: TlsFiles | None = None
    limits: Limits = field(default_factory=Limits)
    patience_s: float = 0.0


class ReceivingProcess:
    """Starts and stops the process, and hands on what it tells.

    Parameters
    ----------
    service : Service
    tell : callable
        Given each thing that happens, on a thread of its own: ``event`` is ``kept`` (``path``, ``frames``,
        ``bytes``, ``new``, ``aet``, ``host``), ``refused`` (``reason``, ``status``, ``aet``, ``host``) or
        ``ended`` (``reason``), after which nothing more comes; not where it has never listened.
    """

    def __init__(self, service: Service, tell: Tell) -> None:
        self._service, self._tell = service, tell
        self._child: subprocess.Popen[bytes] | None = None
        self._listening = threading.Event()
        self._stopping = False
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._read, name="received", daemon=True)
        self.port: int | None = None

    def start(self) -> None:
        """Start it, and wait until it listens.

        Raises
        ------
        OutputError
            It cannot listen, or cannot write to the folder.
        """
        self._child = child = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert child.stdin is not None
        with suppress(OSError):  # what it died of it has told
            child.stdin.write(json.dumps(asdict(self._service), default=str).encode() + b"\n")
            child.stdin.flush()
        self._thread.start()
        heard = self._listening.wait(_START_S)
        if self.port is None:
            self.stop()
            told = self._problem or ("it has died" if heard else f"no answer within {_START_S:g} s")
            raise OutputError(f"dicom://{self._service.address}: {told}")

    def stop(self) -> None:
        """End it; what it is keeping is kept to its end. Any number of times."""
        child, self._stopping = self._child, True
        if child is None:
            return
        if child.stdin is not None:
            with suppress(OSError):
                child.stdin.close()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    def _read(self) -> None:
        assert self._child is not None
        assert self._child.stdout is not None
        with self._child.stdout as lines:
            for line in lines:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if row.get("event") == "listening":
                    self.port = int(row["port"])
                    self._listening.set()
                elif row.get("event") == "problem":
                    self._problem = str(row["reason"])
                else:
                    self._tell(row)
        listened = self.port is not None  # else `start` raises, and says what there is to say
        self._listening.set()
        if listened and not self._stopping:
            with suppress(OSError):
                cast(IO[bytes], self._child.stdin).close()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(_STOP_S)
            self._tell({"event": "ended", "reason": self._problem or "the receiving process has died"})


def serve() -> None:
    """Be the process that receives: read what to do, and do it until the input ends."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nothing else may come between the lines
    lock = threading.Lock()

    def tell(row: Mapping[str, Any]) -> None:
        with lock, suppress(OSError):  # nobody reads any more: the input has ended too
            out.write(json.dumps(row).encode() + b"\n")

    # the end of whoever started it, or its word, ends this one too
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _serve(_service(json.loads(sys.stdin.readline())), tell)
    except CementWatchError as error:
        tell({"event": "problem", "reason": str(error)})
    # a thread that hangs in a read must not keep the process, and with it the port
    os._exit(0)


def _serve(service: Service, tell: Tell) -> None:
    # here, since whoever starts the process has no need of the network's library
    from recordings.receiving.keep import Keeper, side_by_side
    from recordings.receiving.server import Receiver

    limits, pace = service.limits, Pace(_REFUSALS_PER_S)

    def kept(one: Kept, caller: Caller) -> None:
        tell(
            {
                "event": "kept", "path": str(one.path), "frames": one.identity.frames, "bytes": one.bytes,
                "new": one.new, "aet": caller.aet, "host": caller.host,
            }
        )  # fmt: skip

    def refused(one: Refusal) -> None:
        if pace.may(1):
            caller = one.caller
            tell(
                {
                    "event": "refused", "reason": one.words, "status": one.status, "aet": caller.aet,
                    "host": caller.host,
                }
            )  # fmt: skip

    keeper = Keeper(
        service.folder, side_by_side, most_bytes=limits.object_bytes, floor_bytes=limits.floor_bytes
    )
    address = service.address
    receiver = Receiver(
        keeper, address.aet, address.host, address.port, allowed=service.allowed, tls=service.tls,
        limits=limits, on_kept=kept, on_refused=refused,
    )  # fmt: skip
    # not before: it is to listen soon; not later: a thread takes its priority from the one that starts it
    with suppress(OSError):
        os.nice(_NICE)
    until_s = time.monotonic() + service.patience_s
    while True:
        try:
            receiver.start()
            break
        except OutputError:
            if time.monotonic() >= until_s:
                raise
            time.sleep(_AGAIN_S)
    tell({"event": "listening", "port": receiver.port})
    try:
        sys.stdin.read()
    finally:
        receiver.stop()
        keeper.close()


def _service(told: Mapping[str, Any]) -> Service:
    tls = told["tls"]
    return Service(
        Path(told["folder"]),
        Peer(**told["address"]),
        tuple(Allowed(**one) for one in told["allowed"]),
        None if tls is None else TlsFiles(**{name: path and Path(path) for name, path in tls.items()}),
        Limits(**told["limits"]),
        told["patience_s"],
    )
