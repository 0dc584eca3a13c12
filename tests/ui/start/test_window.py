"""The start window: what it shows of a source, what it says is missing, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QFontMetrics

from monitor.config import parse_config
from monitor.plan import ImageSize, plan_to_json
from monitor.sources.capture_formats import CaptureFormat, CaptureSize, Delivers, Rates
from monitor.sources.capture_list import CaptureDevice
from monitor.sources.cropped import Crop
from recordings.procedure import VARIABLE, procedure_of
from tests.monitor.scripted import SIZE, plan, scene
from tests.ui.german import Listening
from tests.ui.start.conftest import GRABBER, Grabber, Show
from ui.start.handover import Wanted
from ui.start.rooms import rooms_path


def test_a_trial_needs_a_source_and_enter_and_nothing_else(show: Show, home: Path) -> None:
    hand = show()
    assert hand.missing == "choose a source; mark the levels now, or open a plan"
    assert not hand.may_start
    hand.open("simulated:canal?size=128&duration=2")
    hand.until(lambda: hand.may_start)
    assert "mm per px ± 11 % (dicom ImagerPixelSpacing)" in hand.form.scale_words.text()
    assert "magnification at the spine" in hand.form.scale_words.toolTip()
    hand.enter()
    begun = hand.window.begun
    assert begun is not None
    source, option, made, *rest = begun.live
    assert (source, option) == ("simulated:canal?size=128&duration=2", "--plan")
    assert Path(made).is_file()
    assert Path(made).is_relative_to(home / "cache")
    assert rest[0] == "--session"
    assert Path(rest[1]).parent == home / "CementWatch" / "sessions"
    assert not Path(rest[1]).exists()
    assert (len(rest), begun.mark, begun.procedure) == (2, None, "")
    assert not hand.window.isVisible()


def test_a_grabber_needs_a_word_on_polarity_and_a_plan(show: Show, grabber: Grabber, good_plan: Path) -> None:
    hand = show()
    hand.open(GRABBER)
    hand.image()
    assert hand.missing == "say whether cement looks dark or bright; mark the levels now, or open a plan"
    hand.until(lambda: "Hz measured" in hand.window.view.words)
    assert f"{SIZE} x {SIZE}" in hand.window.view.words
    hand.click(hand.form.bright)
    hand.click(hand.form.dark)
    assert not hand.form.bright.isChecked()
    hand.type(hand.form.plan, str(good_plan))
    assert hand.may_start
    for line, text in (
        (hand.form.patient_id, "4711"), (hand.form.patient_name, "Doe"), (hand.form.operator, "Roe"),
    ):  # fmt: skip
        hand.type(line, text)
    hand.enter(hand.form.operator)
    begun = hand.window.begun
    assert begun is not None
    assert begun.live[:5] == [GRABBER, "--plan", str(good_plan), "--polarity", "cement-dark"]
    assert not any(name in word for name in ("4711", "Doe", "Roe") for word in begun.live)
    who = procedure_of({VARIABLE: begun.procedure})
    assert who is not None
    assert (who.patient_id, who.patient_name, who.operator) == ("4711", "Doe", "Roe")
    assert (grabber.opened, grabber.closed) == (1, 1), "the monitor could not open it"


def test_the_only_device_of_the_machine_is_shown_at_once_and_all_are_listed(show: Show) -> None:
    size = CaptureSize((1920, 1080), (1920, 1080), (0, 0), Rates((30.0,)))
    delivers = Delivers(True, "uvcvideo", "usb", (CaptureFormat("YUYV", "YUYV", False, (size,)),))
    grabber = CaptureDevice(7, "a grabber", delivers, None)
    hand = show(devices=lambda: (grabber,))
    hand.image()
    assert hand.window.source.spec == GRABBER
    listed = [hand.form.source.itemData(k) for k in range(hand.form.source.count())]
    assert listed[:2] == [GRABBER, f"{GRABBER}#size=1920x1080&format=YUYV&rate=30"]
    assert "simulated:canal" in listed
    two = show(devices=lambda: (grabber, CaptureDevice(8, "another", None, "it is not known")))
    two.until(lambda: two.form.source.itemData(2) == "device:8")
    assert two.window.source.spec == "", "which of them is the C-arm's nobody has said"


def test_a_cable_that_is_pulled_is_told_and_stops_the_start(
    show: Show, grabber: Grabber, good_plan: Path
) -> None:
    hand = show(Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark"))
    hand.until(lambda: hand.may_start)
    grabber.pulled.set()
    hand.until(lambda: not hand.may_start)
    assert "no image comes from the source" in hand.missing
    assert f"{GRABBER}: no more frames; connecting again" in hand.window.view.trouble
    hand.enter()
    assert hand.window.isVisible()
    grabber.pulled.clear()
    hand.until(lambda: hand.may_start)
    assert hand.window.view.trouble == ""


def test_a_source_that_falls_silent_is_counted(show: Show, grabber: Grabber, good_plan: Path) -> None:
    hand = show(Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark"))
    hand.until(lambda: hand.may_start)
    grabber.silent.set()
    hand.until(lambda: hand.window.view.trouble.startswith("no image for 1."))
    assert "no image comes from the source" in hand.missing
    grabber.silent.clear()
    hand.until(lambda: hand.may_start)


@pytest.mark.parametrize(
    ("name", "held", "said"),
    [("notes.mp4", b"these are notes", "notes.mp4"), ("run.dcm", b"neither are these", "run.dcm")],
)
def test_a_file_that_is_no_video_says_so_in_a_line(
    name: str, held: bytes, said: str, show: Show, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(held)
    hand = show()
    hand.open(str(path))
    hand.until(lambda: hand.window.source.seen.problem != "")
    assert said in hand.window.view.trouble
    assert "\n" not in hand.window.view.trouble
    assert (
        hand.missing == "the source cannot be opened (Enter tries again); mark the levels now, or open a plan"
    )
    hand.type(hand.form.plan, "some.json")
    assert hand.missing == "the source cannot be opened (Enter tries again)"


def test_another_source_is_opened_once_the_first_is_let_go_and_its_image_is_not_believed(
    show: Show, grabber: Grabber, tmp_path: Path
) -> None:
    hand = show(Wanted(source=GRABBER, crop="0,0,100,100", polarity="cement-bright", plan="a.json"))
    hand.image()
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), scene() * 16)
    hand.open(str(tmp_path / "a.png"))
    assert hand.window.source.seen.frame is None
    hand.image()
    assert (grabber.opened, grabber.closed) == (1, 1)
    assert hand.form.crop.text() == hand.form.plan.text() == ""
    assert not hand.form.bright.isChecked()


def of_another_size() -> bytes:
    made = plan()
    view = msgspec.structs.replace(made.views[0], image=ImageSize(512, 512))
    return plan_to_json(msgspec.structs.replace(made, views=(view,)))


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (of_another_size(), "was made for images of 512 x 512 px, the source has 256 x 256"),
        (b"{", "not JSON"),
    ],
)
def test_a_plan_that_does_not_fit_is_told_in_a_line(
    held: bytes, said: str, show: Show, good_plan: Path
) -> None:
    good = good_plan.read_bytes()
    good_plan.write_bytes(held)
    hand = show(Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark"))
    hand.image()
    hand.until(lambda: said in hand.form.plan_words.text())
    assert hand.missing == "the plan cannot be used"
    good_plan.write_bytes(good)
    hand.window.refresh()
    assert hand.may_start


def bordered(size: int = SIZE) -> np.ndarray:
    """A grabber's frame: the image off its middle, text beside it."""
    canvas = np.full((480, 640), 16, np.uint8)
    canvas[100 : 100 + size, 60 : 60 + size] = scene() // 16
    for line in range(8):
        cv2.putText(canvas, f"80 kV {line}", (420, 60 + 40 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 235, 1)
    return canvas


def test_a_border_is_proposed_to_be_cut_and_the_plan_is_one_of_the_image(
    show: Show, grabber: Grabber, good_plan: Path
) -> None:
    grabber.pixels = bordered()
    hand = show(Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark"))
    hand.image()
    assert "the plan cannot be used" in hand.missing
    assert hand.form.take.isVisible()
    hand.click(hand.form.take)
    crop = hand.window.filled.crop()
    assert crop == Crop(60, 100, SIZE, SIZE)
    assert not hand.form.take.isVisible()
    assert hand.may_start
    hand.enter()
    assert hand.window.begun is not None
    assert hand.window.begun.live[5:7] == ["--crop", "60,100,256,256"]


def test_a_crop_is_drawn_with_the_mouse(show: Show, grabber: Grabber) -> None:
    grabber.pixels = bordered()
    hand = show(Wanted(source=GRABBER))
    hand.image()
    view = hand.window.view
    first, last = (view.place(at).toPoint() for at in ((60.0, 100.0), (315.0, 355.0)))
    hand.bot.mousePress(view, Qt.MouseButton.LeftButton, pos=first)
    hand.bot.mouseMove(view, (first + last) / 2)
    hand.bot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=last)
    crop = hand.window.filled.crop()
    assert crop is not None
    assert np.allclose((crop.left, crop.top, crop.columns, crop.rows), (60, 100, SIZE, SIZE), atol=2)
    hand.click(hand.form.whole)
    assert hand.window.filled.crop() is None
    hand.bot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    assert hand.window.filled.crop() is None


@pytest.mark.parametrize("text", ["1,2,3", "0,0,5000,5000", "all"])
def test_a_crop_that_is_none_is_told(text: str, show: Show, good_plan: Path) -> None:
    hand = show(Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark"))
    hand.until(lambda: hand.may_start)
    hand.type(hand.form.crop, text)
    assert not hand.may_start
    assert "crop" in hand.missing


def test_a_room_is_remembered_without_the_people_in_it(show: Show, home: Path, good_plan: Path) -> None:
    hand = show(Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark"))
    hand.until(lambda: hand.may_start)
    hand.type(hand.form.room, "Angio 2")
    hand.type(hand.form.crop, "0,0,256,256")
    hand.type(hand.form.brand, "Slow")
    hand.type(hand.form.patient_name, "Doe")
    hand.type(hand.form.operator, "Roe")
    hand.enter(hand.form.operator)
    assert hand.window.begun is not None
    held = rooms_path().read_text()
    assert rooms_path().is_relative_to(home)
    assert not any(word in held for word in ("Doe", "Roe", good_plan.name))
    again = show(Wanted(plan=str(good_plan)))
    assert again.form.room.currentText() == "Angio 2"
    assert again.form.operator.text() == ""
    again.until(lambda: again.may_start)
    again.enter()
    assert again.window.begun is not None
    assert again.window.begun.live[:9] == hand.window.begun.live[:9]


def test_a_damaged_memory_is_told_and_kept_aside(show: Show, home: Path) -> None:
    rooms_path().parent.mkdir(parents=True)
    rooms_path().write_text("{")
    hand = show()
    hand.open(GRABBER)
    hand.image()
    assert "damaged" in hand.window.foot.said.text()
    (aside,) = rooms_path().parent.iterdir()
    assert aside.name in hand.window.foot.said.text()
    assert aside.read_text() == "{"


def test_a_brand_has_its_clock_out_of_the_configuration(show: Show) -> None:
    config = parse_config('[brands."Slow"]\nearly_until_s = 400\nlate_after_s = 900\n', "test")
    hand = show(config=config)
    assert "the general clock" in hand.form.brand_words.text()
    assert [hand.form.brand.itemText(k) for k in range(hand.form.brand.count())] == ["Slow"]
    hand.type(hand.form.brand, "Slow")
    assert (
        hand.form.brand_words.text() == "a clock of its own: early until 400 s, late from 900 s after mixing"
    )


def test_a_session_that_is_there_already_is_not_written_over(
    show: Show, good_plan: Path, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "session.json").write_text("{}")
    hand = show(
        Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark", session=str(tmp_path / "old"))
    )
    hand.image()
    assert hand.missing == "the session folder holds a session already"
    hand.type(hand.form.session, "")
    assert hand.may_start
    hand.enter()
    assert hand.window.begun is not None
    assert "--session" not in hand.window.begun.live


def test_enter_on_a_button_presses_it_and_a_closed_window_has_chosen_nothing(
    show: Show, grabber: Grabber, good_plan: Path
) -> None:
    hand = show(Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark"))
    hand.until(lambda: hand.may_start)
    hand.form.bright.setFocus()
    hand.enter(hand.form.bright)
    assert hand.form.bright.isChecked()
    assert hand.window.isVisible()
    hand.window.foot.cancel.setFocus()
    hand.enter(hand.window.foot.cancel)
    assert not hand.window.isVisible()
    assert hand.window.begun is None
    assert (grabber.opened, grabber.closed) == (1, 1)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_nothing_is_cut(size: tuple[int, int], show: Show, grabber: Grabber, good_plan: Path) -> None:
    grabber.pixels = bordered()
    hand = show(Wanted(source=GRABBER, plan=str(good_plan)))
    hand.window.resize(*size)
    hand.image()
    form = hand.form
    inside = form.widget()
    assert inside is not None
    viewport = form.viewport()
    assert viewport is not None
    hand.until(lambda: inside.width() == viewport.width())
    assert inside.minimumSizeHint().width() <= viewport.width()
    for button in (form.file, form.folder, form.again, form.dark, form.bright, form.take, form.open_plan):
        needed = QFontMetrics(button.font()).horizontalAdvance(button.text().replace("&", ""))
        assert button.width() >= needed, button.text()


def test_the_room_on_the_disk_is_said_and_too_little_keeps_from_starting(
    show: Show, grabber: Grabber, good_plan: Path, german: Listening
) -> None:
    free = {"bytes": 3_000_000_000_000}
    hand = show(free=lambda _: free["bytes"])
    hand.open(GRABBER)
    hand.image()
    words = hand.form.session_words
    hand.until(lambda: words.text().startswith("Platz für etwa"))
    hand.type(hand.form.session, "/somewhere/else")
    free["bytes"] = 40_000_000
    hand.type(hand.form.session, "/somewhere")
    hand.click(hand.form.dark)
    hand.type(hand.form.plan, str(good_plan))
    hand.until(lambda: "40 MB sind frei" in hand.missing)
    assert not hand.may_start
    assert not words.text()
    free["bytes"] = 510_000_000
    hand.type(hand.form.session, "/somewhere/third")
    hand.until(lambda: words.text().startswith("nur Platz"))
    assert hand.may_start
    hand.type(hand.form.session, "")
    assert hand.may_start
    assert not words.text()
    assert not [words for words in german.lacking if "record" in words]
