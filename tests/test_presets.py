"""Presets lie under the user's own keys, and the written configuration says all there is to say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_type_hints

import pytest

from monitor.config import Config, config_to_toml, parse_config, read_config
from monitor.config_sources import KEY_SOURCES, SECTION_SOURCES
from monitor.errors import ConfigError
from monitor.preset import preset_names, preset_text
from ui.cli import run

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_names_only_what_differs_and_says_why(name: str) -> None:
    text = preset_text(name)
    keys = {(section, key) for section, body in tomllib.loads(text).items() for key in body}
    config = parse_config(text, name)
    for section, key in keys:
        assert getattr(getattr(config, section), key) != getattr(getattr(Config(), section), key)
    lines = text.splitlines()
    assert lines[0].startswith("# ")
    for i, line in enumerate(lines):
        if "=" in line and not line.startswith("#"):
            assert lines[i - 1].startswith("# ")


def test_the_presets_that_there_are() -> None:
    assert set(preset_names()) == {
        "dose-high", "dose-low", "dose-normal", "pulses-4", "pulses-7.5", "pulses-15", "pulses-30",
    }  # fmt: skip


def test_later_presets_and_then_the_users_keys_win() -> None:
    slow = parse_config('preset = ["pulses-4"]', "c")
    assert slow.gate.assumed_frame_rate_hz == 4.0
    assert slow != Config()
    both = parse_config('preset = ["pulses-4", "pulses-30"]', "c")
    assert both.gate.assumed_frame_rate_hz == 30.0
    own = parse_config('preset = ["pulses-4"]\n[gate]\nassumed_frame_rate_hz = 5.0', "c", ["pulses-30"])
    assert own.gate.assumed_frame_rate_hz == 5.0
    assert parse_config(config_to_toml(slow), "written") == slow


def test_an_unknown_preset_is_one_line_that_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no preset 'fast'; there are: dose-high, .*pulses-7\.5"):
        parse_config('preset = ["fast"]', "c")
    with pytest.raises(ConfigError, match="must be a list of names"):
        parse_config("preset = 7", "c")
    file = tmp_path / "c.toml"
    file.write_text('preset = ["../config"]\n')
    with pytest.raises(ConfigError) as caught:
        read_config(file)
    assert str(caught.value).startswith(f"{file}: no preset")


def test_the_command_line_takes_presets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(
        '{"schema": "cementwatch.plan/1", "views": [{"name": "v", "projection": "lateral", '
        '"scale": {"mm_per_px": 0.4}, "levels": [{"name": "L1", "body": [[9, 9], [99, 9], [99, 99]]}]}]}'
    )
    arguments = ["analyse", "simulated:clean", "--plan", str(plan), "--out", str(tmp_path / "out")]
    assert run([*arguments, "--preset", "pulses-9"]) == 2
    said = capsys.readouterr().err
    assert "no preset 'pulses-9'; there are: " in said
    assert said.count("\n") == 1
    assert run([*arguments, "--polarity", "white"]) == 2
    assert "polarity must be cement-dark or cement-bright, is 'white'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_every_key_is_written_with_unit_default_range_and_source() -> None:
    lines = config_to_toml(parse_config('preset = ["pulses-4"]', "c")).splitlines()
    defaults = tomllib.loads(config_to_toml(Config()))
    section = ""
    for i, line in enumerate(lines):
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            key = line.split(" = ")[0]
            note = lines[i - 1]
            assert re.search(r"; -?[\d.e-]+ to [\d.e-]+; source: \S", note), line
            stated = re.search(r"; default ([\d.e-]+);", note)
            assert stated is not None, line
            assert float(stated[1]) == pytest.approx(defaults[section][key], rel=1e-5)
            unit = re.search(r"_(mm2|mm_s|mm|s|hz|ml|rad)$", key)
            per = key.endswith(("_per_mm", "_per_px"))
            if unit and not per:
                written = {"mm_s": "mm/s", "hz": "Hz", "ml": "mL"}.get(unit[1], unit[1])
                assert re.search(rf"\({re.escape(written)}\b", note), line
                assert "no unit" not in note, line


def test_every_source_belongs_to_a_key_that_there_is() -> None:
    sections = {name for name in get_type_hints(Config) if name != "brands"}
    assert set(SECTION_SOURCES) == sections
    for place in KEY_SOURCES:
        section, _, key = place.partition(".")
        assert hasattr(getattr(Config(), section), key), place


def test_presets_are_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["package-data"]["monitor"] == ["presets/*.toml"]


def test_the_vendors_filter_is_told(tmp_path: Path) -> None:
    from recordings.analysis import analyse
    from recordings.simulated.marks import plan_of
    from recordings.simulated.scene import build_scene
    from recordings.simulated.settings import SimulationSettings
    from recordings.simulated.source import SimulatedSource

    told = {}
    for weight in (0.0, 0.5):
        settings = SimulationSettings(
            seed=2, size=256, duration_s=7.0, recursive_filter=weight, lag=0.0, breathing_mm=0.0
        )
        plan = plan_of(build_scene("clean", settings))
        out = tmp_path / f"{weight}"
        summary = analyse(
            SimulatedSource("clean", settings), plan, out, Config(), software_version="t", plan_name="p"
        )
        (level,) = summary["levels"].values()
        told[weight] = level["noise_correlation"]
    assert told[0.0] == pytest.approx(0.0, abs=0.1)
    assert told[0.5] == pytest.approx(0.5, abs=0.12)
