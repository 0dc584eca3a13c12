"""Objects to send, and a receiver to send them to."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRLittleEndian, XRayAngiographicImageStorage

from recordings.receiving.identity import Announced
from recordings.receiving.keep import Keeper, Kept
from recordings.receiving.limits import Limits
from recordings.receiving.server import Caller, Receiver, Refusal

ROOT = "1.2.826.0.1.3680043.10.999"
STUDY, SERIES = f"{ROOT}.1", f"{ROOT}.1.1"
NAME = "Doe^Jane"


def run_object(
    number: int = 1, frames: int = 2, size: int = 64, *, seed: int = 0, series: str = SERIES,
    frame_ms: float = 40.0, bits: int = 12, **more: Any,
) -> Dataset:  # fmt: skip
    """An XA run of noise; `more` are elements by keyword."""
    values = np.random.default_rng(seed).integers(0, 1 << bits, (frames, size, size), dtype=np.uint16)
    return run_of(values, number, series=series, frame_ms=frame_ms, bits=bits, **more)


def run_of(
    values: np.ndarray, number: int = 1, *, series: str = SERIES, frame_ms: float = 40.0, bits: int = 12,
    **more: Any,
) -> Dataset:  # fmt: skip
    """An XA run of these frames, shape (frames, rows, columns)."""
    ds = Dataset()
    ds.SOPClassUID = XRayAngiographicImageStorage
    ds.SOPInstanceUID = UID(f"{series}.{number}")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = UID(STUDY), UID(series)
    ds.PatientName, ds.PatientID, ds.Modality = NAME, "4711", "XA"
    ds.SeriesNumber, ds.InstanceNumber = 1, number
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.NumberOfFrames, ds.Rows, ds.Columns = values.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, bits, bits - 1, 0
    ds.FrameTime, ds.FrameIncrementPointer = f"{frame_ms:g}", Tag("FrameTime")
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    ds.PixelData = values.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


def written(ds: Dataset, path: Path) -> Path:
    """The object as a DICOM file."""
    ds.save_as(path, enforce_file_format=True)
    return path


def data_set(path: Path) -> bytes:
    """What of a DICOM file is sent: everything behind its file meta information."""
    whole = path.read_bytes()
    return whole[132 + 12 + int.from_bytes(whole[140:144], "little") :]


def announced(ds: Dataset) -> Announced:
    """What a sender would say of it."""
    return Announced(str(ds.SOPClassUID), str(ds.SOPInstanceUID), str(ds.file_meta.TransferSyntaxUID))


def objects_in(folder: Path) -> list[Path]:
    """Every file that is there, those on their way too."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@dataclass
class Told:
    """What a receiver has told."""

    kept: list[tuple[Kept, Caller]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def keep(self, kept: Kept, caller: Caller) -> None:
        """Take note of an object."""
        with self.changed:
            self.kept.append((kept, caller))
            self.changed.notify_all()

    def refuse(self, refusal: Refusal) -> None:
        """Take note of a refusal."""
        with self.changed:
            self.refused.append(refusal)
            self.changed.notify_all()

    def wait_for_refusals(self, count: int, timeout_s: float = 10.0) -> list[str]:
        """Wait for so many; their words."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.refused) >= count, timeout_s), self.refused
            return [refusal.words for refusal in self.refused]


@contextmanager
def receiving(
    folder: Path, *, keeper: Keeper | None = None, limits: Limits | None = None, **more: Any
) -> Iterator[tuple[Receiver, Told]]:
    """A receiver on a free port of the loopback, called ``CW``."""
    told = Told()
    receiver = Receiver(
        keeper or Keeper(folder), "CW", "127.0.0.1", 0, limits=limits, on_kept=told.keep,
        on_refused=told.refuse, **more,
    )  # fmt: skip
    receiver.start()
    try:
        yield receiver, told
    finally:
        receiver.stop()


def full_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full after so many bytes, as the system tells it."""
    real, left = os.write, count

    def write(fd: int, data: memoryview) -> int:
        nonlocal left
        if left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(fd, data[:left])
        left -= done
        return done

    monkeypatch.setattr("recordings.receiving.keep.os.write", write)
