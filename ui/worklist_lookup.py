"""Whose procedure a live run is, by a key of the worklist; names stay off every command line.

The server is asked in a process of its own: whoever watches over a monitor stays free of all that this needs.
"""

from __future__ import annotations

import subprocess

import msgspec

from monitor.errors import CementWatchError, InputError
from recordings.procedure import Procedure
from ui.own_command import OWN_COMMAND

_LONGEST_S = 120.0


class _Step(msgspec.Struct, frozen=True):
    procedure: Procedure


class _Listed(msgspec.Struct, frozen=True):
    steps: list[_Step]
    more: bool = False
    unusable: int = 0


def scheduled_procedure(address: str, accession: str | None, step: str | None) -> Procedure:
    """The one procedure that a worklist has with this accession number or scheduled step.

    Parameters
    ----------
    address : str
        ``AET@HOST:PORT``; how else it is asked says ``worklist.toml`` where it names the same server.

    Raises
    ------
    InputError
        No key, or none or more than one that it fits.
    CementWatchError
        The server cannot be asked.
    """
    named = (("--accession", accession), ("--step", step))
    keys = [word for option, key in named if key for word in (option, key)]
    if not keys:
        raise InputError("--worklist needs --accession or --step: whose procedure it is")
    command = [*OWN_COMMAND, "worklist", "--from", address, *keys, "--json"]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, capture_output=True, check=False, timeout=_LONGEST_S
        )
    except subprocess.TimeoutExpired:
        raise CementWatchError(f"{address}: no answer within {_LONGEST_S:g} s") from None
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].removeprefix("cementwatch: ")
        raise (InputError if done.returncode == 2 else CementWatchError)(words or f"{address}: not asked")
    return only_procedure(done.stdout, address, " ".join(keys))


def only_procedure(listed: bytes, address: str, keys: str) -> Procedure:
    """The procedure in what ``worklist --json`` has printed; never one of several.

    Parameters
    ----------
    listed : bytes
    address, keys : str
        Who was asked, and by which options, as in an error.

    Raises
    ------
    InputError
        None, or more than one; or there are more answers, or some that cannot be read: one may be another.
    """
    answered = msgspec.json.decode(listed, type=_Listed)
    steps = answered.steps
    if answered.more or answered.unusable:
        why = "more answers than are taken" if answered.more else "answers that cannot be read"
        raise InputError(f"the worklist of {address} has {why} with {keys}: it is not certain whose it is")
    if len(steps) != 1:
        found = "nothing" if not steps else f"{len(steps)} steps"
        raise InputError(f"the worklist of {address} has {found} with {keys}")
    return steps[0].procedure
