"""The small parent process: starts the monitor, notices when it hangs or dies, says so, starts it again.

Imports neither Qt nor NumPy: what it watches over must not be able to take it down.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

from ui.own_command import OWN_COMMAND
from ui.watchdog.heartbeat import RESTARTED, VARIABLE
from ui.watchdog.notice_process import NoticeProcess
from ui.watchdog.vigil import Restarts, Verdict, Vigil

_TICK_S = 0.1
_DUMP_S = 1.0
_FOLLOWS = "growth meanwhile cannot be excluded: stop injecting, or go on by eye alone"
_WHY = {
    Verdict.FROZEN: "the monitor's window does not answer",
    Verdict.GIVEN_UP: "the monitor's window does not answer",
    Verdict.DEAD: "the monitor has died",
}


class Supervisor:
    """Keeps ``cementwatch live`` running.

    Parameters
    ----------
    arguments : sequence of str
        Of the command that is watched, ``live`` first.
    say : callable
        Given one line for whoever reads the terminal.
    shown : bool
        Whether there is a screen to say it on.
    """

    def __init__(self, arguments: Sequence[str], say: Callable[[str], None], *, shown: bool) -> None:
        self._arguments, self._say = list(arguments), say
        self._notice = NoticeProcess() if shown else None
        self._restarts = Restarts()
        self._session: str | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._told: Verdict | None = None
        self._asked: int | None = None

    def run(self) -> int:
        """Watch until the monitor ends in order, or fails too often. Returns its exit status."""
        before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            while True:
                status = self._watch_one()
                if status is not None:
                    return status
        finally:
            self._end_child()
            if self._notice is not None:
                self._notice.close()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, number: int, _: FrameType | None) -> None:
        self._asked = number

    def _watch_one(self) -> int | None:
        """Start the monitor once and watch it; its exit status where that is the end of all."""
        ours, its = os.pipe()
        told = {VARIABLE: str(its), "PYTHONFAULTHANDLER": "1"} | (
            {RESTARTED: "1"} if self._restarts.at_s else {}
        )
        try:
            self._child = child = subprocess.Popen(  # noqa: S603 - our own command, as it was typed
                [*OWN_COMMAND, *self._again()],
                pass_fds=(its,),
                env=os.environ | told,
                # Ctrl+C in the terminal is for this process alone, which hands it on once
                start_new_session=True,
            )
        finally:
            os.close(its)
        try:
            return self._until_over(child, ours)
        finally:
            os.close(ours)

    def _again(self) -> list[str]:
        if self._session is None:
            return self._arguments
        kept = _without(self._arguments, "--session")
        resume = [] if "--resume" in kept else ["--resume"]
        return [*kept, "--session", self._session, *resume]

    def _until_over(self, child: subprocess.Popen[bytes], pipe: int) -> int | None:
        vigil = Vigil(time.monotonic(), restarted=bool(self._restarts.at_s))
        with selectors.DefaultSelector() as wait:
            wait.register(pipe, selectors.EVENT_READ)
            rest, forwarded = b"", False
            while True:
                if wait.select(_TICK_S):
                    data = os.read(pipe, 65536)
                    if not data:  # it has let go of the pipe: only its end is left to wait for
                        wait.unregister(pipe)
                        wait.close()
                        return self._over(vigil, _wait(child))
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        vigil = self._take(vigil, line)
                if self._asked is not None and not forwarded:
                    forwarded = True
                    child.send_signal(self._asked)
                verdict = vigil.verdict(time.monotonic(), child.poll())
                self._tell(verdict)
                if verdict in (Verdict.GIVEN_UP, Verdict.DEAD) or (
                    verdict is Verdict.ENDED and child.poll() is not None
                ):
                    return self._over(vigil, None if verdict is Verdict.GIVEN_UP else child.poll())

    def _take(self, vigil: Vigil, line: bytes) -> Vigil:
        word, _, rest = line.partition(b" ")
        if word == b"session":
            with suppress(ValueError):
                self._session = str(json.loads(rest))
            return vigil  # no sign of life: a second source may still take its time to open
        if word == b"end":
            return vigil.ends()
        return vigil.beat(time.monotonic())

    def _tell(self, verdict: Verdict) -> None:
        if verdict is self._told:
            return
        was, self._told = self._told, verdict
        if verdict in _WHY:
            self._alarm(_WHY[verdict])
        elif (
            verdict is Verdict.WELL and was in (Verdict.FROZEN, Verdict.STARTING) and self._notice is not None
        ):
            self._notice.hide()
        if verdict is Verdict.WELL and was is Verdict.FROZEN:
            self._say("the monitor's window answers again")

    def _alarm(self, why: str) -> None:
        self._say(f"NOT MONITORING: {why}; {_FOLLOWS}")
        if self._notice is not None:
            self._notice.show(why, _FOLLOWS)

    def _over(self, vigil: Vigil, exit_status: int | None) -> int | None:
        """A monitor has ended or is given up: its exit status, or None where it is to be started again."""
        verdict = vigil.verdict(time.monotonic(), exit_status)
        if self._asked is not None or verdict is Verdict.ENDED:
            self._end_child()
            return exit_status if exit_status is not None and exit_status >= 0 else 1
        self._tell(verdict)
        self._end_child()
        number = self._restarts.another(time.monotonic())
        if number is None:
            self._alarm("the monitor fails again and again")
            self._say("it is not started again; end with Ctrl+C")
            if self._notice is not None:
                while self._asked is None and self._notice.alive:
                    time.sleep(_TICK_S)
            return 1
        self._say(f"starting the monitor again ({number})")
        self._told = None
        return None

    def _end_child(self) -> None:
        """End what hangs; first let it write down where (faulthandler, on SIGABRT)."""
        child, self._child = self._child, None
        if child is None or child.poll() is not None:
            return
        for number in (signal.SIGABRT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                child.send_signal(number)
                child.send_signal(signal.SIGCONT)
            try:
                child.wait(_DUMP_S)
            except subprocess.TimeoutExpired:
                continue
            return


def _wait(child: subprocess.Popen[bytes]) -> int | None:
    try:
        return child.wait(_DUMP_S)
    except subprocess.TimeoutExpired:
        return None


def _without(arguments: Sequence[str], option: str) -> list[str]:
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == option:
            skip = True
        elif not argument.startswith(f"{option}="):
            kept.append(argument)
    return kept
