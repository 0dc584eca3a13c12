"""Where a peer opens an association to us in order to report on storage commitment."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from socketserver import BaseServer
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    Verification,
)
from pynetdicom.transport import ThreadedAssociationServer

from monitor.errors import InputError
from recordings.network.association import Patience, entity
from recordings.network.contexts import PLAIN_SYNTAXES
from recordings.network.tls import TlsFiles, server_context

_MOST_ASSOCIATIONS = 10
_POLL_S = 0.05


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
    on_report: Callable[[Any], Any],
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
    with ExitStack() as stack:
        try:
            bound = stack.enter_context(
                served(ae, host, port, [(evt.EVT_N_EVENT_REPORT, on_report)], secured)
            )
        except OSError as error:
            raise InputError(f"--port {port}: cannot listen on {host}: {error.strerror or error}") from error
        yield Listener(ae, bound)


class _Server(ThreadedAssociationServer):
    """One that ends as soon as it is asked to, and not half a second later."""

    def serve_forever(self, poll_interval: float = _POLL_S) -> None:
        super().serve_forever(poll_interval)

    def shutdown(self) -> None:
        BaseServer.shutdown(self)  # pynetdicom's wants to be one of those that it has started itself
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
