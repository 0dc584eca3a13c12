"""An attempt at an exercise: what came of it, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

import msgspec

from monitor.result import AlertTransition, Kind
from recordings.training.facts import Facts
from recordings.training.scoring import Score

MOST_PRESSES, MOST_WARNED = 1000, 200
_RAISED = ("raised", "escalated")


class Warned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alarm that the monitor raised about the patient; `time_s` from the first frame."""

    time_s: float
    priority: str
    rule: str
    message: Annotated[str, msgspec.Meta(max_length=300)]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """An attempt just made.

    Parameters
    ----------
    presses : tuple of (float, float or None)
        When the pedal was held (s from the first frame).
    until_s : float
        When it ended.
    facts : Facts
    score : Score
    warned : tuple of Warned
        What the monitor said, whether or not it was shown.
    """

    presses: tuple[tuple[float, float | None], ...]
    until_s: float
    facts: Facts
    score: Score
    warned: tuple[Warned, ...]


class Attempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a trainee's history.

    `exercise` is a name of `exercises.EXERCISES`, or the name of a recording with ``recording: `` before it.
    `presses` and `seed` make the same images again (with the same `software_version`); `session` is the
    folder that was kept, None: none was.
    """

    started_utc: Annotated[str, msgspec.Meta(max_length=40)]
    exercise: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    difficulty: Annotated[int, msgspec.Meta(ge=1, le=5)] | None
    seed: Annotated[int, msgspec.Meta(ge=0)] | None
    help: bool
    hints: bool
    presses: Annotated[list[tuple[float, float | None]], msgspec.Meta(max_length=MOST_PRESSES)]
    until_s: float
    score: Score
    warned: Annotated[list[Warned], msgspec.Meta(max_length=MOST_WARNED)]
    software_version: Annotated[str, msgspec.Meta(max_length=100)]
    origin: Annotated[str, msgspec.Meta(max_length=40)] = "simulated"
    scripted: bool = False
    session: Annotated[str, msgspec.Meta(max_length=4096)] | None = None


def attempt_of(
    outcome: Outcome,
    *,
    started_utc: str,
    exercise: str,
    difficulty: int | None,
    seed: int | None,
    with_help: bool,
    hints: bool,
    software_version: str,
    scripted: bool = False,
    session: str | None = None,
) -> Attempt:
    """What is kept of an outcome."""
    return Attempt(
        started_utc, exercise, difficulty, seed, with_help, hints, list(outcome.presses[:MOST_PRESSES]),
        outcome.until_s, outcome.score, list(outcome.warned[:MOST_WARNED]), software_version,
        outcome.facts.origin, scripted, session,
    )  # fmt: skip


def warned_of(transitions: Iterable[AlertTransition], time_of: Callable[[int], float]) -> list[Warned]:
    """Alarms about the patient that were raised; `time_of` gives seconds for a moment in ns."""
    return [
        Warned(time_of(told.t_ns), told.alert.priority.name, told.alert.rule_id, told.alert.message[:300])
        for told in transitions
        if told.event in _RAISED and told.alert.kind is Kind.CLINICAL
    ]
