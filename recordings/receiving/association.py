"""An association with us as the acceptor: admitted or rejected, within limits, its objects kept as they come.

pynetdicom collects commands and data sets in memory. Here the data set of a C-STORE goes to the disk as it
comes, and everything else has a largest size.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from pynetdicom.acse import ACSE
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ, DIMSEMessage
from pynetdicom.pdu_primitives import A_ASSOCIATE, P_DATA

from recordings.receiving.admission import Admission, Rejection
from recordings.receiving.identity import Announced
from recordings.receiving.keep import Incoming
from recordings.receiving.limits import Limits, Pace
from recordings.receiving.upper_layer import INVALID_PDU, LONGEST_WAIT_S, BoundedDul, BoundedSocket

_LARGEST_COMMAND_BYTES = 1 << 14
_LARGEST_OTHER_BYTES = 1 << 16
_MOST_AHEAD = 4
"""Objects that a peer may send ahead of their answers, though none were agreed on."""
_REACTOR_S = 0.02
_LONGEST_PACE_S = 0.5

Begin = Callable[[Announced], Incoming]


class StoringDimse(DIMSEServiceProvider):
    """DIMSE of one association: a C-STORE's data set goes where `begin` says, as it comes."""

    def __init__(self, association: BoundedAssociation) -> None:
        super().__init__(association)
        self._of = association
        self._current: Incoming | None = None
        self._message_id = 0
        self._came: deque[tuple[int, Incoming]] = deque()
        self._other_bytes = 0

    def get_msg(self, block: bool = False) -> Any:  # noqa: ANN401 - as pynetdicom's
        """The next message; waits a moment where there is none, so that whoever asks does not turn."""
        try:
            return self.msg_queue.get(timeout=self.dimse_timeout if block else _REACTOR_S)
        except queue.Empty:
            return None, None

    def taken(self, message_id: int, instance: str) -> Incoming | None:
        """The object of the C-STORE request that is served now; None where its data set has not come.

        Parameters
        ----------
        message_id : int
        instance : str
            SOP instance UID of the request: one without a data set must not be answered for the next one's.
        """
        if not self._came:
            return None
        number, incoming = self._came[0]
        if (number, incoming.announced.sop_instance_uid) != (message_id, instance):
            return None
        return self._came.popleft()[1]

    def discard(self) -> None:
        """Leave nothing of objects that were not answered for."""
        for _, incoming in tuple(self._came):
            incoming.discard()
        current = self._current
        if current is not None:
            current.discard()

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take what came in one PDU."""
        for context_id, data in primitive.presentation_data_value_list:
            if not self._receive(context_id, data):
                self._of.broken()
                self.dul.event_queue.put(INVALID_PDU)
                return

    def _receive(self, context_id: int, data: bytes) -> bool:
        """Take a fragment; False where the association has to end."""
        if not data:
            return False
        control = data[0]
        if self._current is not None:
            return self._data(context_id, control, data)
        self._other_bytes += len(data)
        if self._other_bytes > (_LARGEST_COMMAND_BYTES if control & 1 else _LARGEST_OTHER_BYTES):
            self._of.told("a message that is too long")
            return False
        try:
            self._hand_on(context_id, data)
        except Exception:  # whatever the decoder trips over
            self._of.told("a message that is none")
            return False
        if self.message is None:
            self._other_bytes = 0
            self._of.pace_message()
            return self.msg_queue.qsize() <= _MOST_AHEAD
        if control & 3 == 3 and isinstance(self.message, C_STORE_RQ):
            return self._begin(context_id, self.message)
        return True

    def _data(self, context_id: int, control: int, data: bytes) -> bool:
        incoming = cast(Incoming, self._current)
        if control & 1:
            self._of.told("a command within a data set")
            return False
        incoming.write(memoryview(data)[1:])
        if incoming.bytes > 2 * self._of.limits.object_bytes:
            self._of.told("an object without end")
            return False  # it is refused already, and its sender does not stop
        if not control & 2:
            return True
        if len(self._came) >= _MOST_AHEAD:
            self._of.told("too many objects ahead of their answers")
            return False
        self._came.append((self._message_id, incoming))
        self._current, self._other_bytes = None, 0
        # the message is complete for pynetdicom with an empty data set
        self._hand_on(context_id, bytes([control]))
        self._of.pace_message()
        return True

    def _hand_on(self, context_id: int, data: bytes) -> None:
        part = P_DATA()
        part.presentation_data_value_list = [[context_id, data]]  # type: ignore[list-item]  # as it checks
        super().receive_primitive(part)

    def _begin(self, context_id: int, message: DIMSEMessage) -> bool:
        command, context = message.command_set, self._of._accepted_cx.get(context_id)
        if context is None:
            self._of.told("a context that was not agreed on")
            return False
        sop_class, instance = command.get("AffectedSOPClassUID"), command.get("AffectedSOPInstanceUID")
        syntax = context.transfer_syntax[0]
        self._message_id = int(command.get("MessageID") or 0)
        self._current = self._of.begin(Announced(str(sop_class or ""), str(instance or ""), str(syntax)))
        return True


class AdmittingAcse(ACSE):
    """Decides on an association by `Admission` before anything of it is negotiated."""

    def _negotiate_as_acceptor(self) -> None:
        association = cast(BoundedAssociation, self.assoc)
        rejection = association.ask()
        if rejection is None:
            super()._negotiate_as_acceptor()
            return
        association.rejected(rejection)
        self.send_reject(rejection.result, rejection.source, rejection.reason)
        self.assoc.kill()


class BoundedAssociation(Association):
    """An association with us as the acceptor, within limits."""

    def __init__(
        self,
        ae: ApplicationEntity,
        host: str,
        begin: Begin,
        admission: Admission,
        limits: Limits,
        paces: tuple[Pace, Pace],
        tell: Callable[[BoundedAssociation, str], None],
    ) -> None:
        self.limits, self.host, self.begin = limits, host, begin
        self.calling = ""
        self._admission, self._paces, self._tell = admission, paces, tell
        self._admitted = False
        super().__init__(ae, "acceptor")
        self.acse = AdmittingAcse(self)
        self.dul = BoundedDul(self, self)
        self.dimse = StoringDimse(self)
        self.acse_timeout = limits.greeting_s
        self.network_timeout = limits.silence_s
        self.daemon = True

    def end(self) -> None:
        """Abort it, without waiting for that."""
        if self.is_established:
            self.abort(block=False)
        elif isinstance(self.dul.socket, BoundedSocket):
            self.dul.socket.close()

    def ask(self) -> Rejection | None:
        """Whether the association that is requested may be."""
        request = cast(A_ASSOCIATE, self.requestor.primitive)
        self.calling = str(request.calling_ae_title).strip()
        rejection = self._admission.ask(
            self.calling, str(request.called_ae_title), self.host, str(request.application_context_name)
        )
        self._admitted = rejection is None
        return rejection

    def rejected(self, rejection: Rejection) -> None:
        """Say that it may not be."""
        self._tell(self, rejection.words)

    def told(self, words: str) -> None:
        """Say what a peer did that nobody should."""
        self._tell(self, words)

    def broken(self) -> None:
        """Leave nothing of what was on its way: its end will not come."""
        cast(StoringDimse, self.dimse).discard()

    def _abort_blocking(self, block: bool = True) -> None:
        self.broken()
        super()._abort_blocking(block)

    def pace(self, count: int) -> None:
        """Read more slowly where too much comes."""
        self._wait(self._paces[0].take(count))

    def pace_message(self) -> None:
        """As `pace`, for messages."""
        self._wait(self._paces[1].take(1))

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(min(seconds, _LONGEST_PACE_S))

    def run(self) -> None:
        """Serve the association to its end; whatever it ends by, nothing half-written is left."""
        try:
            super().run()
        except Exception as error:  # a peer must not be able to end more than its own association
            self._tell(self, f"internal: {type(error).__name__}")
        finally:
            if self._admitted:
                self._admission.leave(self.host)
            self._admission.disconnected(self.host)
            bounded = self.dul.socket
            if isinstance(bounded, BoundedSocket):
                bounded.close()
                self.dul.kill_dul()
                if self.dul.is_alive():
                    self.dul.join(2 * LONGEST_WAIT_S)
                bounded.close_wake()
            self.broken()
