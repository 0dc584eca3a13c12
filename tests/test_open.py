"""From what a user typed to a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import InputError
from recordings.open import open_source, simulation
from recordings.replay import RecordedSource
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from tests.recordings.test_replay import write_session


def test_a_simulated_procedure_with_settings() -> None:
    assert simulation("simulated:canal") == ("canal", SimulationSettings())
    name, settings = simulation(
        "simulated:vein?seed=3&size=256&fps=7.5&dose=10&kvp=70&duration=2&breathing=3"
    )
    assert name == "vein"
    assert settings == SimulationSettings(
        seed=3, size=256, frame_rate_hz=7.5, dose_ngy=10, kvp=70, duration_s=2, breathing_mm=3
    )
    assert simulation("simulated:canal?projection=ap")[1].projection == "ap"
    for typed in ("30% BaSO4", "30%25+BaSO4"):
        assert simulation(f"simulated:canal?cement={typed}")[1].cement == "30% BaSO4"
    source = open_source("simulated:canal?seed=3&size=256&duration=1")
    assert isinstance(source, SimulatedSource)
    with source:
        assert (source.info.rows, source.info.frame_count) == (256, 15)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("simulated:", "unknown simulated procedure ''"),
        ("simulated:nonsense", "there are quiet, clean, canal"),
        ("simulated:canal?seed=x", "seed must be a number without decimals, is 'x'"),
        ("simulated:canal?seed=2.5", "seed must be a number without decimals, is '2.5'"),
        ("simulated:canal?seed", "seed must be a number"),
        ("simulated:canal?seed=-1", "seed must be from 0"),
        ("simulated:canal?size=32", "size must be from 64 to 4096, is 32"),
        ("simulated:canal?dose=nan", "dose_ngy must be from"),
        ("simulated:canal?fps=0", "frame_rate_hz must be from"),
        ("simulated:canal?fps=inf", "frame_rate_hz must be from"),
        ("simulated:canal?projection=oblique", "projection must be lateral or ap"),
        ("simulated:canal?cement=gypsum", "cement must be one of"),
        ("simulated:canal?colour=red", "no setting 'colour'; there are: seed, size"),
        ("", "no such file"),
        ("no/such/folder", "no such file or folder"),
        ("n" * 5000, "no such file or folder"),
        ("a\0b", "no such file or folder"),
    ],
)
def test_what_cannot_be_a_source_is_one_line(spec: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        open_source(spec)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_session_is_replayed_and_any_other_folder_is_not(tmp_path: Path) -> None:
    write_session(tmp_path / "session")
    assert isinstance(open_source(str(tmp_path / "session")), RecordedSource)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no DICOM files and no images"):
        open_source(str(tmp_path / "empty"))
