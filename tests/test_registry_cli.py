"""`cementwatch registry` from outside: exit status, one clear line, all or nothing, nobody's id."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from recordings.qa.record import record_to_json
from tests.recordings.cohort.made import SECRET, who
from tests.recordings.cohort.test_registry import CT, FULL
from ui.cli import run


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_text(SECRET.key.hex())
    return path


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return tmp_path / "r.sqlite"


def called(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> tuple[str, list[str]]:
    assert run(["registry", *(str(argument) for argument in arguments)]) == status
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return told.out, told.err.splitlines()


def table(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_from_tables_and_records_to_a_cohort(
    tmp_path: Path, key: Path, registry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "out" / "procedures" / "s1"
    kept.mkdir(parents=True)
    (kept / "record.json").write_bytes(record_to_json(FULL))
    (tmp_path / "ct.json").write_bytes(msgspec.json.encode(CT))
    scores = table(
        tmp_path / "scores.csv", "Patient;Zeitpunkt;VAS;Haus\nP1;vorher;8,1;3\nP1;24 h;2;\nQ7;vorher;4;\n"
    )
    hand = table(
        tmp_path / "hand.csv", "patient,date,level,leaks\nP2,2024-01-02,L1,vein\nP2,2024-01-02,L2,none\n"
    )
    risks = table(tmp_path / "risks.csv", "patient,level,pathology\nP2,L1,Metastasis\n")
    out, err = called(
        capsys, "import", scores, hand, risks, tmp_path / "out", tmp_path / "ct.json", "--registry", registry,
        "--key", key,
    )  # fmt: skip
    assert out.splitlines() == [
        "2 procedures, 1 of them by hand", "1 CTs", "3 scores: 3 new, 0 replaced another value",
        "1 rows of risks: 1 new, 0 replaced others",
    ]  # fmt: skip
    assert err[0] == f"cementwatch: {scores}: columns that mean nothing here: Haus"
    assert err[1].startswith("cementwatch: 1 patient(s) are in no procedure")
    for held in tmp_path.glob("r.sqlite*"):
        data = held.read_bytes()
        assert who(1).encode() in data
        assert not any(secret in data for secret in (b"P1", b"P2", b"Q7"))
    out, err = called(capsys, "show", "--registry", registry)
    assert {line.split(maxsplit=1)[1]: int(line.split()[0]) for line in out.splitlines()} == {
        "procedure": 2, "level": 4, "leak": 3, "alarm": 1, "follow up": 3, "risk": 1, "ct": 1, "ct level": 1,
        "ct leak": 1, "patients with a pseudonym": 2,
    }  # fmt: skip
    out, err = called(
        capsys, "cohort", "--registry", registry, "--out", tmp_path / "c", "--no-report", "--csv"
    )
    assert len(list((tmp_path / "c").glob("*.csv"))) == 6
    assert "Vertebrae with a leak: 2 of 4, 50.0 % (15.0 to 85.0)" in out
    cohort = json.loads((tmp_path / "c" / "cohort.json").read_bytes())
    assert (cohort["procedures"], cohort["patients"], cohort["levels"]) == (2, 2, 4)
    assert cohort["paired"][0]["pairs"] == 1
    out, err = called(capsys, "export", "--registry", registry, "--out", tmp_path / "t", "--parquet")
    assert len(out.splitlines()) == 7
    assert not list((tmp_path / "t").glob("*.csv"))
    again, _ = called(capsys, "import", scores, "--registry", registry, "--key", key)
    assert again == "3 scores: 0 new, 0 replaced another value\n"


def test_bad_rows_are_named_and_nothing_is_imported_unless_it_is_asked_for(
    tmp_path: Path, key: Path, registry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = table(tmp_path / "good.csv", "patient,time,VAS\nP1,before,8\n")
    bad = table(tmp_path / "bad.csv", "patient,time,VAS\nP1,24 h,80\nP1,1 month,3\nP1,sometime,3\n")
    common = ("--registry", registry, "--key", key)
    out, err = called(capsys, "import", good, bad, *common, status=2)
    assert out.splitlines() == [
        f"{bad}: line 2: VAS must be 0 to 10, is 80",
        f"{bad}: line 4: the time is not understood: 'sometime' (before, 24 h, 3 months, ...)",
    ]
    assert err == [
        f"cementwatch: 2 tables: 2 of 4 rows are bad, the first in {bad}; nothing was imported "
        "(see --skip-bad-rows)"
    ]
    assert not registry.exists()
    out, err = called(capsys, "import", good, bad, *common, "--skip-bad-rows")
    assert out.splitlines()[-1] == "2 scores: 2 new, 0 replaced another value"
    assert err[-1] == "cementwatch: 2 bad row(s) were left out"


def test_what_cannot_be_is_one_line_and_status_two(
    tmp_path: Path, key: Path, registry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = table(tmp_path / "scores.csv", "patient,time,VAS\nP1,before,8\n")
    text = table(tmp_path / "text.sqlite", "a table\n" * 99)
    (tmp_path / "x.json").write_text('{"schema": "cementwatch.qa/1"}')
    (tmp_path / "empty").mkdir()
    nobody = tmp_path / "ct.json"
    nobody.write_bytes(msgspec.json.encode(msgspec.structs.replace(CT, patient=None)))
    table(tmp_path / "open.key", "00" * 32).chmod(0o644)
    cases = (
        (("import", tmp_path / "none.csv", "--registry", registry), "none.csv: cannot be read"),
        (("import", tmp_path / "x.json", "--registry", registry), "x.json: not a record"),
        (("import", nobody, "--registry", registry), "ct.json: names no patient and day"),
        (("import", tmp_path / "empty", "--registry", registry), "no record.json or ct.json in it"),
        (("import", scores, "--registry", text, "--key", key), "not a registry"),
        (("import", scores, "--registry", registry, "--key", tmp_path / "open.key"), "others can read it"),
        (
            ("import", scores, "--registry", registry, "--key", key, "--session", "s1"),
            "--session goes with one CT",
        ),
        (("remove", "--registry", registry, "--session", "s1"), "no such registry"),
        (("remove", "--registry", text), "name what is to be removed"),
        (("show", "--registry", tmp_path / "none.sqlite"), "no such registry"),
        (("cohort", "--registry", text, "--out", tmp_path / "c"), "not a registry"),
        (
            ("cohort", "--registry", text, "--out", tmp_path / "c", "--expected", 2),
            "--expected must be 0 to 1",
        ),
        (("export", "--registry", text, "--out", tmp_path / "c"), "not a registry"),
    )
    for arguments, words in cases:
        _, err = called(capsys, *arguments, status=2)
        assert len(err) == 1, err
        assert words in err[0]
    assert text.read_text() == "a table\n" * 99
    assert not (tmp_path / "c").exists()
    assert not registry.exists()
    out, err = called(capsys, "import", nobody, "--registry", registry, "--session", "s9")
    assert (out, err) == ("1 CTs\n", ["cementwatch: --session s9: no procedure of this registry yet"])
    called(capsys, "import", scores, "--registry", registry, "--key", key)
    out, _ = called(capsys, "remove", "--registry", registry, "--patient", who(1))
    assert out == "1 rows removed, and what belonged to them\n"
    _, err = called(capsys, "remove", "--registry", registry, "--patient", who(1), status=2)
    assert err == [f"cementwatch: {registry}: holds nothing of {who(1)}"]
    _, err = called(capsys, "cohort", "--registry", registry, "--out", tmp_path / "c", status=2)
    assert err == [f"cementwatch: {registry}: holds no procedures"]
