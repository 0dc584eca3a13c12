"""What the overlay of a replay says at a moment: as it stood live, and nothing that is not known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtGui import QImage, QPainter

from monitor.frame import Frame
from monitor.result import Priority
from monitor.states import State
from recordings.session import FRAMES, LOG, PLAN, Session, open_session
from recordings.track import open_track
from tests.ui.replay import made
from ui.overlay.model import OverlayModel
from ui.qt import start_application
from ui.replay.deck import Deck
from ui.replay.look import Look
from ui.replay.player import Player

S = 1_000_000_000


@pytest.fixture
def deck(kept: Session) -> Iterator[Deck]:
    made_deck = Deck(kept.folder)
    yield made_deck
    made_deck.close()


def look_at(deck: Deck) -> Look:
    start_application()
    return Look(deck, deck.track, "as recorded, 1.0")


def shown(look: Look, at_s: float, **how: bool) -> OverlayModel:
    model = look.show(look.course.at(made.FIRST_NS + round(at_s * S)), **how)
    assert model is not None
    return model


def painted(look: Look) -> list[str]:
    image = QImage(1280, 640, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        return [word.text for word in look.paint(painter, 1280, 640)]


def test_an_alarm_stands_as_it_stood(deck: Deck) -> None:
    model = shown(look_at(deck), 8.2)
    assert model.header.state == State.MONITORING
    assert model.bar.alarm is not None
    assert (model.bar.alarm.priority, model.bar.alarm.text) == (Priority.HIGH, "POSTERIOR WALL 2.2 mm")
    assert model.distance.figure == "2.2"
    assert model.bar.todo == ""  # there is nothing to acknowledge


def test_the_trend_is_that_of_the_time_before_wherever_one_comes_from(deck: Deck) -> None:
    played, leapt = look_at(deck), look_at(deck)
    for tenths in range(10, 83):
        shown(played, tenths / 10)
    wanted = shown(played, 8.2).trend.points
    shown(leapt, 11.9)
    found = shown(leapt, 8.2).trend.points
    assert [point for point in found if point[0] < 3] == [point for point in wanted if point[0] < 3]
    assert _at(found, 5.5) == pytest.approx(_at(wanted, 5.5), abs=0.1)
    assert found[0][0] == pytest.approx(wanted[0][0], abs=0.3)
    assert found[-1][1] == pytest.approx(2.2, abs=0.01)


def _at(points: tuple[tuple[float, float | None], ...], ago_s: float) -> float:
    known = [(-ago, mm) for ago, mm in points if mm is not None]
    return float(np.interp(-ago_s, *zip(*known, strict=True)))


def test_a_coarse_trend_is_made_whole_in_the_same_place(deck: Deck) -> None:
    look = look_at(deck)
    place = look.course.at(made.FIRST_NS + 8 * S)
    coarse = look.show(place, few=True)
    whole = look.show(place)
    assert coarse is not None
    assert whole is not None
    assert len(whole.trend.points) > len(coarse.trend.points) > 15
    assert coarse.trend.points[-1] == whole.trend.points[-1]


def test_without_measurements_in_the_log_the_trend_is_that_of_the_steps(session: Path) -> None:
    (session / LOG).unlink()
    deck = Deck(session)
    points = shown(look_at(deck), 8.2).trend.points
    assert len(points) > 20
    assert _at(points, 5.0) == pytest.approx(made.usual_mm(3.2), abs=0.1)
    deck.close()


def test_blind_times_stand_as_they_stood(deck: Deck) -> None:
    model = shown(look_at(deck), 10.4)
    assert model.header.state == State.NOT_MONITORING
    assert model.bar.state is not None
    assert model.bar.state.text == "BLIND 0 s  ·  patient moved 4 mm"
    assert model.distance.figure is None
    assert not any(marks.contour for marks in model.marks)
    assert model.trend.points[-1][1] is None
    learning = shown(look_at(deck), 0.5)
    assert learning.header.state == State.LEARNING


def test_it_says_that_it_is_a_replay(deck: Deck) -> None:
    look = look_at(deck)
    shown(look, 8.2)
    words = painted(look)
    assert words.count("REPLAY") == 2  # in the top line, and on the image
    assert "REPLAY  ·  as recorded, 1.0" in words
    assert "Research and training software. Not a medical device." in words
    assert not any("rec" in word.split() for word in words)


def test_a_frame_that_was_not_processed_is_bare(deck: Deck) -> None:
    look = look_at(deck)
    shown(look, 8.2)
    model = look.show(look.course.of(83))
    assert model is not None
    assert model.result is not None
    assert model.result.frame.seq == 83
    assert [reason.code for reason in model.result.reasons] == ["not_processed"]
    assert model.marks == ()
    assert model.bar.alarm is None
    assert model.distance.figure is None
    words = painted(look)
    assert words.count("not processed at this moment") == 2  # in the bar and on the image
    assert not any("none detected" in word for word in words)
    assert "MONITORING" not in words
    assert not any("0:0" in word for word in words if word.startswith("beam on"))


def test_a_session_that_was_never_monitored_says_so(tmp_path: Path) -> None:
    made.record(tmp_path / "s", seconds=2.0, monitored=False, with_plan=False)
    deck = Deck(tmp_path / "s")
    look = look_at(deck)
    model = shown(look, 1.0)
    assert "not monitored" in painted(look)
    assert model.header.state == State.NOT_MONITORING
    deck.close()


def test_a_session_of_an_older_version_is_not_said_to_be_unmonitored(tmp_path: Path) -> None:
    old = made.record(tmp_path / "s", seconds=2.0, monitored=False, close=False)
    t_ns = made.FIRST_NS + 10 * made.PERIOD_NS
    frame = Frame(10, t_ns, None, made.pixels(64, 64, "uint16", 10), "")
    old.log.level_measurements(made.findings(10).on(frame))
    old.close()
    deck = Deck(tmp_path / "s")
    player = Player(deck)
    player.seek(deck.first_ns + 1_500_000_000)
    assert "findings were not recorded" in painted(player.look)
    assert not any("not monitored" in word for word in painted(player.look))
    assert player.row().unwatched == ()
    deck.close()


@pytest.mark.parametrize(
    ("rows", "columns", "dtype"), [(48, 96, "uint8"), (96, 48, "uint16"), (64, 64, "uint8")]
)
def test_frames_of_any_shape_and_depth(tmp_path: Path, rows: int, columns: int, dtype: str) -> None:
    made.record(tmp_path / "s", seconds=2.0, rows=rows, columns=columns, dtype=dtype, monitored=False)
    deck = Deck(tmp_path / "s")
    look = look_at(deck)
    shown(look, 1.0)
    assert "not monitored" in painted(look)
    assert deck.frame(3).pixels.shape == (rows, columns)
    deck.close()


def test_without_plan_and_log_the_rest_is_shown_and_that_is_said(session: Path) -> None:
    (session / PLAN).write_text("{")
    (session / LOG).unlink()
    deck = Deck(session)
    assert [note.split(":")[0] for note in deck.notes] == ["without its plan", "without its log"]
    model = shown(look_at(deck), 8.2)
    assert model.distance.figure == "2.2"
    assert model.mm_per_px is None
    deck.close()


def test_a_damaged_frame_is_said_and_no_other_is_shown_in_its_place(session: Path) -> None:
    with (session / FRAMES).open("r+b") as file:
        deck = Deck(session)
        file.seek(deck.reader._frames.offsets[80] + 3000)
        file.write(b"\xff" * 200)
    look = look_at(deck)
    assert look.show(look.course.of(80)) is None
    assert "damaged" in look.damage
    assert "this frame is damaged, and not shown" in painted(look)
    assert deck.reader.damaged_frames == (80,)
    assert look.show(look.course.of(82)) is not None
    deck.close()


def test_a_cut_session_is_shown_up_to_its_end(session: Path) -> None:
    path = session / FRAMES
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)
    deck = Deck(session)
    assert 60 < len(deck.times_ns) < 100
    look = look_at(deck)
    assert look.show(look.course.at(deck.last_ns)) is not None
    deck.close()


def test_findings_of_another_version_stand_on_the_same_frame(
    kept: Session, deck: Deck, tmp_path: Path
) -> None:
    path = made.results(tmp_path / "r.mcap", kept, early_s=0.6)
    other = Look(deck, open_track(path, open_session(kept.folder)), "every frame, 2.0")
    start_application()
    model = other.show(other.course.of(75))
    assert model is not None
    assert model.result is not None
    assert model.result.frame is deck.frame(75)
    assert model.bar.alarm is not None
    assert model.bar.alarm.priority == Priority.HIGH  # 0.6 s before the recorded one


def test_no_more_frames_than_a_bound_are_kept(deck: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.replay.deck.CACHE_BYTES", 5 * deck.frame(0).pixels.nbytes)
    for position in range(20):
        deck.frame(position)
    assert len(deck._kept) == 5
    assert deck._kept_bytes == 5 * deck.frame(19).pixels.nbytes


def test_a_log_that_takes_long_is_not_read_at_every_look(tmp_path: Path) -> None:
    running = made.record(tmp_path / "s", seconds=3.0, close=False)
    now = [0.0]

    def slow() -> float:
        now[0] += 0.2
        return now[0]

    deck = Deck(tmp_path / "s", slow)
    before = len(deck.moments)
    running.log.event("mark", {}, made.FIRST_NS + S)
    deck.refresh()
    assert len(deck.moments) == before
    now[0] += 10.0
    deck.refresh()
    assert len(deck.moments) == before + 1
    deck.close()
    running.close()
