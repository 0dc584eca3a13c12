"""``memory.msgpack`` of a session: what the monitor knew, for the process that comes after a kill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np

from calibration.whole_file import write_whole
from monitor.errors import SourceError
from monitor.memory import Bool, Float32, LevelMemory, Memory
from monitor.small_file import read_small

_MOST_BYTES = 256 * 1024 * 1024
_LONGEST_S, _FARTHEST_PX = 1e6, 1e5
_Side = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class _Array(msgspec.Struct, frozen=True):
    rows: _Side
    columns: _Side
    kind: Literal["float32", "bool"]
    data: bytes


class _Level(msgspec.Struct, frozen=True):
    name: str
    mean: _Array
    excursion: _Array
    cement: _Array
    base: _Array
    added: _Array
    drift_px: tuple[float, float]


class _File(msgspec.Struct, frozen=True):
    view: str
    grey: _Array
    beam_on_s: float
    levels: list[_Level]


def write_memory(path: Path, memory: Memory) -> None:
    """Write it, whole or not at all. Raises `OSError`.

    A kill loses nothing that the kernel has; a flush every second would compete with the recording.
    """
    levels = [
        _Level(
            level.name, _packed(level.mean), _packed(level.excursion), _packed(level.cement),
            _packed(level.base), _packed(level.added), level.drift_px,
        )
        for level in memory.levels
    ]  # fmt: skip
    held = _File(memory.view, _packed(memory.grey), memory.beam_on_s, levels)
    write_whole(path, msgspec.msgpack.encode(held), flush=False)


def read_memory(path: Path) -> Memory:
    """Read it back.

    Raises
    ------
    SourceError
        It is not there, or is not as it was written.
    """
    try:
        held = msgspec.msgpack.decode(read_small(path, _MOST_BYTES), type=_File)
        levels = tuple(
            LevelMemory(
                level.name, _floats(level.mean), _floats(level.excursion), _bools(level.cement),
                _floats(level.base), _floats(level.added), level.drift_px,
            )
            for level in held.levels
        )  # fmt: skip
        memory = Memory(held.view, _floats(held.grey), held.beam_on_s, levels)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise SourceError(f"{path}: not what was written: {error}") from error
    if not 0 <= memory.beam_on_s < _LONGEST_S:
        raise SourceError(f"{path}: beam_on_s is out of range")
    for level in levels:
        arrays = (level.mean, level.excursion, level.cement, level.base, level.added)
        if len({array.shape for array in arrays}) != 1:
            raise SourceError(f"{path}: {level.name}: maps of different shapes")
        if not all(abs(shift) < _FARTHEST_PX for shift in level.drift_px):
            raise SourceError(f"{path}: {level.name}: drift_px is out of range")
    return memory


def _packed(array: Float32 | Bool) -> _Array:
    rows, columns = array.shape
    return _Array(rows, columns, "bool" if array.dtype == np.bool_ else "float32", array.tobytes())


def _floats(held: _Array) -> Float32:
    if held.kind != "float32":
        raise ValueError(f"{held.kind} where float32 should be")
    array = np.frombuffer(held.data, np.float32).reshape(held.rows, held.columns)
    if not np.isfinite(array).all():
        raise ValueError("a map is not finite")
    return array


def _bools(held: _Array) -> Bool:
    if held.kind != "bool":
        raise ValueError(f"{held.kind} where bool should be")
    array: Bool = np.frombuffer(held.data, np.uint8).reshape(held.rows, held.columns) != 0
    return array
