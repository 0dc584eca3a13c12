"""C-FIND against peers that do not behave; against real ones: test_pacs.py, test_worklist.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pynetdicom import evt

from monitor.errors import InputError, NetworkError
from recordings.fetching.days import Days
from recordings.fetching.fetching import Fetch, SeriesPlan
from recordings.fetching.found import SeriesFound, StudyFound
from recordings.fetching.operation import Stop
from recordings.fetching.pacs import Pacs
from recordings.fetching.query import Keys, series_identifier, study_identifier
from recordings.fetching.statuses import words_of
from recordings.network.address import Peer
from recordings.network.association import Patience
from recordings.network.contexts import FINDS
from tests.recordings.fetching.scripted import QUICK, answer, answering, peer


def studies(to: Peer, keys: Keys | None = None, most: int = 100, patience: Patience = QUICK) -> Any:
    with Pacs(to, patience=patience) as pacs:
        return pacs.studies(keys or Keys(), most)


def raw(keyword: int, vr: str, value: bytes) -> RawDataElement:
    return RawDataElement(Tag(keyword), vr, len(value), value, 0, False, True)


def test_answers_are_typed_and_what_is_not_known_is_none() -> None:
    said = answer(
        SpecificCharacterSet="ISO_IR 100", StudyInstanceUID="1.2.3", PatientName="Müller^Jörg",
        StudyDate="20260102", StudyTime="0830", ModalitiesInStudy=["XA", "SR"], PatientID="",
        NumberOfStudyRelatedInstances="7",
    )  # fmt: skip
    with peer(answering([said])) as to:
        found = studies(to)
    assert found.words == ""
    (study,) = found.answers
    assert (study.patient_name, study.patient_id, study.modalities_in_study) == (
        "Müller^Jörg",
        None,
        ("XA", "SR"),
    )
    assert f"{study.study_date} {study.study_time}" == "2026-01-02 08:30:00"
    assert (study.number_of_study_related_instances, study.number_of_study_related_series) == (7, None)


def test_answers_are_read_in_the_characters_that_they_state() -> None:
    names = {
        "ISO_IR 100": "Müller^Jörg", "ISO_IR 144": "Люкceмбypг", "ISO_IR 192": "Wang^XiaoDong=王^小东",
        "GB18030": "Wang^XiaoDong=王^小东", "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
    }  # fmt: skip
    said = [
        answer(SpecificCharacterSet=stated.split("\\"), StudyInstanceUID=f"1.2.{k}", PatientName=name)
        for k, (stated, name) in enumerate(names.items())
    ]
    with peer(answering(said)) as to:
        found = studies(to)
    assert [study.patient_name for study in found.answers] == list(names.values())


def wrong() -> Iterator[Dataset]:
    """Identifiers of which only the UID, or not even that, can be taken."""
    yield answer(PatientID="without a UID")
    yield answer(StudyInstanceUID="../../etc/passwd")
    yield answer(StudyInstanceUID="1." + "2" * 80)
    made = answer()
    made[0x0020000D] = raw(0x0020000D, "US", b"\1\0")
    yield made
    made = answer(StudyInstanceUID="1.2.4", StudyDate="2026-13-45", StudyTime="noon")
    made[0x00201208] = raw(0x00201208, "IS", b"many")
    made[0x00080061] = raw(0x00080061, "SQ", b"")
    made[0x00100010] = raw(0x00100010, "PN", b"a\x1b[2Jb\0")
    yield made


@pytest.mark.filterwarnings("ignore")  # pydicom's, at what the scripted peer sends
def test_values_that_their_representation_forbids_are_none_and_an_answer_without_uid_is_counted() -> None:
    with peer(answering(list(wrong()))) as to:
        found = studies(to)
    assert found.words == "4 answers cannot be used (no valid UID, or not to be read)"
    (study,) = found.answers
    assert study == StudyFound(study_instance_uid="1.2.4", patient_name=study.patient_name)
    assert study.patient_name is not None
    assert study.patient_name.isprintable()


def test_no_more_are_taken_than_asked_for_and_the_rest_is_cancelled() -> None:
    sent = 0

    def many() -> Iterator[Dataset]:
        nonlocal sent
        for sent in range(100_000):
            yield answer(StudyInstanceUID=f"1.2.{sent}")

    with peer(answering(many())) as to:
        found = studies(to, most=20)
    assert [study.study_instance_uid for study in found.answers] == [f"1.2.{k}" for k in range(20)]
    assert found.words == "there are more: only the first 20 are shown"
    assert sent < 5_000, "it was told to stop"


def test_a_failure_is_told_by_its_status() -> None:
    failed = peer(answering([answer(StudyInstanceUID="1.2")], 0xA700))
    with failed as to, pytest.raises(NetworkError, match=r"SCRIPTED.*: query: out of resources \(status 0x"):
        studies(to)
    for status, said in (
        (0xA900, "the identifier does not match the SOP class (status 0xA900)"),
        (0xC123, "unable to process (status 0xC123)"),
        (0x0124, "not authorised (status 0x0124)"),
        (0xA801, "it does not know our AE title as a destination (status 0xA801)"),
        (0x0999, "failure (status 0x0999)"),
    ):
        assert words_of(answer(Status=status)) == said
    assert words_of(answer(Status=0xA700, ErrorComment="full\n")) == "out of resources (status 0xA700: full)"


def test_an_association_that_is_aborted_in_mid_answer_is_told() -> None:
    def find(event: evt.Event) -> Iterator[tuple[int, Dataset]]:
        yield 0xFF00, answer(StudyInstanceUID="1.2")
        event.assoc.abort()
        yield 0xFF00, answer(StudyInstanceUID="1.3")

    with (
        peer({evt.EVT_C_FIND: find}) as to,
        pytest.raises(NetworkError, match="the association ended before the answer was complete"),
    ):
        studies(to)


def test_bytes_that_are_no_dicom_end_the_association() -> None:
    def find(event: evt.Event) -> Iterator[tuple[int, Dataset]]:
        yield 0xFF00, answer(StudyInstanceUID="1.2")
        event.assoc.dul.socket.socket.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9)
        yield 0xFF00, answer(StudyInstanceUID="1.3")

    with (
        peer({evt.EVT_C_FIND: find}) as to,
        pytest.raises(NetworkError, match="the association ended before"),
    ):
        studies(to)


def test_a_peer_that_falls_silent_is_told() -> None:
    let_go = threading.Event()

    def find(event: evt.Event) -> Iterator[tuple[int, Any]]:
        let_go.wait(5)
        yield 0x0000, None

    try:
        with (
            peer({evt.EVT_C_FIND: find}) as to,
            pytest.raises(NetworkError, match=r"no answer within 0\.2 s"),
        ):
            studies(to, patience=Patience(5, 0.2, 5))
    finally:
        let_go.set()


def test_an_answer_without_end_is_refused() -> None:
    def find(event: evt.Event) -> Iterator[tuple[int, Dataset]]:
        made = answer(StudyInstanceUID="1.2")
        made.add_new(0x00091001, "OB", bytes(8 << 20))
        yield 0xFF00, made

    with peer({evt.EVT_C_FIND: find}) as to, pytest.raises(NetworkError, match="an answer is too large"):
        studies(to)


def test_another_title_and_no_query_at_all_are_told() -> None:
    with peer({}, models=["1.2.840.10008.1.1"]) as to:
        with pytest.raises(NetworkError, match="called ae title not recognised"):
            studies(Peer("OTHER", to.host, to.port))
        with pytest.raises(NetworkError, match="takes none of what was offered"):
            studies(to)


def test_somebody_may_stop_it() -> None:
    stop = Stop()

    def many() -> Iterator[Dataset]:
        for k in range(100_000):
            if k == 5:
                stop.ask()
            yield answer(StudyInstanceUID=f"1.2.{k}")

    with peer(answering(many())) as to, Pacs(to, patience=QUICK, stop=stop) as pacs:
        found = pacs.studies(Keys(), 100_000)
    assert stop.asked
    assert len(found.answers) < 50_000


def test_patients_come_first_where_there_is_no_study_root() -> None:
    asked = []

    def find(event: evt.Event) -> Iterator[tuple[int, Dataset]]:
        keys = event.identifier
        asked.append((keys.QueryRetrieveLevel, str(keys.PatientID or "")))
        if keys.QueryRetrieveLevel == "PATIENT":
            yield from ((0xFF00, answer(PatientID=who)) for who in ("a", "b"))
        elif keys.QueryRetrieveLevel == "STUDY":
            yield 0xFF00, answer(StudyInstanceUID=f"1.2.{ord(keys.PatientID)}")
        else:
            yield 0xFF00, answer(SeriesInstanceUID="1.2.3")

    with peer({evt.EVT_C_FIND: find}, models=FINDS[1:]) as to, Pacs(to, patience=QUICK) as pacs:
        found = pacs.studies(Keys(patient_id="*"))
        assert [study.study_instance_uid for study in found.answers] == ["1.2.97", "1.2.98"]
        (series,) = pacs.series(found.answers[1], Keys()).answers
    assert series.study_instance_uid == "1.2.98"
    assert asked == [("PATIENT", "*"), ("STUDY", "a"), ("STUDY", "b"), ("SERIES", "b")]


def test_what_was_not_asked_for_is_left_out() -> None:
    said = [
        answer(StudyInstanceUID=uid, ModalitiesInStudy=has)
        for uid, has in (("1.2", "CT"), ("1.3", ["SR", "XA"]))
    ]
    with peer(answering(said)) as to:
        assert [s.study_instance_uid for s in studies(to, Keys(modalities=("XA", "RF"))).answers] == ["1.3"]


def test_a_study_of_another_patient_order_or_day_is_not_taken_for_what_was_asked_for() -> None:
    mine = {"PatientID": "p4711 ", "AccessionNumber": "A1", "StudyDate": "20260102"}
    said = [
        answer(StudyInstanceUID=f"1.2.{number}", **{**mine, **other})
        for number, other in enumerate(
            (
                {},
                {"PatientID": "4712"},
                {"AccessionNumber": "A2"},
                {"StudyDate": "20260103"},
                {"PatientID": ""},
            )
        )
    ]
    asked = Keys(patient_id="P4711", accession_number="A1", days=Days.parse("2026-01-02", "--date"))
    with peer(answering(said)) as to:
        assert [s.study_instance_uid for s in studies(to, asked).answers] == ["1.2.0", "1.2.4"]
        assert len(studies(to, Keys(patient_id="*47*")).answers) == 5


def test_a_series_whose_objects_the_peer_does_not_name_was_not_fetched(tmp_path: Path) -> None:
    for stated, failed in ((None, ("1.2.3",)), (2, ("1.2.3",)), (0, ())):
        series = SeriesFound(
            study_instance_uid="1.2", series_instance_uid="1.2.3", number_of_series_related_instances=stated
        )
        plan = SeriesPlan(StudyFound(study_instance_uid="1.2"), series, {}, ())
        (fetched,) = Fetch([plan], tmp_path, lambda _: None, Stop()).run(None)
        assert tuple(uid for uid, _ in fetched.failed) == failed


def test_keys_are_written_as_dicom_asks_for_them() -> None:
    keys = Keys(patient_name="Mü*", days=Days.parse("2026-01-01..2026-01-31", "--date"), modalities=("XA",))
    made = study_identifier(keys)
    assert (made.PatientName, made.StudyDate, made.ModalitiesInStudy) == ("Mü*", "20260101-20260131", "XA")
    assert (made.SpecificCharacterSet, made.QueryRetrieveLevel) == ("ISO_IR 100", "STUDY")
    assert study_identifier(Keys(patient_name="山田*")).SpecificCharacterSet == "ISO_IR 192"
    assert "SpecificCharacterSet" not in study_identifier(Keys(patient_id="4711"))
    assert series_identifier({"StudyInstanceUID": "1.2"}, keys).Modality == "XA"
    assert [Days.parse(text, "").key for text in ("20260102", "2026-01-02..", "..2026-01-02")] == [
        "20260102",
        "20260102-",
        "-20260102",
    ]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Keys(study_uid="1.2.x"), "--study: '1.2.x' is no UID"),
        (lambda: Keys(patient_id="a\\b"), "--patient-id"),
        (lambda: Keys(accession_number="x" * 17), "1 to 16 characters"),
        (lambda: Keys(modalities=("xa",)), "--modality: 'xa' is none"),
        (lambda: Days.parse("2026-02-30", "--date"), "is no day"),
        (lambda: Days.parse("2026-02-03..2026-02-01", "--date"), "ends before it begins"),
        (lambda: Days.parse("..", "--date"), "names no day"),
    ],
)
def test_what_cannot_be_asked_for_is_told_in_a_line(made: Any, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("\\", "")):
        made()
