"""Series of DICOM: geometry from every header, and what is not whole is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from monitor.errors import InputError, SourceError
from recordings.ct.series import read_ct
from recordings.ct.volume import to_mm

SHAPE = (12, 10, 6)


def write_series(
    folder: Path, *, change: Callable[[int, Dataset], None] | None = None,
    step: tuple[float, ...] = (0, 0, 2.0), uid: str | None = None,
    compressed: bool = False,
) -> str:  # fmt: skip
    """A bar of 1000 HU along the patient, in slices from the head down."""
    folder.mkdir(exist_ok=True)
    uid, study = uid or generate_uid(), generate_uid()
    for k in range(SHAPE[2]):
        head = Dataset()
        head.file_meta = FileMetaDataset()
        head.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        head.file_meta.MediaStorageSOPClassUID = head.SOPClassUID = CTImageStorage
        head.file_meta.MediaStorageSOPInstanceUID = head.SOPInstanceUID = generate_uid()
        head.SeriesInstanceUID, head.StudyInstanceUID, head.Modality = uid, study, "CT"
        head.PatientID, head.StudyDate = "P1", "20250304"
        head.Rows, head.Columns = SHAPE[1], SHAPE[0]
        head.SamplesPerPixel, head.PhotometricInterpretation = 1, "MONOCHROME2"
        head.BitsAllocated, head.BitsStored, head.HighBit, head.PixelRepresentation = 16, 16, 15, 0
        head.PixelSpacing, head.SliceThickness = [0.8, 0.5], 2.0
        head.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        head.ImagePositionPatient = [float(-3 + step[n] * k if n < 2 else 40 - step[n] * k) for n in range(3)]
        head.RescaleSlope, head.RescaleIntercept = 1 + k % 2, -1024  # its own in each slice
        values = np.full((SHAPE[1], SHAPE[0]), 40)
        moved = round(-step[1] * k / 0.8)  # straight in the patient, whatever the slices do
        values[4 + moved : 6 + moved, 3:6] = 1000
        head.PixelData = ((values + 1024) // (1 + k % 2)).astype(np.uint16).tobytes()
        if change is not None:
            change(k, head)
        if "PixelData" not in head:
            continue
        if compressed:
            head.compress(RLELossless)
        head.save_as(folder / f"{(k * 5) % SHAPE[2]}{k}.dcm", enforce_file_format=True)
    return uid


def test_slices_are_put_in_order_by_their_places_with_their_own_scale(tmp_path: Path) -> None:
    uid = write_series(tmp_path / "ct", compressed=True)
    volume = read_ct(tmp_path / "ct")
    assert (volume.series, volume.day, volume.patient_id) == (uid, "2025-03-04", "P1")
    assert volume.hu.shape == SHAPE
    assert volume.spacing_mm == pytest.approx((0.5, 0.8, 2.0))
    there = np.argwhere(volume.hu > 900)
    assert len(there) == 2 * 3 * SHAPE[2]
    assert set(np.unique(volume.hu)) == {40, 1000}
    assert to_mm(volume.affine_lps, there.mean(axis=0)[None])[0] == pytest.approx((-1, 0.6, 35))


def test_a_tilted_gantry_is_put_straight(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", step=(0, 0.4, 2.0))
    volume = read_ct(tmp_path / "ct")
    assert any("tilted by 11.3 degrees" in note for note in volume.notes)
    bar = volume.hu > 520
    above, below = (np.argwhere(bar[:, :, k])[:, 1].mean() * 0.8 for k in (0, SHAPE[2] - 1))
    assert above == pytest.approx(below, abs=0.5)  # they lie 2 mm apart in the slices as they come


def missing(k: int, head: Dataset) -> None:
    if k == 2:
        del head.PixelData


def twice(k: int, head: Dataset) -> None:
    if k == 3:
        head.ImagePositionPatient = [-3.0, -3.0, 40.0]


def uneven(k: int, head: Dataset) -> None:
    if k == 3:
        head.ImagePositionPatient = [-3.0, -3.0, 33.5]


def other_patient(k: int, head: Dataset) -> None:
    head.PatientID = "P1" if k else "P2"


def turned(k: int, head: Dataset) -> None:
    if k == 1:
        head.ImageOrientationPatient = [0, 1, 0, -1, 0, 0]


def cut(k: int, head: Dataset) -> None:
    if k == 1:
        head.PixelData = head.PixelData[:40]


def no_place(k: int, head: Dataset) -> None:
    if k == 1:
        del head.ImagePositionPatient


def enormous(k: int, head: Dataset) -> None:
    head.Rows = head.Columns = 60000


def aside(k: int, head: Dataset) -> None:
    if k == 2:
        head.ImagePositionPatient = [27.0, -3.0, 36.0]


def no_scale(k: int, head: Dataset) -> None:
    head.RescaleSlope = 0


def past_all_scales(k: int, head: Dataset) -> None:
    head.RescaleSlope = "1e9"


def mirrored(k: int, head: Dataset) -> None:
    head.PixelSpacing = [-0.8, 0.5]


def far_off(k: int, head: Dataset) -> None:
    head.ImagePositionPatient = ["1e300", "0", "0"]


def wide_pixels(k: int, head: Dataset) -> None:
    head.BitsAllocated, head.BitsStored, head.HighBit = 32, 32, 31
    head.PixelData = bytes(4 * SHAPE[0] * SHAPE[1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (aside, "lie aside of each other"), (no_scale, "scale is none"), (past_all_scales, "scale is none"),
        (mirrored, "size of its pixels"), (far_off, "place is none"), (wide_pixels, "more than 16 bits"),
        (missing, "1 slices are missing"), (twice, "lie where another lies"), (uneven, "spaced unevenly"),
        (other_patient, "several patients"), (turned, "differ in orientation"), (cut, "cannot be decoded"),
        (no_place, "no place or size"), (enormous, "2 to 8192 rows"),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused_in_one_line(
    tmp_path: Path, change: Callable[[int, Dataset], None], said: str
) -> None:
    write_series(tmp_path / "ct", change=change)
    with pytest.raises(SourceError, match=said) as error:
        read_ct(tmp_path / "ct")
    assert "\n" not in str(error.value)
    assert "P2" not in str(error.value)


def test_of_two_series_one_is_chosen(tmp_path: Path) -> None:
    first = write_series(tmp_path / "ct")
    (tmp_path / "ct" / "b").mkdir()
    second = write_series(tmp_path / "ct" / "b")
    with pytest.raises(InputError, match="2 CT series, choose one with --series") as error:
        read_ct(tmp_path / "ct")
    assert first in str(error.value)
    assert second in str(error.value)
    assert read_ct(tmp_path / "ct", second).series == second


def test_the_same_object_twice_is_one(tmp_path: Path) -> None:
    write_series(tmp_path / "ct")
    one = next((tmp_path / "ct").iterdir())
    dcmread(one).save_as(tmp_path / "ct" / "copy.dcm")
    assert read_ct(tmp_path / "ct").hu.shape == SHAPE


def test_a_folder_without_a_ct(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("no image")
    with pytest.raises(SourceError, match="has no CT object"):
        read_ct(tmp_path)


def test_an_object_of_many_frames_is_read_by_its_functional_groups(tmp_path: Path) -> None:
    """Frames in the order in which they were made, not in that of the patient."""
    write_series(tmp_path / "ct")
    whole = read_ct(tmp_path / "ct")
    head = dcmread(next((tmp_path / "ct").iterdir()))
    head.SOPClassUID = head.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    for name in ("PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient", "RescaleSlope"):
        del head[name]
    shared, turn, measures, scale = (Dataset() for _ in range(4))
    turn.ImageOrientationPatient, measures.PixelSpacing = [1, 0, 0, 0, 1, 0], [0.8, 0.5]
    scale.RescaleSlope, scale.RescaleIntercept = 1, -1024
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [turn], [measures]
    shared.PixelValueTransformationSequence = [scale]
    head.SharedFunctionalGroupsSequence, head.NumberOfFrames = [shared], SHAPE[2]
    frames, pixels = [], []
    for k in (3, 0, 5, 1, 4, 2):
        own, place = Dataset(), Dataset()
        place.ImagePositionPatient = [float(one) for one in to_mm(whole.affine_lps, np.array([[0, 0, k]]))[0]]
        own.PlanePositionSequence = [place]
        frames.append(own)
        pixels.append((whole.hu[:, :, k].T + 1024).astype("<u2").tobytes())
    head.PerFrameFunctionalGroupsSequence, head.PixelData = frames, b"".join(pixels)
    head.save_as(tmp_path / "enhanced.dcm", enforce_file_format=True)
    volume = read_ct(tmp_path / "enhanced.dcm")
    assert np.array_equal(volume.hu, whole.hu)
    assert volume.affine_lps == pytest.approx(whole.affine_lps)
    head.NumberOfFrames = 1_000_000
    head.save_as(tmp_path / "enhanced.dcm", enforce_file_format=True)
    with pytest.raises(SourceError, match="says it has 1000000 frames, and places 6"):
        read_ct(tmp_path / "enhanced.dcm")


@pytest.mark.parametrize("left", [400, 700])
def test_an_outermost_slice_that_was_cut_is_not_left_out_in_silence(tmp_path: Path, left: int) -> None:
    write_series(tmp_path / "ct")
    last = min((tmp_path / "ct").iterdir(), key=lambda file: dcmread(file).ImagePositionPatient[2])
    last.write_bytes(last.read_bytes()[:left])
    with pytest.raises(SourceError, match=last.name):
        read_ct(tmp_path / "ct")


def test_an_empty_file_may_have_been_a_slice(tmp_path: Path) -> None:
    write_series(tmp_path / "ct")
    (tmp_path / "ct" / "x.dcm").write_bytes(b"")
    assert any("1 empty file" in note for note in read_ct(tmp_path / "ct").notes)


def test_what_a_deflated_object_unpacks_to_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deflated(k: int, head: Dataset) -> None:
        head.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        head.add_new(0x00091001, "OB", bytes(1 << 20))

    write_series(tmp_path / "ct", change=deflated)
    assert max(file.stat().st_size for file in (tmp_path / "ct").iterdir()) < 10_000
    assert read_ct(tmp_path / "ct").hu.shape == SHAPE
    monkeypatch.setattr("recordings.ct.packed.MOST_BYTES", 1 << 19)
    with pytest.raises(SourceError, match="unpacks to more than"):
        read_ct(tmp_path / "ct")


def test_a_tilted_gantry_leaves_nothing_outside(tmp_path: Path) -> None:
    def at_the_edge(k: int, head: Dataset) -> None:
        values = np.full((SHAPE[1], SHAPE[0]), 0, np.uint16)
        values[-1] = 2000
        head.PixelData, head.RescaleSlope = values.tobytes(), 1

    write_series(tmp_path / "ct", step=(0, 0.4, 2.0), change=at_the_edge)
    volume = read_ct(tmp_path / "ct")
    filled = (volume.hu.astype(float) + 1024).sum(axis=(0, 1))
    assert filled == pytest.approx(2000 * SHAPE[0])
