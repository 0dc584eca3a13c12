"""What happens in an operating room beside the injection, each as a frozen dataclass.

Times are from the first frame (s). Positions are in mm in the plane of the spine, from the middle of the
field, x to the right and y down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

from monitor.errors import InputError

Side = Literal["left", "right", "top", "bottom"]
Direction = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Jerk:
    """A sudden movement of the patient (mm) that only partly comes back."""

    at_s: float
    mm: float
    direction: Direction = (0.8, 0.6)

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), mm=(-30, 30))


@dataclass(frozen=True, slots=True)
class TableMove:
    """A shift of the table (mm), over some seconds, that stays."""

    at_s: float
    mm: float
    seconds: float = 1.0
    direction: Direction = (0.0, 1.0)

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), mm=(-100, 100), seconds=(0.01, 600))


@dataclass(frozen=True, slots=True)
class Hand:
    """A gloved hand and forearm without lead that comes in from a side, lingers and goes.

    `reach_mm` is how far the fingers come into the field, `along` where on the side (0 to 1).
    """

    at_s: float
    seconds: float
    from_side: Side = "right"
    reach_mm: float = 45.0
    along: float = 0.5
    speed_mm_s: float = 250.0

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), seconds=(0.01, 3600), reach_mm=(0, 500), along=(0, 1))
        _check(self, speed_mm_s=(1, 5000))
        _check_side(self.from_side)


@dataclass(frozen=True, slots=True)
class Clamp:
    """A steel clamp that comes in from a side, lingers and goes; as `Hand`."""

    at_s: float
    seconds: float
    from_side: Side = "right"
    reach_mm: float = 45.0
    along: float = 0.5
    speed_mm_s: float = 250.0

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), seconds=(0.01, 3600), reach_mm=(0, 500), along=(0, 1))
        _check(self, speed_mm_s=(1, 5000))
        _check_side(self.from_side)


@dataclass(frozen=True, slots=True)
class BowelGas:
    """A bubble of bowel gas that goes from one place to another, squeezed as it goes; gas is bright.

    It is at `from_mm` before, and at `to_mm` after. `log` is the attenuation that it takes away.
    """

    at_s: float
    seconds: float
    from_mm: tuple[float, float]
    to_mm: tuple[float, float]
    radius_mm: float = 9.0
    log: float = 0.2
    squeeze: float = 0.15

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), seconds=(0.01, 3600), radius_mm=(1, 60), log=(0, 2), squeeze=(0, 0.5))


@dataclass(frozen=True, slots=True)
class KvpStep:
    """Another tube voltage (kV) from a time on: other contrast. `signal` is what the image's mean becomes."""

    at_s: float
    kvp: float
    signal: float = 1.0

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), kvp=(40, 150), signal=(0.05, 20))


@dataclass(frozen=True, slots=True)
class BrightnessStep:
    """More or less dose per frame, from a time on."""

    at_s: float
    factor: float

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), factor=(0.05, 20))


@dataclass(frozen=True, slots=True)
class BrightnessDrift:
    """A dose per frame that becomes another one over some seconds."""

    at_s: float
    seconds: float
    factor: float

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), seconds=(0.01, 3600), factor=(0.05, 20))


@dataclass(frozen=True, slots=True)
class Collimation:
    """Blades that move to where they are wanted: mm from each edge of the field, 0 for out."""

    at_s: float
    left_mm: float = 0.0
    right_mm: float = 0.0
    top_mm: float = 0.0
    bottom_mm: float = 0.0
    moves_s: float = 0.3

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), left_mm=(0, 500), right_mm=(0, 500), top_mm=(0, 500))
        _check(self, bottom_mm=(0, 500), moves_s=(0.01, 60))


@dataclass(frozen=True, slots=True)
class CircularField:
    """The round field of an image intensifier: outside it the picture is black."""

    radius_mm: float

    def __post_init__(self) -> None:
        _check(self, radius_mm=(5, 500))


@dataclass(frozen=True, slots=True)
class HeldImage:
    """Last-image hold: the beam is off and the picture stays, while the patient moves on."""

    at_s: float
    seconds: float

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), seconds=(0.01, 3600))


@dataclass(frozen=True, slots=True)
class Repeats:
    """Pulses at a lower rate than the video's frames, which repeat them."""

    pulse_rate_hz: float

    def __post_init__(self) -> None:
        _check(self, pulse_rate_hz=(0.1, 120))


@dataclass(frozen=True, slots=True)
class VideoNoise:
    """Noise of the video itself, new in every frame, repeats too; as a part of full scale."""

    sd: float

    def __post_init__(self) -> None:
        _check(self, sd=(0, 0.2))


@dataclass(frozen=True, slots=True)
class BurnedInText:
    """Text in the picture, white on black: `text`, and below it a running clock.

    `x` and `y` are the upper left corner and `height` that of a line, as parts of the picture's size.
    """

    text: str = "SIMULATED"
    clock: bool = True
    x: float = 0.02
    y: float = 0.02
    height: float = 0.035

    def __post_init__(self) -> None:
        _check(self, x=(0, 1), y=(0, 1), height=(0.01, 0.3))


@dataclass(frozen=True, slots=True)
class NeedleMove:
    """The cannula is drawn back (mm; negative: pushed on) and turned about its tip, and stays so."""

    at_s: float
    mm: float = 0.0
    turn_deg: float = 0.0
    seconds: float = 1.2

    def __post_init__(self) -> None:
        _check(self, at_s=(0, 86400), mm=(-30, 200), turn_deg=(-20, 20), seconds=(0.01, 60))


@dataclass(frozen=True, slots=True)
class CannulaAbsent:
    """There is no cannula at any level."""


Disturbance = (
    Jerk
    | TableMove
    | Hand
    | Clamp
    | BowelGas
    | KvpStep
    | BrightnessStep
    | BrightnessDrift
    | Collimation
    | CircularField
    | HeldImage
    | Repeats
    | VideoNoise
    | BurnedInText
    | NeedleMove
    | CannulaAbsent
)

_Kind = TypeVar("_Kind")


def of_kind(disturbances: Sequence[Disturbance], kind: type[_Kind]) -> tuple[_Kind, ...]:
    """Those of a kind, in the order in which they happen."""
    chosen = [d for d in disturbances if isinstance(d, kind)]
    return tuple(sorted(chosen, key=lambda d: float(getattr(d, "at_s", 0.0))))


def as_rows(disturbances: Sequence[Disturbance]) -> list[dict[str, Any]]:
    """Kind and fields of each, for writing."""
    return [{"kind": type(d).__name__, **asdict(d)} for d in disturbances]


def smooth_step(time_s: float, at_s: float, seconds: float) -> float:
    """From 0 before `at_s` to 1 after `seconds` more, without a jump of speed."""
    part = min(max((time_s - at_s) / seconds, 0.0), 1.0)
    return part * part * (3 - 2 * part)


def _check(disturbance: object, **ranges: tuple[float, float]) -> None:
    for name, (low, high) in ranges.items():
        value = getattr(disturbance, name)
        if not (math.isfinite(value) and low <= value <= high):
            where = type(disturbance).__name__
            raise InputError(f"{where}: {name} must be from {low:g} to {high:g}, is {value:g}")


def _check_side(side: str) -> None:
    if side not in ("left", "right", "top", "bottom"):
        raise InputError(f"from_side must be left, right, top or bottom, is {side!r}")
