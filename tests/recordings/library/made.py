"""Real session folders, as small as they come."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from monitor.frame import Frame, freeze_pixels
from monitor.plan import LevelIntent
from monitor.result import AlarmState, Alert, AlertTransition, Kind, Priority
from monitor.states import State
from recordings.log import ProcedureLog
from recordings.log_schema import VOLUME_COLUMNS
from recordings.procedure import Procedure
from recordings.session import Session
from tests.monitor.scripted import SIZE, info, plan

ANCHOR_NS = 1_000_000_000_000
DAY = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
Alarm = tuple[float, str, Priority, int]
"""Time from the start (s), rule, priority, number of the frame."""


def session(
    folder: Path,
    *,
    frames: int = 4,
    period_s: float = 0.5,
    alarms: tuple[Alarm, ...] = (),
    volumes_ml: tuple[float, ...] = (),
    who: Procedure | None = None,
    at: datetime = DAY,
    close: bool = True,
    planned: bool = True,
    **more: object,
) -> Session:
    """A session; frame `k` is of gray 100 + 10 k. With alarms or volumes it was monitored."""
    drawn = plan()
    with_intent = type(drawn)(drawn.schema, drawn.views, {"L1": LevelIntent(4.0)})
    made = Session.create(
        folder, source_info=info(), plan=with_intent if planned else None, config_toml="",
        software_version="0.1.0", procedure=who, clock_utc=lambda: at,
        clock_monotonic_ns=lambda: ANCHOR_NS, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    for seq in range(frames):
        at_ns = ANCHOR_NS + round(seq * period_s * 1e9)
        pixels = np.full((SIZE, SIZE), 100 + 10 * seq, np.uint16)
        pixels[60:200, 60:200] += 40
        made.recording.append(Frame(seq, at_ns, at_ns, freeze_pixels(pixels, copy=False), "scripted"))
    for at_s, rule, priority, seq in alarms:
        kind = Kind.TECHNICAL if rule in ("not_monitoring", "degraded") else Kind.CLINICAL
        t_ns = ANCHOR_NS + round(at_s * 1e9)
        alert = Alert(
            rule, kind, priority, AlarmState.ACTIVE, "L1", None, t_ns, seq, 1.0, "mm", f"{rule} of L1"
        )
        made.log.transition(AlertTransition("raised", t_ns, alert))
    for k, volume_ml in enumerate(volumes_ml):
        _measured(made.log, k, volume_ml)
    if close:
        made.close()
    return made


def _measured(log: ProcedureLog, seq: int, volume_ml: float) -> None:
    row = dict.fromkeys(VOLUME_COLUMNS)
    row |= {
        "t_ns": seq, "t_capture_ns": seq, "seq": seq, "view": "lateral", "level": "L1",
        "state": State.MONITORING.words, "volume_ml": volume_ml, "volume_sd_ml": 0.4,
    }  # type: ignore[dict-item]  # fmt: skip
    places = ", ".join("?" * len(row))
    log._connection.execute(f"INSERT INTO volume VALUES ({places})", tuple(row.values()))
