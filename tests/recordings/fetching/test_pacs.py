"""Query and retrieve against Orthanc, as the command does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import JPEG2000Lossless, RLELossless, generate_uid

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
    assert fetch(pacs, "--list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["studies"]
    assert {one["PatientID"]: one["PatientName"] for one in listed} == {
        "4711": "Müller^Jörg",
        "4712": OTHER.name,
    }
    assert fetch(pacs, "--list", "--patient-id", "47?1", "--date", "2026-01-01..2026-01-31") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if STUDY in line]
    assert [
        word for word in line.split() if word in ("2026-01-02", "4711", "Müller^Jörg", "Wirbelsäule", "4712")
    ] == ["2026-01-02", "4711", "Müller^Jörg", "Wirbelsäule"]
    for keys in (["--date", "2026-02-01.."], ["--modality", "CT"], ["--accession", "B*"]):
        assert fetch(pacs, "--list", *keys) == 0
        assert capsys.readouterr().out == "nothing matches\n"
    assert fetch(pacs, "--list", "--study", STUDY, "--json") == 0
    (study,) = json.loads(capsys.readouterr().out)["studies"]
    assert {s["SeriesDescription"]: s["NumberOfSeriesRelatedInstances"] for s in study["series"]} == {
        "LWS seitlich": 3,
        "LWS ap": 2,
    }


def test_names_in_every_alphabet_can_be_asked_for(pacs: peers.Orthanc) -> None:
    with Pacs(Peer.parse(pacs.address, ""), patience=QUICK) as asked:
        for name, who in (("MÜLLER*", "4711"), ("*山田*", "4712")):
            (study,) = asked.studies(Keys(patient_name=name)).answers
            assert study.patient_id == who


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


def test_a_series_and_an_object_are_moved_to_us(pacs: Any, tmp_path: Path) -> None:
    moved = ("--move", "--port", pacs.move_port, "--aet", "MOVER", "--study", STUDY, "--out", tmp_path)
    assert fetch(pacs, "--instance", AP_RUNS[0].uid, *moved) == 0
    assert there(tmp_path) == {AP: [AP_RUNS[0].uid]}
    assert fetch(pacs, "--series", AP, *moved) == 0
    assert there(tmp_path) == {AP: BOTH[AP]}


def test_what_cannot_be_done_is_said_in_a_line(
    pacs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, status, said in (
        (["--patient-id", "47*", "--out", tmp_path], 2, "2 studies match: name one with --study"),
        (["--study", "1.2.3", "--out", tmp_path], 1, "nothing matches"),
        (["--out", tmp_path], 2, "needs to be told what"),
        ([], 2, "one of --list and --out"),
        (["--list", "--date", "yesterday"], 2, "--date: 'yesterday' is no day"),
        (["--list", "--aet", "a\\b"], 2, "--aet"),
        (["--study", STUDY, "--move", "--port", pacs.port, "--out", tmp_path], 2, "cannot listen on"),
    ):
        assert fetch(pacs, *arguments) == status
        words = capsys.readouterr().err
        assert said in words
        assert len(words.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
    assert run(["fetch", "--from", f"PACS@127.0.0.1:{peers.free_port()}", "--list"]) == 1
    assert "no connection: connection refused" in capsys.readouterr().err
