"""The wall clock decides nothing: it is read where a date is wanted, and may be set back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recordings.session import open_session
from tests.recordings.test_session import create
from tests.test_architecture import MODULES, name_of

WALL_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "time.time", "time.time_ns"}
READS_THE_WALL_CLOCK = {
    "recordings/session.py",  # once, as the anchor that ties monotonic times to a date
    "recordings/library/index.py",  # whether a session was written to just now
    "recordings/qa/run_plan.py",  # the same, before it is measured
    "ui/library_command.py",  # what is older than the retention
    "ui/send_command.py",  # when what failed is tried again, which outlives the machine's start
    "ui/start/scheduled.py",  # which steps are of today, and when the list was read
    "ui/live.py",  # the name of a new folder
    "calibration/profile.py",  # when a profile was made
    "calibration/readiness.py",  # whether it has expired
    "ui/worklist_command.py",  # which day is today, and when the list was read
    "ui/start/window.py",  # names of new folders and plans
    "ui/wizard/review_page.py",  # the same, of what is about to be saved
}


def calls(path: Path) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def test_the_wall_clock_is_read_where_a_date_is_wanted_and_nowhere_else() -> None:
    readers = {
        name_of(path) for path in MODULES if any(ast.unparse(call.func) in WALL_CLOCK for call in calls(path))
    }
    assert readers == READS_THE_WALL_CLOCK


def test_a_wall_clock_that_is_set_back_harms_no_session(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    readings = iter((moment, moment - timedelta(hours=1)))
    session = create(tmp_path / "s", clock_utc=lambda: next(readings))
    session.log.event("first", {}, 100)
    session.log.event("second", {}, 200)
    session.close()
    kept = open_session(tmp_path / "s")
    assert kept.about.complete
    assert kept.about.closed_utc is not None
    assert kept.about.closed_utc < kept.about.created_utc
    # the order of what happened does not hang on the date
    assert [(row["name"], row["t_ns"]) for row in kept.log().events] == [("first", 100), ("second", 200)]
