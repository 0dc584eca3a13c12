"""Scores: each measure by itself, and what holds whatever was done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from recordings.training.facts import Danger, Moment
from recordings.training.scoring import HUMAN_REACTION_S, PARTS, Scoring, read_scoring, score
from recordings.training.verdict import reaction_words, verdict
from tests.training.made import facts
from tests.training.test_injection import presses

USUAL = Scoring()


@settings(max_examples=60)
@given(presses(), st.floats(8, 30) | st.none(), st.booleans(), st.floats(0, 3), st.floats(0, 1))
def test_whatever_is_done_a_score_is_none_or_from_0_to_100(
    held, danger_s: float | None, may_leak: bool, injected_ml: float, leaked_ml: float
) -> None:
    dangers = () if danger_s is None else (Danger("leak", "canal", "L1", danger_s),)
    moments = tuple(replace(m, leaked_ml=leaked_ml) for m in facts().moments[::15])
    made = score(
        facts(dangers=dangers, may_leak=may_leak, injected_ml=injected_ml, moments=moments), held, USUAL
    )
    assert made.total is None or 0 <= made.total <= 100
    assert set(made.parts) == set(PARTS)
    assert all(part is None or 0 <= part <= 1 for part in made.parts.values())
    assert made.reaction_s is None or made.reaction_s > 0
    if made.reaction_s is not None:
        assert made.over_human_s == pytest.approx(made.reaction_s - HUMAN_REACTION_S)
        assert made.stopped_before_s is None
    assert (made.missed is None) == (not may_leak)
    assert verdict(made)
    assert bool(reaction_words(made)) == (made.reaction_s is not None)


@given(st.floats(0.01, 5), st.floats(0.01, 5))
def test_who_lets_go_sooner_never_scores_less_for_it(sooner_s: float, later_s: float) -> None:
    first, second = sorted((sooner_s, later_s))
    a, b = (score(facts(), ((8.0, 20.0 + after),), USUAL) for after in (first, second))
    assert a.parts["reaction"] >= b.parts["reaction"]
    assert a.total >= b.total


def test_the_reaction_begins_with_the_first_danger_that_can_be_seen() -> None:
    made = score(
        facts(
            dangers=(
                Danger("near", "posterior_wall", "L1", 18.0),
                Danger("leak", "canal", "L1", 20.0),
                Danger("leak", "vein", "L1", None),
            )
        ),
        ((8.0, 19.2),),
        USUAL,
    )
    assert made.danger == "near"
    assert made.reaction_s == pytest.approx(1.2)
    assert made.released_s == 19.2
    assert verdict(made)[0] == "you stopped 1.2 s after cement came near to the posterior wall"
    assert reaction_words(made) == "0.9 s longer than releasing a switch takes (0.32 s)"


def test_who_never_lets_go_has_missed_it() -> None:
    made = score(facts(), ((8.0, None),), USUAL)
    assert (made.reaction_s, made.parts["reaction"], made.missed) == (None, 0.0, 1)
    assert verdict(made)[0] == "you did not stop after cement entered the spinal canal"


def test_who_goes_on_after_a_stop_has_missed_it_too() -> None:
    made = score(facts(), ((8.0, 20.5), (24.0, 26.0)), USUAL)
    assert made.reaction_s == pytest.approx(0.5)
    assert made.missed == 1
    assert score(facts(), ((8.0, 20.5), (24.0, 25.0)), USUAL).missed == 0


def test_a_stop_before_the_danger_is_no_reaction() -> None:
    made = score(facts(), ((8.0, 19.0),), USUAL)
    assert (made.reaction_s, made.parts["reaction"]) == (None, None)
    assert made.stopped_before_s == pytest.approx(1.0)
    assert verdict(made)[0] == "you had stopped 1.0 s before cement entered the spinal canal"


@pytest.mark.parametrize(
    ("held", "changed", "needless"),
    [
        (((8.0, 10.0), (13.0, 20.5)), {}, 1),
        (((8.0, 10.0), (11.5, 20.5)), {}, 0),  # short
        (((8.0, 16.0), (19.0, 20.5)), {}, 0),  # something was near
        (((8.0, 10.0), (13.0, 20.5)), {"excused_s": ((9.0, 14.0),)}, 0),
        (((8.0, 10.0), (13.0, 20.5)), {"waits_s": (9.5,)}, 0),
        (((8.0, 10.0),), {"dangers": (), "injected_ml": 0.3}, 1),
        (((8.0, 10.0),), {"dangers": (), "injected_ml": 0.97}, 0),  # the work is done
    ],
)
def test_stops_without_a_reason(held, changed, needless: int) -> None:
    assert score(facts(**changed), held, USUAL).needless == needless


def test_what_is_not_known_is_none() -> None:
    made = score(facts(moments=(), injected_ml=None, planned_ml=None, safe_ml=None), ((8.0, 20.4),), USUAL)
    assert (made.needless, made.leaked_ml, made.closest_mm, made.target_ml) == (None, None, {}, None)
    assert made.parts == {
        "reaction": 1.0, "distance": None, "leaked": None, "missed": 1.0, "needless": None, "volume": None
    }  # fmt: skip
    assert made.total == 100
    assert score(facts(injected_ml=0.05), ((8.0, 8.4),), USUAL).total is None
    assert score(facts(), (), USUAL).total is None


def test_closest_is_the_closest_that_was_known() -> None:
    moments = tuple(
        Moment(8 + k, {"posterior_wall": mm}, 0.0, False) for k, mm in enumerate((None, 6.0, 1.5, 4.0))
    )
    made = score(facts(moments=moments), ((8.0, 20.4),), USUAL)
    assert made.closest_mm == {"posterior_wall": 1.5}
    assert made.parts["distance"] == pytest.approx(0.5)


def test_weights_come_from_a_file_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("[scoring]\nweight_volume = 0\nslowest_s = 2.0\n")
    made = read_scoring(path)
    assert (made.weight_volume, made.slowest_s, made.near_mm) == (0.0, 2.0, 3.0)
    for text, says in (
        ("[scoring]\nweight_volum = 1\n", "weight_volum"),
        ("[scoring]\nnear_mm = 200.0\n", "scoring.near_mm"),
        ("[scoring\n", "not TOML"),
        ("[scoring]\n" + "".join(f"weight_{part} = 0\n" for part in PARTS), "at least one weight"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=says):
            read_scoring(path)
    with pytest.raises(ConfigError, match="cannot read"):
        read_scoring(tmp_path / "none.toml")
