"""Tables of the registry (SQLite). NULL is unknown, days are ``YYYY-MM-DD``, people pseudonyms.

A procedure's whole record is in ``procedure.json``; the other columns and tables are what of it is asked
for most, for whoever opens the file with a tool of their own. ``level.number`` and ``leak.number`` count
from 0.
"""

from __future__ import annotations

from recordings.cohort.rows import FACTORS

VERSION = 1
APPLICATION_ID = 0x43575247  # "CWRG": tells a registry from any other SQLite file

TABLES = (
    "CREATE TABLE procedure (session_id TEXT PRIMARY KEY, day TEXT, patient TEXT, operator TEXT, "
    "source TEXT NOT NULL, live_version TEXT NOT NULL, software_version TEXT NOT NULL, "
    "monitored INTEGER NOT NULL, monitored_fraction REAL, duration_s REAL NOT NULL, beam_on_s REAL, "
    "dose_area_product_gy_m2 REAL, reference_point_dose_gy REAL, frames INTEGER NOT NULL, "
    "frames_unread INTEGER NOT NULL, json BLOB NOT NULL) STRICT",
    "CREATE TABLE level (session_id TEXT NOT NULL REFERENCES procedure ON DELETE CASCADE, "
    "number INTEGER NOT NULL, level TEXT NOT NULL, region TEXT, pathology TEXT, "
    "posterior_wall_defect INTEGER, planned_ml REAL, injected_ml REAL, volume_ml REAL, volume_sd_ml REAL, "
    "volume_low_ml REAL, volume_high_ml REAL, volume_relative INTEGER NOT NULL, volume_method TEXT, "
    "fill_fraction REAL, area_mm2 REAL, outside_mm2 REAL, front_speed_mm_s REAL, first_warning_s REAL, "
    "injection_start_s REAL, injection_stop_s REAL, warning_to_stop_s REAL, monitored_fraction REAL, "
    "PRIMARY KEY (session_id, number)) STRICT",
    "CREATE TABLE leak (session_id TEXT NOT NULL, level_number INTEGER NOT NULL, number INTEGER NOT NULL, "
    "leak_class TEXT NOT NULL, onset_s REAL, area_mm2 REAL, volume_ml REAL, "
    "volume_relative INTEGER NOT NULL, detached INTEGER NOT NULL, ambiguous_with TEXT, view TEXT NOT NULL, "
    "told INTEGER, PRIMARY KEY (session_id, level_number, number), "
    "FOREIGN KEY (session_id, level_number) REFERENCES level ON DELETE CASCADE) STRICT",
    "CREATE TABLE alarm (session_id TEXT NOT NULL REFERENCES procedure ON DELETE CASCADE, "
    "number INTEGER NOT NULL, rule TEXT NOT NULL, kind TEXT NOT NULL, priority TEXT NOT NULL, level TEXT, "
    "structure TEXT, raised_s REAL NOT NULL, escalated_s REAL, acknowledged_s REAL, cleared_s REAL, "
    "reaction_s REAL, message TEXT NOT NULL, PRIMARY KEY (session_id, number)) STRICT",
    "CREATE TABLE follow_up (patient TEXT NOT NULL, score TEXT NOT NULL, moment TEXT NOT NULL, "
    "value REAL NOT NULL, PRIMARY KEY (patient, score, moment)) STRICT",
    "CREATE TABLE risk (patient TEXT NOT NULL, level TEXT NOT NULL, pathology TEXT, "
    "posterior_wall_defect INTEGER, "
    + ", ".join(f"{name} INTEGER" for name in FACTORS)
    + ", PRIMARY KEY (patient, level)) STRICT",
    "CREATE TABLE ct (series TEXT PRIMARY KEY, session_id TEXT, patient TEXT, day TEXT, "
    "software_version TEXT NOT NULL, unassigned_ml REAL NOT NULL, json BLOB NOT NULL) STRICT",
    "CREATE TABLE ct_level (series TEXT NOT NULL REFERENCES ct ON DELETE CASCADE, number INTEGER NOT NULL, "
    "level TEXT NOT NULL, volume_ml REAL NOT NULL, volume_sd_ml REAL, within_ml REAL, "
    "outside_ml REAL, PRIMARY KEY (series, number)) STRICT",
    "CREATE TABLE ct_leak (series TEXT NOT NULL, level_number INTEGER NOT NULL, number INTEGER NOT NULL, "
    "leak_class TEXT NOT NULL, volume_ml REAL NOT NULL, detached INTEGER NOT NULL, ambiguous_with TEXT, "
    "PRIMARY KEY (series, level_number, number), "
    "FOREIGN KEY (series, level_number) REFERENCES ct_level ON DELETE CASCADE) STRICT",
)
"""Of the newest version. ``ct.session_id`` refers to nothing: a CT may come before its session.
``risk.level`` is empty where a row is of every level."""
TABLE_NAMES = ("procedure", "level", "leak", "alarm", "follow_up", "risk", "ct", "ct_level", "ct_leak")

MIGRATIONS: dict[int, tuple[str, ...]] = {}
"""By version: what makes the next version of it. Version 1 is the first."""
