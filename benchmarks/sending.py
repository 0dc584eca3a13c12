"""SIGKILL at random moments while objects are queued and sent: what arrives at an Orthanc, and what is left.

    python -m benchmarks.sending [--kills 50] [--seed 1] [--out FILE]
    python -m benchmarks.sending --frames 300

One queue, one Orthanc, one process after the other: each queues a few objects, sends what is in the queue,
asks for storage commitment and waits for it, until it is killed: while it queues, while it sends, or while it
waits, at a random moment then. Now and then Orthanc is killed just before, and started again over what it
holds. At the end one process goes on until the queue is empty. Then every object of which a process had said
that it is queued has to be in Orthanc once, with every value that it was made with.

With --frames: how fast one object of so many frames (1024 x 1024, 16 bit) goes to DCMTK's storescp, and how
much memory that takes, beside DCMTK's storescu in the same run.
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
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread

from recordings.multi_frame_file import MultiFrameFile
from recordings.sending.entry import Stage
from recordings.sending.queue import open_queue
from tests.network.objects import write_object
from tests.peers import Orthanc, free_port, orthanc, run, server

_CHILD = """
import sys, time
from pathlib import Path
from recordings.network.address import Peer
from recordings.network.association import Patience
from recordings.sending.backoff import Backoff, Policy
from recordings.sending.entry import Route
from recordings.sending.queue import open_queue
from recordings.sending.sender import sending

def say(line):
    sys.stdout.write(line + "\\n")
    sys.stdout.flush()

folder, to, port = Path(sys.argv[1]), Peer.parse(sys.argv[2], "--to"), int(sys.argv[3])
policy = Policy(failed=Backoff(0.2, 2.0), unanswered=Backoff(1.0, 4.0), hold_s=1.0)
with open_queue(folder) as queue:
    for path in map(Path, sys.argv[5:]):
        say("queueing")
        queue.add([path], Route(to, "CEMENTWATCH", True, listen_port=port), time.time())
        say(f"queued {path.name}")
    with sending(queue, clock_s=time.time, policy=policy, patience=Patience(5, 5, 5), tell=say) as sender:
        sender.run(None, float(sys.argv[4]))
"""
_PHASES = {"queueing": ("queueing", 0.03), "sending": (": sent to", 0.03), "asking": (": asked to", 0.3)}
"""What a process says in each, and how long after that it is killed at most (s)."""
_OBJECTS = 5
_SIDES_PX = (64, 256, 1024, 2048)
_END_S = 120.0


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill, and what it left."""

    number: int
    phase: str
    ended_itself: bool
    half_written: int
    queued: int
    asked: int
    there_but_not_noted: int
    orthanc_killed: bool


class Bench:
    """The queue, the Orthanc and what was made."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.queue = folder / "queue"
        self.dice = random.Random(seed)
        self.made: dict[str, Path] = {}
        self.told: set[str] = set()
        self.sent: Counter[str] = Counter()
        self.listen_port, self.ports = free_port(), {"DicomPort": free_port(), "HttpPort": free_port()}
        self.orthanc: Orthanc | None = None
        self._stack = ExitStack()

    def start_orthanc(self) -> Orthanc:
        """Start it, or start it again, over what it holds."""
        us = {"AET": "CEMENTWATCH", "Host": "127.0.0.1", "Port": self.listen_port}
        us["AllowStorageCommitment"] = True
        running = orthanc(self.folder / "orthanc", modalities={"us": us}, settings=self.ports)
        self.orthanc = self._stack.enter_context(running)
        return self.orthanc

    def kill_orthanc(self) -> None:
        """End it at once."""
        assert self.orthanc is not None
        assert self.orthanc.process is not None
        self.orthanc.process.send_signal(signal.SIGKILL)
        self._stack.close()

    def close(self) -> None:
        """End what runs."""
        self._stack.close()

    def make(self, number: int) -> list[Path]:
        """New objects."""
        paths = []
        for count in range(_OBJECTS):
            path = self.folder / f"{number}-{count}.dcm"
            self.made[write_object(path, seed=number * 100 + count, side_px=self.dice.choice(_SIDES_PX))] = (
                path
            )
            paths.append(path)
        return paths

    def child(self, wait_s: float, paths: list[Path]) -> subprocess.Popen[str]:
        """A process that queues and sends."""
        assert self.orthanc is not None
        return subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(self.queue), self.orthanc.address, str(self.listen_port),
             str(wait_s), *map(str, paths)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def note(self, line: str) -> None:
        """Keep what a process said."""
        if line.startswith("queued ") and line.endswith("\n"):
            name = line.split()[1]
            self.told |= {uid for uid, path in self.made.items() if path.name == name}

    def kill(self, number: int) -> Kill:
        """Run a process, kill it, and look at what it left."""
        phase = self.dice.choice(list(_PHASES))
        said, within_s = _PHASES[phase]
        after = 1 if phase == "asking" else self.dice.randint(1, _OBJECTS)
        with_orthanc = self.dice.random() < 0.2
        process = self.child(30.0, self.make(number))
        assert process.stdout is not None
        for line in process.stdout:
            self.note(line)
            after -= said in line
            if not after:
                break
        time.sleep(self.dice.uniform(0.0, within_s))
        if with_orthanc:
            self.kill_orthanc()
            if self.dice.random() < 0.5:  # the sender goes on without it for a while
                time.sleep(self.dice.uniform(0.0, 0.5))
        ended = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        for line in process.communicate()[0].splitlines(keepends=True):
            self.note(line)
        half = sum(1 for _ in (self.queue / "spool").glob(".new-*"))
        if with_orthanc:
            self.start_orthanc()
        assert self.orthanc is not None
        there = set(self.orthanc.instance_uids())
        with open_queue(self.queue) as queue:
            entries = queue.entries()
        unnoted = sum(e.stage is Stage.QUEUED and e.object.sop_instance in there for e in entries)
        stages = Counter(entry.stage for entry in entries)
        return Kill(
            number, phase, ended, half, stages[Stage.QUEUED], stages[Stage.ASKED], unnoted, with_orthanc
        )

    def finish(self) -> dict[str, Any]:
        """Send what is left, and compare what arrived."""
        began = time.monotonic()
        process = self.child(_END_S, [])
        process.communicate(timeout=_END_S + 60)
        assert self.orthanc is not None
        with open_queue(self.queue) as queue:
            left = [f"{entry.what}: {entry.stage.value}: {entry.reason}" for entry in queue.entries()]
        files = [path.name for path in (self.queue / "spool").iterdir()]
        held = self.orthanc.get("/instances?expand")
        count = Counter(one["MainDicomTags"]["SOPInstanceUID"] for one in held)
        different = 0
        for one in held:
            back = self.folder / "back.dcm"
            back.write_bytes(self.orthanc.raw(f"/instances/{one['ID']}/file"))
            uid = one["MainDicomTags"]["SOPInstanceUID"]
            different += uid not in self.made or dcmread(back) != dcmread(self.made[uid])
        return {
            "made": len(self.made), "told_queued": len(self.told), "arrived": len(count),
            "told_and_missing": len(self.told - set(count)), "twice": sum(n > 1 for n in count.values()),
            "different": different, "arrived_untold": len(set(count) - self.told),
            "left": left, "files_left": files, "last_run_s": round(time.monotonic() - began, 1),
        }  # fmt: skip


_LARGE = """
import resource, sys, time
from pathlib import Path
from recordings.network.address import Peer
from recordings.sending.entry import Route
from recordings.sending.queue import open_queue
from recordings.sending.sender import sending

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before_mb = peak_mb()
with open_queue(Path(sys.argv[2])) as queue:
    times = [time.perf_counter()]
    queue.add([Path(sys.argv[1])], Route(Peer.parse(sys.argv[3], "--to"), "CEMENTWATCH"), time.time())
    times.append(time.perf_counter())
    with sending(queue, clock_s=time.time) as sender:
        sender.round()
    times.append(time.perf_counter())
    assert queue.entries() == ()
print(f"queued in {times[1] - times[0]:.2f} s, sent in {times[2] - times[1]:.2f} s, "
      f"memory {before_mb:.0f} MB before, {peak_mb():.0f} MB at most")
"""


def send_large(folder: Path, frames: int) -> None:
    """Send one large object, and print how long that took."""
    path, port = folder / "large.dcm", free_port()
    write_object(path)
    header = dcmread(path)
    header.NumberOfFrames, header.Rows, header.Columns = frames, 1024, 1024
    del header.PixelData
    path.unlink()
    path.touch()
    noise = np.random.default_rng(1).integers(0, 4096, (1024, 1024), np.uint16)
    with MultiFrameFile(path, header) as file:
        for _ in range(frames):
            file.add(noise)
    print(f"{path.stat().st_size / 1e6:.0f} MB")
    to = f"ANY-SCP@127.0.0.1:{port}"
    with server("storescp", "--ignore", "--max-pdu", "131072", str(port), port=port, folder=folder):
        for number in range(3):
            began = time.perf_counter()
            run("storescu", "127.0.0.1", str(port), path)
            print(f"storescu: sent in {time.perf_counter() - began:.2f} s, its start included")
            queue = folder / f"queue-{number}"
            subprocess.run([sys.executable, "-c", _LARGE, path, queue, to], check=True)


def main() -> int:
    """Kill, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--frames", type=int)
    options = parser.parse_args()
    if options.frames is not None:
        with tempfile.TemporaryDirectory() as name:
            send_large(Path(name), options.frames)
        return 0
    folder = Path(tempfile.mkdtemp())
    bench = Bench(folder, options.seed)
    try:
        bench.start_orthanc()
        kills = [bench.kill(number) for number in range(1, options.kills + 1)]
        found = bench.finish()
    finally:
        bench.close()
        shutil.rmtree(folder)
    if options.out is not None:
        lines = [json.dumps(asdict(kill)) for kill in kills] + [json.dumps(found)]
        options.out.write_text("\n".join(lines) + "\n")
    phases = Counter(kill.phase for kill in kills)
    print(f"{len(kills)} kills: {', '.join(f'{n} while {phase}' for phase, n in sorted(phases.items()))}")
    print(f"  had ended by itself before: {sum(kill.ended_itself for kill in kills)}")
    print(f"  Orthanc killed and started again: {sum(kill.orthanc_killed for kill in kills)}")
    print(f"  half-written files left, removed by the next: {sum(kill.half_written for kill in kills)}")
    print(f"  sent, but not noted to be: {sum(kill.there_but_not_noted for kill in kills)} objects")
    for name, value in found.items():
        print(f"{name}: {value}")
    bad = ("told_and_missing", "twice", "different", "left", "files_left")
    return 1 if any(found[name] for name in bad) else 0


if __name__ == "__main__":
    raise SystemExit(main())
