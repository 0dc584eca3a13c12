"""What every frame would have shown, computed by a process of its own that gives way to everything else.

It waits while a monitor runs on this machine. The results go to the user's cache; the window reads them while
they grow. A part that nobody finishes is removed.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from PyQt6.QtCore import QObject, QProcess, pyqtSignal

from monitor.errors import OutputError, SourceError
from monitor.user_folders import user_folder
from recordings.session import CONFIG, PLAN, PROFILE, StoredSession
from recordings.track import Track, open_track

MOST_BYTES = 2 * 1024**3
_PROGRAM = "import os, sys; os.nice({}); from ui.cli import run; sys.exit(run(sys.argv[1:]))"
_NICE = 15


def results_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where results are kept: below ``XDG_CACHE_HOME``, else below ``~/.cache``."""
    return user_folder("cache", environment) / "replay"


class EveryFrame(QObject):
    """Computes the every-frame results of a session, or finds them.

    `ended` tells why it failed (empty: it did not).
    """

    ended = pyqtSignal(str)

    def __init__(
        self,
        session: StoredSession,
        version: str,
        *,
        grows: bool = False,
        folder: Path | None = None,
        nice: int = _NICE,
    ) -> None:
        super().__init__()
        self._session, self._grows, self._nice = session, grows, nice
        folder = results_folder() if folder is None else folder
        name = _key(session, version)
        self.path = folder / f"{name}.mcap"
        self._part = folder / f"{name}.{os.getpid()}.part"
        self._process: QProcess | None = None
        self._said = ""

    @property
    def running(self) -> bool:
        """Whether results are being computed."""
        return self._process is not None

    def kept(self) -> Track | None:
        """Results that were computed before; None: there are none that are whole."""
        try:
            track = open_track(self.path, self._session)
        except (SourceError, OSError):
            return None
        if track.ended and not self._grows:
            return track
        track.close()
        return None

    def start(self) -> None:
        """Begin to compute. Raises `OutputError` where there is no place for what is found."""
        if self._process is not None:
            return
        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._part.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error
        with suppress(OSError):  # another replay may tidy up as well
            _tidy(folder)
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.readyReadStandardOutput.connect(self._hear)
        self._process.finished.connect(self._finished)
        where = str(self._session.folder)
        options = ["replay", where, "--every-frame", "--give-way", "--results", str(self._part)]
        self._process.start(sys.executable, ["-c", _PROGRAM.format(self._nice), *options])

    def growing(self) -> Track | None:
        """The results so far; None: there are none yet."""
        try:
            return open_track(self._part, self._session)
        except (SourceError, OSError):
            return None

    def stop(self) -> None:
        """Compute no further; what is not whole is removed."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._finished)
            process.kill()
            process.waitForFinished(5000)
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _hear(self) -> None:
        if self._process is not None:
            heard = self._process.readAllStandardOutput().data().decode(errors="replace")
            self._said = (self._said + heard)[-2000:]

    def _finished(self, status: int) -> None:
        self._hear()
        self._process = None
        why = ""
        if status != 0 or not self._part.exists():
            lines = [line for line in self._said.splitlines() if line.strip()]
            why = lines[-1].removeprefix("cementwatch: ") if lines else f"exit status {status}"
        elif not self._grows:
            with suppress(OSError):
                self._part.replace(self.path)
        self.ended.emit(why)


def _key(session: StoredSession, version: str) -> str:
    """Of what the results depend on: the session, its plan and configuration, and the software."""
    key = hashlib.sha256(f"{session.about.id} {version}".encode())
    for name in (PLAN, CONFIG, PROFILE):
        with suppress(OSError):
            key.update(hashlib.sha256((session.folder / name).read_bytes()).digest())
        key.update(name.encode())
    return key.hexdigest()[:24]


def _tidy(folder: Path) -> None:
    """Remove parts of processes that are gone, and the oldest results where they take too much room."""
    for part in folder.glob("*.part"):
        owner = part.suffixes[-2].lstrip(".") if len(part.suffixes) > 1 else ""
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            part.unlink(missing_ok=True)
    kept = sorted(folder.glob("*.mcap"), key=lambda path: path.stat().st_mtime, reverse=True)
    size = 0
    for path in kept:
        size += path.stat().st_size
        if size > MOST_BYTES:
            path.unlink(missing_ok=True)
