"""What is painted, as words and numbers: frozen, and without Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.result import Contour, Priority, Result
from monitor.states import State


@dataclass(frozen=True, slots=True)
class AlarmModel:
    """One alarm in the bar.

    `tail` (level, STOP) is never shortened, `text` may be. `note` says latched or acknowledged;
    `flashing` until acknowledged.
    """

    priority: Priority
    text: str
    tail: str
    note: str
    flashing: bool


@dataclass(frozen=True, slots=True)
class StateModel:
    """The bar's words on a state in which nothing is watched. `filled`: NOT MONITORING."""

    text: str
    follows: str
    filled: bool


@dataclass(frozen=True, slots=True)
class BarModel:
    """The alarm bar: an alarm, a state, both side by side, or neither (then the quiet words).

    `todo` names the key that acknowledges.
    """

    alarm: AlarmModel | None
    state: StateModel | None
    further: int
    quiet: str
    quiet_rest: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class HeaderModel:
    """The top line. `unchecked`: the view that is not looked at now. `cement`: age, phase, whose times.

    `replay`: it is a recording that is shown; said where a live window says whether it records. `near_live`:
    runs are shown after they have arrived; said beside that.
    """

    state: State
    seen: bool
    level_and_view: str
    unchecked: str
    why: str
    cement: tuple[str, str, str]
    session: str
    beam_on: str
    recording: bool | None
    audio: str
    replay: bool = False
    near_live: bool = False


@dataclass(frozen=True, slots=True)
class DistanceModel:
    """The one number. `figure` None: unknown. `heading`: which way the front goes, before its speed.

    `level`, `structure` and `value_mm` (signed) are what it speaks of, for a choice between two of them;
    they are not painted, so that models that look the same are equal.
    """

    title: str
    figure: str | None
    bound: str
    heading: str
    speed: str
    contact: str
    also_name: str
    also: str
    priority: Priority | None
    structure: str | None = field(default=None, compare=False)
    value_mm: float | None = field(default=None, compare=False)
    level: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class TrendModel:
    """Distance over the last seconds.

    `points` are (seconds ago, mm), mm None where it was not known. `third_mm` and `quarter_mm` are
    the bands' inner ends, None where not known.
    """

    title: str
    points: tuple[tuple[float, float | None], ...]
    span_s: float
    third_mm: float | None
    quarter_mm: float | None


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """Volume of one level. `share`: part of the planned volume, `value_ml`: the number; None: unknown.

    The number is not painted, `volume` is.
    """

    level: str
    volume: str
    sd: str
    share: float | None
    note: str
    current: bool
    value_ml: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """One watched zone. `mark` is ``full``, ``half`` or ``empty``, `least_mm` the thinnest cement seen.

    `least_mm` is not painted, `note` is.
    """

    mark: str
    name: str
    note: str
    least_mm: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LeakRow:
    """One leak."""

    name: str
    note: str


@dataclass(frozen=True, slots=True)
class LevelMarks:
    """How one level is drawn over the image. `nearest` is the structure that the number speaks of.

    `ahead_px` is the front a second ahead, a line towards each structure that it nears, as far as known.
    """

    level: str
    contour: bool
    structures: bool
    dimmed: bool
    nearest: str | None
    priority: Priority | None
    ahead_px: tuple[Contour, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class OverlayModel:
    """Everything that one repaint shows. `result` gives the image and its lines; `beats` counts results.

    `sources` say what is delivered, a line for each.
    """

    now_ns: int
    result: Result | None
    mm_per_px: float | None
    stale_s: float | None
    marks: tuple[LevelMarks, ...]
    header: HeaderModel
    bar: BarModel
    distance: DistanceModel
    trend: TrendModel
    volumes: tuple[VolumeRow, ...]
    zones: tuple[ZoneRow, ...]
    zones_title: str
    leaks: tuple[LeakRow, ...]
    leaks_none: str
    footer_note: str
    footer_keys: str
    sources: tuple[str, ...]
    beats: int
    flash_ns: int | None = None
    """Time that alarms flash by, where that is not `now_ns`: a replay that is paused stands lit."""

    @property
    def results(self) -> tuple[Result | None, ...]:
        """What was painted, one for each source."""
        return (self.result,)

    @property
    def level(self) -> str | None:
        """Whose figures stand large."""
        return self.distance.level


@dataclass(frozen=True, slots=True, eq=False)
class BiplaneModel:
    """Two sources at once: what holds for both (bar, number, panels), and each one's own."""

    joint: OverlayModel
    planes: tuple[OverlayModel, OverlayModel]

    @property
    def now_ns(self) -> int:
        """Of the look (ns, monotonic)."""
        return self.joint.now_ns

    @property
    def results(self) -> tuple[Result | None, ...]:
        """What was painted, one for each source."""
        return tuple(plane.result for plane in self.planes)

    @property
    def level(self) -> str | None:
        """Whose figures stand large."""
        return self.joint.distance.level
