"""The start window's own process: ``python -m ui.start FD JSON``, started by `ui.start.process`."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import get_args

import msgspec

from monitor.errors import CementWatchError, InputError
from ui.options import config_of, crop_of, one_thread_per_sum
from ui.start.handover import Begun, Wanted

_LOOK_MS = 200


def main(arguments: list[str]) -> int:
    """Show the window until it is closed, and write what was chosen to the descriptor."""
    fd, wanted = int(arguments[0]), msgspec.json.decode(arguments[1], type=Wanted)
    try:
        begun = _choose(wanted)
    except CementWatchError as error:
        begun = Begun([], problem=str(error))
    if begun is not None:
        with suppress(OSError):  # whoever asked has gone
            os.write(fd, msgspec.json.encode(begun))
    os.close(fd)
    return 0


def _choose(wanted: Wanted) -> Begun | None:
    one_thread_per_sum()
    from monitor.plan import Polarity

    crop_of(wanted.crop)
    if wanted.polarity is not None and wanted.polarity not in get_args(Polarity):
        raise InputError(f"polarity must be {' or '.join(get_args(Polarity))}, is {wanted.polarity!r}")
    config = config_of(None if wanted.config is None else Path(wanted.config), wanted.preset)

    from PyQt6.QtCore import QTimer
    from PyQt6.QtWidgets import QApplication

    from ui.qt import start_application
    from ui.start.window import StartWindow

    start_application()
    window = StartWindow(wanted, config)
    asked_by, told = os.getppid(), False

    def end(*_: object) -> None:
        nonlocal told
        told = True

    def look() -> None:
        if told or os.getppid() != asked_by:
            window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(_LOOK_MS)
    window.showMaximized()
    QApplication.exec()
    return window.begun


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stderr.flush()
    # a thread that is still inside a driver would abort the usual end of the interpreter, or hold it up
    os._exit(status)
