"""Tasks in processes of this machine: one that dies or hangs costs its task alone.

The processes are started afresh (spawn) and talk in bytes. They end with the process that started them,
however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("spawn")
_TRIES = 2
_NICER = 10
"""What is measured long after has time; a monitor on the same machine has not."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A task.

    Parameters
    ----------
    key : str
    data : bytes
    limit_s : float
        A process that has not answered by then is ended.
    """

    key: str
    data: bytes
    limit_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: bytes, or why nothing did."""

    key: str
    data: bytes | None = None
    why: str = ""


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    ask: Ask | None = None
    tries: int = 0
    until_s: float = 0.0


def in_processes(work: Callable[[bytes], bytes], asks: Iterable[Ask], workers: int) -> Iterator[Answer]:
    """Do tasks in so many processes; answers come as they are ready, in any order.

    A task whose process dies is tried once more in a new one. No more tasks are taken from `asks` than there
    are processes.

    Parameters
    ----------
    work : callable
        A function of a module, which raises nothing.
    """
    coming = iter(asks)
    again: deque[tuple[Ask, int]] = deque()
    held: list[_Worker] = []

    def give(worker: _Worker) -> bool:
        if again:
            ask, tries = again.popleft()
        elif (following := next(coming, None)) is not None:
            ask, tries = following, 0
        else:
            return False
        worker.ask, worker.tries, worker.until_s = ask, tries + 1, time.monotonic() + ask.limit_s
        with suppress(OSError):  # it has died: seen below
            worker.connection.send_bytes(ask.data)
        return True

    try:
        while True:
            busy = [worker for worker in held if worker.ask is not None]
            for worker in held:
                if worker.ask is None and give(worker):
                    busy.append(worker)
            while len(held) < workers:
                worker = _start(work)
                if not give(worker):
                    _end(worker)
                    break
                held.append(worker)
                busy.append(worker)
            if not busy:
                return
            soonest_s = min(worker.until_s for worker in busy)
            ready = wait([worker.connection for worker in busy], max(0.0, soonest_s - time.monotonic()))
            for worker in busy:
                ask = worker.ask
                assert ask is not None
                if worker.connection in ready:
                    data = _received(worker)
                    if data is not None:
                        worker.ask = None
                        yield Answer(ask.key, data)
                        continue
                    why = _ended(worker)
                    held.remove(worker)
                    if worker.tries < _TRIES:
                        again.append((ask, worker.tries))
                    else:
                        yield Answer(ask.key, why=f"measuring it ended its process {_TRIES} times: {why}")
                elif time.monotonic() >= worker.until_s:
                    _end(worker)
                    held.remove(worker)
                    yield Answer(ask.key, why=f"measuring it did not end within {ask.limit_s:.0f} s")
    finally:
        for worker in held:
            _end(worker)


def fault_of(error: Exception) -> str:
    """What nobody thought of and where, without the error's text, which may quote a name out of a file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return f"a fault in this software: {type(error).__name__} in {place}"


def _start(work: Callable[[bytes], bytes]) -> _Worker:
    own, others = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_serve, args=(others, work), name="qa", daemon=True)
    process.start()
    others.close()
    return _Worker(process, own)


def _received(worker: _Worker) -> bytes | None:
    """What a process has answered; None where it has died."""
    try:
        return worker.connection.recv_bytes()
    except (EOFError, OSError):
        return None


def _ended(worker: _Worker) -> str:
    """How a process that has died did so."""
    worker.process.join(10.0)
    code = worker.process.exitcode
    _end(worker)
    if code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit status {code}"


def _end(worker: _Worker) -> None:
    worker.connection.close()
    worker.process.kill()
    worker.process.join()
    worker.process.close()


def _serve(connection: Connection, work: Callable[[bytes], bytes]) -> None:
    """What such a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
    os.nice(_NICER)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            connection.send_bytes(work(connection.recv_bytes()))
