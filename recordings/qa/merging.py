"""A level that was seen in two views or more: one record of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from recordings.qa.leaks import together
from recordings.qa.record import Closest, EndplateContact, LeakRecord, LevelRecord
from recordings.qa.trend import Trend


def merged(views: Sequence[LevelRecord]) -> LevelRecord:
    """Bring the records of a level in several views together.

    Of each structure the closest approach, each leak once, the distribution from each side; the volume, the
    areas and the fill are those of one view each, since projections do not add up, and `notes` say of which.

    Parameters
    ----------
    views : sequence of LevelRecord
        At least one; each of one view.
    """
    if len(views) == 1:
        return views[0]
    volume, why = _best_volume(views)
    shown = next((one for one in views if one.lateral is not None), None)
    shown = shown or next((one for one in views if one.fill_fraction is not None), views[0])
    notes = [note for one in views for note in one.notes]
    if volume.volume_ml is not None:
        notes.append(f"volume as in view {volume.views[0]}: {why}")
    if shown.area_mm2 is not None:
        notes.append(f"area, area outside and fill as in view {shown.views[0]}")
    trend = Trend()
    for point in sorted((point for one in views for point in one.trend), key=lambda point: point.time_s):
        trend.take(point)
    return LevelRecord(
        level=views[0].level, views=tuple(name for one in views for name in one.views),
        volume_ml=volume.volume_ml, volume_sd_ml=volume.volume_sd_ml, volume_low_ml=volume.volume_low_ml,
        volume_high_ml=volume.volume_high_ml, volume_relative=volume.volume_relative,
        volume_method=volume.volume_method,
        injected_ml=_most(one.injected_ml for one in views),
        fill_fraction=shown.fill_fraction, area_mm2=shown.area_mm2, outside_mm2=shown.outside_mm2,
        lateral=next((one.lateral for one in views if one.lateral is not None), None),
        ap=next((one.ap for one in views if one.ap is not None), None),
        superior_endplate=_contact(one.superior_endplate for one in views),
        inferior_endplate=_contact(one.inferior_endplate for one in views),
        closest=_closest(views), leaks=_leaks(views),
        front_speed_mm_s=_most(one.front_speed_mm_s for one in views),
        injection_start_s=min((s for one in views if (s := one.injection_start_s) is not None), default=None),
        injection_stop_s=_stop_s(views), trend=trend.points(),
        maps=tuple(found for one in views for found in one.maps),
        unmeasured=tuple(dict.fromkeys(words for one in views for words in one.unmeasured)),
        notes=tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _best_volume(views: Sequence[LevelRecord]) -> tuple[LevelRecord, str]:
    """The better founded volume: a calibrated one before one for comparison only, then the surer one."""
    known = [one for one in views if one.volume_ml is not None]
    if not known:
        return views[0], ""
    best = min(known, key=lambda one: (one.volume_relative, _relative_sd(one)))
    if len(known) == 1:
        return best, "the only one"
    if any(one.volume_relative != best.volume_relative for one in known):
        return best, "calibrated there"
    return best, "its uncertainty is the smaller one"


def _relative_sd(level: LevelRecord) -> float:
    if not level.volume_ml or level.volume_sd_ml is None:
        return float("inf")
    return level.volume_sd_ml / level.volume_ml


def _stop_s(views: Sequence[LevelRecord]) -> float | None:
    """The last stop; None where cement still grew at the end of the view that was looked at last."""
    grown = [one for one in views if one.injection_start_s is not None and one.trend]
    if not grown:
        return None
    latest = max(grown, key=lambda one: one.trend[-1].time_s)
    if latest.injection_stop_s is None:
        return None
    return _most(one.injection_stop_s for one in grown)


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _contact(views: Iterable[EndplateContact | None]) -> EndplateContact | None:
    known = [one for one in views if one is not None]
    if not known:
        return None
    return EndplateContact(
        contact=any(one.contact for one in known), length_fraction=max(one.length_fraction for one in known)
    )


def _closest(views: Sequence[LevelRecord]) -> tuple[Closest, ...]:
    found: dict[str, Closest] = {}
    for one in (closest for level in views for closest in level.closest):
        known = found.get(one.structure)
        if known is None or one.value_mm < known.value_mm:
            found[one.structure] = one
    return tuple(found.values())


def _leaks(views: Sequence[LevelRecord]) -> tuple[LeakRecord, ...]:
    found: dict[str, list[LeakRecord]] = {}
    for leak in (leak for level in views for leak in level.leaks):
        found.setdefault(leak.leak_class, []).append(leak)
    leaks = [reduce(together, same) for same in found.values()]
    return tuple(sorted(leaks, key=lambda leak: (leak.onset_s, leak.leak_class)))
