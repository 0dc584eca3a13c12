"""A peer that says what a test tells it to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import ModalityWorklistInformationFind

from recordings.network.address import Peer
from recordings.network.association import Patience
from recordings.network.contexts import FINDS, GETS, MOVES

QUICK = Patience(connect_s=5, answer_s=5, silence_s=5)
EVERYTHING = (*FINDS, *GETS, *MOVES, ModalityWorklistInformationFind)


@contextmanager
def peer(
    handlers: dict[Any, Callable[..., Any]], models: Iterable[str] = EVERYTHING, storing: Iterable[str] = ()
) -> Iterator[Peer]:
    """Listens on the loopback, and answers as the handlers do; sends objects of the classes `storing`."""
    ae = AE("SCRIPTED")
    ae.require_called_aet = True
    ae.dimse_timeout = ae.network_timeout = ae.acse_timeout = 5
    for sop_class in storing:
        ae.add_supported_context(sop_class, scu_role=True, scp_role=True)
    for model in models:
        ae.add_supported_context(model)
    at_once = {evt.EVT_CONN_OPEN: _at_once, **handlers}
    server = ae.make_server(("127.0.0.1", 0), evt_handlers=list(at_once.items()))
    ae._servers.append(server)  # as `start_server` does, which looks twice a second whether it is to end
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Peer("SCRIPTED", "127.0.0.1", server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _at_once(event: evt.Event) -> None:
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def answering(answers: Iterable[Any], final: int = 0x0000) -> dict[Any, Callable[..., Any]]:
    """Handlers of a C-FIND that gives these identifiers, and notes in `answering.cancelled` what it saw."""

    def find(event: evt.Event) -> Iterator[tuple[Any, Any]]:
        for answer in answers:
            if event.is_cancelled:
                yield 0xFE00, None
                return
            yield 0xFF00, answer
        if final:
            yield final, None

    return {evt.EVT_C_FIND: find}


def answer(**fields: Any) -> Dataset:
    """An identifier."""
    made = Dataset()
    for keyword, value in fields.items():
        setattr(made, keyword, value)
    return made
