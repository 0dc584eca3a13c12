"""Dose reports on a session's time line: at the right time, once, and said to be outside where they are."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from monitor.config import Config, config_to_toml
from monitor.errors import SourceError
from monitor.frame import Frame, freeze_pixels
from recordings.deidentifying.run import Wanted, deidentify
from recordings.deidentifying.secret import Secret
from recordings.dose.kept import dose_of, join
from recordings.dose.moments import moments_of_dose
from recordings.dose.read import read_dose
from recordings.library.delete import delete_session
from recordings.session import Session, StoredSession, open_session
from recordings.verify import verify_session
from tests.monitor.scripted import info, scene
from tests.recordings.dose.report import EVENT, dose_report, event, save
from ui.cli import run
from ui.replay.deck import Deck
from ui.replay.window import ReplayWindow

ANCHOR_NS = 10**12
WHEN = datetime(2026, 3, 12, 9, 14, 0, tzinfo=UTC)
"""One minute before the first irradiation, whose time is 10:15 at +0100."""


@pytest.fixture(autouse=True)
def berlin() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Tokyo"  # the machine stands elsewhere
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def recorded(folder: Path, **more: object) -> StoredSession:
    """Frames from 0 s to 120 s after the anchor."""
    session = Session.create(
        folder, source_info=dataclasses.replace(info(), kind="dicom"), plan=None,
        config_toml=config_to_toml(Config()), software_version="1", clock_utc=lambda: WHEN,
        clock_monotonic_ns=lambda: ANCHOR_NS, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    pixels = freeze_pixels(scene(), copy=False)
    for seq in range(3):
        session.recording.append(Frame(seq, ANCHOR_NS + seq * 60 * 10**9, None, pixels, "x"))
    session.close()
    return open_session(folder)


def report(tmp_path: Path, *events: object, name: str = "dose.dcm", **more: object) -> Path:
    return save(dose_report(events, **more), tmp_path / name)  # type: ignore[arg-type]


def seconds(session: StoredSession) -> list[float | None]:
    dose = dose_of(session)
    assert dose is not None
    return [None if one.t_ns is None else (one.t_ns - ANCHOR_NS) / 1e9 for one in dose.irradiations]


def test_irradiations_stand_at_their_time_and_are_told_where_they_lie_outside(tmp_path: Path) -> None:
    session = recorded(tmp_path / "s")
    path = report(tmp_path, event(2, "20260312101610"), event(1), event(3, "20260312103000"))
    dose = join(session, [read_dose(path)])
    assert seconds(session) == [60.25, 130.0, 960.0]
    assert [one.during for one in dose.irradiations] == [True, False, False]
    assert dose.outside == 2
    first = moments_of_dose(dose)[0]
    assert (first.kind, first.event, first.t_ns) == ("irradiation", "fluoroscopy", ANCHOR_NS + 60_250_000_000)
    assert first.words == "X-ray: fluoroscopy, 4.2 s, 71 kV, 1.85 mGy, 0.123 Gy cm²"
    # what was closed stays as it was
    assert verify_session(session.folder).whole


def test_one_that_begins_before_the_first_frame_and_goes_on_is_inside(tmp_path: Path) -> None:
    session = recorded(tmp_path / "s")
    dose = join(
        session, [read_dose(report(tmp_path, event(1, "20260312101356"), event(2, "20260312101355")))]
    )
    assert [one.during for one in dose.irradiations] == [False, True]


def test_the_same_report_twice_and_a_later_one_tell_each_irradiation_once(tmp_path: Path) -> None:
    session = recorded(tmp_path / "s")
    first = read_dose(report(tmp_path, event(1)))
    join(session, [first])
    join(session, [first])
    later = report(
        tmp_path, event(1, dose=("0.002", "Gy")), event(2, "20260312101530"), instance="1.2.3.4.5.201",
        written=("20260312", "110000"), name="later.dcm",
    )  # fmt: skip
    dose = join(session, [read_dose(later)])
    assert [one.irradiation.uid for one in dose.irradiations] == [EVENT.format(1), EVENT.format(2)]
    assert dose.irradiations[0].irradiation.dose_rp_gy == 0.002
    # whichever was joined last, the newest report knows best
    assert join(session, [first]).irradiations[0].irradiation.dose_rp_gy == 0.002


def test_a_clock_that_is_ahead_and_times_without_an_offset(tmp_path: Path) -> None:
    session = recorded(tmp_path / "s")
    path = report(tmp_path, event(1), offset=None)
    join(session, [read_dose(path)])
    assert seconds(session) == [60.25 - 8 * 3600], "taken for the local time of this machine"
    join(session, [read_dose(path)], clock_difference_s=2.5, utc_offset_minutes=60)
    assert seconds(session) == [57.75]


@pytest.mark.parametrize(
    ("acquired", "offset", "expected"),
    [
        ("2026-03-12T10:14:30", None, 30.25), ("2026-03-12T10:14:30", "+0100", 30.25),
        ("2026-03-12T10:14:30+01:00", "+0100", 30.25), ("2026-03-12T09:14:30+00:00", "+0100", 30.25),
        ("2026-03-12", "+0100", None), (None, "+0100", None),
    ],
)  # fmt: skip
def test_an_imported_run_has_the_time_of_its_header(
    acquired: str | None, offset: str | None, expected: float | None, tmp_path: Path
) -> None:
    session = recorded(tmp_path / "s", imported_from="dicom", acquired=acquired)
    dose = join(session, [read_dose(report(tmp_path, event(1), offset=offset))])
    assert seconds(session) == [expected]
    assert dose.irradiations[0].during is (None if expected is None else True)
    assert len(moments_of_dose(dose)) == (expected is not None)


def test_what_the_session_received_is_found(tmp_path: Path) -> None:
    session = recorded(tmp_path / "s")
    assert dose_of(session) is None
    report(session.folder / "received", event(1))
    (session.folder / "received" / "broken.dcm").write_bytes(b"x" * 400)
    report(session.folder / "received" / ".incoming", event(9), instance="1.9")
    assert seconds(session) == [60.25]
    assert run(["dose", "--session", str(session.folder), "--clock-difference", "1"]) == 0
    assert seconds(session) == [59.25]


def test_a_file_that_is_spoiled_is_one_line(tmp_path: Path) -> None:
    session = recorded(tmp_path / "s")
    (session.folder / "dose.json").write_text('{"schema": "cementwatch.dose/9", "reports": []}')
    with pytest.raises(SourceError, match=r"dose\.json: schema"):
        dose_of(session)
    (session.folder / "dose.json").write_text("{")
    with pytest.raises(SourceError, match="not dose reports"):
        dose_of(session)
    assert any("without its dose" in note for note in _notes(session.folder))


def _notes(folder: Path) -> list[str]:
    deck = Deck(folder)
    deck.close()
    return deck.notes


def test_the_replay_shows_them(tmp_path: Path, qtbot: QtBot) -> None:
    session = recorded(tmp_path / "s")
    join(session, [read_dose(report(tmp_path, event(1)))])
    window = ReplayWindow(Deck(session.folder), cache=tmp_path / "cache")
    try:
        window.resize(1280, 720)
        window.show()
        ((at_s, shown),) = (mark for mark in window.time_line.row.marks if mark[1].kind == "irradiation")
        assert at_s == 60.25
        assert shown.words == "X-ray: fluoroscopy, 4.2 s, 71 kV, 1.85 mGy, 0.123 Gy cm²"
        window.hover_s(60.25)
        window.time_line.grab()
        texts = [window.events.list.item(row).text() for row in range(window.events.list.count())]
        assert any("fluoroscopy" in text for text in texts)
    finally:
        window.close()
        window.deleteLater()


def test_they_go_with_the_session_and_are_moved_with_its_days(tmp_path: Path) -> None:
    session = recorded(tmp_path / "s")
    join(session, [read_dose(report(tmp_path, event(1)))])
    outcome = deidentify(Wanted((session.folder,), tmp_path / "out", Secret(b"k" * 32)))
    assert outcome.remains == []
    cleaned = open_session(tmp_path / "out")
    assert seconds(cleaned) == [60.25]
    text = (cleaned.folder / "dose.json").read_text()
    assert "2026-03" not in text
    assert EVENT.format(1) not in text
    delete_session(session.folder)
    assert not session.folder.exists()


def test_the_command_prints_a_table_or_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(report(tmp_path, event(1)))
    assert run(["dose", path]) == 0
    table = capsys.readouterr().out
    assert "fluoroscopy single    4.20     71    42.5      63   15.0    8.0     1.850    0.1230" in table
    assert "in all: 6.100 mGy at the reference point, 0.4100 Gy cm², fluoroscopy 12.6 s" in table
    assert run(["dose", path, "--json"]) == 0
    (held,) = json.loads(capsys.readouterr().out)
    assert held["irradiations"][0]["dose_rp_gy"] == 0.00185

    session = recorded(tmp_path / "s")
    assert run(["dose", path, "--session", str(session.folder), "--utc-offset", "+0100"]) == 0
    assert "+60.2 s  fluoroscopy" in capsys.readouterr().out.replace("   ", "  ")
    for wrong in (
        ["dose"], ["dose", "none.dcm"], ["dose", path, "--clock-difference", "1"],
        ["dose", "--session", "none"],
        ["dose", path, "--session", str(session.folder), "--utc-offset", "CET"],
        ["dose", path, "--session", str(session.folder), "--clock-difference", "nan"],
    ):  # fmt: skip
        assert run(wrong) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
