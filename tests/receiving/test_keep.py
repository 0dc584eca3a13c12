"""An object is kept whole and once, or nothing of it is."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import JPEG2000Lossless, SecondaryCaptureImageStorage

from monitor.errors import OutputError
from recordings.receiving.files import clean
from recordings.receiving.identity import Announced, Refused
from recordings.receiving.keep import Keeper, Kept, side_by_side
from recordings.receiving.names import INCOMING
from tests.receiving.makers import (
    NAME,
    SERIES,
    STUDY,
    announced,
    data_set,
    full_after,
    objects_in,
    run_object,
    written,
)


def sent(keeper: Keeper, path: Path, said: Announced, piece: int = 4000) -> Kept:
    incoming = keeper.begin(said)
    data = data_set(path)
    for start in range(0, len(data), piece):
        incoming.write(memoryview(data)[start : start + piece])
    return incoming.finish()


def test_an_object_is_found_whole_under_its_uids(tmp_path: Path) -> None:
    ds = run_object()
    file = written(ds, tmp_path / "a.dcm")
    out = tmp_path / "deep" / "out"
    kept = sent(Keeper(out), file, announced(ds))
    assert kept.new
    assert kept.path == out / STUDY / SERIES / f"{ds.SOPInstanceUID}.dcm"
    assert objects_in(out) == [kept.path]
    assert kept.bytes == kept.path.stat().st_size
    assert data_set(kept.path) == data_set(file)
    again = dcmread(kept.path)
    assert again == ds
    assert again.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    assert kept.path.stat().st_mode & 0o077 == 0
    assert kept.path.parent.stat().st_mode & 0o077 == 0


def test_the_same_again_is_success_and_no_second_copy(tmp_path: Path) -> None:
    ds = run_object()
    file = written(ds, tmp_path / "a.dcm")
    out = tmp_path / "out"
    first = sent(Keeper(out), file, announced(ds))
    before = first.path.stat()
    again = sent(Keeper(out), file, announced(ds))
    assert (again.new, again.path) == (False, first.path)
    assert objects_in(out) == [first.path]
    assert first.path.stat().st_ino == before.st_ino


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same series", "other series"])
def test_another_content_under_the_same_uid_is_refused(elsewhere: bool, tmp_path: Path) -> None:
    first, other = run_object(seed=1), run_object(seed=2)
    if elsewhere:
        other.SeriesInstanceUID = f"{SERIES}.7"
    out = tmp_path / "out"
    keeper = Keeper(out)
    kept = sent(keeper, written(first, tmp_path / "a.dcm"), announced(first))
    whole = kept.path.read_bytes()
    with pytest.raises(Refused, match="kept already") as caught:
        sent(keeper, written(other, tmp_path / "b.dcm"), announced(other))
    assert caught.value.status == 0x0111
    assert objects_in(out) == [kept.path]
    assert kept.path.read_bytes() == whole


def other_class(ds):
    return Announced(
        SecondaryCaptureImageStorage, str(ds.SOPInstanceUID), str(ds.file_meta.TransferSyntaxUID)
    )


def other_instance(ds):
    return Announced(str(ds.SOPClassUID), f"{SERIES}.99", str(ds.file_meta.TransferSyntaxUID))


def other_syntax(ds):
    return Announced(str(ds.SOPClassUID), str(ds.SOPInstanceUID), JPEG2000Lossless)


def no_uid(ds):
    return Announced(str(ds.SOPClassUID), "../../etc/passwd", str(ds.file_meta.TransferSyntaxUID))


@pytest.mark.parametrize(
    ("say", "status"),
    [(other_class, 0xA900), (other_instance, 0xA900), (other_syntax, 0xC000), (no_uid, 0x0117)],
)
def test_what_is_not_what_was_announced_is_refused(say, status: int, tmp_path: Path) -> None:
    ds = run_object()
    out = tmp_path / "out"
    with pytest.raises(Refused) as caught:
        sent(Keeper(out), written(ds, tmp_path / "a.dcm"), say(ds))
    assert caught.value.status == status
    assert objects_in(out) == []


@pytest.mark.filterwarnings("ignore::UserWarning")  # what makes the object warns of it
@pytest.mark.parametrize("uid", ["../../../evil", "/etc/evil", "1.2.3/../../..", "", "1.2." + "3" * 70])
@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID"])
def test_no_uid_leads_out_of_the_folder(keyword: str, uid: str, tmp_path: Path) -> None:
    ds = run_object()
    ds[keyword].value = uid
    out = tmp_path / "in" / "out"
    file = written(ds, tmp_path / "a.dcm")
    with pytest.raises(Refused) as caught:
        sent(Keeper(out), file, announced(ds))
    assert caught.value.status == 0xC000
    assert objects_in(tmp_path) == [file]


def test_a_link_is_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    ds = run_object()
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    keeper = Keeper(out)
    (out / STUDY).symlink_to(outside)
    with pytest.raises(Refused) as caught:
        sent(keeper, written(ds, tmp_path / "a.dcm"), announced(ds))
    assert caught.value.status == 0xA700
    assert objects_in(outside) == []


@pytest.mark.parametrize("part", [0.0, 0.05, 0.5, 0.999])
def test_a_cut_object_is_refused_and_no_name_is_told(part: float, tmp_path: Path) -> None:
    ds = run_object()
    data = data_set(written(ds, tmp_path / "a.dcm"))
    out = tmp_path / "out"
    incoming = Keeper(out).begin(announced(ds))
    incoming.write(data[: int(part * len(data))])
    with pytest.raises(Refused) as caught:
        incoming.finish()
    assert caught.value.status in (0xC000, 0xA900)
    assert NAME not in str(caught.value)
    assert objects_in(out) == []


@pytest.mark.parametrize("at", [0, 100, 9000])
def test_a_disk_that_is_full_in_mid_object_leaves_nothing(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ds = run_object()
    file = written(ds, tmp_path / "a.dcm")
    out = tmp_path / "out"
    keeper = Keeper(out)
    with monkeypatch.context() as patch:
        full_after(at, patch)
        with pytest.raises(Refused, match="no room") as caught:
            sent(keeper, file, announced(ds))
    assert caught.value.status == 0xA700
    assert objects_in(out) == []
    assert sent(keeper, file, announced(ds)).new, "once there is room it is taken"


def test_too_little_room_and_too_large_objects_are_refused(tmp_path: Path) -> None:
    ds = run_object()
    file = written(ds, tmp_path / "a.dcm")
    for keeper in (
        Keeper(tmp_path / "full", free=lambda _: 10**6),
        Keeper(tmp_path / "small", most_bytes=9000),
    ):
        with pytest.raises(Refused) as caught:
            sent(keeper, file, announced(ds))
        assert caught.value.status == 0xA700
        assert objects_in(keeper.folder) == []


def _begin_and_die(out: Path, begun, go) -> None:
    ds = run_object()
    Keeper(out).begin(announced(ds)).write(b"half of it")
    begun.set()
    go.wait(30)
    os._exit(1)


def test_what_a_killed_process_left_is_removed_and_what_another_writes_is_not(tmp_path: Path) -> None:
    out = tmp_path / "out"
    context = multiprocessing.get_context("spawn")
    begun, go = context.Event(), context.Event()
    process = context.Process(target=_begin_and_die, args=(out, begun, go))
    process.start()
    assert begun.wait(60)
    keeper = Keeper(out)
    assert len(list((out / INCOMING).iterdir())) == 1, "it is being written"
    go.set()
    process.join(30)
    assert clean(out) == 1
    keeper.close()
    assert not (out / INCOMING).exists()


def test_of_many_at_once_one_is_new(tmp_path: Path) -> None:
    ds = run_object()
    file = written(ds, tmp_path / "a.dcm")
    keeper = Keeper(tmp_path / "out", side_by_side)
    kept: list[Kept] = []
    threads = [
        threading.Thread(target=lambda: kept.append(sent(keeper, file, announced(ds)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.new for one in kept) == [False] * 7 + [True]
    assert objects_in(keeper.folder) == [tmp_path / "out" / f"{ds.SOPInstanceUID}.dcm"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        Keeper(tmp_path / "file" / "out")


def test_every_folder_on_the_way_is_there_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in a folder whose own name was not flushed is lost with it where the power fails."""
    flushed: list[Path] = []
    monkeypatch.setattr("recordings.receiving.files.flush_folder", flushed.append)
    Keeper(tmp_path / "a" / "b" / "c")
    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b"} <= set(flushed)
