"""How late what is shown is: counted whole, said where it is true, and not where it is not known."""

from __future__ import annotations

import dataclasses

import pytest

from monitor.latency_account import LatencyAccount
from tests.ui import factory
from ui.delays import delay_of, delay_words
from ui.overlay.derive import build_model
from ui.overlay.memory import Memory
from ui.overlay.observation import Observation, Setup


def footer(observation: Observation, setup: Setup) -> str:
    memory = Memory()
    memory.remember(observation)
    return build_model(observation, memory, setup).footer_note


def test_all_frames_count_and_the_last_few_are_told() -> None:
    account = LatencyAccount()
    assert delay_of(account, 100.0) is None
    assert account.recent_ms is None
    for k in range(1, 101):
        account.done(k, 0, 0, 0)
        account.painted(k, k * 1_000_000)
    whole = delay_of(account, 280.0)
    assert whole is not None
    assert (whole.room_ms, whole.painted) == (280.0, 100)
    assert whole.processing_p50_ms == pytest.approx(50, abs=1)
    assert whole.processing_p95_ms == pytest.approx(95, abs=1)
    assert account.recent_ms == pytest.approx(68.5, abs=1), "of the last 64"
    assert whole.words.startswith("glass to alarm 330 ms (280 capture + 50 processing)")


def test_without_the_rooms_delay_no_sum_is_told() -> None:
    assert "glass to alarm" not in delay_words(None, 30.0)
    assert "not known" in delay_words(None, 30.0)


def test_the_footer_says_it_only_while_it_is_true_and_nothing_graver_is_to_be_said() -> None:
    seen = dataclasses.replace(factory.calm()[-1], processing_ms=32.0)
    setup = dataclasses.replace(factory.SETUP, room_latency_ms=280.0)
    assert footer(seen, setup) == "glass to alarm 312 ms (280 capture + 32 processing)"
    assert footer(dataclasses.replace(seen, processing_ms=None), setup) == ""
    assert footer(seen, factory.SETUP) == ""
    stale = dataclasses.replace(factory.stale()[-1], processing_ms=32.0)
    assert footer(stale, setup) == ""
    graver = dataclasses.replace(setup, calibration=("scale not calibrated",))
    assert footer(seen, graver) == "scale not calibrated"
