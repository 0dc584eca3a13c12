"""SIGKILL at random moments: what a session still holds, and whether it can be gone on with.

    python -m benchmarks.kills [--kills 100] [--seed 1] [--jobs 2] [--out FILE]

Each run monitors a simulated procedure through the real loop, recording, with the operator acknowledging
now and then, in a process of its own, and is killed at a random moment from its first frame on. What the
process had told (alarms, acknowledgements: told after they were written) must be in the log; the newest
measurement and the newest frame are held against the moment of the kill, and the frames against those that
the source had delivered by then (one of which may not have been due yet); then the session is gone on with.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from monitor.errors import CementWatchError
from monitor.plan import read_plan
from recordings.recording import RecordingReader
from recordings.resume import resume_session
from recordings.session import open_session
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.write import write_procedure

_CHILD = """
import random, sys, threading, time
import cv2
cv2.setNumThreads(1)
from pathlib import Path
from monitor.config import Config
from monitor.plan import read_plan
from monitor.sources.wrapped import WrappedSource
from recordings.open import open_source
from ui.live import live_run

def say(*words):
    # in one piece: two threads speak
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()

class Told(WrappedSource):
    def read(self, timeout_s=1.0):
        frame = self._source.read(timeout_s)
        say("frame", frame.seq)
        return frame

folder, session, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
dice = random.Random(seed)

def tell(transition):
    say("alarm", transition.event, transition.alert.rule_id, transition.t_ns)

source, plan = Told(open_source(str(folder / "run.dcm"))), read_plan(folder / "plan.json")
with live_run(source, plan, Config(), session, tell=tell) as run:
    say("started")
    due = time.monotonic() + dice.uniform(0.5, 2)
    while not run.observer.ended:
        run.observer.look()
        if time.monotonic() > due:
            before = time.monotonic_ns()
            run.observer.acknowledge()
            say("acknowledged", before)
            due = time.monotonic() + dice.uniform(0.3, 2)
        run.asked_to_stop.wait(0.03)
"""
_LENGTH_S = 12.0
_PERIOD_S = 1 / 15


@dataclass(frozen=True, slots=True)
class Kill:
    """What was found after one kill. Times in s; None where there was nothing to be found."""

    number: int
    after_s: float
    told: int
    told_and_lost: int
    acknowledged: int
    acknowledged_and_lost: int
    measured_before_s: float | None
    frame_before_s: float | None
    frames: int
    delivered: int
    lost_at_end_s: float
    damaged: int
    resumed: bool
    remembered: bool
    error: str


def kill_once(number: int, seed: int, procedure: Path) -> Kill:
    """Run, kill and look."""
    dice = random.Random(seed * 1000 + number)
    after_s = dice.uniform(0.0, _LENGTH_S - 1.0)
    with tempfile.TemporaryDirectory() as name:
        session = Path(name) / "session"
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(procedure), str(session), str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1].strip() != "started":
            lines.append(child.stdout.readline())
            if not lines[-1]:
                raise SystemExit(f"run {number} did not start")
        time.sleep(after_s)
        killed_ns = time.monotonic_ns()
        child.send_signal(signal.SIGKILL)
        rest, _ = child.communicate()
        told = [line.split() for line in rest.splitlines() if line.endswith(tuple("0123456789"))]
        return _look(number, after_s, killed_ns, told, session, procedure)


def _look(
    number: int, after_s: float, killed_ns: int, told: list[list[str]], session: Path, procedure: Path
) -> Kill:
    alarms = [(row[1], row[2], int(row[3])) for row in told if row[0] == "alarm"]
    acknowledged = [int(row[1]) for row in told if row[0] == "acknowledged"]
    delivered = max((int(row[1]) + 1 for row in told if row[0] == "frame"), default=0)
    lost = lost_acknowledged = frames = damaged = 0
    measured_s = frame_s = None
    resumed = remembered = False
    error = ""
    try:
        kept = open_session(session)
        log = kept.log()
        held = {(row["event"], row["rule_id"], row["t_ns"]) for row in log.alarms}
        lost = sum(alarm not in held for alarm in alarms)
        lost_acknowledged = max(0, len(acknowledged) - len(log.acknowledgements))
        if log.volume:
            measured_s = (killed_ns - log.volume[-1]["t_capture_ns"]) / 1e9
        with RecordingReader(kept.recording_path) as reader:
            check = reader.check()
            frames, damaged = check.frames, check.damaged
            if frames:
                frame_s = (killed_ns - reader.read(frames - 1).t_capture_ns) / 1e9
        going_on = resume_session(
            session, source_info=kept.about.source, plan=read_plan(procedure / "plan.json"),
            config_toml=kept.config_toml(), now_ns=time.monotonic_ns(),
        )  # fmt: skip
        going_on.session.close()
        resumed, remembered = True, going_on.memory is not None
    except CementWatchError as fault:
        error = str(fault)
    return Kill(
        number, round(after_s, 2), len(alarms), lost, len(acknowledged), lost_acknowledged,
        measured_s, frame_s, frames, delivered, round(max(0, delivered - frames) * _PERIOD_S, 3), damaged,
        resumed, remembered, error,
    )  # fmt: skip


def _report(kills: list[Kill]) -> None:
    def total(name: str) -> int:
        return sum(int(getattr(kill, name)) for kill in kills)

    opened = sum(not kill.error for kill in kills)
    print(f"{len(kills)} kills, {opened} sessions open, {total('resumed')} gone on with")
    print(f"frames {total('frames')}, damaged messages {total('damaged')}")
    print(f"alarms told {total('told')}, of them not in the log {total('told_and_lost')}")
    print(f"acknowledged {total('acknowledged')}, of them not in the log {total('acknowledged_and_lost')}")
    for what, name in (("measurement", "measured_before_s"), ("frame", "frame_before_s")):
        ages = [age for kill in kills if (age := getattr(kill, name)) is not None]
        if ages:
            middle, most = np.median(ages), max(ages)
            print(f"newest {what} before the kill: median {middle:.3f}, most {most:.3f} s ({len(ages)} runs)")
    lost_s = [kill.lost_at_end_s for kill in kills]
    print(
        f"frames delivered {total('delivered')}; lost at the end: median {np.median(lost_s):.3f}, "
        f"most {max(lost_s):.3f} s"
    )
    print(f"cement and bone remembered: {total('remembered')}")


def main() -> int:
    """Kill, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    procedure = Path(tempfile.mkdtemp())
    try:
        settings = SimulationSettings(size=256, duration_s=_LENGTH_S, injection_start_s=4.0)
        write_procedure("canal", settings, procedure)
        with ThreadPoolExecutor(options.jobs) as pool:
            kills = list(
                pool.map(lambda n: kill_once(n, options.seed, procedure), range(1, options.kills + 1))
            )
    finally:
        shutil.rmtree(procedure)
    if options.out is not None:
        options.out.write_text("".join(json.dumps(asdict(kill)) + "\n" for kill in kills))
    _report(kills)
    for kill in kills:
        if kill.error:
            print(f"run {kill.number}, killed after {kill.after_s} s: {kill.error}")
    bad = (kill.error or kill.told_and_lost or kill.acknowledged_and_lost for kill in kills)
    return 1 if any(bad) or any(kill.lost_at_end_s >= 1.0 for kill in kills) else 0


if __name__ == "__main__":
    raise SystemExit(main())
