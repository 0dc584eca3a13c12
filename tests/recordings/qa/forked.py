"""Processes forked from one that has imported what they need: real ones, for a fraction of the time.

A line of JSON on standard input, the name of a job and its arguments, starts one; its process id comes back.
All of them end with this process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from recordings.qa.run import measure_all
from recordings.qa.run_files import Results
from recordings.qa.run_pool import Answer, Ask
from tests.recordings.qa.archive import wanted
from tests.test_architecture import ROOT


class Forks:
    """Starts such processes, from a test."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", __name__], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def start(self, job: str, *words: object) -> int:
        """Start a job; its process id."""
        return self._ask(job, *words)

    def kill(self, process: int) -> None:
        """Kill a process, and wait until it is gone."""
        self._ask("kill", process)

    def _ask(self, *words: object) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps([*map(str, words)]) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def end(self) -> None:
        """End all of them."""
        self._server.communicate()


def scheduler(*words: str) -> None:
    """As ``dask scheduler``."""
    from distributed.cli.dask_scheduler import main

    main(list(words))


def worker(*words: str) -> None:
    """As ``dask worker``."""
    from distributed.cli.dask_worker import main

    main(list(words))


def one_of(library: str, out: str) -> None:
    """Measure one session of a library, and never come to the end of the next."""

    def one(work: Callable[[bytes], bytes], asks: Iterable[Ask]) -> Iterator[Answer]:
        first, *_ = asks
        yield Answer(first.key, work(first.data))
        signal.pause()

    with Results.opened(Path(out)) as results:
        measure_all(wanted(Path(library), Path(out)), results, one)


def serve() -> None:
    """Fork for each line, until there are no more."""

    import recordings.qa.run_task  # noqa: F401  what the workers do

    children = []
    for line in sys.stdin:
        job, *words = json.loads(line)
        if job == "kill":
            killed(int(words[0]))
            children.remove(int(words[0]))
            print(words[0], flush=True)  # noqa: T201  the answer
            continue
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(0, 1)
            try:
                {"scheduler": scheduler, "worker": worker, "one_of": one_of}[job](*words)
            finally:
                os._exit(1)
        children.append(child)
        print(child, flush=True)  # noqa: T201  the answer
    for child in children:
        killed(child)


def killed(child: int) -> None:
    """Kill a child, and wait until it is gone."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    serve()
