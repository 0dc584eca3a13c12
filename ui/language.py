"""The language of the windows: English is the source, others are Qt translation files (`ui/translations`).

What is written to files, logs and terminals stays English. No Qt here (`ui.qt` tells Qt's own words).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from monitor.errors import InputError
from ui.phrases import Phrases
from ui.translation_file import read_translations

SOURCE = "en"
VARIABLE = "CEMENTWATCH_LANGUAGE"
"""Carries the choice to the processes that this one starts: start window, monitor, notice of the watchdog."""
FOLDER = Path(__file__).parent / "translations"
_PREFIX = "cementwatch_"

_spoken: Phrases | None = None


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Languages that there are, by their codes: English, and one for each file."""
    found = sorted(path.stem.removeprefix(_PREFIX) for path in folder.glob(f"{_PREFIX}*.ts"))
    return (SOURCE, *found)


def choose(language: str | None, environment: Mapping[str, str] | None = None) -> str:
    """The language asked for, else the one of the environment, else English.

    Raises
    ------
    InputError
        There is no such language.
    """
    env = os.environ if environment is None else environment
    known = languages()
    asked, name = (language, "--language") if language is not None else (env.get(VARIABLE) or None, VARIABLE)
    if asked is not None:
        if asked not in known:
            raise InputError(f"{name} must be {' or '.join(known)}, is {asked!r}")
        return asked
    # the first of these that is set decides (POSIX, "Internationalization Variables")
    locale = next((env[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(key)), "")
    code = locale.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return code if code in known else SOURCE


def speak(language: str, folder: Path = FOLDER) -> str:
    """Show every window of this process in a language; which it is now.

    A file that cannot be read is told of in one line on standard error, and English stays.
    """
    global _spoken  # noqa: PLW0603 - one language for the process, as Qt has it
    _spoken = None
    if language == SOURCE:
        return SOURCE
    try:
        _spoken = Phrases(read_translations(folder / f"{_PREFIX}{language}.ts"))
    except InputError as error:
        print(f"cementwatch: {error}; English is shown", file=sys.stderr)  # noqa: T201 - before there is a window
        return SOURCE
    return language


def translated(text: str) -> str:
    """The text in the language of the windows; as it is where that is English, or where it is not known."""
    return text if _spoken is None else _spoken.say(text)
