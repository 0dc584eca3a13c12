"""The command line from outside: exit status, one clear line, nothing written."""

from __future__ import annotations

import copy
import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from monitor.plan import plan_to_json
from recordings.analysis import ALERT_COLUMNS, LEVEL_COLUMNS
from tests.monitor.scripted import SIZE, disc_mm, plan, scene
from ui.cli import run

CONTRACT_LEVEL_COLUMNS = (
    "frame time_s state level area_mm2 outside_mm2 volume_ml volume_sd_ml "
    "distance_posterior_wall_mm distance_posterior_wall_low_mm distance_anterior_wall_mm "
    "distance_anterior_wall_low_mm distance_superior_endplate_mm distance_superior_endplate_low_mm "
    "distance_inferior_endplate_mm distance_inferior_endplate_low_mm distance_vein_mm distance_vein_low_mm "
    "distance_foramen_mm distance_foramen_low_mm front_speed_mm_s time_to_contact_s "
    "shift_x_px shift_y_px priority"
).split()
CONTRACT_ALERT_COLUMNS = "time_s frame level rule kind priority structure event value unit message".split()


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 16-bit pictures: 4 s of quiet, then cement that grows across the posterior wall."""
    folder = tmp_path_factory.mktemp("run")
    noise = np.random.default_rng(1)
    for i in range(120):
        grown = max(0, i - 60)
        cement = disc_mm(150.0, 130.0, 10 + 0.4 * grown, 4.0) if grown else None
        sway = (2.0 * np.sin(i / 9.0), 3.0 * np.sin(i / 9.0))
        # the folder's 16-bit numbers are taken as a display curve: a picture, not a measurement
        cv2.imwrite(str(folder / f"f{i}.png"), scene(cement, sway, noise) * 16)
    return folder


@pytest.fixture
def good_plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_bytes(plan_to_json(plan()))
    return path


def call(*arguments: object) -> int:
    return run([str(argument) for argument in arguments])


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    return lines[0]


def test_analyse_writes_the_files_of_the_contract(run_folder: Path, good_plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert call("analyse", run_folder, "--plan", good_plan, "--out", out, "--masks") == 0
    assert list(LEVEL_COLUMNS[: len(CONTRACT_LEVEL_COLUMNS)]) == CONTRACT_LEVEL_COLUMNS
    assert list(ALERT_COLUMNS) == CONTRACT_ALERT_COLUMNS
    with (out / "frames.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame"]) for row in rows] == list(range(120))
    assert float(rows[15]["time_s"]) == pytest.approx(1.0)
    assert rows[0]["state"] == "LEARNING"
    assert rows[0]["area_mm2"] == rows[0]["distance_posterior_wall_mm"] == ""
    assert rows[55]["state"] == "MONITORING"
    assert float(rows[55]["area_mm2"]) == 0.0
    assert rows[55]["distance_posterior_wall_mm"] == ""
    last = rows[-1]
    assert float(last["distance_posterior_wall_mm"]) < 0
    assert float(last["distance_posterior_wall_low_mm"]) < float(last["distance_posterior_wall_mm"])
    assert float(last["outside_mm2"]) > 5
    assert last["volume_ml"] == ""
    assert last["priority"] == "high"
    with (out / "alerts.csv").open(newline="") as file:
        alerts = list(csv.DictReader(file))
    leaks = [row for row in alerts if row["rule"] == "leak_canal"]
    assert [row["event"] for row in leaks] == ["raised"]
    assert (leaks[0]["structure"], leaks[0]["kind"], leaks[0]["priority"]) == ("canal", "clinical", "high")
    near = [row["time_s"] for row in alerts if row["rule"] == "near_posterior_wall"]
    assert float(near[0]) < float(leaks[0]["time_s"])
    summary = json.loads((out / "summary.json").read_text())
    assert summary["frames"] == 120
    assert summary["levels"]["L1"]["volume_ml"] is None
    assert [leak["class"] for leak in summary["levels"]["L1"]["leaks"]] == ["canal"]
    assert summary["source"]["times"] == "assumed"
    assert 0.5 < summary["monitored_time_fraction"] < 0.7
    masks = [f.to_ndarray(format="gray") for f in av.open(str(out / "masks.mkv")).decode(video=0)]
    assert len(masks) == 120
    assert masks[0].shape == (SIZE, SIZE)
    assert set(np.unique(masks[-1])) == {0, 255}
    # the mask lies on the frame, not on the reference: compare with the cement where it is now
    truth = disc_mm(150.0 + 2.0 * np.sin(119 / 9.0), 130.0 + 3.0 * np.sin(119 / 9.0), 10 + 0.4 * 59, 4.0) > 0
    found = masks[-1] > 0
    assert 2 * (truth & found).sum() / (truth.sum() + found.sum()) > 0.93


def test_the_same_input_gives_the_same_output(run_folder: Path, good_plan: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert call("analyse", run_folder, "--plan", good_plan, "--out", tmp_path / name, "--masks") == 0
    for file in ("frames.csv", "alerts.csv", "summary.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def spoil(good: Path, change: Any) -> Path:
    data = json.loads(good.read_text())
    change(data)
    path = good.with_name("spoilt.json")
    path.write_text(json.dumps(copy.deepcopy(data)))
    return path


BAD_PLANS = {
    "unknown key": (lambda d: d["views"][0].update(foo=1), "unknown field `foo`"),
    "no body": (lambda d: d["views"][0]["levels"][0].pop("body"), "lacks `body`"),
    "outside": (
        lambda d: d["views"][0]["levels"][0].update(body=[[90, 95], [300, 95], [300, 165], [90, 165]]),
        "outside the image",
    ),
    "nan": (lambda d: d["views"][0]["scale"].update(mm_per_px=float("nan")), "NaN is not a number"),
    "scale zero": (lambda d: d["views"][0]["scale"].update(mm_per_px=0), "must be above 0"),
    "scale negative": (lambda d: d["views"][0]["scale"].update(mm_per_px=-1), "must be above 0"),
    "other size": (
        lambda d: d["views"][0].update(image={"rows": 512, "columns": 512}),
        "made for images of 512",
    ),
    "no such frame": (lambda d: d["views"][0].update(reference_frame=5000), "frame 5000"),
}


@pytest.mark.parametrize("name", BAD_PLANS)
def test_a_bad_plan(
    name: str, run_folder: Path, good_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, said = BAD_PLANS[name]
    out = tmp_path / "out"
    assert call("analyse", run_folder, "--plan", spoil(good_plan, change), "--out", out) == 2
    assert said in one_line(capsys)
    assert not out.exists()


def make_bad_sources(folder: Path) -> dict[str, str]:
    (folder / "empty").mkdir()
    (folder / "text.dcm").write_text("this is no DICOM file, whatever its name\n" * 20)
    (folder / "cut.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\x02\x00\x00\x00UL\x04\x00\xff\x00")
    (folder / "no_frames.avi").write_bytes(b"RIFF\x00\x00\x00\x00AVI LIST")
    return {
        str(folder / "nothing.mp4"): "no such file",
        str(folder / "empty"): "no DICOM files and no images",
        str(folder / "text.dcm"): "text.dcm",
        str(folder / "cut.dcm"): "cut.dcm",
        str(folder / "no_frames.avi"): "no_frames.avi",
        "device:97": "device:97",
        "simulated:nonsense": "nonsense",
        "simulated:canal?seed=x": "seed must be a number",
        "simulated:canal?colour=red": "no setting 'colour'",
        "gopher://x/y": "gopher",
    }


def test_bad_sources(good_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    for source, said in make_bad_sources(tmp_path).items():
        assert call("analyse", source, "--plan", good_plan, "--out", out) == 2, source
        assert said in one_line(capsys), source
        assert not out.exists()


def test_an_output_folder_that_cannot_be_written(
    run_folder: Path, good_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "out"
    assert call("analyse", run_folder, "--plan", good_plan, "--out", out) == 2
    assert "cannot write to this folder" in one_line(capsys)
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["analyse"],
        ["analyse", "x", "--no-such-option"],
        ["simulate", "canal", "--size", "3", "--out", "o"],
    ],
)
def test_bad_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*arguments) == 2
    assert one_line(capsys).startswith("cementwatch: ")


def test_a_bad_configuration_names_the_key(
    run_folder: Path, good_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "c.toml"
    config.write_text("[alarm]\nstop_fractoin = 0.3\n")
    arguments = ("analyse", run_folder, "--plan", good_plan, "--out", tmp_path / "out", "--config", config)
    assert call(*arguments) == 2
    assert "alarm: Object contains unknown field `stop_fractoin`" in one_line(capsys)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    text = capsys.readouterr().out
    for command in (
        "demo",
        "live",
        "analyse",
        "simulate",
        "sources",
        "config",
        "archive",
        "verify",
        "export",
    ):
        assert command in text
        assert call(command, "--help") == 0
    assert "Not a medical device" in text


def test_the_command_line_starts_without_qt() -> None:
    code = "import sys; from ui.cli import run; run(['--help']); sys.exit('PyQt6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_a_cropped_screen_is_the_image_itself(run_folder: Path, good_plan: Path, tmp_path: Path) -> None:
    """The very same measurements, with a border and text around every frame and cut off again."""
    screens = tmp_path / "screens"
    screens.mkdir()
    for path in sorted(run_folder.iterdir())[:40]:
        screen = np.full((300, 500), 900, np.uint16)
        screen[20 : 20 + SIZE, 30 : 30 + SIZE] = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        cv2.imwrite(str(screens / path.name), screen)
    only = tmp_path / "only"
    only.mkdir()
    for path in screens.iterdir():
        (only / path.name).symlink_to(run_folder / path.name)
    direct, cut = tmp_path / "direct", tmp_path / "cut"
    assert call("analyse", only, "--plan", good_plan, "--out", direct) == 0
    assert call("analyse", screens, "--plan", good_plan, "--out", cut, "--crop", f"30,20,{SIZE},{SIZE}") == 0
    assert (cut / "frames.csv").read_bytes() == (direct / "frames.csv").read_bytes()


def test_a_plan_of_the_screen_does_not_fit_its_part(
    run_folder: Path, good_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert call("analyse", run_folder, "--plan", good_plan, "--out", out, "--crop", "0,0,200,200") == 2
    assert f"made for images of {SIZE} x {SIZE} px, the source has 200 x 200" in one_line(capsys)
    assert call("analyse", run_folder, "--plan", good_plan, "--out", out, "--crop", "100,0,200,200") == 2
    assert f"crop 100,0,200,200 does not lie within {SIZE} x {SIZE}" in one_line(capsys)
    assert call("analyse", run_folder, "--plan", good_plan, "--out", out, "--brand", " ") == 2
    assert "brand" in one_line(capsys)
    assert not out.exists()


def test_whoever_is_interrupted_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("monitor.sources.capture_list.capture_devices", pressed)
    assert run(["sources"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.strip() == "cementwatch: interrupted"
