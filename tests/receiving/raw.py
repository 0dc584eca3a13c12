"""A peer made of bytes, which does what no library would."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, XRayAngiographicImageStorage
from pynetdicom.dsutils import encode
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from recordings.receiving.identity import Announced

ACCEPTED, REJECTED, ABORTED, DATA = 2, 3, 7, 4
XA, ECHO = 1, 3


def request(called: str = "CW", calling: str = "RAW") -> bytes:
    """An A-ASSOCIATE-RQ for XA storage (context 1) and verification (context 3)."""
    asked = A_ASSOCIATE()
    asked.application_context_name = "1.2.840.10008.3.1.1.1"
    asked.calling_ae_title, asked.called_ae_title = calling, called
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received = 16384
    implementation.implementation_class_uid = "1.2.3.4"
    asked.user_information = [length, implementation]
    contexts = [
        build_context(XRayAngiographicImageStorage, [ExplicitVRLittleEndian]),
        build_context(Verification, [ImplicitVRLittleEndian]),
    ]
    contexts[0].context_id, contexts[1].context_id = XA, ECHO
    asked.presentation_context_definition_list = contexts
    return bytes(A_ASSOCIATE_RQ(asked).encode())


def pdu(kind: int, body: bytes, length: int | None = None) -> bytes:
    """A PDU that may lie about its length."""
    return struct.pack(">BBL", kind, 0, len(body) if length is None else length) + body


def pdv(context: int, control: int, data: bytes) -> bytes:
    """A presentation data value: control is 1 for a command, 2 for the last piece, both or neither."""
    return struct.pack(">LBB", len(data) + 2, context, control) + data


def command(**elements: object) -> bytes:
    """A command set."""
    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    body = encode(ds, True, True)
    assert body is not None
    ds.CommandGroupLength = len(body)
    whole = encode(ds, True, True)
    assert whole is not None
    return whole


def store_command(said: Announced, number: int = 1) -> bytes:
    """A C-STORE-RQ."""
    return command(
        AffectedSOPClassUID=said.sop_class_uid, CommandField=0x0001, MessageID=number, Priority=0,
        CommandDataSetType=0x0001, AffectedSOPInstanceUID=said.sop_instance_uid,
    )  # fmt: skip


def echo_command(number: int = 1, *, data_set: bool = False) -> bytes:
    """A C-ECHO-RQ."""
    return command(
        AffectedSOPClassUID=Verification, CommandField=0x0030, MessageID=number,
        CommandDataSetType=0x0001 if data_set else 0x0101,
    )  # fmt: skip


class Raw:
    """A connection on which anything may be sent."""

    def __init__(self, port: int, timeout_s: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *parts: bytes) -> None:
        """Send bytes; a peer that has hung up already is as good as one that took them."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(b"".join(parts))

    def answer(self) -> tuple[int, bytes]:
        """The next PDU: its kind and what is in it; kind 0 where the connection was closed."""
        head = self._read(6)
        if len(head) < 6:
            return 0, b""
        kind, _, length = struct.unpack(">BBL", head)
        return kind, self._read(length)

    def closed(self) -> bool:
        """Whether nothing but an A-ABORT comes before the connection is closed."""
        kind, _ = self.answer()
        return kind == 0 or (kind == ABORTED and self.answer()[0] == 0)

    def associate(self, called: str = "CW") -> tuple[int, bytes]:
        """Ask for an association."""
        self.send(request(called))
        return self.answer()

    def status(self) -> int:
        """Status of the DIMSE response that comes next."""
        kind, body = self.answer()
        assert kind == DATA, kind
        at = body.index(b"\x00\x00\x00\x09\x02\x00\x00\x00")
        return int.from_bytes(body[at + 8 : at + 10], "little")

    def store(self, said: Announced, pieces: Iterable[bytes]) -> None:
        """A C-STORE-RQ and its data set, a PDU for each piece; the last piece ends it."""
        self.send(pdu(DATA, pdv(XA, 3, store_command(said))))
        held: bytes | None = None
        for piece in pieces:
            if held is not None:
                self.send(pdu(DATA, pdv(XA, 0, held)))
            held = piece
        self.send(pdu(DATA, pdv(XA, 2, held or b"")))

    def _read(self, count: int) -> bytes:
        held = b""
        with suppress(ConnectionResetError):
            while len(held) < count and (part := self.socket.recv(count - len(held))):
                held += part
        return held
