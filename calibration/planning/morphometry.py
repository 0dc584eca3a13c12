"""Six-point morphometry of a vertebral body: heights, their ratios, and the wedge angle.

Heights are measured between the corners and between the middles of both endplates (Eastell, Cedel, Wahner,
Riggs, Melton: Classification of vertebral fractures, J Bone Miner Res 6(3), 1991). Names of deformities and
their grades follow Genant (J Bone Miner Res 8(9), 1993): 20, 25 and 40 % of a height lost. Both compare a
body with what it was; here the largest of its own heights stands for that, which says less of a crush.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from monitor.plan import Point, Scale

MARK_SD_MM = 0.35
"""Standard deviation of a mark along the spine, after it was found on the edge (`benchmarks.planning`)."""
_GRADES = ((0.40, "severe"), (0.25, "moderate"), (0.20, "mild"))


@dataclass(frozen=True, slots=True)
class Morphometry:
    """Measures of a body in a lateral view. Lengths are None where no scale is known.

    Parameters
    ----------
    anterior_mm, middle_mm, posterior_mm : float or None
        Heights.
    height_sd_mm : float or None
        Standard deviation of each, from the marks and the scale.
    wedge_deg : float
        Angle between the endplates, positive where the body is lower in front.
    wedge_sd_deg : float or None
    anterior_to_posterior, middle_to_posterior : float
    words : str
        What the ratios say, ``wedge, moderate``; empty where less than 20 % is lost.
    """

    anterior_mm: float | None
    middle_mm: float | None
    posterior_mm: float | None
    height_sd_mm: float | None
    wedge_deg: float
    wedge_sd_deg: float | None
    anterior_to_posterior: float
    middle_to_posterior: float
    words: str


def measured(handles: tuple[Point, ...], scale: Scale | None) -> Morphometry:
    """Measures from the handles of an outline (`outline.HANDLES`), the first wall being the anterior one."""
    at = np.asarray(handles, np.float64)
    anterior, posterior, middle = (
        float(np.hypot(*(at[low] - at[high]))) for high, low in ((0, 3), (1, 2), (4, 5))
    )
    upper, lower = at[1] - at[0], at[2] - at[3]
    turned = math.degrees(math.atan2(upper[0] * lower[1] - upper[1] * lower[0], float(upper @ lower)))
    # in pictures y runs down: with the front at the left, endplates that open to the back turn clockwise
    facing = 1.0 if float((at[1] - at[0])[0]) >= 0 else -1.0
    wedge = facing * turned
    whole = max(anterior, middle, posterior)
    lost = {
        "wedge": 1 - anterior / whole,
        # a wedge is lower in the middle too: what counts is whether it is lower there than between its ends
        "biconcave": 1 - middle / ((anterior + posterior) / 2),
        "crush": 1 - posterior / whole,
    }
    kind = max(lost, key=lambda name: lost[name])
    grade = next((word for least, word in _GRADES if lost[kind] >= least), "")
    sd_mm = wedge_sd = None
    mm = None if scale is None else scale.mm_per_px
    if scale is not None and mm is not None:
        sd_mm = math.hypot(math.sqrt(2) * MARK_SD_MM, posterior * mm * scale.relative_uncertainty)
        depth_mm = mm * float(np.hypot(*upper))
        wedge_sd = math.degrees(2 * MARK_SD_MM / max(depth_mm, 1.0))
    return Morphometry(
        None if mm is None else anterior * mm,
        None if mm is None else middle * mm,
        None if mm is None else posterior * mm,
        sd_mm,
        wedge,
        wedge_sd,
        anterior / max(posterior, 1e-6),
        middle / max(posterior, 1e-6),
        f"{kind}, {grade}" if grade else "",
    )
