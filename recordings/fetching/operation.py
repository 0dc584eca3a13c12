"""What runs on an association: how it is cancelled, and how much a peer may send at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import evt
from pynetdicom.association import Association

from monitor.errors import NetworkError
from recordings.fetching.statuses import status_of
from recordings.network.address import Peer
from recordings.network.association import Patience, associated
from recordings.network.contexts import plain
from recordings.network.tls import TlsFiles

_MOST_ANSWER_BYTES = 4 << 20
"""Of one answer of a query: thousands of times what it needs."""
_MOST_WAITING = 20_000
"""Answers that have come and were not looked at yet."""


class Stop:
    """Somebody's word that what runs is to end: at first by C-CANCEL, then by the end of the association.

    For any thread but the one that the operation runs on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: tuple[Association, int, str] | None = None
        self._asked = False

    @property
    def asked(self) -> bool:
        """Whether it was said."""
        return self._asked

    def ask(self) -> None:
        """Ask the peer to cancel what runs, and begin nothing more."""
        with self._lock:
            first, self._asked = not self._asked, True
            if first and self._running is not None:
                association, message, model = self._running
                cancel(association, message, model)

    def force(self) -> None:
        """End the association."""
        with self._lock:
            self._asked = True
            running = self._running
        if running is not None:
            end(running[0])

    @contextmanager
    def running(self, association: Association, message: int, model: str) -> Iterator[None]:
        """While this request (message ID, SOP class) is being answered."""
        with self._lock:
            self._running = association, message, model
            if self._asked:
                cancel(association, message, model)
        try:
            yield
        finally:
            with self._lock:
                self._running = None


def cancel(association: Association, message: int, model: str) -> None:
    """Send a C-CANCEL; nothing where the association has ended."""
    with suppress(RuntimeError, ValueError):
        association.send_c_cancel(message, query_model=model)


def end(association: Association) -> None:
    """Abort, and wake whoever waits for an answer."""
    _wake(association)
    association.abort()
    # the abort lets the reactor run to its end, which may have taken that one, and one more
    _wake(association)
    _wake(association)


def _wake(association: Association) -> None:
    """Let whoever waits for a message take it for the end of the association."""
    association.dimse.msg_queue.put((None, None))


class Bounded:
    """Ends an association whose peer sends messages without end: they are in memory until they are read.

    Parameters
    ----------
    most_bytes : int
        Of one message.
    """

    def __init__(self, most_bytes: int = _MOST_ANSWER_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self.heard_s = time.monotonic()
        """When something came last."""
        self.exceeded = False

    @property
    def handlers(self) -> list[tuple[Any, ...]]:
        """As pynetdicom takes them."""
        return [
            (evt.EVT_DATA_RECV, self._received),
            (evt.EVT_DIMSE_RECV, self._whole),
            # pynetdicom goes on waiting for a message where it has ended an association for what came
            (evt.EVT_CONN_CLOSE, lambda event: _wake(event.assoc)),
        ]

    def _received(self, event: evt.Event) -> None:
        self.heard_s = time.monotonic()
        self._bytes += len(event.data)
        if self._bytes > self._most_bytes:
            self._end(event.assoc)

    def _whole(self, event: evt.Event) -> None:
        self._bytes = 0
        if event.assoc.dimse.msg_queue.qsize() > _MOST_WAITING:
            self._end(event.assoc)

    def _end(self, association: Association) -> None:
        if not self.exceeded:
            self.exceeded = True
            _wake(association)


@dataclass(frozen=True, slots=True)
class Link:
    """An open association with a peer that is asked something."""

    association: Association
    peer: Peer
    bounded: Bounded | None = None

    def takes(self, model: str) -> bool:
        """Whether the peer has agreed to a SOP class."""
        return any(context.abstract_syntax == model for context in self.association.accepted_contexts)

    def answers(
        self, responses: Iterator[tuple[Dataset, Dataset | None]], what: str
    ) -> Iterator[tuple[Dataset, Dataset | None]]:
        """(Status, identifier) of a request, up to the final status.

        Parameters
        ----------
        responses : iterator
            Of pynetdicom.
        what : str
            The request, as in an error.

        Raises
        ------
        NetworkError
            The association was lost, or the peer fell silent.
        """
        asked_s = time.monotonic()
        for status, identifier in responses:
            too_much = self.bounded is not None and self.bounded.exceeded
            if status_of(status) is None or too_much:
                why = self._lost(time.monotonic() - asked_s)
                raise NetworkError(f"{self.peer}: {what}: {why}")
            yield status, identifier
            asked_s = time.monotonic()

    def _lost(self, waited_s: float) -> str:
        if self.bounded is not None and self.bounded.exceeded:
            return "an answer is too large, or they come too fast"
        patience_s = self.association.dimse_timeout
        if patience_s is not None and waited_s >= patience_s:
            return f"no answer within {patience_s:g} s"
        return "the association ended before the answer was complete"


@contextmanager
def asking(
    peer: Peer, aet: str, models: Sequence[UID], tls: TlsFiles | None = None, patience: Patience | None = None
) -> Iterator[Link]:
    """An association for queries of these SOP classes. Raises as `associated`."""
    bounded = Bounded()
    with associated(
        peer, aet, plain(*models), tls=tls, patience=patience, handlers=bounded.handlers
    ) as association:
        yield Link(association, peer, bounded)
