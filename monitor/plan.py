"""The anatomy marked on a reference frame: what is to be watched, and where it is.

Read from and written to PLAN.json (schema ``cementwatch.plan/1``). Points are ``(x, y)`` in pixels
of the source's frames as delivered: column to the right, row down, the centre of the first pixel
at ``(0, 0)``.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal, NoReturn

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.errors import PlanError

SCHEMA = "cementwatch.plan/1"
LARGEST_PLAN_BYTES = 16 * 1024 * 1024
LARGEST_ALIQUOT_ML = 20.0

Point = tuple[float, float]
Path2D = tuple[Point, ...]
Projection = Literal["lateral", "ap", "oblique"]
Polarity = Literal["cement-dark", "cement-bright"]

WALLS = ("posterior_wall", "anterior_wall", "superior_endplate", "inferior_endplate")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of everything in a plan: immutable, and an unknown key is an error."""


class Scale(_Part, frozen=True):
    """Millimetres in the plane of the spine per pixel, and how sure that is (one SD, relative)."""

    mm_per_px: float
    relative_uncertainty: float = 0.05
    method: str = "unknown"


class ImageSize(_Part, frozen=True):
    """Size of the frames that the plan was drawn on (px)."""

    rows: int
    columns: int


class Vein(_Part, frozen=True):
    """A vein's course as a polyline."""

    path: Path2D
    name: str = "vein"


class Cannula(_Part, frozen=True):
    """A cannula's axis as a polyline, tip last or first, and its outer diameter."""

    path: Path2D
    outer_diameter_mm: float


class Level(_Part, frozen=True):
    """One vertebra. `body` is a closed polygon, not repeated at its end; the rest is optional."""

    name: str
    body: Path2D
    posterior_wall: Path2D | None = None
    anterior_wall: Path2D | None = None
    superior_endplate: Path2D | None = None
    inferior_endplate: Path2D | None = None
    veins: tuple[Vein, ...] = ()
    foramen: Path2D | None = None
    cannulas: tuple[Cannula, ...] = ()

    def wall(self, name: str) -> Path2D | None:
        """One of `WALLS` by its name, None where it is not marked."""
        path: Path2D | None = getattr(self, name)
        return path


class View(_Part, frozen=True):
    """The levels as seen in one projection.

    `polarity` is the operator's word on how cement looks in the stored values, whatever the source says:
    ``cement-dark`` or ``cement-bright``; None: as the source states. `reference_png` is the frame on which
    the view was drawn (`monitor.plan_image`); None: frame `reference_frame` of the source.
    """

    name: str
    projection: Projection
    scale: Scale
    levels: tuple[Level, ...]
    reference_frame: int = 0
    image: ImageSize | None = None
    polarity: Polarity | None = None
    reference_png: str | None = None


class Risk(_Part, frozen=True):
    """What tightens the margins at a level."""

    posterior_wall_defect: bool = False
    pathology: str | None = None


class Aliquot(_Part, frozen=True):
    """What one push of the syringe has injected (mL, not a running total), and when it was done.

    `time_s` is the time of the run, as in the table of an analysis.
    """

    time_s: float
    volume_ml: float


class Cement(_Part, frozen=True):
    """The cement. `mixed_at_s` is the time of the run (s), negative where it was mixed before the start."""

    mixed_at_s: float | None = None
    brand: str | None = None


class LevelIntent(_Part, frozen=True):
    """What is meant to be done at a level, or is known to have been done, whatever the view."""

    planned_volume_ml: float | None = None
    risk: Risk = Risk()
    aliquots: tuple[Aliquot, ...] = ()


class Plan(_Part, frozen=True):
    """All views of a procedure, and the intent per level."""

    schema: str
    views: tuple[View, ...]
    levels: dict[str, LevelIntent] = {}
    cement: Cement | None = None

    def intent(self, level_name: str) -> LevelIntent:
        """Intent of a level; the defaults where the plan says nothing."""
        return self.levels.get(level_name, LevelIntent())


def as_array(path: Path2D) -> NDArray[np.float64]:
    """Points of a polyline or polygon, shape (n, 2), x then y (px)."""
    return np.asarray(path, dtype=np.float64).reshape(-1, 2)


def read_plan(path: Path) -> Plan:
    """Read and check a plan file.

    Raises
    ------
    PlanError
        The file cannot be read, is not JSON, has an unknown or missing key, or a value that makes
        no sense. The message names the file and the key.
    """
    try:
        if path.stat().st_size > LARGEST_PLAN_BYTES:
            raise PlanError(f"{path}: too large for a plan ({path.stat().st_size} bytes)")
        text = path.read_bytes()
    except OSError as error:
        raise PlanError(f"{path}: cannot read the plan: {error.strerror or error}") from error
    return parse_plan(text, str(path))


def parse_plan(text: bytes | str, name: str) -> Plan:
    """Parse and check the text of a plan; `name` is used in messages.

    Raises
    ------
    PlanError
        As `read_plan`.
    """

    def no_constant(constant: str) -> NoReturn:
        raise PlanError(f"{name}: {constant} is not a number that a plan may hold")

    try:
        data: Any = json.loads(text, parse_constant=no_constant)
        plan = msgspec.convert(data, Plan)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{name}: not JSON: {error}") from error
    except RecursionError as error:
        raise PlanError(f"{name}: nested too deeply for a plan") from error
    except msgspec.ValidationError as error:
        raise PlanError(f"{name}: {_say(error)}") from error
    try:
        _check_plan(plan)
    except PlanError as error:
        raise PlanError(f"{name}: {error}") from error
    return plan


def plan_to_json(plan: Plan) -> bytes:
    """Text of a plan file, indented, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n"


def check_fits(view: View, rows: int, columns: int) -> None:
    """Check that a view was made for images of this size.

    Raises
    ------
    PlanError
        Another size, or a structure that lies outside the image.
    """
    where = f"view {view.name!r}"
    if view.image is not None and (view.image.rows, view.image.columns) != (rows, columns):
        raise PlanError(
            f"{where} was made for images of {view.image.columns} x {view.image.rows} px, "
            f"the source has {columns} x {rows}"
        )
    for level in view.levels:
        polygons = [("body", level.body)] + ([("foramen", level.foramen)] if level.foramen else [])
        for label, polygon in polygons:
            outside = [p for p in polygon if not _inside(p, rows, columns)]
            if outside:
                raise PlanError(
                    f"{where}, level {level.name!r}: {label} has a point outside the image of "
                    f"{columns} x {rows} px: ({outside[0][0]:g}, {outside[0][1]:g})"
                )
        lines = [(w, path) for w in WALLS if (path := level.wall(w))]
        lines += [(f"vein {v.name!r}", v.path) for v in level.veins]
        lines += [("cannula", c.path) for c in level.cannulas]
        for label, line in lines:
            if not any(_inside(p, rows, columns) for p in line):
                raise PlanError(f"{where}, level {level.name!r}: {label} lies wholly outside the image")


def _inside(point: Point, rows: int, columns: int) -> bool:
    return -0.5 <= point[0] <= columns - 0.5 and -0.5 <= point[1] <= rows - 0.5


def _say(error: msgspec.ValidationError) -> str:
    """Msgspec's message with the JSON path in front and in plain form."""
    what, _, where = str(error).partition(" - at `")
    place = where.rstrip("`").removeprefix("$").lstrip(".")
    what = what.replace("Object contains", "has an").replace("Object missing required field", "lacks")
    return f"{place}: {what}" if place else what


def _check_plan(plan: Plan) -> None:
    if plan.schema != SCHEMA:
        raise PlanError(f"schema is {plan.schema!r}, expected {SCHEMA!r}")
    if not plan.views:
        raise PlanError("views: empty; nothing to monitor")
    _check_unique("views", [view.name for view in plan.views])
    for i, view in enumerate(plan.views):
        _check_view(view, f"views[{i}]")
    known = {level.name for view in plan.views for level in view.levels}
    for name, intent in plan.levels.items():
        if name not in known:
            raise PlanError(f"levels: {name!r} is in no view")
        volume_ml = intent.planned_volume_ml
        if volume_ml is not None and not (math.isfinite(volume_ml) and volume_ml > 0):
            raise PlanError(f"levels.{name}.planned_volume_ml must be above 0, is {volume_ml:g}")
        _check_aliquots(intent.aliquots, f"levels.{name}.aliquots")
    mixed_at_s = plan.cement.mixed_at_s if plan.cement is not None else None
    if mixed_at_s is not None and not (math.isfinite(mixed_at_s) and abs(mixed_at_s) <= 86400):
        raise PlanError(f"cement.mixed_at_s must be within a day of the run, is {mixed_at_s:g}")


def _check_aliquots(aliquots: tuple[Aliquot, ...], where: str) -> None:
    before_s = 0.0
    for k, aliquot in enumerate(aliquots):
        check_aliquot_volume(aliquot.volume_ml, f"{where}[{k}].volume_ml")
        if not (math.isfinite(aliquot.time_s) and aliquot.time_s >= 0):
            raise PlanError(f"{where}[{k}].time_s must not be negative, is {aliquot.time_s:g}")
        if aliquot.time_s < before_s:
            raise PlanError(f"{where}[{k}].time_s is {aliquot.time_s:g}, before the aliquot ahead of it")
        before_s = aliquot.time_s


def check_aliquot_volume(volume_ml: float, where: str) -> None:
    """Check the volume of one aliquot.

    Raises
    ------
    PlanError
        Not above 0, or more than any syringe gives at once.
    """
    if not (math.isfinite(volume_ml) and 0 < volume_ml <= LARGEST_ALIQUOT_ML):
        raise PlanError(f"{where} must be above 0 and at most {LARGEST_ALIQUOT_ML:g} mL, is {volume_ml:g}")


def _check_view(view: View, where: str) -> None:
    scale = view.scale
    if not (math.isfinite(scale.mm_per_px) and scale.mm_per_px > 0):
        raise PlanError(f"{where}.scale.mm_per_px must be above 0, is {scale.mm_per_px:g}")
    if scale.mm_per_px > 5:
        raise PlanError(f"{where}.scale.mm_per_px is {scale.mm_per_px:g}; no fluoroscopy is so coarse")
    if not 0 <= scale.relative_uncertainty < 1:
        raise PlanError(
            f"{where}.scale.relative_uncertainty must be from 0 to below 1, is {scale.relative_uncertainty:g}"
        )
    if view.reference_frame < 0:
        raise PlanError(f"{where}.reference_frame must not be negative, is {view.reference_frame}")
    if view.image is not None and min(view.image.rows, view.image.columns) < 1:
        raise PlanError(f"{where}.image: rows and columns must be above 0")
    if not view.levels:
        raise PlanError(f"{where}.levels: empty; nothing to monitor")
    _check_unique(f"{where}.levels", [level.name for level in view.levels])
    for j, level in enumerate(view.levels):
        _check_level(level, f"{where}.levels[{j}]", scale.mm_per_px)


def _check_level(level: Level, where: str, mm_per_px: float) -> None:
    _check_polygon(level.body, f"{where}.body")
    extent_mm = float(np.ptp(as_array(level.body), axis=0).max()) * mm_per_px
    if not 4 <= extent_mm <= 150:
        raise PlanError(
            f"{where}.body measures {extent_mm:.1f} mm at {mm_per_px:g} mm per px; no vertebral body does"
        )
    if level.foramen is not None:
        _check_polygon(level.foramen, f"{where}.foramen")
    for wall in WALLS:
        path = level.wall(wall)
        if path is not None:
            _check_line(path, f"{where}.{wall}")
    for k, vein in enumerate(level.veins):
        _check_line(vein.path, f"{where}.veins[{k}].path")
    for k, cannula in enumerate(level.cannulas):
        _check_line(cannula.path, f"{where}.cannulas[{k}].path")
        if not 0 < cannula.outer_diameter_mm <= 10:
            raise PlanError(
                f"{where}.cannulas[{k}].outer_diameter_mm must be above 0 and at most 10, "
                f"is {cannula.outer_diameter_mm:g}"
            )


def _check_points(path: Path2D, where: str, at_least: int) -> None:
    if len(path) < at_least:
        raise PlanError(f"{where} needs at least {at_least} points, has {len(path)}")
    if not np.all(np.isfinite(as_array(path))) or np.abs(as_array(path)).max() > 1e5:
        raise PlanError(f"{where} has a coordinate that is no pixel position")


def _check_line(path: Path2D, where: str) -> None:
    _check_points(path, where, 2)
    if float(np.hypot(*np.diff(as_array(path), axis=0).T).sum()) < 1.0:
        raise PlanError(f"{where} is shorter than 1 px")


def _check_polygon(path: Path2D, where: str) -> None:
    _check_points(path, where, 3)
    points = as_array(path)
    if abs(cv2.contourArea(points.astype(np.float32))) < 25.0:
        raise PlanError(f"{where} encloses no area")
    if _crosses_itself(points):
        raise PlanError(f"{where} crosses itself")


def _crosses_itself(points: NDArray[np.float64]) -> bool:
    """Whether two edges of a closed polygon that share no corner cross."""
    n = len(points)
    if n > 2000:
        raise PlanError(f"a polygon of {n} points is too long for a plan")
    a, b = points, np.roll(points, -1, axis=0)

    def side(p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
        (ax, ay), (bx, by) = (q - p).T, (r - p).T
        cross: NDArray[np.float64] = np.sign(ax * by - ay * bx)
        return cross

    for i in range(n - 2):
        j = np.arange(i + 2, n if i else n - 1)
        crossing = (side(a[i], b[i], a[j]) * side(a[i], b[i], b[j]) < 0) & (
            side(a[j], b[j], a[i]) * side(a[j], b[j], b[i]) < 0
        )
        if crossing.any():
            return True
    return False


def _check_unique(where: str, names: list[str]) -> None:
    for name in names:
        if not name.strip():
            raise PlanError(f"{where}: a name is empty")
        if names.count(name) > 1:
            raise PlanError(f"{where}: the name {name!r} is used twice")
