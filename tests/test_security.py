"""Nothing listens, nothing runs what it reads, and the wall clock decides nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.states import State
from recordings.session import open_session
from tests.recordings.test_session import create
from tests.test_architecture import MODULES, imported, name_of
from tests.test_observer import QUIET, running

NEVER_IMPORTED = {
    "pickle", "marshal", "shelve", "dill", "joblib", "yaml", "http.server", "socketserver", "xmlrpc",
    "multiprocessing.connection",
}  # fmt: skip
NEVER_CALLED = {"eval", "exec", "os.system", "os.popen", "subprocess.getoutput"}
OPENS_A_PORT = {"listen", "bind", "create_server", "start_server", "start_unix_server", "serve_forever"}
LOADS_OBJECTS = {"shell", "allow_pickle"}
WALL_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "time.time", "time.time_ns"}
READS_THE_WALL_CLOCK = {
    "recordings/session.py",  # once, as the anchor that ties monotonic times to a date
    "ui/live.py",  # the name of a new folder
    "calibration/profile.py",  # when a profile was made
    "calibration/readiness.py",  # whether it has expired
}


def calls(path: Path) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def guilty_calls(path: Path) -> Iterator[str]:
    """What a module may not do: run text, run a shell, unpickle, open a port."""
    for call in calls(path):
        called = ast.unparse(call.func)
        if called in NEVER_CALLED or called.rpartition(".")[2] in OPENS_A_PORT:
            yield called
        for keyword in call.keywords:
            off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            if keyword.arg in LOADS_OBJECTS and not off:
                yield f"{called}({keyword.arg}=...)"


def test_nothing_that_is_read_is_run_and_no_port_is_opened() -> None:
    guilty = [f"{name_of(path)}: {what}" for path in MODULES for what in guilty_calls(path)]
    for path in MODULES:
        names = set(imported(ast.parse(path.read_text("utf-8"))))
        guilty += [
            f"{name_of(path)}: {name}"
            for name in sorted(names)
            if any(name == banned or name.startswith(f"{banned}.") for banned in NEVER_IMPORTED)
        ]
    assert guilty == []


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    module = tmp_path / "bad.py"
    module.write_text("s.listen(1)\nsubprocess.run(x, shell=True)\nnp.load(p, allow_pickle=False)\neval(t)\n")
    assert list(guilty_calls(module)) == ["s.listen", "subprocess.run(shell=...)", "eval"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_running_monitor_holds_no_socket(tmp_path: Path) -> None:
    def sockets() -> set[str]:
        links = set()
        for entry in Path("/proc/self/fd").iterdir():
            try:
                links.add(str(entry.readlink()))
            except FileNotFoundError:  # the folder that is being looked at
                continue
        return {link for link in links if link.startswith("socket:")}

    before = sockets()
    with running(tmp_path / "session") as bench:
        assert bench.quiet(QUIET).health.state is State.MONITORING
        assert sockets() <= before


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
