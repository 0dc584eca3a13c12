"""The upper layer of an association, with bounds on what a peer can make it do.

pynetdicom reads whatever length a PDU states, waits without end for its rest, and looks a thousand times a
second whether something has come. Here each of these has its limit.
"""

from __future__ import annotations

import os
import queue
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, cast

from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.transport import AssociationSocket

from recordings.receiving.limits import Limits

LONGEST_WAIT_S = 0.25
_LINGER_S = 0.05
"""So long a peer that was refused may take to close its side."""
_LARGEST_REQUEST_BYTES = 1 << 18
_SHORT_PDUS = (0x03, 0x05, 0x06, 0x07)
INVALID_PDU, CLOSED = "Evt19", "Evt17"
"""Events of the state machine (PS3.8 table 9-10)."""


class Watch(Protocol):
    """What the layers of an association ask of whoever watches over it."""

    limits: Limits

    def told(self, words: str) -> None:
        """Say what a peer did that nobody should."""
        ...

    def broken(self) -> None:
        """Leave nothing of what was on its way: its end will not come."""
        ...

    def pace(self, count: int) -> None:
        """Read more slowly where too much comes (bytes)."""
        ...

    def pace_message(self) -> None:
        """As `pace`, for messages."""
        ...


class BoundedSocket(AssociationSocket):
    """A connection that is read in large pieces, for so long at most, and waited for without turning."""

    def __init__(self, association: Association, connection: socket.socket, silence_s: float) -> None:
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        super().__init__(association, client_socket=connection)
        self._deadline_s = 0.0
        connection.settimeout(silence_s)

    @property
    def ready(self) -> bool:
        """Whether there is something to read; waits a moment for that, or for something to send."""
        return self.ready_within(LONGEST_WAIT_S)

    def ready_within(self, longest_s: float) -> bool:
        """As `ready`, for so long at most (s)."""
        connection = self.socket
        if connection is None or not self._is_connected:
            return False
        if isinstance(connection, ssl.SSLSocket) and connection.pending():
            return True
        wait_s = longest_s if self.event_queue.empty() else 0.0
        try:
            found = select.select([connection.fileno(), self._wake_read], [], [], wait_s)[0]
            if self._wake_read in found:
                os.read(self._wake_read, 4096)
        except (OSError, ValueError):
            self.event_queue.put(CLOSED)
            return False
        return any(fd != self._wake_read for fd in found)

    def wake(self) -> None:
        """End a wait: there is something to send."""
        with suppress(OSError):
            os.write(self._wake_write, b"\0")

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes, fewer where the peer closes.

        Raises
        ------
        OSError
            The connection failed, or nothing came for too long.
        """
        held = bytearray(nr_bytes)
        view, done = memoryview(held), 0
        connection = cast(socket.socket, self.socket)
        while done < nr_bytes:
            if time.monotonic() > self._deadline_s:
                raise TimeoutError("a PDU did not come to its end")
            count = connection.recv_into(view[done:])
            if not count:
                break
            done += count
        view.release()
        del held[done:]
        return held

    def allow_s(self, seconds: float) -> None:
        """How long what is read from now on may take."""
        self._deadline_s = time.monotonic() + seconds

    def pass_over(self) -> None:
        """Throw away what has come; closes where the peer has. So that an A-ABORT is not lost with it."""
        connection = self.socket
        try:
            if connection is None or not connection.recv(1 << 16):
                self.close()
        except OSError:
            self.close()

    def _shutdown_socket(self) -> None:
        """Close it also where the peer has gone already: pynetdicom leaves it open then."""
        connection = self.socket
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def close_wake(self) -> None:
        """Release the means to wake it; the connection is closed by then."""
        for fd in (self._wake_read, self._wake_write):
            with suppress(OSError):
                os.close(fd)
        self._wake_read = self._wake_write = -1


class _WakingQueue(queue.Queue[Any]):
    """A queue that ends the wait of whoever sends from it."""

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake = wake

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ANN401
        super().put(item, block, timeout)
        self._wake()


class BoundedDul(DULServiceProvider):
    """The upper layer of one association: no PDU is read that is larger than agreed on."""

    def __init__(self, association: Association, watch: Watch) -> None:
        super().__init__(association)
        self._of, self._limits = watch, watch.limits
        self._begun_s = time.monotonic()
        self._ended = False
        self.to_provider_queue = _WakingQueue(self._wake)
        self.daemon = True

    def _wake(self) -> None:
        if isinstance(self.socket, BoundedSocket):
            self.socket.wake()

    def run_reactor(self) -> None:
        """Run to the end of the association; what it cannot go on from ends it."""
        try:
            super().run_reactor()
        except Exception:  # such as an answer to an association that was aborted meanwhile
            self._of.broken()
            self.assoc._kill = True
            self.assoc.is_established = False
            cast(BoundedSocket, self.socket).close()
        finally:
            self.to_user_queue.put(None)  # whoever waits for a request waits in vain

    def kill_dul(self) -> None:
        """End the thread, also where it waits."""
        super().kill_dul()
        self._wake()

    def _is_transport_event(self) -> bool:
        bounded = cast(BoundedSocket, self.socket)
        if self.state_machine.current_state == "Sta13":
            # refused or aborted: nothing that still comes is looked at
            if bounded.ready_within(_LINGER_S):
                bounded.pass_over()
            else:
                bounded.close()
            return True
        if self._ended:
            return False  # what it ended by is still to be acted on
        if time.monotonic() - self._begun_s > self._limits.association_s:
            self._end(INVALID_PDU, "an association without end")
            return True
        return bool(super()._is_transport_event())

    def _read_pdu_data(self) -> None:
        bounded = cast(BoundedSocket, self.socket)
        bounded.allow_s(self._limits.pdu_s)
        try:
            head = bounded.recv(6)
            if len(head) < 6:
                self._end(CLOSED, "")
                return
            kind, _, length = struct.unpack(">BBL", head)
            if length > self._most(kind):
                self._end(INVALID_PDU, "a PDU of an unknown kind or larger than agreed on")
                return
            body = bounded.recv(length)
        except OSError:
            self._end(CLOSED, "a PDU that did not come to its end")
            return
        if len(body) < length:
            self._end(CLOSED, "a PDU that did not come to its end")
            return
        try:
            pdu, event = self._decode_pdu(head + body)
        except Exception:  # whatever the decoder trips over
            self._end(INVALID_PDU, "a PDU that is none")
            return
        self.event_queue.put(event)
        self._recv_pdu.put(pdu)
        self._of.pace(length)

    def _end(self, event: str, words: str) -> None:
        """End the association by an event of the state machine."""
        self._ended = True
        self._of.broken()
        if words:
            self._of.told(words)
        self.event_queue.put(event)

    def _most(self, kind: int) -> int:
        if kind == 0x01:
            return _LARGEST_REQUEST_BYTES
        if kind == 0x04:
            return self._limits.pdu_bytes
        return 4 if kind in _SHORT_PDUS else -1
