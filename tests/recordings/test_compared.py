"""Two versions' findings on one session."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.result import Priority
from recordings.compared import Unlike, compared, summary_of
from recordings.session import Session, open_session
from recordings.track import Track, open_track
from tests.ui.replay import made


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return made.record(tmp_path_factory.mktemp("compared") / "session")


def recorded(session: Session) -> Track:
    return Track(open_session(session.folder).frames(), "as recorded", "1.0", "as live")


def other(session: Session, path: Path, **changes: object) -> Track:
    made.results(path, session, every=2, mode="as live", **changes)  # type: ignore[arg-type]
    return open_track(path, open_session(session.folder))


def unlike(session: Session, track: Track) -> tuple[Unlike, ...]:
    return compared(summary_of(recorded(session)), summary_of(track))


def test_the_same_findings_do_not_differ(session: Session, tmp_path: Path) -> None:
    assert unlike(session, other(session, tmp_path / "same.mcap")) == ()


def test_alarms_that_come_earlier_are_told_where_the_first_of_them_came(
    session: Session, tmp_path: Path
) -> None:
    found = unlike(session, other(session, tmp_path / "early.mcap", early_s=0.6))
    alarms = [each for each in found if each.kind == "alarm"]
    assert [each.words.split(":")[0] for each in alarms] == ["0.6 s earlier in the second"] * 2
    medium_ns = made.FIRST_NS + round((made.MEDIUM_S - 0.6) * 1e9) + made.DELAY_NS
    assert (alarms[0].t_ns, alarms[0].priority) == (medium_ns, Priority.MEDIUM)


def test_alarms_far_apart_are_two(session: Session, tmp_path: Path) -> None:
    late = other(session, tmp_path / "late.mcap", early_s=-100.0)
    alarms = [each.words.split(":")[0] for each in unlike(session, late) if each.kind == "alarm"]
    assert alarms == ["only in the first"] * 2
    back = compared(summary_of(late), summary_of(recorded(session)))
    assert [each.words.split(":")[0] for each in back if each.kind == "alarm"] == ["only in the second"] * 2


def test_closest_distances_are_told_with_where_they_were(session: Session, tmp_path: Path) -> None:
    nearer = other(session, tmp_path / "near.mcap", wall=lambda at_s: made.usual_mm(at_s) - 0.5)
    (distance,) = [each for each in unlike(session, nearer) if each.kind == "distance"]
    assert distance.words == "T12 closest to posterior wall: 1.6 mm, 1.1 mm"
    assert distance.t_ns is not None


def test_more_images_and_another_volume_are_told_at_the_end(session: Session, tmp_path: Path) -> None:
    path = made.results(tmp_path / "every.mcap", session, until=60)
    found = unlike(session, open_track(path, open_session(session.folder)))
    words = [each.words for each in found if each.t_ns is None]
    assert "images looked at: 60, 60" not in words
    assert "T12 volume at the end: 3.5 mL, 1.8 mL" in words


def test_only_what_both_have_reached_is_compared(session: Session, tmp_path: Path) -> None:
    path = made.results(tmp_path / "half.mcap", session, every=2, mode="as live", until=60, end=False)
    half = open_track(path, open_session(session.folder))
    until_ns = half.times_ns[-1]
    assert compared(summary_of(recorded(session), until_ns), summary_of(half, until_ns)) == ()
