"""Where a peer opens an association to us in order to report on storage commitment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    Verification,
)

from monitor.errors import InputError
from recordings.network.association import Patience, entity
from recordings.network.contexts import PLAIN_SYNTAXES
from recordings.network.tls import TlsFiles, server_context

_MOST_ASSOCIATIONS = 10


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
    try:
        server = ae.start_server(
            (host, port), block=False, ssl_context=secured, evt_handlers=[(evt.EVT_N_EVENT_REPORT, on_report)]
        )
    except OSError as error:
        raise InputError(f"--port {port}: cannot listen on {host}: {error.strerror or error}") from error
    if server is None:  # only where it blocks
        raise InputError(f"--port {port}: cannot listen on {host}")
    try:
        yield Listener(ae, int(server.server_address[1]))
    finally:
        server.shutdown()
