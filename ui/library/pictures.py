"""Key pictures for the table and the panel, made one after another elsewhere, the newest kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtGui import QImage

from recordings.library.row import Row
from recordings.library.thumbnail import Gray, thumbnail_of
from ui.wizard.worker import Worker

MOST_KEPT = 300


class Pictures:
    """Pictures by session folder.

    Parameters
    ----------
    root : Path
        The library's folder.
    worker : Worker
        Makes them.
    arrived : callable
        Told the folder of each that has arrived.
    """

    def __init__(self, root: Path, worker: Worker, arrived: Callable[[str], None]) -> None:
        self._root, self._worker, self._arrived = root, worker, arrived
        self._held: OrderedDict[str, QImage | None] = OrderedDict()
        self._asked: set[str] = set()

    def of(self, row: Row) -> QImage | None:
        """The picture of a session; None while it is being made, and where there is none."""
        name = row.folder
        if name in self._held:
            self._held.move_to_end(name)
            return self._held[name]
        if name not in self._asked and row.facts.frames:
            self._asked.add(name)
            keep = row.state != "recording now"
            self._worker.submit(
                lambda: thumbnail_of(self._root / name, keep=keep), lambda made: self._take(name, made)
            )
        return None

    def forget(self, name: str) -> None:
        """Make it anew when it is asked for again."""
        self._held.pop(name, None)

    def _take(self, name: str, made: object) -> None:
        self._asked.discard(name)
        self._held[name] = None if isinstance(made, Exception) else _image(made)  # type: ignore[arg-type]
        while len(self._held) > MOST_KEPT:
            self._held.popitem(last=False)
        self._arrived(name)


def _image(gray: Gray) -> QImage:
    rows, columns = gray.shape
    # Qt does not copy what it is given
    return QImage(gray.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
