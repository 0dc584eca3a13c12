"""`cementwatch live` on two sources at once: two whole sessions, one row of alarms."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.config import Config
from monitor.plan import Plan, plan_to_json
from monitor.states import State
from recordings.open import open_source
from recordings.session import open_session
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from ui.biplane import SECOND_FOLDER, biplane_run
from ui.cli import run

LATERAL = "simulated:canal?seed=3&size=256&duration=2"
AP = "simulated:canal?seed=3&size=256&duration=2&projection=ap"


def two_views() -> Plan:
    plans = [
        plan_for("canal", SimulationSettings(seed=3, size=256, duration_s=2.0, projection=projection))
        for projection in ("lateral", "ap")
    ]
    return msgspec.structs.replace(plans[0], views=(plans[0].views[0], plans[1].views[0]))


@pytest.fixture
def both(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_bytes(plan_to_json(two_views()))
    return path


def call(*arguments: object) -> int:
    return run([str(argument) for argument in arguments])


def test_each_plane_is_watched_on_its_own_view_and_kept_whole(
    both: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "session"
    assert call("live", LATERAL, "--plan", both, "--second", AP, "--session", folder, "--headless") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split(":")[0] for line in out.splitlines()[-3:-1]] == ["lateral", "ap"]
    for kept_in, source in ((folder, LATERAL), (folder / SECOND_FOLDER, AP)):
        kept = open_session(kept_in)
        assert kept.about.complete
        log = kept.log()
        with open_source(source) as original:
            first = original.read()
        reader = kept.frames()
        assert np.array_equal(reader.read(0).pixels, first.pixels)
        reader.close()
        counters = json.loads(log.events[-1]["data"])
        assert counters["captured"] == 30 == counters["written"]
        assert counters["captured"] == counters["processed"] + counters["superseded"]
        for path in kept_in.iterdir():
            assert path.stat().st_mode & 0o077 == 0


def test_planes_can_be_told_apart_the_other_way_round(both: Path, tmp_path: Path) -> None:
    plan = two_views()
    sources = (open_source(AP), open_source(LATERAL))
    with biplane_run(sources, plan, Config(), None, ("ap", None)) as runs:
        assert [run.view.name for run in runs] == ["ap", "lateral"]
        assert runs[0].asked_to_stop is runs[1].asked_to_stop
        # each is judged on its own: nothing of one is said of the other
        seen = [run.observer.look() for run in runs]
        assert all(look.health.state is not State.MONITORING for look in seen)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--second-view", "ap"), "--second-view needs the --second source that shows it"),
        (
            ("--second", AP, "--second-view", "lateral", "--view", "lateral"),
            "both sources were given the view",
        ),
        (("--second", AP, "--second-view", "oblique"), "no view 'oblique'"),
        (("--second", "gone.mp4"), "gone.mp4"),
        (("--second", AP, "--profile", "room.json"), "--profile is of one plane"),
    ],
)
def test_what_cannot_be_two_planes_is_said_in_a_line(
    arguments: tuple[str, ...], says: str, both: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "session"
    assert call("live", LATERAL, "--plan", both, "--session", folder, "--headless", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert says in err


def test_two_sources_need_two_views(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = tmp_path / "one.json"
    plan = two_views()
    one.write_bytes(plan_to_json(msgspec.structs.replace(plan, views=plan.views[:1])))
    assert call("live", LATERAL, "--plan", one, "--second", AP, "--headless") == 2
    assert "two sources need a plan with two views" in capsys.readouterr().err
