"""Status codes of C-FIND, C-GET and C-MOVE in words (PS3.4 C.4 and K.4, PS3.7 Annex C)."""

from __future__ import annotations

from pydicom.dataset import Dataset

from monitor.errors import one_line

SUCCESS = 0x0000
CANCELLED = 0xFE00
PENDING = (0xFF00, 0xFF01)
SOME_FAILED = 0xB000
UNKNOWN_DESTINATION = 0xA801
_WORDS = {
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0110: "processing failure",
    0x0112: "no such object",
    0x0117: "invalid object",
    0x0118: "no such SOP class",
    0x0122: "SOP class not supported",
    0x0124: "not authorised",
    0x0210: "duplicate invocation",
    0x0211: "unrecognised operation",
    0x0212: "mistyped argument",
    0x0213: "resource limitation",
    0xA700: "out of resources",
    0xA701: "out of resources: it cannot count the matches",
    0xA702: "out of resources: it cannot send",
    UNKNOWN_DESTINATION: "it does not know our AE title as a destination",
    0xA900: "the identifier does not match the SOP class",
    SOME_FAILED: "some objects failed",
    CANCELLED: "cancelled",
}
_LONGEST_COMMENT = 100


def status_of(status: Dataset) -> int | None:
    """The code; None where no answer came."""
    code = status.get("Status")
    return code if isinstance(code, int) else None


def words_of(status: Dataset) -> str:
    """A status that is no success, with what the peer adds to it."""
    code = status_of(status)
    if code is None:
        return "no status"
    words = _WORDS.get(code)
    if words is None:
        words = "unable to process" if 0xC000 <= code <= 0xCFFF else "failure"
    comment = one_line(str(status.get("ErrorComment") or ""))[:_LONGEST_COMMENT]
    return f"{words} (status 0x{code:04X}{f': {comment}' if comment else ''})"
