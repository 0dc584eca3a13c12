"""What is older than it has to be kept. It is listed, never deleted by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from recordings.library.row import Row


def older_than(rows: Iterable[Row], days: float, now: datetime) -> tuple[Row, ...]:
    """Sessions that were recorded or imported more than so many days ago, the oldest first.

    Counted from when the folder was made, not from when an imported run was acquired. What has no such time,
    or is being recorded now, is never among them.

    Parameters
    ----------
    now : datetime
        With a zone.
    """
    made: list[tuple[datetime, Row]] = []
    for row in rows:
        try:
            moment = datetime.fromisoformat(row.created_utc) if row.created_utc else None
        except ValueError:
            continue
        if moment is None or moment.tzinfo is None or row.state == "recording now":
            continue
        if now - moment > timedelta(days=days):
            made.append((moment, row))
    return tuple(row for _, row in sorted(made, key=lambda pair: pair[0]))
