"""Fetching from an Orthanc: how fast, beside DCMTK's programs, and what is left where it is killed.

    python -m benchmarks.fetching [--objects 40] [--kills 50] [--out fetching.json]

Rates: the same series, from the start of the program to its end, by `cementwatch fetch` (C-GET and C-MOVE)
and by DCMTK's getscu and movescu, which flush nothing and look at nothing. Kills: a fetch is killed at random
moments and started again until it comes to its end; then every object must be there once, as it is in the
archive, and nothing else, and no file may have been written again after it was there.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import generate_uid

from tests import peers
from tests.recordings.fetching.objects import Run
from ui.own_command import OWN_COMMAND

_ROUNDS = 3
_LATEST = 1.1
"""A kill comes at a random moment up to so many times what a whole fetch takes."""


def main() -> int:
    """Measure, print, and keep the figures; 1 where a kill has cost or doubled an object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=40, help="runs of 10 frames of 512 x 512")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {
            "rates": rates(Path(folder), options.objects),
            "kills": kills(Path(folder), options.kills, random.Random(options.seed)),
        }
    text = json.dumps(found)
    print(text)
    if options.out is not None:
        options.out.write_text(text + "\n")
    return 0 if found["kills"]["faults"] == [] else 1


def rates(folder: Path, objects: int) -> dict[str, object]:
    """Seconds and MB/s of each program for one series."""
    study, series, port = generate_uid(), generate_uid(), peers.free_port()
    there = {"AET": "CEMENTWATCH", "Host": "127.0.0.1", "Port": port}
    told: dict[str, object] = {}
    with peers.orthanc(folder / "rates", modalities={"us": there}) as pacs:
        size = 0
        for k in range(objects):
            made = Run(study, series, k, rows=512, frames=10).dicom
            size += len(made)
            pacs.post("/instances", made)
        at = ["127.0.0.1", str(pacs.port), "-k", "QueryRetrieveLevel=SERIES"]
        keys = ["-k", f"StudyInstanceUID={study}", "-k", f"SeriesInstanceUID={series}"]
        title = ["-aet", "CEMENTWATCH", "-aec", pacs.aet]
        ours = [*OWN_COMMAND, "fetch", "--from", pacs.address, "--study", study, "--out"]
        for name, command in {
            "cementwatch C-GET": [*ours, "{out}"],
            "getscu": [peers.program("getscu"), "-S", *title, *at, *keys, "-od", "{out}"],
            "cementwatch C-MOVE": [*ours, "{out}", "--move", "--port", str(port)],
            "movescu": [peers.program("movescu"), "-S", *title, "+P", str(port), *at, *keys, "-od", "{out}"],
        }.items():
            times = []
            for _ in range(_ROUNDS):
                with tempfile.TemporaryDirectory(dir=folder) as out:
                    times.append(_timed([word.format(out=out) for word in command]))
                    count = sum(path.is_file() for path in Path(out).rglob("*"))
                    assert count == objects, f"{name}: {count} of {objects}"
            told[name] = {"s": times, "MB/s": size / 1e6 / statistics.median(times)}
            print(f"{name}: {told[name]}", file=sys.stderr, flush=True)
    return {"objects": objects, "MB": size / 1e6, **told}


def kills(folder: Path, wanted: int, rng: random.Random) -> dict[str, object]:
    """Fetch with kills until so many have struck, each series into a new folder."""
    study, runs = generate_uid(), []
    for _ in range(3):
        series = generate_uid()
        runs += [Run(study, series, k) for k in range(60)]
    faults: list[str] = []
    struck = whole = 0
    kept: list[int] = []
    with peers.orthanc(folder / "kills") as pacs:
        for run in runs:
            pacs.post("/instances", run.dicom)
        stored = {run.uid: dcmread(_file(run)).PixelData for run in runs}
        with tempfile.TemporaryDirectory(dir=folder) as made:
            whole_s = _timed([*OWN_COMMAND, "fetch", "--from", pacs.address, "--study", study, "--out", made])
        while struck < wanted:
            with tempfile.TemporaryDirectory(dir=folder) as made:
                out, seen = Path(made) / "out", dict[Path, tuple[int, int]]()
                command = [*OWN_COMMAND, "fetch", "--from", pacs.address, "--study", study, "--out", str(out)]
                while True:
                    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                    try:
                        status = child.wait(rng.uniform(0, _LATEST * whole_s))
                    except subprocess.TimeoutExpired:
                        child.kill()
                        child.wait()
                        struck += 1
                        status = None
                    faults += _faults(out, seen, stored, ended=status == 0)
                    kept.append(len(seen))
                    if status is not None:
                        if status != 0:
                            faults.append(f"ended with {status}: {child.stderr.read().decode()!r}")
                        whole += 1
                        break
    return {"kills": struck, "fetched to the end": whole, "objects": len(runs), "there at each end": kept,
            "faults": faults}  # fmt: skip


def _faults(
    out: Path, seen: dict[Path, tuple[int, int]], stored: dict[str, bytes], *, ended: bool
) -> list[str]:
    """What is wrong with a folder; `seen` holds inode and time of each object, and is brought up to date."""
    found = []
    now = {path: path.stat() for path in out.rglob("*.dcm")}
    for path, stat in now.items():
        at = (stat.st_ino, stat.st_mtime_ns)
        if seen.setdefault(path, at) != at:
            found.append(f"{path.name}: written again")
        try:
            if dcmread(path).PixelData != stored[path.stem]:
                found.append(f"{path.name}: other pixels")
        except Exception as error:
            found.append(f"{path.name}: {error}")
    found += [f"{path.name}: gone" for path in seen if path not in now]
    names = [path.stem for path in now]
    if len(set(names)) != len(names):
        found.append("an object is there twice")
    if ended and (set(names) != set(stored) or any(p.is_file() and p not in now for p in out.rglob("*"))):
        found.append(f"{len(names)} of {len(stored)} objects, or something else")
    return found


def _file(run: Run) -> object:
    from pydicom.filebase import DicomBytesIO

    return DicomBytesIO(run.dicom)


def _timed(command: Sequence[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
