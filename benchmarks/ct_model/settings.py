"""What can be varied of a procedure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from benchmarks.ct_model.physics import CEMENTS
from benchmarks.ct_model.volume import LEVEL_LABELS, Projection

SCENARIOS = ("clean", "quiet", "canal", "disc", "vein", "paravertebral", "embolus", "motion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a procedure is rendered; None is left to the seed.

    Parameters
    ----------
    projection : {"lateral", "ap"}
    size : int
        Rows and columns (px).
    mm_per_px : float or None
        In the plane of the spine; None: 168 mm are seen.
    frame_rate_hz, pulse_rate_hz : float
        Frames, and X-ray pulses; a slower pulse rate repeats frames. None: as many pulses as frames.
    duration_s : float
    dose_ngy, kvp, scatter : float
        Dose per pulse at the detector, tube voltage, scatter-to-primary ratio.
    lag, recursive_filter : float
        Part of the signal that comes late; weight of the past in the C-arm's filter.
    psf_mm, electronic_quanta : float
        Detector blur (full width at half maximum, at the detector) and read-out noise (quanta, one SD).
    intensity : {"LIN", "DISP"}
        12 bits proportional to intensity, or 8 bits behind a window and `display_gamma`.
    inverted : bool
        Cement is bright.
    collimator : {"none", "circle", "blades"}
    brightness_control : bool
        The C-arm holds the mean signal of its measuring field.
    kvp_step, jerk : (float, float) or None
        kV and time (s) of a step; size (mm) and time (s).
    breathing_mm : float
        Peak to peak at the vertebra; soft tissue in front moves more.
    needle_moves : bool
        A stylet is withdrawn before the injection and the cannula is pulled back in steps.
    level, gauge, cement : str, int, str
    inject_at_s, rate_ml_s : float or None
    marks : {"full", "body"}
    click_error_mm : float
        SD of every marked point in each direction.
    mark_vein : bool or None
        None: for every other seed.
    mark_cannula : bool
    folder : Path or None
        Where the CT is.
    """

    projection: Projection = "lateral"
    size: int = 512
    mm_per_px: float | None = None
    frame_rate_hz: float = 15.0
    pulse_rate_hz: float | None = None
    duration_s: float = 32.0
    dose_ngy: float = 30.0
    kvp: float = 80.0
    scatter: float = 1.2
    lag: float = 0.03
    recursive_filter: float = 0.0
    psf_mm: float = 0.4
    electronic_quanta: float = 2.0
    intensity: Literal["LIN", "DISP"] = "LIN"
    display_gamma: float = 0.6
    inverted: bool = False
    collimator: Literal["none", "circle", "blades"] = "none"
    brightness_control: bool = True
    kvp_step: tuple[float, float] | None = None
    jerk: tuple[float, float] | None = None
    breathing_mm: float = 1.5
    needle_moves: bool = False
    level: str | None = None
    gauge: int | None = None
    cement: str = "BaSO4 20 %"
    inject_at_s: float | None = None
    rate_ml_s: float | None = None
    marks: Literal["full", "body"] = "full"
    click_error_mm: float = 0.0
    mark_vein: bool | None = None
    mark_cannula: bool = True
    folder: Path | None = None

    @property
    def scale_mm_per_px(self) -> float:
        """Millimetres per pixel."""
        return self.mm_per_px if self.mm_per_px is not None else 168.0 / self.size


def check_settings(scenario: str, given: dict[str, Any]) -> Settings:
    """Make settings of keywords.

    Raises
    ------
    ValueError
        An unknown scenario or setting, or a value out of range; one line that names it.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"scenario: {scenario!r} is none of {', '.join(SCENARIOS)}")
    known = {f.name for f in fields(Settings)}
    for name in given:
        if name not in known:
            raise ValueError(f"{name}: no such setting; known are {', '.join(sorted(known))}")
    s = Settings(**given)
    choices = (
        ("projection", s.projection, ("lateral", "ap")),
        ("intensity", s.intensity, ("LIN", "DISP")),
        ("collimator", s.collimator, ("none", "circle", "blades")),
        ("marks", s.marks, ("full", "body")),
        ("cement", s.cement, tuple(CEMENTS)),
        ("level", s.level, (None, *LEVEL_LABELS)),
        ("gauge", s.gauge, (None, 11, 12, 13)),
    )
    for name, value, allowed in choices:
        if value not in allowed:
            raise ValueError(
                f"{name}: {value!r} is none of {', '.join(str(a) for a in allowed if a is not None)}"
            )
    ranges = (
        ("size", s.size, 128, 2048),
        ("mm_per_px", s.scale_mm_per_px, 0.08, 1.5),
        ("frame_rate_hz", s.frame_rate_hz, 1, 60),
        ("duration_s", s.duration_s, 1, 600),
        ("dose_ngy", s.dose_ngy, 0.5, 1e4),
        ("kvp", s.kvp, 50, 120),
        ("scatter", s.scatter, 0, 10),
        ("lag", s.lag, 0, 0.5),
        ("recursive_filter", s.recursive_filter, 0, 0.9),
        ("display_gamma", s.display_gamma, 0.1, 4),
        ("breathing_mm", s.breathing_mm, 0, 10),
        ("click_error_mm", s.click_error_mm, 0, 5),
        ("pulse_rate_hz", s.pulse_rate_hz or s.frame_rate_hz, 0.5, s.frame_rate_hz),
    )
    for name, number, low, high in ranges:
        if not low <= number <= high:
            raise ValueError(f"{name}: {number:g} is not from {low:g} to {high:g}")
    if s.size * s.scale_mm_per_px > 260 or s.size * s.scale_mm_per_px < 80:
        raise ValueError(f"mm_per_px: {s.size} px see {s.size * s.scale_mm_per_px:.0f} mm, not 80 to 260 mm")
    return s
