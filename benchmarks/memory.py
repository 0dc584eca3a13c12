"""Peak memory of `cementwatch analyse --masks` against the length of the run.

    python benchmarks/memory.py [--seconds 10 100] [--size 512]

Writes simulated procedures of each length as DICOM, analyses each in a process of its own, and prints its
peak resident memory as the operating system accounts for it. It must not grow with the run's length.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from recordings.simulated.settings import SimulationSettings
from recordings.simulated.write import write_procedure


def peak_mb(arguments: list[str]) -> float:
    """Run the command line in a new process; its peak resident memory (MB)."""
    code = "import sys; from ui.cli import run; sys.exit(run(sys.argv[1:]))"
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"analyse ended with {process.returncode}")
    return usage.ru_maxrss / 1024.0


def main() -> int:
    """Measure every length and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 100.0])
    parser.add_argument("--size", type=int, default=512)
    options = parser.parse_args()
    for seconds in options.seconds:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_procedure("clean", SimulationSettings(size=options.size, duration_s=seconds), folder)
            megabytes = (folder / "run.dcm").stat().st_size / 1e6
            peak = peak_mb(
                ["analyse", str(folder / "run.dcm"), "--plan", str(folder / "plan.json"),
                 "--out", str(folder / "out"), "--masks"]
            )  # fmt: skip
            print(f"{seconds:6.0f} s  {megabytes:7.0f} MB of frames  peak {peak:6.0f} MB", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
