"""Moments that the operator marks: a row in the log, and a picture of what was on the screen.

The row is written at once, on the thread that looks; the picture, which takes a fifth of a second, on one of
its own. Neither holds monitoring up, and where one cannot be kept, that is said.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PyQt6.QtCore import QBuffer, QIODevice
from PyQt6.QtGui import QImage

from calibration.whole_file import write_whole
from monitor.result import Result
from recordings.session import SNAPSHOTS
from ui.overlay.words import clock

MOST_WAITING = 4
"""Pictures in memory, 8 MB each at 1920x1080; a fifth one on a disk that does not take them is left out."""
_PNG_QUALITY = 80  # half the time of the usual one for a tenth more bytes; no loss either way


class Log(Protocol):
    """Where rows go: `ui.observer.Observer.note`. Returns why it could not be written yet; empty: it is."""

    def __call__(self, name: str, data: Mapping[str, Any], t_ns: int) -> str:
        """Write a row."""
        ...


@dataclass(frozen=True, slots=True)
class Plane:
    """What a mark needs of one source.

    Parameters
    ----------
    view : str
    log : Log or None
        None: nothing is kept.
    """

    view: str
    log: Log | None


class Marker:
    """Marks moments. Called on the thread that looks; `stop` it before the session is closed.

    Parameters
    ----------
    planes : sequence of Plane
        One, or the two of a biplane: a mark is written for each.
    folder : Path or None
        Of the session, or of the first plane's; None: nothing is kept.
    start_ns : int
        When the session began (ns, monotonic).
    """

    def __init__(
        self,
        planes: Sequence[Plane],
        folder: Path | None,
        start_ns: int,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._planes, self._folder, self._start_ns, self._clock_ns = planes, folder, start_ns, clock_ns
        self._waiting: queue.Queue[tuple[float, str, QImage] | None] = queue.Queue(MOST_WAITING)
        self._lost: queue.SimpleQueue[tuple[float, str, str]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def mark(self, level: str | None, results: Sequence[Result | None], screen: Callable[[], QImage]) -> str:
        """Mark this moment; what was done, in words.

        Parameters
        ----------
        level : str or None
            Whose figures stand large.
        results : sequence of Result or None
            What is shown of each plane.
        screen : callable
            Gives the picture of what is shown.
        """
        now_ns = self._clock_ns()
        elapsed_s = (now_ns - self._start_ns) / 1e9
        if self._folder is None:
            return "not marked: nothing is recorded (--session)"
        name: str | None = f"{SNAPSHOTS}/mark-{int(elapsed_s // 60):03d}m{elapsed_s % 60:06.3f}s.png"
        why = ""
        try:
            self._waiting.put_nowait((elapsed_s, str(name), screen()))
        except queue.Full:
            name, why = None, "the disk is too slow"
        else:
            self._work()
        problems = []
        for i, plane in enumerate(self._planes):
            result = results[i] if i < len(results) else None
            data = {
                "elapsed_s": round(elapsed_s, 3),
                "view": plane.view,
                "level": level,
                "seq": result.frame.seq if result is not None else None,
                "frame_time_ns": result.frame.time_ns if result is not None else None,
                "picture": name,
            }
            if plane.log is not None:
                problems.append(plane.log("mark", data, now_ns))
        failed = next((problem for problem in problems if problem), "")
        if failed:
            return f"mark {clock(elapsed_s)} waits: {failed}"
        return f"marked {clock(elapsed_s)}" + (f", without a picture: {why}" if why else "")

    def lost(self) -> str:
        """Pictures that could not be kept, since the last call: in words, and in the log."""
        words = ""
        while not self._lost.empty():
            elapsed_s, name, why = self._lost.get()
            words = f"marked {clock(elapsed_s)}, without a picture: {why}"
            log = self._planes[0].log
            if log is not None:
                log("mark_without_picture", {"picture": name, "why": why}, self._clock_ns())
        return words

    def stop(self, deadline_s: float = 5.0) -> None:
        """Write the pictures that wait, and end."""
        if self._thread is None:
            return
        try:
            self._waiting.put(None, timeout=deadline_s)
        except queue.Full:
            return  # the disk holds the thread; it ends with the process
        self._thread.join(deadline_s)
        self.lost()

    def _work(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="snapshots", daemon=True)
            self._thread.start()

    def _keep(self) -> None:
        while (item := self._waiting.get()) is not None:
            elapsed_s, name, image = item
            try:
                self._write(name, image)
            except OSError as error:
                self._lost.put((elapsed_s, name, error.strerror or str(error)))

    def _write(self, name: str, image: QImage) -> None:
        if self._folder is None:
            return
        path = self._folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not image.save(buffer, "PNG", _PNG_QUALITY):
            raise OSError(0, "it cannot be made a PNG")
        write_whole(path, buffer.data().data())
