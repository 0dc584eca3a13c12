"""Names that are proposed, and what becomes of the others when one is corrected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.planning.level_names import ORDER, neighbour_of, proposed_name, renamed


@pytest.mark.parametrize(
    ("below_px", "name"), [(90, "L2"), (-90, "T12"), (180, "L3"), (-270, "T10"), (130, "L2"), (40, "L2")]
)
def test_the_next_is_named_by_where_it_lies(below_px: float, name: str) -> None:
    assert proposed_name([("L1", (200.0, 300.0))], (205.0, 300.0 + below_px), pitch_px=90.0) == name


def test_the_nearest_counts() -> None:
    named = [("T12", (200.0, 100.0)), ("L2", (200.0, 280.0))]
    assert proposed_name(named, (200.0, 365.0), pitch_px=90.0) == "L3"


def test_nothing_is_proposed_beyond_the_ends_or_beside_a_name_of_another_kind() -> None:
    assert proposed_name([("S1", (0.0, 0.0))], (0.0, 90.0), 90.0) is None
    assert proposed_name([("phantom", (0.0, 0.0))], (0.0, 90.0), 90.0) is None


@given(st.integers(0, len(ORDER) - 1), st.integers(-30, 30))
def test_there_and_back(start: int, steps: int) -> None:
    there = neighbour_of(ORDER[start], steps)
    if there is not None:
        assert neighbour_of(there, -steps) == ORDER[start]


def test_a_corrected_name_shifts_the_others_unless_one_would_fall_off() -> None:
    assert renamed(("L1", "L2", "L3"), 1, "L1") == ("T12", "L1", "L2")
    assert renamed(("L4", "L5", "S1"), 0, "L5") == ("L5", "L5", "S1")
    assert renamed(("L1", "phantom"), 0, "L2") == ("L2", "phantom")
