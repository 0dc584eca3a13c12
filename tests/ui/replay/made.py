"""A session made up for the replay: some seconds, of which every second frame was processed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from monitor.config import Config, config_to_toml
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from monitor.health import Health
from monitor.plan import Level, LevelIntent, Plan, Scale, View
from monitor.result import AlarmState, Alert, AlertTransition, Priority
from monitor.states import Reason, State, worst
from recordings.findings import Findings
from recordings.recording import RecordingWriter, Step
from recordings.session import Session
from tests.ui import factory

FPS = 10
PERIOD_NS = 1_000_000_000 // FPS
DELAY_NS = 40_000_000
ANCHOR_NS = 1_000_000_000_000
FIRST_NS = ANCHOR_NS + 250_000_000
SECONDS = 12.0
LEARNED_S, MEDIUM_S, HIGH_S, MARK_S, BLIND_S, SEEN_S = 1.0, 5.0, 8.0, 8.6, 9.6, 10.8
WHEN = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
ROWS = 64
_TINY = freeze_pixels(np.zeros((1, 1), np.uint8), copy=False)
LEARNING = Reason(State.LEARNING, "learning", "learning the image without cement, about 1 s")
MOVED = Reason(State.NOT_MONITORING, "moved", "patient moved 4 mm")

Wall = Callable[[float], float]


def usual_mm(at_s: float) -> float:
    """Distance to the wall."""
    return max(1.6, 13.0 - 1.35 * at_s)


def plan() -> Plan:
    """One level in one view."""
    body = tuple((float(x), float(y)) for x, y in factory.BODY)
    wall = tuple((float(x), float(y)) for x, y in factory.WALL)
    level = Level(name="T12", body=body, posterior_wall=wall)
    view = View(
        name="lateral", projection="lateral", reference_frame=0, levels=(level,),
        scale=Scale(mm_per_px=factory.MM_PER_PX, relative_uncertainty=0.03, method="test"),
    )  # fmt: skip
    return Plan(
        schema="cementwatch.plan/1", views=(view,), levels={"T12": LevelIntent(planned_volume_ml=4.0)}
    )


def info(rows: int, columns: int, bits: int) -> SourceInfo:
    intensity = Intensity(PixelIntensityRelationship.LIN, bits)
    return SourceInfo("simulated:test", "simulated", rows, columns, intensity, live=False, frame_period_s=0.1)


def pixels(rows: int, columns: int, dtype: str, seq: int) -> np.ndarray:
    """The spine, with the frame's number as the value of its first pixel."""
    picture = cv2.resize(factory.spine(noise=0.0), (columns, rows), interpolation=cv2.INTER_AREA)
    if dtype == "uint8":
        picture = (picture // 16).astype(np.uint8)
    picture = picture.copy()
    picture[0, 0] = seq % 251
    return freeze_pixels(picture, copy=False)


def alert(at_s: float, wall_mm: float, wall: Wall) -> Alert | None:
    """The alarm that stands at a time."""
    if at_s < MEDIUM_S or BLIND_S <= at_s < SEEN_S:
        return None
    priority = Priority.HIGH if at_s >= HIGH_S else Priority.MEDIUM
    onset_ns = FIRST_NS + round((HIGH_S if at_s >= HIGH_S else MEDIUM_S) * 1e9) + DELAY_NS
    made = factory.alert(priority, f"posterior wall {wall_mm:.1f} mm", onset_ns=onset_ns)
    return dataclasses.replace(made, value=wall_mm, state=AlarmState.ACTIVE)


def findings(seq: int, wall: Wall = usual_mm, early_s: float = 0.0) -> Findings:
    """What is found in a frame; alarms come so much earlier."""
    at_s = seq / FPS
    t_ns = FIRST_NS + seq * PERIOD_NS
    if at_s < LEARNED_S:
        blind = dataclasses.replace(factory.blind_level(), state=State.LEARNING, pose=None)
        made = factory.result(blind, seq=seq, t_ns=t_ns, state=State.LEARNING, reasons=(LEARNING,))
    elif BLIND_S <= at_s < SEEN_S:
        blind = factory.blind_level()
        made = factory.result(blind, seq=seq, t_ns=t_ns, state=State.NOT_MONITORING, reasons=(MOVED,))
    else:
        mm = wall(at_s)
        level = factory.level(mm, speed_mm_s=1.3, contact_s=mm / 1.3, volume_ml=0.3 * at_s)
        now = alert(at_s + early_s, mm, wall)
        before = alert((seq - 2) / FPS + early_s, mm, wall)
        told: tuple[AlertTransition, ...] = ()
        if now is not None and at_s < BLIND_S and (before is None or before.priority < now.priority):
            event = "raised" if before is None else "escalated"
            told = (AlertTransition(event, t_ns + DELAY_NS, now),)
        alerts = () if now is None else (now,)
        made = factory.result(level, alerts=alerts, seq=seq, t_ns=t_ns, transitions=told)
    return Findings.of(dataclasses.replace(made, beam_on_s=at_s, cement_age_s=60.0 + at_s))


def _health(at_s: float) -> Health:
    reasons = (LEARNING,) if at_s < LEARNED_S else (MOVED,) if BLIND_S <= at_s < SEEN_S else ()
    return Health(worst(reasons), reasons, FIRST_NS + round(at_s * 1e9) + DELAY_NS, 0.05, {})


def record(
    folder: Path,
    *,
    seconds: float = SECONDS,
    rows: int = ROWS,
    columns: int | None = None,
    dtype: str = "uint16",
    every: int = 2,
    with_plan: bool = True,
    monitored: bool = True,
    close: bool = True,
) -> Session:
    """Write a session; `every`: which frames were processed. Not closed it is as one that still runs."""
    columns = rows if columns is None else columns
    session = Session.create(
        folder, source_info=info(rows, columns, 8 if dtype == "uint8" else 12),
        plan=plan() if with_plan else None, config_toml=config_to_toml(Config()), software_version="1.0",
        clock_utc=lambda: WHEN, clock_monotonic_ns=lambda: ANCHOR_NS,
    )  # fmt: skip
    go_on(session, 0, round(seconds * FPS), rows, columns, dtype, every if monitored else 0)
    if monitored:
        for at_s in (0.0, LEARNED_S, BLIND_S, SEEN_S):
            session.log.state_changed(_health(at_s))
        session.log.acknowledged(FIRST_NS + round(9.0 * 1e9))
        session.log.event("mark", {"level": "T12"}, FIRST_NS + round(MARK_S * 1e9))
    if close:
        session.close()
    return session


def go_on(
    session: Session, first: int, end: int, rows: int = ROWS, columns: int = ROWS, dtype: str = "uint16",
    every: int = 2,
) -> None:  # fmt: skip
    """More frames, and the steps of those that were processed."""
    for seq in range(first, end):
        t_ns = FIRST_NS + seq * PERIOD_NS
        session.recording.append(Frame(seq, t_ns, None, pixels(rows, columns, dtype, seq), "simulated:test"))
        if every and seq % every == 0:
            found = findings(seq)
            session.recording.step(
                Step(seq // every, seq, t_ns + DELAY_NS, every - 1 if seq else 0, (), found)
            )
            frame = Frame(seq, t_ns, None, _TINY, "")
            session.log.level_measurements(found.on(frame))
            for told in found.transitions:
                session.log.transition(told)


def results(
    path: Path, session: Session, *, every: int = 1, mode: str = "every frame", version: str = "2.0",
    wall: Wall = usual_mm, early_s: float = 0.0, end: bool = True, until: int | None = None,
) -> Path:  # fmt: skip
    """A results file of another version, or of every frame."""
    about = {
        "schema": "cementwatch.results/1", "session": session.about.id, "mode": mode,
        "software_version": version,
    }  # fmt: skip
    writer = RecordingWriter(path, about)
    count = round(SECONDS * FPS) if until is None else until
    for number, seq in enumerate(range(0, count, every)):
        t_ns = FIRST_NS + seq * PERIOD_NS + DELAY_NS
        writer.step(Step(number, seq, t_ns, 0, (), findings(seq, wall, early_s)))
    if end:
        writer.close()
    else:
        writer.leave()
    return path
