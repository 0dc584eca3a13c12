from __future__ import annotations

from monitor.latency_account import LatencyAccount

MS = 1_000_000


def test_each_part_of_the_way_is_accounted_for() -> None:
    account = LatencyAccount()
    assert account.parts() == {}
    for seq in range(100):
        slow = 40 if seq == 7 else 0
        account.done(seq, seq * 33 * MS, (seq * 33 + 2) * MS, (seq * 33 + 10 + slow) * MS)
        if seq % 2:  # every second one is shown
            account.painted(seq, (seq * 33 + 25 + slow) * MS)
    account.painted(1, 10**12)  # painted once: a repaint of an old frame is not a latency
    account.painted(5000, 10**12)
    parts = account.parts()
    assert {name: part.median_ms for name, part in parts.items()} == {
        "capture_to_step": 2.0,
        "step": 8.0,
        "capture_to_result": 10.0,
        "capture_to_paint": 25.0,
    }
    assert (parts["step"].frames, parts["capture_to_paint"].frames) == (100, 50)
    assert parts["capture_to_result"].most_ms == 50.0
    assert parts["capture_to_result"].p95_ms == 10.0


def test_frames_that_are_never_painted_are_not_kept_for_ever() -> None:
    account = LatencyAccount()
    for seq in range(10_000):
        account.done(seq, 0, 1, 2)
    assert len(account._open) <= 1800
