"""Recorded and simulated sources keep the promises of `monitor.sources.base.FrameSource` too."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from monitor.errors import EndOfStream, SourceError
from monitor.frame import Frame
from monitor.sources.base import FrameSource
from recordings.replay import RecordedSource
from recordings.session import FRAMES, Session
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from tests.monitor.scripted import frame, info, plan, scene
from tests.sources.test_contract import paced, read_all

COUNT = 6
TIMES_NS = [0, 66_000_000, 134_000_000, 200_000_000, 333_000_000, 333_000_000]
START_NS = 5_000_000_000


def shots() -> list[Frame]:
    noise = np.random.default_rng(2)
    return [frame(i, scene(noise=noise), START_NS + at) for i, at in zip(range(COUNT), TIMES_NS, strict=True)]


def write_session(folder: Path, *, close: bool = True) -> Session:
    session = Session.create(folder, source_info=info(), plan=plan(), config_toml="", software_version="test")
    for shot in shots():
        session.recording.append(shot)
    if close:
        session.close()
    return session


def recorded(folder: Path) -> FrameSource:
    write_session(folder / "session")
    return RecordedSource(folder / "session")


def simulated(_: Path) -> FrameSource:
    return SimulatedSource("canal", SimulationSettings(size=96, duration_s=COUNT / 15))


@pytest.fixture(params=[False, True], ids=["plain", "paced"])
def pace(request: pytest.FixtureRequest) -> Callable[[FrameSource], FrameSource]:
    return paced if request.param else lambda source: source


@pytest.fixture(params=[recorded, simulated])
def source(
    request: pytest.FixtureRequest, pace: Callable[[FrameSource], FrameSource], tmp_path: Path
) -> FrameSource:
    return pace(request.param(tmp_path))


def test_frames_come_in_order_and_as_they_are_described(source: FrameSource) -> None:
    with source:
        about = source.info
        frames = read_all(source)
    assert isinstance(source, FrameSource)
    assert about.frame_count == len(frames) == COUNT
    assert [shot.seq for shot in frames] == list(range(COUNT))
    for shot in frames:
        assert shot.pixels.shape == (about.rows, about.columns)
        assert shot.pixels.dtype in (np.uint8, np.uint16)
        assert shot.pixels.flags.c_contiguous
        assert not shot.pixels.flags.writeable
        assert shot.pixels.max() <= about.intensity.largest_stored_value
        assert shot.source_id == about.source_id
    assert frames[0].t_source_ns == 0
    assert all(earlier.time_ns <= later.time_ns for earlier, later in pairwise(frames))
    assert all(earlier.t_capture_ns <= later.t_capture_ns for earlier, later in pairwise(frames))


def test_the_end_stays_the_end_and_the_source_can_be_opened_anew(source: FrameSource) -> None:
    source.open()
    first = read_all(source)
    for _ in range(3):
        with pytest.raises(EndOfStream):
            source.read()
    source.close()
    source.close()
    source.open()
    again = read_all(source)
    source.close()
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))


def test_nothing_is_known_before_open_and_close_is_always_allowed(source: FrameSource) -> None:
    source.close()
    with pytest.raises(RuntimeError):
        _ = source.info
    with pytest.raises(RuntimeError):
        source.read()
    source.open()
    source.read()
    source.close()
    with pytest.raises(RuntimeError):
        source.read()


def test_a_recording_is_played_bit_by_bit_and_at_its_own_times(tmp_path: Path) -> None:
    with recorded(tmp_path) as source:
        frames = read_all(source)
        about = source.info
    assert [shot.t_source_ns for shot in frames] == TIMES_NS
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(frames, shots(), strict=True))
    assert (about.kind, about.live, about.source_id) == ("recording", False, str(tmp_path / "session"))
    assert about.intensity == info().intensity


def test_a_recording_that_was_cut_off_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    session = write_session(tmp_path / "session", close=False)
    session.log.close()
    file = tmp_path / "session" / FRAMES
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - 1000])
    with RecordedSource(tmp_path / "session") as source:
        assert source.info.frame_count == COUNT - 1
        assert len(read_all(source)) == COUNT - 1
    session.recording.close()


@pytest.mark.parametrize("spoil", ["no recording", "no session", "not a session"])
def test_what_is_no_session_does_not_open(spoil: str, tmp_path: Path) -> None:
    folder = tmp_path / "session"
    write_session(folder)
    if spoil == "no recording":
        (folder / FRAMES).unlink()
    elif spoil == "no session":
        (folder / "session.json").unlink()
    else:
        (folder / "session.json").write_text('{"schema": "else"}')
    with pytest.raises(SourceError) as raised:
        RecordedSource(folder).open()
    assert str(folder) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_simulation_is_the_same_for_the_same_seed_alone() -> None:
    def first(seed: int) -> Frame:
        with SimulatedSource("canal", SimulationSettings(size=96, seed=seed)) as source:
            return source.read()

    assert np.array_equal(first(3).pixels, first(3).pixels)
    assert not np.array_equal(first(3).pixels, first(4).pixels)
