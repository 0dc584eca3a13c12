"""Runs in other processes, on a Dask cluster too: the same records, whatever becomes of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from distributed import Client

from monitor.errors import NetworkError
from recordings.qa import cluster as cluster_module
from recordings.qa import run_software
from recordings.qa.cluster import on_cluster
from recordings.qa.run import Doers, measure_all
from recordings.qa.run_files import Results
from recordings.qa.run_plan import sessions_in
from recordings.qa.run_pool import Ask
from recordings.session import StoredSession
from tests.recordings.qa.archive import here, measure, records, wanted
from tests.recordings.qa.forked import Forks

# the client of a scheduler that was killed leaves its sockets to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


class Cluster:
    """A scheduler and two workers with a thread each."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self._folder, self._forks = folder, forks
        about = folder / "scheduler.json"
        self.scheduler = forks.start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", about
        )
        while not about.exists() or not about.read_text().endswith("}"):
            time.sleep(0.01)
        self.address = json.loads(about.read_text())["address"]
        self.workers = [self.worker() for _ in range(2)]

    def worker(self) -> int:
        return self._forks.start(
            "worker", self.address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--local-directory", self._folder,
        )  # fmt: skip

    def doers(self, sees: Path, first: Callable[[], None] = lambda: None) -> Doers:
        """`first` is called before anything is sent."""

        def sent(asks: Iterable[Ask]) -> Iterator[Ask]:
            first()
            yield from asks

        return lambda work, asks: on_cluster(
            self.address, work, sent(asks), software_version="2.0", folder=str(sees)
        )


def test_a_cluster_finds_the_same_and_outlives_a_worker(
    library: Path, monitored: StoredSession, forks: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Path(shutil.copytree(library, tmp_path / "year", copy_function=os.link))
    shutil.copytree(monitored.folder, library / "0003", copy_function=os.link)
    cluster = Cluster(tmp_path, forks)
    monkeypatch.setattr(cluster_module, "_LOOK_S", 0.05)
    with Client(cluster.address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(2)
    with pytest.raises(NetworkError, match="does not see /nowhere"):
        list(cluster.doers(Path("/nowhere"))(len, ()))  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        patched.setattr(run_software, "_LIBRARIES", ("numpy",))
        run_software.software_of.cache_clear()
        with pytest.raises(NetworkError, match="install the same software"):
            list(cluster.doers(library)(len, ()))  # type: ignore[arg-type]
    run_software.software_of.cache_clear()
    found = sessions_in((library,), apart_from=tmp_path / "out")
    told: list[int] = []

    def hang() -> None:
        os.kill(cluster.workers[0], signal.SIGSTOP)  # it is given sessions, and measures none

    def kill(done: int, whole: int | None) -> None:
        told.append(done)
        if done == 1:
            os.kill(cluster.workers[0], signal.SIGKILL)

    there, here_ = tmp_path / "cluster", tmp_path / "local"
    with Results.opened(there) as results:
        outcome = measure_all(
            wanted(library, there), results, cluster.doers(library, hang), found=found, progress=kill
        )
    assert told == [1, 2, 3, 4]
    assert (len(outcome.session_ids), outcome.failed) == (4, [])
    with Results.opened(here_) as results:
        measure_all(wanted(library, here_), results, here, found=found)
    assert records(there) == records(here_)
    for name in ("levels.csv", "leaks.csv", "alarms.csv", "differences.csv", "failed.csv"):
        assert (there / name).read_bytes() == (here_ / name).read_bytes()
    monkeypatch.setattr(cluster_module, "_ALONE_S", 0.1)
    is_lost(
        cluster, library, there, cluster.workers[1], "no worker is left; what was measured before is kept"
    )
    cluster.worker()
    is_lost(
        cluster, library, there, cluster.scheduler, "the scheduler was lost; what was measured before is kept"
    )


def is_lost(cluster: Cluster, library: Path, out: Path, process: int, words: str) -> None:
    """Nothing that is held is lost with a process of the cluster, and no session fails."""
    before = records(out)
    with Results.opened(out) as results:
        again = wanted(library, out, again=True)
        doers = cluster.doers(library, lambda: os.kill(process, signal.SIGKILL))
        with pytest.raises(NetworkError, match=words):
            measure_all(again, results, doers)
    assert records(out) == before
    assert not (out / "levels.csv").exists()


def test_a_scheduler_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_ANSWERS_S", 0.2)
    with pytest.raises(NetworkError, match=r"tcp://127.0.0.1:1: no Dask scheduler answers there"):
        list(on_cluster("tcp://127.0.0.1:1", len, (), software_version="2.0", folder="/"))  # type: ignore[arg-type]


def test_a_run_that_was_killed_is_gone_on_with(
    library: Path, measured: Path, forks: Forks, tmp_path: Path
) -> None:
    (tmp_path / "levels.csv").write_text("of an earlier run")
    child = forks.start("one_of", library, tmp_path)
    while not list(tmp_path.glob("procedures/*/stamp.json")):
        time.sleep(0.01)
    forks.kill(child)
    assert not (tmp_path / "levels.csv").exists()
    assert len(list(tmp_path.glob("procedures/*/stamp.json"))) == 1
    outcome = measure(library, tmp_path)
    assert (len(outcome.session_ids), outcome.reused) == (3, 1)
    assert records(tmp_path) == records(measured)
    assert (tmp_path / "levels.csv").read_bytes() == (measured / "levels.csv").read_bytes()
