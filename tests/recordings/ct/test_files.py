"""Volumes and labels in files that others wrote, on other grids, in other coordinates, or broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from monitor.errors import InputError, SourceError
from recordings.ct.images import read_image, write_labels
from recordings.ct.labels import labels_about, read_labels
from recordings.ct.marks import Mark, read_marks
from recordings.ct.numbering import DEFAULT_NUMBERS, read_numbers
from recordings.ct.series import read_ct
from recordings.ct.volume import CtVolume, to_mm

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def volume_of(shape: tuple[int, int, int] = (20, 18, 16)) -> CtVolume:
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[:3, 3] = (-10, 5, 100)
    return CtVolume(np.zeros(shape, np.int16), affine, "v")


def write_nifti(path: Path, values: np.ndarray, affine_lps: np.ndarray) -> Path:
    nib.save(nib.Nifti1Image(values, TO_RAS @ affine_lps), path)
    return path


def test_a_foreign_nifti_comes_out_where_it_lies_in_the_patient(tmp_path: Path) -> None:
    # axes: head, right, back
    affine = np.array([[0, -2.0, 0, 30], [0, 0, 1.5, -8], [3.0, 0, 0, 7], [0, 0, 0, 1]])
    values = np.full((5, 6, 7), -900, np.int16)
    values[1, 2, 3] = 1200
    volume = read_ct(write_nifti(tmp_path / "ct.nii.gz", values, affine))
    assert volume.hu.shape == (6, 7, 5)
    assert volume.hu.dtype == np.int16
    assert volume.spacing_mm == pytest.approx((2.0, 1.5, 3.0))
    at = to_mm(volume.affine_lps, np.argwhere(volume.hu == 1200))[0]
    assert at == pytest.approx((affine @ (1, 2, 3, 1))[:3], abs=1e-4)


def test_a_label_map_is_read_by_others_as_it_was_meant(tmp_path: Path) -> None:
    volume = volume_of()
    values = np.zeros(volume.hu.shape, np.uint8)
    values[3, 4, 5] = 31
    write_labels(tmp_path / "cement.nii.gz", values, volume.affine_lps)
    other = nib.load(tmp_path / "cement.nii.gz")
    assert np.array_equal(np.asarray(other.dataobj), values)
    assert TO_RAS @ other.affine == pytest.approx(volume.affine_lps, abs=1e-4)


def broken_header(path: Path) -> None:
    with gzip.open(path, "rb") as file:
        data = bytearray(file.read())
    data[40:48] = np.array([3, 30000, 30000, 30000], "<i2").tobytes()
    path.write_bytes(gzip.compress(bytes(data)))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def text(path: Path) -> None:
    path.write_bytes(b"not an image")


@pytest.mark.parametrize(
    ("damage", "said"),
    [(broken_header, "30000 x 30000 x 30000 voxels; at most"), (cut, "ct.nii.gz: "), (text, "ct.nii.gz: ")],
)
def test_a_broken_file_is_one_line(
    tmp_path: Path, damage: object, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(1).integers(-1000, 1000, (20, 20, 20)).astype(np.int16)
    path = write_nifti(tmp_path / "ct.nii.gz", noise, np.eye(4))
    damage(path)  # type: ignore[operator]
    with pytest.raises(SourceError, match=said) as error:
        read_ct(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_labels_on_another_grid_are_brought_over(tmp_path: Path) -> None:
    volume = volume_of()
    values = np.zeros((10, 9, 16), np.uint8)
    values[2:5, 3:6, 4:8] = 28
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = (-9.5, 5.5, 100)
    labels = read_labels(write_nifti(tmp_path / "l.nii", values, affine), volume)
    assert labels.names == {28: "L4"}
    assert np.argwhere(labels.values == 28).min(axis=0).tolist() == [4, 6, 4]
    assert np.argwhere(labels.values == 28).max(axis=0).tolist() == [9, 11, 7]
    assert labels.notes == ("the labels were on another grid",)


def test_labels_of_another_scan_are_refused(tmp_path: Path) -> None:
    values = np.full((4, 4, 4), 28, np.uint8)
    affine = np.eye(4)
    affine[:3, 3] = 900
    with pytest.raises(SourceError, match="lies elsewhere than the CT"):
        read_labels(write_nifti(tmp_path / "l.nii", values, affine), volume_of())


def test_an_image_is_no_label_map(tmp_path: Path) -> None:
    volume = volume_of()
    values = np.full(volume.hu.shape, -1000, np.int16)
    with pytest.raises(SourceError, match="it is no label map"):
        read_labels(write_nifti(tmp_path / "l.nii", values, volume.affine_lps), volume)
    values[...] = 7
    with pytest.raises(SourceError, match="no vertebra that is known by number; its numbers are 7"):
        read_labels(write_nifti(tmp_path / "l.nii", values, volume.affine_lps), volume)


@pytest.mark.parametrize("system", ["LPS", "RAS"])
def test_marks_of_slicer_are_taken_in_their_own_coordinates(tmp_path: Path, system: str) -> None:
    sign = -1 if system == "RAS" else 1
    point = {"label": "L1", "position": [sign * 3.0, sign * 12.0, 110.0]}
    text = json.dumps(
        {"markups": [{"type": "Fiducial", "coordinateSystem": system, "controlPoints": [point]}]}
    )
    (tmp_path / "m.mrk.json").write_text(text)
    rows = f"# Markups fiducial file version = 4.11\n# CoordinateSystem = {system}\n"
    rows += "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
    (tmp_path / "m.fcsv").write_text(f"{rows}n1,{sign * 3.0},{sign * 12.0},110.0,0,0,0,1,1,1,0,L1,,\n")
    for name in ("m.mrk.json", "m.fcsv"):
        (mark,) = read_marks(tmp_path / name)
        assert (mark.level, mark.point_mm) == ("L1", (3.0, 12.0, 110.0))
        labels = read_labels(tmp_path / name, volume_of())
        assert labels.coarse
        assert labels.names == {31: "L1"}
        assert labels.values[13, 7, 5] == 31


def test_marks_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "m.mrk.json"
    for text in ("[]", "{", '{"markups": [{"controlPoints": [{"label": "L1", "position": [1, null, 2]}]}]}'):
        path.write_text(text)
        with pytest.raises(SourceError):
            read_marks(path)


def test_numbers_of_levels(tmp_path: Path) -> None:
    assert (DEFAULT_NUMBERS[26], DEFAULT_NUMBERS[27], DEFAULT_NUMBERS[33]) == ("S1", "L5", "T11")
    assert (DEFAULT_NUMBERS[43], DEFAULT_NUMBERS[44], DEFAULT_NUMBERS[50]) == ("T1", "C7", "C1")
    (tmp_path / "n.json").write_text('{"1": "L1", "2": "L2"}')
    (tmp_path / "n.csv").write_text("number,level\n1,L1\n2,L2\n")
    assert read_numbers(tmp_path / "n.json") == read_numbers(tmp_path / "n.csv") == {1: "L1", 2: "L2"}
    for text in ("1,L1\n1,L2\n", "00000000199999,L1\n", "1\n", "", "x,y\n-1,L1\n"):
        (tmp_path / "n.csv").write_text(text)
        with pytest.raises(InputError):
            read_numbers(tmp_path / "n.csv")


def test_an_image_with_axes_askew_is_refused(tmp_path: Path) -> None:
    affine = np.eye(4)
    affine[0, 2] = 0.4
    values = np.zeros((6, 6, 6), np.int16)
    with pytest.raises(SourceError):
        read_image(write_nifti(tmp_path / "ct.nii.gz", values, affine))


def test_marks_in_one_place_are_refused() -> None:
    with pytest.raises(SourceError, match="L1 and L2 in one place"):
        labels_about((Mark("L1", (0, 10, 110)), Mark("L2", (0, 10, 110))), volume_of(), "marks.fcsv")


def test_the_name_of_a_file_which_may_be_a_persons_is_not_kept(tmp_path: Path) -> None:
    values = np.zeros((6, 6, 6), np.int16)
    first = read_ct(write_nifti(tmp_path / "DOE_JANE.nii.gz", values, np.eye(4)))
    again = read_ct(write_nifti(tmp_path / "other.nii.gz", values, np.eye(4)))
    other = read_ct(write_nifti(tmp_path / "third.nii.gz", values + 1, np.eye(4)))
    assert "DOE" not in first.series
    assert first.series == again.series != other.series


def test_a_label_map_that_the_disk_cut_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ITK says nothing when the disk is full."""
    import SimpleITK

    monkeypatch.setattr(SimpleITK, "WriteImage", lambda image, path, **_: Path(path).write_bytes(b""))
    volume = volume_of()
    with pytest.raises(OSError, match="cannot be written"):
        write_labels(tmp_path / "cement.nii.gz", np.zeros(volume.hu.shape, np.uint8), volume.affine_lps)


def test_an_nrrd_file_whose_voxels_lie_elsewhere_is_refused(tmp_path: Path) -> None:
    """It could name any file of this machine, or a pipe that never ends."""
    (tmp_path / "other").write_bytes(bytes(2 * 6**3))
    head = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 6 6 6\n"
        "space directions: (1,0,0) (0,1,0) (0,0,1)\nendian: little\nencoding: raw\nspace origin: (0,0,0)\n"
    )
    whole = tmp_path / "whole.nrrd"
    whole.write_bytes(f"{head}\n".encode() + bytes(2 * 6**3))
    assert read_image(whole).values.shape == (6, 6, 6)
    (tmp_path / "ct.nrrd").write_text(f"{head}Data File: {tmp_path / 'other'}\n\n")
    with pytest.raises(SourceError, match="in another file"):
        read_image(tmp_path / "ct.nrrd")
