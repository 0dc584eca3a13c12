"""Rooms, proposals, command lines: what the start window stands on, without a window."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.frame import Intensity, PixelIntensityRelationship, SourceInfo
from monitor.sources.cropped import Crop
from recordings.procedure import Procedure
from recordings.session import Session
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from tests.monitor.scripted import info, plan
from ui.start.choice import StartChoice, begin, begun, proposed_session
from ui.start.plan_check import plan_with
from ui.start.proposal import propose
from ui.start.rooms import MOST_ROOMS, Remembered, Room, read_rooms, room_of, rooms_path, write_rooms
from ui.start.words import polarity_words

NOW = datetime(2026, 1, 31, 12, 0, 0)
WHO = Procedure("4711", "Doe", None, "Roe")
CHOICE = StartChoice(
    "device:0", None, "cement-bright", Crop(1, 2, 300, 400), None, Path("p.json"), False, Path("room.json"),
    WHO, "Slow", Path("kept"),
)  # fmt: skip


def test_a_choice_becomes_a_command_line_that_names_nobody() -> None:
    assert begin(CHOICE) == [
        "device:0", "--plan", "p.json", "--polarity", "cement-bright", "--crop", "1,2,300,400",
        "--profile", "room.json", "--brand", "Slow", "--session", "kept",
    ]  # fmt: skip
    assert begin(StartChoice("run.dcm", plan=Path("p.json"))) == ["run.dcm", "--plan", "p.json"]
    handed = begun(CHOICE, Path("unused"))
    assert handed.mark is None
    assert '"Doe"' in handed.procedure
    with pytest.raises(ValueError, match="plan"):
        begin(StartChoice("run.dcm"))


def test_levels_to_be_marked_are_marked_on_the_same_image_and_then_watched() -> None:
    unmarked = StartChoice("images", 7.5, crop=Crop(0, 0, 99, 99), mark_now=True)
    handed = begun(unmarked, Path("new.json"))
    assert handed.mark == [
        "plan",
        "images",
        "--out",
        "new.json",
        "--to-monitor",
        "--frame-rate",
        "7.5",
        "--crop",
        "0,0,99,99",
    ]
    assert handed.live == ["images", "--plan", "new.json", "--frame-rate", "7.5", "--crop", "0,0,99,99"]


def test_a_session_is_named_by_the_time_alone() -> None:
    assert proposed_session(Path("h"), NOW) == Path("h/CementWatch/sessions/session-20260131-120000")


# rooms


def test_rooms_are_read_as_they_were_written_and_the_last_used_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "config" / "rooms.json"
    assert read_rooms(path, NOW) == Remembered(())
    one, two = Room("one", "device:0", polarity="cement-dark", crop="0,0,99,99"), Room("two", "rtsp://host/c")
    for room in (one, two, one):
        assert write_rooms(path, read_rooms(path, NOW).used(room)) == ""
    assert read_rooms(path, NOW).rooms == (one, two)
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == ["rooms.json"]
    many = Remembered(tuple(Room(str(k)) for k in range(MOST_ROOMS)))
    assert len(many.used(one)) == MOST_ROOMS


def test_of_a_choice_the_equipment_is_remembered_and_no_person() -> None:
    room = room_of("Angio", CHOICE)
    assert room.source == "device:0"
    assert (room.crop, room.brand, room.polarity) == ("1,2,300,400", "Slow", "cement-bright")
    text = msgspec.json.encode(room)
    assert not any(word in text for word in (b"4711", b"Doe", b"Roe", b"p.json", b"kept"))


@pytest.mark.parametrize("source", ["Doe^Jane.dcm", "patients/4711", "C:device", "kept/session-1"])
def test_a_file_is_a_patients_and_not_a_rooms(source: str) -> None:
    assert room_of("Angio", StartChoice(source, plan=Path("p.json"))).source is None


@pytest.mark.parametrize(
    "held",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"[" * 100_000, b'{"rooms": [{"name": "a"}, {"name": "a"}]}',
        b'{"rooms": [{"name": " "}]}', b'{"rooms": [{"name": "a", "operator": "Roe"}]}',
        b'{"rooms": [], "schema": "cementwatch.rooms/2"}', b'{"rooms": [{"name": "a", "frame_rate_hz": 0}]}',
        b'{"rooms": [{"name": "a", "polarity": "cement-green"}]}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_once_and_never_lost(held: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rooms.json"
    path.write_bytes(held)
    seen = read_rooms(path, NOW)
    assert seen.rooms == ()
    assert len(seen.words.splitlines()) == 1
    assert str(path) in seen.words
    aside = tmp_path / "rooms.json.damaged-20260131-120000"
    assert aside.name in seen.words
    assert aside.read_bytes() == held
    assert write_rooms(path, seen.used(Room("a"))) == ""
    assert read_rooms(path, NOW) == Remembered((Room("a"),))
    assert aside.read_bytes() == held


def test_what_cannot_be_read_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "rooms.json"
    path.mkdir()
    seen = read_rooms(path, NOW)
    assert not seen.replaceable
    assert str(path) in seen.words
    assert str(path) in write_rooms(path, (Room("a"),))
    assert [file.name for file in tmp_path.iterdir()] == ["rooms.json"]


def test_the_file_is_where_the_specification_says() -> None:
    assert rooms_path({"XDG_CONFIG_HOME": "/elsewhere"}) == Path("/elsewhere/cementwatch/rooms.json")
    for environment in ({}, {"XDG_CONFIG_HOME": "relative"}):
        assert rooms_path(environment) == Path.home() / ".config/cementwatch/rooms.json"


# where the image lies


@pytest.fixture(scope="module")
def fluoroscopy() -> NDArray[np.uint8]:
    """With blades all around, as dark as a border and noisier."""
    with SimulatedSource("canal", SimulationSettings(size=512, bits_stored=8)) as source:
        return np.asarray(source.read().pixels, np.uint8)


def on_a_screen(
    image: NDArray[np.uint8], left: int, top: int, *, black: int, round_: bool
) -> NDArray[np.uint8]:
    screen = np.full((720, 1280), black, np.uint8)
    rows, columns = image.shape
    y, x = np.mgrid[:rows, :columns]
    inside = (
        np.hypot(y - (rows - 1) / 2, x - (columns - 1) / 2) <= rows / 2
        if round_
        else np.ones_like(image, bool)
    )
    place = screen[top : top + rows, left : left + columns]
    place[inside] = image[inside]
    for line in range(9):
        cv2.putText(screen, f"PATIENT {line}", (900, 60 + 60 * line), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 250, 2)
    return screen


@pytest.mark.parametrize("round_", [False, True])
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(("left", "top", "black"), [(10, 4, 16), (384, 104, 0), (200, 208, 16)])
def test_the_image_is_found_on_a_screen(
    left: int, top: int, black: int, inverted: bool, round_: bool, fluoroscopy: NDArray[np.uint8]
) -> None:
    screen = on_a_screen(fluoroscopy, left, top, black=black, round_=round_)
    found = propose(255 - screen if inverted else screen)
    assert found is not None
    assert found.shape == ("round" if round_ else "rectangular")
    crop = found.crop
    assert np.allclose((crop.left, crop.top, crop.columns, crop.rows), (left, top, 512, 512), atol=6)


def test_pillars_of_an_upright_image_are_found(fluoroscopy: NDArray[np.uint8]) -> None:
    screen = np.zeros((512, 910), np.uint8)
    screen[:, 199:711] = fluoroscopy
    found = propose(screen)
    assert found is not None
    assert np.allclose(
        (found.crop.left, found.crop.top, found.crop.columns, found.crop.rows), (199, 0, 512, 512), atol=6
    )


def test_where_it_is_not_clear_nothing_is_proposed(fluoroscopy: NDArray[np.uint8]) -> None:
    y, x = np.mgrid[:512, :512]
    circle = np.where(np.hypot(y - 255.5, x - 255.5) < 256, fluoroscopy, 0).astype(np.uint8)
    two = np.zeros((600, 1300), np.uint8)
    two[40:552, 40:552] = fluoroscopy
    corner = on_a_screen(fluoroscopy, 10, 4, black=16, round_=False)
    corner[200:520, 10:200] = 16  # an image with a corner out of it is no field
    noise = np.random.default_rng(1).integers(0, 255, (480, 640)).astype(np.uint8)
    black, small = np.zeros((480, 640), np.uint8), np.full((20, 20), 9, np.uint8)
    for picture in (fluoroscopy, circle, corner, noise, black, small):
        assert propose(picture) is None
    deep = propose(two.astype(np.uint16) * 16)
    assert deep is not None
    assert np.allclose((deep.crop.left, deep.crop.top), (40, 40), atol=6)


# the plan that comes with a source


def test_a_session_comes_with_its_plan_and_a_file_with_none(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    Session.create(folder, source_info=info(), plan=plan(), config_toml="", software_version="test").close()
    assert plan_with(str(folder)) == folder / "plan.json"
    written = tmp_path / "written"
    written.mkdir()
    for name in ("run.dcm", "plan.json"):
        (written / name).write_text("")
    assert plan_with(str(written / "run.dcm")) is None, "it may be another patient's"
    (written / "truth.json").write_text("")
    assert plan_with(str(written / "run.dcm")) == written / "plan.json"
    for spec in ("device:0", "rtsp://host/stream", "\0", "x" * 5000, str(tmp_path / "none.dcm")):
        assert plan_with(spec) is None


# words


def source(kind: str, *, bright: bool = True) -> SourceInfo:
    return SourceInfo("x", kind, 10, 10, Intensity(PixelIntensityRelationship.DISP, 8, bright))


def test_polarity_is_told_on_whose_word() -> None:
    assert "does not state it" in polarity_words(source("device"), None)
    assert "states that cement looks dark" in polarity_words(source("dicom"), None)
    assert "states that cement looks bright" in polarity_words(source("dicom", bright=False), None)
    assert polarity_words(source("dicom"), "cement-bright").endswith("; the source states dark")
    assert (
        polarity_words(source("video"), "cement-bright")
        == "you say that cement looks bright here, as bone and steel do"
    )
