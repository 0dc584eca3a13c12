"""Keys of the user's own: a file that is taken, or refused with one line; and what a press of them does."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from pytestqt.qtbot import QtBot

from monitor.errors import ConfigError
from monitor.plan import plan_to_json
from tests.monitor.scripted import plan
from tests.ui import factory as made
from ui.cli import run
from ui.keys import NAMES, Keys, default_path, parse_keys, read_keys
from ui.overlay.key_codes import codes_of
from ui.overlay.observation import setup_from_plan
from ui.overlay.window import OverlayWindow

PEDALS = '[keys]\nacknowledge = ["A", "f13"]\nnext_level = "b"\nmark = "C"\n'


def test_a_key_that_is_given_is_taken_from_what_else_had_it() -> None:
    keys = parse_keys(PEDALS, "keys.toml")
    assert (keys.acknowledge, keys.next_level, keys.mark) == (("A", "F13"), ("B",), ("C",))
    assert keys.pause_sound == ()
    assert ("no key", "pause the sound, or end the pause") in keys.rows
    assert keys.distance_tone == Keys().distance_tone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[keys]\nmark = "F99"', "keys.mark: no key 'F99'; there are A to Z"),
        ('[keys]\nmark = "Ctrl+M"', "keys.mark: no key 'Ctrl+M'"),
        ('[keys]\nmark = "escape"', "keys.mark: 'escape' cannot be given: it leaves full screen"),
        ('[keys]\nmarc = "M"', "keys.marc: no such action; there are acknowledge, "),
        ('[keys]\nmark = "N"\nnext_level = "n"', "keys.next_level: 'N' is given twice and for keys.mark"),
        ('[keys]\nmark = ["N", "N"]', "keys.mark: 'N' is given twice; a key does one thing"),
        ("[keys]\nmark = 3", "keys.mark: must be the name of a key, or a list of names"),
        ("[keys]\nacknowledge = []", "keys.acknowledge: needs a key"),
        (
            '[keys]\nmark = ["Space", "Enter", "PageUp", "F13"]',
            "keys.acknowledge: no key is left for it",
        ),
        ("keys = 3", "keys: must be a table, [keys]"),
        ("[colours]\nred = 1", "colours: unknown; keys stand below [keys]"),
        ("mark", "not TOML: "),
        ("[" * 3000, "not TOML: "),
        ("a" + ".a" * 200 + " = 1", "line 1 has more than 100 dots"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_file_and_entry(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as told:
        read_keys(file)
    assert str(told.value).startswith(f"{file}: {said}")
    assert len(str(told.value).splitlines()) == 1


def test_the_users_own_file_is_found_and_may_be_absent(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert default_path(home) == tmp_path / ".config/cementwatch/keys.toml"
    assert default_path(home | {"XDG_CONFIG_HOME": "relative"}) == default_path(home)
    assert read_keys(None, home) == Keys()
    other = home | {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    default_path(other).parent.mkdir(parents=True)
    default_path(other).write_text(PEDALS)
    assert read_keys(None, other).mark == ("C",)
    default_path(other).write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_keys(None, other)


def test_live_refuses_a_bad_file_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marked, file, session = tmp_path / "plan.json", tmp_path / "keys.toml", tmp_path / "session"
    marked.write_bytes(plan_to_json(plan()))
    arguments = ["live", "simulated:quiet", "--plan", str(marked), "--session", str(session)]
    assert run([*arguments, "--keys", str(file)]) == 2
    told = f"cementwatch: {file}: cannot read the keys: No such file or directory\n"
    assert capsys.readouterr().err == told
    file.write_text('[keys]\nmark = "Hyper"\n')
    assert run([*arguments, "--headless", "--keys", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{file}: keys.mark: no key 'Hyper'" in line
    assert not session.exists()


def test_every_name_is_a_key_of_qt_and_no_two_are_the_same() -> None:
    codes = [code for name in NAMES for code in codes_of(name)]
    assert len(set(codes)) == len(codes)
    assert not {Qt.Key.Key_Escape, Qt.Key.Key_Question, Qt.Key.Key_Delete} & set(codes)


# In the window


class Typed(QKeyEvent):
    """An event with a time, which Qt sets only where a key is really pressed."""

    at_ms = 0

    def timestamp(self) -> int:
        return self.at_ms


def pressed(window: OverlayWindow, key: Qt.Key, at_ms: int, *, repeat: bool = False) -> None:
    event = Typed(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", repeat)
    event.at_ms = at_ms
    window.keyPressEvent(event)


def let_go(window: OverlayWindow, key: Qt.Key, at_ms: int) -> None:
    event = Typed(QEvent.Type.KeyRelease, key, Qt.KeyboardModifier.NoModifier)
    event.at_ms = at_ms
    window.keyReleaseEvent(event)


class Done:
    def __init__(self) -> None:
        self.acknowledged = self.marked = 0

    def acknowledge(self) -> None:
        self.acknowledged += 1

    def mark(self) -> str:
        self.marked += 1
        return "marked 3:40"


def window_with(qtbot: QtBot, keys: Keys | None = None) -> tuple[OverlayWindow, Done]:
    done = Done()
    setup = setup_from_plan(plan(), keys=keys)
    window = OverlayWindow(
        lambda: made.high()[-1], setup, acknowledge=done.acknowledge, keys=keys, does={"mark": done.mark}
    )
    qtbot.addWidget(window)
    window.show()
    window.tick()
    return window, done


def spoken(window: OverlayWindow) -> list[str]:
    window.grab()
    return [word.text for word in window.words]


def test_pedals_do_what_the_file_says_and_the_keys_before_nothing(qtbot: QtBot) -> None:
    window, done = window_with(qtbot, parse_keys(PEDALS, "keys.toml"))
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.keyClick(window, Qt.Key.Key_F13)
    assert done.acknowledged == 2
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert done.acknowledged == 2
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert done.marked == 1
    assert "marked 3:40" in spoken(window)


@pytest.mark.parametrize(
    ("key", "acknowledged", "marked"),
    [
        (Qt.Key.Key_F13, 1, 0),
        (Qt.Key.Key_Tools, 1, 0),  # F13 as it comes under X11
        (Qt.Key.Key_PageUp, 1, 0),
        (Qt.Key.Key_F15, 0, 1),
        (Qt.Key.Key_Launch6, 0, 1),
        (Qt.Key.Key_B, 0, 1),
    ],
)
def test_a_foot_switch_or_a_presenter_works_as_it_comes(
    qtbot: QtBot, key: Qt.Key, acknowledged: int, marked: int
) -> None:
    window, done = window_with(qtbot)
    qtbot.keyClick(window, key)
    assert (done.acknowledged, done.marked) == (acknowledged, marked)


def test_a_pedal_that_is_held_counts_once(qtbot: QtBot) -> None:
    window, done = window_with(qtbot)
    pressed(window, Qt.Key.Key_F15, 1000)
    pressed(window, Qt.Key.Key_F15, 1500, repeat=True)
    for at_ms in range(1660, 3000, 40):  # as X11 repeats a key, where Qt does not see that it is a repeat
        let_go(window, Qt.Key.Key_F15, at_ms)
        pressed(window, Qt.Key.Key_F15, at_ms)
    let_go(window, Qt.Key.Key_F15, 3000)
    assert done.marked == 1
    pressed(window, Qt.Key.Key_F15, 3200)
    assert done.marked == 2


def test_a_bouncing_contact_counts_once_and_another_pedal_at_once(qtbot: QtBot) -> None:
    window, done = window_with(qtbot)
    pressed(window, Qt.Key.Key_F15, 1000)
    let_go(window, Qt.Key.Key_F15, 1004)
    pressed(window, Qt.Key.Key_F15, 1010)
    pressed(window, Qt.Key.Key_F13, 1012)
    assert (done.marked, done.acknowledged) == (1, 1)


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier])
def test_a_key_with_control_is_another_one(qtbot: QtBot, modifier: Qt.KeyboardModifier) -> None:
    window, done = window_with(qtbot)
    qtbot.keyClick(window, Qt.Key.Key_M, modifier)
    assert done.marked == 0


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720)])
def test_the_list_and_the_bar_name_the_keys_that_are_in_force(qtbot: QtBot, size: tuple[int, int]) -> None:
    window, _ = window_with(qtbot, parse_keys(PEDALS, "keys.toml"))
    window.resize(*size)
    assert "A  acknowledge" in spoken(window)
    assert "A  acknowledge   ·   B  next level   ·   C  mark   ·   ?  all keys" in spoken(window)
    qtbot.keyClicks(window, "?")
    texts = spoken(window)
    assert "A, F13" in texts
    assert "no key" in texts
    assert [word.text for word in window.words if word.cut] == []


def test_the_list_closes_by_itself(qtbot: QtBot) -> None:
    window, _ = window_with(qtbot)
    qtbot.keyClicks(window, "?")
    assert window._list_timer.isActive()
    window._list_timer.timeout.emit()
    assert "acknowledge all alarms" not in spoken(window)
