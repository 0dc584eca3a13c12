"""The secret from which pseudonyms, UIDs and date shifts follow: the same in every run with the same key.

Nothing of a patient is kept to tell pseudonyms apart: they are keyed hashes (HMAC-SHA-256, RFC 2104). Who has
the key and a patient's id can find the pseudonym; nobody can turn a pseudonym back. Once the key is lost, no
later run gives the same patient the same pseudonym again.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
import secrets
import stat
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.errors import InputError, OutputError
from monitor.small_file import read_small
from monitor.user_folders import user_folder

KEY_FILE = "deidentification.key"
_BYTES, _LARGEST_BYTES = 32, 256
_LEAST_DAYS, _MOST_DAYS = 31, 3652
_WELL_KNOWN = re.compile(r"1\.2\.840\.10008(?:\.\d{1,4}){1,9}")


def is_well_known(uid: str) -> bool:
    """Whether DICOM itself gives a UID away: of a class or a syntax, which names nobody.

    Its numbers are short; what is longer under this root is a day or somebody's own.
    """
    return _WELL_KNOWN.fullmatch(uid) is not None


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """The key. Never printed."""

    key: bytes

    def _hash(self, kind: str, text: str) -> bytes:
        return hmac.digest(self.key, f"{kind}\0{text}".encode("utf-8", "surrogateescape"), "sha256")

    def pseudonym(self, identity: str) -> str:
        """Twelve letters and digits for a patient, as ``CW-3F7QK2ZPA5XM``."""
        return f"CW-{base64.b32encode(self._hash('patient', identity)).decode()[:12]}"

    def person_name(self, identity: str) -> str:
        """The same as a name of a person (PN), as ``CW^3F7QK2ZPA5XM``."""
        return self.pseudonym(identity).replace("-", "^")

    def shift(self, identity: str) -> timedelta:
        """By how much the dates of a patient are moved: whole days, into the past, a month to ten years."""
        days = int.from_bytes(self._hash("shift", identity)[:8], "big") % (_MOST_DAYS - _LEAST_DAYS + 1)
        return timedelta(days=-(_LEAST_DAYS + days))

    def uid(self, uid: str) -> str:
        """Another UID in the place of one (PS3.5 B.2: ``2.25.`` and a number of 128 bits).

        One that DICOM itself defines stays.
        """
        if not uid or is_well_known(uid):
            return uid
        return f"2.25.{int.from_bytes(self._hash('uid', uid)[:16], 'big')}"

    def token(self, kind: str, text: str) -> str:
        """32 hexadecimal digits in the place of any other identifier."""
        return self._hash(kind, text)[:16].hex()


def default_key_file() -> Path:
    """Where the key is kept where no other file is named."""
    return user_folder("config") / KEY_FILE


def secret_of(path: Path) -> tuple[Secret, bool]:
    """Read the key, or make one where there is none (its owner's only); whether it was made.

    Raises
    ------
    InputError
        Others can read it, or it is no key.
    OutputError
        It cannot be made.
    """
    try:
        return Secret(_read(path)), False
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no key for pseudonyms: {error}") from error
    made = secrets.token_bytes(_BYTES)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{made.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"{path}: cannot make a key: {error.strerror or error}") from error
    return Secret(made), True


def _read(path: Path) -> bytes:
    mode = path.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError("others can read it: chmod 600")
    text = read_small(path, _LARGEST_BYTES).decode("ascii").strip()
    key = bytes.fromhex(text)
    if len(key) != _BYTES:
        raise ValueError(f"{2 * _BYTES} hexadecimal digits are expected")
    return key
