"""The queue on disk: objects that are to be sent, and how far each has come.

A folder with ``queue.sqlite``, the objects' files in ``spool/`` and two locks. An object is in it once its
row is: its file is whole and flushed by then. It leaves it once the peer has answered with success, or, where
that was asked for, has committed itself to keeping it. A kill or a power cut at any moment leaves one or the
other.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from calibration.whole_file import flush_folder
from monitor.errors import InputError, OutputError
from recordings.sending import locks
from recordings.sending.backoff import Backoff
from recordings.sending.entry import Entry, Route, Spooled, Stage
from recordings.sending.queue_file import COLUMNS, connect, entry_of, route_to_text
from recordings.sending.spool import Spool

_WORKSHOP = ".making-"


@dataclass(frozen=True, slots=True)
class Added:
    """Names of what was queued, and of what was in the queue already."""

    new: tuple[str, ...]
    already: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An object that a peer does not commit itself to: why, and whether sending it again may help."""

    reason: str
    again: bool


def open_queue(folder: Path) -> SendQueue:
    """Open a queue, making its folder where there is none (its owner's alone).

    Raises
    ------
    OutputError
        It cannot be written, or is no queue of this version.
    """
    spool = folder / "spool"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        spool.mkdir(mode=0o700, exist_ok=True)
        flush_folder(folder)
    except OSError as error:
        raise OutputError(f"{folder}: no folder for the queue: {error.strerror}") from error
    return SendQueue(folder, connect(folder / "queue.sqlite"), Spool(spool))


class SendQueue:
    """Made by `open_queue`. May be used by several threads and processes. All times are Unix times (s)."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, spool: Spool) -> None:
        self.folder = folder
        self.spool = spool
        self._connection = connection
        self._lock = threading.RLock()

    def close(self) -> None:
        """Let go of the file. May be called again."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """A folder to make objects in that are to be queued; removed at the end, or by the next sender.

        Raises
        ------
        OutputError
            It cannot be made.
        """
        with locks.held(self.folder / locks.ADDING, shared=True, wait=True):
            try:
                made = Path(tempfile.mkdtemp(prefix=_WORKSHOP, dir=self.folder))
            except OSError as error:
                raise OutputError(f"{self.folder}: cannot be written: {error.strerror}") from error
            try:
                yield made
            finally:
                shutil.rmtree(made, ignore_errors=True)

    def add(
        self, paths: Iterable[Path], route: Route, now_s: float, step: Callable[[], None] = lambda: None
    ) -> Added:
        """Queue copies of DICOM files: all of them, or none.

        What is on its way to that peer already is not queued again; it goes on by `route`, and at once.

        Raises
        ------
        InputError
            A file that cannot be sent, or another version of an object that is queued already.
        OutputError
            There is no room, or the queue cannot be written.
        """
        with locks.held(self.folder / locks.ADDING, shared=True, wait=True):
            taken: list[Spooled] = []
            try:
                for path in paths:
                    taken.append(self.spool.take(path, step))
                added = self._insert(taken, route, now_s)
            except BaseException:
                self.spool.remove(one.name for one in taken)
                raise
            self.spool.remove({one.name for one in taken} - set(added.new))
            return added

    def _insert(self, taken: list[Spooled], route: Route, now_s: float) -> Added:
        new, already, peer = [], [], str(route.peer)
        with self._transaction() as connection:
            for one in taken:
                held = self._one("peer = ? AND sop_instance = ?", peer, one.sop_instance)
                if held is not None and held.stage is Stage.COMMITTED and route.commit > held.route.commit:
                    # sent, and about to go: commitment can only be asked for of one that is still here
                    connection.execute("DELETE FROM entry WHERE name = ?", (held.name,))
                    held = None
                if held is None:
                    connection.execute(
                        "INSERT INTO entry (name, sop_class, sop_instance, syntax, size_bytes, sha256, peer, "
                        "route, stage, next_try_s, queued_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (one.name, one.sop_class, one.sop_instance, one.syntax, one.size_bytes, one.sha256,
                         peer, route_to_text(route), Stage.QUEUED.value, now_s, now_s),
                    )  # fmt: skip
                    new.append(one.name)
                    continue
                if held.object.sha256 != one.sha256:
                    raise InputError(
                        f"{held.what} on its way to {peer} has the same SOP instance UID and other contents; "
                        f"nothing was queued (--drop {held.name} forgets it)"
                    )
                kept = replace(route, commit=route.commit or held.route.commit)
                connection.execute(
                    "UPDATE entry SET route = ?, tries = 0, next_try_s = ? WHERE name = ?",
                    (route_to_text(kept), now_s, held.name),
                )
                already.append(held.name)
        return Added(tuple(new), tuple(dict.fromkeys(already)))

    def entries(self) -> tuple[Entry, ...]:
        """Everything in the queue, in the order in which it was queued. Raises `OutputError`."""
        return self._all("1")

    def find(self, name: str) -> Entry:
        """The entry of that name. Raises `InputError`."""
        held = self._one("name = ?", name)
        if held is None:
            raise InputError(f"{name}: no such object in the queue {self.folder}")
        return held

    def holds(self, name: str) -> bool:
        """Whether it has not left the queue. Raises `OutputError`."""
        return self._one("name = ?", name) is not None

    def drop(self, name: str) -> None:
        """Forget an object that was not sent or committed. Raises `InputError`."""
        self.find(name)
        with self._transaction() as connection:
            connection.execute("DELETE FROM entry WHERE name = ?", (name,))
        self.spool.remove([name])

    def retry(self, names: Iterable[str], now_s: float) -> None:
        """Let what comes next be tried now, also where that was given up."""
        with self._transaction() as connection:
            for name in names:
                connection.execute("UPDATE entry SET tries = 0, next_try_s = ? WHERE name = ?", (now_s, name))

    # ---- what the sender notes

    def sent(self, name: str, warning: str | None, now_s: float) -> None:
        """The peer has answered with success. Without commitment the object is done."""
        with self._transaction() as connection:
            held = self._one("name = ?", name)
            if held is None:  # dropped meanwhile
                return
            commit = held.route.commit
            connection.execute(
                "UPDATE entry SET stage = ?, tries = 0, next_try_s = ?, reason = NULL, warning = ? "
                "WHERE name = ? AND stage = ?",
                ((Stage.SENT if commit else Stage.COMMITTED).value, now_s, warning, name, Stage.QUEUED.value),
            )
        if not commit:
            self.let_go()

    def failed(self, names: Iterable[str], reason: str, now_s: float, backoff: Backoff | None) -> None:
        """What comes next has failed; `backoff` None: it never will work."""
        with self._transaction() as connection:
            for name in names:
                row = connection.execute("SELECT tries FROM entry WHERE name = ?", (name,)).fetchone()
                if row is None:
                    continue
                tries = row[0] + 1
                next_s = None if backoff is None else now_s + backoff.wait_s(tries)
                connection.execute(
                    "UPDATE entry SET tries = ?, next_try_s = ?, reason = ? WHERE name = ?",
                    (tries, next_s, reason, name),
                )

    def asking(self, names: Iterable[str], transaction: str, now_s: float, unanswered: Backoff) -> None:
        """Commitment is about to be asked for; kept before, since the report may come at once."""
        with self._transaction() as connection:
            for name in names:
                row = connection.execute("SELECT asks FROM entry WHERE name = ?", (name,)).fetchone()
                if row is None:
                    continue
                asks = row[0] + 1
                connection.execute("INSERT INTO asked VALUES (?, ?)", (transaction, name))
                connection.execute(
                    "UPDATE entry SET stage = ?, asks = ?, next_try_s = ?, transaction_uid = ? "
                    "WHERE name = ?",
                    (Stage.ASKED.value, asks, now_s + unanswered.wait_s(asks), transaction, name),
                )

    def unasked(self, transaction: str, reason: str, now_s: float, backoff: Backoff | None) -> None:
        """A request for commitment was not taken; `backoff` None: it never will be."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT name FROM entry WHERE transaction_uid = ? AND stage = ?",
                (transaction, Stage.ASKED.value),
            ).fetchall()
            names = [name for (name,) in rows]
            for name in names:
                connection.execute("UPDATE entry SET stage = ? WHERE name = ?", (Stage.SENT.value, name))
            self.failed(names, reason, now_s, backoff)

    def reported(
        self,
        transaction: str,
        peer_aet: str,
        committed: Iterable[str],
        refused: Mapping[str, Refused],
        now_s: float,
        backoff: Backoff,
    ) -> tuple[Entry, ...] | None:
        """Note a peer's report.

        Parameters
        ----------
        transaction : str
            UID of the request that it answers.
        peer_aet : str
            Who reports: it must be the one that was asked.
        committed : iterable of str
            SOP instance UIDs of what it keeps.
        refused : mapping of str to Refused
            What it does not, by SOP instance UID. Only of the newest request: what was sent again meanwhile
            is asked for anew. No report on a request before that counts any more.
        now_s : float
        backoff : Backoff

        Returns
        -------
        tuple of Entry or None
            The objects of the request as they stand now, those that are done among them; None where we never
            sent such a request to this peer, or all of its objects have left the queue.
        """
        kept = set(committed)
        with self._transaction() as connection:
            asked = [
                entry
                for entry in self._all(
                    "name IN (SELECT name FROM asked WHERE transaction_uid = ?)", transaction
                )
                if entry.route.peer.aet == peer_aet
            ]
            for entry in asked:
                uid = entry.object.sop_instance
                if uid in kept:
                    connection.execute(
                        "UPDATE entry SET stage = ?, reason = NULL WHERE name = ?",
                        (Stage.COMMITTED.value, entry.name),
                    )
                elif uid in refused and entry.transaction == transaction and entry.stage is Stage.ASKED:
                    self._send_again(entry, refused[uid], now_s, backoff)
        if not asked:
            return None
        now = tuple(held for one in asked for held in self._all("name = ?", one.name))
        self.let_go()
        return now

    def _send_again(self, entry: Entry, why: Refused, now_s: float, backoff: Backoff) -> None:
        next_s = now_s + backoff.wait_s(entry.asks) if why.again else None
        self._connection.execute(
            "UPDATE entry SET stage = ?, tries = 0, next_try_s = ?, reason = ? WHERE name = ?",
            (Stage.QUEUED.value, next_s, why.reason, entry.name),
        )
        # what it was said to keep before that, it does not
        self._connection.execute("DELETE FROM asked WHERE name = ?", (entry.name,))

    # ---- leaving the queue

    def let_go(self) -> None:
        """Remove what is done: its file first, its row, which says so, last."""
        done = [entry.name for entry in self._all("stage = ?", Stage.COMMITTED.value)]
        if not done:
            return
        self.spool.remove(done)
        with self._transaction() as connection:
            connection.executemany("DELETE FROM entry WHERE name = ?", [(name,) for name in done])

    def tidy(self) -> None:
        """Remove what a kill has left of objects that were not queued, or were done."""
        self.let_go()
        with locks.held(self.folder / locks.ADDING) as alone:
            if alone:  # else somebody is adding, whose files have no rows yet
                self.spool.tidy(entry.name for entry in self.entries())
                for left in self.folder.glob(f"{_WORKSHOP}*"):
                    shutil.rmtree(left, ignore_errors=True)

    # ---- SQLite

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing; within another one, a part of that. Raises `OutputError`."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):  # SQLite has done it already where the disk is full
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise OutputError(f"{self.folder}: the queue cannot be written: {error}") from error

    def _all(self, where: str, *values: object) -> tuple[Entry, ...]:
        statement = f"SELECT {COLUMNS} FROM entry WHERE {where} ORDER BY number"  # noqa: S608 - our own words
        try:
            with self._lock:
                rows = self._connection.execute(statement, values).fetchall()
            return tuple(entry_of(row) for row in rows)
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            raise OutputError(f"{self.folder}: the queue cannot be read: {error}") from error

    def _one(self, where: str, *values: object) -> Entry | None:
        found = self._all(where, *values)
        return found[0] if found else None
