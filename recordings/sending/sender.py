"""Takes a queue to its peers: sends, asks for commitment, listens for reports, and tries again what failed.

One sender at a time works on a queue. It keeps nothing but what is in the queue, so that it can be killed at
any moment and gone on with by another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pynetdicom.association import Association

from monitor.errors import InputError, NetworkError, OutputError
from recordings.network.association import Patience
from recordings.network.contexts import commitment
from recordings.network.tls import TlsFiles
from recordings.sending import locks
from recordings.sending.answers import refused_for_good
from recordings.sending.associations import Seen, open_association
from recordings.sending.backoff import Policy
from recordings.sending.commitment import MOST_REFERENCES, Reports, ask
from recordings.sending.entry import Entry, Route, Stage
from recordings.sending.listening import Listener, listening
from recordings.sending.queue import SendQueue
from recordings.sending.storing import store

_LOOK_S = 1.0
_ANSWER_S = 5.0
_Place = tuple[str, int, str, TlsFiles | None]
"""Where reports are taken: host, port, our title, and by which files, since what one takes is not to come to
the other in the clear."""


@dataclass
class _Open:
    """An association on which commitment was asked for, kept open for a report."""

    association: Association
    transactions: set[str]
    until_s: float
    stack: ExitStack


class Sender:
    """Works on a queue; made by `sending`.

    Parameters
    ----------
    queue : SendQueue
    clock_s : callable
        Unix time (s): what is waited for outlives this process.
    policy : Policy
    patience : Patience
        With one answer of a peer.
    tell : callable
        Takes a line on each thing that happens. It names objects as the queue does, never by what is in them.
    """

    def __init__(
        self,
        queue: SendQueue,
        *,
        clock_s: Callable[[], float],
        policy: Policy | None = None,
        patience: Patience | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.queue = queue
        self._clock_s = clock_s
        self._policy = policy or Policy()
        self._patience = patience or Patience()
        self._tell = tell
        self.reports = Reports(queue, clock_s, self._policy, tell)
        self._open: list[_Open] = []
        self._listening = ExitStack()
        self._listeners: dict[_Place, Listener | None] = {}

    def listen(self) -> tuple[int, ...]:
        """Listen for reports wherever the routes of the queue say so: the ports.

        Where that is not possible it is told, and reports can come on our own associations alone.
        """
        wanted: dict[_Place, list[Route]] = {}
        for entry in self.queue.entries():
            route = entry.route
            if route.commit and route.listen_port is not None:
                place = route.listen_host, route.listen_port, route.aet, route.tls
                wanted.setdefault(place, []).append(route)
        for place, routes in wanted.items():
            peers = [route.peer.aet for route in routes]
            if place not in self._listeners:
                self._listeners[place] = self._listener(*place, peers)
            listener = self._listeners[place]
            if listener is not None:
                listener.allow(peers)
        return tuple(listener.port for listener in self._listeners.values() if listener is not None)

    def _listener(
        self, host: str, port: int, aet: str, tls: TlsFiles | None, peers: Sequence[str]
    ) -> Listener | None:
        try:
            return self._listening.enter_context(
                listening(host, port, aet, peers, self.reports, tls=tls, patience=self._patience)
            )
        except InputError as error:
            self._tell(f"no reports can be taken: {error}")
            return None

    def round(self) -> None:
        """Do what is due now: send, and ask for commitment.

        Raises
        ------
        OutputError
            The queue cannot be written.
        """
        self.listen()
        self._close_open(everything=False)
        for route, due in self._due(Stage.QUEUED):
            store(
                self.queue, route, due, clock_s=self._clock_s, policy=self._policy, patience=self._patience,
                tell=self._tell,
            )  # fmt: skip
        for route, due in self._due(Stage.SENT, Stage.ASKED):
            self._ask(route, due)

    def run(self, names: Sequence[str] | None, wait_s: float) -> None:
        """Work until nothing is left to be done, or for so long.

        Parameters
        ----------
        names : sequence of str or None
            Whose end is waited for; None: everything's. Whatever else is due is done as well.
        wait_s : float
            0: one round.
        """
        until_s = self._clock_s() + wait_s
        while True:
            self.reports.came.clear()
            self.round()
            now_s = self._clock_s()
            wake_s = self._wake_s(names, until_s)
            if wake_s is None or now_s >= until_s:
                return
            # not for longer: another process may have queued something, or an answer may not have gone out
            self.reports.came.wait(min(max(0.0, min(wake_s, until_s) - now_s), _LOOK_S))

    def close(self) -> None:
        """End every association, and listen no more; who is just reporting gets an answer before."""
        self.reports.settle(_ANSWER_S)
        self._close_open(everything=True)
        self._listening.close()

    def _wake_s(self, names: Sequence[str] | None, until_s: float) -> float | None:
        """When there is something to be done again; None where nothing is to be expected by `until_s`."""
        waiting = [
            entry
            for entry in self.queue.entries()
            if (names is None or entry.name in names) and not entry.given_up
        ]
        asked = any(entry.stage is Stage.ASKED for entry in waiting)
        wakes_s = [entry.next_try_s for entry in waiting if entry.next_try_s is not None]
        if not wakes_s or (min(wakes_s) > until_s and not asked):
            return None
        return min([*wakes_s, *(held.until_s for held in self._open)])

    def _due(self, *stages: Stage) -> list[tuple[Route, list[Entry]]]:
        now_s = self._clock_s()
        # nothing waits longer than this: a later time comes from a clock that was set back
        latest_s = now_s + max(self._policy.failed.most_s, self._policy.unanswered.most_s)
        by_route: dict[Route, list[Entry]] = {}
        for entry in self.queue.entries():
            due_s = entry.next_try_s
            if entry.stage in stages and due_s is not None and not now_s < due_s <= latest_s:
                by_route.setdefault(entry.route, []).append(entry)
        return list(by_route.items())

    def _ask(self, route: Route, entries: Sequence[Entry]) -> None:
        seen, stack = Seen(self._patience.silence_s), ExitStack()
        try:
            association = stack.enter_context(
                open_association(route, commitment(), seen, self._patience, self.reports)
            )
        except OutputError:
            raise
        except (NetworkError, InputError) as error:
            took_nothing = seen.association is not None and bool(seen.association.rejected_contexts)
            reason = str(error).removeprefix(f"{route.peer}: ")
            if took_nothing:
                reason = "the peer does not offer storage commitment"
            never = took_nothing or refused_for_good(seen.rejection)
            names = [entry.name for entry in entries]
            self.queue.failed(names, reason, self._clock_s(), None if never else self._policy.failed)
            self._tell(f"{route.peer}: {reason}")
            return
        with stack:
            asked = {
                ask(
                    self.queue, association, part, clock_s=self._clock_s, policy=self._policy, tell=self._tell
                )
                for part in (
                    entries[at : at + MOST_REFERENCES] for at in range(0, len(entries), MOST_REFERENCES)
                )
            }
            transactions = {transaction for transaction in asked if transaction is not None}
            if transactions and association.is_established:
                until_s = self._clock_s() + self._policy.hold_s
                self._open.append(_Open(association, transactions, until_s, stack.pop_all()))

    def _close_open(self, *, everything: bool) -> None:
        """Close associations whose requests are answered or not in time, and those that are gone."""
        asked = {entry.transaction for entry in self.queue.entries() if entry.stage is Stage.ASKED}
        kept = []
        for held in self._open:
            idle = not held.transactions & asked or self._clock_s() >= held.until_s
            idle = idle and not self.reports.owes(held.association)
            if everything or idle or not held.association.is_established:
                held.stack.close()
            else:
                kept.append(held)
        self._open = kept


@contextmanager
def sending(
    queue: SendQueue,
    *,
    clock_s: Callable[[], float],
    policy: Policy | None = None,
    patience: Patience | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Iterator[Sender | None]:
    """Be the one sender of a queue; None where another one is at work.

    What a kill has left behind is removed first.
    """
    with locks.held(queue.folder / locks.SENDING) as alone:
        if not alone:
            yield None
            return
        queue.tidy()
        sender = Sender(queue, clock_s=clock_s, policy=policy, patience=patience, tell=tell)
        try:
            yield sender
        finally:
            sender.close()
