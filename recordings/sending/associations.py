"""An association for sending, and what of it is needed once it has failed."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.presentation import PresentationContext

from recordings.network.association import Patience, associated
from recordings.sending.commitment import Reports
from recordings.sending.entry import Route

_MOST_WAITING = 64
"""PDUs that wait for the network; the rest of an object stays on the disk."""
_PAUSE_S = 0.001
_TRANSFER = "Sta6"
"""State of an association that is established (PS3.8 9.2.1)."""


@dataclass
class Seen:
    """What was seen of an association while it was asked for and used."""

    silence_s: float = 60.0
    """How long the peer may take nothing of what is sent."""
    association: Association | None = None
    rejection: A_ASSOCIATE_RJ | None = None
    aborted_by_us: bool = False
    """We do that where no answer comes in time."""

    def note(self, event: Event) -> None:
        """Take it down before it is known whether it will be established."""
        self.association = event.assoc
        held: Any = event.assoc.dul.socket
        # pynetdicom would wait for ever
        whole_s, rest_s = divmod(self.silence_s, 1)
        patience = struct.pack("@ll", int(whole_s), int(rest_s * 1e6))
        held.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        _hold_back(event.assoc)

    def pdu_received(self, event: Event) -> None:
        """Notice a refusal."""
        if isinstance(event.pdu, A_ASSOCIATE_RJ):
            self.rejection = event.pdu

    def pdu_sent(self, event: Event) -> None:
        """Notice that we gave up."""
        self.aborted_by_us |= isinstance(event.pdu, A_ABORT_RQ)


@contextmanager
def open_association(
    route: Route,
    contexts: Sequence[PresentationContext],
    seen: Seen,
    patience: Patience,
    reports: Reports | None = None,
) -> Iterator[Association]:
    """An association along a route; raises as `associated` does, and `seen` says more then."""
    handlers: list[tuple[Any, ...]] = [
        (evt.EVT_CONN_OPEN, seen.note),
        (evt.EVT_PDU_RECV, seen.pdu_received),
        (evt.EVT_PDU_SENT, seen.pdu_sent),
        (evt.EVT_ABORTED, _let_senders_through),
        (evt.EVT_RELEASED, _let_senders_through),
    ]
    if reports is not None:
        handlers.append((evt.EVT_N_EVENT_REPORT, reports.handle, [route.peer.aet]))
        handlers.append((evt.EVT_PDU_SENT, reports.answered))
    with associated(
        route.peer, route.aet, contexts, tls=route.tls, patience=patience, handlers=handlers
    ) as association:
        yield association


def _hold_back(association: Association) -> None:
    """Let an object be read from the disk no faster than the network takes it: pynetdicom queues it whole."""
    dul: Any = association.dul
    put = dul.send_pdu

    def send_pdu(primitive: object) -> None:
        while (
            isinstance(primitive, P_DATA)
            and dul.to_provider_queue.qsize() >= _MOST_WAITING
            and dul.is_alive()
            and dul.state_machine.current_state == _TRANSFER
        ):
            time.sleep(_PAUSE_S)
        put(primitive)

    dul.send_pdu = send_pdu


def _let_senders_through(event: Event) -> None:
    """Keep pynetdicom from waiting for ever.

    Who sends waits until the association's thread says that it is paused, and that thread ends without saying
    so where the peer has just gone. The request then finds no association, which is told as any failure is.
    """
    event.assoc._is_paused = True
