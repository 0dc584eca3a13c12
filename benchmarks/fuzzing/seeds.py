"""Valid inputs of every kind that is not DICOM; the same bytes in every process."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import blosc2
import msgspec
import numpy as np

from calibration.conditions import conditions_of
from calibration.density import nominal_density
from calibration.distortion import SCHEMA as DISTORTION_SCHEMA
from calibration.profile import DistortionPart, LatencyPart, Profile, ScalePart, Stamp, density_part
from monitor.config import Config, config_to_toml
from monitor.frame import (
    Frame,
    ImagerGeometry,
    Intensity,
    PixelIntensityRelationship,
    SourceInfo,
    freeze_pixels,
)
from monitor.memory import LevelMemory, Memory
from monitor.plan import Plan, View, parse_plan, plan_to_json
from recordings.archive import archive_session
from recordings.log_schema import ALARM_COLUMNS, TABLES, VERSION, VOLUME_COLUMNS
from recordings.memory_file import write_memory
from recordings.messages import Gap
from recordings.recording import RecordingWriter
from recordings.session import CONFIG, FRAMES, LOG, PLAN, SCHEMA, SESSION, SessionFile, session_json

ROWS, COLUMNS = 24, 32
BOOT = "a start of the machine"
_BODY = [[4, 4], [26, 4], [26, 18], [4, 18]]

_PLAN: dict[str, Any] = {
    "schema": "cementwatch.plan/1",
    "views": [
        {
            "name": "lateral",
            "projection": "lateral",
            "reference_frame": 0,
            "image": {"rows": ROWS, "columns": COLUMNS},
            "scale": {"mm_per_px": 1.2, "relative_uncertainty": 0.03, "method": "dicom"},
            "levels": [
                {
                    "name": "T12",
                    "body": _BODY,
                    "posterior_wall": [[26, 4], [26, 18]],
                    "superior_endplate": [[4, 4], [26, 4]],
                    "veins": [{"name": "basivertebral", "path": [[26, 11], [15, 11]]}],
                    "foramen": [[27, 4], [31, 4], [31, 12], [27, 12]],
                    "cannulas": [{"path": [[31, 2], [15, 11]], "outer_diameter_mm": 3.05}],
                }
            ],
        },
        {
            "name": "ap",
            "projection": "ap",
            "scale": {"mm_per_px": 1.2},
            "polarity": "cement-dark",
            "levels": [{"name": "T12", "body": _BODY}, {"name": "L1", "body": _BODY}],
        },
    ],
    "levels": {
        "T12": {
            "planned_volume_ml": 4.0,
            "risk": {"posterior_wall_defect": True, "pathology": "metastasis"},
            "aliquots": [{"time_s": 3.0, "volume_ml": 0.5}, {"time_s": 9.0, "volume_ml": 0.5}],
        }
    },
    "cement": {"mixed_at_s": -60.0, "brand": "any"},
}


def plan_tree() -> dict[str, Any]:
    """The tree of a plan that uses every key."""
    return _PLAN


@cache
def plan() -> Plan:
    """The same as the monitor takes it."""
    return parse_plan(json.dumps(_PLAN), "seed")


@cache
def view() -> View:
    """Its first view."""
    return plan().views[0]


@cache
def source() -> SourceInfo:
    """A source with everything a header may say."""
    geometry = ImagerGeometry((0.3, 0.3), (0.2, 0.2), "GEOMETRY", 1000.0, 700.0, 1.4, "words", 700.0, None,
                              None,                              (1.0, 1.0), 230.0)  # fmt: skip
    intensity = Intensity(PixelIntensityRelationship.LIN, 12)
    return SourceInfo(
        "run.dcm", "dicom", ROWS, COLUMNS, intensity, frame_period_s=1 / 15, frame_count=4, kvp=80.0,
        geometry=geometry, attributes={"Modality": "XA"},
    )  # fmt: skip


@cache
def config_toml() -> str:
    """The whole configuration."""
    return config_to_toml(Config()) + '\n[brands."any"]\nearly_until_s = 100.0\nlate_after_s = 200.0\n'


@cache
def profile_tree() -> dict[str, Any]:
    """The tree of a profile with every part."""
    made = Stamp(
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2036, 1, 1, tzinfo=UTC),
        "0.1",
    )
    conditions = conditions_of(source())
    model = {
        "schema": DISTORTION_SCHEMA, "rows": ROWS, "columns": COLUMNS, "field_mm": 230.0, "order": 1,
        "rings": 0,        "centre_px": [16.0, 12.0], "radius_px": 20.0,
        "coefficients_mm": [[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]],
        "hull_px": [[0.0, 0.0], [32.0, 0.0], [32.0, 24.0], [0.0, 24.0]],
        "residual": {"rms_mm": 0.01, "max_mm": 0.1, "marks": 60, "dropped": 0},
    }  # fmt: skip
    density = nominal_density(source())
    assert density is not None
    whole = Profile(
        room="1", c_arm="any",
        scale=ScalePart(made, conditions, 0.2, 0.02, "header", ("because",)),
        distortion=DistortionPart(made, conditions, model, 0.01, 0.1, 60),
        density=None if density.is_relative else density_part(density, made, conditions, (1.0, 20.0)),
        latency=LatencyPart(made, conditions, 120.0, 5.0, 66.0, 40),
    )  # fmt: skip
    tree: dict[str, Any] = json.loads(msgspec.json.encode(whole))
    if tree.get("density") is None:
        stamp, under = tree["scale"]["stamp"], tree["scale"]["conditions"]
        curve = {
            "weight": 1.0,
            "log_factor": 0.0,
            "log_factor_sd": 0.1,
            "thickness_mm": [0.0, 4.0, 8.0, 16.0],
        }
        tree["density"] = {
            "stamp": stamp, "conditions": under, "attenuation_per_mm": 0.1, "relative_sd": 0.1,
            "method": "wedge",
                       "added_log": [0.0, 0.4, 0.8, 1.6], "curves": [curve], "valid_mm": [1.0, 20.0],
        }  # fmt: skip
    return tree


def frames() -> list[Frame]:
    """Four frames, of 12 and of 8 bits."""
    dice = np.random.default_rng(3)
    made = []
    for seq in range(4):
        kind = np.uint16 if seq != 2 else np.uint8
        pixels = np.clip(dice.normal(100, 20, (ROWS, COLUMNS)), 0, 255).astype(kind)
        pixels[: 4 * seq] = 7
        made.append(
            Frame(seq, 10**9 + seq * 66_000_000, seq * 66_000_000, freeze_pixels(pixels, copy=True), "run")
        )
    return made


@cache
def recording(ended: bool = True) -> bytes:
    """A recording with frames, a gap and an event."""
    blosc2.set_nthreads(1)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / FRAMES
        writer = RecordingWriter(path, {"session": "seed"})
        for frame in frames():
            writer.append(frame)
        writer.gap(Gap(4, 2, 2 * 10**9, "overflow"))
        writer.event("table moved", {"by_mm": 3.0}, 2 * 10**9)
        cut = path.read_bytes()
        writer.close()
        return path.read_bytes() if ended else cut


@cache
def memory() -> bytes:
    """What a monitor remembers of a level."""
    dice = np.random.default_rng(4)
    maps = [dice.normal(0, 0.1, (9, 12)).astype(np.float32) for _ in range(4)]
    level = LevelMemory("T12", maps[0], maps[1], maps[0] > 0.1, maps[2], maps[3], (0.5, -0.25))
    grey = dice.normal(100, 5, (ROWS, COLUMNS)).astype(np.float32)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "memory.msgpack"
        write_memory(path, Memory("lateral", grey, 4.0, (level,)))
        return path.read_bytes()


@cache
def log() -> bytes:
    """A procedure log with rows in every table."""
    base = sqlite3.connect(":memory:", isolation_level=None)
    for statement in TABLES:
        base.execute(statement)
    base.execute(f"PRAGMA user_version={VERSION}")
    base.execute("INSERT INTO session VALUES ('seed', '0.1', '2026-01-01T00:00:00', 5)")
    base.execute("INSERT INTO source VALUES ('run.dcm', 'dicom', '{}')")
    base.execute("INSERT INTO plan VALUES ('{}', 'x')")
    base.execute("INSERT INTO configuration VALUES ('', 'x')")
    for k in range(30):
        row = [k * 10**8, k * 10**8, k, "lateral", "T12", "monitoring"] + [0.5 * k] * (
            len(VOLUME_COLUMNS) - 6
        )
        base.execute(f"INSERT INTO volume VALUES ({','.join('?' * len(row))})", row)
    for k, state in enumerate(("active", "acknowledged")):
        alarm = (k, "raised", "near_posterior_wall", "clinical", "high", state, "T12", "posterior_wall", k, k,
                 1.5,                 "mm", "near")  # fmt: skip
        base.execute(f"INSERT INTO alarm VALUES ({','.join('?' * len(ALARM_COLUMNS))})", alarm)
    base.execute("INSERT INTO state_change VALUES (1, 'monitoring', '[]')")
    base.execute("INSERT INTO acknowledgement VALUES (2, NULL, NULL, NULL)")
    base.execute("INSERT INTO event VALUES (3, 'resumed', '{}')")
    held = base.serialize()
    base.close()
    return held


@cache
def session_tree() -> dict[str, Any]:
    """The tree of ``session.json`` of a run that was killed."""
    about = SessionFile(
        schema=SCHEMA, id="seed", software_version="0.1", created_utc="2026-01-01T00:00:00+00:00",
        anchor_monotonic_ns=5, source=source(), boot_id=BOOT,
        files={"frames": FRAMES, "log": LOG, "plan": PLAN, "config": CONFIG},
    )  # fmt: skip
    tree: dict[str, Any] = json.loads(session_json(about))
    return tree


@cache
def archive() -> dict[str, bytes]:
    """All files of a session that was closed and archived."""
    about = msgspec.convert(session_tree() | {"complete": True}, SessionFile)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, data in session().items():
            (folder / file).write_bytes(data)
        (folder / FRAMES).unlink()
        (folder / SESSION).write_bytes(session_json(about))
        log = sqlite3.connect(folder / LOG, isolation_level=None)
        for table, file in (("plan", PLAN), ("configuration", CONFIG)):
            digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
            log.execute(f"UPDATE {table} SET sha256 = ?", (digest,))
        log.close()
        with RecordingWriter(folder / FRAMES, {"session": "seed"}) as writer:
            for frame in frames():
                if frame.pixels.itemsize == 2:
                    writer.append(frame)
            writer.gap(Gap(2, 1, 10**9, "overflow"))
            writer.gap(Gap(4, 2, 2 * 10**9, "overflow"))
            writer.event("table moved", {"by_mm": 3.0}, 2 * 10**9)
        archive_session(folder, software_version="0.1")
        return {path.name: path.read_bytes() for path in folder.iterdir()}


@cache
def session() -> dict[str, bytes]:
    """All files of a session."""
    return {
        "session.json": json.dumps(session_tree()).encode(),
        FRAMES: recording(False),
        LOG: log(),
        PLAN: plan_to_json(plan()),
        CONFIG: config_toml().encode(),
        "memory.msgpack": memory(),
    }
