"""C-GET and C-MOVE with peers that fail, lie, or are stopped in the middle; with a real one: test_pacs.py."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.uid import generate_uid
from pynetdicom import evt

from monitor.errors import NetworkError
from recordings.fetching.fetching import TAKEN
from recordings.fetching.operation import Stop
from recordings.fetching.query import retrieve_identifier
from recordings.fetching.retrieving import Terms, getting
from recordings.network.contexts import FINDS, GETS, IMAGES, LOSSLESS, LOSSY, MOST_CONTEXTS, MOVES, retrieved
from recordings.receiving.keep import Keeper
from tests.recordings.fetching.objects import Run
from tests.recordings.fetching.scripted import QUICK, answer, peer
from ui.cli import run
from ui.own_command import OWN_COMMAND

STUDY, SERIES = generate_uid(), generate_uid()
RUNS = [Run(STUDY, SERIES, k) for k in range(4)]
DATA = {one.uid: dcmread(DicomBytesIO(one.dicom)) for one in RUNS}


def find(event: evt.Event) -> Iterator[tuple[int, Dataset]]:
    """Has one patient with one series of four objects."""
    level = event.identifier.QueryRetrieveLevel
    if level == "PATIENT":
        yield 0xFF00, answer(PatientID="4711")
    elif level == "STUDY":
        yield 0xFF00, answer(StudyInstanceUID=STUDY)
    elif level == "SERIES":
        yield 0xFF00, answer(SeriesInstanceUID=SERIES, NumberOfSeriesRelatedInstances=4)
    else:
        for one in RUNS:
            yield 0xFF00, answer(SOPInstanceUID=one.uid, SOPClassUID=DATA[one.uid].SOPClassUID)


def got(serve: Callable[[evt.Event], Iterator[Any]]) -> Any:
    """A peer whose C-GET does this."""
    handlers = {evt.EVT_C_FIND: find, evt.EVT_C_GET: serve}
    return peer(handlers, models=[*FINDS, *GETS], storing=IMAGES[:1])


def fetch(to: Any, out: Path, *more: str) -> int:
    return run(["fetch", "--from", str(to), "--study", STUDY, "--out", str(out), *more])


def there(out: Path) -> set[str]:
    assert not [path for path in out.rglob("*") if path.is_file() and path.suffix != ".dcm"]
    return {path.stem for path in out.rglob("*.dcm")}


Change = Callable[[Dataset], object]


def send(*runs: Run, changed: Change = lambda data: None) -> Iterator[tuple[int, Dataset]]:
    """Sub-operations that send these objects."""
    for one in runs:
        data = deepcopy(DATA[one.uid])
        changed(data)
        yield 0xFF00, data


def test_what_fails_is_named_and_what_came_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def serve(event: evt.Event) -> Iterator[Any]:
        yield 4
        yield from send(*RUNS[:3])
        yield 0xB000, answer(FailedSOPInstanceUIDList=RUNS[3].uid)

    with got(serve) as to:
        assert fetch(to, tmp_path) == 1
    assert there(tmp_path) == {one.uid for one in RUNS[:3]}
    out, err = capsys.readouterr()
    assert "3 fetched" in out
    assert f"{RUNS[3].uid}: not fetched" in err
    assert "1 objects could not be sent" in err
    assert len(err.splitlines()) == 1


def test_it_is_fetched_by_patient_where_there_is_no_study_root(tmp_path: Path) -> None:
    asked = []

    def serve(event: evt.Event) -> Iterator[Any]:
        asked.append((event.identifier.QueryRetrieveLevel, event.identifier.PatientID))
        yield 4
        yield from send(*RUNS)

    handlers = {evt.EVT_C_FIND: find, evt.EVT_C_GET: serve}
    with peer(handlers, models=[FINDS[1], GETS[1]], storing=IMAGES[:1]) as to:
        assert fetch(to, tmp_path) == 0
    assert there(tmp_path) == {one.uid for one in RUNS}
    assert asked == [("SERIES", "4711")]


def test_what_was_not_asked_for_or_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def another_study(data: Dataset) -> None:
        data.StudyInstanceUID = "1.2.3"

    def without_pixels(data: Dataset) -> None:
        data.PixelData = data.PixelData[:100]

    def serve(event: evt.Event) -> Iterator[Any]:
        yield 4
        yield from send(RUNS[0], changed=another_study)
        yield from send(RUNS[1], changed=without_pixels)
        yield from send(*RUNS[2:])

    with got(serve) as to:
        assert fetch(to, tmp_path) == 1
    assert there(tmp_path) == {one.uid for one in RUNS[2:]}
    err = capsys.readouterr().err
    assert f"{RUNS[0].uid}: not fetched: this object was not asked for" in err
    assert f"{RUNS[1].uid}: not fetched: " in err


def test_an_association_that_ends_in_the_middle_is_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def serve(event: evt.Event) -> Iterator[Any]:
        uids = event.identifier.get("SOPInstanceUID")
        asked.append(uids)
        wanted = RUNS if uids is None else [one for one in RUNS if one.uid in uids]
        yield len(wanted)
        yield from send(*wanted[:2])
        if uids is None:
            event.assoc.abort()
        yield from send(*wanted[2:])

    with got(serve) as to:
        assert fetch(to, tmp_path) == 1
        err = capsys.readouterr().err
        assert err.count("the association ended before the answer was complete") == 2
        first = there(tmp_path)
        assert first == {one.uid for one in RUNS[:2]}
        assert fetch(to, tmp_path) == 0
    assert there(tmp_path) == {one.uid for one in RUNS}
    assert asked == [None, [one.uid for one in RUNS[2:]]]
    assert "2 fetched, 2 were there already" in capsys.readouterr().out


def test_ctrl_c_cancels_and_keeps_what_came(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cancelled = threading.Event()

    def serve(event: evt.Event) -> Iterator[Any]:
        yield 4
        yield from send(*RUNS[:2])
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            if event.is_cancelled:
                cancelled.set()
                yield 0xFE00, answer(FailedSOPInstanceUIDList="")
                return
            threading.Event().wait(0.005)

    with got(serve) as to:
        assert fetch(to, tmp_path) == 1
    assert cancelled.is_set()
    assert there(tmp_path) == {one.uid for one in RUNS[:2]}
    assert f"{RUNS[2].uid}: not fetched: interrupted" in capsys.readouterr().err


def test_killed_in_the_middle_it_goes_on_without_writing_twice(tmp_path: Path) -> None:
    sent, killed = threading.Event(), threading.Event()

    def serve(event: evt.Event) -> Iterator[Any]:
        uids = event.identifier.get("SOPInstanceUID")
        wanted = RUNS if uids is None else [one for one in RUNS if one.uid in uids]
        yield len(wanted)
        for k, one in enumerate(wanted):
            if k == 2 and uids is None:
                sent.set()
                killed.wait(20)
            yield from send(one)

    with got(serve) as to:
        command = [*OWN_COMMAND, "fetch", "--from", str(to), "--study", STUDY, "--out", str(tmp_path)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert sent.wait(20)
        child.kill()
        child.wait()
        killed.set()
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.dcm")}
        assert {path.stem for path in before} == {one.uid for one in RUNS[:2]}
        assert fetch(to, tmp_path) == 0
    assert there(tmp_path) == {one.uid for one in RUNS}
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_destination_that_the_peer_does_not_know_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def serve(event: evt.Event) -> Iterator[Any]:
        yield None, None

    with peer({evt.EVT_C_FIND: find, evt.EVT_C_MOVE: serve}, models=[*FINDS, *MOVES]) as to:
        assert fetch(to, tmp_path, "--move", "--port", "0") == 1
        err = capsys.readouterr().err
        assert "it does not know our AE title as a destination (status 0xA801)" in err
    assert there(tmp_path) == set()


@pytest.mark.parametrize("kinds", [TAKEN, IMAGES[:1], IMAGES[4:]])
def test_contexts_fit_into_one_association_and_an_object_may_come_as_it_is_stored(kinds: Any) -> None:
    made = retrieved(GETS[0], kinds)
    assert len(made) <= MOST_CONTEXTS
    assert {context.abstract_syntax for context in made} == {GETS[0], *kinds}
    apart = [c for c in made if c.abstract_syntax == kinds[0] and len(c.transfer_syntax) == 1]
    assert len(apart) == len((*LOSSLESS, *LOSSY))


def test_who_does_not_heed_ctrl_c_is_left_at_the_second_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = threading.Event()

    def serve(event: evt.Event) -> Iterator[Any]:
        yield 4
        yield from send(RUNS[0])
        os.kill(os.getpid(), signal.SIGINT)
        while not event.is_cancelled:
            left.wait(0.005)
        os.kill(os.getpid(), signal.SIGINT)
        left.wait(20)

    with got(serve) as to:
        assert fetch(to, tmp_path) == 1
        left.set()
    assert there(tmp_path) == {RUNS[0].uid}
    assert capsys.readouterr().err.count("not fetched: interrupted") == 3


def test_a_peer_that_falls_silent_while_it_sends_is_given_up(tmp_path: Path) -> None:
    left = threading.Event()

    def serve(event: evt.Event) -> Iterator[Any]:
        yield 1
        left.wait(20)

    keeper, stop = Keeper(tmp_path), Stop()
    with got(serve) as to:
        terms = Terms(to, "CEMENTWATCH", patience=QUICK, silence_s=0.2)
        with getting(terms, keeper, IMAGES[:1], lambda *_: None, stop) as retrieve:
            wanted = retrieve_identifier("SERIES", {"StudyInstanceUID": STUDY}, [SERIES])
            with pytest.raises(NetworkError, match="nothing came for"):
                retrieve(wanted, lambda _: None)
        left.set()
