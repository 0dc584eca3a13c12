"""What a receiving process has kept, in the order of arrival, until it is taken; the process is kept up."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.errors import CementWatchError
from recordings.dicom_origin import OriginObject
from recordings.network.address import Peer
from recordings.receiving.admission import is_loopback
from recordings.receiving.arrivals import Arrival, still_to_play, there_already
from recordings.receiving.listen_options import ListenOptions
from recordings.receiving.process import ReceivingProcess, Service
from recordings.session import utc_now

Note = Callable[[str, Mapping[str, Any], int], object]
_EVENTS = {"kept": "object_received", "refused": "object_refused", "ended": "receiver_ended"}
_AGAIN_S = 0.25
_PATIENCE_S = 5.0


class Inbox:
    """Receives into a folder from `listen` to `close`; may be used by any thread.

    Parameters
    ----------
    options : ListenOptions
    clock_ns, clock_utc : callable
        Monotonic clock (ns), and the wall's.
    """

    def __init__(
        self,
        options: ListenOptions,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        clock_utc: Callable[[], datetime] = utc_now,
    ) -> None:
        self._options, self._clock_ns, self._clock_utc = options, clock_ns, clock_utc
        self._changed = threading.Condition()
        self._queue: deque[Arrival] = deque()
        self._known: dict[Path, int] = {}
        self._process: ReceivingProcess | None = None
        self._folder: Path | None = None
        self._note: Note | None = None
        self._untold: list[tuple[str, Mapping[str, Any], int]] = []
        self._closing = False
        self.away: str | None = None
        """Why nobody receives now, while that is being mended."""

    @property
    def listening(self) -> bool:
        """Whether `listen` was called, and `close` was not."""
        return self._folder is not None and not self._closing

    @property
    def port(self) -> int | None:
        """Port that is listened on; None while nobody listens."""
        return self._process.port if self._process is not None else None

    @property
    def open_to_all(self) -> bool:
        """Whether others than this machine may send, whoever they are."""
        return not self._options.allowed and not is_loopback(self._options.address.host)

    @property
    def waiting(self) -> int:
        """How many objects nobody has taken yet."""
        return len(self._queue)

    def listen(self, folder: Path, floor_bytes: int | None = None, patience_s: float = 0.0) -> None:
        """Begin to receive into a folder; what is there already comes first.

        `floor_bytes`, where it is not None, is the room that has to be left; `patience_s` is how long the
        address may still be somebody's (s).

        Raises
        ------
        OutputError
            The address cannot be listened on, or the folder cannot be written to.
        """
        self._folder = folder
        if floor_bytes is not None:
            limits = replace(self._options.limits, floor_bytes=floor_bytes)
            self._options = replace(self._options, limits=limits)
        self._process = self._started(folder, self._options.address, patience_s)
        with self._changed:  # what was kept meanwhile has been heard, or is found here, or both
            for arrival in there_already(folder):
                self._take_in(arrival.path, arrival.arrived)

    def go_on(self, origins: Iterable[OriginObject], next_seq: int) -> None:
        """Leave out what a session that is gone on with has played already; see `still_to_play`."""
        with self._changed:
            self._queue = deque(still_to_play(self._queue, origins, next_seq))

    def attach(self, note: Note) -> None:
        """Where to write down what happens; what has happened so far first."""
        with self._changed:
            self._note = note
            untold, self._untold = self._untold, []
        for name, data, t_ns in untold:
            self.tell(name, data, t_ns)

    def tell(self, name: str, data: Mapping[str, Any], t_ns: int | None = None) -> None:
        """Write down that something happened, now or at a monotonic time (ns)."""
        moment_ns = self._clock_ns() if t_ns is None else t_ns
        with self._changed:
            note = self._note
            if note is None:
                self._untold.append((name, data, moment_ns))
                return
        with suppress(CementWatchError):  # the log keeps what it could not write, and says so itself
            note(name, data, moment_ns)

    def take(self, until_ns: int) -> Arrival | None:
        """The next object; waits for it until then (ns, monotonic) or until it is closed."""
        with self._changed:
            left_s = max(0.0, (until_ns - self._clock_ns()) / 1e9)
            self._changed.wait_for(lambda: bool(self._queue) or self._closing, left_s)
            return self._queue.popleft() if self._queue and not self._closing else None

    def pause(self, seconds: float) -> bool:
        """Wait so long; False where it was closed meanwhile."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._closing, seconds)

    def close(self) -> list[Arrival]:
        """Receive no more; what nobody has taken. Any number of times."""
        with self._changed:
            self._closing = True
            process, self._process = self._process, None
            self._changed.notify_all()
        if process is not None:
            process.stop()
        with self._changed:
            left, self._queue = list(self._queue), deque()
        return left

    def _started(self, folder: Path, address: Peer, patience_s: float) -> ReceivingProcess:
        asked = self._options
        process = ReceivingProcess(
            Service(folder, address, asked.allowed, asked.tls, asked.limits, patience_s), self._heard
        )
        process.start()
        return process

    def _start_again(self, folder: Path, port: int) -> None:
        """Start the process again where it was, until that succeeds."""
        while self.pause(_AGAIN_S):
            try:
                process = self._started(folder, replace(self._options.address, port=port), _PATIENCE_S)
            except CementWatchError as error:
                self.away = str(error)
                continue
            with self._changed:
                wanted = not self._closing
                if wanted:
                    self._process, self.away = process, None
            if wanted:
                self.tell("receiver_started", {})
            else:
                process.stop()
            return

    def _take_in(self, path: Path, arrived: datetime) -> int:
        """Queue an object that is not known yet; its number."""
        if path not in self._known:
            self._known[path] = len(self._known) + 1
            self._queue.append(Arrival(self._known[path], path, arrived))
            self._changed.notify_all()
        return self._known[path]

    def _heard(self, row: Mapping[str, Any]) -> None:
        """On the thread of the process: take in what it tells."""
        now_ns, event = self._clock_ns(), row["event"]
        data = {key: value for key, value in row.items() if key not in ("event", "path")}
        with self._changed:
            if event == "kept":
                data["object"] = self._take_in(Path(row["path"]), self._clock_utc())
            elif event == "ended":
                self.away = str(row["reason"])
                self._changed.notify_all()
                port = self.port
                if port is not None and self._folder is not None and not self._closing:
                    again = (self._folder, port)
                    threading.Thread(
                        target=self._start_again, args=again, name="receive again", daemon=True
                    ).start()
        self.tell(_EVENTS[event], data, now_ns)
