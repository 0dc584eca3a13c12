"""Where a peer opens an association to us in order to report on storage commitment."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, cast

from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    Verification,
)
from pynetdicom.transport import AssociationServer, ThreadedAssociationServer

from monitor.errors import InputError
from recordings.network.association import Patience, entity
from recordings.network.contexts import PLAIN_SYNTAXES
from recordings.network.tls import TlsFiles, server_context
from recordings.sending.commitment import Reports

_MOST_ASSOCIATIONS = 10
_POLL_S = 0.05
_MOST_BYTES = 16 << 20
"""From one association: some hundred of the largest reports."""


class Listener:
    """Somebody who listens; made by `listening`."""

    def __init__(self, ae: AE, port: int) -> None:
        self._ae = ae
        self.port = port

    def allow(self, peers: Iterable[str]) -> None:
        """Take reports from these application entities too."""
        self._ae.require_calling_aet = sorted({*self._ae.require_calling_aet, *peers})


@contextmanager
def listening(
    host: str,
    port: int,
    aet: str,
    peers: Iterable[str],
    reports: Reports,
    *,
    tls: TlsFiles | None,
    patience: Patience,
) -> Iterator[Listener]:
    """Take N-EVENT-REPORT (and C-ECHO) from these application entities and no other.

    The peer is the SCP of the service although it opens the association: the role that it proposes is taken.

    Raises
    ------
    InputError
        Nobody can listen there, or a certificate does not serve.
    """
    ae = entity(aet, patience)
    ae.maximum_associations = _MOST_ASSOCIATIONS
    ae.require_called_aet = True
    ae.require_calling_aet = sorted(set(peers))
    syntaxes = list(PLAIN_SYNTAXES)
    ae.add_supported_context(StorageCommitmentPushModel, syntaxes, scu_role=True, scp_role=True)
    ae.add_supported_context(Verification, syntaxes)
    secured = None if tls is None else server_context(tls)
    handlers = [
        (evt.EVT_N_EVENT_REPORT, reports.handle),
        (evt.EVT_PDU_SENT, reports.answered),
        (evt.EVT_CONN_OPEN, _bound),
    ]
    with ExitStack() as stack:
        try:
            bound = stack.enter_context(served(ae, host, port, handlers, secured))
        except OSError as error:
            raise InputError(f"--port {port}: cannot listen on {host}: {error.strerror or error}") from error
        yield Listener(ae, bound)


def _bound(event: Event) -> None:
    """End an association that sends too much: pynetdicom takes whatever length is announced into memory."""
    held: Any = event.assoc.dul.socket
    receive, rest_bytes = held.recv, _MOST_BYTES

    def recv(count: int) -> bytearray:
        nonlocal rest_bytes
        rest_bytes -= count
        if rest_bytes < 0:
            held.socket.shutdown(socket.SHUT_RDWR)
            raise OSError("too much")
        return bytearray(receive(count))

    held.recv = recv


class _Server(ThreadedAssociationServer):
    """One that a caller who says nothing does not hold up, and that ends as soon as it is asked to."""

    daemon_threads = True

    def get_request(self) -> tuple[socket.socket, Any]:
        return cast(socket.socket, self.socket).accept()

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  as pynetdicom has it
        # on the caller's own thread; pynetdicom greets by TLS on the one that accepts
        request.settimeout(self.ae.network_timeout)
        try:
            if self.ssl_context is not None:
                request = self.ssl_context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
        except OSError:
            self.shutdown_request(request)

    def serve_forever(self, poll_interval: float = _POLL_S) -> None:
        super().serve_forever(poll_interval)

    def shutdown(self) -> None:
        super(AssociationServer, self).shutdown()  # pynetdicom's wants to be one that it has started itself
        self.server_close()


@contextmanager
def served(
    ae: AE,
    host: str,
    port: int,
    handlers: Sequence[tuple[Any, ...]],
    secured: ssl.SSLContext | None = None,
) -> Iterator[int]:
    """Let an application entity listen; yields the port. Raises `OSError`."""
    server = ae.make_server(
        (host, port), ssl_context=secured, evt_handlers=list(handlers), server_class=_Server
    )
    thread = threading.Thread(target=server.serve_forever, name="listening for reports", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
