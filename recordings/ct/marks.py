"""Points of 3D Slicer, one in each body: markups in JSON (``.mrk.json``) or the older ``.fcsv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from monitor.errors import SourceError
from monitor.small_file import read_small

_LARGEST_BYTES = 4 * 1024 * 1024
_MOST = 64
_FARTHEST_MM = 1e5
_IS_RAS = {"ras": True, "0": True, "lps": False, "1": False}


@dataclass(frozen=True, slots=True)
class Mark:
    """A level and the centre of its body (mm, LPS)."""

    level: str
    point_mm: tuple[float, float, float]


def is_marks(path: Path) -> bool:
    """Whether a name is that of a file of marks."""
    return path.name.lower().endswith((".mrk.json", ".fcsv"))


def read_marks(path: Path) -> tuple[Mark, ...]:
    """Read marks; the label of each is its level.

    Raises
    ------
    SourceError
        It cannot be read, or names no level, or one twice, or a point is none.
    """
    try:
        text = read_small(path, _LARGEST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: is no text") from error
    points, is_ras = _of_json(path, text) if path.name.lower().endswith(".json") else _of_fcsv(path, text)
    made: list[Mark] = []
    for label, place in points:
        level = label.strip()
        at = np.asarray(place, float)
        if not level or at.shape != (3,) or not np.isfinite(at).all() or np.abs(at).max() > _FARTHEST_MM:
            raise SourceError(f"{path}: the mark {level!r} has no name or no place")
        if level in {mark.level for mark in made}:
            raise SourceError(f"{path}: {level} is marked twice")
        if is_ras:
            at = at * (-1, -1, 1)
        made.append(Mark(level, (float(at[0]), float(at[1]), float(at[2]))))
    if not 0 < len(made) <= _MOST:
        raise SourceError(f"{path}: marks {len(made)} levels; 1 to {_MOST} are read")
    return tuple(made)


def _of_json(path: Path, text: str) -> tuple[list[tuple[str, Any]], bool]:
    try:
        markup = msgspec.json.decode(text)["markups"][0]
        system = str(markup.get("coordinateSystem", "LPS")).lower()
        points = [(str(one["label"]), one["position"]) for one in markup["controlPoints"]]
        for _, place in points:
            np.asarray(place, float)
        return points, _IS_RAS[system]
    except (
        msgspec.MsgspecError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        ValueError,
        RecursionError,
    ) as error:
        raise SourceError(f"{path}: is no markups file of points: {error}") from error


def _of_fcsv(path: Path, text: str) -> tuple[list[tuple[str, Any]], bool]:
    is_ras, columns = True, ["id", "x", "y", "z", "ow", "ox", "oy", "oz", "vis", "sel", "lock", "label"]
    points: list[tuple[str, Any]] = []
    try:
        for line in text.splitlines():
            head, _, rest = line.lstrip("# ").partition("=")
            if line.startswith("#"):
                if head.strip() == "CoordinateSystem":
                    is_ras = _IS_RAS[rest.strip().lower()]
                elif head.strip() == "columns":
                    columns = [one.strip() for one in rest.split(",")]
            elif line.strip():
                row = dict(zip(columns, next(csv.reader([line])), strict=False))
                points.append((row["label"], [float(row[axis]) for axis in "xyz"]))
    except (KeyError, ValueError, csv.Error) as error:
        raise SourceError(f"{path}: is no list of points: {error}") from error
    return points, is_ras
