"""Tables of the procedure log (SQLite). Times are monotonic ns; NULL is unknown.

``session.started_utc`` is the wall clock at ``session.anchor_monotonic_ns``, which ties capture times
to the day. In table ``volume``, `t_ns` is the time of the frame (the source's own where it has one)
and `t_capture_ns` the monotonic time of its capture.
"""

from __future__ import annotations

VERSION = 1

STRUCTURES = (
    "posterior_wall",
    "anterior_wall",
    "superior_endplate",
    "inferior_endplate",
    "vein",
    "foramen",
)
DISTANCE_COLUMNS = tuple(f"distance_{structure}{end}_mm" for structure in STRUCTURES for end in ("", "_low"))
VOLUME_COLUMNS = (
    "t_ns",
    "t_capture_ns",
    "seq",
    "view",
    "level",
    "state",
    "volume_ml",
    "volume_sd_ml",
    "area_mm2",
    "outside_mm2",
    "fill_fraction",
    "front_speed_mm_s",
    "time_to_contact_s",
    *DISTANCE_COLUMNS,
)
ALARM_COLUMNS = (
    "t_ns",
    "event",
    "rule_id",
    "kind",
    "priority",
    "state",
    "level",
    "structure",
    "t_onset_ns",
    "seq",
    "value",
    "unit",
    "message",
)

TABLES = (
    "CREATE TABLE session (id TEXT NOT NULL, software_version TEXT NOT NULL, started_utc TEXT NOT NULL, "
    "anchor_monotonic_ns INTEGER NOT NULL) STRICT",
    "CREATE TABLE source (source_id TEXT NOT NULL, kind TEXT NOT NULL, description TEXT NOT NULL) STRICT",
    "CREATE TABLE plan (json TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT",
    "CREATE TABLE configuration (toml TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT",
    "CREATE TABLE volume (t_ns INTEGER NOT NULL, t_capture_ns INTEGER NOT NULL, seq INTEGER NOT NULL, "
    "view TEXT NOT NULL, level TEXT NOT NULL, state TEXT NOT NULL, volume_ml REAL, volume_sd_ml REAL, "
    "area_mm2 REAL, outside_mm2 REAL, fill_fraction REAL, front_speed_mm_s REAL, time_to_contact_s REAL, "
    + ", ".join(f"{column} REAL" for column in DISTANCE_COLUMNS)
    + ") STRICT",
    "CREATE TABLE alarm (t_ns INTEGER NOT NULL, event TEXT NOT NULL, rule_id TEXT NOT NULL, "
    "kind TEXT NOT NULL, priority TEXT NOT NULL, state TEXT NOT NULL, level TEXT, structure TEXT, "
    "t_onset_ns INTEGER NOT NULL, seq INTEGER NOT NULL, value REAL, unit TEXT, message TEXT NOT NULL) STRICT",
    "CREATE TABLE state_change (t_ns INTEGER NOT NULL, state TEXT NOT NULL, reasons TEXT NOT NULL) STRICT",
    "CREATE TABLE acknowledgement (t_ns INTEGER NOT NULL, rule_id TEXT, level TEXT, structure TEXT) STRICT",
    "CREATE TABLE event (t_ns INTEGER NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL) STRICT",
)
TABLE_NAMES = (
    "session",
    "source",
    "plan",
    "configuration",
    "volume",
    "alarm",
    "state_change",
    "acknowledgement",
    "event",
)
