from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.config import HealthConfig
from monitor.health import Evidence, judge
from monitor.states import Reason, State

CONFIG = HealthConfig()
NOW = 10_000_000_000
FINE = Evidence(
    image_reasons=(),
    have_result=True,
    result_capture_ns=NOW - 40_000_000,
    waiting_since_ns=None,
    last_capture_ns=NOW - 40_000_000,
    frame_period_s=1 / 15,
    ended=False,
    source_error=None,
    source_away=None,
    fault=None,
    capture_alive=True,
    processing_alive=True,
    recorder_backlog=0.0,
    recorder_error=None,
    watchdog_gone=False,
    counters={"captured": 1},
)


def test_all_is_well_is_monitoring() -> None:
    health = judge(FINE, NOW, CONFIG, None)
    assert (health.state, health.reasons) == (State.MONITORING, ())
    assert health.result_age_s == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("change", "state", "code"),
    [
        ({"last_capture_ns": NOW - 260_000_000, "result_capture_ns": NOW - 260_000_000}, 5, "no_image"),
        ({"result_capture_ns": NOW - 340_000_000, "waiting_since_ns": NOW - 310_000_000}, 5, "lagging"),
        ({"capture_alive": False}, 5, "fault"),
        ({"processing_alive": False}, 5, "fault"),
        ({"fault": "ValueError: x"}, 5, "fault"),
        ({"run_awaited": "waiting for the next run"}, 5, "between_runs"),
        ({"run_awaited": "waiting for the next run", "processing_alive": False}, 5, "fault"),
        ({"source_error": "cable"}, 5, "source_lost"),
        ({"source_away": "cable; connecting again"}, 5, "source_lost"),
        ({"ended": True}, 5, "ended"),
        ({"recorder_backlog": 0.51}, 1, "recording"),
        ({"watchdog_gone": True}, 1, "watchdog"),
        ({"recorder_error": "disk full"}, 1, "recording"),
        ({"room_min": 8.2}, 1, "recording_room"),
        ({"room_min": 0.4}, 1, "recording_room"),
        ({"room_full": True, "room_min": 0.0}, 1, "recording_full"),
        ({"have_result": False, "result_capture_ns": None, "last_capture_ns": None}, 4, "waiting"),
        ({"image_reasons": (Reason(State.HELD, "image_held", "held"),)}, 2, "image_held"),
    ],
)
def test_each_fact_leads_to_its_state(change: dict[str, object], state: int, code: str) -> None:
    health = judge(replace(FINE, **change), NOW, CONFIG, None)  # type: ignore[arg-type]
    assert health.state == State(state)
    assert code in [reason.code for reason in health.reasons]


def test_just_inside_the_limits_is_still_monitoring() -> None:
    inside = replace(FINE, last_capture_ns=NOW - 240_000_000, result_capture_ns=NOW - 240_000_000)
    assert judge(inside, NOW, CONFIG, None).state is State.MONITORING


def test_a_slow_source_is_given_three_of_its_periods() -> None:
    slow = replace(
        FINE, frame_period_s=0.267, last_capture_ns=NOW - 700_000_000, result_capture_ns=NOW - 700_000_000
    )
    assert judge(slow, NOW, CONFIG, None).state is State.MONITORING
    gone = replace(slow, last_capture_ns=NOW - 810_000_000)
    assert judge(gone, NOW, CONFIG, None).state is State.NOT_MONITORING


def test_slow_processing_is_no_lack_of_images() -> None:
    """The next frame came in time: from the first moment the reason is the one that is true."""
    slow = replace(FINE, result_capture_ns=NOW - 310_000_000, waiting_since_ns=NOW - 243_000_000)
    health = judge(slow, NOW, CONFIG, None)
    assert [(reason.code, reason.text) for reason in health.reasons] == [
        ("lagging", "processing is 0.3 s behind")
    ]


def test_the_first_image_after_a_pause_is_no_lag() -> None:
    just_back = replace(
        FINE,
        last_capture_ns=NOW - 10_000_000,
        waiting_since_ns=NOW - 10_000_000,
        result_capture_ns=NOW - 9_000_000_000,
    )
    health = judge(just_back, NOW, CONFIG, None)
    assert health.state is State.NOT_MONITORING
    assert [(reason.code, reason.text) for reason in health.reasons] == [("no_image", "no image for 9.0 s")]


def test_the_worst_state_wins_and_comes_first() -> None:
    both = replace(
        FINE,
        recorder_error="disk full",
        image_reasons=(Reason(State.NOT_MONITORING, "moved", "patient moved 4 mm"),),
    )
    health = judge(both, NOW, CONFIG, None)
    assert health.state is State.NOT_MONITORING
    assert health.reasons[0].code == "moved"


def test_a_state_knows_since_when() -> None:
    first = judge(replace(FINE, ended=True), NOW, CONFIG, None)
    later = judge(replace(FINE, ended=True), NOW + 5, CONFIG, first)
    back = judge(FINE, NOW + 9, CONFIG, later)
    assert (first.since_ns, later.since_ns, back.since_ns) == (NOW, NOW, NOW + 9)
