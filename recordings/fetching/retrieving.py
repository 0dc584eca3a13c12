"""C-GET and C-MOVE: one request at a time, with its sub-operations told as they go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import build_role, evt

from monitor.errors import NetworkError
from recordings.fetching.answer import texts
from recordings.fetching.operation import Bounded, Link, Stop, end
from recordings.fetching.statuses import CANCELLED, SOME_FAILED, SUCCESS, status_of, words_of
from recordings.network.address import Peer
from recordings.network.association import Patience, associated
from recordings.network.contexts import GETS, MOVES, plain, retrieved
from recordings.network.tls import TlsFiles
from recordings.receiving.identity import Announced, Refused
from recordings.receiving.keep import Keeper
from recordings.receiving.server import Receiver, Refusal

_MESSAGE = 1
_LARGEST_GOT_BYTES = 2 << 30
_LOOK_S = 0.5
SILENCE_S = 300.0
"""Without a byte, or an object kept, a retrieval is given up (s): an archive may have to fetch from tape."""


@dataclass(frozen=True, slots=True)
class SubOperations:
    """How far a request has come (PS3.4 C.4.2.1.6 to C.4.2.1.9). None: the peer does not tell."""

    remaining: int | None
    completed: int | None
    failed: int | None
    warning: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request has ended.

    Parameters
    ----------
    problem : str
        What the peer says, where not all is well; empty: nothing.
    failed_uids : tuple of str
        Objects that the peer names as failed.
    failed : int or None
        How many have failed, by the peer's count; None: it does not tell.
    """

    problem: str = ""
    failed_uids: tuple[str, ...] = ()
    failed: int | None = None


Tell = Callable[[SubOperations], None]
Retrieve = Callable[[Dataset, Tell], Outcome]
"""Asks for what an identifier names, and returns once all of it was sent."""


@dataclass(frozen=True, slots=True)
class Terms:
    """With whom, and how.

    Parameters
    ----------
    peer : Peer
    aet : str
        What we call ourselves; for a C-MOVE the title that the peer knows our address by.
    patient_root : bool
        Whether requests begin with a patient.
    silence_s : float
        See `SILENCE_S`.
    """

    peer: Peer
    aet: str
    patient_root: bool = False
    tls: TlsFiles | None = None
    patience: Patience | None = None
    silence_s: float = SILENCE_S


@contextmanager
def getting(
    terms: Terms, keeper: Keeper, sop_classes: Sequence[UID], refused: Callable[[str, str], None], stop: Stop
) -> Iterator[Retrieve]:
    """Retrieve by C-GET: objects come on the association that asks for them. Each is in memory once.

    Parameters
    ----------
    keeper : Keeper
        Keeps what comes.
    sop_classes : sequence of UID
        What may come.
    refused : callable
        Given the SOP instance UID of what was not kept, and why.

    Raises
    ------
    NetworkError
        See `associated`; or the peer has no C-GET.
    """
    model = GETS[terms.patient_root]
    bounded = Bounded(_LARGEST_GOT_BYTES)

    def store(event: evt.Event) -> Dataset:
        request: Any = event.request
        announced = Announced(
            str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID),
            str(event.context.transfer_syntax),
        )  # fmt: skip
        incoming = keeper.begin(announced)
        try:
            incoming.write(request.DataSet.getbuffer())
            incoming.finish()
        except Refused as error:
            refused(announced.sop_instance_uid, str(error))
            return _stored(error.status, str(error))
        finally:
            incoming.discard()
        return _stored(SUCCESS, "")

    with associated(
        terms.peer, terms.aet, retrieved(model, sop_classes), tls=terms.tls, patience=terms.patience,
        roles=[build_role(sop_class, scp_role=True) for sop_class in sop_classes],
        handlers=[*bounded.handlers, (evt.EVT_C_STORE, store)],
    ) as association:  # fmt: skip
        link = Link(association, terms.peer, bounded)
        if not link.takes(model):
            raise NetworkError(f"{terms.peer}: has no C-GET for us (try --move)")

        def retrieve(identifier: Dataset, tell: Tell) -> Outcome:
            with stop.running(association, _MESSAGE, model), _heard(link, bounded, terms.silence_s):
                responses = association.send_c_get(identifier, model, msg_id=_MESSAGE)
                return _followed(link, responses, "C-GET", tell)

        yield retrieve


@contextmanager
def moving(
    terms: Terms, keeper: Keeper, host: str, port: int, refused: Callable[[str, str], None], stop: Stop,
    serving: TlsFiles | None = None,
) -> Iterator[Retrieve]:  # fmt: skip
    """Retrieve by C-MOVE: the peer sends to an SCP of our own, which listens meanwhile.

    Parameters
    ----------
    host, port : str, int
        Where we listen; the peer has to know it by our AE title.
    refused : callable
        Given the SOP instance UID of what was not kept (empty: no object), and why.
    serving : TlsFiles or None
        With TLS for what comes.

    Raises
    ------
    OutputError
        The address cannot be listened on.
    NetworkError
        See `associated`; or the peer has no C-MOVE.
    """
    model = MOVES[terms.patient_root]
    bounded = Bounded()

    def told(refusal: Refusal) -> None:
        uid = "" if refusal.announced is None else refusal.announced.sop_instance_uid
        refused(uid, refusal.words)

    def kept(*_: object) -> None:
        bounded.heard_s = time.monotonic()

    receiver = Receiver(keeper, terms.aet, host, port, tls=serving, on_kept=kept, on_refused=told)
    with ExitStack() as stack:
        receiver.start()
        stack.callback(receiver.stop)
        association = stack.enter_context(
            associated(
                terms.peer,
                terms.aet,
                plain(model),
                tls=terms.tls,
                patience=terms.patience,
                handlers=bounded.handlers,
            )
        )
        link = Link(association, terms.peer, bounded)

        def retrieve(identifier: Dataset, tell: Tell) -> Outcome:
            with stop.running(association, _MESSAGE, model), _heard(link, bounded, terms.silence_s):
                responses = association.send_c_move(identifier, terms.aet, model, msg_id=_MESSAGE)
                return _followed(link, responses, "C-MOVE", tell)

        yield retrieve


def _followed(link: Link, responses: Any, what: str, tell: Tell) -> Outcome:  # noqa: ANN401 - pynetdicom's
    """Tell of every response up to the final one."""
    status, named = Dataset(), tuple[str, ...]()
    for status, identifier in link.answers(responses, what):
        tell(_sub_operations(status))
        named = _failed_in(identifier)
    failed = _count(status, "Failed")
    code = status_of(status)
    if code == SUCCESS and not failed:
        return Outcome(failed=failed)
    if code in (SUCCESS, SOME_FAILED):
        count = len(named) if failed is None else failed
        return Outcome(f"{link.peer}: {what}: {count} objects could not be sent", named, failed)
    if code == CANCELLED:
        return Outcome(f"{link.peer}: {what}: cancelled", named, failed)
    return Outcome(f"{link.peer}: {what}: {words_of(status)}", named, failed)


def _sub_operations(status: Dataset) -> SubOperations:
    return SubOperations(*(_count(status, of) for of in ("Remaining", "Completed", "Failed", "Warning")))


def _count(status: Dataset, of: str) -> int | None:
    value = status.get(f"NumberOf{of}Suboperations")
    return value if isinstance(value, int) else None


def _failed_in(identifier: Dataset | None) -> tuple[str, ...]:
    try:
        return () if identifier is None else texts(identifier.get("FailedSOPInstanceUIDList"))
    except Exception:
        # what the peer names cannot be read
        return ()


@contextmanager
def _heard(link: Link, bounded: Bounded, silence_s: float) -> Iterator[None]:
    """End the association where nothing is heard for so long; in place of a limit for a whole object."""
    over = threading.Event()
    association = link.association
    bounded.heard_s = time.monotonic()
    patience_s, association.dimse_timeout = association.dimse_timeout, None

    silent = False

    def watch() -> None:
        nonlocal silent
        while not over.wait(min(_LOOK_S, silence_s / 4)):
            if time.monotonic() - bounded.heard_s > silence_s:
                silent = True
                end(association)
                return

    watcher = threading.Thread(target=watch, name="silence", daemon=True)
    watcher.start()
    try:
        yield
    except NetworkError:
        if silent:
            raise NetworkError(f"{link.peer}: retrieval: nothing came for {silence_s:g} s") from None
        raise
    finally:
        over.set()
        watcher.join()
        association.dimse_timeout = patience_s


def _stored(status: int, comment: str) -> Dataset:
    made = Dataset()
    made.Status = status
    if comment:
        made.ErrorComment = comment[:64]
    return made
