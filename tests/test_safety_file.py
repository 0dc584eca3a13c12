"""The safety file has no holes: every hazard has a requirement, every requirement tests that there are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from monitor.rule_table import RULES
from tests.safety_file import (
    ROOT,
    Requirement,
    SafetyFile,
    disturbances,
    hazards_as_markdown,
    holes,
    read_safety_file,
    reason_codes,
    requirements_as_markdown,
)

TAKEN_FROM_ELSEWHERE = {
    "monitor/level.py: located.disturbed",
    "monitor/level.py: code",  # located.disturbed, or what stands in its place
    "monitor/level.py: reason.code",  # the same reason with other words
    "recordings/believed.py: str(each.get('code', ''))",  # as it was written into a log
}
NO_REASON = {"found"}
"""A disturbance that is good news: bone that was too faint can be followed; LEARNING says so."""


@pytest.fixture(scope="module")
def table() -> SafetyFile:
    return read_safety_file()


@pytest.fixture(scope="module")
def codes() -> set[str]:
    plain, _ = reason_codes()
    return plain | (disturbances() - NO_REASON)


@pytest.fixture(scope="module")
def collected(table: SafetyFile, request: pytest.FixtureRequest) -> set[str]:
    """Tests that run everywhere: those of this run, and where it is of a part only those of their files.

    A test that needs recordings that are not part of the repository shows nothing where they are absent.
    """
    there = {
        item.nodeid.partition("[")[0]
        for item in request.session.items
        if item.get_closest_marker("realdata") is None
    }
    missing = {test for requirement in table.requirement for test in requirement.tests} - there
    files = sorted({name for test in missing if (ROOT / (name := test.partition("::")[0])).is_file()})
    if files:
        asked = ["--collect-only", "-q", "-m", "not realdata", "-p", "no:xdist", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-o", "addopts=", *asked, *files],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        there |= {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    return there


def test_there_is_no_hole(table: SafetyFile, collected: set[str], codes: set[str]) -> None:
    assert holes(table, collected, codes) == []


def test_every_code_of_a_reason_is_found() -> None:
    plain, indirect = reason_codes()
    assert indirect == TAKEN_FROM_ELSEWHERE
    assert {"no_image", "image_held", "watchdog", "zoom", "calibration", "polarity"} <= plain
    assert {"moved", "contrast_changed", "lost"} <= disturbances()


def test_every_rule_is_in_the_table_of_alarms() -> None:
    alarms = (ROOT / "docs" / "alarms.md").read_text("utf-8")
    assert [name for name in RULES if f"| `{name}` |" not in alarms] == []


def test_the_documents_are_the_table(table: SafetyFile) -> None:
    docs = ROOT / "docs"
    assert (docs / "hazards.md").read_text("utf-8") == hazards_as_markdown(table)
    assert (docs / "requirements.md").read_text("utf-8") == requirements_as_markdown(table)


def test_the_documents_claim_nothing_and_know_each_other() -> None:
    docs = ROOT / "docs"
    use = (docs / "intended-use.md").read_text("utf-8")
    assert "not a medical device" in use
    for name in ("hazards.md", "requirements.md", "intended-use.md"):
        assert f"docs/{name}" in (ROOT / "README.md").read_text("utf-8")
    said = " ".join((docs / name).read_text("utf-8").lower() for name in ("hazards.md", "requirements.md"))
    assert "conforms to" not in said
    assert "complies with" not in said


@dataclass(frozen=True)
class Hole:
    """A table that was whole, with something taken out of it, and what must be said."""

    name: str
    made: Callable[[SafetyFile], SafetyFile]
    said: str


def with_first(table: SafetyFile, **changes: object) -> SafetyFile:
    first, *others = table.requirement
    return msgspec.structs.replace(table, requirement=(msgspec.structs.replace(first, **changes), *others))


def without(table: SafetyFile, keep: Callable[[Requirement], Requirement]) -> SafetyFile:
    return msgspec.structs.replace(table, requirement=tuple(keep(r) for r in table.requirement))


def bare(field: str, name: str) -> Callable[[SafetyFile], SafetyFile]:
    def drop(requirement: Requirement) -> Requirement:
        left = tuple(known for known in getattr(requirement, field) if known != name)
        return msgspec.structs.replace(requirement, **{field: left})

    return lambda table: without(table, drop)


def shown_by(test: str) -> Callable[[SafetyFile], SafetyFile]:
    return lambda table: with_first(table, tests=(test,))


NO_SUCH_TEST = "tests/monitor/test_rules.py::test_that_nobody_wrote"
NO_SUCH_FILE = "tests/test_that_is_not_there.py::test_x"
NEEDS_DATA = "tests/test_realdata.py::test_contrast_that_runs_into_vessels_is_seen"
HOLES = (
    Hole("no test", lambda t: with_first(t, tests=()), "requirement REQ-101 has no test"),
    Hole("a test that is none", shown_by(NO_SUCH_TEST), f"REQ-101: no test {NO_SUCH_TEST}"),
    Hole("a file that is none", shown_by(NO_SUCH_FILE), f"REQ-101: no test {NO_SUCH_FILE}"),
    Hole("a test that may be skipped", shown_by(NEEDS_DATA), f"REQ-101: no test {NEEDS_DATA}"),
    Hole("no hazard", lambda t: with_first(t, hazards=()), "requirement REQ-101 is against no hazard"),
    Hole("a hazard that is none", lambda t: with_first(t, hazards=("HAZ-99",)), "REQ-101: no hazard HAZ-99"),
    Hole("an id twice", lambda t: with_first(t, id="REQ-102"), "requirement REQ-102 is there 2 times"),
    Hole("an id of another kind", lambda t: with_first(t, id="R1"), "requirement R1: its id is not like"),
    Hole("a hazard alone", bare("hazards", "HAZ-01"), "hazard HAZ-01 has no requirement"),
    Hole("a rule alone", bare("rules", "leak_canal"), "no requirement covers rule leak_canal"),
    Hole("a rule that is none", lambda t: with_first(t, rules=("leak",)), "names rule leak, which is none"),
    Hole("a state alone", bare("states", "HELD"), "no requirement covers state HELD"),
    Hole("a reason alone", bare("reasons", "lagging"), "no requirement covers reason lagging"),
    Hole("a reason not tested", lambda t: with_first(t, reasons=("zoom",)), "none of its tests mentions"),
)  # fmt: skip


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_a_hole_is_found_and_named(
    hole: Hole, table: SafetyFile, collected: set[str], codes: set[str]
) -> None:
    found = holes(hole.made(table), collected, codes)
    assert any(hole.said in line for line in found), found


def test_a_new_reason_of_the_program_needs_a_requirement(
    table: SafetyFile, collected: set[str], codes: set[str]
) -> None:
    assert holes(table, collected, codes | {"new"}) == ["no requirement covers reason new"]


def test_a_key_that_is_unknown_or_missing_is_no_table() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `probability`"):
        msgspec.toml.decode(b'[[hazard]]\nid="HAZ-01"\nprobability="low"\n', type=SafetyFile)
    with pytest.raises(msgspec.ValidationError, match="missing required field `name`"):
        msgspec.toml.decode(b'[[hazard]]\nid="HAZ-01"\n', type=SafetyFile)
