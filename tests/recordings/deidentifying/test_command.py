"""`cementwatch deidentify` as it is typed: what is asked, what confirms it, what is said and left behind."""

from __future__ import annotations

import shlex
from pathlib import Path

import cv2
import pytest
from pydicom import dcmread
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

from recordings.deidentifying.run import Wanted, deidentify
from recordings.deidentifying.secret import Secret
from recordings.importing.regions import Region
from recordings.session import open_session
from tests import peers
from tests.recordings.deidentifying.corpus import SECRETS, loaded, pictures, report, save
from tests.recordings.deidentifying.test_sessions import BOX, MORE
from tests.sources.makers import REALDATA
from ui import deidentify_command
from ui.cli import run


def test_without_a_display_pictures_are_left_and_the_line_that_confirms_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = save(loaded(pictures(5, text=True)), tmp_path / "a b.dcm")
    out, key = tmp_path / "out", tmp_path / "key"
    arguments = ["deidentify", str(source), "--out", str(out), "--key", str(key)]
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert "the frames show text" in told.err
    assert "a new key was made" in told.err
    assert not out.exists()
    (picture,) = (tmp_path / "out.review").iterdir()
    assert picture.stat().st_mode & 0o077 == 0
    shown = cv2.imread(str(picture))
    assert shown.shape[1] == 3 * 96 + 2 * 6

    line = shlex.split(told.out.strip())
    assert line[:2] == ["cementwatch", "deidentify"]
    assert run(line[1:]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"1 object: {out}")
    assert told.err == ""
    (made,) = out.rglob("*.dcm")
    assert dcmread(made).BurnedInAnnotation == "NO"


def test_a_header_alone_that_states_text_offers_to_keep_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ds = loaded(pictures(5))
    ds.BurnedInAnnotation = "YES"
    source = save(ds, tmp_path / "a.dcm")
    out = tmp_path / "out"
    arguments = ["deidentify", str(source), "--out", str(out), "--key", str(tmp_path / "key")]
    assert run([*arguments, "--review", str(tmp_path / "seen")]) == 2
    line = shlex.split(capsys.readouterr().out.strip())
    assert line[-1] == "--keep-text"
    assert run(line[1:]) == 0
    assert "text was kept in the frames" in capsys.readouterr().out


def test_what_remains_is_listed_without_its_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ds = loaded(pictures(5))
    ds.BodyPartExamined = "MUSTERMANN"
    source = save(ds, tmp_path / "a.dcm")
    assert (
        run(["deidentify", str(source), "--out", str(tmp_path / "out"), "--key", str(tmp_path / "key")]) == 1
    )
    told = capsys.readouterr().err
    assert "holds PatientName of the input" in told
    assert "nothing was kept" in told
    assert "MUSTERMANN" not in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "wrong", [["--black", "1,2,3"], ["--look"], ["--black", "900,0,5,5"], ["--key", "/dev/null"]]
)
def test_wrong_arguments_are_one_line(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    source = save(loaded(pictures(5)), tmp_path / "a.dcm")
    assert run(["deidentify", str(source), "--out", str(tmp_path / "out"), *wrong]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) <= 2
    assert not (tmp_path / "out").exists()


def test_with_a_display_a_window_is_asked_and_leaving_it_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":77")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    answers = iter([None, (Region(0, 4, 96, 26),)])
    monkeypatch.setattr(deidentify_command, "_in_window", lambda look: next(answers))
    source = save(loaded(pictures(5, text=True)), tmp_path / "a.dcm")
    arguments = ["deidentify", str(source), "--out", str(tmp_path / "out"), "--key", str(tmp_path / "key")]
    assert run(arguments) == 2
    assert "not confirmed: nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert run(arguments) == 0


def test_results_of_a_cleaned_session_name_nobody(session: Path, tmp_path: Path) -> None:
    cleaned, results = tmp_path / "clean", tmp_path / "results"
    assert deidentify(Wanted((session,), cleaned, Secret(b"k" * 32), (BOX,))).remains == []
    assert run(["results", str(cleaned), "--out", str(results), "--only", "sr"]) == 0
    pseudonym = Secret(b"k" * 32).pseudonym("MRN-4711-X")
    for path in results.rglob("*.dcm"):
        held = path.read_bytes().decode("latin-1").replace(PYDICOM_IMPLEMENTATION_UID, "").lower()
        # UIDs of its own have the root of the library that makes them
        for secret in (secret for secret in MORE if not secret.startswith("1.2.826")):
            assert secret.lower() not in held, secret
        assert dcmread(path, stop_before_pixels=True).PatientID == pseudonym
    assert open_session(cleaned).about.procedure is not None


def test_an_orthanc_takes_what_was_made(tmp_path: Path) -> None:
    sources = tmp_path / "in"
    save(loaded(pictures(3)), sources / "a.dcm")
    save(report(), sources / "dose.dcm")
    assert deidentify(Wanted((sources,), tmp_path / "out", Secret(b"k" * 32))).remains == []
    with peers.orthanc(tmp_path / "orthanc") as server:
        made = sorted((tmp_path / "out").rglob("*.dcm"))
        for path in made:
            assert server.post("/instances", path.read_bytes())["Status"] == "Success"
        assert len(server.get("/patients")) == 1
        assert server.instance_uids() == sorted(path.stem for path in made)
        said = (
            str(server.get("/patients?expand"))
            + str(server.get("/studies?expand"))
            + str(server.get("/series?expand"))
        )
    assert not [secret for secret in SECRETS if secret.lower() in said.lower()]


@pytest.mark.realdata
def test_real_runs_come_through(tmp_path: Path) -> None:
    source = REALDATA / "xa_ge"
    if not source.is_dir():
        pytest.skip("needs ../shared/realdata")
    outcome = deidentify(Wanted((source / "cine_6.dcm",), tmp_path / "out", Secret(b"k" * 32)))
    assert (outcome.files, outcome.remains) == (1, [])
    (made,) = (tmp_path / "out").rglob("*.dcm")
    before = peers.run("dciodvfy", "-new", source / "cine_6.dcm", status=None).splitlines()
    after = peers.run("dciodvfy", "-new", made, status=None).splitlines()
    assert {line for line in after if line.startswith("Error")} <= set(before)
