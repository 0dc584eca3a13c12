"""Where cement left the body: class, size, detached or not.

The zone decides first, then the shape: narrower than a vein may be and longer than four widths is
taken for a vein. In a lateral view cement behind the posterior wall is in the canal or in the
foramen; that cannot be told apart there, and is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import LeakConfig
from monitor.plan import Projection
from monitor.zones import LevelMaps, ZoneLabel

Bool = NDArray[np.bool_]

_CLASS_OF_ZONE = {
    ZoneLabel.CANAL: "canal",
    ZoneLabel.DISC_SUPERIOR: "disc_superior",
    ZoneLabel.DISC_INFERIOR: "disc_inferior",
    ZoneLabel.VEIN: "vein",
    ZoneLabel.FORAMEN: "foramen",
    ZoneLabel.PARAVERTEBRAL: "paravertebral",
    ZoneLabel.OUTSIDE: "outside",
}
_GRAVEST_FIRST = ("canal", "foramen", "vein", "disc_superior", "disc_inferior", "paravertebral", "outside")


_LINE = 2.5
"""Over a disc, so many times longer than wide may be a vein."""
_KEPT = 1.6
"""What has been a vein may be so many times wider, and shorter, before it is called otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class LeakPart:
    """One connected part of cement outside the body, in window px."""

    leak_class: str
    area_mm2: float
    detached: bool
    centre: tuple[float, float]
    pixels: Bool
    ambiguous_with: str | None


def outside_body(mask: Bool, maps: LevelMaps, own: Bool, config: LeakConfig) -> Bool:
    """Cement beyond the outline by more than the margin, in this level's territory, in no other body."""
    outside: Bool = (
        mask & own & (maps.body_distance_mm < -config.margin_mm) & (maps.zone != ZoneLabel.OTHER_LEVEL)
    )
    return outside


def leak_parts(
    mask: Bool,
    outside: Bool,
    maps: LevelMaps,
    mm_per_px: float,
    projection: Projection,
    config: LeakConfig,
    veins: Bool | None = None,
) -> tuple[LeakPart, ...]:
    """Parts of cement outside the body, gravest class first.

    Parameters
    ----------
    mask, outside : ndarray of bool, shape of the window
        All cement of the level, and what lies outside (`outside_body`).
    veins : ndarray of bool, same shape, or None
        What has been taken for a vein by its shape before: there the class is not given up so easily.
    """
    pixel_mm2 = mm_per_px**2
    if np.count_nonzero(outside) * pixel_mm2 < config.smallest_area_mm2:
        return ()
    _, whole = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    in_body = set(np.unique(whole[maps.body & mask]).tolist()) - {0}
    parts: list[LeakPart] = []
    for label in (zone for zone in ZoneLabel if zone in _CLASS_OF_ZONE):
        zone_part = outside & (maps.zone == label)
        if not zone_part.any():
            continue
        count, labels, stats, centres = cv2.connectedComponentsWithStats(
            zone_part.astype(np.uint8), connectivity=8
        )
        for k in range(1, count):
            area_mm2 = float(stats[k, cv2.CC_STAT_AREA]) * pixel_mm2
            if area_mm2 < config.smallest_area_mm2:
                continue
            pixels = labels == k
            known = veins is not None and 2 * np.count_nonzero(veins & pixels) > stats[k, cv2.CC_STAT_AREA]
            leak_class, may_be = by_shape(
                _CLASS_OF_ZONE[label], pixels, area_mm2, mm_per_px, config, _KEPT if known else 1.0
            )
            belongs = set(np.unique(whole[pixels]).tolist()) - {0}
            ambiguous = "foramen" if leak_class == "canal" and projection != "ap" else may_be
            centre = (float(centres[k, 0]), float(centres[k, 1]))
            parts.append(
                LeakPart(leak_class, area_mm2, belongs.isdisjoint(in_body), centre, pixels, ambiguous)
            )
    parts.sort(key=lambda part: (_GRAVEST_FIRST.index(part.leak_class), -part.area_mm2))
    return tuple(parts)


def by_shape(
    zone_class: str, pixels: Bool, area_mm2: float, mm_per_px: float, config: LeakConfig, latitude: float
) -> tuple[str, str | None]:
    """Class after zone and shape, and what it may be instead.

    A thin, long part beside the body is in a vein, whether one is marked there or not. A thin part that is
    not long yet may become one: that is said.
    """
    in_disc = zone_class.startswith("disc")
    if zone_class != "paravertebral" and not in_disc:
        return zone_class, None
    points = np.argwhere(pixels)[:, ::-1].astype(np.float32)
    (_, (w, h), _) = cv2.minAreaRect(points)
    length_mm = (max(w, h) + 1) * mm_per_px
    width_mm = area_mm2 / length_mm
    if in_disc:
        # a crack of the endplate and a vein that passes over the disc look alike
        thin = width_mm < config.widest_vein_mm and length_mm > _LINE * width_mm
        return zone_class, "vein" if thin else None
    if width_mm < latitude * config.widest_vein_mm and latitude * length_mm > 4 * width_mm:
        return "vein", None
    # how wide it is across: the largest disc that fits
    across_mm = 2.0 * float(cv2.distanceTransform(np.pad(pixels, 1).view(np.uint8), cv2.DIST_L2, 5).max())
    return zone_class, "vein" if across_mm * mm_per_px < config.widest_vein_mm + 1.0 else None
