"""What is left of identifying values in the bytes that were made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recordings.deidentifying.identity import Names

_ENCODINGS = (
    "utf-8", "latin-1", "utf-16-le", "utf-16-be", "iso2022_jp", "shift_jis", "euc_kr", "gb18030", "euc_jp",
    "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-6", "iso8859-8", "cp1251",
)  # fmt: skip
_ESCAPE = re.compile(rb"\x1b\$?[()]?[A-Z@]")
_LEAST_IN_PIXELS_BYTES = 7
"""A shorter value would be found in the noise of a large image by chance (256^-7 per place)."""
_PART_BYTES, _OVERLAP_BYTES = 1 << 22, 4096


@dataclass(frozen=True, slots=True)
class Remain:
    """An identifying value that was found again.

    Parameters
    ----------
    attribute : str
        Where it stood in the input. The value itself is not told: what is said ends up in logs.
    where : str
        File, and place in it.
    """

    attribute: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: holds {self.attribute} of the input"


class Search:
    """Looks for identifying values in bytes; made once for a whole run."""

    def __init__(self, names: Names) -> None:
        told: dict[bytes, tuple[str, re.Pattern[bytes] | None]] = {}
        for text, keyword in names.texts.items():
            for coded in _encoded(text):
                key = coded.lower()
                whole = _whole(key, rb"(?![0-9A-Za-z])") if _is_short_or_number(key) else None
                told.setdefault(key, (keyword, whole))
        for uid, keyword in names.uids.items():
            key = uid.encode("ascii", "replace").lower()
            # the root of one UID is the beginning of many
            told.setdefault(key, (keyword, _whole(key, rb"(?![0-9A-Za-z]|\.[0-9])")))
        for day in names.dates:
            for key in _as_written(day):
                told.setdefault(key, ("a date", _whole(key, b"")))
        self._all = _Patterns(told)
        self._long = _Patterns({key: of for key, of in told.items() if len(key) >= _LEAST_IN_PIXELS_BYTES})

    def in_bytes(self, data: bytes, where: str) -> Iterator[Remain]:
        """Look through text or a header."""
        yield from self._all.found(data, where)

    def in_text(self, text: str, where: str) -> Iterator[Remain]:
        """Look through text that is stored packed."""
        yield from self._all.found(text.encode("utf-8", "surrogatepass"), where)

    def in_file(self, path: Path, where: str, pixels_from: int | None = None) -> Iterator[Remain]:
        """Look through all bytes of a file.

        Parameters
        ----------
        pixels_from : int or None
            Where pixel data begin: there only what is long enough not to be found by chance is looked for.
        """
        size = path.stat().st_size
        head = size if pixels_from is None else min(size, pixels_from)
        seen: set[str] = set()
        with path.open("rb") as file:
            for patterns, first, end in ((self._all, 0, head), (self._long, head, size)):
                for at in range(first, end, _PART_BYTES):
                    # what lies across the edge of two parts is in the second of them
                    begin = max(first, at - _OVERLAP_BYTES)
                    file.seek(begin)
                    for remain in patterns.found(file.read(min(end, at + _PART_BYTES) - begin), where):
                        if remain.attribute not in seen:
                            seen.add(remain.attribute)
                            yield remain


class _Patterns:
    """Values (lower case) with the attribute each stood in, and how it must stand to count."""

    def __init__(self, told: dict[bytes, tuple[str, re.Pattern[bytes] | None]]) -> None:
        self._told = told

    def found(self, data: bytes, where: str) -> Iterator[Remain]:
        lowered = data.lower()
        for key, (keyword, whole) in self._told.items():
            if key in lowered and (whole is None or whole.search(lowered)):
                yield Remain(keyword, where)


def _whole(key: bytes, behind: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![0-9A-Za-z.])" + re.escape(key) + behind)


def _is_short_or_number(key: bytes) -> bool:
    """Whether a value counts as a whole word alone: it is a part of many others."""
    return len(key) < 6 or re.fullmatch(rb"[0-9.\-/]+", key) is not None


def _encoded(text: str) -> Iterable[bytes]:
    made = set()
    for encoding in _ENCODINGS:
        try:
            coded = text.encode(encoding)
        except UnicodeError:
            continue
        # what switches the character set stands around a value and not in it
        bare = _ESCAPE.sub(b"", coded)
        if len(bare) >= 3:
            made.add(bare)
    return made


def _as_written(day: str) -> Iterable[bytes]:
    year, month, date = day[:4], day[4:6], day[6:]
    for text in (day, f"{year}-{month}-{date}", f"{date}.{month}.{year}", f"{month}/{date}/{year}"):
        yield text.encode()
