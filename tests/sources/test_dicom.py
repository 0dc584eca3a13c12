"""DICOM: intensity, bits, geometry, times, colour, folders."""

from __future__ import annotations

import tracemalloc
import warnings
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import compress
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000,
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    RLELossless,
)

from monitor.errors import EndOfStream, SourceError
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo
from monitor.sources.dicom import DicomFolderSource, DicomSource
from monitor.sources.dicom_header import date_time, offsets_ns
from tests.sources.makers import PERIOD_MS, REALDATA, encapsulated, enhanced_xa, run, save, xa

IMAGES = run(4)
real = pytest.mark.skipif(not REALDATA.is_dir(), reason="real data are not beside the project")


def load(path: Path) -> tuple[SourceInfo, list[Frame]]:
    frames = []
    with DicomSource(path) as source:
        while True:
            try:
                frames.append(source.read())
            except EndOfStream:
                return source.info, frames


def intensity(tmp_path: Path, **values: object) -> Intensity:
    return load(save(xa(IMAGES, **values), tmp_path / "run.dcm"))[0].intensity


@pytest.mark.parametrize(
    ("values", "bright"),
    [
        ({}, True),
        ({"PhotometricInterpretation": "MONOCHROME1"}, False),
        ({"PixelIntensityRelationshipSign": -1}, False),
        ({"PixelIntensityRelationshipSign": 1}, True),
        ({"PhotometricInterpretation": "MONOCHROME1", "PixelIntensityRelationshipSign": 1}, True),
        ({"SOPClassUID": ComputedRadiographyImageStorage}, False),
        ({"SOPClassUID": DigitalXRayImageStorageForPresentation, "PixelIntensityRelationshipSign": 1}, True),
    ],
)
def test_polarity(values: dict[str, object], bright: bool, tmp_path: Path) -> None:
    assert intensity(tmp_path, **values).bright_is_radiolucent is bright


@pytest.mark.parametrize(
    ("stated", "read"), [("LIN", "LIN"), ("LOG", "LOG"), ("DISP", "DISP"), ("DRM", "DISP"), (None, "DISP")]
)
def test_relationship(stated: str | None, read: str, tmp_path: Path) -> None:
    info, _ = load(save(xa(IMAGES, PixelIntensityRelationship=stated), tmp_path / "run.dcm"))
    assert info.intensity.relationship is PixelIntensityRelationship(read)
    assert info.attributes.get("PixelIntensityRelationship") == stated


def test_rescale_is_kept_and_a_modality_lut_is_only_mentioned(tmp_path: Path) -> None:
    rescaled = intensity(tmp_path, RescaleSlope="2.5", RescaleIntercept="-10")
    assert (rescaled.rescale_slope, rescaled.rescale_intercept) == (2.5, -10.0)
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType, table.LUTData = [2, 0, 16], "US", b"\0\0\1\0"
    header = xa(IMAGES, PixelIntensityRelationship="LOG")
    header.ModalityLUTSequence = Sequence([table])
    header.ModalityLUTSequence[0]["LUTDescriptor"].VR = "US"
    header.ModalityLUTSequence[0]["LUTData"].VR = "OW"
    info, frames = load(save(header, tmp_path / "lut.dcm"))
    assert info.intensity.relationship is PixelIntensityRelationship.LOG
    assert info.attributes["ModalityLUTSequence"] == "present, not applied"
    assert np.array_equal(frames[0].pixels, IMAGES[0])


@pytest.mark.parametrize("code", ["native", "rle"])
def test_bits_beside_the_stored_ones_are_taken_out(code: str, tmp_path: Path) -> None:
    overlay = (IMAGES | 0x8000).astype(np.uint16)
    header = xa(overlay) if code == "native" else encapsulated(overlay, RLELossless)
    _, frames = load(save(header, tmp_path / "overlay.dcm"))
    assert np.array_equal(frames[2].pixels, IMAGES[2])


def test_high_bit_above_the_lowest_place(tmp_path: Path) -> None:
    shifted = ((IMAGES << 4) | 0x3).astype(np.uint16)
    _, frames = load(save(xa(shifted, HighBit=15), tmp_path / "high.dcm"))
    assert np.array_equal(frames[1].pixels, IMAGES[1])


@pytest.mark.parametrize("code", ["native", "rle", "j2k"])
def test_signed_samples_are_shifted_and_the_intercept_takes_it_back(code: str, tmp_path: Path) -> None:
    signed = IMAGES.astype(np.int16) - 2048
    values: dict[str, object] = {"RescaleSlope": "2", "RescaleIntercept": "5"}
    if code == "native":
        header = xa(signed, **values)
    else:
        header = encapsulated(signed, RLELossless if code == "rle" else JPEG2000Lossless, **values)
    info, frames = load(save(header, tmp_path / "signed.dcm"))
    assert np.array_equal(frames[0].pixels, IMAGES[0])
    modality = (
        info.intensity.rescale_slope * frames[0].pixels.astype(float) + info.intensity.rescale_intercept
    )
    assert np.array_equal(modality, 2.0 * signed[0] + 5)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_other_native_syntaxes(syntax: str, tmp_path: Path) -> None:
    header = xa(IMAGES)
    header.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        header.PixelData = IMAGES.astype(">u2").tobytes()
    info, frames = load(save(header, tmp_path / "run.dcm"))
    assert np.array_equal(np.stack([frame.pixels for frame in frames]), IMAGES)
    assert info.frame_count == 4


def test_odd_frames_of_8_bit_lie_end_to_end(tmp_path: Path) -> None:
    images = run(3, rows=31, columns=33, bits=8)
    _, frames = load(save(xa(images), tmp_path / "odd.dcm"))
    assert np.array_equal(np.stack([frame.pixels for frame in frames]), images)


@pytest.mark.parametrize("planar", [0, 1])
def test_rgb_secondary_capture_becomes_luma(planar: int, tmp_path: Path) -> None:
    colour = np.zeros((2, 8, 10, 3), np.uint8)
    colour[0, ..., 1], colour[1] = 100, 60
    header = xa(
        run(2, rows=8, columns=10, bits=8),
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=planar,
    )
    header.PixelData = (np.moveaxis(colour, 3, 1) if planar else colour).tobytes()
    info, frames = load(save(header, tmp_path / "rgb.dcm"))
    assert (frames[0].pixels == round(0.587 * 100)).all()
    assert (frames[1].pixels == 60).all()
    assert info.intensity.relationship is PixelIntensityRelationship.DISP


def test_multi_frame_word_secondary_capture(tmp_path: Path) -> None:
    values = {"SOPClassUID": MultiFrameGrayscaleWordSecondaryCaptureImageStorage}
    info, frames = load(save(xa(IMAGES, **values), tmp_path / "sc.dcm"))
    assert len(frames) == 4
    assert info.attributes["SOPClassUID"].startswith("Multi-frame Grayscale Word Secondary Capture")


def test_jpeg_baseline(tmp_path: Path) -> None:
    images = run(3, bits=8)
    coded = [cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes() for image in images]
    header = xa(images)
    header.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    header.PixelData = encapsulate(coded)
    header["PixelData"].VR = "OB"
    _, frames = load(save(header, tmp_path / "run.dcm"))
    for frame, code in zip(frames, coded, strict=True):
        expected = cv2.imdecode(np.frombuffer(code, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert np.abs(frame.pixels.astype(int) - expected).max() <= 1


def test_a_lossy_code_that_overshoots_white_stays_white(tmp_path: Path) -> None:
    images = np.full((1, 32, 32), 1023, np.uint16)
    header = xa(images, BitsStored=12, HighBit=11)
    compress(header, JPEG2000Lossless)
    header.file_meta.TransferSyntaxUID = JPEG2000
    header.BitsStored, header.HighBit = 9, 8
    _, (frame,) = load(save(header, tmp_path / "run.dcm"))
    assert (frame.pixels == 511).all()


def test_memory_stays_that_of_a_few_frames(tmp_path: Path) -> None:
    images = np.broadcast_to(run(1, rows=512, columns=512), (60, 512, 512))
    for name, header in (("native", xa(images)), ("rle", encapsulated(images, RLELossless))):
        path = save(header, tmp_path / name)
        del header
        tracemalloc.start()
        try:
            with DicomSource(path) as source:
                for _ in range(60):
                    source.read()
            assert tracemalloc.get_traced_memory()[1] < 12 * images[0].nbytes
        finally:
            tracemalloc.stop()


def test_several_fragments_per_frame(tmp_path: Path) -> None:
    header = xa(IMAGES)
    compress(header, JPEG2000Lossless)
    coded = list(generate_frames(header.PixelData, number_of_frames=4))
    for has_table in (True, False):
        header.PixelData = encapsulate(coded, fragments_per_frame=3, has_bot=has_table)
        _, frames = load(save(header, tmp_path / f"{has_table}.dcm"))
        assert np.array_equal(np.stack([frame.pixels for frame in frames]), IMAGES)


def test_an_extended_table_that_points_astray_is_not_followed(tmp_path: Path) -> None:
    header = encapsulated(IMAGES, RLELossless, table="extended")
    header.ExtendedOffsetTableLengths = b"\xff" * 8 * 4
    _, frames = load(save(header, tmp_path / "run.dcm"))
    assert np.array_equal(np.stack([frame.pixels for frame in frames]), IMAGES)


def test_geometry_and_facts_but_no_patient(tmp_path: Path) -> None:
    info, _ = load(save(xa(IMAGES, PixelSpacing=["0.1", "0.2"]), tmp_path / "run.dcm"))
    assert info.kvp == 80.0
    assert info.geometry.imager_pixel_spacing_mm == (0.2, 0.25)
    assert info.geometry.pixel_spacing_mm == (0.1, 0.2)
    assert info.geometry.distance_source_to_detector_mm == 1000.0
    assert info.geometry.distance_source_to_patient_mm == 700.0
    assert info.geometry.estimated_radiographic_magnification_factor is None
    assert info.attributes["Modality"] == "XA"
    assert info.attributes["TransferSyntaxUID"] == "Explicit VR Little Endian"
    said = repr(info.attributes)
    assert not any(secret in said for secret in ("Secret", "SECRET", "1940"))


@pytest.mark.parametrize("bad", [["0", "0.2"], ["-1", "0.2"], None])
def test_a_spacing_that_cannot_be_is_none(bad: list[str] | None, tmp_path: Path) -> None:
    info, _ = load(save(xa(IMAGES, ImagerPixelSpacing=bad), tmp_path / "run.dcm"))
    assert info.geometry.imager_pixel_spacing_mm is None


def times_ms(tmp_path: Path, **values: object) -> tuple[list[float | None], float | None, str | None]:
    info, frames = load(save(xa(IMAGES, **values), tmp_path / "run.dcm"))
    times = [None if frame.t_source_ns is None else frame.t_source_ns / 1e6 for frame in frames]
    return times, info.frame_period_s, info.attributes.get("FrameTimesFrom")


def test_frame_time_vector_holds_increments(tmp_path: Path) -> None:
    vector = ["0", "100", "50", "200"]
    times, period_s, origin = times_ms(
        tmp_path, FrameTime=None, FrameTimeVector=vector, FrameIncrementPointer=0x00181065
    )
    assert (times, period_s, origin) == ([0, 100, 150, 350], 0.1, "FrameTimeVector")


@pytest.mark.parametrize(("pointer", "second_ms"), [(0x00181065, 100), (0x00181063, PERIOD_MS), (None, 100)])
def test_the_pointer_says_which_of_the_two_holds(
    pointer: int | None, second_ms: float, tmp_path: Path
) -> None:
    vector = ["0", "100", "50", "200"]
    times, _, _ = times_ms(tmp_path, FrameTimeVector=vector, FrameIncrementPointer=pointer)
    assert times[1] == pytest.approx(second_ms)


@pytest.mark.parametrize("vector", [["0", "10"], ["0", "-5", "5", "5"], ["0", "0", "0", "0"]])
def test_a_vector_that_cannot_be_gives_way_to_frame_time(vector: list[str], tmp_path: Path) -> None:
    times, _, origin = times_ms(tmp_path, FrameTimeVector=vector, FrameIncrementPointer=0x00181065)
    assert times == pytest.approx([0, PERIOD_MS, 2 * PERIOD_MS, 3 * PERIOD_MS])
    assert origin == "FrameTime"


@pytest.mark.parametrize(
    ("keyword", "value", "period_s"),
    [
        ("ActualFrameDuration", "40", 0.04),
        ("CineRate", "10", 0.1),
        ("RecommendedDisplayFrameRate", "25", 0.04),
    ],
)
def test_rates_of_last_resort(keyword: str, value: str, period_s: float, tmp_path: Path) -> None:
    times, period, origin = times_ms(tmp_path, FrameTime=None, FrameIncrementPointer=None, **{keyword: value})
    assert period == pytest.approx(period_s)
    assert times == pytest.approx([0, period_s * 1e3, period_s * 2e3, period_s * 3e3])
    assert origin == keyword


@pytest.mark.parametrize("frame_time", [None, "0", "-5"])
def test_no_times_where_the_header_has_none(frame_time: str | None, tmp_path: Path) -> None:
    assert times_ms(tmp_path, FrameTime=frame_time) == ([None] * 4, None, None)


def test_a_single_frame_is_at_zero(tmp_path: Path) -> None:
    header = xa(IMAGES[:1], NumberOfFrames=None, FrameTime=None, FrameIncrementPointer=None)
    info, (frame,) = load(save(header, tmp_path / "one.dcm"))
    assert frame.t_source_ns == 0
    assert info.frame_count == 1
    assert info.frame_period_s is None


def test_functional_groups_of_enhanced_objects(tmp_path: Path) -> None:
    info, _ = load(save(enhanced_xa(IMAGES, [0, 0.1, 0.2, 0.4]), tmp_path / "run.dcm"))
    assert info.geometry.imager_pixel_spacing_mm == (0.15, 0.15)
    assert info.geometry.distance_source_to_detector_mm == 1100.0
    assert info.intensity.relationship is PixelIntensityRelationship.LOG
    assert info.attributes["FrameTimesFrom"] == "FrameAcquisitionDateTime"


def test_per_frame_times_that_stand_still_are_no_times(tmp_path: Path) -> None:
    info, frames = load(save(enhanced_xa(IMAGES, [0, 0, 0, 0]), tmp_path / "run.dcm"))
    assert info.frame_period_s is None
    assert [frame.t_source_ns for frame in frames] == [None] * 4


def test_date_times() -> None:
    assert date_time("20240229235959.25") == datetime(2024, 2, 29, 23, 59, 59, 250_000)
    assert date_time("20240229") is None
    assert date_time("nonsense12345") is None
    midnight = [datetime(2024, 2, 29, 23, 59, 59, 900_000), datetime(2024, 3, 1, 0, 0, 0, 100_000)]
    assert offsets_ns(midnight) == [0, 200_000_000]
    assert offsets_ns(midnight[::-1]) is None


def test_odd_headers_neither_warn_nor_print(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    header = xa(IMAGES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header.add_new(0x00180060, "DS", "80")
        path = save(header, tmp_path / "odd.dcm")
    data = path.read_bytes().replace(b"DS\x02\x0080", b"DS\x02\x00zz")
    path.write_bytes(data + b"\0" * 999)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        info, frames = load(path)
    assert info.kvp is None
    assert len(frames) == 4
    assert not caught
    assert capfd.readouterr() == ("", "")


def single(index: int, **values: object) -> Dataset:
    none = {"NumberOfFrames": None, "FrameTime": None, "FrameIncrementPointer": None}
    return xa(IMAGES[index : index + 1], **(none | {"InstanceNumber": index + 1} | values))


def folder_frames(folder: Path) -> tuple[SourceInfo, list[Frame]]:
    frames = []
    with DicomFolderSource(folder) as source:
        while True:
            try:
                frames.append(source.read())
            except EndOfStream:
                return source.info, frames


def test_folder_by_instance_number_where_times_are_missing(tmp_path: Path) -> None:
    for index in range(4):
        save(single(index), tmp_path / f"x{(index * 3) % 4}")
    info, frames = folder_frames(tmp_path)
    assert np.array_equal(np.stack([frame.pixels for frame in frames]), IMAGES)
    assert [frame.t_source_ns for frame in frames] == [None] * 4
    assert (info.frame_period_s, info.frame_count) == (None, 4)


def test_folder_whose_clock_only_ticks_seconds_follows_frame_time(tmp_path: Path) -> None:
    for index in range(4):
        same = {"AcquisitionDate": "20240229", "AcquisitionTime": "101500", "FrameTime": "100"}
        save(single(index, **same), tmp_path / f"IM{index}")
    info, frames = folder_frames(tmp_path)
    assert [frame.t_source_ns for frame in frames] == [0, 100_000_000, 200_000_000, 300_000_000]
    assert info.frame_period_s == pytest.approx(0.1)


def test_folder_of_two_series_asks_which(tmp_path: Path) -> None:
    save(single(0), tmp_path / "a")
    save(single(1, SeriesInstanceUID="1.2.3", SeriesNumber=7), tmp_path / "b")
    with pytest.raises(SourceError, match=r"holds 2 series.*series 7 \(b .*\): 1 files"):
        DicomFolderSource(tmp_path).open()


def test_folder_passes_over_objects_without_an_image(tmp_path: Path) -> None:
    save(single(0), tmp_path / "a")
    report = Dataset()
    report.update(
        {element.tag: element for element in single(1, SeriesInstanceUID="1.2.3") if element.tag < 0x00280000}
    )
    report.file_meta = single(1).file_meta
    save(report, tmp_path / "report")
    assert len(folder_frames(tmp_path)[1]) == 1


def test_folder_says_only_what_holds_for_every_file(tmp_path: Path) -> None:
    save(single(0), tmp_path / "a")
    save(single(1, KVP="90", DistanceSourceToDetector="1100"), tmp_path / "b")
    info, _ = folder_frames(tmp_path)
    assert info.kvp is None
    assert info.geometry.distance_source_to_detector_mm is None
    assert info.geometry.imager_pixel_spacing_mm == (0.2, 0.25)


def test_folder_of_two_sizes_or_two_depths_is_refused(tmp_path: Path) -> None:
    save(single(0), tmp_path / "a")
    other = save(xa(run(1, rows=20), InstanceNumber=2), tmp_path / "b")
    with pytest.raises(SourceError, match=r"b: 64 x 20, but the first image \(a\) is 64 x 48"):
        DicomFolderSource(tmp_path).open()
    other.unlink()
    save(single(1, PixelIntensityRelationship="LOG"), tmp_path / "c")
    with pytest.raises(SourceError, match=r"c: bit depth or intensity other than in a"):
        DicomFolderSource(tmp_path).open()


@pytest.mark.realdata
@real
@pytest.mark.parametrize(
    ("name", "frames", "spacing"),
    [
        ("fluoro_loop_1", 14, None),
        ("fluoro_loop_2", 12, None),
        ("cine_5", 16, 0.390625),
        ("cine_6", 9, 0.390625),
    ],
)
def test_real_ge_runs(name: str, frames: int, spacing: float | None) -> None:
    info, got = load(REALDATA / "xa_ge" / f"{name}.dcm")
    assert len(got) == frames == info.frame_count
    assert got[-1].t_source_ns == pytest.approx((frames - 1) * 66.6667e6, abs=10)
    assert info.intensity.relationship is PixelIntensityRelationship.DISP
    assert info.geometry.imager_pixel_spacing_mm == (None if spacing is None else (spacing, spacing))
    assert got[-1].pixels.std() > 10


@pytest.mark.realdata
@real
def test_real_nema_image_is_the_same_in_every_lossless_syntax() -> None:
    images = [
        load(REALDATA / "xa_nema" / f"XA1_{kind}")[1][0].pixels for kind in ("RLE", "J2KR", "JLSL", "JPLL")
    ]
    assert images[0].dtype == np.uint16
    assert images[0].max() > 255
    for image in images[1:]:
        assert np.array_equal(image, images[0])


@pytest.mark.realdata
@real
def test_real_image_that_no_decoder_takes_fails_at_open(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match=r"^[^\n]*XA1_JPLY: frame 0 cannot be decoded[^\n]*$"):
        DicomSource(REALDATA / "xa_nema" / "XA1_JPLY").open()
    assert capfd.readouterr() == ("", "")


@pytest.mark.realdata
@real
def test_real_folder_is_one_run_in_order_of_acquisition() -> None:
    info, frames = folder_frames(REALDATA / "xa_ge")
    assert info.frame_count == len(frames) == 51
    loop, _ = load(REALDATA / "xa_ge" / "fluoro_loop_1.dcm")
    assert loop.frame_count == 14
    # From the second loop on: 14:57:54 after 14:57:18.
    assert frames[14].t_source_ns == 36_000_000_000
    assert info.geometry.imager_pixel_spacing_mm is None
