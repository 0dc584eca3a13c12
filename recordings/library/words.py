"""What a row says, in words: the same in the window, in the table of the command line, and for the search."""

from __future__ import annotations

from recordings.library.row import Row

NOT_MONITORED, UNKNOWN, NONE_DETECTED, NONE_RAISED = "not monitored", "unknown", "none detected", "none"
LEAK_WORDS = {
    "canal": "canal",
    "foramen": "foramen",
    "vein": "vein",
    "embolus": "embolus",
    "disc_superior": "disc above",
    "disc_inferior": "disc below",
    "paravertebral": "beside the body",
    "outside": "out of the body",
}


def when_words(row: Row) -> str:
    """``2026-03-04 10:20``, local; the day alone where the time is not known; else when it was imported."""
    moment = row.when
    if moment is None:
        return "" if row.made is None else f"imported {row.made:%Y-%m-%d}"
    day_alone = row.acquired is not None and len(row.acquired) == 10
    return f"{moment:%Y-%m-%d}" if day_alone else f"{moment:%Y-%m-%d %H:%M}"


def duration_words(seconds: float | None) -> str:
    """``3:07``, or ``1:02:03``; empty: not known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def size_words(size_bytes: int) -> str:
    """``1.4 GB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            value = size_bytes / factor
            return f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"
    return f"{size_bytes} B"


def levels_words(row: Row) -> str:
    """``T12, L1``."""
    return ", ".join(level.name for level in row.facts.levels)


def volume_words(row: Row) -> str:
    """``4.1, 3.0 mL``, in the order of the levels, ``-`` for one that is not known; empty: none is."""
    volumes = [level.volume_ml for level in row.facts.levels]
    if not any(volume is not None for volume in volumes):
        return ""
    return ", ".join("-" if volume is None else f"{volume:.1f}" for volume in volumes) + " mL"


def leak_words(row: Row) -> str:
    """Classes of leaks; why there are none."""
    if row.facts.monitored is None:
        return UNKNOWN
    if row.facts.leaks is None:
        return NOT_MONITORED
    return ", ".join(LEAK_WORDS.get(leak, leak) for leak in row.facts.leaks) or NONE_DETECTED


def alarm_words(row: Row) -> str:
    """Priority of the highest clinical alarm; why there is none."""
    if row.facts.monitored is None:
        return UNKNOWN
    if row.facts.highest is None:
        return NOT_MONITORED
    return row.facts.highest.upper() or NONE_RAISED


def source_words(row: Row) -> str:
    """``dicom, imported``."""
    if row.source_kind is None:
        return ""
    return f"{row.source_kind}, imported" if row.imported_from is not None else row.source_kind
