"""Which keys do what in the live window: defaults, a file of the user's own, and the list behind `?`. No Qt.

A foot switch is a keyboard with up to three keys. The defaults take those that foot switches and presenters
send; a switch that sends others is told of in a file::

    [keys]
    acknowledge = ["Space", "A"]
    next_level = "B"
    mark = "C"

A key that the file names is taken away from whatever else has it by default. None of the actions ends or
deletes anything.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from monitor.errors import ConfigError
from monitor.small_file import read_small
from monitor.user_folders import user_folder

LARGEST_BYTES = 64 * 1024
_MOST_DOTS = 100
_NAMED = (
    "Space", "Enter", "PageUp", "PageDown", "Home", "End", "Left", "Right", "Up", "Down", "Insert",
    "+", "-", ".", ",", "/", "*", "=", ";",
)  # fmt: skip
NAMES = (
    *_NAMED,
    *(f"F{n}" for n in range(1, 19)),
    *"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
)
"""Keys that may be named. F19 and further do not arrive under X11, so that a pedal would do nothing."""
_BY_LETTERS = {name.lower(): name for name in NAMES} | {"return": "Enter"}
_FIXED = {
    "escape": "it leaves full screen",
    "esc": "it leaves full screen",
    "?": "it shows the list of keys",
    "delete": "it must do nothing",
}

WORDS = {
    "acknowledge": "acknowledge all alarms",
    "next_level": "figures of the next level (or view)",
    "mark": "mark this moment, keep the picture",
    "other_view": "the plan's other view",
    "pause_sound": "pause the sound, or end the pause",
    "distance_tone": "distance tone on and off",
    "louder": "distance tone louder",
    "softer": "distance tone softer",
    "full_screen": "full screen on and off",
}
"""What each action does, in the order of the list."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Names of keys (of `NAMES`) by action; without a name: no key."""

    acknowledge: tuple[str, ...] = ("Space", "Enter", "PageUp", "F13")
    next_level: tuple[str, ...] = ("N", "PageDown", "F14")
    mark: tuple[str, ...] = ("M", "B", "F15")
    other_view: tuple[str, ...] = ("V",)
    pause_sound: tuple[str, ...] = ("A",)
    distance_tone: tuple[str, ...] = ("D",)
    louder: tuple[str, ...] = ("+",)
    softer: tuple[str, ...] = ("-",)
    full_screen: tuple[str, ...] = ("F11",)

    @property
    def by_action(self) -> dict[str, tuple[str, ...]]:
        """Names by action."""
        return {action: getattr(self, action) for action in WORDS}

    @property
    def footer(self) -> str:
        """The keys that are wanted most, for one line; always with how to find the others."""
        named = (
            (self.acknowledge, "acknowledge"),
            (self.next_level, "next level"),
            (self.mark, "mark"),
        )
        words = [f"{names[0]}  {does}" for names, does in named if names]
        return "   ·   ".join((*words, "?  all keys"))

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The whole list for the screen: keys, and what they do."""
        own = {action: ", ".join(names) or "no key" for action, names in self.by_action.items()}
        tone = ("louder", "softer")
        listed = [(own[action], words) for action, words in WORDS.items() if action not in tone]
        listed.insert(6, (f"{own['louder']}   {own['softer']}", "distance tone louder, softer"))
        return (
            *listed,
            ("Esc", "leave full screen, close this list"),
            ("?", "this list, and what the source delivers"),
            ("Ctrl+Q", "quit; twice while a live source runs"),
        )


def default_path(environment: Mapping[str, str] | None = None) -> Path:
    """Where a user's own keys are looked for: below ``XDG_CONFIG_HOME``, else below ``~/.config``."""
    return user_folder("config", environment) / "keys.toml"


def read_keys(path: Path | None, environment: Mapping[str, str] | None = None) -> Keys:
    """The keys of a file; without one, those of `default_path`, else the defaults.

    Raises
    ------
    ConfigError
        Unreadable, not TOML, an unknown action or key, or one key for two actions. The message names it.
    """
    wanted = default_path(environment) if path is None else path
    try:
        text = read_small(wanted, LARGEST_BYTES).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        if path is None:
            return Keys()
        raise ConfigError(f"{wanted}: cannot read the keys: {error.strerror}") from error
    except OSError as error:
        raise ConfigError(f"{wanted}: cannot read the keys: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{wanted}: not TOML: not UTF-8 text") from error
    return parse_keys(text, str(wanted))


def parse_keys(text: str, name: str) -> Keys:
    """Keys out of TOML text; `name` is used in messages. Raises `ConfigError` as `read_keys`."""
    taken: dict[str, str] = {}
    given: dict[str, tuple[str, ...]] = {}
    for action, value in _table(text, name).items():
        where = f"{name}: keys.{action}"
        if action not in WORDS:
            raise ConfigError(f"{where}: no such action; there are {', '.join(WORDS)}")
        given[action] = _names(value, where)
        for key in given[action]:
            if key in taken:
                both = f" and for keys.{taken[key]}" if taken[key] != action else ""
                raise ConfigError(f"{where}: {key!r} is given twice{both}; a key does one thing")
            taken[key] = action
    if given.get("acknowledge") == ():
        raise ConfigError(f"{name}: keys.acknowledge: needs a key")
    usual = Keys()
    left = {
        field.name: tuple(key for key in getattr(usual, field.name) if key not in taken)
        for field in fields(Keys)
    }
    if not (given.get("acknowledge") or left["acknowledge"]):
        raise ConfigError(f"{name}: keys.acknowledge: no key is left for it")
    return replace(usual, **(left | given))


def _table(text: str, name: str) -> dict[str, Any]:
    # a key of many parts costs the parser time and memory by the square of their number
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise ConfigError(f"{name}: line {number} has more than {_MOST_DOTS} dots")
    try:
        whole = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: not TOML: {error}") from error
    for part in whole:
        if part != "keys":
            raise ConfigError(f"{name}: {part}: unknown; keys stand below [keys]")
    table = whole.get("keys", {})
    if not isinstance(table, dict):
        raise ConfigError(f"{name}: keys: must be a table, [keys]")
    return table


def _names(value: object, where: str) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(key, str) for key in listed):
        raise ConfigError(f"{where}: must be the name of a key, or a list of names")
    found = []
    for key in listed:
        if (why := _FIXED.get(key.lower())) is not None:
            raise ConfigError(f"{where}: {key!r} cannot be given: {why}")
        known = _BY_LETTERS.get(key.lower())
        if known is None:
            raise ConfigError(
                f"{where}: no key {key!r}; there are A to Z, 0 to 9, F1 to F18, {' '.join(_NAMED)}"
            )
        found.append(known)
    return tuple(found)
