"""Technical reasons that the image itself gives, brought about: state, code, what is shown, and the way back.

What the observer finds of the loop is in test_health.py; other sizes, depths and views in test_faults.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor import doubts
from monitor.config import Config
from monitor.result import Kind, Priority, Result
from monitor.rules import technical_conditions
from monitor.states import Reason, State, worst
from tests.monitor.scripted import SIZE, disc_mm, scene
from tests.monitor.test_pipeline import QUIET, RATE_HZ, go, growing, pipeline, quiet, rules, sway

Picture = Callable[[int, np.random.Generator], NDArray[np.uint16]]


def with_hand(i: int, noise: np.random.Generator) -> NDArray[np.uint16]:
    """A hand comes in from the right within a third of a second, and stays."""
    hand = np.zeros((SIZE, SIZE), np.float32)
    hand[70:190, SIZE - min((i - QUIET) * 30, 170) :] = 8.0
    return scene(cv2.GaussianBlur(hand, (0, 0), 3.0), sway(i), noise)


def contrasted(i: int, noise: np.random.Generator) -> NDArray[np.uint16]:
    """Another tube voltage: the mean stays, differences grow."""
    logs = np.log(np.maximum(scene(None, sway(i), noise), 1.0))
    return np.clip(np.exp(logs.mean() + 1.6 * (logs - logs.mean())), 0, 4095).astype(np.uint16)


def bladed(i: int, noise: np.random.Generator) -> NDArray[np.uint16]:
    """Blades close over the body from the right within a second."""
    image = scene(None, sway(i), noise)
    edge = min((i - QUIET) * 10, 150)
    image[:, SIZE - edge :] = noise.poisson(12.0, (SIZE, edge))
    return image


def bubbling(i: int, noise: np.random.Generator) -> NDArray[np.uint16]:
    """A small bubble of gas that goes backwards by a centimetre and stays there."""
    share = min(max((i - QUIET) / RATE_HZ, 0.0), 1.0)
    return scene(disc_mm(200.0 + 25 * share, 130.0, 10.0, -1.5), sway(i), noise)


def still(i: int, noise: np.random.Generator) -> NDArray[np.uint16]:
    return scene(None, sway(i), noise)


@dataclass(frozen=True)
class Cause:
    """What happens to the image after the quiet, and what must be said of it within a second."""

    picture: Picture
    code: str
    state: State
    before: Picture = still
    comes_back: bool = False


CAUSES = (
    Cause(with_hand, "intruder", State.NOT_MONITORING),
    Cause(contrasted, "contrast_changed", State.NOT_MONITORING, comes_back=True),
    Cause(bladed, "collimation", State.NOT_MONITORING),
    Cause(bubbling, "instrument_moves", State.DEGRADED, before=bubbling),
    Cause(bubbling, "instrument_moved", State.NOT_MONITORING, before=bubbling, comes_back=True),
)
SAID_WITHIN_S = {"instrument_moved": 2.5}
"""An instrument is learned with the image only where it has stayed."""


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
def test_what_happens_to_the_image_is_said_and_nothing_old_is_kept(cause: Cause) -> None:
    noise, pipe = np.random.default_rng(7), pipeline()
    before = go(pipe, QUIET, lambda i: cause.before(i, noise))
    assert before[-1].state is State.MONITORING
    after = go(pipe, 100, lambda i: cause.picture(i, noise), first=QUIET)
    said = next(i for i, r in enumerate(after) if cause.code in {reason.code for reason in r.reasons})
    assert said / RATE_HZ <= SAID_WITHIN_S.get(cause.code, 1.0)
    assert after[said].state is cause.state
    expected = "not_monitoring" if cause.state is State.NOT_MONITORING else "degraded"
    assert expected in rules(after)
    for result in after:
        if result.state is State.NOT_MONITORING:
            assert result.levels[0].area_mm2 is None
    assert not {rule for rule in rules(after) if rule.startswith("leak")}
    assert (after[-1].state is State.MONITORING) or not cause.comes_back


def test_bone_too_faint_to_follow_is_said() -> None:
    noise = np.random.default_rng(2)
    tissue = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(SIZE, SIZE)), (0, 0), 8.0)
    around = np.ones((SIZE, SIZE))
    around[55:205, 50:210] = 0.0  # bone and all near it: nothing to hold on to
    shown = 1500.0 * np.exp(-0.3 * tissue / tissue.std() * cv2.GaussianBlur(around, (0, 0), 4.0))
    last = go(pipeline(), QUIET, lambda _: noise.poisson(shown).astype(np.uint16))[-1]
    assert (last.state, [reason.code for reason in last.reasons]) == (State.DEGRADED, ["faint"])


def test_after_a_restart_the_image_is_learned_before_it_is_watched() -> None:
    first = pipeline()
    go(first, QUIET + 20, growing())
    memory = first.remember()
    assert memory is not None
    second = pipeline()
    second.recall(memory)
    noise = np.random.default_rng(9)
    cement = disc_mm(125.0, 130.0, 9.5, 4.0)
    results = go(second, 70, lambda i: scene(cement, sway(i), noise), first=QUIET + 30)
    assert [reason.code for reason in results[0].reasons] == ["restarted"]
    assert results[0].state is State.NOT_MONITORING
    assert results[-1].state is State.MONITORING


def test_a_leak_while_the_image_is_still_being_learned_is_told() -> None:
    noise = np.random.default_rng(7)

    def early(i: int) -> NDArray[np.uint16]:
        cement = disc_mm(150.0, 130.0, 0.8 * (i - 12), 4.0) if i > 12 else None
        return scene(cement, sway(i), noise)

    results = go(pipeline(), 70, early)
    raised = next(i for i, r in enumerate(results) if "leak_canal" in rules([r]))
    crossed = 12 + 20 / 0.8
    assert crossed < raised <= crossed + RATE_HZ
    assert results[raised].state is State.LEARNING


CEMENT, LEARNING = Config().cement, Config().learning


@pytest.mark.parametrize(
    ("reason", "state", "code"),
    [
        (doubts.learning("L1", 1.0, LEARNING), State.LEARNING, "learning"),
        (doubts.too_poor("L1", 3.0, CEMENT), State.DEGRADED, "poor"),
        (doubts.too_poor("L1", 6.0, CEMENT), State.NOT_MONITORING, "too_poor"),
        (doubts.noisy("L1", 2.5, Config().health), State.NOT_MONITORING, "noisy"),
        (doubts.collimated("L1", covers=True), State.NOT_MONITORING, "collimation"),
        (doubts.faint("L1"), State.DEGRADED, "faint"),
        (doubts.instrument_moves("L1"), State.DEGRADED, "instrument_moves"),
    ],
)
def test_a_doubt_names_its_level_and_leads_to_its_state(
    reason: Reason | None, state: State, code: str
) -> None:
    assert reason is not None
    assert (reason.state, reason.code, reason.level) == (state, code, "L1")
    assert reason.text


def test_noise_up_to_twice_that_of_the_reference_is_no_doubt() -> None:
    assert doubts.noisy("L1", 1.9, Config().health) is None


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.NOT_MONITORING, [("not_monitoring", Priority.MEDIUM)]),
        (State.DEGRADED, [("degraded", Priority.LOW)]),
        (State.HELD, []),
        (State.LEARNING, []),
        (State.SETUP, []),
        (State.MONITORING, []),
    ],
)
def test_blindness_is_an_alarm_of_its_own_and_tells_why(
    state: State, expected: list[tuple[str, Priority]]
) -> None:
    found = technical_conditions([Reason(state, "why", "for this reason")], Config().alarm)
    assert [(condition.rule_id, condition.priority) for condition in found] == expected
    assert all(condition.kind is Kind.TECHNICAL for condition in found)
    assert all("for this reason" in condition.message for condition in found)


def test_the_worst_of_several_states_wins() -> None:
    def reasons(*states: State) -> tuple[Reason, ...]:
        return tuple(Reason(state, "x", "x") for state in states)

    assert worst(()) is State.MONITORING
    assert worst(reasons(State.DEGRADED, State.HELD)) is State.HELD
    assert worst(reasons(State.LEARNING, State.NOT_MONITORING, State.DEGRADED)) is State.NOT_MONITORING
    # blind is the worst, and to monitor is the best that may be said: no state is above it
    assert max(State) is State.NOT_MONITORING
    assert min(State) is State.MONITORING
    assert not {"SAFE", "CLEAR", "OK"} & set(State.__members__)


def test_a_quiet_image_raises_nothing() -> None:
    results: list[Result] = go(pipeline(), QUIET + 60, quiet())
    assert rules(results) == set()
