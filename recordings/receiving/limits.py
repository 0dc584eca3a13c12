"""What a peer may take of us: associations, sizes, rates, time and room."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a Storage SCP; one set for all peers together unless it says otherwise.

    Parameters
    ----------
    associations, associations_of_a_peer : int
        At once, in all and from one address; more are rejected for the time being.
    connections, connections_of_a_peer : int
        At once, in all and from one address, those included that have not asked for an association yet; more
        are closed unanswered.
    connections_per_s : float
        Above this they wait (1/s).
    pdu_bytes : int
        Largest P-DATA-TF PDU that is taken, as it is negotiated.
    object_bytes : int
        Largest data set.
    floor_bytes : int
        Nothing is taken that leaves less room than this on the disk.
    bytes_per_s, messages_per_s : float
        Above these a peer is read from more slowly (bytes/s, DIMSE messages/s).
    greeting_s : float
        For a TLS handshake, for the request of an association, and for the end of one (ARTIM timer of PS3.8).
    silence_s : float
        Without a byte an association is aborted.
    pdu_s : float
        From the first byte of a PDU to its last.
    association_s : float
        After this every association is aborted.
    """

    associations: int = 16
    associations_of_a_peer: int = 8
    connections: int = 64
    connections_of_a_peer: int = 32
    connections_per_s: float = 100.0
    pdu_bytes: int = 1 << 18
    object_bytes: int = 8_000_000_000
    floor_bytes: int = 500_000_000
    bytes_per_s: float = 1e9
    messages_per_s: float = 500.0
    greeting_s: float = 10.0
    silence_s: float = 30.0
    pdu_s: float = 30.0
    association_s: float = 4 * 3600.0


class Pace:
    """How long to wait so that a rate is kept on the mean; a second's worth may come at once.

    Parameters
    ----------
    per_s : float
    clock_s : callable
        Monotonic clock (s).
    """

    def __init__(self, per_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._clock_s = per_s, clock_s
        self._lock = threading.Lock()
        self._taken, self._at_s = 0.0, clock_s()

    def take(self, amount: float) -> float:
        """Seconds to wait after taking so much; 0 where there is no need to."""
        with self._lock:
            now_s = self._clock_s()
            self._taken = max(0.0, self._taken - (now_s - self._at_s) * self._per_s) + amount
            self._at_s = now_s
            return max(0.0, self._taken / self._per_s - 1.0)

    def may(self, amount: float) -> bool:
        """Take so much where there is no need to wait for it, else nothing: what is left out is no debt."""
        with self._lock:
            now_s = self._clock_s()
            taken = max(0.0, self._taken - (now_s - self._at_s) * self._per_s)
            self._at_s, self._taken = now_s, taken
            if taken + amount > self._per_s:
                return False
            self._taken += amount
            return True
