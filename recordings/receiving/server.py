"""The Storage SCP: listens, takes what is negotiated, and tells of everything that came or was refused."""

from __future__ import annotations

import logging
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom.transport import AddressInformation, RequestHandler, ThreadedAssociationServer

from monitor.errors import OutputError
from recordings.network.address import Allowed
from recordings.network.contexts import received
from recordings.network.tls import TlsFiles, server_context
from recordings.receiving.admission import Admission
from recordings.receiving.association import BoundedAssociation, StoringDimse
from recordings.receiving.identity import NOT_SUPPORTED, Announced, Refused
from recordings.receiving.keep import Keeper, Kept
from recordings.receiving.limits import Limits, Pace
from recordings.receiving.upper_layer import BoundedSocket

_LONGEST_COMMENT = 64
_STOP_S = 5.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent something: title as it calls itself, and address."""

    aet: str
    host: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was not taken.

    Parameters
    ----------
    caller : Caller
    words : str
        Why, without anything that an object says of a patient.
    status : int or None
        Of the C-STORE response; None where it was no object.
    announced : Announced or None
    """

    caller: Caller
    words: str
    status: int | None = None
    announced: Announced | None = None


class Receiver:
    """A Storage SCP that listens from `start` to `stop`.

    Parameters
    ----------
    keeper : Keeper
    aet : str
        What we are called by.
    host : str
        Address to listen on.
    port : int
        0: whichever is free.
    allowed : sequence of Allowed
        Who may call; empty: everybody who reaches us.
    tls : TlsFiles or None
    limits : Limits
    on_kept : callable
        Given each object with who sent it, on its association's thread, before it is answered.
    on_refused : callable
        Given each refusal, on any thread.

    Raises
    ------
    InputError
        A host of `allowed` or a file of `tls` does not serve.
    """

    def __init__(
        self,
        keeper: Keeper,
        aet: str,
        host: str,
        port: int,
        *,
        allowed: Sequence[Allowed] = (),
        tls: TlsFiles | None = None,
        limits: Limits | None = None,
        on_kept: Callable[[Kept, Caller], None] = lambda kept, caller: None,
        on_refused: Callable[[Refusal], None] = lambda refusal: None,
    ) -> None:
        self.keeper, self._aet, self._host, self._port = keeper, aet, host, port
        self.limits = limits or Limits()
        self._on_kept, self._on_refused = on_kept, on_refused
        self.admission = Admission(aet, allowed, self.limits)
        self._tls = None if tls is None else server_context(tls)
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        """Port that is listened on. Raises `RuntimeError` before `start`."""
        if self._server is None:
            raise RuntimeError("nobody listens")
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Listen.

        Raises
        ------
        OutputError
            The address cannot be listened on.
        """
        _quiet()
        ae = AE(ae_title=self._aet)
        ae.maximum_pdu_size = self.limits.pdu_bytes
        ae.maximum_associations = 1 << 16  # `Admission` decides
        try:
            address = AddressInformation(self._host, self._port).as_tuple
            server = cast(_Server, ae.make_server(
                address, contexts=received(), evt_handlers=[(evt.EVT_C_STORE, self._store)],
                server_class=_Server, receiver=self, ssl_context=self._tls,
            ))  # fmt: skip
        except OSError as error:
            raise OutputError(
                f"cannot listen on {self._host} port {self._port}: {error.strerror or error}"
            ) from error
        ae._servers.append(server)
        self._server = server
        threading.Thread(target=server.serve_forever, args=(_POLL_S,), name="receiver", daemon=True).start()

    def stop(self) -> None:
        """Listen no more, and abort what still runs; what is being kept is kept to its end."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        until = time.monotonic() + _STOP_S
        associations = server.active_associations
        for association in associations:
            cast(BoundedAssociation, association).end()
        for association in associations:
            if association.ident is not None:  # one that is just being started ends by itself
                association.join(max(0.0, until - time.monotonic()))

    def refused(self, association: BoundedAssociation, words: str) -> None:
        """Tell of what was refused otherwise than by a status."""
        self._on_refused(Refusal(Caller(association.calling, association.host), words))

    def _store(self, event: evt.Event) -> Dataset:
        association = cast(BoundedAssociation, event.assoc)
        caller = Caller(association.calling, association.host)
        request: Any = event.request
        instance = str(request.AffectedSOPInstanceUID or "")
        incoming = cast(StoringDimse, association.dimse).taken(int(request.MessageID or 0), instance)
        if incoming is None:
            return _answer(0xC000, "no data set came")
        announced = incoming.announced
        try:
            if UID(announced.sop_class_uid) != event.context.abstract_syntax:
                incoming.discard()
                raise Refused(NOT_SUPPORTED, "another SOP class than the context is for")
            kept = incoming.finish()
        except Refused as refused:
            self._on_refused(Refusal(caller, str(refused), refused.status, announced))
            return _answer(refused.status, str(refused))
        self._on_kept(kept, caller)
        return _answer(0x0000, "")


class _Server(ThreadedAssociationServer):
    """Accepts within the limits; whatever a peer keeps waiting for waits on a thread of its own."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: Any, receiver: Receiver, **named: Any) -> None:  # noqa: ANN401
        self.receiver = receiver
        limits = receiver.limits
        self.paces = (Pace(limits.bytes_per_s), Pace(limits.messages_per_s))
        self._connections = Pace(limits.connections_per_s)
        super().__init__(*arguments, **{**named, "request_handler": _Handler})

    def get_request(self) -> tuple[socket.socket, Any]:
        wait_s = self._connections.take(1)
        if wait_s > 0:
            time.sleep(wait_s)
        connection, address = cast(socket.socket, self.socket).accept()
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ANN401
        return self.receiver.admission.connected(str(client_address[0]))

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        handed_over = False
        try:
            request.settimeout(self.receiver.limits.greeting_s)
            if self.ssl_context is not None:
                request = self.ssl_context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
            handed_over = True
        except (OSError, ValueError) as error:
            self.shutdown_request(request)
            words = "no TLS" if isinstance(error, ssl.SSLError | TimeoutError) else "closed before it began"
            self.receiver._on_refused(Refusal(Caller("", str(client_address[0])), words))
        finally:
            if not handed_over:
                self.receiver.admission.disconnected(str(client_address[0]))

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        words = f"internal: {type(sys.exception()).__name__}"
        self.receiver._on_refused(Refusal(Caller("", str(client_address[0])), words))


class _Handler(RequestHandler):
    """Makes a `BoundedAssociation` of a connection, otherwise as pynetdicom does."""

    server: _Server

    def _create_association(self) -> BoundedAssociation:
        server, receiver = self.server, self.server.receiver
        association = BoundedAssociation(
            self.ae, str(self.client_address[0]), receiver.keeper.begin, receiver.admission, receiver.limits,
            server.paces, receiver.refused,
        )  # fmt: skip
        association._server = server
        association.name = "AcceptorThread"
        association.set_socket(BoundedSocket(association, self.request, receiver.limits.silence_s))
        association.acceptor.maximum_length = self.ae.maximum_pdu_size
        association.acceptor.ae_title = server.ae_title
        association.acceptor.address_info = self.local
        association.acceptor.implementation_class_uid = self.ae.implementation_class_uid
        association.acceptor.implementation_version_name = self.ae.implementation_version_name
        association.acceptor.supported_contexts = deepcopy(server.contexts)
        association.requestor.address_info = self.remote
        for event, handlers in server._handlers.items():
            if event.is_intervention and handlers:
                association.bind(event, *handlers)
        return association


def _answer(status: int, comment: str) -> Dataset:
    answer = Dataset()
    answer.Status = status
    if comment:
        answer.ErrorComment = comment[:_LONGEST_COMMENT]
    return answer


def _quiet() -> None:
    """Keep pynetdicom from logging what it receives: there are names in it."""
    _config.LOG_HANDLER_LEVEL = "none"
    logger = logging.getLogger("pynetdicom")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)
