"""The window itself: it pulls, hands keys on, and survives what fails."""

import dataclasses
import threading

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QCloseEvent

from monitor.result import Priority
from tests.ui import factory as made
from ui.overlay.window import OverlayWindow
from ui.qt import display_available, start_application


class Source:
    """Hands out what a test puts in, and counts what comes back."""

    def __init__(self, observation):
        self.observation = observation
        self.acknowledged = 0
        self.painted = []

    def observe(self):
        if isinstance(self.observation, Exception):
            raise self.observation
        return self.observation

    def acknowledge(self):
        self.acknowledged += 1


@pytest.fixture
def source():
    return Source(made.calm()[-1])


@pytest.fixture
def window(qtbot, source):
    shown = OverlayWindow(
        source.observe,
        made.SETUP,
        acknowledge=source.acknowledge,
        painted=(lambda seq, t_ns: source.painted.append((seq, t_ns)),),
        clock=lambda: 42,
    )
    qtbot.addWidget(shown)
    shown.resize(1280, 720)
    shown.show()
    return shown


def spoken(window) -> list[str]:
    window.repaint()
    return [word.text for word in window.words]


def test_it_asks_by_itself_on_its_timer(qtbot, window, source):
    window.start()
    qtbot.waitUntil(lambda: window.model is not None, timeout=5000)
    source.observation = made.high()[-1]
    qtbot.waitUntil(lambda: window.model.bar.alarm is not None, timeout=5000)
    window.stop()
    assert "12.4" not in spoken(window)
    assert "2.1" in spoken(window)


def test_a_result_from_another_thread_is_looked_at_on_the_windows_own(qtbot, window, source):
    looks = []
    observe = source.observe
    window._observe = lambda: looks.append(threading.current_thread()) or observe()
    window.start()
    window._timer.setInterval(10**6)  # nothing but the word of the other thread
    window._timer.start()
    window._looked_ns = -(10**9)
    before = len(looks)
    other = threading.Thread(target=window.wake)
    other.start()
    other.join()
    qtbot.waitUntil(lambda: len(looks) > before, timeout=5000)
    assert set(looks) == {threading.main_thread()}
    window.stop()
    count = len(looks)
    window.wake()
    qtbot.wait(1)
    assert len(looks) == count, "a window that has stopped does not look"


def test_painting_is_reported_once_for_each_result(window, source):
    window.tick()
    window.repaint()
    window.tick()
    window.repaint()
    source.observation = made.observation(made.result(seq=10_000))
    window.tick()
    window.repaint()
    assert source.painted == [(9999, 42), (10_000, 42)]


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_a_key_acknowledges(qtbot, window, source, key):
    qtbot.keyClick(window, key)
    assert source.acknowledged == 1


@pytest.mark.parametrize("key", [Qt.Key.Key_Q, Qt.Key.Key_Escape, Qt.Key.Key_X, Qt.Key.Key_Delete])
def test_no_single_key_closes_or_acknowledges(qtbot, window, source, key):
    qtbot.keyClick(window, key)
    assert window.isVisible()
    assert source.acknowledged == 0


def test_no_key_at_all_closes_the_window(qtbot, window):
    for key in Qt.Key:
        if key not in (Qt.Key.Key_unknown, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            qtbot.keyClick(window, key)
    assert window.isVisible()


def test_control_q_closes(qtbot, window):
    qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()


@pytest.fixture
def live(qtbot, source):
    """A window over a live source that is monitored, and its clock (s)."""
    clock = [100.0]
    shown = OverlayWindow(source.observe, asks=lambda: True, clock=lambda: round(clock[0] * 1e9))
    qtbot.addWidget(shown)
    shown.show()
    shown.tick()
    return shown, clock


def quits(qtbot, window) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)


def closes_with_the_mouse(window) -> None:
    """As the window system asks: an event that the program did not make."""

    class Outside(QCloseEvent):
        def spontaneous(self) -> bool:
            return True

    event = Outside()
    window.closeEvent(event)
    if event.isAccepted():
        window.hide()


@pytest.mark.parametrize("second", ["key", "mouse"])
@pytest.mark.parametrize("first", ["key", "mouse"])
def test_what_would_end_a_live_watch_is_asked_for_twice(qtbot, live, first, second):
    window, clock = live
    ways = {"key": lambda: quits(qtbot, window), "mouse": lambda: closes_with_the_mouse(window)}
    ways[first]()
    assert window.isVisible()
    window.grab()
    assert "monitoring a live source: quit again within 3 s" in [word.text for word in window.words]
    clock[0] += 2.9
    ways[second]()
    assert not window.isVisible()


def test_a_second_word_that_comes_late_is_a_first_one(qtbot, live):
    window, clock = live
    for _ in range(3):
        quits(qtbot, window)
        assert window.isVisible()
        clock[0] += 3.1


def test_the_program_itself_closes_without_asking(live):
    window, _ = live
    window.close()
    assert not window.isVisible()


def test_escape_says_how_to_quit(qtbot, window):
    window.tick()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert "to quit: Ctrl+Q" in spoken(window)


def test_f11_and_escape_switch_full_screen(qtbot, window):
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert window.isVisible()


def test_the_question_mark_lists_the_keys(qtbot, window):
    window.tick()
    qtbot.keyClicks(window, "?")
    assert "acknowledge all alarms" in spoken(window)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert "acknowledge all alarms" not in spoken(window)


def test_a_failing_observer_is_said_and_nothing_old_stays(window, source):
    window.tick()
    assert "12.4" in spoken(window)
    source.observation = RuntimeError("the loop is gone")
    window.tick()
    assert spoken(window) == []
    middle = window.grab().toImage()
    assert window.model is None
    assert middle.pixelColor(300, 300).lightness() < 30  # the old image is gone
    source.observation = made.calm()[-1]
    window.tick()
    assert "12.4" in spoken(window)


def test_a_result_that_cannot_be_painted_does_not_end_the_process(window, source):
    broken = dataclasses.replace(made.level(3.0), contours_px=("no contour",))
    source.observation = made.observation(made.result(broken))
    window.tick()
    assert spoken(window) == []
    assert window.model is None
    source.observation = made.calm()[-1]
    window.tick()
    assert "12.4" in spoken(window)


def test_a_result_can_be_shown_directly(window):
    seen = made.high()[-1]
    window.show_observation(seen.result, seen.health, seen.now_ns)
    assert window.model.bar.alarm.priority == Priority.HIGH
    assert "2.1" in spoken(window)


def test_resizing_lays_out_anew(window):
    window.tick()
    for width, height in ((1024, 768), (1920, 1080)):
        window.resize(width, height)
        window.repaint()
        right = max(word.rect.right() for word in window.words)
        assert width * 0.9 < right <= width


def test_a_display_is_known_by_its_environment():
    assert display_available({"DISPLAY": ":0"}, "linux")
    assert display_available({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert not display_available({}, "linux")
    assert not display_available({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, "linux")
    assert display_available({}, "win32")


def test_opencvs_path_to_its_own_qt_is_removed(monkeypatch, qapp):
    import os

    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/nowhere/cv2/qt/plugins")
    assert start_application() is qapp
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
