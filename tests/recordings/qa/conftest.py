"""What tests of many sessions share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace as with_fields

from monitor.config import parse_config
from recordings.log import open_log
from recordings.session import LOG, SESSION, StoredSession, open_session, session_json
from tests.recordings.qa.archive import ACKNOWLEDGED_AT, FRAMES, QUICK, WHO, make, measure, pictured
from tests.recordings.qa.forked import Forks
from tests.recordings.test_retaken import record


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sessions; no test changes them."""
    folder = tmp_path_factory.mktemp("library") / "year"
    make(folder, 3)
    return folder


@pytest.fixture(scope="session")
def measured(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run over it comes to; no test changes it."""
    out = tmp_path_factory.mktemp("results")
    measure(library, out)
    return out


@pytest.fixture(scope="session")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> StoredSession:
    """In which cement leaks into the canal; no test changes it."""
    session = record(
        tmp_path_factory.mktemp("run") / "session", frames=FRAMES, pictured=pictured,
        config=parse_config(QUICK, "quick"), acknowledged_at=ACKNOWLEDGED_AT,
    )  # fmt: skip
    (session.folder / SESSION).write_bytes(session_json(with_fields(session.about, procedure=WHO)))
    with open_log(session.folder / LOG) as log:
        log.acknowledged(10**9 + round((ACKNOWLEDGED_AT - 0.5) * 1e9 / 15))
    return open_session(session.folder)


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Processes on demand."""
    started = Forks()
    yield started
    started.end()
