"""One time line out of log and recording, tied to the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from monitor.result import Priority
from recordings.recording import Event, Gap
from recordings.session import open_session
from recordings.timeline import moments_of, utc_at
from tests.recordings.test_log import transition_of
from tests.recordings.test_session import NOW, create


def test_everything_stands_on_one_line_in_order(tmp_path: Path) -> None:
    made = create(tmp_path / "s")
    told = transition_of()
    made.log.transition(told)
    made.log.acknowledged(told.t_ns + 5)
    made.log.event("mark", {"level": "L1"}, told.t_ns + 7)
    made.log.event("changed", {"what": "pause_sound", "now": "audio paused for two minutes"}, told.t_ns + 8)
    made.log.event("stopped", {"captured": 3}, told.t_ns + 9)
    made.close()
    stored = open_session(tmp_path / "s")
    gaps = (Gap(4, 2, told.t_ns + 6, "overflow"), Gap(9, 1, told.t_ns - 1, "No space left on device"))
    began = Event("watching", told.t_ns - 9, {"first_step": 0})
    again = Event("watching", told.t_ns + 10, {"first_step": 17})
    found = moments_of(stored.log(), (again, began), gaps)
    assert [(moment.t_ns - told.t_ns, moment.kind, moment.words) for moment in found] == [
        (-9, "watching", "monitor started"),
        (-1, "gap", "1 frame not recorded: No space left on device"),
        (0, "alarm", told.alert.message),
        (5, "acknowledged", "alarms acknowledged"),
        (6, "gap", "2 frames not recorded: overflow"),
        (7, "mark", "marked, L1"),
        (8, "change", "audio paused for two minutes"),
        (9, "event", "stopped: captured 3"),
        (10, "watching", "monitor restarted"),
    ]
    assert found[2].priority is told.alert.priority
    assert isinstance(found[2].priority, Priority)
    assert found[2].event == told.event
    assert moments_of(None, (began,), gaps)[0].kind == "watching"


def test_a_monotonic_time_has_one_place_in_the_day(tmp_path: Path) -> None:
    create(tmp_path / "s").close()
    about = open_session(tmp_path / "s").about
    assert utc_at(about, about.anchor_monotonic_ns) == NOW
    assert utc_at(about, about.anchor_monotonic_ns + 90 * 10**9) == NOW + timedelta(seconds=90)
    zoned = msgspec.structs.replace(about, created_utc="2026-03-04T07:06:07+02:00")
    assert utc_at(zoned, about.anchor_monotonic_ns) == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
