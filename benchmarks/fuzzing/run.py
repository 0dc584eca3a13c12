"""Runs a reader over hostile inputs in processes of their own, under limits of time and memory."""

from __future__ import annotations

import multiprocessing
import re
import resource
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.fuzzing.readers import READERS, make
from monitor.errors import CementWatchError

CPU_LIMIT_S = 2.0
"""Of one input, by the processor's time: the machine may be busy with other things."""
WALL_LIMIT_S = 30.0
MEMORY_LIMIT_BYTES = 1 << 30
"""Of address space on top of what the process has once everything is imported."""
_MIB = 1 << 20


class TooLongError(BaseException):
    """One input has used up its time. No `Exception`: a reader that catches all must not catch this."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one input did.

    Parameters
    ----------
    number : int
    what : str
        ``accepted``, or the class of the error and its text without numbers and names.
    cpu_s : float
    peak_mib : float
        Largest resident size of the process so far over that at its start.
    failure : str
        What the reader must not do; empty where it did right.
    """

    number: int
    what: str
    cpu_s: float
    peak_mib: float
    failure: str = ""


@dataclass(slots=True)
class Tally:
    """Outcomes added up."""

    inputs: int = 0
    accepted: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    distinct: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: int = -1
    peak_mib: float = 0.0
    failures: list[tuple[int, str]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Add one."""
        self.inputs += 1
        self.accepted += outcome.what == "accepted"
        if outcome.what != "accepted":
            self.errors[outcome.what.partition(":")[0]] += 1
        if outcome.what in self.distinct or len(self.distinct) < 5000:
            self.distinct[outcome.what] += 1
        if outcome.cpu_s > self.slowest_s:
            self.slowest_s, self.slowest = outcome.cpu_s, outcome.number
        self.peak_mib = max(self.peak_mib, outcome.peak_mib)
        if outcome.failure:
            self.failures.append((outcome.number, outcome.failure))


def try_one(
    reader: str,
    seed: int,
    number: int,
    folder: Path,
    start_kib: int = 0,
    use: Callable[[Path], None] | None = None,
) -> Outcome:
    """Make one input in `folder` (emptied first) and read it, in this process."""
    shutil.rmtree(folder, ignore_errors=True)
    make(reader, seed, number, folder)
    before_s = time.process_time()
    what, failure = "accepted", ""
    signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT_S)
    try:
        (use or READERS[reader].use)(folder)
    except CementWatchError as error:
        what = f"{type(error).__name__}: {_plain(str(error), folder)}"
        failure = _unfit(error, folder)
    except TooLongError:
        what, failure = "TooLong", f"more than {CPU_LIMIT_S:g} s"
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        what = f"{type(error).__name__}: {_plain(str(error), folder)}"
        failure = f"{type(error).__name__}: {str(error)[:200]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    cpu_s = time.process_time() - before_s
    if cpu_s > CPU_LIMIT_S and not failure:
        failure = f"took {cpu_s:.1f} s"
    peak_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start_kib) / 1024
    return Outcome(number, what, cpu_s, peak_mib, failure)


def limit_time() -> None:
    """Have `TooLongError` raised where an input uses up its time."""
    signal.signal(signal.SIGPROF, _too_long)


def outcomes(reader: str, seed: int, numbers: range) -> Iterator[Outcome]:
    """Run a range of numbers in a process that is started again behind whatever ends it."""
    context = multiprocessing.get_context("spawn")
    left = numbers
    while left:
        ours, theirs = context.Pipe()
        child = context.Process(target=_work, args=(reader, seed, left, theirs), daemon=True)
        child.start()
        theirs.close()
        next_one = left.start
        with suppress(EOFError):
            while ours.poll(WALL_LIMIT_S):
                outcome: Outcome = ours.recv()
                next_one = outcome.number + left.step
                yield outcome
        stuck = child.is_alive() and next_one in left and not ours.closed and _waits(child)
        child.kill() if stuck else None
        child.join()
        if next_one in left:
            how = f"no answer in {WALL_LIMIT_S:g} s" if stuck else f"process ended with {child.exitcode}"
            yield Outcome(next_one, "Crash" if not stuck else "Hang", 0.0, 0.0, how)
            next_one += left.step
        left = range(next_one, left.stop, left.step)


def _waits(child: Any) -> bool:  # noqa: ANN401 - a process of whichever context
    child.join(2.0)
    return bool(child.is_alive())


def _work(reader: str, seed: int, numbers: Iterable[int], out: Connection) -> None:
    limit_time()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name) / "input"
        for number in (-1, -2, -3):  # imports and caches are not of any input
            with suppress(Exception):
                try_one(reader, seed, number, folder)
        size = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY_LIMIT_BYTES,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        start_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in numbers:
            out.send(try_one(reader, seed, number, folder, start_kib))
    out.close()


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise TooLongError


def _plain(text: str, folder: Path) -> str:
    text = text.replace(str(folder), "")
    return re.sub(r"'[^']*'|\"[^\"]*\"|-?\d[\d.e+]*|0x[0-9a-fA-F]+", "#", text)[:100]


def _unfit(error: CementWatchError, folder: Path) -> str:
    """Why an error of our own is not what a user may be shown; empty where it is."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return f"asked for more than {MEMORY_LIMIT_BYTES // _MIB} MiB: {str(error)[:200]}"
        cause = cause.__cause__ or cause.__context__
    if "\n" in str(error) or len(str(error)) > 1000:
        return f"not one line: {str(error)[:200]!r}"
    if str(folder) not in str(error):
        return f"does not name the file: {str(error)[:200]}"
    return ""
