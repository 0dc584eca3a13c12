"""Inputs for the tests of sources, written by others' code (FFmpeg, OpenCV, pydicom), never by ours."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import compress
from pydicom.sequence import Sequence
from pydicom.uid import (
    EnhancedXAImageStorage,
    ExplicitVRLittleEndian,
    XRayAngiographicImageStorage,
    generate_uid,
)

REALDATA = Path(__file__).resolve().parents[3] / "shared" / "realdata"
PERIOD_MS = 66.667


def run(
    frames: int = 5, rows: int = 48, columns: int = 64, bits: int = 12, seed: int = 0
) -> NDArray[np.uint16]:
    """A noisy gradient with a bright block that moves; every frame differs."""
    rng = np.random.default_rng(0)
    largest = (1 << bits) - 1
    ramp = np.linspace(0.1, 0.7, columns)[None, None, :] * largest
    images = ramp + rng.normal(0, 0.02 * largest, (frames, rows, columns))
    for index in range(frames):
        images[index, 8:24, 4 * index : 4 * index + 12] = 0.95 * largest
    images = np.clip(np.rint(images), 0, largest)
    return images.astype(np.uint8 if bits <= 8 else np.uint16)


def write_video(
    path: Path,
    images: NDArray[np.generic],
    *,
    codec: str,
    layout: str,
    rate: int = 15,
    source_layout: str | None = None,
    pts: list[int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = images.shape[2], images.shape[1]
        stream.pix_fmt = layout
        tick = Fraction(1, rate) if pts is None else Fraction(1, 1000)
        stream.codec_context.time_base = tick
        for index, image in enumerate(images):
            frame = _frame(image, source_layout or layout)
            frame.pts = index if pts is None else pts[index]
            frame.time_base = tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _frame(image: NDArray[np.generic], layout: str) -> av.VideoFrame:
    frame = av.VideoFrame(image.shape[1], image.shape[0], layout)
    for number, plane in enumerate(frame.planes):
        wide = plane.line_size // (plane.width * image.itemsize) and plane.line_size
        rows = np.full((plane.height, wide), 128, np.uint8)
        if number == 0:
            raw = np.ascontiguousarray(image).view(np.uint8).reshape(image.shape[0], -1)
            rows[:, : raw.shape[1]] = raw
        plane.update(rows.tobytes())
    return frame


def write_images(folder: Path, images: NDArray[np.generic], suffix: str = ".png") -> Path:
    folder.mkdir(exist_ok=True)
    for index, image in enumerate(images, start=1):
        assert cv2.imwrite(str(folder / f"IM{index}{suffix}"), np.asarray(image))
    return folder


def xa(images: NDArray[np.generic], **values: object) -> Dataset:
    """A native XA object as pydicom writes it; `values` override or add elements (None removes one)."""
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPClassUID = XRayAngiographicImageStorage
    header.SOPInstanceUID = generate_uid()
    header.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    header.SeriesNumber, header.InstanceNumber = 1, 1
    header.PatientName, header.PatientID, header.PatientBirthDate = "Secret^Person", "SECRET-7", "19400101"
    header.Modality, header.Manufacturer = "XA", "Test"
    header.KVP, header.DistanceSourceToDetector = "80", "1000"
    header.DistanceSourceToPatient, header.ImagerPixelSpacing = "700", ["0.2", "0.25"]
    header.PixelIntensityRelationship = "LIN"
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.NumberOfFrames, header.FrameTime = len(images), str(PERIOD_MS)
    header.FrameIncrementPointer = 0x00181063
    header.Rows, header.Columns = images.shape[1:3]
    header.BitsAllocated = 8 * images.itemsize
    header.BitsStored = 8 if images.itemsize == 1 else 12
    header.HighBit = header.BitsStored - 1
    header.PixelRepresentation = int(images.dtype.kind == "i")
    header.PixelData = np.ascontiguousarray(images).tobytes()
    if len(header.PixelData) % 2:
        header.PixelData += b"\0"
    header["PixelData"].VR = "OB" if images.itemsize == 1 else "OW"
    for keyword, value in values.items():
        if value is None:
            del header[keyword]
        else:
            setattr(header, keyword, value)
    return header


def save(header: Dataset, path: Path) -> Path:
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    header.save_as(path, enforce_file_format=True)
    return path


def encapsulated(
    images: NDArray[np.generic], syntax: str, *, table: str = "basic", **values: object
) -> Dataset:
    """An encapsulated XA object; `table` is basic, extended or none."""
    header = xa(images, **values)
    compress(header, syntax, generate_instance_uid=False, encapsulate_ext=table == "extended")
    if table == "none":
        coded = list(generate_frames(header.PixelData, number_of_frames=len(images)))
        header.PixelData = encapsulate(coded, has_bot=False)
    return header


def enhanced_xa(images: NDArray[np.generic], starts_s: list[float]) -> Dataset:
    """An Enhanced XA object whose times, geometry and relationship are in functional groups."""
    header = xa(
        images,
        SOPClassUID=EnhancedXAImageStorage,
        FrameTime=None,
        FrameIncrementPointer=None,
        DistanceSourceToDetector=None,
        DistanceSourceToPatient=None,
        ImagerPixelSpacing=None,
        PixelIntensityRelationship=None,
    )
    properties, geometry = Dataset(), Dataset()
    properties.ImagerPixelSpacing = ["0.15", "0.15"]
    properties.PixelIntensityRelationship, properties.PixelIntensityRelationshipSign = "LOG", 1
    geometry.DistanceSourceToDetector = 1100.0
    shared = Dataset()
    shared.FramePixelDataPropertiesSequence = Sequence([properties])
    shared.XRayGeometrySequence = Sequence([geometry])
    header.SharedFunctionalGroupsSequence = Sequence([shared])
    per_frame = []
    for start_s in starts_s:
        content, group = Dataset(), Dataset()
        content.FrameAcquisitionDateTime = f"20240229{_clock(start_s)}"
        group.FrameContentSequence = Sequence([content])
        per_frame.append(group)
    header.PerFrameFunctionalGroupsSequence = Sequence(per_frame)
    return header


def _clock(start_s: float) -> str:
    whole = 12 * 3600 + start_s
    hours, minutes, seconds = int(whole // 3600), int(whole % 3600 // 60), whole % 60
    return f"{hours:02d}{minutes:02d}{seconds:09.6f}"
