"""Runs that arrive are played one after the other, each at its own rate, and none is left out unsaid."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.config import HealthConfig
from monitor.errors import InputError, OutputError, RunAwaited, SourceAway, SourceError, SourceTimeout
from monitor.health import Evidence, judge
from monitor.sources.reconnecting import Reconnecting
from monitor.states import State
from recordings.dicom_origin import EVENT, OriginObject, frame_in
from recordings.network.address import Peer
from recordings.open import open_source
from recordings.receiving.arrivals import (
    Arrival,
    age_words,
    opened,
    projection_of,
    still_to_play,
    unfit_for,
)
from recordings.receiving.inbox import Inbox
from recordings.receiving.listen_options import parse_listen
from recordings.receiving.near_live import NearLiveSource
from recordings.receiving.process import ReceivingProcess, Service
from tests.monitor.scripted import plan
from tests.receiving.makers import SERIES, announced, data_set, run_object, run_of, written
from tests.receiving.raw import ACCEPTED, Raw

OPTIONS = parse_listen("dicom://CW@127.0.0.1:0")


class Near:
    """A source that listens, what it has written down, and a peer that sends to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = NearLiveSource(OPTIONS)
        self.told: list[tuple[str, dict]] = []

    def listen(self, **more) -> None:
        self.source.receive_into(self.folder, **more)
        self.source.attach(lambda name, data, t_ns: self.told.append((name, dict(data))))

    def send(self, ds, tmp_path: Path) -> None:
        file = written(ds, tmp_path / "sent.dcm")
        assert self.source.inbox.port is not None
        with Raw(self.source.inbox.port) as peer:
            assert peer.associate()[0] == ACCEPTED
            peer.store(announced(ds), [data_set(file)])
            assert peer.status() == 0
        # answered with success: it is there already
        assert (self.folder / f"{ds.SOPInstanceUID}.dcm").is_file()

    def frames(self, count: int):
        found = []
        while len(found) < count:
            try:
                found.append(self.source.read(5.0))
            except (RunAwaited, SourceTimeout):
                assert len(self.told) < 50
        return found

    def named(self, name: str) -> list[dict]:
        return [data for one, data in self.told if one == name]


@pytest.fixture
def near(tmp_path: Path) -> Iterator[Near]:
    made = Near(tmp_path / "received")
    yield made
    made.source.close()
    assert not (made.folder / ".incoming").exists()


def test_runs_are_played_in_order_and_what_does_not_fit_is_told(near: Near, tmp_path: Path) -> None:
    near.listen(unfit=lambda info: None if info.rows != 128 else "made for other images")
    near.send(run_object(1, 1, size=128), tmp_path)
    assert not near.source.wait(0.2)
    waiting = "waiting for the first run; the last is not monitored: made for other images"
    assert near.source.awaited_words() == waiting
    assert near.source.age_words() is None
    far = {"DistanceSourceToDetector": "1000"}
    first, second = run_object(2, 3, seed=1, frame_ms=30, **far), run_object(3, 2, seed=2, frame_ms=20, **far)
    other = [
        run_object(4, 2, size=32),
        run_object(5, 2, PixelIntensityRelationship="LOG"),
        run_object(6, 2, bits=10),
        run_object(7, 2, DistanceSourceToDetector="900"),
    ]
    for ds in (first, second, *other):  # all arrive before the first has been played
        near.send(ds, tmp_path)
    assert near.source.wait(5.0)
    info = near.source.open()
    assert (info.live, info.kind, info.rows, info.frame_period_s) == (True, "dicom", 64, 0.03)
    frames = near.frames(5)
    assert [frame.seq for frame in frames] == [0, 1, 2, 3, 4]
    pixels = np.concatenate([first.pixel_array, second.pixel_array])
    assert all(np.array_equal(frame.pixels, one) for frame, one in zip(frames, pixels, strict=True))
    own_ms = [round(frame.t_source_ns / 1e6) for frame in frames]
    assert own_ms[:3] == [0, 30, 60]
    assert own_ms[3] >= 80
    assert own_ms[4] - own_ms[3] == 20
    assert all(frame.t_capture_ns >= frames[0].t_capture_ns + frame.t_source_ns for frame in frames)
    assert near.source.age_words().startswith("received ")

    near.send(first, tmp_path)  # the same again is no new run
    near.send(run_object(8, 1, size=32), tmp_path)
    awaited = ""
    while "32 x 32" not in awaited:
        with pytest.raises(RunAwaited, match="waiting for the next run") as caught:
            near.source.read(0.1)
        awaited = str(caught.value)
    assert [(one["sop_instance_uid"], one["first_seq"], one["frames"]) for one in near.named(EVENT)] == [
        (first.SOPInstanceUID, 0, 3), (second.SOPInstanceUID, 3, 2),
    ]  # fmt: skip
    assert [one["reason"] for one in near.named("run_ended")] == ["played to its end"] * 2
    assert [one["object"] for one in near.named("object_received")] == [1, 2, 3, 4, 5, 6, 7, 2, 8]
    assert [(row["object"], row["reason"]) for row in near.named("run_not_monitored")] == [
        (1, "made for other images"),
        (4, "32 x 32, not 64 x 64"),
        (5, "other values than in the runs before"),
        (6, "other values than in the runs before"),
        (7, "another detector distance"),
        (8, "32 x 32, not 64 x 64"),
    ]
    assert len(list(near.folder.glob("*.dcm"))) == 8


def test_what_was_broken_off_goes_on_where_it_was(near: Near, tmp_path: Path) -> None:
    start = datetime.now() - timedelta(seconds=30)
    stated = [start + timedelta(seconds=0.08 * number) for number in range(3)]
    singles = [
        run_object(number, 1, seed=number, AcquisitionDateTime=f"{moment:%Y%m%d%H%M%S.%f}")
        for number, moment in enumerate(stated, 1)
    ]
    runs = [run_object(number, 3, seed=number, frame_ms=10) for number in (4, 5)]
    near.folder.mkdir()
    for ds in (*singles, *runs):
        written(ds, near.folder / f"{ds.SOPInstanceUID}.dcm")
    near.listen()  # what is there already comes first
    info = near.source.open()
    frames = near.frames(4)
    assert [round(frame.t_source_ns / 1e6) for frame in frames[:3]] == [0, 80, 160], "as they were acquired"
    assert len(near.named(EVENT)) == 4
    near.source.close()
    origins = [OriginObject(**data) for data in near.named(EVENT)]
    assert near.named("run_ended")[-1]["reason"] == "closed"
    assert near.named("run_not_monitored") == [{"object": 5, "reason": "it was not played before the end"}]

    again = Near(near.folder)
    again.listen(info=info)
    try:
        assert again.source.wait(0.0), "what the session is of is known"
        again.source.open()
        again.source.go_on(origins, 4)
        pixels = np.concatenate([runs[0].pixel_array[1:], runs[1].pixel_array])
        frames = again.frames(5)
        assert all(np.array_equal(frame.pixels, one) for frame, one in zip(frames, pixels, strict=True))
        (origin,) = again.named(EVENT)
        assert (origin["sop_instance_uid"], origin["first_seq"]) == (runs[1].SOPInstanceUID, 6)
        dies_and_comes_back(again, tmp_path)
    finally:
        again.source.close()


def dies_and_comes_back(near: Near, tmp_path: Path) -> None:
    """The receiving process is killed: that is said, and another one listens where it did."""
    source = Reconnecting(near.source, lambda: 10**18)  # which has waited for ever, and opens nothing anew
    port, process = near.source.inbox.port, near.source.inbox._process
    os.kill(process._child.pid, signal.SIGKILL)
    said = ""
    while "has died; it is being started again" not in said:
        with pytest.raises(SourceAway) as caught:
            source.read(0.02)
        said = str(caught.value)
    while near.source.inbox.away is not None:
        near.source.inbox.pause(0.02)
    assert near.source.inbox.port == port
    near.send(run_object(6, 1, seed=6), tmp_path)
    assert near.frames(1)[0].seq == 5
    told = [name for name, _ in near.told if name.startswith("receiver")]
    assert told == ["receiver_ended", "receiver_started"]


def test_a_process_that_never_listened_has_not_ended(tmp_path: Path) -> None:
    """Else each try to start it again would begin another one beside itself, and soon there are hundreds."""
    told: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = Service(tmp_path / "in", Peer("CW", "127.0.0.1", taken.getsockname()[1]))
        process = ReceivingProcess(service, lambda row: told.append(row["event"]))
        with pytest.raises(OutputError, match="cannot listen"):
            process.start()
        process._thread.join()
    assert told == []


@pytest.mark.parametrize("named", ["4711", None])
def test_a_run_of_another_patient_is_not_played(
    named: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inbox, "_started", lambda *_: None)  # what is there is enough
    other = {"PatientID": "4712", "series": f"{SERIES}.9"}
    first = run_object(1, 1, **({} if named is None else other))
    rest = (run_object(2, 1), run_object(3, 1, **other), run_object(4, 1, PatientID=""))
    near = Near(tmp_path / "received")
    near.folder.mkdir()
    for moment, ds in enumerate((first, *rest)):
        file = written(ds, near.folder / f"{ds.SOPInstanceUID}.dcm")
        os.utime(file, (moment, moment))
    near.listen(patient_id=named)
    info = near.source.open()
    near.frames(2 if named else 3)
    reason = "of another patient, by its number"
    left_out = [(one["object"], one["reason"]) for one in near.named("run_not_monitored")]
    assert left_out == ([(1, reason), (3, reason)] if named else [(3, reason)])
    near.source.close()

    again = Near(near.folder)
    again.listen(info=info, patient_id=named)
    again.source.open()
    again.source.go_on([OriginObject(**data) for data in near.named(EVENT)], len(near.named(EVENT)))
    with pytest.raises(RunAwaited, match=reason):
        again.source.read(0.1)
    again.source.close()


def test_what_is_said_of_a_run_is_of_the_one_that_is_shown(tmp_path: Path) -> None:
    """And a header that states an hour between images keeps nobody waiting for it."""
    now_ns = 0
    near = NearLiveSource(OPTIONS, clock_ns=lambda: now_ns)
    arrivals = []
    for number, age_s in ((1, 40), (2, 10)):
        stated = datetime.now() - timedelta(seconds=age_s)
        ds = run_object(number, 2, frame_ms=3.6e6, AcquisitionDateTime=f"{stated:%Y%m%d%H%M%S}")
        arrivals.append(Arrival(number, written(ds, tmp_path / f"{number}.dcm"), datetime.now(UTC)))
    near.inbox._queue.extend(arrivals)
    near.inbox._folder = tmp_path
    assert near.wait(0.0)
    near.open()
    assert near.read(0.0).seq == 0
    shown = near.age_words()
    with pytest.raises(SourceTimeout):
        near.read(0.0)
    now_ns += 10 * 10**9
    assert near.read(0.0).seq == 1
    with pytest.raises(SourceTimeout):
        near.read(0.0)
    assert near.age_words().split(",")[0] == shown.split(",")[0], "the next is not shown yet"
    now_ns += 2 * 10**9
    assert near.read(0.0).seq == 2
    assert near.age_words().split(",")[0] != shown.split(",")[0]
    near.close()


def test_it_is_a_source_of_live_alone() -> None:
    with pytest.raises(SourceError, match="live --session"):
        open_source("dicom://CW@127.0.0.1:0").open()


@pytest.mark.parametrize(
    "spec", ["dicom://", "dicom://CW", "dicom://CW@127.0.0.1", "dicom://CW@127.0.0.1:0#allow=@", "dicom://CW@h:1#x=1",
             "dicom://CW@127.0.0.1:0#tls-key=nowhere.pem", "dicom://CW@127.0.0.1:0#largest-mb=0"],
)  # fmt: skip
def test_what_is_no_address_is_told(spec: str) -> None:
    with pytest.raises(InputError, match="dicom://"):
        open_source(spec)


def test_what_may_be_asked_for(tmp_path: Path) -> None:
    made = parse_listen("dicom://CW@[::1]:11112#allow=CARM@10.0.0.7&allow=RF&largest-mb=100")
    assert str(made.address) == "CW@[::1]:11112"
    assert [(one.aet, one.host) for one in made.allowed] == [("CARM", "10.0.0.7"), ("RF", None)]
    assert made.limits.object_bytes == 100_000_000


@pytest.mark.parametrize(
    ("angle", "projection"),
    [
        ("90", "lateral"),
        ("-88", "lateral"),
        ("0", "ap"),
        ("180", "ap"),
        ("-175", "ap"),
        ("45", None),
        ("", None),
    ],
)
def test_the_projection_is_told_by_the_primary_angle(angle: str, projection: str | None) -> None:
    assert projection_of({"PositionerPrimaryAngle": angle}) == projection


def test_another_projection_than_the_plans_does_not_fit(tmp_path: Path) -> None:
    made = plan()
    view = made.views[0]
    values = np.zeros((1, view.image.rows if view.image else 256, view.image.columns if view.image else 256))
    info = opened(
        Arrival(1, written(run_of(values, PositionerPrimaryAngle="0"), tmp_path / "a.dcm"), datetime.now(UTC))
    ).info
    assert view.projection == "lateral"
    assert unfit_for(made, None, info) == "AP, which the plan has not"
    aside = replace(info, attributes={**info.attributes, "PositionerPrimaryAngle": "90"})
    assert unfit_for(made, None, aside) is None


def test_how_old_a_run_is_is_told_by_its_acquisition_where_the_clocks_agree(tmp_path: Path) -> None:
    arrived = datetime.now().astimezone().replace(microsecond=0)
    now = arrived + timedelta(seconds=10)
    for before_s, what in ((50, "acquired"), (-3600, "received"), (3 * 86400, "received")):
        stated = arrived - timedelta(seconds=before_s)
        ds = run_object(1, 1, AcquisitionDateTime=f"{stated:%Y%m%d%H%M%S}")
        run = opened(Arrival(1, written(ds, tmp_path / "a.dcm"), arrived))
        run.source.close()
        moment, age_s = (stated, 60) if what == "acquired" else (arrived, 10)
        assert age_words(run, now) == f"{what} {moment:%H:%M:%S}, {age_s} s ago"
    assert age_words(run, arrived + timedelta(minutes=5)).endswith("5 min ago")


def test_a_run_that_broke_off_gives_its_numbers_to_the_next() -> None:
    origins = [OriginObject("c", "1.1", "s", "s", 0, 10), OriginObject("c", "1.2", "s", "s", 4, 10)]
    assert frame_in(origins, 3) == (origins[0], 4)
    assert frame_in(origins, 4) == (origins[1], 1)
    arrivals = [
        Arrival(1, Path("1.1.dcm"), datetime.now(UTC)),
        Arrival(2, Path("1.2.dcm"), datetime.now(UTC)),
    ]
    assert still_to_play(arrivals, origins, 6) == [replace(arrivals[1], first=2)]
    assert still_to_play(arrivals, origins, 14) == []
    assert still_to_play(arrivals, origins[:1], 10) == [arrivals[1]]
    # killed while the recorder was behind: both had begun, and of the second nothing is recorded
    assert still_to_play(arrivals, origins, 3) == [replace(arrivals[0], first=3), arrivals[1]]


def test_between_runs_nothing_is_monitored_and_near_live_is_never_better_than_degraded() -> None:
    playing = Evidence(
        (), True, 10**9, 10**9, None, 0.1, False, None, None, None, True, True, None, None, False, {},
        near_live="received 12:00:00, 3 s ago",
    )  # fmt: skip
    health = judge(playing, 10**9, HealthConfig(), None)
    assert (health.state, [reason.code for reason in health.reasons]) == (State.DEGRADED, ["near_live"])
    between = judge(replace(playing, run_awaited="waiting for the next run"), 10**12, HealthConfig(), health)
    assert between.state is State.NOT_MONITORING
    assert [reason.code for reason in between.reasons] == ["between_runs", "near_live"]
