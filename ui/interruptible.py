"""Work on the network that Ctrl+C ends: in order at the first, at once at the second."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from recordings.fetching.operation import Stop

_LOOK_S = 0.1
_IN_ORDER_S = 5.0
_T = TypeVar("_T")


def interruptible(work: Callable[[], _T], stop: Stop) -> _T:
    """Do the work on a thread of its own; what it returns.

    An interrupt asks `stop`, and the work returns what it has; after a while, or at a second interrupt, its
    association is ended. A thread of its own, since an interrupt must not strike while an object is written.
    """
    done: Future[_T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    thread = threading.Thread(target=run, name="network", daemon=True)
    asked_s = 0.0
    with _counted() as interrupts:
        thread.start()
        while thread.is_alive():
            thread.join(_LOOK_S)
            if interrupts and not stop.asked:
                stop.ask()
            asked_s += _LOOK_S if stop.asked else 0.0
            if len(interrupts) > 1 or asked_s >= _IN_ORDER_S:
                stop.force()
                del interrupts[1:]
                asked_s = 0.0
    return done.result()


@contextmanager
def _counted() -> Iterator[list[int]]:
    """Interrupts that have come meanwhile; none of them is raised."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _: came.append(number)) for number in wanted]
    try:
        yield came
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)
