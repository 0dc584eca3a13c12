"""One procedure put together: patient, needle, cement, motion and what an operator would mark."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.ct_model import growth, motion
from benchmarks.ct_model.anatomy import (
    Vertebra,
    body_outline,
    outline_sides,
    posterior_wall_of,
    segment_vertebra,
)
from benchmarks.ct_model.needle import GAUGES_MM, Needle, place_needle
from benchmarks.ct_model.patient import Field, Patient, make_patient
from benchmarks.ct_model.settings import Settings
from benchmarks.ct_model.truth import Walls, make_walls
from benchmarks.ct_model.volume import LEVEL_LABELS, Float64, Projection, default_folder, load_ct, make_pose
from monitor.errors import PlanError
from monitor.plan import (
    SCHEMA,
    Cannula,
    ImageSize,
    Level,
    Path2D,
    Plan,
    Scale,
    Vein,
    View,
    parse_plan,
    plan_to_json,
)

_STEP_MM = 0.5


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for everything that is drawn."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What changes from pulse to pulse; arrays of one entry per pulse.

    Parameters
    ----------
    shift_mm : ndarray, shape (n, 2)
        Of the spine since the first pulse, columns then rows.
    angle_rad : ndarray
        Of the spine about the body's centre.
    soft_mm : ndarray
        Movement down of the soft tissue at the front of the spine.
    stretch : ndarray
        How much more of it per mm further forwards.
    whole_mm : ndarray, shape (n, 2)
        Of the whole patient (a jerk); part of `shift_mm`.
    injected_ml : ndarray
    hand_rad, pulled_mm, stylet_mm : ndarray
        Cannula: angle about its tip, how far it is pulled back, how far its stylet is.
    """

    shift_mm: Float64
    angle_rad: Float64
    soft_mm: Float64
    stretch: Float64
    whole_mm: Float64
    injected_ml: Float64
    hand_rad: Float64
    pulled_mm: Float64
    stylet_mm: Float64


@dataclass(frozen=True, slots=True, eq=False)
class Build:
    """All that is known of a procedure before a frame is rendered."""

    level: str
    field: Field
    patient: Patient
    vertebra: Vertebra
    forward: Float64
    needle: Needle
    cement: growth.Cement
    walls: Walls
    outline: Float64
    course: Course
    plan: Plan
    inject_at_s: float
    drop_speed_mm_s: float


@lru_cache(maxsize=2)
def anatomy(
    seed: int, projection: Projection, size_px: int, mm_per_px: float, level: str | None, folder: Path
) -> tuple[str, Vertebra, Field, Patient]:
    """The patient of a seed under the beam; kept, since several scenarios share it.

    Parameters
    ----------
    seed : int
    projection : str
    size_px : int
    mm_per_px : float
    level : str or None
        None: the seed chooses.
    folder : Path
        Where the CT is.
    """
    ct = load_ct(folder)
    random = stream(seed, "anatomy")
    drawn = str(random.choice(list(LEVEL_LABELS)))
    level = level or drawn
    angles = tuple(float(a) for a in random.uniform(-5, 5, 3))
    size, mirrored = float(random.uniform(0.85, 1.1)), bool(random.random() < 0.5)
    middle, _, _ = posterior_wall_of(ct.labels, LEVEL_LABELS[level])
    pose = make_pose(ct, middle, projection, (angles[0], angles[1], angles[2]), size, mirrored)
    vertebra = segment_vertebra(ct, pose, LEVEL_LABELS[level], _STEP_MM, 4.0)
    axes = vertebra.axes

    half_mm = size_px * mm_per_px / 2
    top_mm = float(pose.to_mm(np.array([[middle[0], middle[1], ct.labels.shape[2] - 1.0]]))[0, 1])
    place = random.uniform(-9, 9, 2)
    centre = (float(axes.centre[0] + place[0]), max(float(axes.centre[1] + place[1]), top_mm + half_mm + 2))
    field = Field(size_px, size_px, mm_per_px, centre, round(22 / mm_per_px))
    patient = make_patient(ct, pose, field, axes, stream(seed, "patient"))
    return level, vertebra, field, patient


def build(scenario: str, seed: int, s: Settings, pulses_s: Float64) -> Build:
    """Put a procedure together.

    Parameters
    ----------
    scenario : str
    seed : int
    s : Settings
    pulses_s : ndarray
        Times of the X-ray pulses.
    """
    level, vertebra, field, patient = anatomy(
        seed, s.projection, s.size, s.scale_mm_per_px, s.level, s.folder or default_folder()
    )
    axes = vertebra.axes

    random = stream(seed, f"needle {scenario}")
    side = 1.0 if random.random() < 0.5 else -1.0
    leak = growth.plan_leak(scenario, vertebra, random, side)
    reach, height = random.uniform(0.64, 0.78), random.uniform(0.40, 0.60)
    if leak is not None and leak.leak_class == "canal":
        reach = random.uniform(0.42, 0.55)
    elif leak is not None and leak.leak_class.startswith("disc"):
        height = (
            random.uniform(0.64, 0.74) if leak.leak_class == "disc_superior" else random.uniform(0.26, 0.36)
        )
    gauge = s.gauge or int(random.choice(list(GAUGES_MM)))
    needle = place_needle(axes, gauge, float(reach), float(height), side, random)

    vertebra = growth.crop(vertebra, leak)
    outline = body_outline(vertebra)

    random = stream(seed, f"cement {scenario}")
    inject_at_s = s.inject_at_s if s.inject_at_s is not None else float(random.uniform(6, 7))
    rate = s.rate_ml_s if s.rate_ml_s is not None else float(random.uniform(0.035, 0.065))
    end_s = float(pulses_s[-1]) - 1.0
    injected = motion.injected(pulses_s, inject_at_s, end_s, rate, stream(seed, "syringe"))
    if scenario == "quiet":
        injected = np.zeros_like(injected)
    total = max(float(injected.max()), 0.05)
    cement = growth.grow(vertebra, needle.tip, leak, total, float(random.uniform(0.3, 0.55)) * total, random)

    course = _course(seed, scenario, s, pulses_s, injected, inject_at_s, axes.anterior)
    lateral = s.projection == "lateral"
    sides = outline_sides(outline, axes, axes.anterior if lateral else axes.right)
    lines = {"superior_endplate": sides["top"], "inferior_endplate": sides["bottom"]}
    if lateral:
        lines = {"posterior_wall": sides["minus"], "anterior_wall": sides["plus"]} | lines
    vein = leak.path[:, :2] if leak is not None and leak.path is not None else None
    walls = make_walls(vertebra.box, outline, lines, vein, leak.diameter_mm if leak else 0.0)
    marked = vein if (s.mark_vein if s.mark_vein is not None else seed % 2 == 0) else None
    plan = _plan(level, s, field, sides["body"], lines, marked, needle, stream(seed, "clicks"))
    return Build(
        level,
        field,
        patient,
        vertebra,
        axes.anterior[:2] if lateral else np.zeros(2),
        needle,
        cement,
        walls,
        outline,
        course,
        plan,
        inject_at_s,
        float(random.uniform(10, 25)),
    )


def _course(
    seed: int,
    scenario: str,
    s: Settings,
    t: Float64,
    injected: Float64,
    inject_at_s: float,
    anterior: Float64,
) -> Course:
    """Everything that moves, from the first pulse on."""
    random = stream(seed, "motion")
    n = len(t)
    breath = motion.breathing(t, random)
    late = np.interp(t - 0.15, t, breath)
    drift = 0.12 * motion.wandering(t, 6.0, random)[:, None] * random.standard_normal(2)
    tilt = random.uniform(-0.35, 0.35)
    shift = s.breathing_mm * breath[:, None] * np.array([np.sin(tilt), np.cos(tilt)])
    shift = shift + (drift if s.breathing_mm > 0 else 0)
    angle = np.deg2rad(0.12) * s.breathing_mm * np.interp(t - 0.3, t, breath) * random.choice([-1, 1])
    soft = s.breathing_mm * random.uniform(2.0, 4.0) * late
    stretch = s.breathing_mm * random.uniform(0.01, 0.03) * late
    sudden = s.jerk
    if scenario == "motion" and sudden is None:
        sudden = (float(random.uniform(3, 7)), float(random.uniform(0.45, 0.75) * t[-1]))
    whole = np.zeros((n, 2)) if sudden is None else motion.jerk(t, sudden[0], sudden[1], random)
    shift = shift - shift[0] + whole

    random = stream(seed, "hand")
    busy = np.clip((t - inject_at_s + 2) / 2, 0, 1)
    hand = np.deg2rad(0.12) * motion.wandering(t, 0.5, random) * (0.3 + 0.7 * busy)
    pulled, stylet = np.zeros(n), np.full(n, 400.0)
    if s.needle_moves:
        begin = max(1.0, inject_at_s - random.uniform(2.5, 4.0))
        stylet = np.interp(t, [0, begin, begin + 1.6], [0, 0, 300])
        at = inject_at_s + random.uniform(5, 8)
        while at < t[-1]:
            pulled += random.uniform(1.5, 3.5) * np.clip((t - at) / 0.7, 0, 1)
            at += random.uniform(6, 11)
        hand = hand + np.deg2rad(0.5) * np.interp(
            t, [0, begin - 0.4, begin, begin + 1.6, begin + 2.2], [0, 0, 1, -0.6, 0]
        )
    return Course(shift, angle - angle[0], soft, stretch, whole, injected, hand - hand[0], pulled, stylet)


def _plan(
    level: str,
    s: Settings,
    field: Field,
    body: Float64,
    lines: dict[str, Float64],
    vein: Float64 | None,
    needle: Needle,
    random: np.random.Generator,
) -> Plan:
    """Mark the structures, each point with its own error, again where the outline would cross itself."""

    def mark(points_mm: Float64, inside: bool = False) -> Path2D:
        px = field.to_px(points_mm) + random.normal(
            0, s.click_error_mm / field.mm_per_px, (len(points_mm), 2)
        )
        if inside:
            px = np.clip(px, 0, [field.columns - 1, field.rows - 1])
        return tuple((round(float(x), 2), round(float(y), 2)) for x, y in px)

    def draw() -> Plan:
        full = s.marks == "full"
        walls = {name: mark(line) for name, line in lines.items()} if full else {}
        veins = (Vein(_within(mark(vein[::4]), field)),) if full and vein is not None else ()
        cannulas = (Cannula(mark(needle.path_mm), needle.outer_mm),) if full and s.mark_cannula else ()
        view = View(
            name=s.projection,
            projection=s.projection,
            scale=Scale(field.mm_per_px, 0.03, "simulated"),
            levels=(Level(name=level, body=mark(body, True), veins=veins, cannulas=cannulas, **walls),),
            image=ImageSize(field.rows, field.columns),
        )
        return Plan(schema=SCHEMA, views=(view,))

    for attempt in range(30):
        plan = draw()
        try:
            return parse_plan(plan_to_json(plan), "plan of the CT model")
        except PlanError:
            if attempt == 29:
                raise
    raise AssertionError


def _within(path: Path2D, field: Field) -> Path2D:
    """Drop the points that lie outside the picture; nobody marks what is not seen."""
    kept = tuple(p for p in path if 0 <= p[0] < field.columns and 0 <= p[1] < field.rows)
    return kept if len(kept) >= 2 else path[:2]
