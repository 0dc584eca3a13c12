"""A short round of `benchmarks.damage`: what is damaged is told, never wrong, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.damage import CONTAINERS, damage, folders, outcome


@pytest.mark.parametrize("container", CONTAINERS)
def test_damage_is_told(container: str, tmp_path: Path) -> None:
    folder, truth = folders(tmp_path, 200)[container]
    found = damage(container, folder, truth, 80, 40, 5)
    assert found == {"cuts": {"told": 80}, "flips": {"told": 40}}


def test_what_is_wrong_would_be_seen(tmp_path: Path) -> None:
    folder, truth = folders(tmp_path, 200)["frames.mcap"]
    assert outcome(folder, truth) == "right"
    less = dict(truth.frames)
    del less[0]
    assert outcome(folder, truth.__class__(less, truth.gaps, truth.events)) == "wrong"
    assert outcome(folder, truth.__class__(truth.frames, truth.gaps[1:], truth.events)) == "wrong"
    more = truth.frames | {99: truth.frames[0]}
    assert outcome(folder, truth.__class__(more, truth.gaps, truth.events)) == "wrong"
