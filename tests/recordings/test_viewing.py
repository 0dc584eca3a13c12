"""Which frame and which step stand at a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.session import Session, open_session
from recordings.track import Track, open_track
from recordings.viewing import NOT_COMPUTED, NOT_MONITORED, SUPERSEDED, Course
from tests.ui.replay import made


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return made.record(tmp_path_factory.mktemp("viewing") / "session", seconds=3.0)


def course(session: Session, track: Track | None) -> Course:
    heads = open_session(session.folder).frames().frame_heads
    return Course(heads.seqs, heads.times_ns, track)


def live(session: Session) -> Track:
    return Track(open_session(session.folder).frames(), "as recorded", "1.0", "as live")


def test_as_it_stood_is_the_newest_result_on_its_own_frame(session: Session) -> None:
    way = course(session, live(session))
    step_ns = made.FIRST_NS + 4 * made.PERIOD_NS + made.DELAY_NS
    assert (way.at(step_ns).frame, way.at(step_ns).step) == (4, 2)
    # frame 5 has come by then, and was not looked at
    later = way.at(step_ns + made.PERIOD_NS)
    assert (later.frame, later.step, later.why) == (4, 2, "")


def test_a_frame_by_itself_has_its_own_step_or_says_that_it_has_none(session: Session) -> None:
    way = course(session, live(session))
    looked_at, passed_over = way.of(4), way.of(5)
    assert (looked_at.step, looked_at.t_ns) == (2, made.FIRST_NS + 4 * made.PERIOD_NS + made.DELAY_NS)
    assert (passed_over.frame, passed_over.step, passed_over.why) == (5, None, SUPERSEDED)


def test_before_the_first_result_the_frame_is_bare(session: Session) -> None:
    place = course(session, live(session)).at(made.FIRST_NS)
    assert (place.frame, place.step, place.why) == (0, None, SUPERSEDED)


def test_without_a_monitor_every_frame_is_bare(session: Session) -> None:
    place = course(session, None).at(made.FIRST_NS + 10 * made.PERIOD_NS)
    assert (place.frame, place.step, place.why) == (10, None, NOT_MONITORED)


def test_a_result_does_not_stay_where_frames_went_on_without_it(session: Session, tmp_path: Path) -> None:
    path = made.results(tmp_path / "short.mcap", session, mode="as live", until=10)
    way = course(session, open_track(path, open_session(session.folder)))
    held = way.at(made.FIRST_NS + 14 * made.PERIOD_NS)
    assert (held.frame, held.step) == (9, 9)
    overtaken = way.at(made.FIRST_NS + 15 * made.PERIOD_NS)
    assert (overtaken.frame, overtaken.step, overtaken.why) == (15, None, SUPERSEDED)


def test_what_is_not_computed_yet_is_said(session: Session, tmp_path: Path) -> None:
    path = made.results(tmp_path / "growing.mcap", session, until=10, end=False)
    way = course(session, open_track(path, open_session(session.folder)))
    assert way.of(20).why == NOT_COMPUTED
    # frames that came after the results had ended were not looked at either: none was taken in their place
    ended = made.results(tmp_path / "ended.mcap", session, until=10)
    assert course(session, open_track(ended, open_session(session.folder))).of(20).why == NOT_COMPUTED
    assert way.of(5).step == 5
