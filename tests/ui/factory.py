"""Procedures made up for the overlay: a lateral view of a spine, cement, and all that is told of it."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

import cv2
import numpy as np

from monitor.config import BrandClock
from monitor.frame import Frame, freeze_pixels
from monitor.health import Health
from monitor.result import (
    AlarmState,
    Alert,
    Approach,
    Distance,
    Kind,
    Leak,
    LevelResult,
    Pose,
    Priority,
    Result,
    Watch,
    Zone,
)
from monitor.states import Reason, State, worst
from ui.overlay.observation import Observation, Setup

SIZE_PX = 1024
MM_PER_PX = 0.15
SECOND_NS = 1_000_000_000
NOW_NS = 500_100_000_000
"""100 ms into a lit half of every flashing priority."""
SETUP = Setup(
    mm_per_px={"lateral": MM_PER_PX},
    planned_volume_ml={"T12": 4.0, "T11": 3.5},
    projections={"lateral": "lateral", "ap": "ap"},
    cement_clock=BrandClock(early_until_s=240.0, late_after_s=480.0),
    cement_brand="Simplex P",
)

BODY = np.array([[380, 430], [600, 420], [606, 590], [388, 600]], np.float32)
WALL = np.array([[600, 420], [597, 505], [606, 590]], np.float32)
ZONES = (
    Zone("posterior_wall", Watch.WATCHED, 0.5),
    Zone("canal", Watch.PARTLY, 0.9),
    Zone("veins", Watch.NOT_MARKED, None),
    Zone("disc_superior", Watch.WATCHED, 0.4),
    Zone("disc_inferior", Watch.WATCHED, 0.4),
    Zone("anterior_wall", Watch.WATCHED, 0.6),
)


@lru_cache(maxsize=4)
def spine(dtype: str = "uint16", size_px: int = SIZE_PX, noise: float = 30.0) -> np.ndarray:
    """Vertebrae, ribs of soft tissue, a cannula, cement and noise, as stored values."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX].astype(np.float32)
    field = 2300 - 1.3e-3 * ((x - 480) ** 2 + 0.5 * (y - 520) ** 2) + 120 * np.sin(y / 90 + x / 300)
    bone = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    for k in range(-3, 3):
        shift = np.array([-0.01 * k * 900, k * 210], np.float32)
        polygon = np.round(BODY + shift).astype(np.int32)
        cv2.fillPoly(bone, [polygon], 1.0)
        cv2.polylines(bone, [polygon], True, 1.7, 7)
    field -= 620 * cv2.GaussianBlur(bone, (0, 0), 3)
    dark = np.zeros_like(bone)
    cv2.ellipse(dark, (455, 515), (55, 50), 0, 0, 360, 0.75, -1)
    cv2.line(dark, (480, 515), (1023, 400), 1.0, 15)
    field -= 900 * cv2.GaussianBlur(dark, (0, 0), 2)
    field = np.clip(field + rng.normal(0, noise, field.shape), 60, 4095)
    if dtype == "uint8":
        field = field / 16
    if size_px != SIZE_PX:
        field = cv2.resize(field, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return freeze_pixels(field.astype(dtype), copy=False)


def frame(seq: int = 0, t_ns: int = NOW_NS, pixels: np.ndarray | None = None) -> Frame:
    return Frame(seq, t_ns, None, spine() if pixels is None else pixels, "simulated:test")


def contour(reach_px: float = 0.0) -> np.ndarray:
    """Outline of the cement, with a tongue of some length towards the posterior wall."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    outline = np.stack([455 + 55 * np.cos(angle), 515 + 50 * np.sin(angle)], axis=1)
    aside = (angle + np.pi) % (2 * np.pi) - np.pi
    outline[:, 0] += reach_px * np.exp(-((aside / 0.3) ** 4))
    return outline.astype(np.float32)


def level(
    wall_mm: float | None = 6.8,
    *,
    name: str = "T12",
    speed_mm_s: float | None = 0.2,
    contact_s: float | None = 30.4,
    **changes: object,
) -> LevelResult:
    """A level that is seen; `wall_mm` None: no distance is known. The speed is towards the wall."""
    distances = {}
    reach_px = 0.0
    if wall_mm is not None:
        tip_px = 597 - wall_mm / MM_PER_PX
        reach_px = tip_px - 510
        distances = {
            "posterior_wall": Distance(wall_mm, wall_mm - 0.55, (tip_px, 515.0), (597.0, 515.0)),
            "inferior_endplate": Distance(3.0, 2.4, (490.0, 573.0), (490.0, 596.0)),
            "anterior_wall": Distance(7.2, 6.6, (420.0, 515.0), (384.0, 515.0)),
        }
    known = LevelResult(
        name=name,
        state=State.MONITORING,
        pose=Pose((493.0, 510.0), (0.4, -0.2), 0.0, 0.1, 0.97, True),
        contours_px=(contour(reach_px),) if wall_mm is not None else (),
        structures_px={
            "body": (BODY,),
            "posterior_wall": (WALL,),
            "superior_endplate": (np.array([[380, 430], [490, 437], [600, 420]], np.float32),),
            "inferior_endplate": (np.array([[388, 600], [490, 590], [606, 590]], np.float32),),
            "posterior_third": (WALL - np.array([73, 0], np.float32),),
            "posterior_quarter": (WALL - np.array([55, 0], np.float32),),
        },
        unobservable_px=(np.array([[560, 495], [760, 450], [764, 466], [562, 511]], np.float32),),
        distances=distances,
        area_mm2=512.0,
        outside_mm2=0.0,
        front_speed_mm_s=speed_mm_s,
        time_to_contact_s=contact_s,
        approaches={} if speed_mm_s is None else {"posterior_wall": Approach(speed_mm_s, contact_s)},
        volume_ml=3.1,
        volume_sd_ml=0.2,
        fill_fraction=0.17,
        zones=ZONES,
    )
    return dataclasses.replace(known, **changes)


def second_level(**changes: object) -> LevelResult:
    """A level that has no distances and needs no attention."""
    return level(
        None, name="T11", volume_ml=2.6, fill_fraction=0.14, structures_px={}, unobservable_px=(), **changes
    )


def blind_level(name: str = "T12") -> LevelResult:
    pose = Pose((493.0, 510.0), (0.0, 0.0), 0.0, 2.0, 0.2, False, "patient moved 4 mm")
    return LevelResult(name=name, state=State.NOT_MONITORING, pose=pose, zones=ZONES)


def alert(
    priority: Priority,
    message: str,
    *,
    structure: str | None = "posterior_wall",
    state: AlarmState = AlarmState.ACTIVE,
    rule_id: str = "near_posterior_wall",
    kind: Kind = Kind.CLINICAL,
    level_name: str | None = "T12",
    onset_ns: int = NOW_NS - 12 * SECOND_NS,
) -> Alert:
    return Alert(rule_id, kind, priority, state, level_name, structure, onset_ns, 0, 2.1, "mm", message)


def leak(leak_class: str = "canal", area_mm2: float = 12.0, **changes: object) -> Leak:
    made = Leak(leak_class, area_mm2, None, NOW_NS - 8 * SECOND_NS, False, (650.0, 520.0))
    return dataclasses.replace(made, **changes)


def health(*reasons: Reason, since_ns: int = NOW_NS - 3_200_000_000, age_s: float | None = 0.05) -> Health:
    return Health(worst(reasons), reasons, since_ns, age_s, {})


def result(
    *levels: LevelResult, alerts: tuple[Alert, ...] = (), seq: int = 0, t_ns: int = NOW_NS, **changes: object
) -> Result:
    made = Result(
        frame=frame(seq, t_ns),
        view="lateral",
        state=State.MONITORING,
        reasons=(),
        levels=levels or (level(), second_level()),
        alerts=alerts,
        transitions=(),
        timings_ms={},
        beam_on_s=134.0,
        cement_age_s=312.0,
        cement_phase="working",
    )
    return dataclasses.replace(made, **changes)


def observation(what: Result | None = None, how: Health | None = None, **changes: object) -> Observation:
    """Monitoring, unless told otherwise."""
    made = Observation(
        result=result() if what is None else what,
        health=health() if how is None else how,
        now_ns=NOW_NS,
        recording=True,
        session_elapsed_s=312.0,
    )
    return dataclasses.replace(made, **changes)


def approach(last_mm: float, seconds: int = 30, until_ns: int = NOW_NS) -> list[Observation]:
    """Observations at 15 per second that end shortly before `until_ns` at `last_mm` from the wall.

    Before them the AP view has been looked at.
    """
    steps = seconds * 15
    before_ns = NOW_NS - 100 * SECOND_NS
    made = [observation(result(level(None), seq=-1, t_ns=before_ns, view="ap"), now_ns=before_ns)]
    for i in range(steps):
        left_s = (steps - i) / 15
        t_ns = until_ns - int(left_s * SECOND_NS)
        wall_mm = last_mm + (14.0 - last_mm) * (left_s / seconds) ** 1.6 + 0.05 * np.sin(i / 5)
        lv = level(float(wall_mm))
        made.append(observation(result(lv, second_level(), seq=i, t_ns=t_ns), now_ns=t_ns))
    return made


BLIND = Reason(State.NOT_MONITORING, "moved", "patient moved 4 mm")
LEARNING = Reason(State.LEARNING, "learning", "learning again, about 2 s")


def calm() -> list[Observation]:
    return [*approach(12.4), observation(result(level(12.4), second_level(), seq=9999))]


def medium() -> list[Observation]:
    lv = level(9.6, speed_mm_s=0.4, contact_s=11.0)
    alerts = (alert(Priority.MEDIUM, "posterior wall 9.6 mm", rule_id="near_posterior_wall"),)
    return [*approach(9.6), observation(result(lv, second_level(), alerts=alerts, seq=9999))]


def high() -> list[Observation]:
    lv = level(2.1, speed_mm_s=0.9, contact_s=2.3)
    alerts = (
        alert(Priority.HIGH, "posterior wall 2.1 mm"),
        alert(Priority.LOW, "volume 3.9 mL", structure="volume", rule_id="volume_high"),
    )
    return [*approach(2.1), observation(result(lv, second_level(), alerts=alerts, seq=9999))]


def crossed() -> list[Observation]:
    lv = level(
        -1.2, leaks=(leak(), leak("vein", 3.2, ambiguous_with="canal", detached=True)), outside_mm2=15.0
    )
    alerts = (
        alert(Priority.HIGH, "canal leak 12 mm2", structure="canal", rule_id="leak_canal"),
        alert(Priority.MEDIUM, "vein leak", structure="vein", rule_id="leak_vein"),
    )
    return [*approach(-1.2), observation(result(lv, second_level(), alerts=alerts, seq=9999))]


def blind(*alerts: Alert) -> list[Observation]:
    what = result(blind_level(), blind_level("T11"), alerts=alerts, seq=9999, state=State.NOT_MONITORING)
    return [
        *approach(6.8, seconds=25, until_ns=NOW_NS - 3_200_000_000),
        observation(what, health(BLIND, LEARNING)),
    ]


def blind_with_latched() -> list[Observation]:
    latched = alert(
        Priority.HIGH,
        "canal leak 12 mm2",
        structure="canal",
        rule_id="leak_canal",
        state=AlarmState.LATCHED,
    )
    return blind(latched)


def stale() -> list[Observation]:
    how = health(Reason(State.NOT_MONITORING, "no_image", "no image"), age_s=3.2)
    what = result(level(), second_level(), seq=9999, t_ns=NOW_NS - 3_200_000_000)
    return [*approach(6.8, seconds=25, until_ns=NOW_NS - 3_200_000_000), observation(what, how)]


def learning() -> list[Observation]:
    reason = Reason(State.LEARNING, "learning", "two breaths, 3 s left")
    quiet = LevelResult(name="T12", state=State.LEARNING, pose=None, zones=ZONES)
    return [observation(result(quiet, seq=3, state=State.LEARNING), health(reason))]


def held() -> list[Observation]:
    reason = Reason(State.HELD, "image_held", "beam off, last image held")
    what = result(level(12.4), second_level(), seq=9999, state=State.HELD)
    return [*approach(12.4, until_ns=NOW_NS - 3_200_000_000), observation(what, health(reason))]


def degraded() -> list[Observation]:
    reason = Reason(State.DEGRADED, "recording", "recording falls behind")
    lv = level(volume_ml=None, volume_sd_ml=None)
    return [*approach(6.8), observation(result(lv, seq=9999), health(reason), recording=False)]


def low() -> list[Observation]:
    alerts = (alert(Priority.LOW, "volume 3.9 mL", structure="volume", rule_id="volume_high"),)
    lv = level(12.4, volume_ml=3.9)
    return [*approach(12.4), observation(result(lv, second_level(), alerts=alerts, seq=9999))]


def waiting() -> list[Observation]:
    reason = Reason(State.SETUP, "waiting", "waiting for the first image")
    return [Observation(None, health(reason, age_s=None), NOW_NS, session_elapsed_s=3.0)]


def without_noise(observations: list[Observation]) -> list[Observation]:
    """The same, of an image that compresses well."""
    smooth = spine(noise=0.0)

    def of(seen: Observation) -> Observation:
        if seen.result is None:
            return seen
        clean = dataclasses.replace(seen.result.frame, pixels=smooth)
        return dataclasses.replace(seen, result=dataclasses.replace(seen.result, frame=clean))

    return [of(seen) for seen in observations]


SCENES = {
    f.__name__: f
    for f in (calm, medium, high, crossed, blind, blind_with_latched, stale, learning, held, degraded, low)
}
