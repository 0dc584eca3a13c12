"""The library, as `benchmarks.screenshots` pictures it: a few made-up sessions, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PyQt6.QtWidgets import QApplication, QWidget

from benchmarks.calibration.wizard_pictures import wait
from monitor.config import Config, config_to_toml
from monitor.frame import Frame
from monitor.plan import LevelIntent, Plan
from monitor.result import AlarmState, Alert, AlertTransition, Kind, Priority
from monitor.states import State
from recordings.library.tags import Tags, write_tags
from recordings.log_schema import VOLUME_COLUMNS
from recordings.procedure import Procedure
from recordings.session import SESSION, Session
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from ui.library.window import LibraryWindow

_HIGH, _MEDIUM, _LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
_ANCHOR_NS = 10**12
Alarm = tuple[float, str, Priority, str, str]
"""Time (s), rule, priority, level, message."""


def library(*, query: str = "", empty: bool = False, chosen: str = "0312-1015") -> QWidget:
    """The library with ten sessions, or an empty folder."""
    root = Path("recordings")
    root.mkdir()
    if not empty:
        _build(root)
    window = LibraryWindow(root, lambda folder: None, query, cache=Path("facts.msgpack"))
    window._timer.stop()  # one moment, always the same
    window.resize(1280, 720)
    window.show()
    wait(lambda: not window.reading)
    if not empty and not query:
        window.choose(f"2026/{chosen}")
        wait(lambda: all(window._pictures.of(row) for row in window.model.rows if row.facts.frames))
        wait(lambda: window.panel.alarms.count() > 0)
    for _ in range(20):
        QApplication.processEvents()
    return window


def _build(root: Path) -> None:
    year = root / "2026"
    session(
        year / "0312-1015", "canal", ("L1",), (4.1,), datetime(2026, 3, 12, 10, 15, tzinfo=UTC),
        Procedure("40712", "Sample, Anna", "vertebroplasty L1", "Dr. Roe"), 754, 18.0,
        (
            (402.0, "near_posterior_wall", _LOW, "L1", "posterior wall 4.2 mm"),
            (431.5, "near_posterior_wall", _HIGH, "L1", "posterior wall 1.9 mm"),
            (448.2, "leak_canal", _HIGH, "L1", "canal leak 12 mm²"),
        ),
        Tags(("canal", "teaching"), "stopped 3 s after the alarm; a good one to discuss"),
    )  # fmt: skip
    session(
        year / "0327-0840", "twolevels", ("T12", "L1"), (3.2, 4.8), datetime(2026, 3, 27, 8, 40, tzinfo=UTC),
        Procedure("40731", "Sample, Ben", "vertebroplasty T12, L1", "Dr. Doe"), 1320, 4.0,
        ((610.0, "leak_disc_superior", _MEDIUM, "L1", "leak into the disc above 9 mm²"),),
        Tags(("two-levels",)),
    )  # fmt: skip
    session(
        year / "0402-1330", "vein", ("L1",), (2.6,), datetime(2026, 4, 2, 13, 30, tzinfo=UTC),
        Procedure("40755", "Sample, Cleo", "vertebroplasty L1", "Dr. Roe"), 689, 8.0,
        (
            (210.0, "near_vein", _MEDIUM, "L1", "vein 1.4 mm"),
            (214.0, "leak_vein", _HIGH, "L1", "vein leak 8 mm²"),
        ),
        Tags(("teaching",)),
    )  # fmt: skip
    session(
        year / "0409-0905", "clean", ("L1",), (4.4,), datetime(2026, 4, 9, 9, 5, tzinfo=UTC),
        Procedure("40761", "Sample, Dan", "vertebroplasty L1", "Dr. Doe"), 811, 5.0, (), Tags(),
    )  # fmt: skip
    session(
        year / "0421-1120", "disc", ("L1",), (3.0,), datetime(2026, 4, 21, 11, 20, tzinfo=UTC),
        Procedure("40770", "Sample, Eve", "vertebroplasty L1", "Dr. Roe"), 402, 6.0,
        ((80.0, "near_posterior_wall", _LOW, "L1", "posterior wall 4.6 mm"),), Tags(), complete=False,
    )  # fmt: skip
    session(
        year / "0506-teaching-file", "quiet", (), (), datetime(2026, 5, 6, 7, 0, tzinfo=UTC), None, 62, 1.0,
        None,
        Tags(("teaching",)), imported="2019-11-05T14:02:11",
    )  # fmt: skip
    session(
        year / "0507-fellowship", "needle", (), (), datetime(2026, 5, 7, 7, 0, tzinfo=UTC), None, 95, 2.0,
        None,
        Tags(), imported="",
    )  # fmt: skip
    broken = session(
        year / "0512-0800", "clean", ("L1",), (1.0,), datetime(2026, 5, 12, 8, 0, tzinfo=UTC), None, 10, 1.0,
        (),
        Tags(),
    )  # fmt: skip
    (broken / SESSION).write_text("{")


def session(
    folder: Path,
    scenario: str,
    levels: Sequence[str],
    volumes_ml: Sequence[float],
    at: datetime,
    who: Procedure | None,
    length_s: float,
    shown_s: float,
    alarms: Sequence[Alarm] | None,
    tags: Tags,
    *,
    complete: bool = True,
    imported: str | None = None,
) -> Path:
    """A session of a few frames of a simulated procedure. Without `alarms` nothing was monitored."""
    settings = SimulationSettings(size=256, mm_per_px=0.5, duration_s=20.0, seed=at.day)
    source = SimulatedSource(scenario, settings)
    plan = plan_for(scenario, settings)
    kept = (
        tuple(level for view in plan.views[:1] for level in view.levels if level.name in levels)
        or plan.views[0].levels
    )
    intents = {level.name: LevelIntent(4.0) for level in kept}
    view = type(plan.views[0])(plan.views[0].name, plan.views[0].projection, plan.views[0].scale, kept)
    with source:
        info = source.info if imported is None else replace(source.info, kind="dicom")
        made = Session.create(
            folder, source_info=info, plan=Plan(plan.schema, (view,), intents) if levels else None,
            config_toml=config_to_toml(Config()), software_version="0.1.0", procedure=who,
            imported_from=None if imported is None else "dicom", acquired=imported or None,
            clock_utc=lambda: at, clock_monotonic_ns=lambda: _ANCHOR_NS,
        )  # fmt: skip
        wanted = [0, round(shown_s * settings.frame_rate_hz), round(shown_s * settings.frame_rate_hz)]
        for seq, number in enumerate(wanted):
            assert source._renderer is not None
            at_ns = _ANCHOR_NS + round(seq * length_s / (len(wanted) - 1) * 1e9)
            pixels = source._renderer.pixels(number)
            made.recording.append(Frame(seq, at_ns, at_ns, np.ascontiguousarray(pixels), info.source_id))
    for at_s, rule, priority, level, message in alarms or ():
        t_ns = _ANCHOR_NS + round(at_s * 1e9)
        alert = Alert(
            rule, Kind.CLINICAL, priority, AlarmState.ACTIVE, level, None, t_ns, 1, None, None, message
        )
        made.log.transition(AlertTransition("raised", t_ns, alert))
    if alarms is not None:
        for level, volume_ml in zip(levels, volumes_ml, strict=True):
            for seq in range(9):
                state = State.LEARNING if seq == 0 else State.MONITORING
                row = dict.fromkeys(VOLUME_COLUMNS) | {
                    "t_ns": seq, "t_capture_ns": seq, "seq": seq // 4, "view": "lateral", "level": level,
                    "state": state.words, "volume_ml": volume_ml, "volume_sd_ml": 0.1 * volume_ml,
                }  # fmt: skip
                places = ", ".join("?" * len(row))
                made.log._connection.execute(f"INSERT INTO volume VALUES ({places})", tuple(row.values()))
    made.close(complete=complete)
    write_tags(folder, tags)
    return folder
