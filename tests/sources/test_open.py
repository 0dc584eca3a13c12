"""What a user types and which source it becomes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pydicom.uid import ImplicitVRLittleEndian

from monitor.errors import SourceError
from monitor.sources import source_for
from monitor.sources.capture import CaptureSource
from monitor.sources.dicom import DicomFolderSource, DicomSource
from monitor.sources.images import ImagesSource
from monitor.sources.network import NetworkSource
from monitor.sources.video import VideoSource
from tests.sources.makers import run, save, write_images, write_video, xa


def test_kinds(tmp_path: Path) -> None:
    images = run(2, bits=8)
    pngs = write_images(tmp_path / "png", images)
    dicom = save(xa(images), tmp_path / "no_suffix")
    video = write_video(tmp_path / "v.avi", images, codec="mjpeg", layout="yuvj420p")
    mixed = write_images(tmp_path / "mixed", images)
    save(xa(images), mixed / "zz")
    assert isinstance(source_for(str(pngs)), ImagesSource)
    assert isinstance(source_for(str(pngs / "IM1.png")), ImagesSource)
    assert isinstance(source_for(str(dicom)), DicomSource)
    assert isinstance(source_for(str(video)), VideoSource)
    assert isinstance(source_for(str(mixed)), DicomFolderSource)
    assert isinstance(source_for("device:3"), CaptureSource)
    for url in ("rtsp://h/s", "tcp://h:1", "udp://h:1", "http://h/x"):
        assert isinstance(source_for(url), NetworkSource)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "no/such/file",
        "device:",
        "device:x",
        "device:-1",
        "ftp://h/x",
        "dicom://A@h:1",
        "simulated:x",
        "a\0b",
    ],
)
def test_what_is_not_a_source_says_so_in_one_line(spec: str) -> None:
    with pytest.raises(SourceError, match=r"^[^\n]+$"):
        source_for(spec)


def test_a_folder_with_nothing_to_see_in_it(tmp_path: Path) -> None:
    (tmp_path / ".hidden.png").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SourceError, match="no DICOM files and no images"):
        source_for(str(tmp_path))


def test_text_named_dcm_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "report.dcm"
    path.write_text("SERIES 1: nothing to see. " * 40)
    with pytest.raises(SourceError, match=r"report\.dcm: not a DICOM file"):
        source_for(str(path)).open()


def test_dicom_without_a_preamble_is_still_dicom(tmp_path: Path) -> None:
    images = run(2)
    header = xa(images)
    del header.PatientName
    header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    path = tmp_path / "bare"
    bare = xa(images)
    del bare.file_meta
    bare.save_as(path, implicit_vr=True, little_endian=True)
    with source_for(str(path)) as source:
        assert source.info.kind == "dicom"
        assert (source.read().pixels == images[0]).all()


def test_an_absent_device_is_refused_without_chatter(capfd: pytest.CaptureFixture[str]) -> None:
    source = source_for("device:87")
    with pytest.raises(SourceError, match=r"^device:87: no such capture device$"):
        source.open()
    source.close()
    assert capfd.readouterr() == ("", "")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("device:87")]
