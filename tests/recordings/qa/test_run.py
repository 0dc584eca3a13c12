"""A run over a library: each session once, what is broken named, and gone on with after any end."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from monitor.errors import InputError, OutputError
from recordings.cohort.registry import Registry
from recordings.deidentifying.secret import Secret, secret_of
from recordings.dose.kept import write_dose
from recordings.qa import run as run_module
from recordings.qa import run_files, run_reports
from recordings.qa.differences import fields_of
from recordings.qa.measure import day_of
from recordings.qa.record import Failed, record_from_json
from recordings.qa.run import measure_all
from recordings.qa.run_files import Results, WriteError
from recordings.qa.run_plan import sessions_in
from recordings.qa.run_pool import Answer, Ask, in_processes
from recordings.qa.run_tables import FAILED, REANALYSIS, TABLES, plain_row
from recordings.qa.run_task import done_of, done_to_bytes
from recordings.session import CONFIG, SESSION, StoredSession, session_json
from tests.recordings.qa.archive import PERSONS, QUICK, copied, here, measure, of, records, wanted
from tests.recordings.qa.tasks import do
from tests.test_architecture import ROOT
from ui.cli import run as run_command


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def held(measured: Path, tmp_path: Path) -> Path:
    """Results that a test may change."""
    return Path(shutil.copytree(measured, tmp_path / "held"))


def test_each_session_is_found_once_and_what_is_no_session_is_named(library: Path, tmp_path: Path) -> None:
    root, out = tmp_path / "root", tmp_path / "root" / "results"
    shutil.copytree(library, root / "year", copy_function=os.link)
    (root / "again").symlink_to(root / "year" / "0001")
    shutil.copytree(root / "year" / "0002", root / "copy of 2", copy_function=os.link)
    shutil.copytree(root / "year" / "0002", root / "results" / "old", copy_function=os.link)
    nameless = session_json(of(library / "0000").about).replace(b'"id"', b'"di"')
    for name, text in (("cut", b"{"), ("odd", nameless)):
        (root / name).mkdir()
        (root / name / SESSION).write_bytes(text)
    (root / "headless").mkdir()
    (root / "headless" / "frames.mcap").touch()
    nameless_folder = root / os.fsdecode(b"bad \xff")
    shutil.copytree(root / "year" / "0001", nameless_folder, copy_function=os.link)
    now = root / "now"
    shutil.copytree(root / "year" / "0001", now)
    about = msgspec.structs.replace(of(now).about, id="another", complete=False, closed_utc=None)
    (now / SESSION).write_bytes(session_json(about))
    found = sessions_in((root, root / "year", root / "again"), apart_from=out)
    assert [work.folder.name for work in found.work] == ["copy of 2", "0000", "0001"]
    assert [(Path(one.folder).name, one.why) for one in found.failed] == [
        (r"bad \udcff", "its path is no UTF-8 text: rename the folder"),
        ("cut", "session.json: not a session file: Input data was truncated"),
        ("headless", "session.json is missing"),
        ("odd", "session.json: not a session file: Object missing required field `id`"),
    ]
    assert found.told == (
        f"{now}: is being recorded now: left out",
        f"{root}/year/0002: the same session as {root}/copy of 2: counted once",
    )
    assert found.count == 7
    with pytest.raises(InputError, match="holds no session"):
        sessions_in((library, tmp_path / "root" / "results"), apart_from=out)
    about = msgspec.structs.replace(about, id="../../elsewhere")
    (now / SESSION).write_bytes(session_json(about))
    (refused,) = sessions_in((now,), apart_from=out).failed
    assert refused.why == "session.json: its id is none that this software gives"


def test_what_is_held_is_not_measured_again(library: Path, held: Path, tmp_path: Path) -> None:
    root = tmp_path / "moved"
    shutil.copytree(library, root)
    again = measure(root, held)
    assert (len(again.session_ids), again.reused) == (3, 3)
    assert {record_from_json(data, "").folder for data in records(held).values()} == {
        str(root / f"000{number}") for number in range(3)
    }
    write_dose(root / "0001", ())
    (root / "0002" / "tags.json").write_text("{}")
    others = [held / "own.csv", next((held / "procedures").iterdir()) / "own.txt"]
    for own in others:
        own.write_text("somebody else's")
    assert measure(root, held).reused == 2
    damaged = next((held / "procedures").glob("*/record.json"))
    damaged.write_bytes(damaged.read_bytes().replace(b"L1", b"L2"))
    assert measure(root, held).reused == 2
    assert measure(root / "0000", held, field_by_field=True).reused == 0
    (root / "0000" / "plan.json").write_text("{")
    assert len(measure(root, held).failed) == 1
    assert len(records(held)) == 2
    assert all(own.exists() for own in others)


def test_pseudonyms_follow_from_the_key_alone(library: Path, held: Path) -> None:
    def people() -> tuple[list[str | None], set[str | None]]:
        held_now = [record_from_json(data, "") for _, data in sorted(records(held).items())]
        return [record.patient for record in held_now], {record.operator for record in held_now}

    (first, second, third), operators = people()
    assert first == second != third
    assert len(operators) == 1
    other = replace(wanted(library, held), secret=Secret(b"x" * 32))
    with Results.opened(held) as results:
        assert measure_all(other, results, here).reused == 3
    renamed, _ = people()
    assert renamed[0] == renamed[1] != renamed[2]
    assert not set(renamed) & {first, third}
    assert measure(library, held).reused == 3


def test_a_broken_session_is_named_counted_and_the_rest_is_done(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for module in (
        run_module,
        run_reports,
    ):  # processes take long to start, and have tests of their own
        monkeypatch.setattr(module, "in_processes", lambda work, asks, workers: here(work, asks))
    root, out = tmp_path / "root", tmp_path / "out"
    shutil.copytree(library / "0000", root / "good")
    shutil.copytree(library / "0001", root / "planless")
    (root / "planless" / "plan.json").write_text("=1+1")
    scores = tmp_path / "scores.csv"
    scores.write_text("patient,time,VAS\nZZ-424242-0,before,8\n")
    options = ["--workers", "1", "--parquet", "--no-pdf", "--follow-up", str(scores)]
    assert run_command(["qa", str(root), "--out", str(out), *options]) == 1
    said = capsys.readouterr()
    assert said.out.startswith(f"1 session measured: results in {out}")
    lines = said.err.splitlines()
    assert lines[-1] == f"cementwatch: 1 of 2 sessions could not be measured: {out / 'failed.csv'}"
    assert lines[-2].startswith(f"cementwatch: {root / 'planless'}: plan.json: ")
    (failed,) = table(out / "failed.csv")
    assert failed["folder"] == str(root / "planless")
    (level,) = table(out / "levels.csv")
    assert (level["level"], level["patient"][:3]) == ("L1", "CW-")
    assert (level["volume_ml"], level["planned_ml"]) == ("", "")
    cohort = json.loads((out / "cohort.json").read_bytes())
    assert (cohort["procedures"], cohort["patients"]) == (1, 1)
    with Registry(out / "registry.sqlite", read_only=True) as registry:
        assert [row.patient for row in registry.follow_up_rows()] == [level["patient"]]
    for report in (out, out / "procedures" / level["session_id"]):
        assert "</html>" in (report / "report.html").read_text("utf-8")
    written = [path for path in out.rglob("*") if path.is_file()]
    assert {"levels.parquet", "leaks.csv", "alarms.csv", "differences.csv"} <= {path.name for path in written}
    assert [path for path in written if any(name in path.read_bytes() for name in PERSONS)] == []
    assert not any(name in (said.out + said.err).encode() for name in PERSONS)
    assert {path.stat().st_mode & 0o77 for path in out.rglob("*")} == {0}


def test_what_cannot_be_is_refused_before_anything_is_written(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, year = str(tmp_path / "out"), str(library)
    (tmp_path / "file").write_text("patient,VAS\n")
    key = tmp_path / "key"
    secret_of(key)
    for arguments in (
        [year, "--out", out, "--workers", "0"],
        [year, "--out", out, "--cluster", "localhost:1"],
        [year, "--out", out, "--cluster", "tcp://localhost:99999"],
        [year, "--out", out, "--cluster", "tcp://localhost:1", "--workers", "2"],
        [str(tmp_path / "none"), "--out", out],
        [str(tmp_path), "--out", out],
        [year, "--out", str(tmp_path / "file" / "out")],
        [year, "--out", out, "--follow-up", str(tmp_path / "file")],
        [year, "--out", out, "--registry", str(tmp_path / "file")],
        [year],
    ):
        assert run_command(["qa", *arguments, "--key", str(key)]) == 2, arguments
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"file", "key"}


def test_one_run_at_a_time_writes_into_a_folder(held: Path) -> None:
    again = Results.opened(held)
    with Results.opened(held), pytest.raises(OutputError, match="another cementwatch qa"), again:
        pass


def test_a_full_disk_is_told_and_gone_on_from(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_files.write_whole

    def full(path: Path, data: bytes) -> None:
        if "0002" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(run_files, "write_whole", full)
        with pytest.raises(WriteError, match="No space left on device; what was measured before is kept"):
            measure(library, tmp_path)
    assert len(records(tmp_path)) == 1
    assert list(tmp_path.glob("*.csv")) == []
    assert measure(library, tmp_path).reused == 1


def test_a_process_that_dies_or_hangs_costs_its_task_alone(tmp_path: Path) -> None:
    asks = [Ask("a", b"die", 60.0), Ask("b", b"hang", 0.3), Ask("d", f"once {tmp_path / 'd'}".encode(), 60.0)]
    asks += [Ask(str(number), b"fine", 60.0) for number in range(6)]
    answers = sorted(in_processes(do, iter(asks), 2), key=lambda answer: answer.key)
    assert [answer for answer in answers if answer.data == b"fine"] == [
        Answer(str(number), b"fine") for number in range(6)
    ]
    assert answers[6:] == [
        Answer("a", why="measuring it ended its process 2 times: SIGKILL"),
        Answer("b", why="measuring it did not end within 0 s"),
        Answer("d", asks[2].data),
    ]


def test_the_same_configuration_finds_the_same_in_every_field(monitored: StoredSession) -> None:
    with monitored.frames() as reader:
        found = fields_of(monitored, reader)
        assert (found.steps, found.same) == (reader.step_count,) * 2
    assert (found.fields, found.not_repeated, found.monitored) == ((), (), True)
    assert found.steps > 30


def test_what_comes_out_otherwise_is_listed(monitored: StoredSession, tmp_path: Path) -> None:
    """With another configuration some fields, and what superseded frames show."""
    root, out = tmp_path / "root", tmp_path / "out"
    shutil.copytree(monitored.folder, root / "other")
    other = copied(of(root / "other"), root / "other", 1)
    (other / CONFIG).write_text(QUICK + "[alarm]\non_delay_s = 1.5\n")
    measure(root, out, field_by_field=True)
    rows = table(out / "reanalysis.csv")
    found = {row["field"]: row for row in rows}
    assert any(field.startswith("transitions") for field in found)
    assert not any(field.startswith("distances") for field in found)
    for row in found.values():
        assert row["logged"] != row["now"]
        assert 1 <= int(row["steps_differing"]) <= int(row["steps"]) - int(row["steps_same"])
        assert (row["live_version"], row["software_version"]) == ("1.0", "2.0")
    figures = table(out / "differences.csv")
    assert figures
    assert {row["level"] for row in figures} == {"L1"}
    for row in figures:
        assert row["logged"] != row["now"]
        if row["logged"] and row["now"]:
            assert float(row["delta"]) == pytest.approx(float(row["now"]) - float(row["logged"]))
    (leak,) = {(row["leak_class"], row["level"]) for row in table(out / "leaks.csv")}
    assert leak == ("canal", "L1")
    assert all(float(row["volume_ml"]) > 0 for row in table(out / "levels.csv"))


def test_no_cell_is_a_formula() -> None:
    typed = ("=1+1", "+cmd", "-2+3", "@sum", "\tx", "-3.25", "fine", None, True, -1.5, float("nan"))
    assert plain_row(typed) == [
        "'=1+1", "'+cmd", "'-2+3", "'@sum", "'\tx", "-3.25", "fine", None, 1, "-1.5", None,
    ]  # fmt: skip


def test_every_column_is_described() -> None:
    text = (ROOT / "docs" / "qa.md").read_text("utf-8")
    for described in (*TABLES, REANALYSIS, FAILED):
        assert f"`{', '.join(described.columns)}`" in " ".join(text.split()), described.name


def test_an_answer_of_another_session_is_none(library: Path, tmp_path: Path) -> None:
    def swapped(work, asks):  # type: ignore[no-untyped-def]
        one, other, *_ = asks
        yield Answer(one.key, work(other.data))
        done = done_of(work(other.data))
        assert done.measured is not None
        # of a worker that goes by another time zone
        record = msgspec.structs.replace(done.measured.record, day="1999-12-31")
        done = msgspec.structs.replace(done, measured=msgspec.structs.replace(done.measured, record=record))
        answer = Answer(other.key, done_to_bytes(done))
        yield from (answer, answer)

    with Results.opened(tmp_path) as results:
        outcome = measure_all(wanted(library, tmp_path), results, swapped)
    assert outcome.failed == [
        Failed(folder=str(library / "0000"), why="it became another session while it was measured")
    ]
    (session_id,) = outcome.session_ids
    assert session_id == of(library / "0001").about.id
    assert results.record(session_id).day == day_of(of(library / "0001").about)
