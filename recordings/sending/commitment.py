"""Storage commitment as SCU (PS3.4 J): asking for it, and reading what a peer reports.

A report may come on the association on which we asked, or on one that the peer opens to us; soon, or after a
restart of either. So the transaction UID is kept on disk before it is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from monitor.errors import CementWatchError
from recordings.sending.answers import Answer, Verdict, action, uncommitted
from recordings.sending.backoff import Policy
from recordings.sending.entry import Entry, Stage
from recordings.sending.queue import Refused, SendQueue

_REQUEST = 1
"""Action Type ID (PS3.4 Table J.3.2-1)."""
_ALL, _SOME = 1, 2
"""Event Type IDs: everything is kept; there are failures (PS3.4 Table J.3.3-1)."""
_SUCCESS, _PROCESSING_FAILURE, _NO_SUCH_EVENT, _INVALID_ARGUMENT = 0x0000, 0x0110, 0x0113, 0x0115
MOST_REFERENCES = 500
"""In one request."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a peer says: SOP instance UIDs of what it keeps, and of what it does not with the reason."""

    transaction: str
    committed: frozenset[str]
    refused: dict[str, Refused]


def report_of(information: Dataset) -> Report:
    """Read the Event Information of an N-EVENT-REPORT.

    Raises
    ------
    ValueError, AttributeError, TypeError
        It is none.
    """
    failed = {
        str(item.ReferencedSOPInstanceUID): uncommitted(item.get("FailureReason"))
        for item in information.get("FailedSOPSequence") or ()
    }
    kept = {str(item.ReferencedSOPInstanceUID) for item in information.get("ReferencedSOPSequence") or ()}
    # what is said to have failed has, whatever else is said
    return Report(str(information.TransactionUID), frozenset(kept - set(failed)), failed)


class Reports:
    """Takes reports, on whatever association they come, and notes them in the queue."""

    def __init__(
        self, queue: SendQueue, clock_s: Callable[[], float], policy: Policy, tell: Callable[[str], None]
    ) -> None:
        self._queue = queue
        self._clock_s = clock_s
        self._policy = policy
        self._tell = tell
        self._owed: dict[Association, bool] = {}
        """Associations with a report that has no answer on the line yet: whether it was taken."""
        self._changed = threading.Condition()
        self.came = threading.Event()
        """Set by each report, once its answer is on the line: an association may be ended then."""

    def handle(self, event: Event, peer_aet: str | None = None) -> tuple[int, None]:
        """Take an N-EVENT-REPORT, as a handler of pynetdicom; its status.

        Without `peer_aet`, who reports is who asked for the association.
        """
        with self._changed:
            self._owed[event.assoc] = False
        if event.event_type not in (_ALL, _SOME):
            return _NO_SUCH_EVENT, None
        aet = event.assoc.requestor.ae_title if peer_aet is None else peer_aet
        try:
            report = report_of(event.event_information)
        except Exception:  # a peer can write anything there
            return _INVALID_ARGUMENT, None
        try:
            taken = self.take(report, aet.strip())
            with self._changed:
                self._owed[event.assoc] = taken
            return (_SUCCESS if taken else _INVALID_ARGUMENT), None
        except CementWatchError as error:
            self._tell(str(error))
            return _PROCESSING_FAILURE, None

    def take(self, report: Report, peer_aet: str) -> bool:
        """Note a report; False where it answers nothing that we asked this peer. Raises `OutputError`."""
        asked = self._queue.reported(
            report.transaction,
            peer_aet,
            report.committed,
            report.refused,
            self._clock_s(),
            self._policy.failed,
        )
        if asked is None:
            self._tell(f"{peer_aet} reports on a request for commitment that is not known or is done with")
            return False
        for entry in asked:
            if entry.stage is Stage.COMMITTED:
                self._tell(f"{entry.what}: committed by {entry.route.peer}")
            elif entry.stage is Stage.QUEUED and entry.object.sop_instance in report.refused:
                follows = "it is not tried again by itself" if entry.given_up else "it is sent again"
                self._tell(f"{entry.what}: {entry.reason}; {follows}")
        return True

    def answered(self, event: Event) -> None:
        """Notice an answer that goes out, as a handler of pynetdicom."""
        if isinstance(event.pdu, P_DATA_TF):
            with self._changed:
                taken = self._owed.pop(event.assoc, False)
                self._changed.notify_all()
            if taken:
                self.came.set()

    def owes(self, association: Association) -> bool:
        """Whether a report on it is not answered yet: it is not to be ended before."""
        with self._changed:
            return association in self._owed and bool(association.is_established)

    def settle(self, longest_s: float) -> None:
        """Wait until every report is answered, or for so long."""
        with self._changed:
            self._changed.wait_for(
                lambda: not any(association.is_established for association in self._owed), longest_s
            )


def ask(
    queue: SendQueue,
    association: Association,
    entries: Sequence[Entry],
    *,
    clock_s: Callable[[], float],
    policy: Policy,
    tell: Callable[[str], None],
) -> str | None:
    """Ask a peer to commit itself to keeping objects: UID of the request, None where it was not taken.

    Raises
    ------
    OutputError
        The queue cannot be written.
    """
    transaction = str(generate_uid(prefix=None))
    request = Dataset()
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = [_reference(entry) for entry in entries]
    queue.asking((entry.name for entry in entries), transaction, clock_s(), policy.unanswered)
    try:
        status, _ = association.send_n_action(
            request, _REQUEST, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        )
        answer = action(status) or Answer(Verdict.AGAIN, "no answer to the request for storage commitment")
    except RuntimeError:  # the association has ended meanwhile
        answer = Answer(Verdict.AGAIN, "the association ended before storage commitment was asked for")
    except ValueError:
        answer = Answer(Verdict.NEVER, "the peer does not offer storage commitment")
    peer = entries[0].route.peer
    if answer.verdict is Verdict.DONE:
        count = "1 object" if len(entries) == 1 else f"{len(entries)} objects"
        tell(f"{peer}: asked to commit itself to keeping {count}")
        return transaction
    reason = answer.words or "storage commitment refused"
    again = answer.verdict is Verdict.AGAIN
    queue.unasked(transaction, reason, clock_s(), policy.failed if again else None)
    tell(f"{peer}: {reason}{'' if again else '; it is not asked again by itself'}")
    return None


def _reference(entry: Entry) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = UID(entry.object.sop_class)
    item.ReferencedSOPInstanceUID = UID(entry.object.sop_instance)
    return item
