"""Sections of the configuration about volumes, alarms, running cement and the cement clock."""

from __future__ import annotations

from typing import Annotated

import msgspec

from monitor.config_base import Section as _Section
from monitor.config_base import number as _number


class VolumeConfig(_Section, frozen=True):
    """From attenuation to millilitres."""

    background_relative_sd: Annotated[
        float, _number("share of the local background in the error", 0.0, 1.0)
    ] = 0.05
    fraction_of_planned: Annotated[
        float, _number("volume alarm at this part of the planned one", 0.1, 5.0)
    ] = 1.0
    default_limit_ml: Annotated[
        float, _number("volume alarm where nothing is planned and the region is not known (mL)", 0.5, 20.0)
    ] = 6.0
    cervical_limit_ml: Annotated[float, _number("the same at C1 to C7 (mL)", 0.5, 20.0)] = 2.5
    upper_thoracic_limit_ml: Annotated[float, _number("the same at T1 to T6 (mL)", 0.5, 20.0)] = 3.0
    lower_thoracic_limit_ml: Annotated[float, _number("the same at T7 to T12 (mL)", 0.5, 20.0)] = 4.0
    lumbar_limit_ml: Annotated[float, _number("the same at L1 to S5 (mL)", 0.5, 20.0)] = 6.0
    lytic_limit_ml: Annotated[
        float, _number("large volume in a lytic level with a defect of its posterior wall (mL)", 0.5, 20.0)
    ] = 4.0
    dead_volume_ml: Annotated[
        float,
        _number("of the volume noted, what only fills the cannula (mL; 1.5 where it is counted)", 0.0, 5.0),
    ] = 0.0
    settle_s: Annotated[
        float, _number("an aliquot is compared with what is seen so long after it (s)", 0.0, 10.0)
    ] = 0.5
    disagreement: Annotated[
        float,
        _number("an aliquot is taken for calibration where it differs by less than this part", 0.02, 1.0),
    ] = 0.15
    unseen_ml: Annotated[
        float, _number("alarm where so much of what was injected is not seen (mL)", 0.1, 5.0)
    ] = 0.5
    standing_ml: Annotated[
        float, _number("alarm where so much was injected while the front stood still (mL)", 0.1, 5.0)
    ] = 0.4
    standing_s: Annotated[float, _number("and it has stood for so long (s)", 0.5, 60.0)] = 5.0
    standing_mm: Annotated[float, _number("a front that moves less than this stands (mm)", 0.1, 5.0)] = 0.5
    standing_fraction: Annotated[
        float, _number("an area that changes by less than this part stands", 0.005, 0.5)
    ] = 0.03


class AlarmConfig(_Section, frozen=True):
    """When alarms are raised and cleared."""

    caution_fraction: Annotated[
        float, _number("posterior part of the body's depth that is a LOW or MEDIUM alarm (1/3)", 0.05, 0.9)
    ] = 1 / 3
    stop_fraction: Annotated[
        float, _number("posterior part of the body's depth that is a HIGH alarm (1/4)", 0.05, 0.9)
    ] = 0.25
    stop_floor_mm: Annotated[float, _number("HIGH within this, whatever the depth (mm)", 0.5, 15.0)] = 3.0
    stop_uncertainty_factor: Annotated[
        float, _number("HIGH within so many standard deviations of the distance", 0.0, 5.0)
    ] = 2.0
    defect_factor: Annotated[
        float, _number("margins are widened by this where the posterior wall is defective", 1.0, 3.0)
    ] = 1.3
    vein_near_mm: Annotated[float, _number("MEDIUM within this of a marked vein (mm)", 0.5, 20.0)] = 2.0
    foramen_near_mm: Annotated[float, _number("MEDIUM within this of a marked foramen (mm)", 0.5, 20.0)] = 3.0
    on_delay_s: Annotated[float, _number("a near alarm's condition must hold for (s)", 0.0, 5.0)] = 0.2
    leak_on_delay_s: Annotated[float, _number("a leak's condition must hold for (s)", 0.0, 5.0)] = 0.12
    off_delay_s: Annotated[float, _number("a condition must be gone for (s)", 0.0, 30.0)] = 1.0
    technical_on_delay_s: Annotated[float, _number("a technical condition must hold for (s)", 0.0, 5.0)] = 0.2
    unwatched_s: Annotated[
        float, _number("a level of which nothing is known for so long was unwatched (s)", 0.2, 30.0)
    ] = 1.0
    unwatched_notice_s: Annotated[
        float, _number("cement before and after is then told for so long (s)", 1.0, 120.0)
    ] = 10.0
    unwatched_growth_mm2: Annotated[
        float, _number("and is a MEDIUM alarm where so much more is there (mm2)", 1.0, 500.0)
    ] = 15.0
    unwatched_growth_fraction: Annotated[
        float, _number("and at least this part of what was there", 0.0, 1.0)
    ] = 0.1
    most_levels: Annotated[
        int, msgspec.Meta(ge=1, le=30, description="levels with cement in one session before a notice")
    ] = 3
    filled_area_mm2: Annotated[
        float, _number("a level counts as filled from this much projected cement (mm2)", 1.0, 500.0)
    ] = 20.0


class ExtensionConfig(_Section, frozen=True):
    """A thin part of the cement that runs: in a vein about 21 mm/s."""

    widest_mm: Annotated[float, _number("narrower than this is thin (mm)", 0.5, 8.0)] = 3.0
    speed_mm_s: Annotated[float, _number("its tip advances faster than this (mm/s)", 1.0, 50.0)] = 5.0
    advance_mm: Annotated[float, _number("and by at least this (mm)", 0.5, 20.0)] = 2.5
    fewest_pulses: Annotated[
        int, msgspec.Meta(ge=3, le=10, description="steps from pulse to pulse that must each advance")
    ] = 3
    longest_s: Annotated[float, _number("time over which it is looked for (s)", 0.2, 5.0)] = 1.5
    smallest_area_mm2: Annotated[
        float, _number("cement must be this large before parts of it can run (mm2)", 1.0, 200.0)
    ] = 25.0
    stays_s: Annotated[float, _number("the finding is held for (s)", 0.2, 10.0)] = 1.0


class BrandClock(_Section, frozen=True):
    """Phases of one brand of cement, from mixing."""

    early_until_s: Annotated[float, _number("low viscosity until (s)", 10.0, 3600.0)] = 300.0
    late_after_s: Annotated[float, _number("no more injection after (s)", 20.0, 7200.0)] = 500.0


class ClockConfig(_Section, frozen=True):
    """The cement clock, from mixing, where the plan names no brand or one without a clock of its own."""

    early_until_s: Annotated[float, _number("low viscosity, leaks more, until (s)", 10.0, 3600.0)] = 300.0
    late_after_s: Annotated[float, _number("late, no more injection, after (s)", 20.0, 7200.0)] = 500.0
    notice_s: Annotated[float, _number("a change of phase is shown for (s)", 1.0, 120.0)] = 10.0
    withdraw_after_s: Annotated[
        float, _number("notice to withdraw the cannula once the front has stood for (s)", 5.0, 300.0)
    ] = 45.0
