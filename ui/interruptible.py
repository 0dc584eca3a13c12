"""Work on the network that Ctrl+C ends: in order at the first, at once at the second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from recordings.fetching.operation import Stop

_LOOK_S = 0.1
_IN_ORDER_S = 5.0
_T = TypeVar("_T")


def interruptible(work: Callable[[], _T], stop: Stop) -> _T:
    """Do the work on a thread of its own; what it returns.

    An interrupt asks `stop`, and the work returns what it has; after a while, or at a second interrupt, its
    association is ended, and it raises. A thread of its own, since an interrupt must not strike while an
    object is being written.
    """
    done: Future[_T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    thread = threading.Thread(target=run, name="network", daemon=True)
    thread.start()
    waited_s = 0.0
    while thread.is_alive():
        try:
            thread.join(_LOOK_S)
        except KeyboardInterrupt:
            if stop.asked:
                stop.force()
            stop.ask()
        if stop.asked:
            waited_s += _LOOK_S
            if waited_s >= _IN_ORDER_S:
                stop.force()
                waited_s = 0.0
    return done.result()
