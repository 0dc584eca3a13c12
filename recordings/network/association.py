"""An association with a peer that we ask for, and in one line why there is none."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

from monitor.errors import NetworkError
from recordings.network.address import Peer
from recordings.network.tls import TlsFiles, client_context


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a peer may take (s): to take the connection, for an answer, and between two pieces of one."""

    connect_s: float = 10.0
    answer_s: float = 60.0
    silence_s: float = 60.0


LARGEST_PDU_BYTES = 1 << 18


def entity(aet: str, patience: Patience) -> AE:
    """Our application entity, with bounded patience."""
    ae = AE(ae_title=aet)
    ae.connection_timeout = patience.connect_s
    ae.acse_timeout = patience.answer_s
    ae.dimse_timeout = patience.answer_s
    ae.network_timeout = patience.silence_s
    ae.maximum_pdu_size = LARGEST_PDU_BYTES
    return ae


@contextmanager
def associated(
    peer: Peer,
    aet: str,
    contexts: Sequence[PresentationContext],
    *,
    tls: TlsFiles | None = None,
    patience: Patience | None = None,
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    handlers: Sequence[tuple[Any, ...]] = (),
) -> Iterator[Association]:
    """An association that is released at the end, and aborted where anything was raised.

    Parameters
    ----------
    peer : Peer
    aet : str
        What we call ourselves.
    contexts : sequence of PresentationContext
        At most 128, from `recordings.network.contexts`.
    tls : TlsFiles or None
        None: without TLS.
    roles : sequence of SCP_SCU_RoleSelectionNegotiation
        Where the peer is to send to us on this association.
    handlers : sequence of tuple
        As pynetdicom takes them.

    Raises
    ------
    NetworkError
        The peer cannot be reached, refuses, or takes none of the contexts.
    InputError
        A file of `tls` does not serve.
    """
    patience = patience or Patience()
    ae = entity(aet, patience)
    secured = None if tls is None else client_context(tls)
    opened: list[socket.socket] = []

    def keep(event: evt.Event) -> None:
        held: socket.socket = event.assoc.dul.socket.socket  # type: ignore[union-attr,assignment]
        # a command and its data set are two short writes: the second would wait for the first one's ACK
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.append(held)

    rejections: list[A_ASSOCIATE_RJ] = []
    watched = [
        (evt.EVT_CONN_OPEN, keep),
        (evt.EVT_PDU_RECV, lambda event: _note_rejection(event.pdu, rejections)),
    ]
    try:
        association = ae.associate(
            peer.host, peer.port, contexts=list(contexts), ae_title=peer.aet, ext_neg=list(roles),
            evt_handlers=[*watched, *handlers], tls_args=None if secured is None else (secured, peer.host),
            max_pdu=LARGEST_PDU_BYTES,
        )  # fmt: skip
        if not association.is_established:
            # pynetdicom does not say why there is no connection
            unreachable = None if opened else _unreachable(peer, secured, patience)
            raise NetworkError(f"{peer}: {unreachable or _why_not(association, rejections)}")
        try:
            yield association
        except BaseException:
            if association.is_established:
                association.abort()
            raise
        if association.is_established:
            association.release()
    finally:
        for held in opened:  # pynetdicom leaves one open that the peer has reset
            held.close()


def _note_rejection(pdu: object, rejections: list[A_ASSOCIATE_RJ]) -> None:
    if isinstance(pdu, A_ASSOCIATE_RJ):
        rejections.append(pdu)


def _why_not(association: Association, rejections: Sequence[A_ASSOCIATE_RJ]) -> str:
    answer = association.acceptor.primitive
    for rejection in rejections:
        # pynetdicom takes one for a failed connection where the peer has closed it quickly
        return f"refuses the association: {rejection.reason_str or 'no reason given'}".lower()
    if answer is not None and not association.accepted_contexts:
        return "takes none of what was offered (no presentation context accepted)"
    return "closed the connection, or did not answer in time"


def _unreachable(peer: Peer, secured: ssl.SSLContext | None, patience: Patience) -> str | None:
    """What stands between us and the peer, by trying once more; None where nothing does any longer."""
    step = "connection"
    try:
        with socket.create_connection((peer.host, peer.port), patience.connect_s) as connection:
            if secured is not None:
                step = "TLS with it"
                with secured.wrap_socket(connection, server_hostname=peer.host):
                    pass
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not accepted: {error.verify_message}"
    except ssl.SSLError as error:
        return f"no TLS with it: {(error.reason or str(error)).replace('_', ' ').lower()}"
    except TimeoutError:
        return f"no {step} within {patience.connect_s:g} s"
    except OSError as error:
        return f"no {step}: {(error.strerror or str(error)).lower()}"
    return None
