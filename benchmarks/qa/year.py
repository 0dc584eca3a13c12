"""An archive of simulated sessions, monitored as if live, to go through offline.

    python -m benchmarks.qa.year --out DIR [--sessions 200] [--seed 5000] [--size 512] [--seconds 24]

Each session is another seed. The procedures take turns; every fifth is seen in AP. The plans of every other
session hold the aliquots that were injected, so that its volumes are calibrated. In the operator's place a
script acknowledges alarms of HIGH priority, and in two sessions of three lets go of the syringe, both after a
random reaction time. Patients have one or two sessions; four operators; the days are spread over a year.

``made.json`` in each session says how it was made, so that its truth can be worked out again (`truth_of`).
A session that is there is left as it is: started again, the command goes on.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.lock_step import steps_into
from monitor.config import Config, config_to_toml
from monitor.frame import Frame
from monitor.plan import Aliquot, Plan
from monitor.result import AlertTransition, Kind, Priority
from monitor.stepping import Stepping
from recordings.beginning import Beginning, keep_beginning, pipeline_with
from recordings.procedure import Procedure
from recordings.session import Session, open_session
from recordings.simulated.injection import Injection
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import Scene, build_scene
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import source_info
from recordings.simulated.truth import Truth

MADE = "made.json"
NAMES = ("clean", "canal", "disc", "vein", "needle", "clean", "embolus", "lowdose", "motion", "thinvein")
PATHOLOGIES = ("osteoporotic fracture", "metastasis", "myeloma", "haemangioma")
_LATE_NS = 12_000_000
_START_S, _ML_PER_S = 3.0, 0.12
_YEAR = datetime(2025, 1, 7, 8, 30, tzinfo=UTC)


class Made(msgspec.Struct, frozen=True):
    """How a session was made. `let_go_s` is when the syringe was let go; None: never."""

    name: str
    seed: int
    size: int
    projection: str
    seconds: float
    dose_ngy: float
    let_go_s: float | None
    acknowledged_after_s: tuple[float, ...]


def settings_of(made: Made) -> SimulationSettings:
    """The settings of a session."""
    return SimulationSettings(
        seed=made.seed, size=made.size, projection=made.projection, duration_s=made.seconds,  # type: ignore[arg-type]
        dose_ngy=made.dose_ngy, injection_start_s=_START_S, injection_ml_per_s=_ML_PER_S,
    )  # fmt: skip


def truth_of(folder: Path) -> tuple[Made, Scene, Truth]:
    """What was really so in a session."""
    made = msgspec.json.decode((folder / MADE).read_bytes(), type=Made)
    scene = build_scene(made.name, settings_of(made))
    return made, scene, Truth(scene, flow_of(scene, made.let_go_s))


class _Hand:
    """The syringe: a flow that can be let go of once."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._flow = flow_of(scene, None)
        self.let_go_s: float | None = None

    def let_go(self, time_s: float) -> None:
        """From this time on (s); what was shown before stays so."""
        if self.let_go_s is None:
            self.let_go_s = time_s
            self._flow = flow_of(self._scene, time_s)

    def grown_s(self, time_s: float) -> float:
        """As `Injection`."""
        return self._flow.grown_s(time_s)

    def reached_s(self, grown_s: float) -> float | None:
        """As `Injection`."""
        return self._flow.reached_s(grown_s)


def flow_of(scene: Scene, let_go_s: float | None) -> Injection:
    """How far the cement is at a time, where the syringe was let go (s); None: it never was."""
    ends_s = [level.growth.end_s for level in scene.treated if level.growth is not None]
    return Injection(_START_S, max(ends_s, default=_START_S), ((_START_S, let_go_s),))


def make(folder: Path, number: int, seed: int, size: int, seconds: float) -> None:
    """Simulate, monitor and record one session."""
    draw = np.random.default_rng(seed)
    made = Made(
        NAMES[number % len(NAMES)], seed, size, "ap" if number % 5 == 4 else "lateral", seconds,
        10.0 if NAMES[number % len(NAMES)] == "lowdose" else float(draw.uniform(20, 50)), None, (),
    )  # fmt: skip
    scene = build_scene(made.name, settings_of(made))
    hand = _Hand(scene)
    renderer, truth = Renderer(scene, hand), Truth(scene, hand)
    plan = plan_of(scene)
    pathology = PATHOLOGIES[int(draw.integers(len(PATHOLOGIES)))]
    plan = msgspec.structs.replace(
        plan,
        levels={
            name: msgspec.structs.replace(
                kept, risk=msgspec.structs.replace(kept.risk, pathology=pathology),
                aliquots=_aliquots(truth, name) if number % 2 == 0 else (),
            )
            for name, kept in plan.levels.items()
        },
    )  # fmt: skip
    day = _YEAR + timedelta(days=number * 360 / 200, minutes=int(draw.integers(0, 300)))
    info = replace(source_info(made.name, settings_of(made), scene.frame_count), frame_count=None)
    session = Session.create(
        folder, source_info=info, plan=plan, config_toml=config_to_toml(Config()), software_version="0.1.0",
        procedure=_procedure(number, draw), clock_utc=lambda: day,
    )  # fmt: skip
    acknowledged = _monitor(session, plan, scene, renderer, hand, draw)
    kept = msgspec.structs.replace(made, let_go_s=hand.let_go_s, acknowledged_after_s=tuple(acknowledged))
    (folder / MADE).write_bytes(msgspec.json.encode(kept))


def _procedure(number: int, draw: np.random.Generator) -> Procedure:
    patient = number - 1 if number % 7 == 6 else number
    return Procedure.of(
        patient_id=f"SIM{patient:04d}", patient_name=f"Simulated, Patient {patient}",
        description="Vertebroplasty", operator=f"Operator {'ABCD'[int(draw.integers(4))]}",
        patient_birth_date=f"{1935 + patient % 40}-05-17", patient_sex="F" if patient % 3 else "M",
        accession_number=f"ACC{number:05d}",
    )  # fmt: skip


def _aliquots(truth: Truth, level: str) -> tuple[Aliquot, ...]:
    """What a syringe would have told twice, before any leak of these procedures opens."""
    told, before_ml = [], 0.0
    for time_s in (_START_S + 4.0, _START_S + 7.0):
        frame = min(int(time_s * 15.0), truth.frame_count - 1)
        now = next(one for one in truth.truth_at(frame).levels if one.name == level)
        total_ml = now.volume_ml + sum(now.leaked_ml.values())
        if total_ml - before_ml > 0.05:
            told.append(Aliquot(time_s, round(total_ml - before_ml, 2)))
            before_ml = total_ml
    return tuple(told)


def _monitor(
    session: Session, plan: Plan, scene: Scene, renderer: Renderer, hand: _Hand, draw: np.random.Generator
) -> list[float]:
    anchor_ns = session.about.anchor_monotonic_ns
    view = plan.views[0].name
    begun = Beginning("0.1.0", (view,), {view: None}, (), _YEAR, 0, anchor_ns)
    event = keep_beginning(session.folder, begun)
    session.recording.event(event.name, event.data, event.t_ns)
    pipeline = pipeline_with(begun, plan, session.about.source, Config(), None)
    stepping = Stepping(pipeline, steps_into(session.recording))
    obeys = bool(draw.random() < 2 / 3)
    due: list[tuple[float, str]] = []
    acknowledged: list[float] = []
    source_id = session.about.source.source_id
    for seq in range(scene.frame_count):
        time_s = scene.time_s(seq)
        while due and due[0][0] <= time_s:
            _, what = due.pop(0)
            if what == "let go":
                hand.let_go(time_s)
            else:
                stepping.acknowledge()
                session.log.acknowledged(t_ns=anchor_ns + round(time_s * 1e9))
                acknowledged.append(round(time_s, 3))
        own_ns = round(time_s * 1e9)
        pixels = renderer.pixels(seq)
        pixels.flags.writeable = False
        frame = Frame(seq, anchor_ns + own_ns, own_ns, pixels, source_id)
        session.recording.append(frame)
        result = stepping.step(frame, frame.t_capture_ns + _LATE_NS)
        session.log.level_measurements(result)
        for transition in result.transitions:
            session.log.transition(transition)
            if _asks(transition):
                reaction_s = max(0.3, float(draw.normal(0.9, 0.2)))
                due += [(time_s + reaction_s, "let go")] if obeys else []
                due += [(time_s + reaction_s + float(draw.uniform(0.5, 3.0)), "acknowledge")]
                due.sort()
    session.close()
    return acknowledged


def _asks(transition: AlertTransition) -> bool:
    alert = transition.alert
    grave = alert.kind is Kind.CLINICAL and alert.priority is Priority.HIGH
    return grave and transition.event in ("raised", "escalated")


def main(arguments: list[str] | None = None) -> None:
    """Make the archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first session")
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=24.0)
    wanted: Any = parser.parse_args(arguments)
    for number in range(wanted.first, wanted.first + wanted.sessions):
        folder = wanted.out / f"{number:04d}"
        if (folder / MADE).is_file() and open_session(folder).about.complete:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        make(folder, number, wanted.seed + number, wanted.size, wanted.seconds)
        print(folder, flush=True)


if __name__ == "__main__":
    main()
