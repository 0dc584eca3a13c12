"""How long an archive takes `cementwatch qa`, and whether cost and memory stay as they are.

    python -m benchmarks.qa.throughput --archive DIR --out DIR [--sessions N] [--where local cluster]
        [--options --no-reports]

The archive is one of `benchmarks.qa.year`. The command runs in a process of its own, over its sessions and
one more that is broken: once with two processes of this machine, once on a Dask cluster that is started for
it on loopback, a scheduler and two workers with a thread each. Printed are the wall time, multiples of real
time (seconds of recording measured in a second), the time for a session in each quarter of the run, the peak
memory of the coordinating process and of the largest worker in each quarter, and whether both found the same,
byte by byte. For other sizes give it another archive. A quiet machine is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from recordings.qa.record import record_from_json

_COMMAND = "import sys; from ui.cli import run; sys.exit(run(sys.argv[1:]))"
_ROOT = Path(__file__).resolve().parents[2]
_EVERY_S = 0.25


class Sample(msgspec.Struct, frozen=True):
    """Memory at one moment (MB): of the coordinating process, and of the largest of those that measure."""

    at_s: float
    coordinator_mb: float
    worker_mb: float


def rss_mb(pid: int) -> float:
    """Resident memory of a process (MB); 0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """Processor time of a process (s); 0 where it has ended."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def below(pid: int) -> list[int]:
    """Processes that a process has started, and those that they have."""
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text("ascii").split()]
    except OSError:
        return found
    return found + [deeper for child in list(found) for deeper in below(child)]


def start_cluster(scratch: Path, stack: ExitStack) -> tuple[str, list[int]]:
    """A scheduler and two workers on loopback; its address, and the workers' process ids."""
    dask = Path(sys.executable).with_name("dask")
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    about = scratch / "scheduler.json"
    about.unlink(missing_ok=True)

    def start(*words: object) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, dask, *map(str, words)], env=environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        stack.callback(child.wait)
        stack.callback(child.terminate)
        return child

    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", about)
    while not about.exists() or not about.read_text("utf-8").endswith("}"):
        time.sleep(0.05)
    address = json.loads(about.read_text("utf-8"))["address"]
    workers = [
        start(
            "worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard",
            "--local-directory", scratch / f"worker-{number}",
        )
        for number in range(2)
    ]  # fmt: skip
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    return address, [worker.pid for worker in workers]


def measure(
    sources: Sequence[Path], out: Path, scratch: Path, options: Sequence[str], where: str
) -> dict[str, Any]:
    """Run the command once; what it took."""
    shutil.rmtree(out, ignore_errors=True)
    with ExitStack() as stack:
        roots: list[int] = []
        place = ["--workers", "2"]
        if where == "cluster":
            address, roots = start_cluster(scratch, stack)
            place = ["--cluster", address]
        begun, since_s = time.time(), time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, "qa", *map(str, sources), "--out", str(out), *place, "--key",
             str(scratch / "key"), *options],
            env=os.environ | {"PYTHONPATH": str(_ROOT), "QT_QPA_PLATFORM": "offscreen"},
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        samples = []
        before_s = sum(cpu_s(pid) for root in roots for pid in below(root))
        used_s: dict[int, float] = {}
        while child.poll() is None:
            those = [pid for root in roots or [child.pid] for pid in below(root)]
            used_s |= {pid: used for pid in those if (used := cpu_s(pid))}
            samples.append(
                Sample(time.monotonic() - since_s, rss_mb(child.pid), max(map(rss_mb, those), default=0.0))
            )
            time.sleep(_EVERY_S)
        wall_s = time.monotonic() - since_s
        assert child.stderr is not None
        said = child.stderr.read().decode()
    ended = sorted(path.stat().st_mtime - begun for path in out.glob("procedures/*/stamp.json"))
    records = [
        record_from_json(path.read_bytes(), str(path)) for path in out.glob("procedures/*/record.json")
    ]
    recorded_s = sum(record.duration_s for record in records)
    return {
        "where": where, "options": list(options), "sessions": len(records), "exit status": child.returncode,
        "last line": said.splitlines()[-1] if said else "", "rows": records[0].rows if records else 0,
        "recorded_s": round(recorded_s, 1), "wall_s": round(wall_s, 1),
        "measured_s": round(ended[-1], 1) if ended else None,
        "real_time": round(recorded_s / wall_s, 2),
        "real_time_measuring": round(recorded_s / ended[-1], 2) if ended else None,
        "cpu_s_per_session": round((sum(used_s.values()) - before_s) / max(1, len(records)), 2),
        "s_per_session_by_quarter": _by_quarter(ended),
        **_memory(samples, ended[-1] if ended else wall_s),
    }  # fmt: skip


def _by_quarter(ended: Sequence[float]) -> list[float]:
    """Mean time between the ends of two sessions, in each quarter of them (s)."""
    if len(ended) < 8:
        return []
    edges = [round(part * (len(ended) - 1) / 4) for part in range(5)]
    return [round((ended[last] - ended[first]) / (last - first), 2) for first, last in pairwise(edges)]


def _memory(samples: Sequence[Sample], measured_s: float) -> dict[str, Any]:
    quarters: list[list[Sample]] = [[], [], [], []]
    for sample in samples:
        if sample.at_s <= measured_s:
            quarters[min(3, int(4 * sample.at_s / measured_s))].append(sample)
    return {
        "coordinator_peak_mb_by_quarter": [
            round(max((one.coordinator_mb for one in quarter), default=0.0)) for quarter in quarters
        ],
        "worker_peak_mb_by_quarter": [
            round(max((one.worker_mb for one in quarter), default=0.0)) for quarter in quarters
        ],
        "coordinator_peak_mb_to_the_end": round(max((one.coordinator_mb for one in samples), default=0.0)),
    }


def unlike(first: Path, second: Path) -> list[str]:
    """Records and pictures that are not the same byte by byte, or are on one side only."""

    def held(out: Path) -> dict[str, bytes]:
        return {
            f"{path.parent.name}/{path.name}": path.read_bytes()
            for pattern in ("record.json", "fields.json", "frame-*.png")
            for path in out.glob(f"procedures/*/{pattern}")
        }

    one, other = held(first), held(second)
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def main() -> int:
    """Measure, and print a line of JSON for each place, and whether they found the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sessions", type=int)
    parser.add_argument("--where", nargs="+", choices=("local", "cluster"), default=["local", "cluster"])
    parser.add_argument("--options", nargs=argparse.REMAINDER, default=[], help="handed on to the command")
    wanted: Any = parser.parse_args()
    folders = sorted(path.parent for path in wanted.archive.glob("*/session.json"))[: wanted.sessions]
    wanted.out.mkdir(parents=True, exist_ok=True)
    # a session that was cut in the middle of its own file
    broken = wanted.out / "broken"
    broken.mkdir(exist_ok=True)
    whole = (folders[-1] / "session.json").read_bytes()
    (broken / "session.json").write_bytes(whole[: len(whole) // 2])
    sources = [*folders[: len(folders) // 2], broken, *folders[len(folders) // 2 :]]
    for where in wanted.where:
        print(json.dumps(measure(sources, wanted.out / where, wanted.out, wanted.options, where)), flush=True)
    if len(wanted.where) == 2:
        differing = unlike(*(wanted.out / where for where in wanted.where))
        print(json.dumps({"records and pictures that differ": differing}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
