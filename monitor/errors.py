"""Every exception that CementWatch raises on purpose.

The tree::

    CementWatchError
    +-- InputError            bad argument or unreadable input; the command line exits with 2
    |   +-- SourceError       a source cannot be opened or a frame of it cannot be decoded
    |   +-- PlanError         the plan file is not one, or does not fit the images
    |   +-- ConfigError       the configuration file has an unknown key or a value out of range
    |   +-- OutputError       an output folder or file cannot be written
    |   +-- CalibrationError  an image or argument from which nothing can be calibrated
    +-- SourceTimeout         no frame within the time asked; the source is still there
    |   +-- SourceAway        the source was lost, and is being opened anew
    |       +-- RunAwaited    between runs that come one by one: nothing is to be seen until the next one
    +-- SourceLost            the source went away (cable, network, device)
    +-- EndOfStream           the source has no more frames
    +-- RecordingError        the recorder could not keep a frame or a row
    +-- NetworkError          a DICOM peer cannot be reached, refuses, or answers with a failure

The text of an `InputError` is one line that names the file or argument and what is wrong with it.
"""

from __future__ import annotations

_MOST_CHARACTERS = 600


class CementWatchError(Exception):
    """Base of all errors raised on purpose. The message is one line that any terminal and file can take."""

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class InputError(CementWatchError):
    """Bad argument or unreadable input."""


def one_line(text: str) -> str:
    """Text on one line, without what steers a terminal, and shortened in its middle where it is too long.

    Messages quote files, and a file may hold anything.
    """
    words = " ".join(text.split())
    if not words.isprintable():
        words = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in words)
    if len(words) > _MOST_CHARACTERS:
        words = f"{words[: _MOST_CHARACTERS - 200]} ... {words[-150:]}"
    return words


class SourceError(InputError):
    """A source cannot be opened, or a frame of it cannot be decoded."""


class PlanError(InputError):
    """The plan is malformed, or was made for other images."""


class ConfigError(InputError):
    """The configuration has an unknown key or a value out of range."""


class OutputError(InputError):
    """An output folder or file cannot be written."""


class CalibrationError(InputError):
    """Nothing can be calibrated from an image or an argument."""


class SourceTimeout(CementWatchError):
    """No frame within the time asked; the source is still there."""


class SourceAway(SourceTimeout):
    """The source was lost, and is being opened anew; a later read may succeed."""


class RunAwaited(SourceAway):
    """Runs come one by one, and none is there now; a later read may succeed. Nothing is wrong."""


class SourceLost(CementWatchError):
    """The source went away while running."""


class EndOfStream(CementWatchError):
    """The source has no more frames."""


class RecordingError(CementWatchError):
    """The recorder could not keep a frame or a row."""


class NetworkError(CementWatchError):
    """A DICOM peer cannot be reached, refuses the association, or answers with a failure."""
