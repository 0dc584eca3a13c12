"""The same run on a real Dask cluster on loopback: the same records, whatever becomes of its processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from monitor.errors import NetworkError
from recordings.qa import cluster as cluster_module
from recordings.qa import run_software
from recordings.qa.cluster import on_cluster
from recordings.qa.run import Doers, measure_all
from recordings.qa.run_files import Results
from recordings.qa.run_plan import sessions_in
from tests.recordings.qa.archive import here, make, records, wanted
from tests.test_architecture import ROOT

DASK = Path(sys.executable).with_name("dask")
# the client of a scheduler that was killed leaves its sockets to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "year"
    make(folder, 6)
    return folder


class Cluster:
    """A scheduler and two workers with a thread each."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._stack = stack
        about = folder / "scheduler.json"
        # the processes of this cluster run from the repository, as an installed software would
        self._environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", about
        )
        while not about.exists() or not about.read_text().endswith("}"):
            assert self.scheduler.poll() is None
            time.sleep(0.01)
        self.address = json.loads(about.read_text())["address"]
        self.workers = [
            self._start(
                "worker", self.address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny",
                "--no-dashboard", "--local-directory", folder / str(number),
            )
            for number in range(2)
        ]  # fmt: skip

    def _start(self, *words: object) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, DASK, *map(str, words)], env=self._environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._stack.callback(child.wait)
        self._stack.callback(child.kill)
        return child

    def doers(self, sees: Path) -> Doers:
        return lambda work, asks: on_cluster(
            self.address, work, asks, software_version="2.0", folder=str(sees)
        )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(tmp_path_factory.mktemp("dask"), stack)


def test_a_cluster_finds_the_same_and_outlives_a_worker(
    cluster: Cluster, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NetworkError, match="does not see /nowhere"):
        list(cluster.doers(Path("/nowhere"))(len, ()))  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        patched.setattr(run_software, "_LIBRARIES", ("numpy",))
        run_software.software_of.cache_clear()
        with pytest.raises(NetworkError, match="install the same software"):
            list(cluster.doers(library)(len, ()))  # type: ignore[arg-type]
    run_software.software_of.cache_clear()
    found = sessions_in((library,), apart_from=tmp_path)
    told: list[int] = []

    def kill(done: int, whole: int | None) -> None:
        told.append(done)
        if done == 1:
            cluster.workers[0].kill()

    with Results.opened(tmp_path / "cluster") as results:
        outcome = measure_all(
            wanted(library, tmp_path / "cluster"), results, cluster.doers(library), found=found, progress=kill
        )
    assert told == [1, 2, 3, 4, 5, 6]
    assert (len(outcome.session_ids), outcome.failed) == (6, [])
    with Results.opened(tmp_path / "local") as results:
        measure_all(wanted(library, tmp_path / "local"), results, here, found=found)
    assert records(tmp_path / "cluster") == records(tmp_path / "local")
    for name in ("levels.csv", "leaks.csv", "alarms.csv", "differences.csv", "failed.csv"):
        one, other = (tmp_path / where / name for where in ("cluster", "local"))
        assert one.read_bytes() == other.read_bytes()
    cluster_is_lost(cluster, library, tmp_path / "cluster")


def cluster_is_lost(cluster: Cluster, library: Path, out: Path) -> None:
    before = records(out)

    def kill(done: int, whole: int | None) -> None:
        if done == 1:
            cluster.scheduler.kill()

    with Results.opened(out) as results:
        again = wanted(library, out, again=True)
        with pytest.raises(NetworkError, match="the scheduler was lost; what was measured before is kept"):
            measure_all(again, results, cluster.doers(library), progress=kill)
    assert records(out) == before
    assert not (out / "levels.csv").exists()


def test_a_scheduler_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_ANSWERS_S", 0.2)
    with pytest.raises(NetworkError, match=r"tcp://127.0.0.1:1: no Dask scheduler answers there"):
        list(on_cluster("tcp://127.0.0.1:1", len, (), software_version="2.0", folder="/"))  # type: ignore[arg-type]
