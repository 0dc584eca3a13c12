"""What stands on the screen: pixels at known places, and words that neither meet nor are cut."""

import dataclasses
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QImage, QPainter

from monitor.frame import freeze_pixels
from monitor.result import Priority, Watch, Zone
from monitor.states import Reason, State
from tests.ui import factory as made
from ui.overlay.draw import Draw
from ui.overlay.gray import GrayWindow
from ui.overlay.header import paint_heartbeat
from ui.overlay.image_view import ImagePainter
from ui.overlay.layout import layout_for
from ui.overlay.observation import Setup
from ui.overlay.picture import grab_overlay, render_to_png
from ui.overlay.scene import Scene
from ui.theme import ALARM_LOOKS, CONTOUR, RED_LINE

SIZES = [(1920, 1080), (1280, 720), (1024, 768)]
LIT_NS = made.NOW_NS


@pytest.fixture(autouse=True)
def application(qapp):
    return qapp


def painted(observations, size=(1920, 1080), setup=made.SETUP, **how):
    """The picture as rows x columns x (red, green, blue), the words, and the layout."""
    scene = Scene(setup)
    for observation in observations:
        model = scene.take(observation)
    image = QImage(*size, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        words = scene.paint(painter, *size, model, **how)
    return as_array(image), words, Scene.layout(*size, model)


def as_array(image: QImage) -> np.ndarray:
    memory = image.constBits()
    memory.setsize(image.sizeInBytes())
    flat = np.frombuffer(memory, np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return flat[:, : image.width(), 2::-1].astype(int)


def rgb(colour: str) -> np.ndarray:
    tint = QColor(colour)
    return np.array([tint.red(), tint.green(), tint.blue()])


def near(pixels: np.ndarray, colour: str, tolerance: int = 24) -> np.ndarray:
    return np.abs(pixels - rgb(colour)).max(axis=-1) <= tolerance


def crop(pixels: np.ndarray, rect: QRectF) -> np.ndarray:
    top, left = round(rect.top()), round(rect.left())
    return pixels[top : top + round(rect.height()), left : left + round(rect.width())]


def on_screen(layout, x_px: float, y_px: float) -> tuple[int, int]:
    """Row and column on the screen of a point of the frame."""
    scale = layout.image.width() / made.SIZE_PX
    return round(layout.image.top() + (y_px + 0.5) * scale), round(layout.image.left() + (x_px + 0.5) * scale)


def around(pixels: np.ndarray, row: int, column: int, reach: int = 2) -> np.ndarray:
    return pixels[row - reach : row + reach + 1, column - reach : column + reach + 1]


def everything_at_once() -> list:
    """Long words in every place."""
    reason = Reason(State.DEGRADED, "recording", "recording falls behind, 63 % of its memory is used")
    hidden = ("posterior_wall", "canal", "veins", "disc_superior", "disc_inferior", "anterior_wall")
    zones = (
        *(Zone(name, Watch.PARTLY, 1.2) for name in hidden),
        Zone("foramen", Watch.NOT_MARKED, None),
        Zone("paravertebral", Watch.WATCHED, 2.0),
    )
    leaks = tuple(
        made.leak(c, 88.0, ambiguous_with="paravertebral", detached=True)
        for c in ("canal", "vein", "foramen", "disc_superior")
    )
    levels = [
        made.level(-12.3, zones=zones, leaks=leaks, contact_s=99.0, volume_ml=12.3),
        *(made.level(None, name=name, structures_px={}) for name in ("T11", "T10", "L1")),
    ]
    alarms = (
        made.alert(
            Priority.HIGH,
            "cement in the spinal canal, 112 mm2 and growing fast towards the head",
            structure="canal",
            rule_id="leak_canal",
        ),
        made.alert(Priority.LOW, "volume 12.3 mL", structure="volume", rule_id="volume"),
    )
    return [
        *made.approach(-12.3, seconds=10),
        made.observation(
            made.result(*levels, alerts=alarms, seq=9999, view="left anterior oblique 30"),
            made.health(reason),
            recording=None,
            session_elapsed_s=7384.0,
            audio_paused_s=95.0,
            demo_note="simulated procedure: lateral, canal leak",
        ),
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", [*made.SCENES, "everything_at_once"])
def test_no_words_meet_or_are_cut_or_leave_the_window(scene, size):
    observations = everything_at_once() if scene == "everything_at_once" else made.SCENES[scene]()[-20:]
    _, words, _ = painted(observations, size)
    rects = [(word.text, word.rect) for word in words if word.text and not word.rect.isEmpty()]
    window = QRectF(0, 0, *size)
    assert len(rects) > 12
    if scene == "everything_at_once":
        assert "·  T12  ·  STOP" in [text for text, _ in rects]
    else:
        assert [word.text for word in words if word.cut] == []
    assert [text for text, rect in rects if not window.contains(rect)] == []
    meeting = [
        (a, b)
        for (a, one), (b, other) in combinations(rects, 2)
        if one.adjusted(0.5, 0.5, -0.5, -0.5).intersects(other)
    ]
    assert meeting == []


@pytest.mark.parametrize("size", [*SIZES, (1920, 1200), (2560, 1080), (3840, 2160)])
@pytest.mark.parametrize("frame_px", [(1024, 1024), (512, 512), (1920, 1080), (1024, 768), (700, 1000)])
def test_rectangles_do_not_overlap_and_keep_the_images_aspect(size, frame_px):
    layout = layout_for(*size, frame_px)
    rects = layout.panels()
    window = QRectF(0, 0, *size)
    for name, rect in rects.items():
        assert window.contains(rect), name
        assert rect.height() > 20 * layout.unit, name
    for (a, one), (b, other) in combinations(rects.items(), 2):
        assert not one.intersects(other), (a, b)
    aspect = frame_px[0] / frame_px[1]
    assert layout.image.width() / layout.image.height() == pytest.approx(aspect, rel=0.01)
    assert layout.distance.width() >= 780 * layout.unit


@pytest.mark.parametrize(
    ("size", "frame_px", "shown_px"),
    [
        ((1920, 1080), (768, 768), (768, 768)),  # 1:1, though 786 px of height are free
        ((3840, 2160), (1536, 1536), (1536, 1536)),
        ((3840, 2160), (512, 512), (1536, 1536)),
        ((1920, 1080), (512, 512), (786, 786)),  # 1:1 would cost too much of the size
        ((1920, 1080), (1024, 1024), (786, 786)),
    ],
)
def test_the_image_is_as_large_as_the_window_allows_or_in_whole_pixels(size, frame_px, shown_px):
    image = layout_for(*size, frame_px).image
    assert (image.width(), image.height()) == pytest.approx(shown_px, abs=4)


def test_the_image_does_not_move_when_an_alarm_comes_or_monitoring_goes():
    scene = Scene(made.SETUP)
    rects = {
        name: Scene.layout(1920, 1080, scene.take(make()[-1])).image.getRect()
        for name, make in made.SCENES.items()
    }
    assert len(set(rects.values())) == 1


def test_a_marker_pixel_lands_where_it_should():
    pixels = np.full((made.SIZE_PX, made.SIZE_PX), 1000, np.uint16)
    pixels[300:312, 700:712] = 3000  # to the right and above the middle
    pixels[-60:, :60] = 0  # lower left corner
    frame = dataclasses.replace(made.frame(), pixels=freeze_pixels(pixels, copy=False))
    bare = made.result(made.blind_level(), frame=frame)
    shot, _, layout = painted([made.observation(bare, made.health(made.BLIND))])
    bright_row, bright_column = on_screen(layout, 705.5, 305.5)
    gray = shot.mean(axis=-1)
    assert gray[bright_row, bright_column] > 200
    row, column = on_screen(layout, 30, made.SIZE_PX - 30)
    assert gray[row, column] < 10
    rows, columns = np.nonzero(crop(gray, layout.image)[:600] > 200)
    scale = layout.image.width() / made.SIZE_PX
    assert rows.mean() + 0.5 == pytest.approx(306 * scale, abs=0.6)
    assert columns.mean() + 0.5 == pytest.approx(706 * scale, abs=0.6)


def test_the_contour_is_painted_where_the_cement_is_and_its_halo_beside_it():
    shot, _, layout = painted([made.observation(made.result(made.level(12.4)))])
    for x_px, y_px in [(455 - 55, 515), (455, 515 + 50), (455, 515 - 50)]:
        assert near(around(shot, *on_screen(layout, x_px, y_px)), CONTOUR).any()
    assert not near(around(shot, *on_screen(layout, 455, 515), reach=20), CONTOUR).any()
    # One contour only: as many yellow pixels as its length times its width, about.
    count = int(near(crop(shot, layout.image), CONTOUR, 40).sum())
    length_px = 2 * np.pi * 52 * layout.image.width() / made.SIZE_PX
    assert 1.0 * length_px < count < 4.0 * length_px


def test_the_structure_of_the_number_turns_the_alarms_colour():
    calm, _, layout = painted([made.observation(made.result(made.level(12.4)))])
    alarmed, _, _ = painted(made.high()[-1:])
    wall = on_screen(layout, 598.2, 470)
    assert not near(around(calm, *wall), RED_LINE).any()
    assert near(around(alarmed, *wall), RED_LINE).any()
    disc = on_screen(layout, 490, 437)
    assert not near(around(alarmed, *disc), RED_LINE).any()


def flat_frame():
    return dataclasses.replace(
        made.frame(), pixels=freeze_pixels(np.full((1024, 1024), 900, np.uint16), copy=False)
    )


def test_the_front_a_second_ahead_stands_between_contour_and_wall():
    moving = made.level(2.1, speed_mm_s=0.9, contact_s=2.3)
    standing = made.level(2.1, speed_mm_s=None, contact_s=None)
    tip_px = 597 - 2.1 / made.MM_PER_PX

    def white(level):
        shot, _, layout = painted([made.observation(made.result(level, frame=flat_frame()))], (3840, 2160))
        ahead = on_screen(layout, tip_px + 0.9 / made.MM_PER_PX, 513)
        return near(around(shot, *ahead, reach=3), "#ffffff").any()

    assert white(moving)
    assert not white(standing)


def test_the_posterior_third_and_quarter_are_faint_bands():
    level = made.level(None)
    shot, _, layout = painted([made.observation(made.result(level, frame=flat_frame()))])
    ground, third, quarter = (shot[on_screen(layout, x_px, 460)] for x_px in (450, 536, 570))
    assert np.ptp(ground) <= 2  # gray
    assert 5 < third[0] - third[2] < 40
    assert 5 < quarter[0] - quarter[1] < 40
    assert abs(quarter.mean() - ground.mean()) < 30
    lost, _, _ = painted([made.observation(made.result(made.blind_level(), frame=flat_frame()))])
    assert np.ptp(lost[on_screen(layout, 570, 460)]) <= 2


def test_blind_paints_the_bare_image():
    shot, words, layout = painted(made.blind())
    bare = ImagePainter()
    picture = as_array(bare.picture(made.frame(), round(layout.image.width()), round(layout.image.height())))
    inside = crop(shot, layout.image)
    scale_bar_free = slice(0, round(layout.image.height() * 0.9))
    assert np.abs(inside[scale_bar_free] - picture[scale_bar_free]).max() <= 2
    spoken = " ".join(word.text for word in words)
    assert "12.4" not in spoken
    assert "6.8" not in spoken
    assert "BLIND 3 s" in spoken


def test_hatching_marks_what_cannot_be_observed():
    region = np.array([[700, 700], [800, 700], [800, 800], [700, 800]], np.float32)
    flat = dataclasses.replace(
        made.frame(), pixels=freeze_pixels(np.full((1024, 1024), 900, np.uint16), copy=False)
    )
    shot, _, layout = painted(
        [made.observation(made.result(made.level(unobservable_px=(region,)), frame=flat))]
    )
    inside = around(shot.mean(axis=-1), *on_screen(layout, 750, 750), reach=25)
    outside = around(shot.mean(axis=-1), *on_screen(layout, 750, 880), reach=25)
    assert inside.std() > 8
    assert outside.std() < 1


def test_an_old_image_is_dimmed_and_says_how_old():
    fresh, _, layout = painted(made.calm())
    old, words, _ = painted(made.stale())
    corner = QRectF(layout.image.left(), layout.image.top(), 200, 200)
    assert crop(old, corner).mean() < 0.5 * crop(fresh, corner).mean()
    assert crop(old, corner).std() > 3  # still to be made out
    assert "last image 3.2 s ago" in [word.text for word in words]


@pytest.mark.parametrize("priority", list(Priority))
def test_the_bar_shows_word_colour_and_message_of_each_priority(priority):
    alarm = made.alert(priority, "posterior wall 2.1 mm")
    seen = made.observation(made.result(alerts=(alarm,)))
    assert seen.now_ns == LIT_NS
    shot, words, layout = painted([seen])
    spoken = [word.text for word in words]
    assert ALARM_LOOKS[priority].word in spoken
    assert any(text.startswith("POSTERIOR WALL 2.1 mm") for text in spoken)
    assert near(crop(shot, layout.bar), ALARM_LOOKS[priority].lit[0], 4).mean() > 0.6


@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.MEDIUM])
def test_a_flashing_bar_goes_dark_and_keeps_its_words_and_rim(priority):
    look = ALARM_LOOKS[priority]
    later = dataclasses.replace(
        made.observation(made.result(alerts=(made.alert(priority, "posterior wall 2.1 mm"),))),
        now_ns=LIT_NS + int(0.6 / look.flash_hz * 1e9),
        health=made.health(age_s=0.05),
    )
    shot, words, layout = painted([later])
    assert near(crop(shot, layout.bar), look.unlit[0], 4).mean() > 0.6
    assert near(crop(shot, layout.bar), look.line, 8).sum() > 2000
    assert any(word.text.startswith("POSTERIOR WALL 2.1 mm") for word in words)


def test_a_repaint_in_the_other_half_of_the_flash_is_not_taken_from_the_kept_picture():
    scene, image = Scene(made.SETUP), QImage(1280, 720, QImage.Format.Format_RGB32)
    means = []
    for ms in (0, 300):
        now_ns = LIT_NS + ms * 1_000_000
        alarm = made.alert(Priority.HIGH, "posterior wall 2.1 mm")
        model = scene.take(made.observation(made.result(alerts=(alarm,)), now_ns=now_ns))
        with QPainter(image) as painter:
            scene.paint(painter, 1280, 720, model)
        means.append(crop(as_array(image), Scene.layout(1280, 720, model).bar)[..., 0].mean())
    assert means[0] > means[1] + 50


def test_a_latched_high_alarm_is_red_beside_the_blind_bar():
    shot, words, layout = painted(made.blind_with_latched())
    bar = crop(shot, layout.bar)
    left, right = bar[:, : bar.shape[1] // 2], bar[:, bar.shape[1] * 6 // 10 :]
    assert near(left, ALARM_LOOKS[Priority.HIGH].lit[0], 4).mean() > 0.5
    assert not near(right, ALARM_LOOKS[Priority.HIGH].lit[0], 4).any()
    spoken = [word.text for word in words]
    assert "CANAL LEAK" in spoken
    assert {"BLIND 3 s", "patient moved 4 mm"} <= set(spoken)  # a line for each


@pytest.mark.parametrize("scene", list(made.SCENES))
def test_painted_words_never_promise(scene):
    _, words, _ = painted(made.SCENES[scene]()[-2:])
    spoken = " ".join(word.text for word in words).lower()
    assert "safe" not in spoken
    assert "no leak" not in spoken
    assert "not a medical device" in spoken


def test_the_heartbeat_stands_still_without_a_new_result():
    header = Scene(made.SETUP).take(made.observation()).header

    def dot(beats):
        image = QImage(600, 80, QImage.Format.Format_RGB32)
        image.fill(0)
        with QPainter(image) as painter:
            paint_heartbeat(Draw(painter, 1.0), QRectF(0, 0, 600, 68), header, beats)
        return as_array(image)

    assert np.array_equal(dot(3), dot(3))
    assert not np.array_equal(dot(3), dot(4))


def test_scale_bar_has_the_length_that_it_says():
    flat = dataclasses.replace(
        made.frame(), pixels=freeze_pixels(np.full((1024, 1024), 900, np.uint16), copy=False)
    )
    what = made.result(made.blind_level(), frame=flat)
    shot, words, layout = painted([made.observation(what, made.health(made.BLIND))])
    assert "20 mm" in [word.text for word in words]
    row = round(layout.image.bottom() - 28 * layout.unit)
    bright = np.nonzero(
        shot[row, round(layout.image.left()) : round(layout.image.right())].min(axis=-1) > 200
    )[0]
    length_px = 20 / made.MM_PER_PX * layout.image.width() / made.SIZE_PX
    assert np.ptp(bright) == pytest.approx(length_px, abs=3)
    _, words, _ = painted([made.observation(what, made.health(made.BLIND))], setup=Setup())
    assert not any(word.text.endswith("0 mm") for word in words)


def test_the_key_list_covers_neither_image_nor_bar_nor_number():
    plain, _, layout = painted(made.high()[-1:])
    listed, words, _ = painted(made.high()[-1:], key_map=True)
    assert "acknowledge all alarms" in [word.text for word in words]
    for rect in (layout.image, layout.bar, layout.distance):
        # Qt draws large letters a little differently (edges by up to 12) the first time in a process.
        assert np.abs(crop(plain, rect) - crop(listed, rect)).max() <= 16


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_gray_levels_use_the_range_and_do_not_pump(dtype):
    window = GrayWindow()
    base = made.spine(dtype)
    window.look(base, 0)
    gray = window.apply(base)
    assert gray.dtype == np.uint8
    assert np.percentile(gray, 1) < 60
    assert np.percentile(gray, 99) > 200
    first = (window.low, window.high)
    darker = freeze_pixels((base * 0.8).astype(dtype), copy=False)
    window.look(darker, 33_000_000)
    assert (window.low, window.high) == first  # one frame changes nothing
    for k in range(1, 5):
        window.look(darker, k * made.SECOND_NS)
    moved = (first[1] - window.high) / (first[1] * 0.2)
    assert 0.05 < moved < 0.35  # slowly, within seconds


def test_gray_window_passes_over_a_dark_frame_and_finds_the_image_again():
    window = GrayWindow()
    black = freeze_pixels(np.zeros((64, 64), np.uint16), copy=False)
    window.look(black, 0)
    window.look(made.spine(), 10_000_000)  # no need to wait: nothing had been settled
    settled = (window.low, window.high)
    assert settled[1] > 1000
    for k in range(1, 20):
        window.look(black, k * made.SECOND_NS)
    assert (window.low, window.high) == settled
    bright = freeze_pixels(made.spine() + np.uint16(20_000), copy=False)
    for k in range(20, 24):
        window.look(bright, k * made.SECOND_NS)
    assert window.low > 15_000


def test_inverted_display_is_the_negative():
    plain, inverted = GrayWindow(), GrayWindow(invert=True)
    for window in (plain, inverted):
        window.look(made.spine(), 0)
    assert np.array_equal(plain.apply(made.spine()), 255 - inverted.apply(made.spine()))


def test_the_picture_outlives_the_frame():
    pixels = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    frame = dataclasses.replace(made.frame(), pixels=freeze_pixels(pixels, copy=True))
    picture = ImagePainter().picture(frame, 256, 256)
    before = as_array(picture).copy()
    del frame
    assert np.array_equal(as_array(picture), before)


def test_a_picture_is_written_as_png_at_the_size_asked_for(tmp_path):
    target = tmp_path / "overlay.png"
    render_to_png(made.high()[-3:], target, made.SETUP, (1280, 720))
    image = QImage(str(target))
    assert (image.width(), image.height()) == (1280, 720)
    assert near(as_array(image), ALARM_LOOKS[Priority.HIGH].lit[0], 4).sum() > 20_000
    with pytest.raises(OSError, match="cannot write"):
        render_to_png(made.high()[-1:], tmp_path / "missing" / "overlay.png")
    with pytest.raises(ValueError, match="at least one"):
        grab_overlay([])


def test_a_picture_needs_no_display_and_no_application(tmp_path):
    code = (
        "import os, sys\n"
        "for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'QT_QPA_PLATFORM'): os.environ.pop(name, None)\n"
        "from pathlib import Path\n"
        "from tests.ui import factory as made\n"
        "from ui.overlay.picture import render_to_png\n"
        "render_to_png(made.calm()[-1:], Path(sys.argv[1]), made.SETUP)\n"
    )
    target = tmp_path / "alone.png"
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code, str(target)], check=True, cwd=root)
    assert QImage(str(target)).width() == 1920


def test_the_list_of_keys_says_what_the_source_delivers():
    words = "device:0  ·  1024 x 1024  ·  YUYV  ·  8 bit  ·  29.9 Hz measured"
    seen = dataclasses.replace(made.calm()[-1], source=words)
    for size in SIZES:
        _, drawn, _ = painted([seen], size, key_map=True)
        (found,) = [word for word in drawn if word.text.startswith("device:0")]
        assert found.text == words or size == (1024, 768)
