"""What an image intensifier bends: from frame px as delivered to undistorted px and back.

Two polynomials of the same order lead from frame px to the plate of a phantom (mm). Undistorted px keep the
scale and the directions of the frame's middle. Nothing is said outside the convex hull of the beads unless it
is asked for, and then the mapping goes on as a straight line.

The correction is for contours and measurements; shown pixels stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.bivariate import count_of, powers, slopes
from calibration.hull import clamped, inside
from calibration.misses import LineError, LocalScale, Residual, line_error
from monitor.errors import CalibrationError

SCHEMA = "cementwatch.distortion/1"

Floats = NDArray[np.float64]
Bool = NDArray[np.bool_]
Outside = Literal["nan", "continue"]

_NEWTON_STEPS, _CONVERGED_PX = 40, 1e-7
_CHECKED = 48
_HIGHEST_ORDER = 20
_MOST_CORNERS = 2000
_SHORTEST_EDGE_PX, _LARGEST = 1e-6, 1e12
MIDDLE = 0.25
"""Radius of the middle, where the scale and the directions are kept, relative to that of the marks."""
_IN_MIDDLE = 60


@dataclass(frozen=True, slots=True)
class DistortionModel:
    """The distortion of one image chain at one format.

    Parameters
    ----------
    rows, columns : int
        Size of the frames.
    field_mm : float or None
        Nominal size of the intensifier's field (its magnification mode), where known.
    order, rings : int
        Of the polynomials: all terms up to an order, and radial ones of the next odd orders.
    centre_px : tuple of float
        Where frame and undistorted px coincide, and around which they have the same scale.
    radius_px : float
        What coordinates are divided by.
    coefficients_mm : tuple
        Two numbers per term: x and y on the plate.
    hull_px : tuple of (float, float)
        Convex hull of the marks used.
    residual : Residual
    """

    rows: int
    columns: int
    field_mm: float | None
    order: int
    rings: int
    centre_px: tuple[float, float]
    radius_px: float
    coefficients_mm: tuple[tuple[float, float], ...]
    hull_px: tuple[tuple[float, float], ...]
    residual: Residual

    @property
    def mm_per_px(self) -> float:
        """Scale in the middle, in the plane of the phantom."""
        return math.sqrt(abs(float(np.linalg.det(self._middle_slope_mm()))))

    @property
    def turn(self) -> Floats:
        """Rotation from the plate's axes to those of the frame in its middle, shape (2, 2)."""
        u, _, vt = np.linalg.svd(self._middle_slope_mm())
        turn: Floats = np.asarray((u @ vt).T, np.float64)
        return turn

    def check_fits(self, rows: int, columns: int, field_mm: float | None = None) -> None:
        """Refuse frames of another format.

        Raises
        ------
        CalibrationError
            Another size, or another field size where both are known.
        """
        if (rows, columns) != (self.rows, self.columns):
            raise CalibrationError(
                f"the distortion was calibrated for frames of {self.columns} x {self.rows} px, "
                f"these have {columns} x {rows}"
            )
        if field_mm is not None and self.field_mm is not None and abs(field_mm - self.field_mm) > 0.5:
            raise CalibrationError(
                f"the distortion was calibrated for a field of {self.field_mm:g} mm, not {field_mm:g}"
            )

    def check_sound(self) -> None:
        """Refuse a mapping that is none: numbers that make no sense, or a fold within the hull.

        Raises
        ------
        CalibrationError
        """
        hull = np.array(self.hull_px).reshape(-1, 2)
        numbers = [*np.ravel(self.coefficients_mm), *hull.ravel(), *self.centre_px, self.radius_px]
        if self.rows < 1 or self.columns < 1 or not np.all(np.abs(numbers) < _LARGEST) or self.radius_px <= 0:
            raise CalibrationError("a distortion has a value that is none")
        sound = 0 <= self.order <= _HIGHEST_ORDER and 0 <= self.rings <= _HIGHEST_ORDER
        if not sound or len(self.coefficients_mm) != count_of(self.order, self.rings):
            raise CalibrationError(
                f"a distortion of order {self.order} does not have {len(self.coefficients_mm)} terms"
            )
        if len(hull) > _MOST_CORNERS:
            raise CalibrationError(f"the hull of a distortion has at most {_MOST_CORNERS} corners")
        if len(hull) < 3:
            raise CalibrationError("the hull of a distortion has three corners or more")
        if not np.all(np.hypot(*(hull - np.roll(hull, 1, axis=0)).T) > _SHORTEST_EDGE_PX):
            raise CalibrationError("the hull of a distortion has two corners in one place")
        low, high = hull.min(axis=0), hull.max(axis=0)
        grid = np.meshgrid(*(np.linspace(low[k], high[k], _CHECKED) for k in (0, 1)))
        points = np.concatenate([np.stack(grid, axis=-1).reshape(-1, 2), hull])
        points = points[inside(points, hull)]
        with np.errstate(all="ignore"):  # what overflows is not above 0
            area = np.linalg.det(self._slopes_mm(np.vstack([points, self.centre_px])))
        if not np.all(area > 0) or not inside(np.array([self.centre_px]), hull)[0]:
            raise CalibrationError("the distortion folds over itself within the beads")

    def covers(self, points_px: ArrayLike) -> Bool:
        """Whether points (frame px) lie within the convex hull of the beads, shape (n,)."""
        return inside(_points(points_px), np.array(self.hull_px))

    def undistort_points(self, points_px: ArrayLike, *, outside: Outside = "nan") -> Floats:
        """Undistorted px of frame px.

        Parameters
        ----------
        points_px : array_like, shape (n, 2)
            x then y, frame px as delivered.
        outside : "nan" or "continue"
            What is not covered becomes nan, or goes on in a straight line from the nearest covered point.

        Returns
        -------
        ndarray, float64, shape (n, 2)
        """
        points = _points(points_px)
        undistorted, _ = self._undistorted(points)
        if outside == "nan":
            undistorted[~self.covers(points)] = np.nan
        return undistorted

    def distort_points(self, points: ArrayLike, *, outside: Outside = "nan") -> Floats:
        """Frame px of undistorted px, by Newton's method.

        Parameters
        ----------
        points : array_like, shape (n, 2)
            Undistorted px.
        outside : "nan" or "continue"
            As in `undistort_points`.

        Returns
        -------
        ndarray, float64, shape (n, 2)
            nan also where the iteration has not come to within a ten-millionth of a pixel.
        """
        wanted = _points(points)
        frame = wanted.copy()
        error = np.full(len(wanted), np.inf)
        for _ in range(_NEWTON_STEPS):
            reached, slope = self._undistorted(frame)
            missed = wanted - reached
            error = np.hypot(*missed.T)
            if not np.any(error > _CONVERGED_PX):
                break
            step = np.linalg.solve(slope, missed[..., None])[..., 0]
            # a step longer than a tenth of the field has left the region where the slope says anything
            length = np.hypot(*step.T)
            step *= np.minimum(1.0, 0.1 * self.radius_px / np.maximum(length, 1e-300))[:, None]
            frame = frame + np.nan_to_num(step)
        frame[~(error <= 10 * _CONVERGED_PX)] = np.nan
        if outside == "nan":
            frame[~self.covers(frame)] = np.nan
        return frame

    def local_scale(self, points_px: ArrayLike) -> LocalScale:
        """Scale at points given in frame px, shape (n, 2)."""
        points = _points(points_px)
        slope = self._slopes_mm(clamped(points, np.array(self.hull_px)))
        ray = points - self.centre_px
        length = np.hypot(*ray.T)
        unit = np.where(length[:, None] > 1e-9, ray / np.maximum(length, 1e-9)[:, None], (1.0, 0.0))
        across = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
        singular = np.linalg.svd(slope, compute_uv=False)
        values = (
            np.hypot(*np.einsum("nij,nj->ni", slope, unit).T),
            np.hypot(*np.einsum("nij,nj->ni", slope, across).T),
            np.sqrt(singular.prod(axis=1)) / self.mm_per_px,
            singular[:, 0] / singular[:, 1],
        )
        known = self.covers(points)
        return LocalScale(*(np.where(known, value, np.nan) for value in values))

    def straight_line_error(self, points_px: ArrayLike) -> LineError:
        """How far points along a straight wire or edge deviate from a straight line.

        Parameters
        ----------
        points_px : array_like, shape (n, 2)
            Frame px, at least 3.

        Raises
        ------
        CalibrationError
            Fewer than 3 points, or points where the beads do not reach.
        """
        points = _points(points_px)
        if len(points) < 3:
            raise CalibrationError(f"a straight line is tested on 3 points or more, not on {len(points)}")
        uncovered = int(np.count_nonzero(~self.covers(points)))
        if uncovered:
            raise CalibrationError(f"{uncovered} of {len(points)} points of the line lie beyond the beads")
        return line_error(points, self.undistort_points(points), self.mm_per_px)

    def to_plate_mm(self, points_px: ArrayLike) -> Floats:
        """Places on the phantom's plate, shape (n, 2) (mm); nan where not covered."""
        points = _points(points_px)
        places = powers(self._normal(points), self.order, self.rings) @ np.array(self.coefficients_mm)
        places[~self.covers(points)] = np.nan
        return np.asarray(places, np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, strings, lists and dicts, for JSON or TOML."""
        return {
            "schema": SCHEMA,
            "rows": self.rows,
            "columns": self.columns,
            **({} if self.field_mm is None else {"field_mm": self.field_mm}),
            "order": self.order,
            "rings": self.rings,
            "centre_px": list(self.centre_px),
            "radius_px": self.radius_px,
            "coefficients_mm": [list(pair) for pair in self.coefficients_mm],
            "hull_px": [list(point) for point in self.hull_px],
            "residual": {
                "rms_mm": self.residual.rms_mm,
                "max_mm": self.residual.max_mm,
                "marks": self.residual.marks,
                "dropped": self.residual.dropped,
            },
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DistortionModel:
        """Read what `to_dict` wrote.

        Raises
        ------
        CalibrationError
            Another schema, a key that is missing or unknown, or a value that makes no sense.
        """
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise CalibrationError(f"a distortion must have the schema {SCHEMA!r}")
        known = {
            "schema", "rows", "columns", "field_mm", "order", "rings", "centre_px", "radius_px",
            "coefficients_mm", "hull_px", "residual",
        }  # fmt: skip
        if unknown := sorted(set(data) - known):
            raise CalibrationError(f"a distortion has no key {unknown[0]!r}")
        try:
            residual = data["residual"]
            model = cls(
                rows=int(data["rows"]),
                columns=int(data["columns"]),
                field_mm=None if data.get("field_mm") is None else float(data["field_mm"]),
                order=int(data["order"]),
                rings=int(data["rings"]),
                centre_px=_pair(data["centre_px"]),
                radius_px=float(data["radius_px"]),
                coefficients_mm=tuple(_pair(pair) for pair in data["coefficients_mm"]),
                hull_px=tuple(_pair(point) for point in data["hull_px"]),
                residual=Residual(
                    float(residual["rms_mm"]),
                    float(residual["max_mm"]),
                    int(residual["marks"]),
                    int(residual["dropped"]),
                ),
            )
        except KeyError as error:
            raise CalibrationError(f"a distortion lacks {error.args[0]!r}") from error
        except (TypeError, ValueError, OverflowError) as error:
            raise CalibrationError(f"a distortion has a value that is none: {error}") from error
        model.check_sound()
        return model

    def _normal(self, points: Floats) -> Floats:
        return (points - self.centre_px) / self.radius_px

    def _slopes_mm(self, points: Floats) -> Floats:
        """Derivatives of the plate's coordinates, shape (n, 2, 2): [n, plate axis, frame axis] (mm/px)."""
        by_x, by_y = slopes(self._normal(points), self.order, self.rings)
        coefficients = np.array(self.coefficients_mm)
        return np.stack([by_x @ coefficients, by_y @ coefficients], axis=2) / self.radius_px

    def _middle_slope_mm(self) -> Floats:
        """Mean slope over the middle, shape (2, 2) (mm/px); at a single point it is less sure."""
        reach = MIDDLE * self.radius_px
        points = np.array(self.centre_px) + reach * _disc(_IN_MIDDLE)
        slope: Floats = self._slopes_mm(points).mean(axis=0)
        return slope

    def _undistorted(self, points: Floats) -> tuple[Floats, Floats]:
        """Undistorted px, continued outside the hull, and the slope used, shape (n, 2, 2)."""
        middle = np.array([self.centre_px])
        to_px = self.turn / self.mm_per_px
        coefficients = np.array(self.coefficients_mm)
        nearest = clamped(points, np.array(self.hull_px))
        places = powers(self._normal(nearest), self.order, self.rings) @ coefficients
        origin = powers(self._normal(middle), self.order, self.rings) @ coefficients
        slope = to_px @ self._slopes_mm(nearest)
        beyond = np.einsum("nij,nj->ni", slope, points - nearest)
        return (places - origin) @ to_px.T + beyond + middle, slope


@cache
def _disc(count: int) -> Floats:
    """Points spread evenly over the unit disc, shape (count, 2)."""
    k = np.arange(count) + 0.5
    radius, angle = np.sqrt(k / count), math.pi * (1 + math.sqrt(5)) * k
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _points(points: ArrayLike) -> Floats:
    return np.asarray(points, np.float64).reshape(-1, 2)


def _pair(values: Sequence[float]) -> tuple[float, float]:
    x, y = values
    return float(x), float(y)
