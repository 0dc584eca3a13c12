"""The modality worklist of a foreign server, and of one that does not behave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydicom.sequence import Sequence

from monitor.errors import ConfigError, InputError
from recordings.fetching.worklist import ScheduledStep, WorklistKeys, procedure_for, scheduled_steps
from recordings.fetching.worklist_settings import read_settings, settings_path
from recordings.network.address import Peer
from recordings.procedure import Procedure
from tests.recordings.fetching.scripted import QUICK, answer, answering, peer
from tests.worklist_server import Entry, worklist_server
from ui.cli import run

LATER = Entry("A1", "4711", "Müller^Jörg", "1030")
FIRST = Entry("A2", "4712", "Yamada^Tarou=山田^太郎", "0800", station="ANGIO1")
TODAY = Entry("A3", "4713", "Doe^Jane", day=date.today(), modality="RF")


@pytest.fixture(scope="module")
def ris(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with worklist_server(tmp_path_factory.mktemp("ris"), LATER, FIRST, TODAY) as made:
        yield made


def test_what_is_scheduled_is_listed_by_time(ris: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    for keys, patients in (
        (["--date", "2026-01-02"], ["4712", "4711"]),
        (["--today"], ["4713"]),
        (["--modality", "XA", "--station", "ANGIO1", "--step", "SA2"], ["4712"]),
        (["--accession", "B1"], []),
    ):
        assert run(["worklist", "--from", str(ris), "--json", *keys]) == 0
        listed = json.loads(capsys.readouterr().out)
        assert [step["PatientID"] for step in listed["steps"]] == patients
        assert listed["from"] == str(ris)
    assert run(["worklist", "--from", str(ris), "--date", "2026-01-02..2026-01-03"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "Vertebroplastie" in line]
    assert [line[:3] for line in lines] == [["2026-01-02", "08:00", "4712"], ["2026-01-02", "10:30", "4711"]]
    assert lines[1][-2:] == ["A1", LATER.study]


def test_a_step_says_whose_procedure_it_is(ris: Peer) -> None:
    (step,) = scheduled_steps(ris, WorklistKeys(accession_number="A1"), patience=QUICK).answers
    assert procedure_for(step) == Procedure(
        patient_id="4711", patient_name="Müller, Jörg", description="Vertebroplastie L1",
        operator="Doe, Anna", patient_birth_date="1950-02-03", patient_sex="F", accession_number="A1",
        study_instance_uid=LATER.study, requested_procedure_id="RPA1", scheduled_procedure_step_id="SA1",
        referring_physician="Roe, Richard",
    )  # fmt: skip


def test_what_a_session_cannot_keep_is_left_out_of_the_procedure() -> None:
    step = ScheduledStep(
        patient_id="x" * 200, patient_sex="female", study_instance_uid="1.02.3", accession_number="A1"
    )
    assert procedure_for(step) == Procedure(patient_id="x" * 200, accession_number="A1")


def test_a_server_that_does_not_behave_is_not_believed() -> None:
    said = [
        answer(PatientID="a", ScheduledProcedureStepSequence=Sequence([answer(Modality="CT")])),
        answer(PatientID="b", ScheduledProcedureStepSequence=Sequence([answer(Modality="XA")])),
        answer(PatientID="c"),
        answer(PatientName="nobody"),
    ]
    with peer(answering(said)) as to:
        found = scheduled_steps(to, WorklistKeys(modality="XA"), patience=QUICK)
    assert [step.patient_id for step in found.answers] == ["b", "c"]
    assert found.words.startswith("1 answers cannot be used")
    said = [
        answer(
            PatientID=str(number),
            ScheduledProcedureStepSequence=Sequence([answer(ScheduledStationAETitle=at)]),
        )
        for number, at in enumerate(("ANGIO1", "ANGIO2", ["ANGIO2", "ANGIO1"], None, "XANGIO1"))
    ]
    with peer(answering(said)) as to:
        found = scheduled_steps(to, WorklistKeys(station="ANGIO1"), patience=QUICK)
    assert [step.patient_id for step in found.answers] == ["0", "2", "3"], "what other rooms do is left out"


def test_the_settings_say_whom_to_ask_and_what_is_otherwise_in_a_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ris: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["worklist"]) == 2
    assert "--from AET@HOST:PORT is missing" in capsys.readouterr().err
    path = settings_path()
    path.parent.mkdir()
    path.write_text(
        f'from = "{ris}"\nstation = "ANGIO2"\n[rooms."Angio 1"]\nstation = "ANGIO1"\ntls = true\n'
    )
    settings = read_settings()
    assert settings.for_room("elsewhere").station == "ANGIO2"
    there = settings.for_room("Angio 1")
    assert (there.peer, there.station, settings.for_room("").tls_files) == (ris, "ANGIO1", None)
    assert there.tls_files is not None
    assert run(["worklist", "--json", "--date", "2026-01-02"]) == 0
    assert [s["PatientID"] for s in json.loads(capsys.readouterr().out)["steps"]] == ["4711"]
    for text, said in (
        ("from = 5", "worklist.toml"),
        ('from = "x"', "no address"),
        ("form = 1", "unknown field"),
        ("[", "worklist.toml"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=said):
            read_settings()


def test_what_cannot_be_asked_for_is_told_in_a_line() -> None:
    for made in (
        lambda: WorklistKeys(station="a\\b"),
        lambda: WorklistKeys(accession_number="x" * 17),
        lambda: WorklistKeys(patient_id=" "),
    ):
        with pytest.raises(InputError):
            made()
