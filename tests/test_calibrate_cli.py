"""``cementwatch calibrate``: from a picture to a profile; from a bad one to a clear line and no profile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from benchmarks.calibration.density import lying
from calibration.profile import read_profile
from recordings.simulated.phantom_grid import Intensifier, Plate
from recordings.simulated.phantom_grid import picture as grid_picture
from recordings.simulated.phantom_wedge import WedgePhantom, picture_of
from ui.cli import run

REALDATA = Path(__file__).resolve().parents[2] / "shared" / "realdata"
WEDGE = WedgePhantom(bits_stored=16, dose_ngy=100.0)
ENDS = ",".join(f"{v:.1f}" for point in picture_of(WEDGE).centres_px[[0, -1]] for v in point)
THICKNESS = ",".join(f"{mm:g}" for mm in WEDGE.thickness_mm)


@pytest.fixture(scope="module")
def wedge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wedge")
    for k in range(4):
        cv2.imwrite(str(folder / f"{k:02}.png"), picture_of(replace(WEDGE, seed=k)).pixels)
    return folder


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grid")
    pixels, _ = grid_picture(Plate(pitch_mm=10.0), Intensifier(rows=512, columns=512), 1)
    cv2.imwrite(str(folder / "00.png"), pixels)
    return folder


def calibrate(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = run(["calibrate", *(str(a) for a in arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def test_lying_cylinders_calibrate_the_density(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phantom = lying(replace(WEDGE, dose_ngy=600.0))
    picture = picture_of(phantom)
    shown, drawn, profile = tmp_path / "lying.png", tmp_path / "found.png", tmp_path / "room.json"
    cv2.imwrite(str(shown), picture.pixels)
    points = ",".join(f"{v:.1f}" for v in picture.centres_px.ravel())
    given = ["density", shown, "--frame-rate", 15, "--cylinders", points, "--diameter-mm", "4,7,12,20"]
    status, out, err = calibrate(capsys, *given, "--picture", drawn, "--profile", profile)
    assert (status, err) == (0, "")
    assert "4 cylinders, 0.3" in out
    kept = read_profile(profile).density
    assert kept is not None
    assert kept.method.startswith("cylinders of")
    assert kept.valid_mm[1] > 10.0
    assert drawn.exists()


def test_parts_are_added_to_one_profile_with_pictures(
    wedge: Path, grid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile, drawn = tmp_path / "room.json", tmp_path / "wedge.png"
    into = ["--profile", profile, "--room", "Angio 2", "--operator", "A. Physicist"]
    status, out, err = calibrate(
        capsys, "density", wedge, "--wedge", ENDS, "--thickness-mm", THICKNESS, "--picture", drawn, *into
    )
    assert (status, err) == (0, "")
    assert "holds from 0.5 to" in out
    picture = cv2.imread(str(drawn))
    assert picture is not None
    assert (picture.max(axis=2) != picture.min(axis=2)).any(), "the steps are outlined in colour"
    status, out, err = calibrate(capsys, "distortion", grid, "--pitch-mm", 10, *into)
    assert (status, err) == (0, "")
    assert "not fitted to" in out
    status, out, err = calibrate(
        capsys, "scale", grid, "--points", "100,100,300,100", "--length-mm", 60, *into
    )
    assert (status, err) == (0, "")
    assert "taken: 0.3000 mm per pixel" in out
    kept = read_profile(profile)
    assert kept.room == "Angio 2"
    assert kept.scale is not None
    assert kept.distortion is not None
    assert kept.density is not None
    assert kept.scale.stamp.operator == "A. Physicist"
    assert kept.latency is None
    assert profile.stat().st_mode & 0o077 == 0, "a profile names people"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scale", "GRID"], "the header gives no scale"),
        (["scale", "GRID", "--cannula", "1,2,3,4"], "--cannula needs --gauge"),
        (["scale", "GRID", "--cannula", "10,10,200,200", "--gauge", "99G"], "99G is not known"),
        (["scale", "GRID", "--points", "1,2,3", "--length-mm", "5"], "--points must be X1,Y1,X2,Y2"),
        (["scale", "GRID", "--points", "1,2,nan,4", "--length-mm", "5"], "--points must be X1,Y1,X2,Y2"),
        (["scale", "GRID", "--points", "9,9,99,9", "--length-mm", "-5"], "--length-mm must be above 0"),
        (["scale", "GRID", "--first-frame", "7"], "there is no frame 7"),
        (["distortion", "WEDGE", "--pitch-mm", "10"], "wrong phantom"),
        (["distortion", "GRID", "--pitch-mm", "0"], "pitch"),
        (["distortion", "GRID", "--pitch-mm", "10", "--lattice", "round"], "--lattice must be"),
        (["density", "WEDGE", "--wedge", ENDS, "--thickness-mm", "1,2"], "2 steps"),
        (["density", "WEDGE", "--wedge", ENDS, "--thickness-mm", "thick"], "must be numbers"),
        (["density", "GRID", "--wedge", "250,256,260,256", "--thickness-mm", THICKNESS], "too small"),
        (["density", "WEDGE"], "give either --wedge"),
        (["density", "WEDGE", "--wedge", ENDS], "--wedge needs --thickness-mm"),
        (["density", "WEDGE", "--cylinders", "9,9,50,9", "--diameter-mm", "4,7,9"], "X1,Y1,X2,Y2,X3,Y3"),
        (
            ["density", "WEDGE", "--wedge", ENDS, "--thickness-mm", THICKNESS, "--valid-days", "0"],
            "1 to 3650",
        ),
        (["latency", "device:99", "--seconds", "1"], "--seconds must be"),
        (["scale", "nothing.dcm"], "nothing.dcm"),
    ],
)
def test_bad_input_is_one_line_and_no_profile(
    arguments: list[str],
    said: str,
    wedge: Path,
    grid: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"GRID": str(grid), "WEDGE": str(wedge)}
    profile = tmp_path / "room.json"
    status, _, err = calibrate(capsys, *(places.get(a, a) for a in arguments), "--profile", profile)
    assert status == 2
    assert len(err.splitlines()) == 1
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_ways_that_contradict_each_other_leave_no_profile(
    grid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "room.json"
    status, _, err = calibrate(
        capsys, "scale", grid, "--points", "100,100,300,100", "--length-mm", 60, "--imager-spacing-mm", 0.9,
        "--sid-mm", 1000, "--sod-mm", 700, "--profile", profile,
    )  # fmt: skip
    assert status == 2
    assert "a ratio of" in err
    assert not profile.exists()


def test_a_profile_of_another_room_is_not_overwritten(
    grid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "room.json"
    known = ["scale", grid, "--points", "100,100,300,100", "--length-mm", 60, "--profile", profile]
    assert calibrate(capsys, *known, "--room", "Angio 1")[0] == 0
    before = profile.read_bytes()
    status, _, err = calibrate(capsys, *known, "--room", "Angio 2")
    assert status == 2
    assert "is the profile of room 'Angio 1'" in err
    assert profile.read_bytes() == before


def test_a_run_with_a_profile_measures_volume_and_without_says_that_it_compares(
    wedge: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The density of the same beam and cement, from a wedge."""
    procedure, profile = tmp_path / "run", tmp_path / "room.json"
    assert run(["simulate", "quiet", "--out", str(procedure), "--size", "256", "--duration", "6"]) == 0
    arguments = ["density", wedge, "--wedge", ENDS, "--thickness-mm", THICKNESS, "--profile", profile]
    assert calibrate(capsys, *arguments)[0] == 0
    for more, expected in (([], "not calibrated"), (["--profile", str(profile)], "pixel values were DISP")):
        out = tmp_path / f"out{len(more)}"
        analyse = ["analyse", str(procedure / "run.dcm"), "--plan", str(procedure / "plan.json")]
        assert run([*analyse, "--out", str(out), *more]) == 0
        summary = json.loads((out / "summary.json").read_text())
        assert any(expected in line for line in summary["calibration_notices"]), summary
        assert summary["volume_relative"]


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="../shared/realdata is absent")
def test_real_headers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = calibrate(capsys, "scale", REALDATA / "xa_ge" / "cine_5.dcm")
    assert status == 0
    assert "DistanceSourceToDetector 931 / DistanceSourceToPatient 720 = 1.2931" in out
    assert "taken: 0.3021 mm per pixel" in out
    profile = tmp_path / "room.json"
    status, _, err = calibrate(
        capsys, "scale", REALDATA / "xa_ge" / "fluoro_loop_1.dcm", "--profile", profile
    )
    assert status == 2
    assert "give --cannula with --gauge" in err
    assert not profile.exists()
    status, out, _ = calibrate(
        capsys, "scale", REALDATA / "coronary_run", "--frame-rate", 15, "--imager-spacing-mm", 0.308,
        "--sid-mm", 1009, "--sod-mm", 720,
    )  # fmt: skip
    assert status == 0
    assert "taken: 0.2198 mm per pixel" in out
