"""Checksums over a session, in the form of ``sha256sum``: ``sha256sum -c checksums.sha256`` in the folder.

They cover what does not change any more once a session is closed: the files that ``session.json`` names, that
file itself, the room's profile and the snapshots. What is added later, as tags, is not among them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from calibration.whole_file import write_whole
from monitor.errors import SourceError
from monitor.small_file import read_small

CHECKSUMS = "checksums.sha256"
_LARGEST_BYTES = 16 * 1024 * 1024
_PART_BYTES = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class ChecksumReport:
    """What was found: files that are as written, files that are not, and those that are gone."""

    same: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]


def sha256_of(path: Path, step: Callable[[], None] = lambda: None) -> str:
    """SHA-256 of a file (hexadecimal); `step` is called before each part. Raises `OSError`."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while True:
            step()
            part = file.read(_PART_BYTES)
            if not part:
                return sha.hexdigest()
            sha.update(part)


def covered(folder: Path, names: Iterable[str], folders: Iterable[str]) -> list[str]:
    """Those of the files that are there, and all below those folders: relative, sorted, with slashes."""
    there = {name for name in names if (folder / name).is_file()}
    for part in folders:
        there |= {
            path.relative_to(folder).as_posix() for path in (folder / part).rglob("*") if path.is_file()
        }
    return sorted(name for name in there if "\n" not in name and "\\" not in name)


def write_checksums(folder: Path, names: Iterable[str], known: Mapping[str, str | None]) -> None:
    """Write the file.

    Parameters
    ----------
    names : iterable of str
        Files that it covers, relative to the folder.
    known : mapping of str to str or None
        Sums that need not be computed; None leaves the file out.

    Raises
    ------
    OSError
        It cannot be written, or a file cannot be read.
    """
    lines = []
    for name in names:
        digest = known[name] if name in known else sha256_of(folder / name)
        if digest is not None:
            lines.append(f"{digest}  {name}\n")
    write_whole(folder / CHECKSUMS, "".join(lines).encode())


def read_checksums(folder: Path) -> dict[str, str] | None:
    """Sums by file name; None where the session has none.

    Raises
    ------
    SourceError
        The file cannot be read, or is not of that form.
    """
    path = folder / CHECKSUMS
    try:
        text = read_small(path, _LARGEST_BYTES).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error
    sums: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line)
        name = PurePosixPath(found.group(2)) if found else PurePosixPath("/")
        if found is None or name.is_absolute() or ".." in name.parts:
            raise SourceError(f"{path}: line {number} is not a checksum of a file of the session")
        sums[str(name)] = found.group(1)
    return sums


def check_checksums(folder: Path, sums: Mapping[str, str]) -> ChecksumReport:
    """Hold the files against their sums; a file that cannot be read is taken as changed."""
    same: list[str] = []
    changed: list[str] = []
    missing: list[str] = []
    for name, stated in sums.items():
        try:
            (same if sha256_of(folder / name) == stated else changed).append(name)
        except FileNotFoundError:
            missing.append(name)
        except OSError:
            changed.append(name)
    return ChecksumReport(tuple(same), tuple(changed), tuple(missing))
