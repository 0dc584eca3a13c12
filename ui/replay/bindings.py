"""What the keys, buttons and widgets of the replay window do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

from ui.replay.transport import SPEEDS

if TYPE_CHECKING:
    from ui.replay.window import ReplayWindow

Bindings = dict[tuple[int, bool | None], Callable[[], object]]
"""By key, and with or without Shift (None: either)."""


def bindings_of(window: ReplayWindow) -> Bindings:
    """The keys; those of `ui.replay.keys`."""
    key = Qt.Key
    ends_ns = window.player.transport
    plain: dict[int, Callable[[], object]] = {
        key.Key_Space: window.toggle,
        key.Key_Home: lambda: window.seek_s(0.0),
        key.Key_End: lambda: window.seek_s((ends_ns.last_ns - ends_ns.first_ns) / 1e9),
        key.Key_N: partial(window.jump, "alarm", 1),
        key.Key_P: partial(window.jump, "alarm", -1),
        key.Key_A: partial(window.set_loop, "a"),
        key.Key_B: partial(window.set_loop, "b"),
        key.Key_L: partial(window.set_loop, "clear"),
        key.Key_Plus: partial(window.change_speed, 1),
        key.Key_Equal: partial(window.change_speed, 1),
        key.Key_Minus: partial(window.change_speed, -1),
        key.Key_S: window.keep,
        key.Key_X: window.start_film,
        key.Key_E: window.toggle_events,
        key.Key_F: lambda: window.switch_source(every_frame=window.controls.source.currentIndex() == 0),
        key.Key_C: window.choose_compare,
        key.Key_U: window.toggle_sound,
        key.Key_V: window.next_level,
        key.Key_F11: window.toggle_full_screen,
        key.Key_Escape: window.leave,
    }
    return {(int(code), None): does for code, does in plain.items()} | {
        (int(key.Key_Left), False): partial(window.step, -1),
        (int(key.Key_Right), False): partial(window.step, 1),
        (int(key.Key_Left), True): partial(window.step_s, -1.0),
        (int(key.Key_Right), True): partial(window.step_s, 1.0),
        (int(key.Key_M), False): partial(window.jump, "mark", 1),
        (int(key.Key_M), True): partial(window.jump, "mark", -1),
        (int(key.Key_D), False): partial(window.jump, "difference", 1),
        (int(key.Key_D), True): partial(window.jump, "difference", -1),
    }


def connect(window: ReplayWindow) -> None:
    """Buttons and widgets."""
    controls, line = window.controls, window.time_line
    for button, does in (
        (controls.play, window.toggle),
        (controls.back, partial(window.step, -1)),
        (controls.forward, partial(window.step, 1)),
        (controls.previous_alarm, partial(window.jump, "alarm", -1)),
        (controls.next_alarm, partial(window.jump, "alarm", 1)),
        (controls.a, partial(window.set_loop, "a")),
        (controls.b, partial(window.set_loop, "b")),
        (controls.clear, partial(window.set_loop, "clear")),
        (controls.snapshot, window.keep),
        (controls.film, window.start_film),
        (controls.compare, window.choose_compare),
        (controls.events, window.toggle_events),
        (controls.keys, window.show_keys),
    ):
        button.clicked.connect(lambda _, does=does: does())
    controls.speed.activated.connect(lambda place: window.set_speed(SPEEDS[place]))
    controls.source.activated.connect(lambda place: window.switch_source(every_frame=place == 1))
    line.sought.connect(window.seek_s)
    line.released.connect(window.rest)
    line.hovered.connect(window.hover_s)
    window.events.chosen.connect(window.seek_s)
    window.thumbnails.made.connect(window.thumbnail_made)
    window.recompute.ended.connect(window.every_ended)
    window.filming.said.connect(lambda words, refused: window.say(words, refused=refused))
