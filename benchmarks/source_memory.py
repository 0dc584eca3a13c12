"""Peak memory and time per frame of reading a long native XA run.

Writes 600 frames of 1024 x 1024 x 16 bit (1.2 GB) into a temporary folder, reads them all in a process
of its own and prints its peak resident memory and the time per frame. Exits with 1 above 400 MB.

Run with ``python benchmarks/source_memory.py [--frames N] [--rle]``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, XRayAngiographicImageStorage, generate_uid

LIMIT_MB = 400
SIDE_PX = 1024
READER = """
import resource, sys, time
from monitor.errors import EndOfStream
from monitor.sources import source_for
started, frames, checksum = time.perf_counter(), 0, 0
with source_for(sys.argv[1]) as source:
    opened = time.perf_counter()
    while True:
        try:
            frame = source.read()
        except EndOfStream:
            break
        frames += 1
        checksum += int(frame.pixels.sum(dtype="u8"))
ended = time.perf_counter()
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(frames, peak_mb, (opened - started) * 1e3, (ended - opened) * 1e3 / frames, checksum)
"""


def write_run(path: Path, frames: int, *, rle: bool) -> int:
    """Write the run frame by frame and return the sum of its pixels."""
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = XRayAngiographicImageStorage
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = generate_uid()
    header.Modality, header.NumberOfFrames, header.FrameTime = "XA", frames, "66.667"
    header.Rows = header.Columns = SIDE_PX
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 12, 11, 0
    if rle:
        header.file_meta.TransferSyntaxUID = RLELossless
    header.save_as(path, enforce_file_format=True)
    noise = np.random.default_rng(0).integers(0, 4096, (SIDE_PX, SIDE_PX), dtype=np.uint16)
    total = 0
    coded = encode_frame(noise) if rle else b""
    with path.open("ab") as file:
        if rle:
            # One frame over and over, behind an empty offset table.
            item = b"\xfe\xff\x00\xe0" + len(coded).to_bytes(4, "little") + coded
            file.write(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\0\0\0\0")
            for _ in range(frames):
                file.write(item)
            file.write(b"\xfe\xff\xdd\xe0\0\0\0\0")
            return frames * int(noise.sum(dtype="u8"))
        file.write(b"\xe0\x7f\x10\x00OW\0\0" + (frames * noise.nbytes).to_bytes(4, "little"))
        for index in range(frames):
            image = (noise + np.uint16(index)) & np.uint16(4095)
            total += int(image.sum(dtype="u8"))
            file.write(image.astype("<u2").tobytes())
    return total


def encode_frame(image: NDArray[np.uint16]) -> bytes:
    """Return one frame as RLE."""
    code = get_encoder(RLELossless).encode(
        image,
        rows=SIDE_PX,
        columns=SIDE_PX,
        number_of_frames=1,
        samples_per_pixel=1,
        photometric_interpretation="MONOCHROME2",
        bits_allocated=16,
        bits_stored=12,
        pixel_representation=0,
    )
    return code + b"\0" * (len(code) % 2)


def main() -> int:
    """Write, read, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--rle", action="store_true", help="RLE without an offset table instead of native")
    arguments = parser.parse_args()
    frames = arguments.frames
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.dcm"
        total = write_run(path, frames, rle=arguments.rle)
        size_mb = path.stat().st_size / 2**20
        done = subprocess.run(
            [sys.executable, "-c", READER, str(path)], check=True, capture_output=True, text=True
        )
    count, peak_mb, open_ms, frame_ms, checksum = done.stdout.split()
    whole = int(count) == frames and int(checksum) == total
    print(f"{size_mb:.0f} MB, {count} frames, pixels {'exact' if whole else 'WRONG'}")
    print(f"open {float(open_ms):.0f} ms, {float(frame_ms):.2f} ms per frame, peak {float(peak_mb):.0f} MB")
    return 0 if whole and float(peak_mb) <= LIMIT_MB else 1


if __name__ == "__main__":
    raise SystemExit(main())
