"""`cementwatch library` without a window: the table, the search, tags, retention and deletion."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.result import Priority
from recordings.library.delete import delete_session
from recordings.procedure import Procedure
from recordings.session import SESSION
from tests.recordings.library.made import session
from ui.cli import run

NOW = datetime.now(UTC)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "library"
    who = Procedure("4711", "Doe, [bold]Jane", "L1", "Dr. Roe")
    leak = (0.5, "leak_canal", Priority.HIGH, 1)
    session(root / "one", alarms=(leak,), volumes_ml=(3.9,), who=who, at=NOW - timedelta(days=40))
    session(root / "two", imported_from="dicom", acquired="2019-01-02", at=NOW - timedelta(days=3))
    session(root / "three", at=NOW).folder.joinpath(SESSION).write_text("{")
    return root


def called(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    assert run(["library", *(str(argument) for argument in arguments)]) == status
    told = capsys.readouterr()
    assert (told.err == "") == (status == 0)
    return told.out if status == 0 else told.err


def test_without_a_display_a_table_is_printed(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = called(capsys, library)
    row = next(line for line in out.splitlines() if line.strip().startswith("one"))
    for words in ("L1", "3.9 mL", "canal", "HIGH", "Dr. Roe", "complete"):
        assert words in row
    assert "not monitored" in next(line for line in out.splitlines() if line.strip().startswith("two"))
    assert "three: session.json: not a session file" in out
    assert out.splitlines()[-1].startswith("3 sessions, ")
    assert not (library / "cache").exists()


def test_it_is_searched_and_told_as_json(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(called(capsys, library, "--json", "--search", "leak:canal,vein operator:roe"))
    assert [row["folder"] for row in rows] == ["one"]
    assert rows[0]["facts"]["levels"] == [
        {"name": "L1", "planned_ml": 4.0, "volume_ml": 3.9, "volume_sd_ml": 0.4}
    ]
    assert rows[0]["patient_name"] == "Doe, [bold]Jane"
    rows = json.loads(called(capsys, library, "--json", "--search", "monitored:no"))
    assert rows[0]["facts"]["leaks"] is None
    assert called(capsys, library, "--list", "--search", "nobody") == "nothing matches\n"
    assert "no key 'colour'" in called(capsys, library, "--search", "colour:red", status=2)


def test_tags_are_given_and_taken(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(capsys, library, "--tag", "Good case", "one").endswith("one: good-case\n")
    assert called(capsys, library, "--tag", "vein", library / "one").endswith("one: good-case, vein\n")
    assert "one" in called(capsys, library, "--search", "tag:vein")
    assert called(capsys, library, "--untag", "vein", "one").endswith("one: good-case\n")
    assert "tag 'a,b'" in called(capsys, library, "--tag", "a,b", "one", status=2)
    assert "no session below" in called(capsys, library, "--tag", "a", "nowhere", status=2)


def test_retention_lists_and_deletes_nothing(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(path.as_posix() for path in library.rglob("*"))
    out = called(capsys, library, "--retention", "30")
    assert out.splitlines()[-1].endswith("older than 30 days; nothing was deleted")
    assert out.splitlines()[-1].startswith("1 session, ")
    assert called(capsys, library, "--retention", "90") == "nothing is older than 90 days\n"
    assert sorted(path.as_posix() for path in library.rglob("*")) == before
    for days in ("-1", "inf", "nan", "1e12"):
        assert "must be 0 to 100000 days" in called(capsys, library, "--retention", days, status=2)


def test_deletion_is_asked_for_by_name(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = (NOW + timedelta(days=1)).timestamp()
    monkeypatch.setattr(
        "recordings.library.delete.delete_session",
        lambda folder: delete_session(folder, now_ns=round(later * 1e9)),
    )
    assert "give --yes" in called(capsys, library, "--delete", "one", status=2)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "another")
    assert "nothing was deleted" in called(capsys, library, "--delete", "one", status=1).splitlines()[0]
    assert (library / "one" / SESSION).exists()
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "one")
    assert "one: deleted, " in called(capsys, library, "--delete", "one")
    assert not (library / "one").exists()
    assert "three: deleted, " in called(capsys, library, "--delete", "three", "--yes")
    for wrong in (["--delete", ".."], ["--delete", library.parent], ["--delete", "one"], ["--yes"]):
        called(capsys, library, *wrong, "--yes", status=2)
    both = called(capsys, library, "--delete", "two", "--tag", "a", "two", status=2)
    assert "one at a time" in both
    assert (library / "two" / SESSION).exists()


def test_a_folder_that_is_none_is_one_line(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(capsys, library / "nowhere", status=2).count("\n") == 1
    assert called(capsys, library / "one" / SESSION, status=2).count("\n") == 1
    empty = library.parent / "empty"
    empty.mkdir()
    assert called(capsys, empty) == "no sessions\n"
