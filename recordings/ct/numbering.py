"""Which number of a label map is which vertebra.

By default the numbers of the widespread TotalSegmentator label maps (``total``, version 2): 26 is S1, 27 is
L5, and on upwards to 50, which is C1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import msgspec

from monitor.errors import InputError
from monitor.small_file import read_small

LEVELS = (
    "S1", "L5", "L4", "L3", "L2", "L1",
    *(f"T{number}" for number in range(12, 0, -1)), *(f"C{number}" for number in range(7, 0, -1)),
)  # fmt: skip
"""From foot to head."""

DEFAULT_NUMBERS: Mapping[int, str] = {26 + place: name for place, name in enumerate(LEVELS)}
_LARGEST_BYTES = 1024 * 1024
_MOST = 65535


def read_numbers(path: Path) -> dict[int, str]:
    """Numbers and names out of a JSON object (``{"27": "L5"}``) or a CSV of two columns (``27,L5``).

    A first line of the CSV that begins with no number is taken for its heading.

    Raises
    ------
    InputError
        It cannot be read, or says a number or a name twice, or none.
    """
    try:
        text = read_small(path, _LARGEST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no text") from error
    pairs = _of_json(path, text) if text.lstrip().startswith("{") else _of_csv(path, text)
    found: dict[int, str] = {}
    for number_text, name_text in pairs:
        number, name = number_text.strip(), name_text.strip()
        if (
            not (number.isascii() and number.isdigit() and len(number) < 9 and 0 < int(number) <= _MOST)
            or not name
        ):
            raise InputError(f"{path}: {number!r}: {name!r} is no number from 1 to {_MOST} with a name")
        if int(number) in found or name in found.values():
            raise InputError(f"{path}: {number} or {name} is there twice")
        found[int(number)] = name
    if not found:
        raise InputError(f"{path}: names no level")
    return found


def _of_json(path: Path, text: str) -> list[tuple[str, str]]:
    try:
        return list(msgspec.json.decode(text, type=dict[str, str]).items())
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(f"{path}: no JSON object of numbers and names: {error}") from error


def _of_csv(path: Path, text: str) -> list[tuple[str, str]]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{path}: {error}") from error
    if rows and not rows[0][0].strip().isdigit():
        rows = rows[1:]
    if any(len(row) < 2 for row in rows):
        raise InputError(f"{path}: a line has no two columns")
    return [(row[0], row[1]) for row in rows]
