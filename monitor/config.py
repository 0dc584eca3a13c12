"""Every threshold and rule parameter, with its default, unit, range and source.

Read from TOML; an unknown key is an error that names it. `config_to_toml` writes the whole
configuration with a comment on every key, so the defaults file documents itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from monitor.alarm_config import AlarmConfig, BrandClock, ClockConfig, ExtensionConfig, VolumeConfig
from monitor.burned_in_config import BurnedInConfig
from monitor.config_base import Section as _Section
from monitor.config_base import number as _number
from monitor.config_text import config_to_toml
from monitor.errors import ConfigError
from monitor.polarity_config import PolarityConfig
from monitor.preset import with_presets
from monitor.recording_config import RecordingConfig
from monitor.shaft_cement_config import ShaftCementConfig
from monitor.small_file import read_small
from monitor.thin_vein_config import ThinVeinConfig

__all__ = [
    "AlarmConfig", "BrandClock", "BurnedInConfig", "CementConfig", "ClockConfig", "Config",
    "CorridorConfig", "EdgeConfig",
    "EmbolusConfig", "ExtensionConfig", "FieldConfig", "FrontConfig", "GateConfig", "HealthConfig",
    "IntensityConfig", "IntruderConfig", "LeakConfig", "LearningConfig", "MotionConfig",
    "PolarityConfig", "RecordingConfig", "ShaftCementConfig", "ThinVeinConfig", "VolumeConfig",
    "config_to_toml", "parse_config", "read_config",
]  # fmt: skip

LARGEST_CONFIG_BYTES = 1024 * 1024
_MOST_DOTS = 60


class IntensityConfig(_Section, frozen=True):
    """From stored values to attenuation."""

    work_mm_per_px: Annotated[
        float, _number("coarsest pixel that binning may lead to (mm); detection works at this grid", 0.1, 1.0)
    ] = 0.45
    display_black_fraction: Annotated[
        float,
        _number("added to display values before the logarithm, as a fraction of full scale", 0.001, 0.2),
    ] = 0.02
    darkest_fraction: Annotated[
        float, _number("linear values below this fraction of full scale count as saturated", 0.0, 0.05)
    ] = 0.0008
    fewest_grey_levels: Annotated[
        float, _number("a level must be this many grey levels above black to be monitored", 2, 200)
    ] = 14.0
    most_saturated: Annotated[
        float, _number("a level of which more than this part is plain white is not monitored", 0.05, 1.0)
    ] = 0.4


class GateConfig(_Section, frozen=True):
    """Which frames are new evidence."""

    repeat_noise_ratio: Annotated[
        float,
        _number("a frame is a repeat where its change is below this part of the expected noise", 0.01, 0.9),
    ] = 0.25
    held_after_s: Annotated[float, _number("no new pulse for so long: HELD (s)", 0.1, 5.0)] = 0.4
    assumed_frame_rate_hz: Annotated[
        float, _number("frame rate taken where the source carries no times (Hz)", 0.5, 120.0)
    ] = 15.0


class MotionConfig(_Section, frozen=True):
    """Registration on the marked bone and when to trust it."""

    fine_blur_mm: Annotated[float, _number("finest structure used: Gaussian sigma (mm)", 0.1, 2.0)] = 0.5
    coarse_blur_mm: Annotated[float, _number("coarsest structure used: Gaussian sigma (mm)", 2.0, 20.0)] = 5.0
    steel_contrast: Annotated[
        float, _number("band-passed contrast that bone does not reach: not followed (log units)", 0.05, 3.0)
    ] = 0.3
    band_inside_mm: Annotated[float, _number("band of bone used, inside the outline (mm)", 0.5, 15.0)] = 3.0
    band_outside_mm: Annotated[float, _number("band of bone used, outside the outline (mm)", 0.5, 15.0)] = 4.0
    most_points: Annotated[int, msgspec.Meta(ge=200, le=20000, description="strongest gradients used")] = 1500
    most_iterations: Annotated[int, msgspec.Meta(ge=1, le=50, description="Gauss-Newton steps per frame")] = 8
    search_mm: Annotated[float, _number("how far a lost level is searched for (mm)", 2.0, 30.0)] = 14.0
    lowest_relative_correlation: Annotated[
        float, _number("trust needs this part of the learned correlation", 0.1, 0.99)
    ] = 0.5
    lowest_correlation: Annotated[float, _number("trust needs this correlation at least", 0.0, 0.9)] = 0.15
    largest_sigma_mm: Annotated[float, _number("trust needs a standard error below this (mm)", 0.05, 3.0)] = (
        0.3
    )
    lowest_point_fraction: Annotated[
        float, _number("trust needs this part of the points unmasked", 0.05, 0.95)
    ] = 0.2
    faint_sigma_mm: Annotated[
        float,
        _number(
            "standard error taken where the bone is too faint to follow and held to be still (mm)", 0.3, 5.0
        ),
    ] = 1.5
    jerk_mm: Annotated[
        float,
        _number(
            "a step between two pulses above this, or so far out of the breathing range, is a jerk (mm)",
            0.3,
            10.0,
        ),
    ] = 2.0
    settled_mm_s: Annotated[
        float, _number("after a movement learning begins once it is slower than this (mm/s)", 1.0, 50.0)
    ] = 8.0
    range_margin_mm: Annotated[
        float, _number("how far beyond the breathing range seen is still breathing (mm)", 0.2, 10.0)
    ] = 2.5
    largest_gain_change: Annotated[
        float, _number("a relative change of contrast above this is a change of kVp or display", 0.05, 2.0)
    ] = 0.35


class LearningConfig(_Section, frozen=True):
    """The reference and the noise."""

    shortest_s: Annotated[float, _number("quiet fluoroscopy before monitoring starts (s)", 0.5, 30.0)] = 3.0
    fewest_pulses: Annotated[
        int, msgspec.Meta(ge=4, le=600, description="pulses before monitoring starts")
    ] = 20
    reference_pulses: Annotated[
        int, msgspec.Meta(ge=8, le=1000, description="pulses averaged into the reference")
    ] = 96
    refine_for_s: Annotated[float, _number("how long the reference goes on improving (s)", 1.0, 120.0)] = 12.0
    relearn_s: Annotated[float, _number("learning anew after a disturbance (s)", 0.5, 30.0)] = 3.0
    relearn_at_most_s: Annotated[
        float, _number("disturbed again and again: twice as long each time, up to this (s)", 0.5, 60)
    ] = 8.0
    suspect_margin_mm: Annotated[
        float, _number("nothing nearer than this to suspected cement is learned (mm)", 0.0, 20.0)
    ] = 3.0


class CementConfig(_Section, frozen=True):
    """The sequential decision."""

    roi_margin_mm: Annotated[float, _number("how far around a body is watched (mm)", 5.0, 80.0)] = 22.0
    background_mm: Annotated[
        float, _number("Gaussian sigma of the background taken away (mm)", 3.0, 40.0)
    ] = 12.0
    blur_mm: Annotated[float, _number("Gaussian sigma of the matched blur (mm)", 0.1, 2.0)] = 0.5
    dead_zone_factor: Annotated[
        float, _number("learned structured residual times this is ignored", 0.5, 3.0)
    ] = 1.2
    dead_zone_floor: Annotated[float, _number("attenuation always ignored (log units)", 0.0, 0.2)] = 0.02
    dead_zone_motion_mm: Annotated[
        float, _number("displacement error whose edge residual is ignored (mm)", 0.0, 1.0)
    ] = 0.12
    dead_zone_turn_rad: Annotated[
        float, _number("error of the rotation whose edge residual is ignored (rad)", 0.0, 0.1)
    ] = 0.005
    unfamiliar_mm: Annotated[
        float,
        _number("so far beyond the breathing learned, nothing new is confirmed off the body (mm)", 0, 10),
    ] = 0.25
    unrest_factor: Annotated[
        float, _number("residual within so many times the unrest around it is ignored", 0.0, 10.0)
    ] = 3.0
    unrest_reach_mm: Annotated[
        float, _number("Gaussian sigma over which unrest is measured (mm)", 1.0, 30.0)
    ] = 6.0
    pair_share: Annotated[
        float, _number("off the body, so much of what has grown paler nearby is ignored", 0.0, 3.0)
    ] = 2.0
    pair_reach_mm: Annotated[float, _number("nearby: within so much (mm)", 1.0, 40.0)] = 12.0
    unrest_clip: Annotated[
        float, _number("single places count for no more than this in the unrest (log units)", 0.01, 2.0)
    ] = 0.15
    provisional_motion_mm: Annotated[float, _number("the same while still learning (mm)", 0.0, 3.0)] = 0.8
    provisional_floor: Annotated[
        float, _number("attenuation ignored while still learning (log units)", 0.0, 0.5)
    ] = 0.1
    drift_per_pulse: Annotated[float, _number("CUSUM allowance k (standard deviations)", 0.1, 3.0)] = 0.5
    threshold: Annotated[float, _number("CUSUM threshold h next to known cement", 3.0, 200.0)] = 17.7
    separate_factor: Annotated[
        float, _number("threshold factor for cement away from known cement", 1.0, 10.0)
    ] = 2.0
    smallest_area_mm2: Annotated[float, _number("smallest connected cement (mm2)", 0.2, 50.0)] = 1.5
    smallest_separate_area_mm2: Annotated[float, _number("smallest separate cement (mm2)", 0.2, 50.0)] = 2.5
    evidence_s: Annotated[float, _number("time constant of the averaged residual (s)", 0.05, 3.0)] = 0.35
    unlatch_s: Annotated[
        float, _number("residual must be gone for so long to take cement back (s)", 0.2, 20.0)
    ] = 1.5
    thinnest_monitored_mm: Annotated[
        float, _number("monitoring is degraded where only thicker cement than this is seen (mm)", 0.2, 20.0)
    ] = 2.0
    thinnest_watched_mm: Annotated[
        float, _number("no monitoring where only thicker cement than this would be seen (mm)", 0.2, 20.0)
    ] = 5.0
    assumed_attenuation_per_mm: Annotated[
        float,
        _number("cement attenuation taken for the limit above where none is calibrated (1/mm)", 0.01, 1.0),
    ] = 0.15
    moved_instrument_mm2: Annotated[
        float, _number("so much area grown lighter shows that an instrument has moved (mm2)", 0.5, 100.0)
    ] = 4.0
    moved_instrument_reach_mm: Annotated[
        float, _number("nothing is confirmed so near to where an instrument has moved (mm)", 0.5, 20.0)
    ] = 8.0
    large_shift_mm2: Annotated[
        float, _number("so wide an area grown lighter is gas: nothing is confirmed (mm2)", 10, 2000)
    ] = 30.0
    moved_instrument_stays_s: Annotated[
        float, _number("an instrument that stays where it moved to is learned after (s)", 0.2, 30.0)
    ] = 1.5
    largest_leap_mm2: Annotated[
        float,
        _number("what comes up beside the body at one stroke is cement up to (mm2)", 10.0, 1e4),
    ] = 90.0


class FieldConfig(_Section, frozen=True):
    """Collimator blades and the circle of an image intensifier."""

    margin_mm: Annotated[float, _number("nothing is seen so near to the field's edge (mm)", 0.0, 20.0)] = 3.0
    least_change_mm2: Annotated[
        float, _number("less than this is no movement of blades (mm2)", 1.0, 500.0)
    ] = 30.0
    settled_after_s: Annotated[float, _number("blades are at rest after (s)", 0.1, 5.0)] = 0.5
    most_covered: Annotated[
        float, _number("part of the body that may be covered before monitoring ends", 0.01, 1.0)
    ] = 0.3


class EmbolusConfig(_Section, frozen=True):
    """Cement that is carried away."""

    sure: Annotated[float, _number("a spot stands out by so many times the noise", 2.0, 20.0)] = 4.0
    smallest_mm2: Annotated[float, _number("smallest spot (mm2)", 0.1, 20.0)] = 0.6
    largest_mm2: Annotated[float, _number("largest spot (mm2)", 2.0, 200.0)] = 25.0
    longest_mm: Annotated[float, _number("longest spot (mm)", 2.0, 30.0)] = 8.0
    slowest_mm_s: Annotated[float, _number("slower than this is no embolus (mm/s)", 0.5, 50.0)] = 6.0
    fastest_mm_s: Annotated[float, _number("faster than this is no embolus (mm/s)", 10.0, 500.0)] = 80.0
    longest_gap_s: Annotated[
        float, _number("two sightings of a course are no farther apart (s)", 0.05, 2.0)
    ] = 0.4
    straightness_mm: Annotated[
        float, _number("a sighting lies so near to where the course would take it (mm)", 0.2, 10.0)
    ] = 1.5
    sightings: Annotated[int, msgspec.Meta(ge=2, le=10, description="sightings of a course")] = 5
    shortest_way_mm: Annotated[float, _number("a course is at least so long (mm)", 1.0, 50.0)] = 3.5
    from_cement_mm: Annotated[float, _number("it begins so near to known cement (mm)", 1.0, 80.0)] = 14.0
    shown_s: Annotated[float, _number("it is told for so long after it was last seen (s)", 0.1, 30.0)] = 2.0


class IntruderConfig(_Section, frozen=True):
    """Hands and instruments over the level."""

    largest_change_mm2: Annotated[
        float, _number("more than this changing within half a second is no cement (mm2)", 10.0, 5000.0)
    ] = 40.0
    clear_after_s: Annotated[
        float, _number("after the last such change nothing is said for so long (s)", 0.1, 10.0)
    ] = 0.6
    learned_after_s: Annotated[
        float, _number("what stays is learned as part of the image after (s)", 0.5, 60.0)
    ] = 4.0


class EdgeConfig(_Section, frozen=True):
    """The outline of confirmed cement."""

    thickness_mm: Annotated[float, _number("cement ends where it is thinner than this (mm)", 0.05, 3.0)] = 0.3
    reach_mm: Annotated[
        float, _number("the outline may lie so far beyond what is confirmed (mm)", 0.0, 5.0)
    ] = 1.2
    slow_s: Annotated[
        float, _number("time constant of the average where cement does not change (s)", 0.1, 10.0)
    ] = 1.5
    noise_factor: Annotated[
        float, _number("the edge must stand out by so many times the noise of the average", 0.5, 6.0)
    ] = 2.0
    blur_share: Annotated[
        float, _number("beside thicker cement this part of its attenuation is blur, not cement", 0.0, 0.6)
    ] = 0.12
    blur_reach_mm: Annotated[float, _number("as far as this from it (mm)", 0.2, 5.0)] = 1.2
    dead_zone_share: Annotated[
        float, _number("next to confirmed cement this part of the dead-zone is ignored", 0.0, 1.0)
    ] = 0.5


class CorridorConfig(_Section, frozen=True):
    """Cannulas in the image."""

    steel_contrast: Annotated[
        float, _number("contrast from which a straight strip may be a cannula (log units)", 0.02, 3.0)
    ] = 0.08
    shortest_mm: Annotated[float, _number("shortest cannula that is recognised (mm)", 5.0, 100.0)] = 12.0
    thinnest_mm: Annotated[float, _number("thinnest cannula that is recognised (mm)", 0.3, 5.0)] = 1.2
    thickest_mm: Annotated[float, _number("thickest cannula that is recognised (mm)", 2.0, 15.0)] = 6.5
    tip_inside_mm: Annotated[float, _number("its tip must be this deep in the body (mm)", 0.0, 30.0)] = 2.0
    shortest_yardstick_mm: Annotated[
        float, _number("shaft outside the body that must be in view to see through it (mm)", 2.0, 50.0)
    ] = 5.0


class FrontConfig(_Section, frozen=True):
    """Distances, their bounds and the speed."""

    marking_sd_mm: Annotated[float, _number("standard error of the operator's marks (mm)", 0.0, 3.0)] = 0.4
    derived_sd_mm: Annotated[
        float, _number("standard error of walls and endplates taken from the outline (mm)", 0.0, 5.0)
    ] = 1.0
    edge_sd_mm: Annotated[float, _number("standard error of the detected edge (mm)", 0.0, 3.0)] = 0.3
    edge_lag_mm: Annotated[
        float, _number("how far a sequential front trails the true one (mm)", 0.0, 3.0)
    ] = 0.3
    hidden_reach_mm: Annotated[
        float, _number("cement may go on unseen behind a cannula for so long (mm)", 0.0, 10.0)
    ] = 2.5
    speed_window_s: Annotated[float, _number("window of the speed (s)", 0.3, 10.0)] = 1.5


class LeakConfig(_Section, frozen=True):
    """Where cement counts as outside."""

    margin_mm: Annotated[float, _number("cement must be this far outside the outline (mm)", 0.0, 5.0)] = 0.8
    smallest_area_mm2: Annotated[float, _number("smallest leak (mm2)", 0.2, 50.0)] = 1.5
    vein_half_width_mm: Annotated[float, _number("so near a marked vein is in it (mm)", 0.5, 10.0)] = 2.5
    widest_vein_mm: Annotated[
        float, _number("narrower than this may be a vein by its shape (mm)", 1.0, 8.0)
    ] = 3.0
    canal_depth_mm: Annotated[float, _number("depth of the spinal canal behind the wall (mm)", 8.0, 40.0)] = (
        20.0
    )


class HealthConfig(_Section, frozen=True):
    """When what is shown is no longer true."""

    no_image_periods: Annotated[float, _number("no frame for so many periods", 1.0, 30.0)] = 3.0
    no_image_s: Annotated[float, _number("and at least so long: no image (s)", 0.05, 5.0)] = 0.25
    lagging_s: Annotated[float, _number("a result older than this is late (s)", 0.05, 5.0)] = 0.3
    backlog_fraction: Annotated[float, _number("recorder budget in use: DEGRADED", 0.05, 1.0)] = 0.5
    brightness_step: Annotated[
        float,
        _number("a sudden change of the whole image above this (log units) is a new exposure", 0.05, 3.0),
    ] = 0.25
    noise_ratio: Annotated[float, _number("noise above so many times the learned one", 1.1, 10.0)] = 2.0


class Config(_Section, frozen=True):
    """The whole configuration."""

    intensity: IntensityConfig = IntensityConfig()
    gate: GateConfig = GateConfig()
    polarity: PolarityConfig = PolarityConfig()
    burned_in: BurnedInConfig = BurnedInConfig()
    motion: MotionConfig = MotionConfig()
    learning: LearningConfig = LearningConfig()
    cement: CementConfig = CementConfig()
    field: FieldConfig = FieldConfig()
    embolus: EmbolusConfig = EmbolusConfig()
    intruder: IntruderConfig = IntruderConfig()
    edge: EdgeConfig = EdgeConfig()
    corridor: CorridorConfig = CorridorConfig()
    front: FrontConfig = FrontConfig()
    leak: LeakConfig = LeakConfig()
    volume: VolumeConfig = VolumeConfig()
    alarm: AlarmConfig = AlarmConfig()
    health: HealthConfig = HealthConfig()
    recording: RecordingConfig = RecordingConfig()
    extension: ExtensionConfig = ExtensionConfig()
    shaft_cement: ShaftCementConfig = ShaftCementConfig()
    thin_vein: ThinVeinConfig = ThinVeinConfig()
    clock: ClockConfig = ClockConfig()
    brands: dict[str, BrandClock] = msgspec.field(default_factory=dict)


def read_config(path: Path, presets: Sequence[str] = ()) -> Config:
    """Read a TOML configuration; what it leaves out is as in the presets, else the default.

    Raises
    ------
    ConfigError
        Unreadable, not TOML, an unknown key or a value out of range. The message names it.
    """
    try:
        return parse_config(read_small(path, LARGEST_CONFIG_BYTES).decode("utf-8"), str(path), presets)
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the configuration: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not TOML: not UTF-8 text") from error


def parse_config(text: str, name: str, presets: Sequence[str] = ()) -> Config:
    """Parse TOML text; `name` is used in messages. For `presets` see `monitor.preset`.

    Raises
    ------
    ConfigError
        As `read_config`.
    """
    try:
        return _checked(msgspec.convert(with_presets(_loaded(text, name), name, presets), Config), name)
    except RecursionError as error:
        raise ConfigError(f"{name}: nested too deeply for a configuration") from error
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        place = where.rstrip("`").removeprefix("$").lstrip(".")
        raise ConfigError(f"{name}: {place + ': ' if place else ''}{what}") from error


def _loaded(text: str, name: str) -> dict[str, Any]:
    # a key of many parts costs the parser time and memory by the square of their number
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise ConfigError(f"{name}: line {number} has more than {_MOST_DOTS} dots")
    try:
        return tomllib.loads(text)
    except ValueError as error:  # also a number of thousands of digits
        raise ConfigError(f"{name}: not TOML: {error}") from error


def _checked(config: Config, name: str) -> Config:
    """Check what one key alone does not show."""
    clocks = {"clock": config.clock} | {f"brands.{brand}": clock for brand, clock in config.brands.items()}
    for place, clock in clocks.items():
        if clock.late_after_s <= clock.early_until_s:
            raise ConfigError(
                f"{name}: {place}: late_after_s ({clock.late_after_s:g}) must be above "
                f"early_until_s ({clock.early_until_s:g})"
            )
    return config
