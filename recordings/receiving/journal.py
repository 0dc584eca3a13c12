"""What was received and refused, from whom and when, one JSON object a line. Nothing that names a patient."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pydicom.uid import UID

from monitor.errors import one_line
from recordings.log import utc_text
from recordings.network.uid import is_uid
from recordings.receiving.keep import Kept
from recordings.receiving.limits import Pace
from recordings.receiving.server import Caller, Refusal
from recordings.session import utc_now

JOURNAL = "received.jsonl"
_LARGEST_BYTES = 16_000_000
_REFUSALS_PER_S = 50.0


class Journal:
    """A file in the folder of what is received; told by any thread, and never in the way of receiving.

    At 16 MB it is renamed to ``received.jsonl.1``, which replaces an older one. Of many refusals in a second
    some are only counted.

    Parameters
    ----------
    folder : Path
    say : callable
        Given the same in words, a line each.
    clock_utc : callable
    """

    def __init__(
        self, folder: Path, say: Callable[[str], None], clock_utc: Callable[[], datetime] = utc_now
    ) -> None:
        self._folder, self._say, self._clock_utc = folder, say, clock_utc
        self._path = folder / JOURNAL
        self._lock = threading.Lock()
        self._pace = Pace(_REFUSALS_PER_S)
        self._uncounted = 0

    def kept(self, kept: Kept, caller: Caller) -> None:
        """Note an object that is kept."""
        identity = kept.identity
        file = kept.path.relative_to(self._folder).as_posix()
        self._write(
            {
                "event": "kept" if kept.new else "kept already", **_of_caller(caller),
                "sop_class": _class_name(identity.sop_class_uid),
                "sop_instance_uid": identity.sop_instance_uid, "file": file, "bytes": kept.bytes,
                "frames": identity.frames,
            }
        )  # fmt: skip
        what = "report" if identity.frames is None else f"{identity.frames} frames"
        self._tell(f"{'kept' if kept.new else 'kept already'}: {file}: {what} from {_words(caller)}")

    def refused(self, refusal: Refusal) -> None:
        """Note something that was not taken."""
        with self._lock:
            if not self._pace.may(1):
                self._uncounted += 1
                return
            more, self._uncounted = self._uncounted, 0
        announced = refusal.announced
        status = None if refusal.status is None else f"{refusal.status:04X}"
        row: dict[str, Any] = {
            "event": "refused", **_of_caller(refusal.caller), "reason": refusal.words, "status": status,
        }  # fmt: skip
        if announced is not None:
            row["sop_class"] = _class_name(announced.sop_class_uid)
            row["sop_instance_uid"] = (
                announced.sop_instance_uid if is_uid(announced.sop_instance_uid) else None
            )
        if more:
            row["more"] = more
        self._write(row)
        answered = "" if status is None else f" (status {status})"
        others = f"; {more} more refusals before it" if more else ""
        self._tell(f"refused: {_words(refusal.caller)}: {refusal.words}{answered}{others}")

    def _tell(self, words: str) -> None:
        with suppress(OSError):  # nobody reads along any more
            self._say(words)

    def _write(self, row: dict[str, Any]) -> None:
        line = json.dumps({"utc": utc_text(self._clock_utc()), **row}).encode() + b"\n"
        with self._lock, suppress(OSError):  # a journal that cannot be written stops nobody
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, line)
                size = os.fstat(fd).st_size
            finally:
                os.close(fd)
            if size > _LARGEST_BYTES:
                self._path.replace(self._path.with_name(f"{JOURNAL}.1"))


def _of_caller(caller: Caller) -> dict[str, str]:
    return {"aet": one_line(caller.aet), "host": caller.host}


def _words(caller: Caller) -> str:
    return f"{one_line(caller.aet)}@{caller.host}" if caller.aet else caller.host


def _class_name(uid: str) -> str:
    return UID(uid).name if is_uid(uid) else "no UID"
