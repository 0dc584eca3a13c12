"""The side of the command line: runs the start window in a process of its own and waits for the choice.

The process ends before a monitor starts. With it ends all that it held: a driver's thread that does not come
back cannot keep the device. Imports neither Qt nor NumPy, since a watchdog may follow in this very process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

import msgspec

from monitor.errors import CementWatchError, InputError
from ui.own_command import OWN_COMMAND
from ui.start.handover import Begun, Wanted

_ENDS_WITHIN_S = 3.0
_LARGEST_BYTES = 1024 * 1024
_WINDOW = (sys.executable, "-m", "ui.start")


def ask(wanted: Wanted, command: Sequence[str] = _WINDOW) -> Begun | None:
    """Show the window and wait; what was chosen, or None where it was closed.

    Raises
    ------
    InputError
        What was typed already makes no sense.
    CementWatchError
        It has failed.
    KeyboardInterrupt
        This process was told to end; the window is closed first.
    """
    ours, its = os.pipe()
    before = signal.signal(signal.SIGTERM, _interrupt)
    child = None
    try:
        try:
            child = subprocess.Popen(  # noqa: S603 - our own command
                [*command, str(its), msgspec.json.encode(wanted).decode()], pass_fds=(its,)
            )
        finally:
            os.close(its)
        text = _all_of(ours)
        status = _end_of(child)
    finally:
        os.close(ours)
        signal.signal(signal.SIGTERM, before)
        if child is not None and child.poll() is None:
            child.kill()
            child.wait()
    if text:
        begun = msgspec.json.decode(text, type=Begun)
        if begun.problem:
            raise InputError(begun.problem)
        return begun
    if status != 0:
        raise CementWatchError(f"the start window has failed (exit status {status})")
    return None


def mark(arguments: Sequence[str]) -> bool:
    """Run the command that marks the levels, in a process of its own; whether it has ended well."""
    done = subprocess.run([*OWN_COMMAND, *arguments], check=False)  # noqa: S603 - our own command
    return done.returncode == 0


def _interrupt(number: int, _: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


def _all_of(pipe: int) -> bytes:
    """Everything up to the end; the pipe is closed by whoever has chosen, or has gone."""
    parts, size = [], 0
    while size < _LARGEST_BYTES and (data := os.read(pipe, 65536)):
        parts.append(data)
        size += len(data)
    return b"".join(parts)


def _end_of(child: subprocess.Popen[bytes]) -> int | None:
    """Its exit status; None where it had to be ended, which releases all that it holds."""
    with suppress(subprocess.TimeoutExpired):
        return child.wait(_ENDS_WITHIN_S)
    child.kill()
    child.wait()
    return None
