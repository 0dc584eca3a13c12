"""What was found in a frame, without the frame: as it is kept beside the frames, and held against another.

Packed as MessagePack, lines as their dtype, shape and bytes, all of it through zlib; numbers come back
exactly as they were. How long the stages took is kept, and is no part of a comparison.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import msgspec
import numpy as np

from monitor.errors import RecordingError
from monitor.frame import Frame
from monitor.result import Alert, AlertTransition, LevelResult, Result
from monitor.states import Reason, State

_MOST_BYTES = 16 * 1024 * 1024
_NOT_FOUND = {"timings_ms"}


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """All of a `monitor.result.Result` but the frame and the masks; see there."""

    view: str
    state: State
    reasons: tuple[Reason, ...]
    levels: tuple[LevelResult, ...]
    alerts: tuple[Alert, ...]
    transitions: tuple[AlertTransition, ...]
    timings_ms: dict[str, float]
    beam_on_s: float
    skipped_before: int
    cement_age_s: float | None
    cement_phase: str | None

    @classmethod
    def of(cls, result: Result) -> Findings:
        """What a result holds beside its frame; nothing is copied but the timings."""
        held = {field.name: getattr(result, field.name) for field in fields(cls)}
        return cls(**{**held, "timings_ms": dict(result.timings_ms)})

    def on(self, frame: Frame) -> Result:
        """The result again, with its frame."""
        return Result(frame=frame, **{field.name: getattr(self, field.name) for field in fields(self)})


def _plain(value: object) -> object:
    """What MessagePack does not know: lines and NumPy's numbers."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot keep a {type(value).__name__}")


def _line(kind: type, value: Any) -> object:  # noqa: ANN401  as msgspec hands it over
    """A line again, read-only."""
    if getattr(kind, "__origin__", kind) is not np.ndarray:
        raise TypeError(f"no {kind}")
    dtype, shape, data = value
    if dtype not in ("<f4", "<f8"):
        raise ValueError(f"a line of {dtype!r}")
    return np.frombuffer(data, dtype).reshape(tuple(shape))


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(Findings, dec_hook=_line)


def pack_findings(found: Findings) -> bytes:
    """Pack for a recording."""
    return zlib.compress(_encoder.encode(found), 1)


def plain_findings(found: Findings) -> bytes:
    """The same findings as the same bytes, whatever the stages took: for digests."""
    return _encoder.encode(replace(found, timings_ms={}))


def unpack_findings(packed: bytes) -> Findings:
    """Unpack; numbers as they were.

    Raises
    ------
    RecordingError
        The bytes are none that `pack_findings` makes.
    """
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(packed, _MOST_BYTES)
        if not unpacker.eof:
            raise RecordingError("findings are cut, or too large")
        return _decoder.decode(plain)
    except (zlib.error, msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise RecordingError(f"not findings: {error}") from error


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same: where (``levels[0].distances[vein].value_mm``), and both values."""

    where: str
    first: object
    second: object

    def __str__(self) -> str:
        return f"{self.where}: {_short(self.first)} and {_short(self.second)}"


def differences(first: Findings, second: Findings) -> tuple[Difference, ...]:
    """Every field in which two findings differ; no tolerance."""
    return tuple(_compare("", first, second))


def _compare(where: str, first: object, second: object) -> Iterator[Difference]:
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        if not np.array_equal(first, second, equal_nan=True):
            yield Difference(where, f"{len(first)} points", f"{len(second)} points, others")
    elif is_dataclass(first) and not isinstance(first, type) and type(first) is type(second):
        for field in fields(first):
            if field.name not in _NOT_FOUND:
                dot = f"{where}.{field.name}" if where else field.name
                yield from _compare(dot, getattr(first, field.name), getattr(second, field.name))
    elif isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in sorted(first.keys() | second.keys()):
            yield from _compare(f"{where}[{key}]", first.get(key), second.get(key))
    elif isinstance(first, tuple | list) and isinstance(second, tuple | list):
        if len(first) != len(second):
            yield Difference(where, f"{len(first)} of them", f"{len(second)} of them")
        for i, (one, other) in enumerate(zip(first, second, strict=False)):
            yield from _compare(f"{where}[{i}]", one, other)
    elif not _same(first, second):
        yield Difference(where, first, second)


def _same(first: object, second: object) -> bool:
    if isinstance(first, float) and isinstance(second, float) and math.isnan(first) and math.isnan(second):
        return True
    return bool(first == second)


def _short(value: object) -> str:
    text = "unknown" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
