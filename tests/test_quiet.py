"""Quiet hours: a tiny run, broken off and gone on with, adds up; what is reported follows from the rows."""

import json
from dataclasses import replace

import pytest

from benchmarks import quiet
from benchmarks.quiet_hours import run as quiet_run
from benchmarks.quiet_hours.parts import KINDS, SETS, draw, parts
from benchmarks.quiet_hours.report import poisson_upper, report
from benchmarks.quiet_hours.run import WATCHING, run
from monitor.config import Config


@pytest.fixture
def short(monkeypatch):
    """Parts of 5 s of few pixels: enough to learn and to watch for a moment."""

    def shorter(name):
        part = draw(name)
        settings = replace(
            part.settings, duration_s=5.0, size=160, mm_per_px=0.6, frame_rate_hz=7.5, injection_start_s=4.0
        )
        return replace(part, scenario="quiet", settings=settings)

    def five(group, hours):
        return [shorter(f"{group}-{k}") for k in range(max(1, round(hours * 720)))]

    monkeypatch.setattr(quiet_run, "draw", shorter)
    monkeypatch.setattr(quiet, "parts", five)


def _lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_resumes_and_adds_up(short, tmp_path, capsys):
    out = tmp_path / "quiet.jsonl"
    assert quiet.main(["--hours", str(1 / 720), "--out", str(out)]) == 0
    assert [row["part"] for row in _lines(out)] == ["tuning-0"]
    with out.open("a") as file:
        file.write('{"part": "tuning-1", "ver')  # broken off while writing
        file.write("\n" + json.dumps({**_lines_of_text(out)[0], "part": "tuning-1", "version": "old"}) + "\n")
    capsys.readouterr()
    assert quiet.main(["--hours", str(2 / 720), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    done = [row["part"] for row in _lines_of_text(out) if row["version"] == quiet.version()]
    assert done == ["tuning-0", "tuning-1"]  # the first was not run again, the old one was
    assert "1/1 tuning-1" in printed
    assert "2 parts, 0.00 h, 76 frames" in printed
    for row in _lines_of_text(out)[-1:]:
        assert row["frames"] == 38
        assert sum(row["states_s"].values()) == pytest.approx(38 / 7.5, abs=0.01)
        watched = sum(s for name, s in row["states_s"].items() if name in {s.name for s in WATCHING})
        assert row["watched_s"] == pytest.approx(watched, abs=0.01)
        assert row["settings"]["seed"] == draw("tuning-1").settings.seed
    assert quiet.main(["--report", "--out", str(out)]) == 0
    assert "2 parts" in capsys.readouterr().out
    assert len(_lines_of_text(out)) == 3


def _lines_of_text(path):
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def test_a_part_is_the_same_every_time_and_unlike_the_others():
    assert draw("tuning-7") == draw("tuning-7")
    drawn = [draw(f"{group}-{k}") for group in SETS for k in range(60)]
    assert len({part.settings.seed for part in drawn}) == len(drawn)
    assert {part.kind for part in drawn} == set(KINDS)
    assert {part.marks for part in drawn} == {"full", "body"}
    assert {part.settings.frame_rate_hz for part in drawn} == {7.5, 15.0, 30.0}
    assert all(60 <= part.seconds <= 120 for part in drawn)
    assert all(part.settings.size <= 512 for part in drawn)
    for part in drawn:
        for what in part.settings.disturbances:
            assert getattr(what, "at_s", 0.0) < part.seconds
    with pytest.raises(ValueError, match="tuning-NUMBER"):
        draw("elsewhere-3")


def test_hours_are_added_up_from_the_parts():
    found = parts("final", 0.3)
    assert sum(part.seconds for part in found) >= 0.3 * 3600 > sum(part.seconds for part in found[:-1])
    assert found == parts("final", 0.6)[: len(found)]


def test_the_bound_of_no_alarm_is_three_over_the_hours():
    assert poisson_upper(0, 10.0) == pytest.approx(0.2996, abs=1e-3)
    assert poisson_upper(3, 1.0) == pytest.approx(7.754, abs=1e-3)


def _row(name, kind, seconds, alarms=(), outside=0.0, watched=0.5, scenario="quiet"):
    return {
        **draw(name).row(),
        "kind": kind,
        "scenario": scenario,
        "seconds": seconds,
        "frames": int(seconds * 15),
        "outside_mm2": outside,
        "alarms": [{"rule": r, "at_s": 1.0, "message": "m", "state": "MONITORING"} for r in alarms],
        "alarm_up_s": {},
        "states_s": {"MONITORING": watched * seconds},
        "reasons_s": {},
        "after_first_s": 0.8 * seconds,
        "watched_s": watched * seconds,
        "took_s": 1.0,
        "rendering_s": 0.5,
    }


def test_the_report_counts_what_is_false_and_leaves_out_what_is_not():
    rows = [
        _row("tuning-0", "hand", 1800, ["leak_canal", "leak_canal", "near_vein"]),
        _row("tuning-1", "gas", 1800, ["leak_vein"], scenario="clean"),
        _row("tuning-2", "gas", 1800, ["leak_vein"] * 5, outside=3.0, scenario="clean"),
    ]
    text = report(rows)
    table = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.split()}
    assert "2 parts, 1.00 h" in text
    assert "1 more left out" in text
    first = text.split("of these")[0]
    assert [line.split()[1:3] for line in first.splitlines() if "leak_canal" in line] == [["2", "2.00"]]
    assert [line.split()[2:4] for line in first.splitlines() if "together" in line] == [["3", "3.00"]]
    assert table["near_vein"][:2] == ["1", "2.00"]
    assert table["hand"] == ["0.50", "50.0", "%", "62.5", "%", "2", "4.00"]
    assert text.count("--replay tuning-0") == 3
    assert "tuning-2" not in text


def test_cement_inside_the_body_makes_nearness_true(short):
    part = quiet_run.draw("tuning-3")
    clean = replace(part, scenario="clean", settings=replace(part.settings, injection_start_s=1.0))
    row = run(clean, Config())
    assert row["outside_mm2"] == 0
    assert not any(a["rule"].startswith("near_") for a in row["alarms"])
    assert row["frames"] == 38


def test_replay_tells_of_states_and_pictures(short, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(quiet, "draw", quiet_run.draw)
    assert quiet.main(["--replay", "tuning-0", "--pictures", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert '"part": "tuning-0"' in printed
    assert " s  LEARNING: " in printed
