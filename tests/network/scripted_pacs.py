"""A PACS that does as it is told, for what no other one can be made to do: fail, forget, report late."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from pynetdicom import AE, build_role, evt
from pynetdicom.dimse_messages import N_ACTION_RSP
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from recordings.network.address import Peer
from recordings.sending.listening import served

AET = "SCRIPTED"


@dataclass
class ScriptedPacs:
    """What it answers, and what it was sent. Statuses and failure reasons go by SOP instance UID."""

    statuses: dict[str, int] = field(default_factory=dict)
    aborts: set[str] = field(default_factory=set)
    failures: dict[str, int] = field(default_factory=dict)
    action_status: int = 0x0000
    reports_on_same: bool = False
    answers_when: threading.Event | None = None
    """Unless it is None, no C-STORE is answered before."""
    reads_when: threading.Event | None = None
    """Unless it is None, nothing of an object is read before."""
    received: list[str] = field(default_factory=list)
    requests: list[Dataset] = field(default_factory=list)
    port: int = 0
    answers: list[int | None] = field(default_factory=list)
    _answered: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def peer(self) -> Peer:
        return Peer(AET, "127.0.0.1", self.port)

    def store(self, event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        self.received.append(uid)
        if self.answers_when is not None:
            self.answers_when.wait(10)
        if uid in self.aborts:
            event.assoc.abort(block=False)
        return self.statuses.get(uid, 0x0000)

    def action(self, event: Any) -> tuple[int, None]:
        self.requests.append(event.action_information)
        if self.reports_on_same:
            self._answered.clear()
            thread = threading.Thread(target=self._report_behind, args=(event.assoc,))
            self._threads.append(thread)
            thread.start()
        return self.action_status, None

    def read(self, event: Any) -> None:
        if self.reads_when is not None and isinstance(event.pdu, P_DATA_TF):
            self.reads_when.wait(10)

    def settled(self) -> list[int | None]:
        """Statuses that it was answered to its reports, once all of them are."""
        for thread in self._threads:
            thread.join(10)
        return self.answers

    def sent(self, event: Any) -> None:
        if isinstance(event.message, N_ACTION_RSP):
            self._answered.set()

    def _report_behind(self, association: Any) -> None:
        assert self._answered.wait(10)
        self.answers.append(self._tell(association, self.requests[-1]))

    def report(
        self,
        to: Peer,
        request: int = -1,
        *,
        aet: str = AET,
        transaction: str | None = None,
        secured: ssl.SSLContext | None = None,
    ) -> int | None:
        """Open an association to whoever asked and report, in the role of the SCP; the answer's status."""
        ae = AE(ae_title=aet)
        role = build_role(StorageCommitmentPushModel, scp_role=True)
        ae.add_requested_context(StorageCommitmentPushModel)
        opened: list[Any] = []
        handlers = [
            (evt.EVT_CONN_OPEN, at_once),
            (evt.EVT_CONN_OPEN, lambda event: opened.append(event.assoc.dul.socket.socket)),
        ]
        association = ae.associate(
            to.host, to.port, ae_title=to.aet, ext_neg=[role], evt_handlers=handlers,
            tls_args=None if secured is None else (secured, to.host),
        )  # fmt: skip
        try:
            if not association.is_established:
                return None
            return self._tell(association, self.requests[request], transaction)
        finally:
            if association.is_established:
                association.release()
            for held in opened:  # pynetdicom leaves one open that the peer has reset
                held.close()

    def _tell(self, association: Any, request: Dataset, transaction: str | None = None) -> int | None:
        told = Dataset()
        told.TransactionUID = transaction or request.TransactionUID
        failed, kept = [], []
        for reference in request.ReferencedSOPSequence:
            if str(reference.ReferencedSOPInstanceUID) in self.failures:
                reference.FailureReason = self.failures[str(reference.ReferencedSOPInstanceUID)]
                failed.append(reference)
            else:
                kept.append(reference)
        if kept:
            told.ReferencedSOPSequence = kept
        if failed:
            told.FailedSOPSequence = failed
        status, _ = association.send_n_event_report(
            told, 2 if failed else 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        )
        return int(status.Status) if "Status" in status else None


def at_once(event: Any) -> None:
    """No waiting for word that the first piece of a message has arrived, and little that is taken unread."""
    event.assoc.dul.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextmanager
def scripted_pacs(
    *, commitment: bool = True, change: Callable[[AE], None] = lambda ae: None
) -> Iterator[ScriptedPacs]:
    """Run one. `change` may set what else its application entity accepts."""
    pacs = ScriptedPacs()
    ae = AE(ae_title=AET)
    ae.require_called_aet = True
    ae.add_supported_context(SecondaryCaptureImageStorage, ExplicitVRLittleEndian)
    if commitment:
        ae.add_supported_context(StorageCommitmentPushModel)
    change(ae)
    handlers = [
        (evt.EVT_C_STORE, pacs.store),
        (evt.EVT_N_ACTION, pacs.action),
        (evt.EVT_DIMSE_SENT, pacs.sent),
        (evt.EVT_PDU_RECV, pacs.read),
        (evt.EVT_CONN_OPEN, at_once),
    ]
    with served(ae, "127.0.0.1", 0, handlers) as pacs.port:
        yield pacs
        pacs.settled()
