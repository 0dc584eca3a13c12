"""Whose procedure it is: kept in session.json, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from monitor.errors import InputError, SourceError
from recordings.procedure import LONGEST, VARIABLE, Procedure, procedure_of, procedure_to_json, take_procedure
from recordings.session import SESSION, Session, open_session
from tests.monitor.scripted import info, plan

WHO = Procedure("4711", "Doe^Jane", "vertebroplasty L1", "Dr. Roe")


def make(folder: Path, procedure: Procedure | None) -> Session:
    return Session.create(
        folder, source_info=info(), plan=plan(), config_toml="", software_version="test", procedure=procedure
    )


def test_it_is_in_the_session_file_alone(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    make(folder, WHO).close()
    assert open_session(folder).about.procedure == WHO
    for path in folder.rglob("*"):
        held = path.read_bytes()
        for text in (b"4711", b"Doe", b"Roe"):
            assert text not in path.name.encode()
            assert (text in held) == (path.name == SESSION), path.name


def test_a_session_without_one_says_nothing(tmp_path: Path) -> None:
    make(tmp_path / "session", None).close()
    assert open_session(tmp_path / "session").about.procedure is None


def test_a_session_of_before_is_read_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "session", WHO).close()
    path = tmp_path / "session" / SESSION
    held = msgspec.json.decode(path.read_bytes())
    del held["procedure"]
    path.write_bytes(msgspec.json.encode(held))
    assert open_session(tmp_path / "session").about.procedure is None
    held["procedure"] = {"patient_id": 5}
    path.write_bytes(msgspec.json.encode(held))
    with pytest.raises(SourceError, match="procedure"):
        open_session(tmp_path / "session")


def test_it_goes_through_the_environment_once() -> None:
    environment = {VARIABLE: procedure_to_json(WHO), "HOME": "x"}
    assert procedure_of(environment) == WHO
    assert take_procedure(environment) == WHO
    assert environment == {"HOME": "x"}
    assert take_procedure(environment) is None
    with pytest.raises(InputError, match=VARIABLE):
        procedure_of({VARIABLE: '{"somebody": 1}'})


def test_what_is_typed_is_one_line_and_empty_is_unknown() -> None:
    typed = Procedure.of(patient_id=" 47\n11 ", patient_name="", description="  ", operator="Roe")
    assert typed == Procedure("47 11", None, None, "Roe")
    assert Procedure.of(patient_id="", patient_name="", description="", operator="").is_empty
    with pytest.raises(InputError, match="patient name is longer"):
        Procedure.of(patient_name="x" * (LONGEST + 1))
