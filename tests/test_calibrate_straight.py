"""``cementwatch calibrate straight``: one residual before and after correction, or one clear line."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.profile import Profile, write_profile
from recordings.simulated.phantom_grid import Intensifier, Mapping, Plate
from recordings.simulated.phantom_grid import picture as grid_picture
from ui.cli import run

TUBE = Intensifier(rows=512, columns=512)


def written(folder: Path, pixels: np.ndarray) -> Path:
    folder.mkdir()
    cv2.imwrite(str(folder / "00.png"), pixels)
    return folder


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Mapping]:
    """A calibrated profile, and a picture of wires that it has not seen, with the truth."""
    folder = tmp_path_factory.mktemp("straight")
    plate, _ = grid_picture(Plate(), TUBE, 1)
    profile = folder / "room.json"
    grid = str(written(folder / "grid", plate))
    assert run(["calibrate", "distortion", grid, "--pitch-mm", "10", "--profile", str(profile)]) == 0
    wires, truth = grid_picture(Plate(marks="wires", mark_mm=1.5, pitch_mm=55.0, turn_deg=4.0), TUBE, 5)
    return profile, written(folder / "wires", wires), truth


def wire(truth: Mapping) -> str:
    return ",".join(f"{v:.1f}" for v in truth.lattice_px(np.array([[-0.9, 1.0], [0.9, 1.0]])).ravel())


def test_a_wire_is_straighter_after_correction_and_drawn(
    room: tuple[Path, Path, Mapping], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile, wires, truth = room
    before, drawn = profile.read_bytes(), tmp_path / "wire.png"
    arguments = ["--wire", wire(truth), "--profile", str(profile), "--picture", str(drawn)]
    status = run(["calibrate", "straight", str(wires), *arguments])
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    line = next(line for line in out.splitlines() if line.startswith("off a straight line"))
    uncorrected, _, corrected, _ = (float(text) for text in re.findall(r"(\d+\.\d+) mm", line))
    assert uncorrected > 0.2
    assert corrected < 0.3 * uncorrected
    picture = cv2.imread(str(drawn))
    assert picture is not None
    assert (picture.max(axis=2) != picture.min(axis=2)).any()
    assert profile.read_bytes() == before


def test_what_cannot_be_tested_is_one_line(
    room: tuple[Path, Path, Mapping], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile, wires, truth = room
    empty = tmp_path / "empty.json"
    write_profile(Profile(room="Angio 2"), empty)
    other, _ = grid_picture(Plate(), Intensifier(rows=300, columns=300), 1)
    small = written(tmp_path / "small", other)
    for source, marks, held, said in (
        (wires, wire(truth), empty, "holds no distortion to test"),
        (small, "20,100,200,100", profile, "images were 512 x 512, are 300 x 300"),
        (wires, "1,2,3", profile, "--wire must be X1,Y1,X2,Y2"),
        (wires, "200,200,204,200", profile, "30 px apart"),
        (wires, wire(truth), tmp_path / "none.json", "cannot read the profile"),
    ):
        status = run(["calibrate", "straight", str(source), "--wire", marks, "--profile", str(held)])
        _, err = capsys.readouterr()
        assert status == 2
        assert len(err.splitlines()) == 1
        assert said in err
