"""A session from which names were taken: no file and no message names anybody, what was found stays."""

from __future__ import annotations

import re
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from msgspec import structs
from pydicom import dcmread
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

from calibration.profile import read_profile
from monitor.errors import InputError
from monitor.plan import plan_to_json
from monitor.plan_image import encode_reference
from recordings.archive import archive_session
from recordings.beginning import beginnings_of
from recordings.deidentifying import sessions
from recordings.deidentifying.check import session_remains
from recordings.deidentifying.identity import Names
from recordings.deidentifying.remains import Search
from recordings.deidentifying.run import Wanted, deidentify
from recordings.deidentifying.secret import Secret
from recordings.deidentifying.words import Rename
from recordings.dicom_origin import origins_of
from recordings.importing.regions import Region
from recordings.procedure import Procedure
from recordings.session import PROFILE, SNAPSHOTS, StoredSession, open_session, session_json
from recordings.timeline import moments_of
from recordings.verify import verify_session
from tests.monitor.scripted import scene
from tests.recordings.deidentifying.conftest import WHEN
from tests.recordings.deidentifying.corpus import STUDY
from tests.recordings.importing.test_deidentify import SECRETS, named_plan

SECRET = Secret(b"k" * 32)
BOX = Region(0, 0, 90, 40)
MORE = (*SECRETS, "Mustermann", "Erika", "MRN-4711-X", "Charit", STUDY, "2025-12-24")


def cleaned(session: Path, out: Path) -> StoredSession:
    outcome = deidentify(Wanted((session,), out, SECRET, (BOX,)))
    assert outcome.remains == []
    assert (outcome.sessions, outcome.files) == (1, 2)
    return open_session(out)


def test_no_file_and_no_message_names_anybody(session: Path, tmp_path: Path) -> None:
    stored = cleaned(session, tmp_path / "out")
    held = [str(stored.about), str(stored.log())]
    with stored.frames() as reader:
        held += [str(reader.metadata), str(reader.events), str(reader.gaps)]
        held += [str(reader.step(index)) for index in range(reader.step_count)]
        held += [frame.source_id for frame in reader]
    for path in stored.folder.rglob("*"):
        held += [path.name, "" if path.is_dir() else path.read_bytes().decode("latin-1")]
    text = re.sub(r'"reference_png": "[^"]*"', "", "\n".join(held)).lower()
    text = text.replace(PYDICOM_IMPLEMENTATION_UID, "")
    for secret in MORE:
        assert secret.lower() not in text, secret
    names = {path.name for path in stored.folder.iterdir()}
    assert not names & {SNAPSHOTS, "tags.json", "thumbnail.png"}
    assert verify_session(stored.folder).whole


def test_what_was_found_stays_at_its_time(session: Path, tmp_path: Path) -> None:
    before, after = open_session(session), cleaned(session, tmp_path / "out")
    with before.frames() as old, after.frames() as new:
        assert len(new) == len(old) == 5
        for first, second in zip(old, new, strict=True):
            assert (second.seq, second.t_capture_ns) == (first.seq, first.t_capture_ns)
            expected = first.pixels.copy()
            expected[BOX.part] = 0
            np.testing.assert_array_equal(second.pixels, expected)
        assert [(gap.first_seq, gap.count, gap.reason) for gap in new.gaps] == [(4, 1, "not kept")]
        assert new.step_count == old.step_count
        found, was = new.step(3).findings, old.step(3).findings
        assert found is not None
        assert was is not None
        level = found.levels[0]
        assert (found.view, level.name) == ("view 1", "level 1")
        assert (level.volume_ml, level.distances) == (was.levels[0].volume_ml, was.levels[0].distances)
        (beginning,) = beginnings_of(after, new.events)
        assert beginning.views == ("view 1",)
        picture = beginning.references["view 1"]
        assert picture is not None
        assert not picture[BOX.part].any()
    kinds = [(moment.kind, moment.level) for moment in moments_of(after.log(), (), ())]
    assert ("alarm", "level 1") in kinds
    assert ("mark", "level 1") in kinds
    assert after.log().state_changes[0]["reasons"].count("level 1") == 1
    plan = after.plan()
    assert plan is not None
    assert [one.name for one in plan.views[0].levels] == ["level 1"]
    assert read_profile(after.folder / PROFILE).scale is not None


def test_the_day_and_the_patient_are_those_of_the_dicom_objects(session: Path, tmp_path: Path) -> None:
    stored = cleaned(session, tmp_path / "out")
    shift = SECRET.shift("MRN-4711-X")
    assert datetime.fromisoformat(stored.about.created_utc) == WHEN + shift
    assert stored.about.acquired == f"{(WHEN + shift).date().isoformat()}T10:11:12"
    who = stored.about.procedure
    assert who == Procedure(
        patient_id=SECRET.pseudonym("MRN-4711-X"), patient_sex="F", study_instance_uid=SECRET.uid(STUDY)
    )
    objects = [dcmread(path) for path in sorted((stored.folder / "received").rglob("*.dcm"))]
    assert {held.PatientID for held in objects} == {who.patient_id}
    assert {held.StudyInstanceUID for held in objects} == {who.study_instance_uid}
    (origin,) = origins_of(stored)
    assert origin.sop_instance_uid in {held.SOPInstanceUID for held in objects}
    assert origin.sop_class_uid == "1.2.840.10008.5.1.4.1.1.12.1"


def test_a_name_left_in_a_session_is_listed_and_nothing_is_kept(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sessions._EVENTS, "dictated", ("text",))
    source = open_session(session)
    assert source.about.procedure is not None
    log = session / "log.sqlite"
    with sqlite3.connect(log) as held:
        held.execute("UPDATE event SET data = ? WHERE name = 'dictated'", ('{"text": "Mustermann"}',))
    held.close()
    outcome = deidentify(Wanted((session,), tmp_path / "out", SECRET, (BOX,)))
    assert any("log.sqlite" in remain.where for remain in outcome.remains)
    assert not (tmp_path / "out").exists()


def test_a_short_name_is_looked_for_in_words_and_not_in_pictures(session: Path, tmp_path: Path) -> None:
    """A name of three letters stands in any picture by chance."""
    about = open_session(session).about
    named_so = structs.replace(about, procedure=Procedure(patient_id="40712", patient_name="Lee, Kim"))
    (session / "session.json").write_bytes(session_json(named_so))
    shutil.rmtree(session / "received")
    outcome = deidentify(Wanted((session,), tmp_path / "out", SECRET, (BOX,)))
    assert outcome.remains == []
    (session / "reference-0.png").write_bytes(b"\x89PNG -Lee- ")
    made = StoredSession(session, named_so)
    names = Names(texts={"Lee": "patient_name"})
    assert [one for one in session_remains(made, Search(names)) if "reference" in one.where] == []
    (session / "plan.json").write_bytes(b'{"name": "of Lee", "reference_png": "' + b"A/Lee/" * 100 + b'"}')
    assert [one for one in session_remains(made, Search(names)) if "plan.json" in one.where]
    (session / "plan.json").write_bytes(b'{"reference_png": "' + b"A/Lee/" * 100 + b'"}')
    assert [one for one in session_remains(made, Search(names)) if "plan.json" in one.where] == []


def test_an_archived_session_is_cleaned_too(session: Path, tmp_path: Path) -> None:
    archive_session(session, software_version="1")
    stored = cleaned(session, tmp_path / "out")
    with stored.frames() as reader:
        assert (len(reader), reader.step_count) == (5, 5)


def test_the_other_plane_goes_with_the_first(session: Path, tmp_path: Path) -> None:
    shutil.copytree(session, tmp_path / "other")
    (tmp_path / "other").rename(session / "second-plane")
    shutil.rmtree(session / "second-plane" / "received")
    outcome = deidentify(Wanted((session,), tmp_path / "out", SECRET, (BOX,)))
    assert (outcome.sessions, outcome.files, outcome.remains) == (2, 2, [])
    second = open_session(tmp_path / "out" / "second-plane")
    assert second.about.procedure == open_session(tmp_path / "out").about.procedure


def test_a_session_without_an_id_is_of_the_patient_whose_objects_it_received(
    session: Path, tmp_path: Path
) -> None:
    about = open_session(session).about
    (session / "session.json").write_bytes(session_json(structs.replace(about, procedure=None)))
    stored = cleaned(session, tmp_path / "out")
    assert stored.about.procedure is not None
    assert stored.about.procedure.patient_id == SECRET.pseudonym("MRN-4711-X")
    assert datetime.fromisoformat(stored.about.created_utc) == WHEN + SECRET.shift("MRN-4711-X")


def test_a_session_named_twice_is_one_and_a_copy_of_it_is_told(session: Path, tmp_path: Path) -> None:
    outcome = deidentify(Wanted((session, session), tmp_path / "out", SECRET, (BOX,)))
    assert outcome.sessions == 1
    shutil.copytree(session, tmp_path / "copy")
    with pytest.raises(InputError, match=r"copy: the same session as .*Secret_Person$"):
        deidentify(Wanted((session, tmp_path / "copy"), tmp_path / "two", SECRET, (BOX,)))


def test_what_had_not_wholly_come_is_left_out(session: Path, tmp_path: Path) -> None:
    whole = (session / "received" / "dose.dcm").read_bytes()
    (session / "received" / ".incoming").mkdir()
    (session / "received" / ".incoming" / "1.part").write_bytes(whole[:700])
    cleaned(session, tmp_path / "out")


def test_text_in_the_picture_of_a_plan_is_asked_about(session: Path, tmp_path: Path) -> None:
    asked = Wanted((session,), tmp_path / "out", SECRET)
    assert deidentify(asked).waiting == []
    shutil.rmtree(tmp_path / "out")
    picture = scene().copy()
    letters = np.zeros(picture.shape, np.uint8)
    cv2.putText(letters, "MUSTERM", (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1, cv2.LINE_8)
    picture[letters > 0] = 4095
    plan = named_plan()
    view = structs.replace(plan.views[0], reference_png=encode_reference(picture))
    (session / "plan.json").write_bytes(plan_to_json(structs.replace(plan, views=(view,))))
    (look,) = deidentify(asked).waiting
    assert look.found
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("recording fails: /data/Bad Nord/Max M/frames.mcap: no space", "recording fails: …: no space"),
        ("kept/Bad Nord/frames.mcap: no space", "…: no space"),
        ("dicom://NORD@nord.example:104: away", "dicom:…: away"),
        ("12 mm/s and 1.5 ml", "12 mm/s and 1.5 ml"),
    ],
)
def test_paths_go_whole_with_blanks_in_them(text: str, expected: str) -> None:
    assert Rename({}).text(text) == expected
