"""The same tasks on a Dask cluster: a scheduler and workers that were started by hand.

Workers see the sessions at the same path and have the same software; both are looked at before anything is
sent. This process alone writes, and it takes what comes back by its key: a worker that dies has its tasks
done by others, and nothing counts twice.
"""

from __future__ import annotations

import logging
import os
import queue
import re
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from monitor.errors import InputError, NetworkError, one_line
from recordings.qa.run_pool import Answer, Ask
from recordings.qa.run_software import software_of

_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[\w.-]+):(\d{1,5})", re.ASCII)
_ANSWERS_S = 10.0
_FOR_EACH = 4
"""Tasks that are sent ahead, for each thread of a worker."""
_LOOK_S = 1.0
_ALONE_S = 60.0
"""A scheduler without workers for so long has lost them for good: no session is to blame."""
_RETRIES = 1


def check_address(address: str) -> str:
    """The address of a scheduler, as ``tcp://HOST:PORT``.

    Raises
    ------
    InputError
        It is none.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[3]) < 65536:
        raise InputError(f"--cluster {one_line(address)!r}: expected tcp://HOST:PORT or tls://HOST:PORT")
    return address


def on_cluster(
    address: str,
    work: Callable[[bytes], bytes],
    asks: Iterable[Ask],
    *,
    software_version: str,
    folder: str,
) -> Iterator[Answer]:
    """Do tasks on a cluster; answers come as they are ready, in any order.

    Parameters
    ----------
    address : str
        Of the scheduler.
    work : callable
        A function of a module that the workers have, which raises nothing.
    asks : iterable of Ask
        Taken as there is room: a few for each thread of the workers.
    software_version : str
        Of this process; that of the workers must be the same.
    folder : str
        One that every worker must see.

    Raises
    ------
    InputError
        The address is none.
    NetworkError
        The scheduler is not reached, or was lost; has no workers, or none any more; or these have another
        software, or do not see the sessions.
    """
    check_address(address)
    with _connected(address) as client:
        _check_software(client, software_version)
        _check_sees(client, folder)
        yield from _Sender(client, address, work).run(iter(asks))


class _Sender:
    """Keeps the workers busy, and takes what comes back."""

    def __init__(self, client: Any, address: str, work: Callable[[bytes], bytes]) -> None:  # noqa: ANN401
        self._client, self._address, self._work = client, address, work
        self._run = uuid.uuid4().hex
        self._ready: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._sent: dict[str, tuple[Ask, Any]] = {}
        self._alone_since_s: float | None = None

    def run(self, coming: Iterator[Ask]) -> Iterator[Answer]:
        heard_s = time.monotonic()
        more = True
        while True:
            while more and len(self._sent) < self._room():
                ask = next(coming, None)
                if ask is None:
                    more = False
                else:
                    self._send(ask)
            if not self._sent:
                return
            try:
                key = self._ready.get(timeout=_LOOK_S)
            except queue.Empty:
                self._still_there()
                self._has_workers()
                longest_s = max(ask.limit_s for ask, _ in self._sent.values())
                if time.monotonic() - heard_s > longest_s:
                    for key in list(self._sent):
                        ask, future = self._sent.pop(key)
                        future.cancel()
                        yield Answer(ask.key, why=f"no worker answered within {longest_s:.0f} s")
                continue
            heard_s = time.monotonic()
            if key in self._sent:
                answer = self._taken(*self._sent[key])
                del self._sent[key]
                yield answer

    def _room(self) -> int:
        return max(1, _FOR_EACH * self._threads())

    def _threads(self) -> int:
        with _lost(self._address):
            threads: dict[str, int] = self._client.nthreads()
        return sum(threads.values())

    def _has_workers(self) -> None:
        """Raise `NetworkError` where there has been none for long."""
        now_s = time.monotonic()
        if self._threads():
            self._alone_since_s = None
        elif self._alone_since_s is None:
            self._alone_since_s = now_s
        elif now_s - self._alone_since_s > _ALONE_S:
            raise NetworkError(
                f"{self._address}: no worker is left; what was measured before is kept: start again to go on"
            )

    def _send(self, ask: Ask) -> None:
        key = f"cementwatch-qa-{ask.key}-{self._run}"
        with _lost(self._address):
            future = self._client.submit(self._work, ask.data, key=key, pure=False, retries=_RETRIES)
            self._sent[key] = ask, future
            future.add_done_callback(lambda done: self._ready.put(done.key))

    def _taken(self, ask: Ask, future: Any) -> Answer:  # noqa: ANN401
        """What came of a task."""
        if future.status == "cancelled":
            self._still_there()
            raise NetworkError(f"{self._address}: the cluster gave a task up")
        error: BaseException | None = None
        data = None
        with _lost(self._address):
            if future.status == "error":
                error = future.exception(timeout=_ANSWERS_S)
            else:
                data = future.result(timeout=ask.limit_s)
        future.release()
        if isinstance(error, ImportError | AttributeError):
            raise NetworkError(f"{self._address}: a worker has no such software: {one_line(str(error))}")
        if error is not None:
            return Answer(ask.key, why=_words(error))
        return Answer(ask.key, data)

    def _still_there(self) -> None:
        """Raise `NetworkError` where the scheduler is gone."""
        if self._client.status != "running":
            raise _gone(self._address)


def _words(error: BaseException) -> str:
    if type(error).__name__ == "KilledWorker":
        return "measuring it ended the process of every worker that tried"
    return one_line(f"{type(error).__name__}: {error}")


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client of the scheduler.

    Dask writes much on its own; what matters is told in our words.
    """
    from distributed import Client

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    client: Any = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client = Client(  # type: ignore[no-untyped-call]
                address, timeout=_ANSWERS_S, set_as_default=False, name="cementwatch-qa"
            )
            client.wait_for_workers(1, timeout=_ANSWERS_S)
    except Exception as error:
        if client is None:
            raise NetworkError(f"{address}: no Dask scheduler answers there") from error
        _close(client)
        raise NetworkError(f"{address}: the scheduler has no workers") from error
    try:
        yield client
    finally:
        _close(client)


def _close(client: Any) -> None:  # noqa: ANN401
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.close(timeout=2.0)


def _check_software(client: Any, version: str) -> None:  # noqa: ANN401
    own = software_of(version)
    address = client.scheduler.address
    try:
        others = client.run(software_of, version)
    except (ImportError, AttributeError) as error:
        raise NetworkError(f"{address}: a worker has no such software: {one_line(str(error))}") from error
    except Exception as error:
        raise NetworkError(f"{address}: a worker does not answer: {one_line(str(error))}") from error
    for worker, other in sorted(others.items()):
        if other != own:
            raise NetworkError(f"{worker}: measures with {other}, here is {own}: install the same software")


def _check_sees(client: Any, folder: str) -> None:  # noqa: ANN401
    with _lost(client.scheduler.address):
        seen = client.run(os.path.isdir, folder)
    for worker, sees in sorted(seen.items()):
        if not sees:
            raise NetworkError(f"{worker}: does not see {folder}: workers need the sessions at the same path")


@contextmanager
def _lost(address: str) -> Iterator[None]:
    """What Dask raises once the scheduler is gone, as `NetworkError`."""
    try:
        yield
    except NetworkError:
        raise
    except Exception as error:
        raise _gone(address) from error


def _gone(address: str) -> NetworkError:
    return NetworkError(
        f"{address}: the scheduler was lost; what was measured before is kept: start again to go on"
    )
