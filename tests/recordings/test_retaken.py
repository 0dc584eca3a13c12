"""The steps of a run taken again: as live, every frame, over a restart, and where something is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.config import Config, config_to_toml
from monitor.errors import OutputError, RecordingError, SourceError
from monitor.frame import Frame
from monitor.states import Reason, State
from monitor.stepping import Stepping
from recordings.beginning import Beginning, beginnings_of, keep_beginning, pipeline_with
from recordings.findings import differences
from recordings.log import open_log
from recordings.recorder import Recorder
from recordings.recording import RecordingWriter, Step
from recordings.repetition import repeat
from recordings.retaken import NothingMonitoredError, as_live, every_frame
from recordings.session import CONFIG, Session, StoredSession, open_session, utc_now
from recordings.track import open_track, recorded_track, write_track
from tests.monitor.scripted import disc_mm, frame, info, plan, scene
from ui.cli import run

FRAMES = 100
SUPERSEDED = frozenset({20, 55, 71, 72})
ACKNOWLEDGED_AT = 88
LATE_NS = 17_000_000


def shown(seq: int, noise: np.random.Generator) -> Frame:
    """A second of quiet, then cement that comes to the posterior wall and crosses it."""
    cement = disc_mm(150.0, 130.0, 8 + 0.8 * (seq - 60), 4.0) if seq > 60 else None
    sway = np.sin(seq / 9.0)
    return frame(seq, scene(cement, (2.0 * sway, 3.0 * sway), noise), 10**9 + round(seq * 1e9 / 15))


class Forgetful:
    """A recording that cannot take one of the steps."""

    def __init__(self, recording: RecordingWriter, seq: int | None) -> None:
        self._seq = seq
        self.append, self.gap, self.event, self._step = (
            recording.append, recording.gap, recording.event, recording.step,
        )  # fmt: skip

    def step(self, step: Step) -> None:
        if step.seq == self._seq:
            raise RecordingError("no room")
        self._step(step)


def record(
    folder: Path,
    *,
    lose: frozenset[int] = frozenset(),
    lose_step: int | None = None,
    frames: int = FRAMES,
    pictured: Callable[[int, np.random.Generator], Frame] = shown,
    config: Config = Config(),  # noqa: B008  frozen
    acknowledged_at: int = ACKNOWLEDGED_AT,
) -> StoredSession:
    """A run in which some frames are superseded, and an alarm is acknowledged."""
    marked = plan()
    session = Session.create(
        folder, source_info=info(), plan=marked, config_toml=config_to_toml(config), software_version="1.0"
    )
    recorder = Recorder(Forgetful(session.recording, lose_step), 64 << 20)
    begun = Beginning("1.0", ("lateral",), {"lateral": None}, (), utc_now(), 0, 10**9)
    event = keep_beginning(folder, begun)
    recorder.start()
    recorder.event(event.name, event.data, event.t_ns)
    stepping = Stepping(pipeline_with(begun, marked, info(), config, None), recorder.step)
    noise = np.random.default_rng(4)
    skipped = 0
    for seq in range(frames):
        taken = pictured(seq, noise)
        if seq not in lose:
            recorder.offer(taken)
        if seq in SUPERSEDED:
            skipped += 1
            continue
        if seq == acknowledged_at:
            stepping.acknowledge()
        result = stepping.step(taken, taken.t_capture_ns + LATE_NS, skipped)
        skipped = 0
        session.log.level_measurements(result)
        for transition in result.transitions:
            session.log.transition(transition)
    assert recorder.stop()
    session.close()
    return open_session(folder)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> StoredSession:
    return record(tmp_path_factory.mktemp("run") / "session")


def test_as_live_finds_the_same_in_every_field(session: StoredSession) -> None:
    with session.frames() as reader:
        found = repeat(session, reader, session.log())
        assert (found.steps, found.identical) == (FRAMES - len(SUPERSEDED),) * 2
        assert found.same
        assert found.log_rows > 25
        told = [retaken.now for retaken in as_live(session, reader)]
    (acknowledged,) = [step for step in told if step is not None and step.requests]
    assert acknowledged.seq == ACKNOWLEDGED_AT
    assert acknowledged.findings is not None
    assert {"acknowledged"} <= {transition.event for transition in acknowledged.findings.transitions}


def test_another_configuration_is_found_out(session: StoredSession, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(session.folder, folder)
    (folder / CONFIG).write_text("[alarm]\non_delay_s = 1.5\n")
    other = open_session(folder)
    with other.frames() as reader:
        found = repeat(other, reader, other.log())
    assert not found.same
    assert found.differing
    assert found.log_differing
    assert any("alerts" in difference.where for _, difference in found.first_differences)


def test_a_log_that_was_changed_is_found_out(session: StoredSession, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(session.folder, folder)
    other = open_session(folder)
    with other.frames() as reader:
        last = list(as_live(other, reader))[-1]
        assert last.now is not None
        assert last.now.findings is not None
        assert last.frame is not None
        result = last.now.findings.on(last.frame)
        transition = next(
            t for r in as_live(other, reader) if r.now and r.now.findings for t in r.now.findings.transitions
        )
        with open_log(folder / "log.sqlite") as log:
            log.transition(replace(transition, alert=replace(transition.alert, seq=result.frame.seq)))
        found = repeat(other, reader, other.log())
    assert found.identical == found.steps
    assert found.log_differing == 1
    assert not found.same


def test_every_frame_sees_those_that_were_superseded(session: StoredSession) -> None:
    with session.frames() as reader:
        taken = list(every_frame(session, reader))
    assert [r.now.seq for r in taken if r.now] == list(range(FRAMES))
    assert {r.now.seq for r in taken if r.now and r.before is None} == SUPERSEDED
    assert all(r.now.now_ns == 10**9 + round(r.now.seq * 1e9 / 15) + LATE_NS for r in taken if r.now)
    assert [r.now.seq for r in taken if r.now and r.now.requests] == [ACKNOWLEDGED_AT]


def test_a_restart_that_looked_at_nothing_changes_nothing_before_it(
    session: StoredSession, tmp_path: Path
) -> None:
    folder = tmp_path / "again"
    shutil.copytree(session.folder, folder)
    forgotten = Reason(State.DEGRADED, "restarted", "the monitor was restarted")
    last = shown(FRAMES, np.random.default_rng(4))
    with open_session(folder).frames() as reader:
        whole = reader.whole()
    begun = Beginning(
        "1.0",
        ("lateral",),
        {"lateral": None},
        (forgotten,),
        utc_now(),
        whole.next_step,
        last.t_capture_ns - 1,
    )
    event = keep_beginning(folder, begun)
    with RecordingWriter.resume(folder / "frames.mcap", whole) as recording:
        recording.event(event.name, event.data, event.t_ns)
        recording.append(last)
    again = open_session(folder)
    with again.frames() as reader:
        taken = [retaken.now for retaken in every_frame(again, reader)]
    found = [step.findings.reasons for step in taken if step is not None and step.findings is not None]
    assert len(found) == FRAMES + 1
    assert [k for k, reasons in enumerate(found) if forgotten in reasons] == [FRAMES]


def test_a_frame_and_a_step_that_were_not_kept_are_said(tmp_path: Path) -> None:
    gone = record(tmp_path / "s", lose=frozenset({30}), lose_step=40)
    with gone.frames() as reader:
        found = repeat(gone, reader, gone.log())
    assert found.not_repeated == ("frame 30 is not in the recording", "1 step was not recorded")
    assert not found.same


def test_what_was_never_monitored_says_so(tmp_path: Path) -> None:
    made = Session.create(
        tmp_path / "s", source_info=info(), plan=plan(), config_toml="", software_version="1.0"
    )
    noise = np.random.default_rng(4)
    for seq in range(70):
        made.recording.append(shown(seq, noise))
    made.close()
    stored = open_session(tmp_path / "s")
    with stored.frames() as reader:
        with pytest.raises(NothingMonitoredError, match="no step of the monitor was recorded"):
            next(as_live(stored, reader))
        taken = [retaken.now for retaken in every_frame(stored, reader)]
        assert recorded_track(stored, reader) is None
        heads = reader.frame_heads
    assert len(taken) == 70
    assert all(step is not None and step.findings is not None for step in taken)
    # by the clock of the recording, by which a replay finds them
    assert [step.now_ns for step in taken if step is not None] == list(heads.times_ns)


def test_a_results_file_holds_what_was_found(session: StoredSession, tmp_path: Path) -> None:
    path = tmp_path / "results.mcap"
    assert write_track(session, path, "as live", software_version="2.0") == FRAMES - len(SUPERSEDED)
    with pytest.raises(OutputError, match="exists already"):
        write_track(session, path, "as live", software_version="2.0")
    then, now = recorded_track(session, session.frames()), open_track(path, session)
    assert then is not None
    assert (then.software_version, now.software_version) == ("1.0", "2.0")
    assert (now.mode, now.ended) == ("as live", True)
    assert then.seqs == now.seqs
    for position in range(len(then)):
        one, other = then.step(position).findings, now.step(position).findings
        assert one is not None
        assert other is not None
        assert differences(one, other) == ()
    assert now.at(0) is None
    assert now.at(then.times_ns[5]) == 5
    assert now.at(then.times_ns[6] - 1) == 5
    assert now.of_seq(21) == 20
    assert now.of_seq(20) is None
    then.close()
    now.close()


def test_what_is_no_result_of_this_session_is_refused(session: StoredSession, tmp_path: Path) -> None:
    path = tmp_path / "results.mcap"
    other = replace(session, about=msgspec.structs.replace(session.about, id="another"))
    with RecordingWriter(path, {"schema": "cementwatch.results/1", "session": "another"}):
        pass
    open_track(path, other).close()
    with pytest.raises(SourceError, match="results of another session"):
        open_track(path, session)
    with pytest.raises(SourceError, match="holds no results"):
        open_track(session.recording_path, session)


def test_a_stopped_results_file_is_read_as_far_as_it_goes(session: StoredSession, tmp_path: Path) -> None:
    path, done = tmp_path / "results.mcap", []
    write_track(
        session, path, "every frame", software_version="2.0",
        progress=lambda count, whole: done.append((count, whole)), stop=lambda: len(done) == 12,
    )  # fmt: skip
    assert done[-1] == (12, FRAMES)
    track = open_track(path, session)
    assert (len(track), track.ended, track.mode) == (12, False, "every frame")
    track.close()


def test_a_beginning_names_files_of_the_session_only(session: StoredSession) -> None:
    with session.frames() as reader:
        (event,) = reader.events
    for data in (
        {"references": {"lateral": "../../etc/passwd"}},
        {"memory": "/etc/passwd"},
        {"first_step": "x"},
    ):
        bad = replace(event, data={**event.data, **data})
        with pytest.raises(SourceError):
            beginnings_of(session, (bad,))


def test_the_command_says_whether_it_is_the_same(
    session: StoredSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", str(session.folder), "--check"]) == 0
    said = capsys.readouterr().out
    assert f"{FRAMES - len(SUPERSEDED)} steps, {FRAMES - len(SUPERSEDED)} found the same again" in said
    gone = tmp_path / "gone"
    shutil.copytree(session.folder, gone)
    (gone / CONFIG).write_text("[alarm]\non_delay_s = 1.5\n")
    assert run(["replay", str(gone), "--check"]) == 1
    assert run(["replay", str(tmp_path), "--check"]) == 2
    assert run(["replay", str(session.folder), "--check", "--every-frame"]) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 2
