"""Query and retrieve against Orthanc, as the command does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import JPEG2000Lossless, RLELossless, generate_uid

from recordings.fetching.days import Days
from recordings.fetching.pacs import Pacs
from recordings.fetching.query import Keys
from recordings.network.address import Peer
from recordings.open import open_source
from tests import peers
from tests.recordings.fetching.objects import Run
from tests.recordings.fetching.scripted import QUICK
from ui.cli import run

STUDY, LATERAL, AP = generate_uid(), generate_uid(), generate_uid()
LATERAL_RUNS = [Run(STUDY, LATERAL, k) for k in range(3)]
AP_RUNS = [
    Run(STUDY, AP, 4, JPEG2000Lossless, description="LWS ap"),
    Run(STUDY, AP, 5, RLELossless, description="LWS ap"),
]
OTHER = Run(
    generate_uid(), generate_uid(), patient_id="4712", name="Yamada^Tarou=山田^太郎=やまだ^たろう",
    characters="ISO_IR 192", modality="RF",
)  # fmt: skip


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Orthanc]:
    """Holds two studies, and knows where to send to."""
    folder, port = tmp_path_factory.mktemp("orthanc"), peers.free_port()
    there = {"AET": "MOVER", "Host": "127.0.0.1", "Port": port}
    with peers.orthanc(folder, modalities={"mover": there}, settings={"DefaultEncoding": "Utf8"}) as made:
        made.move_port = port
        for held in (*LATERAL_RUNS, *AP_RUNS, OTHER):
            made.post("/instances", held.dicom)
        yield made


def fetch(pacs: peers.Orthanc, *arguments: object) -> int:
    return run(["fetch", "--from", pacs.address, *map(str, arguments)])


def there(out: Path) -> dict[str, list[str]]:
    """Names of the objects by series."""
    found: dict[str, list[str]] = {}
    for path in out.rglob("*"):
        if path.is_file():
            assert path.suffix == ".dcm", "nothing else is left"
            assert path.relative_to(out).parts[:1] == (STUDY,)
            found.setdefault(path.parent.name, []).append(path.stem)
    return {series: sorted(uids) for series, uids in found.items()}


BOTH = {LATERAL: sorted(r.uid for r in LATERAL_RUNS), AP: sorted(r.uid for r in AP_RUNS)}


def test_what_it_has_is_listed(pacs: peers.Orthanc, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(pacs, "--list", "--study", STUDY, "--json") == 0
    (study,) = json.loads(capsys.readouterr().out)["studies"]
    assert (study["PatientName"], study["StudyDescription"]) == ("Müller^Jörg", "Wirbelsäule")
    assert {s["SeriesDescription"]: s["NumberOfSeriesRelatedInstances"] for s in study["series"]} == {
        "LWS seitlich": 3,
        "LWS ap": 2,
    }
    assert fetch(pacs, "--list", "--patient-id", "47?1") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "2026-01-02" in line]
    assert line.split()[2:5] == ["4711", "Müller^Jörg", "Wirbelsäule"]
    assert line.rstrip().endswith(STUDY)


def test_every_key_counts_in_every_alphabet(pacs: peers.Orthanc) -> None:
    with Pacs(Peer.parse(pacs.address, ""), patience=QUICK) as asked:
        for keys, patients in (
            (Keys(), {"4711", "4712"}),
            (Keys(patient_name="MÜLLER*"), {"4711"}),
            (Keys(patient_name="*山田*"), {"4712"}),
            (Keys(days=Days.parse("2026-02-01..", "")), set()),
            (Keys(days=Days.parse("2026-01-01..2026-01-02", ""), modalities=("RF",)), {"4712"}),
            (Keys(accession_number="B*"), set()),
        ):
            assert {study.patient_id for study in asked.studies(keys).answers} == patients
        (other,) = asked.studies(Keys(patient_id="4712")).answers
        assert other.patient_name == OTHER.name


def test_a_study_is_got_once_as_it_is_stored_and_is_a_source(
    pacs: peers.Orthanc, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "got"
    assert fetch(pacs, "--study", STUDY, "--out", out) == 0
    assert there(out) == BOTH
    syntaxes = {path.stem: dcmread(path).file_meta.TransferSyntaxUID for path in (out / STUDY / AP).iterdir()}
    assert syntaxes == {r.uid: r.syntax for r in AP_RUNS}
    with open_source(str(out / STUDY / LATERAL)) as source:
        assert (source.info.rows, source.info.columns) == (64, 64)
    assert "(LWS ap): 2 fetched" in capsys.readouterr().out

    path = out / STUDY / LATERAL / f"{LATERAL_RUNS[1].uid}.dcm"
    whole, untouched = path.read_bytes(), {p: p.stat().st_mtime_ns for p in out.rglob("*.dcm") if p != path}
    path.unlink()
    assert fetch(pacs, "--study", STUDY, "--out", out) == 0
    said = capsys.readouterr().out
    assert "(LWS seitlich): 1 fetched, 2 were there already" in said
    assert "(LWS ap): 0 fetched, 2 were there already" in said
    assert path.read_bytes() == whole
    assert {p: p.stat().st_mtime_ns for p in untouched} == untouched


def test_a_series_is_moved_to_us(pacs: Any, tmp_path: Path) -> None:
    moved = ("--move", "--port", pacs.move_port, "--aet", "MOVER", "--out", tmp_path)
    assert fetch(pacs, "--study", STUDY, "--series", AP, *moved) == 0
    assert there(tmp_path) == {AP: BOTH[AP]}


def test_an_object_is_got_over_mutual_tls(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = peers.certificates(tmp_path_factory.mktemp("pem"))
    settings = {
        "DicomTlsEnabled": True, "DicomTlsCertificate": str(pem.server),
        "DicomTlsPrivateKey": str(pem.server_key), "DicomTlsTrustedCertificates": str(pem.authority),
    }  # fmt: skip
    ours = ("--tls", "--tls-certificate", pem.client, "--tls-key", pem.client_key)
    with peers.orthanc(tmp_path_factory.mktemp("secured"), settings=settings) as secured:
        secured.post("/instances", AP_RUNS[0].dicom)
        wanted = ("--study", STUDY, "--instance", AP_RUNS[0].uid, "--out", tmp_path)
        assert fetch(secured, *wanted, *ours) == 1
        assert "its certificate is not accepted" in capsys.readouterr().err
        assert fetch(secured, *wanted, *ours, "--tls-authority", pem.authority) == 0
    assert there(tmp_path) == {AP: [AP_RUNS[0].uid]}


def test_an_archive_that_cannot_send_all_names_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """DCMTK's archive sends nothing compressed."""
    port, held, out = peers.free_port(), tmp_path / "held", tmp_path / "out"
    held.mkdir()
    settings = tmp_path / "dcmqrscp.cfg"
    settings.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 4\n"
        "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nQR {held} RW (9, 64mb) ANY\nAETable END\n"
    )
    sent = [LATERAL_RUNS[0], replace(AP_RUNS[0], series=LATERAL)]
    for one in sent:
        (held / f"{one.uid}.dcm").write_bytes(one.dicom)
    peers.run("dcmqridx", held, *held.glob("*.dcm"))
    with peers.server("dcmqrscp", "-c", settings, port=port, folder=tmp_path):
        assert run(["fetch", "--from", f"QR@127.0.0.1:{port}", "--study", STUDY, "--out", str(out)]) == 1
    assert there(out) == {LATERAL: [sent[0].uid]}
    assert f"{sent[1].uid}: not fetched: QR@127.0.0.1:{port}: C-GET: 1 objects" in capsys.readouterr().err


def test_what_cannot_be_done_is_said_in_a_line(
    pacs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, status, said in (
        (["--patient-id", "47*", "--out", tmp_path], 2, "2 studies match: name one with --study"),
        (["--out", tmp_path], 2, "needs to be told what"),
        ([], 2, "one of --list and --out"),
        (["--study", "1.2.3", "--out", tmp_path, "--move", "--tls"], 2, "--move with --tls needs"),
        (["--list", "--date", "yesterday"], 2, "--date: 'yesterday' is no day"),
        (["--list", "--aet", "a\\b"], 2, "--aet"),
    ):
        assert fetch(pacs, *arguments) == status
        words = capsys.readouterr().err
        assert said in words
        assert len(words.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
    assert run(["fetch", "--from", f"PACS@127.0.0.1:{peers.free_port()}", "--list"]) == 1
    assert "no connection: connection refused" in capsys.readouterr().err
