"""Who gets an association, and how many; whoever does not is told why in the standard's own codes."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.errors import InputError
from recordings.network.address import Allowed
from recordings.receiving.limits import Limits

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 table 9-21), and the same in words."""

    result: int
    source: int
    reason: int
    words: str


CALLED_UNKNOWN = Rejection(1, 1, 7, "called AE title not recognized")
CALLING_UNKNOWN = Rejection(1, 1, 3, "calling AE title not recognized")
CONTEXT_UNKNOWN = Rejection(1, 1, 2, "application context not supported")
TOO_MANY = Rejection(2, 3, 2, "too many associations at once")


class Admission:
    """Counts connections and associations, and decides on each; may be asked by any thread.

    Parameters
    ----------
    aet : str
        What we are called by; a request for another title is rejected.
    allowed : sequence of Allowed
        Who may call; empty: everybody who reaches us. Host names are looked up once, here.
    limits : Limits

    Raises
    ------
    InputError
        A host name is not known.
    """

    def __init__(self, aet: str, allowed: Iterable[Allowed], limits: Limits) -> None:
        self._aet, self._limits = aet, limits
        self._allowed: dict[str, set[str] | None] = {}
        for one in allowed:
            hosts = None if one.host is None else _addresses(one)
            known = self._allowed.get(one.aet, set())
            self._allowed[one.aet] = None if hosts is None or known is None else known | hosts
        self._lock = threading.Lock()
        self._connections: Counter[str] = Counter()
        self._associations: Counter[str] = Counter()

    def connected(self, host: str) -> bool:
        """Count a connection; False where there are too many, which is not counted."""
        address = plain_address(host)
        with self._lock:
            if self._connections[address] >= self._limits.connections_of_a_peer:
                return False
            if self._connections.total() >= self._limits.connections:
                return False
            self._connections[address] += 1
            return True

    def disconnected(self, host: str) -> None:
        """A connection that was counted has ended."""
        with self._lock:
            _less(self._connections, plain_address(host))

    def ask(self, calling: str, called: str, host: str, context: str) -> Rejection | None:
        """Decide on a request; None: it is granted, and counted until `leave`.

        Parameters
        ----------
        calling, called : str
            Application entity titles of the request.
        host : str
            Address that the connection comes from.
        context : str
            Application context name of the request.
        """
        address = plain_address(host)
        if context != APPLICATION_CONTEXT:
            return CONTEXT_UNKNOWN
        if called.strip() != self._aet:
            return CALLED_UNKNOWN
        if self._allowed:
            hosts = self._allowed.get(calling.strip(), set())
            if hosts is not None and address not in hosts:
                return CALLING_UNKNOWN
        with self._lock:
            mine = self._associations[address]
            if mine >= self._limits.associations_of_a_peer:
                return TOO_MANY
            if self._associations.total() >= self._limits.associations:
                return TOO_MANY
            self._associations[address] += 1
        return None

    def leave(self, host: str) -> None:
        """An association that was granted has ended."""
        with self._lock:
            _less(self._associations, plain_address(host))


def _less(counted: Counter[str], address: str) -> None:
    """One less, and no entry where none is left: addresses are without end."""
    counted[address] -= 1
    if counted[address] <= 0:
        del counted[address]


def plain_address(host: str) -> str:
    """An address without its zone, and an IPv4 address as such where it comes in IPv6."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(plain_address(host)).is_loopback
    except ValueError:
        return host == "localhost"


def _addresses(allowed: Allowed) -> set[str]:
    try:
        found = socket.getaddrinfo(allowed.host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"--allow {allowed.aet}@{allowed.host}: {reason}".rstrip(".")) from error
    return {plain_address(str(entry[4][0])) for entry in found}
