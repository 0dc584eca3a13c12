"""What can be chosen of a simulated procedure, and the procedures that there are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from monitor.errors import InputError
from monitor.frame import PixelIntensityRelationship
from recordings.simulated.disturbances import (
    BrightnessStep,
    BurnedInText,
    Disturbance,
    Hand,
    HeldImage,
    Jerk,
    NeedleMove,
    TableMove,
)
from recordings.simulated.physics import CEMENTS

LeakKind = Literal["canal", "disc_superior", "disc_inferior", "vein", "embolus", "paravertebral"]


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """How a simulated procedure is seen. None stands for the scenario's own value.

    Parameters
    ----------
    seed : int
        Anatomy, growth, motion and noise all follow from it.
    projection : {"lateral", "ap"}
    size : int
        Rows and columns (px).
    mm_per_px : float or None
        In the plane of the spine; None: the same 179 mm field at every size (0.35 mm at 512 px).
    frame_rate_hz : float
    duration_s : float or None
    dose_ngy : float or None
        Mean air kerma per frame at the detector over the field (nGy); None: 30, or the scenario's.
    kvp : float
        Tube voltage (kV).
    cement : str
        A name of `physics.CEMENTS`: radiopacifier as a fraction of the cement's mass.
    relationship : PixelIntensityRelationship
        LIN, LOG or DISP (a display curve: log-intensity to the power of `display_gamma`).
    display_gamma : float
    bits_stored : int
        8 to 16.
    breathing_mm : float or None
        Peak-to-peak motion of the treated vertebra (mm), 0 to 5; soft tissue moves several times that.
    rotation_deg : float
        Peak-to-peak turn of the spine with breathing (degrees).
    jerk_mm, jerk_at_s : float or None
        A sudden movement of the patient that only partly comes back.
    table_shift_mm, table_shift_at_s : float, float or None
        A shift of the table along the body, over 1 s.
    scatter_to_primary : float
        Mean over the field, 0 to 5.
    recursive_filter : float
        Weight of the past in the C-arm's own filter, 0 to 0.9.
    lag : float
        Part of a frame's signal that is only read with the next, 0 to 0.2.
    detector_blur_mm : float
        Full width at half maximum of the detector's point spread, at the detector (mm).
    electronic_noise_quanta : float
        Standard deviation of the read-out noise, in detected quanta per pixel.
    automatic_brightness : bool
        Whether the generator holds the mean signal over the middle of the field.
    injection_start_s, injection_ml_per_s : float
    disturbances : tuple of Disturbance
        What happens beside; added to the scenario's own. Not in the representation, which names runs.
    """

    seed: int = 1
    projection: Literal["lateral", "ap"] = "lateral"
    size: int = 512
    mm_per_px: float | None = None
    frame_rate_hz: float = 15.0
    duration_s: float | None = None
    dose_ngy: float | None = None
    kvp: float = 80.0
    cement: str = "20% BaSO4"
    relationship: PixelIntensityRelationship = PixelIntensityRelationship.LIN
    display_gamma: float = 1.0
    bits_stored: int = 12
    breathing_mm: float | None = None
    rotation_deg: float = 0.3
    jerk_mm: float | None = None
    jerk_at_s: float | None = None
    table_shift_mm: float = 0.0
    table_shift_at_s: float | None = None
    scatter_to_primary: float = 0.8
    recursive_filter: float = 0.0
    lag: float = 0.02
    detector_blur_mm: float = 0.4
    electronic_noise_quanta: float = 2.0
    automatic_brightness: bool = False
    injection_start_s: float = 7.0
    injection_ml_per_s: float = 0.07
    disturbances: tuple[Disturbance, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        _in_range("seed", self.seed, 0, 2**63)
        _in_range("size", self.size, 64, 4096)
        if self.projection not in ("lateral", "ap"):
            raise InputError(f"projection must be lateral or ap, is {self.projection!r}")
        if self.cement not in CEMENTS:
            raise InputError(f"cement must be one of {', '.join(CEMENTS)}; is {self.cement!r}")
        if self.duration_s is not None:
            _in_range("duration_s", self.duration_s, 1e-3, 86400)
        if self.dose_ngy is not None:
            _in_range("dose_ngy", self.dose_ngy, 0.1, 10000)
        if self.mm_per_px is not None:
            _in_range("mm_per_px", self.mm_per_px, 0.05, 2)
        if self.breathing_mm is not None:
            _in_range("breathing_mm", self.breathing_mm, 0, 20)
        if self.jerk_mm is not None:
            _in_range("jerk_mm", self.jerk_mm, 0, 30)
        _in_range("frame_rate_hz", self.frame_rate_hz, 0.5, 120)
        _in_range("kvp", self.kvp, 40, 150)
        _in_range("display_gamma", self.display_gamma, 0.2, 5)
        _in_range("bits_stored", self.bits_stored, 8, 16)
        _in_range("rotation_deg", self.rotation_deg, -10, 10)
        _in_range("table_shift_mm", self.table_shift_mm, -50, 50)
        _in_range("scatter_to_primary", self.scatter_to_primary, 0, 5)
        _in_range("recursive_filter", self.recursive_filter, 0, 0.9)
        _in_range("lag", self.lag, 0, 0.2)
        _in_range("detector_blur_mm", self.detector_blur_mm, 0, 2)
        _in_range("electronic_noise_quanta", self.electronic_noise_quanta, 0, 1000)
        _in_range("injection_start_s", self.injection_start_s, 0, 86400)
        _in_range("injection_ml_per_s", self.injection_ml_per_s, 1e-3, 1)

    @property
    def pixel_mm(self) -> float:
        """Size of a pixel in the plane of the spine (mm)."""
        return 0.35 * 512 / self.size if self.mm_per_px is None else self.mm_per_px


@dataclass(frozen=True, slots=True)
class LeakScript:
    """A leak and the volume injected at its level (mL) at which it opens.

    `radius_mm` is that of a vein; None: drawn from 0.75 to 1 mm.
    """

    kind: LeakKind
    opens_at_ml: float
    share: float
    most_ml: float
    radius_mm: float | None = None


@dataclass(frozen=True, slots=True)
class LevelScript:
    """What is done at one level.

    `reach` is the part of the body's depth, from the front, that fills; `tip_depth` the part at which the
    tip of the cannula lies, None: where it usually does (`growth.tip_mm`).
    """

    name: str
    volume_ml: float
    leak: LeakScript | None = None
    reach: float = 0.68
    needle_moves: bool = False
    tip_depth: float | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A procedure: what happens, and the values that make it so.

    `opacity` is what cement attenuates, relative to the cement of the settings.
    """

    name: str
    description: str
    levels: tuple[LevelScript, ...]
    duration_s: float
    dose_ngy: float = 30.0
    breathing_mm: float = 1.5
    jerk_mm: float = 0.0
    jerk_at_s: float = 0.0
    tags: tuple[str, ...] = field(default=())
    opacity: float = 1.0
    disturbances: tuple[Disturbance, ...] = ()


_CANAL = LeakScript("canal", opens_at_ml=1.4, share=0.45, most_ml=0.6)
_CLEAN = LevelScript("L1", volume_ml=3.3)

_SCENARIOS = (
    Scenario("quiet", "no cement: breathing, a cannula in place", (LevelScript("L1", 0.0),), 30.0),
    Scenario("clean", "the front two thirds of the body fill; no leak", (_CLEAN,), 58.0),
    Scenario(
        "canal",
        "the front reaches the posterior wall and crosses a defect into the canal",
        (LevelScript("L1", 2.0, _CANAL, reach=1.0),),
        36.0,
    ),
    Scenario(
        "disc",
        "cement crosses the superior endplate into the disc",
        (LevelScript("L1", 2.0, LeakScript("disc_superior", 1.3, 0.5, 0.8), reach=0.8),),
        36.0,
    ),
    Scenario(
        "vein",
        "cement runs fast along an anterior segmental vein",
        (LevelScript("L1", 2.0, LeakScript("vein", 1.1, 0.8, 0.16), reach=0.72),),
        34.0,
    ),
    Scenario(
        "embolus",
        "a 2 mm drop leaves along the vein and moves away",
        (LevelScript("L1", 2.0, LeakScript("embolus", 1.1, 0.8, 0.05), reach=0.72),),
        34.0,
    ),
    Scenario(
        "motion",
        "a clean fill with large breathing and one 5 mm jerk",
        (_CLEAN,),
        58.0,
        breathing_mm=4.0,
        jerk_mm=5.0,
        jerk_at_s=24.0,
    ),
    Scenario(
        "needle",
        "a clean fill; the stylet is taken out and the cannula drawn back a little",
        (LevelScript("L1", 3.3, needle_moves=True),),
        58.0,
    ),
    Scenario(
        "lowdose",
        "the canal leak at 10 nGy per frame",
        (LevelScript("L1", 2.0, _CANAL, reach=1.0),),
        36.0,
        dose_ngy=10.0,
    ),
    Scenario(
        "twolevels",
        "L1, then T12; the second leaks through its inferior endplate into the disc",
        (
            LevelScript("L1", 1.2),
            LevelScript("T12", 1.6, LeakScript("disc_inferior", 1.0, 0.5, 0.8), reach=0.8),
        ),
        52.0,
    ),
    Scenario(
        "disturbed",
        "no cement: a jerk, a hand, a table shift, a brightness step, a needle move, a held image, a clock",
        (LevelScript("L1", 0.0),),
        60.0,
        disturbances=(
            BurnedInText(),
            Jerk(12.0, 5.0),
            Hand(20.0, 2.0),
            TableMove(27.0, 12.0),
            BrightnessStep(36.0, 0.7),
            NeedleMove(44.0, 5.0, 2.0),
            HeldImage(51.0, 2.0),
        ),
    ),
    Scenario(
        "thinvein",
        "cement runs along an anterior segmental vein 1.5 mm wide",
        (LevelScript("L1", 2.0, LeakScript("vein", 1.1, 0.6, 0.12, radius_mm=0.75), reach=0.72),),
        34.0,
    ),
    Scenario(
        "lowcontrast",
        "the canal leak with cement of half the contrast",
        (LevelScript("L1", 2.0, _CANAL, reach=1.0),),
        36.0,
        opacity=0.5,
    ),
)
_BY_NAME = {scenario.name: scenario for scenario in _SCENARIOS}

SCENARIOS: Mapping[str, str] = {scenario.name: scenario.description for scenario in _SCENARIOS}
"""Every simulated procedure by name, with what happens in it."""

PAUSE_BETWEEN_LEVELS_S = 3.0


def scenario(name: str) -> Scenario:
    """Return the scenario of a name.

    Raises
    ------
    InputError
        There is none of that name; the message lists those that there are.
    """
    if name not in _BY_NAME:
        raise InputError(f"unknown simulated procedure {name!r}; there are {', '.join(SCENARIOS)}")
    return _BY_NAME[name]


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name} must be from {low:g} to {high:g}, is {value:g}")
