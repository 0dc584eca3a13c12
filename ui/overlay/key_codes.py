"""From the names of keys to those of Qt, and which presses are none of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent

from ui.keys import Keys

_SIGNS = {
    "+": "Plus", "-": "Minus", ".": "Period", ",": "Comma", "/": "Slash", "*": "Asterisk", "=": "Equal",
    ";": "Semicolon",
}  # fmt: skip
_ALSO = {
    "Enter": ("Return",),
    # what X11 and Wayland make of a keyboard's F13 to F18 (xkeyboard-config, symbols/inet)
    "F13": ("Tools",),
    "F14": ("Launch5",),
    "F15": ("Launch6",),
    "F16": ("Launch7",),
    "F17": ("Launch8",),
    "F18": ("Launch9",),
}
_SHORTEST_MS = 60
"""No foot lets go and presses again in less: sooner comes a held key's repeat, or a bouncing contact."""
_NOT_ALONE = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


def codes_of(name: str) -> tuple[int, ...]:
    """Every `Qt.Key` as which a key of `ui.keys.NAMES` may arrive."""
    own = _SIGNS.get(name, name)
    return tuple(int(Qt.Key[f"Key_{each}"]) for each in (own, *_ALSO.get(name, ())))


def bound(keys: Keys, does: Mapping[str, Callable[[], str]]) -> dict[int, Callable[[], str]]:
    """What is done at each `Qt.Key`; actions that `does` has not got are left out."""
    return {
        code: does[action]
        for action, names in keys.by_action.items()
        if action in does
        for name in names
        for code in codes_of(name)
    }


class Presses:
    """Tells a press from the repeats of a key that is held.

    Qt marks repeats, but under X11 not all of them: where it reads the release before the press that belongs
    to it has come, both look like a key that was let go. They bear the same time.
    """

    def __init__(self) -> None:
        self._released_ms: dict[int, int] = {}

    def is_new(self, event: QKeyEvent) -> bool:
        """Whether a press is one of its own."""
        if event.isAutoRepeat():
            return False
        before_ms, now_ms = self._released_ms.get(event.key()), event.timestamp()
        # an event that was made and not typed has no time
        return before_ms is None or not now_ms or now_ms - before_ms >= _SHORTEST_MS

    def released(self, event: QKeyEvent) -> None:
        """A key was let go, or seems so."""
        self._released_ms[event.key()] = event.timestamp()


def stands_alone(event: QKeyEvent) -> bool:
    """Whether a key was pressed without Ctrl, Alt or Meta."""
    return not event.modifiers() & _NOT_ALONE
