"""What the library says of sessions: all of them, in whatever condition, and never more than is known."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.errors import InputError, OutputError, SourceError
from monitor.health import Health
from monitor.result import Priority
from monitor.states import State
from recordings.library.cache import FactsCache, cache_path
from recordings.library.delete import delete_session
from recordings.library.index import row_again, rows_below
from recordings.library.retention import older_than
from recordings.library.row import LevelRow, Row
from recordings.library.search import parse_query
from recordings.library.tags import MOST_TAGS, Tags, read_tags, tags_of, write_tags
from recordings.library.thumbnail import FILE as THUMBNAIL
from recordings.library.thumbnail import thumbnail_of
from recordings.library.words import (
    alarm_words,
    duration_words,
    leak_words,
    size_words,
    volume_words,
    when_words,
)
from recordings.procedure import Procedure
from recordings.session import FRAMES, LOG, PLAN, SESSION, open_session
from tests.recordings.library.made import DAY, session

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
LATER_NS = time.time_ns() + 10**15
WHO = Procedure("4711", "Doe, Jane", "vertebroplasty L1", "Dr. Roe")


def listed(root: Path, cache: FactsCache | None = None, now_ns: int = LATER_NS) -> dict[str, Row]:
    return {row.folder: row for row in rows_below(root, cache or FactsCache(None), now_ns)}


def test_a_row_says_what_the_session_holds(tmp_path: Path) -> None:
    alarms = (
        (0.2, "degraded", HIGH, 0), (0.5, "near_vein", MEDIUM, 1), (1.0, "leak_canal", HIGH, 2),
        (1.2, "leak_disc_superior", MEDIUM, 3), (1.4, "leak_canal", HIGH, 3),
    )  # fmt: skip
    session(tmp_path / "2026" / "one", alarms=alarms, volumes_ml=(1.0, 3.9), who=WHO)
    row = listed(tmp_path)["2026/one"]
    assert row.state == "complete"
    assert row.problems == ()
    facts = row.facts
    assert (facts.frames, facts.missing, facts.duration_s) == (4, 0, 1.5)
    assert facts.levels == (LevelRow("L1", 4.0, 3.9, 0.4),)
    assert facts.leaks == ("canal", "disc_superior")
    assert facts.highest == "high"
    assert facts.watched_share == 1.0
    assert (row.patient_id, row.operator, row.software_version) == ("4711", "Dr. Roe", "0.1.0")
    assert row.size_bytes == sum(path.stat().st_size for path in (tmp_path / "2026" / "one").iterdir())
    assert leak_words(row) == "canal, disc above"
    assert alarm_words(row) == "HIGH"
    assert volume_words(row) == "3.9 mL"


def test_what_was_not_monitored_is_never_said_to_have_no_leak(tmp_path: Path) -> None:
    session(tmp_path / "imported", imported_from="dicom", acquired="2025-01-02T03:04:05")
    session(tmp_path / "quiet", volumes_ml=(0.0,))
    session(tmp_path / "technical", alarms=((0.1, "not_monitoring", MEDIUM, 0),))
    session(tmp_path / "damaged", volumes_ml=(1.0,))
    (tmp_path / "damaged" / LOG).write_bytes(b"no log" * 100)
    rows = listed(tmp_path)
    assert {name: leak_words(row) for name, row in rows.items()} == {
        "damaged": "unknown", "imported": "not monitored", "quiet": "none detected",
        "technical": "not monitored",
    }  # fmt: skip
    assert {name: alarm_words(row) for name, row in rows.items()} == {
        "damaged": "unknown", "imported": "not monitored", "quiet": "none",
        "technical": "not monitored",
    }  # fmt: skip
    assert rows["imported"].facts.leaks is None
    assert volume_words(rows["imported"]) == ""
    assert volume_words(rows["quiet"]) == "0.0 mL"
    assert rows["damaged"].state == "complete"
    assert LOG in (rows["damaged"].facts.problem or "")


def test_a_run_in_which_nothing_was_ever_watched_is_not_called_monitored(tmp_path: Path) -> None:
    blind = Health(State.NOT_MONITORING, (), 10**12, None, {})
    never = session(tmp_path / "never", alarms=((0.5, "not_monitoring", Priority.MEDIUM, 1),), close=False)
    never.log.state_changed(blind)
    never.close()
    unseen = session(tmp_path / "unseen", volumes_ml=(1.0,), close=False)
    unseen.log._connection.execute("UPDATE volume SET state = ?", (State.NOT_MONITORING.words,))
    unseen.close()
    for row in listed(tmp_path).values():
        assert row.facts.leaks is None
        assert leak_words(row) == "not monitored"
        assert not parse_query("leak:none").matches(row)


def test_when_something_was_imported_is_not_when_it_was_done(tmp_path: Path) -> None:
    session(tmp_path / "known", imported_from="dicom", acquired="2025-01-02T03:04:05")
    session(tmp_path / "day", imported_from="dicom", acquired="2025-01-02")
    session(tmp_path / "unknown", imported_from="video")
    rows = listed(tmp_path)
    assert {name: row.day for name, row in rows.items()} == {
        "known": "2025-01-02", "day": "2025-01-02", "unknown": None,
    }  # fmt: skip
    assert when_words(rows["known"]) == "2025-01-02 03:04"
    assert when_words(rows["day"]) == "2025-01-02"
    assert when_words(rows["unknown"]).startswith("imported 2026-03-0")


def test_broken_sessions_are_listed_with_the_reason(tmp_path: Path) -> None:
    session(tmp_path / "good")
    session(tmp_path / "no file").folder.joinpath(SESSION).unlink()
    session(tmp_path / "garbage").folder.joinpath(SESSION).write_text("{")
    session(tmp_path / "frames").folder.joinpath(FRAMES).write_bytes(b"\x00" * 64)
    session(tmp_path / "plan").folder.joinpath(PLAN).write_text("[]")
    session(tmp_path / "tags").folder.joinpath("tags.json").write_text('{"tags": 3}')
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "readme.txt").write_text("nothing of ours")
    rows = listed(tmp_path)
    assert {name: row.state for name, row in rows.items()} == {
        "frames": "broken", "garbage": "broken", "good": "complete", "no file": "broken", "plan": "complete",
        "tags": "complete",
    }  # fmt: skip
    said = {name: " ".join(row.problems) for name, row in rows.items()}
    assert (rows["frames"].facts.frames, rows["frames"].facts.missing) == (None, None)
    assert rows["garbage"].facts.missing is None
    assert said["good"] == ""
    for name, words in (
        ("no file", "session.json is missing"), ("garbage", "session.json: not a session file"),
        ("frames", "frames.mcap: not a recording"), ("plan", "plan.json"),
        ("tags", "tags.json: not a file of"),
    ):  # fmt: skip
        assert words in said[name]
        assert str(tmp_path) not in said[name]


def test_a_folder_that_may_not_be_looked_into_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session(tmp_path / "good")
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refused(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    rows = listed(tmp_path)
    assert rows["locked"].problems == ("cannot be looked into: Permission denied",)
    assert rows["good"].state == "complete"


def test_sessions_are_found_wherever_they_are(tmp_path: Path) -> None:
    session(tmp_path / "a" / "b" / "c")
    session(tmp_path / "a" / "b" / "c" / "second-plane")
    session(tmp_path / "elsewhere" / "d")
    library = tmp_path / "a"
    (library / "link").symlink_to(tmp_path / "elsewhere")
    (library / "round").symlink_to(library)
    assert list(listed(library)) == ["b/c", "b/c/second-plane"]
    assert list(listed(library / "b" / "c")) == [".", "second-plane"]
    with pytest.raises(InputError, match="no such folder"):
        listed(tmp_path / "nowhere")


def test_a_session_that_is_being_recorded_says_so_and_a_cut_one_too(tmp_path: Path) -> None:
    made = session(tmp_path / "s", close=False)
    soon_ns = max(path.stat().st_mtime_ns for path in made.folder.iterdir()) + 10**9
    assert listed(tmp_path, now_ns=soon_ns)["s"].state == "recording now"
    assert listed(tmp_path, now_ns=soon_ns)["s"].facts.frames == 4
    assert listed(tmp_path, now_ns=soon_ns + 60 * 10**9)["s"].state == "cut"
    made.close(complete=False)
    assert listed(tmp_path, now_ns=soon_ns)["s"].state == "cut"


def test_what_has_not_changed_is_not_read_again_and_what_has_is(tmp_path: Path) -> None:
    root = tmp_path / "library"
    made = session(root / "s", alarms=((0.5, "leak_vein", HIGH, 1),), volumes_ml=(2.0,), who=WHO)
    kept = tmp_path / "cache" / "facts.msgpack"
    cache = FactsCache(kept)
    first = listed(root, cache)
    cache.save(all_seen=True)
    held = kept.read_bytes()
    for name in (b"4711", b"Doe", b"Roe", b"library", bytes(str(root), "utf-8")):
        assert name not in held, "the cache names nobody and no file"
    assert (kept.stat().st_mode & 0o077, kept.parent.stat().st_mode & 0o077) == (0, 0)

    # the same size and time: the cache is believed, and tags are read all the same
    log = made.folder / LOG
    about = log.stat()
    log.write_bytes(b"x" * about.st_size)
    os.utime(log, ns=(about.st_atime_ns, about.st_mtime_ns))
    write_tags(made.folder, Tags(("teaching",)))
    again = listed(root, FactsCache(kept))["s"]
    assert again.facts == first["s"].facts
    assert again.tags == ("teaching",)

    os.utime(log, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
    assert listed(root, FactsCache(kept))["s"].facts.monitored is None

    kept.write_bytes(b"\xff" * 30)
    assert listed(root, FactsCache(kept))["s"].facts.frames == 4


def test_sessions_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    root, kept = tmp_path / "library", tmp_path / "facts.msgpack"
    for name in ("a", "b"):
        session(root / name)
    cache = FactsCache(kept)
    listed(root, cache)
    cache.save(all_seen=True)
    larger = kept.stat().st_size
    delete_session(root / "a", now_ns=LATER_NS)
    cache = FactsCache(kept)
    listed(root, cache)
    cache.save(all_seen=True)
    assert kept.stat().st_size < larger


def test_each_library_has_a_cache_of_its_own_below_the_users(tmp_path: Path) -> None:
    one = cache_path(tmp_path / "one", {"XDG_CACHE_HOME": str(tmp_path)})
    assert one.parent == tmp_path / "cementwatch" / "library"
    assert one != cache_path(tmp_path / "two", {"XDG_CACHE_HOME": str(tmp_path)})


def test_tags_and_note_are_kept_whole(tmp_path: Path) -> None:
    made = session(tmp_path / "s")
    assert read_tags(made.folder) == Tags()
    kept = write_tags(made.folder, Tags(("Teaching", "early  vein"), "first line\nsecond\x1b[31m\n\n"))
    assert kept.tags == ("early-vein", "teaching")
    assert kept.note == "first line\nsecond\\x1b[31m"
    assert read_tags(made.folder) == kept
    assert kept.with_tag("TEACHING") == kept
    assert kept.without_tag("Teaching").tags == ("early-vein",)
    assert tags_of("b, a,, A") == ("a", "b")
    held = (made.folder / "tags.json").read_bytes()
    for wrong in (
        Tags(tuple(str(k) for k in range(MOST_TAGS + 1))), Tags(("x" * 41,)), Tags(("a:b",)), Tags((" ",)),
        Tags((), "n" * 4001),
    ):  # fmt: skip
        with pytest.raises(InputError):
            write_tags(made.folder, wrong)
    assert (made.folder / "tags.json").read_bytes() == held
    with pytest.raises(OutputError, match=r"tags\.json: cannot be written"):
        write_tags(tmp_path / "nowhere", Tags(("a",)))
    for text in ("[]", '{"schema": "x"}', json.dumps({"tags": ["a,b"]}), "[" * 100_000, '{"x": 1}'):
        (made.folder / "tags.json").write_text(text)
        with pytest.raises(SourceError, match=r"tags\.json"):
            read_tags(made.folder)


def gray_at(folder: Path) -> float:
    return float(thumbnail_of(folder, keep=False).mean())


def test_the_key_picture_is_that_of_the_highest_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms = ((0.5, "near_vein", MEDIUM, 1), (1.0, "leak_canal", HIGH, 2), (1.5, "leak_canal", HIGH, 3))
    session(tmp_path / "alarm", alarms=alarms, volumes_ml=(1.0,))
    session(tmp_path / "watched", frames=9, volumes_ml=(1.0, 1.0, 1.0))
    session(tmp_path / "plain", frames=9)
    shown: list[int] = []
    from recordings.library import thumbnail

    def small(pixels: np.ndarray) -> np.ndarray:
        shown.append(int(pixels[0, 0]))
        return np.zeros((4, 4), np.uint8)

    monkeypatch.setattr(thumbnail, "small_picture", small)
    for name in ("alarm", "watched", "plain"):
        thumbnail_of(tmp_path / name, keep=False)
    assert shown == [120, 120, 140]


def test_the_key_picture_is_kept_until_the_session_changes(tmp_path: Path) -> None:
    made = session(tmp_path / "s")
    picture = thumbnail_of(made.folder)
    assert picture.dtype == np.uint8
    assert np.ptp(picture) == 255
    kept = made.folder / THUMBNAIL
    before = kept.stat().st_mtime_ns
    np.testing.assert_array_equal(thumbnail_of(made.folder), picture)
    assert kept.stat().st_mtime_ns == before
    os.utime(made.folder / LOG, ns=(before + 10**9, before + 10**9))
    thumbnail_of(made.folder)
    assert kept.stat().st_mtime_ns != before
    kept.write_bytes(b"not a picture")
    os.utime(kept, ns=(before + 10**10, before + 10**10))
    np.testing.assert_array_equal(thumbnail_of(made.folder), picture)
    with pytest.raises(Exception, match="no frames"):
        thumbnail_of(session(tmp_path / "none", frames=0).folder)


def test_only_a_sessions_own_files_are_deleted(tmp_path: Path) -> None:
    made = session(tmp_path / "s")
    session(made.folder / "second-plane")
    write_tags(made.folder, Tags(("a",)))
    thumbnail_of(made.folder)
    (made.folder / "snapshots").mkdir()
    (made.folder / "snapshots" / "mark.png").write_bytes(b"png")
    (made.folder / "truth.json").write_text("{}")  # of a training
    (made.folder / "notes.txt").write_text("mine")
    (tmp_path / "precious").write_text("mine")
    about = msgspec.json.decode((made.folder / SESSION).read_bytes())
    about["files"] |= {"trick": "../precious", "trap": "second-plane/session.json"}
    (made.folder / SESSION).write_bytes(msgspec.json.encode(about))
    done = delete_session(made.folder, now_ns=LATER_NS)
    assert done.left == ("notes.txt", "second-plane")
    assert done.freed_bytes > 0
    assert sorted(path.name for path in made.folder.iterdir()) == ["notes.txt", "second-plane"]
    assert open_session(made.folder / "second-plane").about.complete
    assert (tmp_path / "precious").read_text() == "mine"

    assert delete_session(made.folder / "second-plane", now_ns=LATER_NS).left == ()
    assert not (made.folder / "second-plane").exists()


def test_what_is_no_session_or_is_being_recorded_is_not_deleted(tmp_path: Path) -> None:
    made = session(tmp_path / "s", close=False)
    (tmp_path / "link").symlink_to(made.folder)
    before = sorted(path.name for path in made.folder.iterdir())
    soon_ns = max(path.stat().st_mtime_ns for path in made.folder.iterdir()) + 10**9
    for folder in (tmp_path, tmp_path / "link", tmp_path / "nowhere", made.folder):
        with pytest.raises(InputError, match="nothing is deleted"):
            delete_session(folder, now_ns=soon_ns)
    with pytest.raises(InputError, match="is being recorded or archived"):  # no frame has come for a minute
        delete_session(made.folder, now_ns=soon_ns + 60 * 10**9)
    assert sorted(path.name for path in made.folder.iterdir()) == before
    made.close(complete=False)
    assert delete_session(made.folder, now_ns=LATER_NS).left == ()


def test_retention_counts_from_when_the_session_was_made(tmp_path: Path) -> None:
    session(tmp_path / "old", at=DAY - timedelta(days=40))
    session(tmp_path / "older", at=DAY - timedelta(days=50))
    session(tmp_path / "new", at=DAY - timedelta(days=10))
    session(tmp_path / "imported", at=DAY, imported_from="dicom", acquired="2001-01-01")
    session(tmp_path / "broken").folder.joinpath(SESSION).unlink()
    rows = listed(tmp_path).values()
    assert [row.folder for row in older_than(rows, 30, DAY)] == ["older", "old"]
    assert older_than(rows, 60, DAY) == ()


def test_a_row_is_read_again_by_its_name(tmp_path: Path) -> None:
    made = session(tmp_path / "s", who=WHO)
    write_tags(made.folder, Tags((), "a note"))
    assert row_again(tmp_path, "s", FactsCache(None)).note == "a note"


def test_figures_in_words() -> None:
    assert [duration_words(s) for s in (None, 0.4, 187, 3723)] == ["", "0:00", "3:07", "1:02:03"]
    assert [size_words(b) for b in (5, 1400, 2_500_000, 250_000_000, 4_200_000_000)] == [
        "5 B", "1.4 kB", "2.5 MB", "250 MB", "4.2 GB",
    ]  # fmt: skip
