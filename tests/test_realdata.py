"""Real fluoroscopy through `cementwatch analyse`: what must not alarm, what must, what is too poor."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.plan import SCHEMA, Level, Plan, Scale, View, plan_to_json
from ui.cli import run

REALDATA = Path(__file__).resolve().parents[2] / "shared" / "realdata"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not REALDATA.is_dir(), reason="no ../shared/realdata beside the project"),
]

Box = tuple[int, int, int, int]
"""x from, x to, y from, y to (px)."""


@dataclass(frozen=True)
class Analysed:
    frames: list[dict[str, str]]
    alerts: list[dict[str, str]]
    summary: dict[str, Any]

    def outside_mm2(self) -> list[float]:
        return [float(row["outside_mm2"]) for row in self.frames if row["outside_mm2"]]

    def leaks(self) -> set[str]:
        return {row["rule"] for row in self.alerts if row["rule"].startswith("leak_")}


def write_plan(path: Path, box: Box, mm_per_px: float, *, walls: bool) -> Path:
    x0, x1, y0, y1 = box
    marks: dict[str, Any] = {}
    if walls:
        marks = {
            "posterior_wall": ((x1, y0), (x1, y1)),
            "anterior_wall": ((x0, y0), (x0, y1)),
            "superior_endplate": ((x0, y0), (x1, y0)),
            "inferior_endplate": ((x0, y1), (x1, y1)),
        }
    level = Level("L1", ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), **marks)
    view = View("lateral", "lateral", Scale(mm_per_px, 0.05, "test"), (level,))
    path.write_bytes(plan_to_json(Plan(SCHEMA, (view,))))
    return path


def analyse(
    name: str, box: Box, mm_per_px: float, tmp_path: Path, *, walls: bool = True, rate: float | None = None
) -> Analysed:
    marked = write_plan(tmp_path / "plan.json", box, mm_per_px, walls=walls)
    out = tmp_path / "out"
    more = [] if rate is None else ["--frame-rate", str(rate)]
    assert run(["analyse", str(REALDATA / name), "--plan", str(marked), "--out", str(out), *more]) == 0
    tables = []
    for table in ("frames.csv", "alerts.csv"):
        with (out / table).open(newline="", encoding="utf-8") as file:
            tables.append(list(csv.DictReader(file)))
    return Analysed(*tables, json.loads((out / "summary.json").read_text()))


@pytest.mark.parametrize(
    ("name", "count"), [("fluoro_loop_1", 14), ("fluoro_loop_2", 12), ("cine_5", 16), ("cine_6", 9)]
)
@pytest.mark.parametrize("walls", [True, False], ids=["walls", "body alone"])
@pytest.mark.parametrize("box", [(150, 250, 180, 260), (250, 350, 200, 290), (60, 140, 60, 130)])
def test_a_phantom_in_which_nothing_happens_leaks_nothing(
    name: str, count: int, walls: bool, box: Box, tmp_path: Path
) -> None:
    """The start-up of the exposure over the first frames included."""
    found = analyse(f"xa_ge/{name}.dcm", box, 0.35, tmp_path, walls=walls)
    assert len(found.frames) == count
    assert found.leaks() == set()
    assert max(found.outside_mm2(), default=0.0) == 0.0
    # shorter than learning takes: no state claims more than it knows
    assert set(found.summary["frames_by_state"]) <= {"LEARNING", "NOT MONITORING"}


def test_the_scale_of_a_header_is_told_beside_the_plan(tmp_path: Path) -> None:
    cine = analyse("xa_ge/cine_5.dcm", (150, 250, 180, 260), 0.35, tmp_path)
    assert cine.summary["source"]["columns"] == 512
    loop = analyse("xa_ge/fluoro_loop_1.dcm", (150, 250, 180, 260), 0.35, tmp_path)
    assert loop.summary["scale_of_header_mm_per_px"] is None
    assert loop.summary["levels"]["L1"]["volume_ml"] is None


@pytest.mark.parametrize("rate", [None, 7.5, 15.0, 30.0])
@pytest.mark.parametrize("box", [(20, 100, 130, 210), (10, 95, 120, 205), (30, 105, 120, 200)])
def test_contrast_that_runs_into_vessels_is_seen(box: Box, rate: float | None, tmp_path: Path) -> None:
    """The nearest real thing to cement that runs into a vein: it begins with the run's second frame."""
    found = analyse("coronary_run", box, 0.22, tmp_path, rate=rate)
    assert len(found.frames) == 37
    assert max(found.outside_mm2()) > 20
    assert found.leaks()
    assert {row["priority"] for row in found.alerts if row["rule"].startswith("leak_")} <= {"medium", "high"}
    # no rate is given in such pictures: what was assumed is told
    assert found.summary["source"]["times"] == ("assumed" if rate is None else "source")


def test_without_walls_no_side_is_guessed(tmp_path: Path) -> None:
    found = analyse("coronary_run", (20, 100, 130, 210), 0.22, tmp_path, walls=False)
    assert "leak_outside" in found.leaks()
    assert found.leaks() <= {"leak_outside", "leak_disc_superior", "leak_disc_inferior"}
    assert max(found.outside_mm2()) > 20


@pytest.mark.parametrize("box", [(450, 600, 400, 520), (400, 560, 600, 720), (480, 640, 250, 370)])
def test_an_image_too_poor_to_watch_is_called_so_in_every_frame(box: Box, tmp_path: Path) -> None:
    found = analyse("video/ap_abdomen_pan.avi", box, 0.25, tmp_path)
    assert len(found.frames) == 99
    for row in found.frames:
        assert row["state"] == "NOT MONITORING"
        assert row["area_mm2"] == row["distance_posterior_wall_mm"] == row["volume_ml"] == ""
        assert any(word in row["reason"] for word in ("too dark", "too poor", "table", "moved", "changed"))
    assert sum("too dark at L1" in row["reason"] for row in found.frames) > 80
    assert found.summary["monitored_time_fraction"] == 0.0
    assert {row["rule"] for row in found.alerts} == {"not_monitoring"}


@pytest.mark.parametrize("syntax", ["J2KR", "JLSL", "JPLL", "RLE"])
def test_one_image_in_four_syntaxes(syntax: str, tmp_path: Path) -> None:
    found = analyse(f"xa_nema/XA1_{syntax}", (400, 560, 400, 520), 0.2, tmp_path)
    assert [row["state"] for row in found.frames] == ["LEARNING"]
    assert (found.summary["source"]["rows"], found.summary["source"]["columns"]) == (1024, 1024)
    assert found.alerts == []


def test_a_syntax_that_cannot_be_decoded_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marked = write_plan(tmp_path / "plan.json", (400, 560, 400, 520), 0.2, walls=True)
    out = tmp_path / "out"
    source = REALDATA / "xa_nema" / "XA1_JPLY"
    assert run(["analyse", str(source), "--plan", str(marked), "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert str(source) in captured.err
    assert "frame 0 cannot be decoded" in captured.err
    assert not out.exists()
