"""What a leak beside the body is, seen from the front: no wall bounds a zone there; none is named live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from monitor.config import LeakConfig
from monitor.leaks import by_shape
from recordings.qa.distribution import Sampled
from recordings.qa.leaks import ClassSeen, by_onset

UNNAMED = "outside"


def named_beside(
    leaks: Sequence[ClassSeen], found: Sampled, mm_per_px: float, config: LeakConfig
) -> tuple[tuple[ClassSeen, ...], tuple[str, ...]]:
    """Name the leak of which the monitor says no more than that it is outside, by its shape at the end.

    Beside the outline of the body, as seen from the front, cement is in a vein or in soft tissue; which of
    them its shape tells, as in a lateral view (`monitor.leaks.by_shape`).

    Returns
    -------
    (tuple of ClassSeen, tuple of str)
        The leaks with the name, in order of onset, and what was done, in words.
    """
    classes = {seen.leak_class: seen for seen in leaks}
    unnamed = classes.get(UNNAMED)
    part = found.outside & ((found.across < 0) | (found.across > 1))
    if unnamed is None or not part.any():
        return tuple(leaks), ()
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part.astype(np.uint8), connectivity=8)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    mm = mm_per_px * found.px_per_sample
    area_mm2 = float(stats[largest, cv2.CC_STAT_AREA]) * mm**2
    name, may_be = by_shape("paravertebral", labels == largest, area_mm2, mm, config, 1.0)
    kept = {key: seen for key, seen in classes.items() if key != UNNAMED}
    known = kept.get(name)
    seen = replace(unnamed, leak_class=name, ambiguous_with=may_be)
    if known is not None:
        seen = replace(
            seen, onset_ns=min(seen.onset_ns, known.onset_ns), last_ns=max(seen.last_ns, known.last_ns),
            largest_mm2=max(seen.largest_mm2, known.largest_mm2), detached=seen.detached or known.detached,
        )  # fmt: skip
    return by_onset((kept | {name: seen}).values()), (
        f"a leak beside the body was named by its shape: {name}",
    )
