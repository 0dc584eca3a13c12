"""What a CT shows of the cement beside what fluoroscopy had said of it.

Levels that either did not look into are left out of what is counted: not looked into is not "no leak".

References
----------
Bland and Altman, Lancet 1986;327:307 (limits of agreement). Wilson, J Am Stat Assoc 1927;22:209 (interval).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from recordings.cohort.figures import Sensitivity
from recordings.cohort.rates import rate
from recordings.ct.places import CLASSES
from recordings.ct.record import CtLeak, CtRecord
from recordings.qa.record import LeakRecord, LevelRecord, ProcedureRecord

BOTH, CT_ONLY, FLUOROSCOPY_ONLY = "both", "CT only", "fluoroscopy only"


class VolumeAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """A level's volume (mL) by CT and by fluoroscopy, and CT minus fluoroscopy; None where unknown.

    `note` says why no difference is known.
    """

    level: str
    ct_ml: float | None
    ct_sd_ml: float | None
    fluoroscopy_ml: float | None
    difference_ml: float | None
    note: str = ""


class LeakAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """A leak of a level: who saw it, and how much (mL).

    `seen_by` is `BOTH`, `CT_ONLY` or `FLUOROSCOPY_ONLY`; `note` names another class under which it was seen.
    """

    level: str
    leak_class: str
    seen_by: str
    ct_ml: float | None
    fluoroscopy_ml: float | None
    note: str = ""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """All of it for one CT and the sessions before it."""

    volumes: tuple[VolumeAgreement, ...] = ()
    leaks: tuple[LeakAgreement, ...] = ()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bland-Altman: mean difference, its standard deviation, and the limits of 95 % (mL)."""

    count: int
    bias_ml: float
    sd_ml: float
    low_ml: float
    high_ml: float


def agreement_of(ct: CtRecord, sessions: Sequence[ProcedureRecord]) -> Agreement:
    """Set a CT beside the sessions that were before it; a level of several sessions is taken together."""
    by_level: dict[str, list[LevelRecord]] = defaultdict(list)
    for session in sessions:
        for level in session.levels:
            by_level[level.level].append(level)
    found = {level.level: level for level in ct.levels}
    volumes: list[VolumeAgreement] = []
    leaks: list[LeakAgreement] = []
    for name in dict.fromkeys([*by_level, *found]):
        own, seen = found.get(name), by_level.get(name, [])
        searched = name in ct.searched
        volumes.append(
            _volume(name, own.volume_ml if own else 0.0, own.volume_sd_ml if own else None, seen, searched)
        )
        if seen and searched and not ct.coarse:
            leaks += _leaks(name, own.leaks if own else (), [leak for level in seen for leak in level.leaks])
    return Agreement(volumes=tuple(volumes), leaks=tuple(leaks))


def _volume(
    name: str, ct_ml: float, sd_ml: float | None, seen: list[LevelRecord], searched: bool
) -> VolumeAgreement:
    known = [level.volume_ml for level in seen if level.volume_ml is not None and not level.volume_relative]
    said = sum(known) if seen and len(known) == len(seen) else None
    note = ""
    if not searched:
        note = "not on the CT, or not labelled"
    elif not seen:
        note = "not looked at in fluoroscopy"
    elif said is None:
        note = "fluoroscopy has no calibrated volume"
    return VolumeAgreement(
        level=name, ct_ml=ct_ml if searched else None, ct_sd_ml=sd_ml, fluoroscopy_ml=said,
        difference_ml=ct_ml - said if searched and said is not None else None, note=note,
    )  # fmt: skip


def _leaks(name: str, ct: Sequence[CtLeak], seen: list[LeakRecord]) -> list[LeakAgreement]:
    made = []
    own_classes = {leak.leak_class for leak in ct}
    left = [one for one in seen if one.leak_class not in own_classes]
    for leak in ct:  # the same class first; what it may as well be from what is left
        same = [one for one in seen if one.leak_class == leak.leak_class]
        near = [
            one for one in left
            if one.leak_class == leak.ambiguous_with or one.ambiguous_with == leak.leak_class
        ]  # fmt: skip
        match = same or near[:1]
        left = [one for one in left if one not in match]
        volumes = [one.volume_ml for one in match if one.volume_ml is not None and not one.volume_relative]
        other = match[0].leak_class if match and not same else None
        made.append(
            LeakAgreement(
                level=name, leak_class=leak.leak_class, seen_by=BOTH if match else CT_ONLY,
                ct_ml=leak.volume_ml, fluoroscopy_ml=max(volumes) if volumes else None,
                note=f"in fluoroscopy as {other}, which projection cannot tell apart" if other else "",
            )
        )  # fmt: skip
    for name_of_class in dict.fromkeys(one.leak_class for one in left):
        own = [one for one in left if one.leak_class == name_of_class]
        volumes = [one.volume_ml for one in own if one.volume_ml is not None and not one.volume_relative]
        made.append(
            LeakAgreement(
                level=name, leak_class=name_of_class, seen_by=FLUOROSCOPY_ONLY, ct_ml=None,
                fluoroscopy_ml=max(volumes) if volumes else None,
                note="may have been carried out of the CT's field" if name_of_class == "embolus" else "",
            )
        )  # fmt: skip
    return made


def limits_of(volumes: Iterable[VolumeAgreement]) -> Limits | None:
    """Limits of agreement over levels that both know; None below three of them."""
    gaps = np.array([one.difference_ml for one in volumes if one.difference_ml is not None])
    if len(gaps) < 3:
        return None
    bias, spread = float(gaps.mean()), float(gaps.std(ddof=1))
    return Limits(
        count=len(gaps), bias_ml=bias, sd_ml=spread, low_ml=bias - 1.96 * spread, high_ml=bias + 1.96 * spread
    )


def sensitivities_of(leaks: Iterable[LeakAgreement]) -> tuple[Sensitivity, ...]:
    """Of the leaks on CT, how many fluoroscopy saw, by class; classes that nobody saw are left out."""
    rows = list(leaks)
    made = []
    for name in dict.fromkeys([*CLASSES, *(row.leak_class for row in rows)]):
        own = [row.seen_by for row in rows if row.leak_class == name]
        if own:
            both, ct, other = (own.count(kind) for kind in (BOTH, CT_ONLY, FLUOROSCOPY_ONLY))
            made.append(
                Sensitivity(
                    leak_class=name,
                    seen=rate(name, both, both + ct),
                    by_ct_only=ct,
                    by_fluoroscopy_only=other,
                )
            )
    return tuple(made)
