"""What other programs make of an archive and of exported files: frame count, size, depth, times, every value.

    python -m benchmarks.foreign [--frames 12] [--size 1024] [--out FILE]

Records noise of 8, 10, 12 and 16 bits at odd sizes, and simulated fluoroscopy of 8 and of 12 bits;
archives and exports it; and holds what ffprobe, ffmpeg, pydicom and DCMTK (dcmdump, dcm2pnm) read against
what was recorded, bit for bit. dciodvfy checks the DICOM objects where it is installed. Sizes are against
the raw pixels.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from recordings.archive import archive_session
from recordings.recording import RecordingReader
from recordings.session import FRAMES, TIMELINE, VIDEO, Session, open_session
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from ui.cli import run

NOISE = {"8 bit": (8, 63, 129), "10 bit": (10, 1, 77), "12 bit": (12, 255, 254), "16 bit": (16, 97, 3)}


@dataclass(slots=True)
class Found:
    """What one kind of images gave. `wrong` names everything that is not as it was recorded."""

    name: str
    rows: int
    columns: int
    bits: int
    frames: int
    raw_bytes: int = 0
    mcap_ratio: float = 0.0
    archive_ratio: float = 0.0
    archive_ms_per_frame: float = 0.0
    read_ms_p50: float = 0.0
    read_cpu_ms: float = 0.0
    read_ms_p95: float = 0.0
    dciodvfy: str = "not installed"
    wrong: list[str] = field(default_factory=list)


def record(folder: Path, info: SourceInfo, shots: list[Frame]) -> None:
    """Record frames into a session and close it."""
    session = Session.create(
        folder, source_info=info, plan=None, config_toml="", software_version="benchmark"
    )
    for frame in shots:
        session.recording.append(frame)
    session.close()


def noise(bits: int, rows: int, columns: int, count: int) -> tuple[SourceInfo, list[Frame]]:
    """Noise over all values, at times that are not even."""
    dice = np.random.default_rng(bits)
    kind = np.uint8 if bits <= 8 else np.uint16
    t_ns, shots = 10**12, []
    for seq in range(count):
        pixels = dice.integers(0, (1 << bits) - 1, (rows, columns), kind, endpoint=True)
        shots.append(Frame(seq, t_ns, None, freeze_pixels(pixels, copy=True), "noise"))
        t_ns += int(dice.integers(20, 120)) * 1_000_000
    intensity = Intensity(PixelIntensityRelationship.DISP, bits)
    return SourceInfo("noise", "device", rows, columns, intensity, live=True), shots


def fluoroscopy(bits: int, size: int, count: int) -> tuple[SourceInfo, list[Frame]]:
    """Simulated fluoroscopy with its noise: 12 bits in words of 16, or 8 bits."""
    source = SimulatedSource("canal", SimulationSettings(size=size, seed=5, bits_stored=bits))
    with source:
        return source.info, [source.read() for _ in range(count)]


def look(name: str, info: SourceInfo, shots: list[Frame], place: Path) -> Found:
    """Record, archive, export, and read all of it with other programs."""
    bits = info.intensity.bits_stored
    found = Found(name, info.rows, info.columns, bits, len(shots))
    found.raw_bytes = sum(frame.pixels.nbytes for frame in shots)
    folder = place / "session"
    record(folder, info, shots)
    found.mcap_ratio = (folder / FRAMES).stat().st_size / found.raw_bytes
    before = place / "before.mkv"
    _export(folder, before, found)
    started_s = time.perf_counter()
    archive_session(folder, software_version="benchmark")
    found.archive_ms_per_frame = (time.perf_counter() - started_s) / len(shots) * 1e3
    stored = sum((folder / file).stat().st_size for file in (VIDEO, TIMELINE))
    found.archive_ratio = stored / found.raw_bytes
    after, part, dicom = place / "after.mkv", place / "part.mkv", place / "run.dcm"
    _export(folder, after, found)
    _export(folder, part, found, "--first", "2", "--last", "4")
    _export(folder, dicom, found)
    for path in (folder / VIDEO, before, after):
        _video(path, shots, found)
    _video(part, shots[2:5], found)
    _dicom(dicom, shots, found, place)
    with open_session(folder).frames() as reader:
        _scrub(reader, shots, found)
    return found


def _export(folder: Path, out: Path, found: Found, *more: str) -> None:
    if run(["export", str(folder), "--out", str(out), *more]) != 0:
        found.wrong.append(f"{out.name}: not exported")


def _said(*command: object) -> bytes:
    return subprocess.run([str(word) for word in command], capture_output=True, check=True).stdout


def _video(path: Path, shots: list[Frame], found: Found) -> None:
    ask = ("-v", "error", "-select_streams", "v:0", "-count_frames", "-of", "json")
    told: dict[str, Any] = json.loads(_said("ffprobe", *ask, "-show_streams", path))["streams"][0]
    wide = shots[0].pixels.itemsize == 2
    depth = {8: "gray", 10: "gray10le", 12: "gray12le", 16: "gray16le"}[found.bits]
    expected = (len(shots), found.columns, found.rows, depth, "ffv1")
    got = (
        int(told["nb_read_frames"]),
        told["width"],
        told["height"],
        told["pix_fmt"],
        told["codec_name"],
    )
    if got != expected:
        found.wrong.append(f"{path.name}: ffprobe says {got}, is {expected}")
    packets = json.loads(
        _said("ffprobe", "-v", "error", "-of", "json", "-show_entries", "packet=pts_time,flags", path)
    )
    times_ms = [round(float(packet["pts_time"]) * 1000) for packet in packets["packets"]]
    true_ms = [(frame.time_ns - shots[0].time_ns) / 1e6 for frame in shots]
    # a part keeps the milliseconds of the whole, to which its first frame had been rounded, too
    if any(abs(time_ms - true) > 1 for time_ms, true in zip(times_ms, true_ms, strict=True)):
        found.wrong.append(f"{path.name}: times are others")
    if any("K" not in packet["flags"] for packet in packets["packets"]):
        found.wrong.append(f"{path.name}: not every frame is a key frame")
    raw = _said("ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-fps_mode", "passthrough", "-")
    if not _equal(raw, shots, wide):
        found.wrong.append(f"{path.name}: ffmpeg gives other values")


def _equal(raw: bytes, shots: list[Frame], wide: bool) -> bool:
    values: NDArray[Any] = np.frombuffer(raw, "<u2" if wide else np.uint8)
    size = shots[0].pixels.size
    return values.size == size * len(shots) and all(
        np.array_equal(values[k * size : (k + 1) * size], frame.pixels.ravel())
        for k, frame in enumerate(shots)
    )


def _dicom(path: Path, shots: list[Frame], found: Found, place: Path) -> None:
    ds = pydicom.dcmread(path)
    told = (int(ds.NumberOfFrames), ds.Columns, ds.Rows, ds.BitsStored, ds.HighBit)
    bits = 8 if found.bits == 8 else max(9, found.bits)
    if told != (len(shots), found.columns, found.rows, bits, bits - 1):
        found.wrong.append(f"{path.name}: pydicom says {told}")
    if not np.array_equal(ds.pixel_array, np.stack([frame.pixels for frame in shots])):
        found.wrong.append(f"{path.name}: pydicom gives other values")
    raw = place / "raw"
    raw.mkdir()
    _said("dcmdump", "+W", raw, path)
    (dumped,) = raw.iterdir()
    held = dumped.read_bytes()[: found.raw_bytes]
    if not _equal(held, shots, shots[0].pixels.itemsize == 2):
        found.wrong.append(f"{path.name}: dcmdump gives other values")
    _said("dcm2pnm", "--write-png", "--frame", len(shots), path, place / "last.png")
    if shutil.which("dciodvfy") is None:
        return
    checked = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    lines = [line for line in checked.stderr.splitlines() if line.startswith(("Error", "Warning"))]
    errors = [line for line in lines if line.startswith("Error")]
    found.dciodvfy = f"{len(errors)} errors, {len(lines) - len(errors)} warnings"
    found.wrong += [f"{path.name}: dciodvfy: {line}" for line in errors]


def _scrub(reader: RecordingReader, shots: list[Frame], found: Found) -> None:
    times = []
    cpu_s = time.process_time()
    for index in np.random.default_rng(1).integers(0, len(shots), 60):
        started_s = time.perf_counter()
        read = reader.read(int(index))
        times.append((time.perf_counter() - started_s) * 1e3)
        if not np.array_equal(read.pixels, shots[index].pixels):
            found.wrong.append(f"frame {index} of the archive is another")
    found.read_cpu_ms = (time.process_time() - cpu_s) / len(times) * 1e3
    found.read_ms_p50, found.read_ms_p95 = (float(q) for q in np.percentile(times, (50, 95)))


def kinds(frames: int, size: int) -> Iterator[tuple[str, SourceInfo, list[Frame]]]:
    """Every kind of images, one after the other."""
    for name, (bits, rows, columns) in NOISE.items():
        yield (f"noise {name}", *noise(bits, rows, columns, frames))
    if size:
        for bits in (8, 12):
            yield (f"fluoroscopy {bits} bit", *fluoroscopy(bits, size, frames))


def main() -> int:
    """Look at every kind; 1 where anything is not as it was recorded."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    wrong = 0
    told = []
    for name, info, shots in kinds(options.frames, options.size):
        place = Path(tempfile.mkdtemp())
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                found = look(name, info, shots, place)
        finally:
            shutil.rmtree(place)
        told.append(asdict(found))
        wrong += len(found.wrong)
        print(
            f"{name} {found.columns} x {found.rows}: {found.frames} frames, "
            f"of raw: MCAP {found.mcap_ratio:.3f}, archive {found.archive_ratio:.3f}; "
            f"archived in {found.archive_ms_per_frame:.0f} ms a frame; any frame read in "
            f"{found.read_ms_p50:.1f} ms (median), {found.read_ms_p95:.1f} ms (95 %), "
            f"{found.read_cpu_ms:.1f} ms of the processor; "
            f"dciodvfy: {found.dciodvfy}; {'; '.join(found.wrong) or 'all values equal'}",
            flush=True,
        )
    if options.out is not None:
        options.out.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
