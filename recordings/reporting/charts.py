"""What charts show, as plain typed data: drawn by `interactive` for a browser and by `printed` for paper.

Times are seconds, fractions 0 to 1. None is a gap in a line.
"""

from __future__ import annotations

from dataclasses import dataclass

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the time line: ``start`` or ``stop`` of the injection, or the onset of a ``leak``."""

    time_s: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class AlarmBar:
    """An alarm on the time line; `end_s` is when it was cleared, or the end of the line."""

    words: str
    priority: str
    raised_s: float
    end_s: float
    escalated_s: float | None = None
    acknowledged_s: float | None = None


@dataclass(frozen=True, slots=True)
class TrendChart:
    """Course of a level.

    Parameters
    ----------
    times_s : tuple of float
    volume, volume_low, volume_high : tuple of float or None
        mL, or without unit where `relative`; bounds of 95 %.
    distance_mm : tuple of float or None
        To the posterior wall, negative once beyond.
    gaps : tuple of (float, float)
        From when to when it was not watched.
    marks : tuple of Mark
    alarms : tuple of AlarmBar
    planned_ml : float or None
    relative : bool
    begin_s, end_s : float
    """

    times_s: tuple[float, ...]
    volume: Values
    volume_low: Values
    volume_high: Values
    distance_mm: Values
    gaps: tuple[tuple[float, float], ...]
    marks: tuple[Mark, ...]
    alarms: tuple[AlarmBar, ...]
    planned_ml: float | None
    relative: bool
    begin_s: float
    end_s: float

    @property
    def has_volume(self) -> bool:
        """Whether any volume is known."""
        return any(value is not None for value in self.volume)

    @property
    def has_distance(self) -> bool:
        """Whether any distance is known."""
        return any(value is not None for value in self.distance_mm)


@dataclass(frozen=True, slots=True)
class ForestRow:
    """A rate or a mean with its interval.

    Parameters
    ----------
    name : str
    kind : str
        ``own``, ``published``, or ``head`` (a line of words).
    value, low, high : float or None
        An interval without a value is a range that others report.
    wide_low, wide_high : float or None
        A wider interval that allows for more.
    remark : str
        Figure and numbers in words, written beside it.
    """

    name: str
    kind: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    wide_low: float | None = None
    wide_high: float | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ForestChart:
    """Figures with their intervals, one below the other; `percent`: they are fractions."""

    rows: tuple[ForestRow, ...]
    axis: str
    percent: bool


@dataclass(frozen=True, slots=True)
class LearningPanel:
    """One operator: rate of leaks over all levels so far with its interval, and the running sum."""

    operator: str
    expected: float
    numbers: tuple[int, ...]
    leaked: tuple[bool, ...]
    days: tuple[str, ...]
    rate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    cusum: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LearningChart:
    """Operators side by side, on the same scales."""

    panels: tuple[LearningPanel, ...]


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """Mean change of a score at a time (after minus before) with its interval, and the number of pairs."""

    when: str
    difference: float | None
    low: float | None
    high: float | None
    pairs: int


@dataclass(frozen=True, slots=True)
class ScorePanel:
    """A score over the times of the follow-up."""

    score: str
    points: tuple[ScorePoint, ...]


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """Scores side by side, each on its own scale."""

    panels: tuple[ScorePanel, ...]


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """How a volume is spread in a stratum (mL): least, quartiles, median, most; mean with interval."""

    name: str
    count: int
    least: float | None
    quartile_1: float | None
    median: float | None
    quartile_3: float | None
    most: float | None
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SpreadChart:
    """Spreads below one another."""

    rows: tuple[SpreadRow, ...]
    axis: str


Chart = TrendChart | ForestChart | LearningChart | ScoreChart | SpreadChart
