"""The record of a level: from what a pass gathered of it in each view to one set of figures."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from monitor.config import LeakConfig
from monitor.plan import Plan
from recordings.qa.beside import named_beside
from recordings.qa.body import BodySides
from recordings.qa.carried import without_fronts
from recordings.qa.distribution import Sampled, ap_of, contact_of, fill_of, lateral_of, map_of
from recordings.qa.followed import FollowedLevel
from recordings.qa.leaks import in_doubt, settled, told_of
from recordings.qa.merging import merged
from recordings.qa.record import AlarmRecord, Closest, EndplateContact, LeakRecord, LevelRecord
from recordings.qa.told import Told
from recordings.results.figures import Closest as Figure
from recordings.results.figures import LevelFigures

_SURE = 1.96
_UNWATCHED_S = 3.0
"""A level that was not watched for longer at the end is not known to be as it was last seen."""
_REGIONS = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}
_NAME = re.compile(r"(C|TH|T|D|L|S)\s*\d{1,2}")

Seconds = Callable[[int], float]


def region_of(level: str) -> str | None:
    """The region that a level's name tells; None where it tells none. D (dorsal) and Th are thoracic."""
    found = _NAME.fullmatch(level.strip().upper())
    return None if found is None else _REGIONS["T" if found[1] == "D" else found[1][0]]


def level_record(
    name: str,
    views: Sequence[tuple[FollowedLevel, LevelFigures]],
    plan: Plan,
    told: Told | None,
    seconds: Seconds,
    config: LeakConfig,
) -> LevelRecord:
    """One record of a level, from every view in which it was looked at.

    Parameters
    ----------
    views : sequence of (FollowedLevel, LevelFigures)
    told : Told or None
        What was told while the procedure ran; None: it was not monitored.
    seconds : callable
        Time from the first frame (s) of a time that alarms go by (ns).
    config : LeakConfig
        As it was in force.
    """
    scales = {view.name: view.scale.mm_per_px for view in plan.views}
    alarms = None if told is None else told.alarms
    of_views = [
        _in_view(followed, figures, scales[followed.view], alarms, seconds, config)
        for followed, figures in views
    ]
    if not of_views:
        return LevelRecord(
            level=name, region=region_of(name), unmeasured=("everything: no view of it was shown",)
        )
    record = merged(of_views)
    intent = plan.levels.get(name)
    warned_s = None if told is None else told.first_warning_s.get(name)
    stop_s = record.injection_stop_s
    missing = list(record.unmeasured)
    if record.lateral is None and not any(followed.projection == "lateral" for followed, _ in views):
        missing.append("distribution from the side: no lateral view")
    if record.ap is None and not any(followed.projection == "ap" for followed, _ in views):
        missing.append("distribution from the front: no AP view")
    if told is None:
        missing.append("warnings and reactions: it was not monitored, or its log cannot be read")
    return msgspec.structs.replace(
        record,
        region=region_of(name),
        pathology=None if intent is None else intent.risk.pathology,
        posterior_wall_defect=None if intent is None else intent.risk.posterior_wall_defect,
        planned_ml=None if intent is None else intent.planned_volume_ml,
        first_warning_s=warned_s,
        warning_to_stop_s=None
        if warned_s is None or stop_s is None or stop_s < warned_s
        else stop_s - warned_s,
        monitored_fraction=None
        if told is None or told.watched is None
        else told.level_watched.get(name, 0.0),
        unmeasured=tuple(dict.fromkeys(missing)),
    )


def _in_view(
    followed: FollowedLevel,
    figures: LevelFigures,
    mm_per_px: float,
    alarms: Sequence[AlarmRecord] | None,
    seconds: Seconds,
    config: LeakConfig,
) -> LevelRecord:
    """The record of a level as one view has it, without what the plan and the log say."""
    missing: list[str] = []
    start_s, stop_s = followed.growth.ends()
    if not followed.seen:
        missing.append(f"everything, in view {followed.view}: it was never watched with a trusted place")
    elif start_s is None:
        missing.append(f"injection, in view {followed.view}: no cement was seen")
    elif stop_s is None:
        missing.append(f"stop of the injection, in view {followed.view}: it grew until it was last watched")
    volume_ml, sd_ml = _last(followed, figures, "volume_ml"), _last(followed, figures, "volume_sd_ml")
    if not volume_ml:
        sd_ml = None  # where no cement is seen there may be some, nobody knows how much
    if followed.seen and volume_ml is None:
        missing.append(f"volume, in view {followed.view}: not calibrated")
    notes: list[str] = []
    lost = followed.seen and followed.unwatched_s > _UNWATCHED_S
    if lost and stop_s is None:
        volume_ml = sd_ml = None
        missing.append(
            f"how it was at the end, in view {followed.view}: the cement had not come to rest, and was not "
            f"watched in the last {followed.unwatched_s:.0f} s"
        )
    elif lost:
        notes.append(
            f"in view {followed.view}, as it was {followed.unwatched_s:.0f} s before the end: unwatched since"
        )
    low_ml, high_ml = interval(volume_ml, sd_ml)
    placed = followed.last.sampled(followed.projection) if followed.seen else None
    leaks, passing = settled(followed.leaks)
    leaks, more = without_fronts(leaks, followed.drops, followed.last.newest, mm_per_px)
    passing += more
    if followed.projection == "ap" and isinstance(placed, tuple):
        leaks, more = named_beside(leaks, placed[1], mm_per_px, config)
        passing += more
    leaks, more = in_doubt(leaks)
    passing += more
    notes += [f"in view {followed.view}, {words}" for words in passing]
    if followed.derived:
        names = ", ".join(sorted(name.replace("_", " ") for name in followed.derived))
        notes.append(f"in view {followed.view}, taken from the outline of the body: {names}")
    record = LevelRecord(
        level=followed.name, views=(followed.view,), volume_ml=volume_ml, volume_sd_ml=sd_ml,
        volume_low_ml=low_ml, volume_high_ml=high_ml, volume_relative=bool(figures.volume_relative),
        volume_method=figures.volume_method, injected_ml=followed.injected_ml,
        fill_fraction=_last(followed, figures, "fill_fraction"),
        area_mm2=_last(followed, figures, "area_mm2"), outside_mm2=_last(followed, figures, "outside_mm2"),
        closest=_closest(figures.closest, seconds),
        leaks=tuple(
            LeakRecord(
                leak_class=leak.leak_class, onset_s=seconds(leak.onset_ns), area_mm2=leak.largest_mm2,
                volume_ml=leak.volume_ml, volume_relative=leak.volume_relative, detached=leak.detached,
                ambiguous_with=leak.ambiguous_with, view=followed.view,
                told=None if alarms is None
                else told_of(leak, followed.name, alarms),
            )
            for leak in leaks
        ),
        front_speed_mm_s=followed.fastest_mm_s, injection_start_s=start_s, injection_stop_s=stop_s,
        trend=followed.trend.points(), notes=tuple(notes),
    )  # fmt: skip
    if lost and stop_s is None:
        record = msgspec.structs.replace(record, area_mm2=None, outside_mm2=None, fill_fraction=None)
    elif isinstance(placed, str):
        missing.append(f"distribution, in view {followed.view}: {placed}")
    elif placed is not None and not placed[1].cement.any():
        missing.append(f"distribution, in view {followed.view}: no cement was seen at the end")
    elif placed is not None:
        record = _with_distribution(record, followed, *placed, mm_per_px)
    return msgspec.structs.replace(record, unmeasured=tuple(missing))


def _with_distribution(
    record: LevelRecord, followed: FollowedLevel, sides: BodySides, sampled: Sampled, mm_per_px: float
) -> LevelRecord:
    superior, inferior = _contacts(sides, sampled, followed.last.pose_sigma_mm(), mm_per_px)
    return msgspec.structs.replace(
        record,
        lateral=lateral_of(sampled) if followed.projection == "lateral" else None,
        ap=ap_of(sampled) if followed.projection == "ap" else None,
        fill_fraction=fill_of(sampled),
        superior_endplate=superior, inferior_endplate=inferior,
        maps=(map_of(sampled, followed.view, followed.projection),),
    )  # fmt: skip


def interval(value_ml: float | None, sd_ml: float | None) -> tuple[float | None, float | None]:
    """95 % interval of a volume (mL), never below 0; the SD holds the scale's uncertainty already."""
    if value_ml is None or sd_ml is None or not math.isfinite(sd_ml):
        return None, None
    return max(0.0, value_ml - _SURE * sd_ml), value_ml + _SURE * sd_ml


def tolerance_px(pose_sigma_mm: float, mm_per_px: float) -> float:
    """How near cement in contact with a line is (px): a pixel, or 95 % of what place and pixel leave open."""
    return max(1.0, _SURE * math.hypot(pose_sigma_mm / mm_per_px, 0.5))


def _contacts(
    sides: BodySides, sampled: Sampled, pose_sigma_mm: float, mm_per_px: float
) -> tuple[EndplateContact, EndplateContact]:
    near_px = tolerance_px(pose_sigma_mm, mm_per_px)
    return contact_of(sampled, sides.superior, near_px), contact_of(sampled, sides.inferior, near_px)


def _last(followed: FollowedLevel, figures: LevelFigures, name: str) -> float | None:
    """A figure at the end: its median over the last frames, else the last that was known."""
    usual = followed.last.usual(name)
    if usual is not None:
        return usual
    value: float | None = getattr(figures, name)
    return None if value is None else float(value)


def _closest(found: Mapping[str, Figure], seconds: Seconds) -> tuple[Closest, ...]:
    return tuple(
        Closest(
            structure=name,
            value_mm=float(one.value_mm),
            low_mm=float(one.low_mm),
            time_s=seconds(one.at.t_ns),
        )
        for name, one in found.items()
    )
