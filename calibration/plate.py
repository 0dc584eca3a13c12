"""A bead or wire-grid phantom, from a picture to the part of a profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.beads import FoundBeads, find_beads
from calibration.conditions import conditions_of
from calibration.distortion import DistortionModel
from calibration.distortion_fit import fit_distortion
from calibration.lattice import Lattice
from calibration.picture import Picture
from calibration.pictures import marked_picture
from calibration.profile import DistortionPart, Stamp
from calibration.shapes import Shapes
from monitor.frame import SourceInfo
from monitor.plan import Point


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredPlate:
    """The marks of a phantom and the distortion fitted to them."""

    beads: FoundBeads
    model: DistortionModel
    info: SourceInfo

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, in words."""
        residual = self.model.residual
        return (
            f"{len(self.beads.points_px)} marks found, {self.beads.strays} strays, "
            f"pitch {self.beads.pitch_px:.1f} px",
            f"polynomials of order {self.model.order}; at marks that they were not fitted to: "
            f"{residual.rms_mm:.3f} mm RMS, {residual.max_mm:.3f} mm at most",
            f"{self.model.mm_per_px:.4f} mm per pixel in the middle, in the plane of the phantom",
        )

    @property
    def found(self) -> Shapes:
        """Rings around the marks, neighbours joined, and the hull within which the model holds."""
        points = [_point(p) for p in self.beads.points_px]
        place = {(int(i), int(j)): k for k, (i, j) in enumerate(self.beads.indices)}
        joined = [
            (points[k], points[place[i + di, j + dj]])
            for (i, j), k in place.items()
            for di, dj in ((1, 0), (0, 1))
            if (i + di, j + dj) in place
        ]
        radius = max(2.0, 2.0 * self.beads.mark_sigma_px)
        return Shapes(
            paths=tuple(joined),
            outlines=(self.model.hull_px,),
            circles=tuple((point, radius) for point in points),
        )

    def part(self, made: Stamp) -> DistortionPart:
        """As a profile keeps it."""
        residual = self.model.residual
        return DistortionPart(
            made,
            conditions_of(self.info),
            self.model.to_dict(),
            residual.rms_mm,
            residual.max_mm,
            residual.marks,
        )

    def drawn(self, picture: Picture) -> NDArray[np.uint8]:
        """The picture with all of it and what the model misses, shape (rows, columns, 3) for OpenCV."""
        return marked_picture(picture.stored, self.beads, self.model)[..., ::-1].copy()


def measure_plate(
    picture: Picture, lattice: Lattice, *, rough_mm_per_px: float | None = None
) -> MeasuredPlate:
    """Find the marks of a phantom and fit the distortion.

    Parameters
    ----------
    picture : Picture
    lattice : Lattice
    rough_mm_per_px : float or None
        As in `calibration.beads.find_beads`.

    Raises
    ------
    CalibrationError
        As `calibration.beads.find_beads` and `calibration.distortion_fit.fit_distortion`.
    """
    beads = find_beads(picture.stored, lattice, rough_mm_per_px=rough_mm_per_px)
    field_mm = picture.info.geometry.field_of_view_mm
    return MeasuredPlate(beads, fit_distortion(beads, field_mm=field_mm), picture.info)


def _point(xy: NDArray[np.float64]) -> Point:
    return float(xy[0]), float(xy[1])
