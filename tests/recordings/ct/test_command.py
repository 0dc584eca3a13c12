"""`cementwatch ct` from files to files; bad input is one line, exit 2, and nothing is left."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import msgspec
import nibabel as nib
import numpy as np
import pytest

from recordings.ct.record import ct_from_json
from recordings.procedure import Procedure
from recordings.qa.record import LeakRecord, LevelRecord, ProcedureRecord, record_to_json
from recordings.simulated.ct import Patient
from recordings.simulated.ct_scan import SimulatedCt
from recordings.simulated.ct_series import write_series as write_simulated
from tests.recordings.ct.test_series import write_series
from ui.cli import run

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def folder(scanned: SimulatedCt, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ct")
    affine = TO_RAS @ scanned.affine_lps
    nib.save(nib.Nifti1Image(scanned.hu, affine), made / "ct.nii.gz")
    write_simulated(made / "series", scanned)
    nib.save(nib.Nifti1Image(scanned.labels, affine), made / "labels.nii.gz")
    for name in ("a", "b"):
        (made / "qa" / "procedures" / name).mkdir(parents=True)
        level = LevelRecord(
            level="L1", volume_ml=1.9, leaks=(LeakRecord(leak_class="canal", onset_s=4.0, area_mm2=9.0),)
        )
        record = ProcedureRecord(session_id=name, folder=name, levels=(level,))
        (made / "qa" / "procedures" / name / "record.json").write_bytes(record_to_json(record))
    return made


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_ct_beside_a_session(
    folder: Path, patient: Patient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    asked = ["ct", str(folder / "series"), "--labels", str(folder / "labels.nii.gz"), "--out", str(out)]
    kept = ["--registry", str(tmp_path / "r.sqlite")]
    assert run([*asked, "--qa", str(folder / "qa"), "--session", "a", *kept]) == 0
    told, said = capsys.readouterr()
    assert "a: no procedure of this registry yet" in said
    true_ml = patient.body_ml["L1"] + patient.leaks_ml["L1", "canal"]
    rows = {row["level"]: row for row in rows_of(out / "cement.csv")}
    assert float(rows["L1"]["volume_ml"]) == pytest.approx(true_ml, rel=0.03)
    assert (rows["L2"]["volume_ml"], rows["L2"]["notes"]) == ("0", "no cement found")
    assert [row["leak_class"] for row in rows_of(out / "leaks.csv")] == ["canal"]
    assert rows_of(out / "metal.csv") == []
    agreed = rows_of(out / "agreement.csv")
    assert [(row["what"], row["seen_by"]) for row in agreed] == [("volume", ""), ("canal", "both")]
    assert float(agreed[0]["difference_ml"]) == pytest.approx(true_ml - 1.9, abs=0.06)
    assert "fluoroscopy saw 1 of 1 on CT (21 to 100 %)" in told
    record = ct_from_json((out / "ct.json").read_bytes(), "ct.json")
    assert record.day == "2025-01-07"
    assert b"SIM0001" not in b"".join(path.read_bytes() for path in out.iterdir())
    assert record.levels[0].volume_ml == pytest.approx(true_ml, rel=0.03)
    cement = nib.load(out / "cement.nii.gz")
    assert cement.shape == nib.load(folder / "ct.nii.gz").shape
    assert {31, 82} <= set(np.unique(np.asarray(cement.dataobj)).tolist())
    assert {path.name for path in out.glob("*.png")} == {"L1-sagittal.png", "L1-axial.png"}
    assert (out / "L1-axial.png").read_bytes()[1:4] == b"PNG"
    assert {path.stat().st_mode & 0o077 for path in out.iterdir()} == {0}


Change = Callable[[Path, list[str]], list[str]]


def labels_for_ct(folder: Path, asked: list[str]) -> list[str]:
    return [*asked[:1], str(folder / "nothing"), *asked[2:]]


def which_session(folder: Path, asked: list[str]) -> list[str]:
    return [*asked, "--qa", str(folder / "qa")]


def unknown_session(folder: Path, asked: list[str]) -> list[str]:
    return [*asked, "--qa", str(folder / "qa"), "--session", "c"]


def wrong_hu(folder: Path, asked: list[str]) -> list[str]:
    return [*asked, "--cement-hu", "12"]


def nameless_registry(folder: Path, asked: list[str]) -> list[str]:
    return [*asked, "--registry", "r.sqlite"]


def damaged_registry(folder: Path, asked: list[str]) -> list[str]:
    (folder / "damaged.sqlite").write_text("no registry")
    qa = ["--qa", str(folder / "qa"), "--session", "a"]
    return [*asked, *qa, "--registry", str(folder / "damaged.sqlite")]


def image_as_labels(folder: Path, asked: list[str]) -> list[str]:
    return [*asked[:3], str(folder / "ct.nii.gz"), *asked[4:]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (labels_for_ct, "no such file"), (which_session, "has 2 records"),
        (unknown_session, "no record of it"),
        (wrong_hu, "--cement-hu must be"), (nameless_registry, "--registry needs"),
        (damaged_registry, "not a registry"), (image_as_labels, "no label map"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_leaves_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, said: str
) -> None:
    asked = ["ct", str(folder / "ct.nii.gz"), "--labels", str(folder / "labels.nii.gz")]
    assert run(change(folder, [*asked, "--out", str(tmp_path / "out")])) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_kept(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    asked = ["ct", str(folder / "ct.nii.gz"), "--labels", str(folder / "labels.nii.gz")]
    assert run([*asked, "--out", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_ct_of_another_patient_is_refused_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from recordings.ct.series import read_ct
    from ui import ct_command

    write_series(tmp_path / "ct")

    class Stored:
        class about:  # noqa: N801
            procedure = Procedure.of(patient_id="ZZ-OTHER")

    monkeypatch.setattr("recordings.session.open_session", lambda path: Stored)
    with pytest.raises(ct_command.InputError, match="of another patient") as error:
        ct_command._check_patient(read_ct(tmp_path / "ct"), ["s"], None)
    assert "ZZ-OTHER" not in str(error.value)
    assert "P1" not in str(error.value)
    assert msgspec.json.encode(read_ct(tmp_path / "ct").notes).find(b"P1") == -1
