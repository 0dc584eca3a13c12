"""What a peer's answers mean for an object: done, try again, or never.

Never is for what the peer says of the object or of us, and will say again the next time. It is not forgotten:
somebody who has changed something can have it tried again. Texts of the peer (Error Comment) are not kept:
they may name a patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_RJ

from recordings.sending.queue import Refused


class Verdict(Enum):
    """What follows."""

    DONE = "done"
    AGAIN = "try again"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """What follows from an answer, and what is to be said of it (None: nothing)."""

    verdict: Verdict
    words: str | None = None


_STORED = {
    # PS3.4 Table B.2-1, PS3.7 C
    0x0001: "stored with restrictions",
    0x0107: "stored; attributes were left out",
    0x0116: "stored; values out of range",
    0xB000: "stored; data elements were coerced",
    0xB006: "stored; data elements were discarded",
    0xB007: "stored; the data set does not match its SOP class",
    # PS3.7 C.5.8: what a peer may say to an object whose first sending we did not live to note
    0x0111: "the peer says that it has this object already",
}
_NEVER = {
    0x0117: "invalid SOP instance",
    0x0119: "class and instance do not match",
    0x0122: "SOP class not supported",
    0x0124: "not authorised",
    0x0211: "unrecognised operation",
    0x0212: "mistyped argument",
}
_AGAIN = {0x0110: "processing failure", 0x0210: "duplicate invocation", 0x0213: "out of resources"}
_RANGES = (
    (0xA700, 0xA7FF, Verdict.AGAIN, "out of resources"),
    (0xA900, 0xA9FF, Verdict.NEVER, "the data set does not match its SOP class"),
    (0xB000, 0xBFFF, Verdict.DONE, "stored with a warning"),
    (0xC000, 0xCFFF, Verdict.NEVER, "the peer cannot understand it"),
)
_UNCOMMITTED = {
    # Failure Reason (0008,1197), PS3.3 C.14.1.1
    0x0110: ("processing failure", True),
    0x0112: ("no such object there", True),
    0x0213: ("out of resources", True),
    0x0122: ("SOP class not supported", False),
    0x0119: ("class and instance do not match", False),
    0x0131: ("duplicate transaction UID", True),
}
_PERMANENT = 1
_OF_TITLES = {(1, 2), (1, 3), (1, 7), (2, 2)}
"""Source and diagnostic of an A-ASSOCIATE-RJ (PS3.8 Table 9-21): application context, calling title, called
title, protocol version."""
_ABSTRACT, _SYNTAXES = 3, 4
"""Results of a presentation context (PS3.8 Table 9-18)."""


def stored(status: Dataset) -> Answer | None:
    """What a C-STORE-RSP means; None where there was none."""
    if "Status" not in status:
        return None
    code = int(status.Status)
    if code == 0:
        return Answer(Verdict.DONE)
    if code in _STORED:
        return Answer(Verdict.DONE, f"{_STORED[code]} (0x{code:04X})")
    words, verdict = _AGAIN.get(code, "failure"), Verdict.AGAIN
    if code in _NEVER:
        words, verdict = _NEVER[code], Verdict.NEVER
    for first, last, follows, meaning in _RANGES:
        if first <= code <= last:
            words, verdict = meaning, follows
    return Answer(verdict, f"{words} (0x{code:04X})")


def action(status: Dataset) -> Answer | None:
    """What an N-ACTION-RSP means; None where there was none."""
    if "Status" not in status:
        return None
    code = int(status.Status)
    if code == 0:
        return Answer(Verdict.DONE)
    words = (_AGAIN | _NEVER).get(code, "failure")
    verdict = Verdict.NEVER if code in _NEVER else Verdict.AGAIN
    return Answer(verdict, f"storage commitment refused: {words} (0x{code:04X})")


def uncommitted(code: int | None) -> Refused:
    """What a failure reason in a report means."""
    if code is None:
        return Refused("not committed; no reason given", True)
    words, again = _UNCOMMITTED.get(code, ("failure", True))
    return Refused(f"not committed: {words} (0x{code:04X})", again)


def refused_for_good(rejection: A_ASSOCIATE_RJ | None) -> bool:
    """Whether an association was refused for what will not change by itself.

    That is, a permanent rejection of our title, of the peer's, or of the protocol. Any other may pass.
    """
    if rejection is None or rejection.result != _PERMANENT:
        return False
    return (rejection.source, rejection.reason_diagnostic) in _OF_TITLES


def context_refused(results: list[int], sop_class: str, syntax: str) -> str:
    """Why none of the contexts that were offered for an object was taken."""
    kind, encoding = UID(sop_class).name, UID(syntax).name
    if _SYNTAXES in results:
        return f"the peer does not take {kind} in {encoding}, and nothing is transcoded"
    if _ABSTRACT in results:
        return f"the peer does not take {kind}"
    return f"the peer does not take {kind} in {encoding}"
