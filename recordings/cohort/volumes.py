"""Volumes of cement: those that are calibrated. Relative ones are counted, and in no mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from recordings.cohort.facts import UNKNOWN, Vertebra
from recordings.cohort.figures import VolumeRow
from recordings.cohort.statistics import student


def volume_row(name: str, by: str, volumes_ml: Sequence[float], uncalibrated: int = 0) -> VolumeRow:
    """Of calibrated volumes (mL); quartiles by linear interpolation."""
    if not volumes_ml:
        return VolumeRow(name=name, by=by, count=0, uncalibrated=uncalibrated)
    values = np.asarray(volumes_ml, float)
    mean = float(values.mean())
    sd = float(values.std(ddof=1)) if len(values) > 1 else None
    interval = student(mean, sd, len(values))
    first, median, third = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
    return VolumeRow(
        name=name, by=by, count=len(values), mean_ml=mean, sd_ml=sd,
        low_ml=None if interval is None else max(interval.low, 0.0),
        high_ml=None if interval is None else interval.high,
        median_ml=median, quartile_1_ml=first, quartile_3_ml=third, least_ml=float(values.min()),
        most_ml=float(values.max()), uncalibrated=uncalibrated,
    )  # fmt: skip


def volume_rows(vertebrae: Sequence[Vertebra]) -> tuple[VolumeRow, ...]:
    """Of all, by region, by pathology, and by whether a level leaked."""
    rows = [_of("all", "all", vertebrae)]
    for by, name_of in (
        ("region", lambda one: one.region or UNKNOWN),
        ("pathology", lambda one: one.pathology or UNKNOWN),
        ("leak", lambda one: "leak" if one.leaked else "no leak" if one.measured else UNKNOWN),
    ):
        rows += _strata(by, vertebrae, name_of)
    return tuple(rows)


def _strata(by: str, vertebrae: Iterable[Vertebra], name_of: Callable[[Vertebra], str]) -> list[VolumeRow]:
    found: dict[str, list[Vertebra]] = {}
    for one in vertebrae:
        found.setdefault(name_of(one), []).append(one)
    return [_of(name, by, found[name]) for name in sorted(found, key=lambda name: (name == UNKNOWN, name))]


def _of(name: str, by: str, vertebrae: Sequence[Vertebra]) -> VolumeRow:
    told = [one.volume_ml for one in vertebrae if one.volume_ml is not None and not one.relative]
    return volume_row(name, by, told, len(vertebrae) - len(told))
