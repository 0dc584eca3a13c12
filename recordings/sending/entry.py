"""An object on its way to a peer, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pydicom.uid import UID

from recordings.network.address import Peer
from recordings.network.tls import TlsFiles


class Stage(Enum):
    """How far an object has come. One that is done is not in the queue any more."""

    QUEUED = "queued"
    SENT = "sent"
    """The peer has answered with success; storage commitment has not been asked for yet."""
    ASKED = "commitment asked"
    COMMITTED = "committed"
    """Or sent, where no commitment is wanted: about to leave the queue."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where objects go, and how.

    Parameters
    ----------
    peer : Peer
    aet : str
        What we call ourselves.
    commit : bool
        Whether an object is kept until the peer has committed itself to keeping it.
    listen_host : str
        Where the peer may open an association to us in order to report.
    listen_port : int or None
        None: it can report on our own association alone.
    tls : TlsFiles or None
        None: without TLS.
    """

    peer: Peer
    aet: str
    commit: bool = False
    listen_host: str = "127.0.0.1"
    listen_port: int | None = None
    tls: TlsFiles | None = None


@dataclass(frozen=True, slots=True)
class Spooled:
    """A DICOM file below the queue's folder. No part of it says whose it is but its contents.

    Parameters
    ----------
    name : str
        What it is called in the queue: eight random characters.
    sop_class, sop_instance, syntax : str
        UIDs of its file meta information.
    size_bytes : int
    sha256 : str
        Hexadecimal, of the whole file.
    """

    name: str
    sop_class: str
    sop_instance: str
    syntax: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An object in the queue.

    Parameters
    ----------
    object : Spooled
    route : Route
    stage : Stage
    tries : int
        How often what comes next has failed since it last went on.
    asks : int
        How often commitment was asked for.
    next_try_s : float or None
        When it is due (s, Unix time); None: not before somebody asks for it.
    reason : str or None
        Why what comes next has failed; None where it has not.
    warning : str or None
        What the peer had to say when it took the object.
    transaction : str or None
        UID of the newest request for commitment that names it.
    queued_s : float
        When it was queued (s, Unix time).
    """

    object: Spooled
    route: Route
    stage: Stage
    tries: int
    asks: int
    next_try_s: float | None
    reason: str | None
    warning: str | None
    transaction: str | None
    queued_s: float

    @property
    def name(self) -> str:
        """What it is called in the queue."""
        return self.object.name

    @property
    def given_up(self) -> bool:
        """Whether trying again is left to somebody who has changed something."""
        return self.next_try_s is None

    @property
    def what(self) -> str:
        """Name and kind of the object, which say nothing of a patient."""
        return f"{self.name} ({kind_of(self.object.sop_class)})"


def kind_of(sop_class: str) -> str:
    """Name of a SOP class, as DICOM has it, without its last word."""
    return UID(sop_class).name.removesuffix(" Storage")
