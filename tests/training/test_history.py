"""What is kept of trainees outlives crashes, and what it says of help is honest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import InputError, SourceError
from recordings.training.benefit import FEWEST_PAIRS, MEASURES, benefit_of
from recordings.training.history import (
    History,
    add_attempt,
    data_folder,
    path_of,
    read_history,
    trainee_name,
    trainees,
)
from tests.training.made import attempt


def test_attempts_come_back_in_order(tmp_path: Path) -> None:
    made = [attempt("back", total=float(k)) for k in range(3)]
    for one in made:
        add_attempt(tmp_path, " Ann  Müller ", one)
    history = read_history(tmp_path, "ann müller")
    assert history == History("Ann Müller", tuple(made))
    assert read_history(tmp_path, "Bob").attempts == ()
    assert [one.trainee for one in trainees(tmp_path)] == ["Ann Müller"]
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o077 == 0


@settings(max_examples=50)
@given(st.text(max_size=80))
def test_no_name_leads_out_of_the_folder(typed: str) -> None:
    folder = Path("/records")
    try:
        path = path_of(folder, typed)
    except InputError:
        return
    assert path.parent == folder
    assert path.name.removesuffix(".jsonl").isalnum()
    assert path.name.isascii()
    assert trainee_name(trainee_name(typed)) == trainee_name(typed)


@pytest.mark.parametrize("typed", ["", "   ", "x" * 61, "a\x00b", "a\x1b[2Jb"])
def test_names_that_are_none(typed: str) -> None:
    with pytest.raises(InputError, match="trainee"):
        trainee_name(typed)


def test_a_line_cut_anywhere_costs_that_line_alone(tmp_path: Path) -> None:
    first, second = attempt(total=1.0), attempt(total=2.0)
    add_attempt(tmp_path, "Ann", first)
    path = path_of(tmp_path, "Ann")
    whole = path.read_bytes()
    add_attempt(tmp_path, "Ann", second)
    longer = path.read_bytes()
    for end in range(len(whole), len(longer), 7):
        path.write_bytes(longer[:end])
        seen = read_history(tmp_path, "Ann")
        assert seen.attempts[:1] == (first,)
        assert len(seen.attempts) + seen.damaged == 1 + (end > len(whole))
        third = attempt(total=3.0)
        add_attempt(tmp_path, "Ann", third)
        assert read_history(tmp_path, "Ann").attempts[-1] == third


def test_what_is_no_history_is_said(tmp_path: Path) -> None:
    path = path_of(tmp_path, "Ann")
    for text in ("", "{}", '{"schema": "x/1", "trainee": "Ann"}\n', "[" * 100_000):
        path.write_text(text)
        with pytest.raises(SourceError, match=path.name):
            read_history(tmp_path, "Ann")
        assert trainees(tmp_path) == ()
    path.write_text('{"schema":"cementwatch.training/1","trainee":"Bob"}\n')
    assert trainees(tmp_path) == ()  # somebody else's name under this digest


def test_where_it_belongs() -> None:
    assert data_folder({"XDG_DATA_HOME": "/d"}) == Path("/d/cementwatch/training")
    assert data_folder({"XDG_DATA_HOME": "d", "HOME": "/h"}) == Path("/h/.local/share/cementwatch/training")


def _history(differences: list[float]) -> History:
    attempts = []
    for k, difference in enumerate(differences):
        attempts += [
            attempt(f"e{k}", with_help=True, total=60.0 + difference),
            attempt(f"e{k}", with_help=False, total=60.0),
        ]
    return History("Ann", tuple(attempts))


def test_the_benefit_is_a_difference_over_pairs() -> None:
    found = benefit_of([_history([10, 12, 8, 11, 9, 10])], "score")
    assert (found.pairs, found.difference) == (6, pytest.approx(10.0))
    assert found.low is not None
    assert 8 <= found.low < 10 < found.high <= 12
    assert found.words.endswith("over 6 pairs: better with help")
    assert benefit_of([_history([10, 12, 8, 11, 9, 10])], "score") == found


def test_too_few_pairs_say_so() -> None:
    assert benefit_of([], "score").words == "no exercise was done both with and without help"
    found = benefit_of([_history([30.0] * (FEWEST_PAIRS - 1))], "score")
    assert (found.low, found.high) == (None, None)
    assert "too few to say anything" in found.words
    assert "no difference shown" in benefit_of([_history([20, -20, 15, -14, 3, -5])], "score").words


def test_only_what_a_person_did_twice_is_a_pair() -> None:
    attempts = (
        attempt("a", with_help=True), attempt("b", with_help=False),
        attempt("c", with_help=True, total=None), attempt("c", with_help=False),
        attempt("d", with_help=True, scripted=True), attempt("d", with_help=False),
        # several attempts of a kind are one
        attempt("e", with_help=True, total=70.0), attempt("e", with_help=True, total=90.0),
        attempt("e", with_help=False, total=50.0),
    )  # fmt: skip
    found = benefit_of([History("Ann", attempts)], "score")
    assert (found.pairs, found.with_help, found.without_help) == (1, 80.0, 50.0)


def test_less_is_better_where_it_is() -> None:
    quick = [attempt(f"e{k}", with_help=help_, reaction_s=0.5 if help_ else 1.0 + 0.01 * k)
             for k in range(6) for help_ in (True, False)]  # fmt: skip
    assert benefit_of([History("Ann", tuple(quick))], "reaction").words.endswith("better with help")
    assert set(MEASURES) >= {"score", "reaction", "closest"}
