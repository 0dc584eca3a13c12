"""Time and memory of a de-identification of long runs, whose text is blanked.

    python -m benchmarks.deidentify [--frames 600] [--size 1024]

Each form of pixels is made, and cleaned in a process of its own; memory is the largest resident size over
that of the same process once everything is imported.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from recordings.deidentifying.run import Wanted, deidentify
from recordings.deidentifying.secret import Secret
from recordings.importing.regions import Region
from tests.recordings.deidentifying.corpus import compressed, loaded, pictures

_MIB = 1 << 20


def make(path: Path, syntax: str, frames: int, size: int) -> None:
    """A run of 12 bits in 16, whose frames repeat after eight."""
    images = pictures(8, size)
    ds: Dataset = loaded(np.tile(images, (-(-frames // 8), 1, 1))[:frames])
    if syntax != ExplicitVRLittleEndian:
        ds = compressed(ds, syntax)
    ds.save_as(path, enforce_file_format=True)


def clean(path: Path, out: Path, black: bool, told: Connection) -> None:
    """Clean it, and tell how long that took (s) and how much memory (MiB)."""
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started_s = time.monotonic()
    regions = (Region(0, 0, 300, 60),) if black else ()
    done = deidentify(Wanted((path,), out, Secret(b"k" * 32), regions))
    assert done.files == 1, done
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    told.send((time.monotonic() - started_s, grown_mib))


def main() -> int:
    """Run, and print a line for each form."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--size", type=int, default=1024)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    for name, syntax in (("native", ExplicitVRLittleEndian), ("RLE", RLELossless)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.dcm"
            maker = context.Process(target=make, args=(path, syntax, options.frames, options.size))
            maker.start()
            maker.join()
            for black in (False, True):
                mine, theirs = context.Pipe()
                out = Path(folder) / f"out-{black}"
                cleaner = context.Process(target=clean, args=(path, out, black, theirs))
                cleaner.start()
                took_s, grown_mib = mine.recv()
                cleaner.join()
                size_mib = path.stat().st_size / _MIB
                print(
                    f"{name}, {options.frames} frames {options.size} x {options.size}, {size_mib:.0f} MiB, "
                    f"{'blanked' if black else 'as it is'}: {took_s:.1f} s, {options.frames / took_s:.0f} "
                    f"frames/s, {grown_mib:.0f} MiB",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
