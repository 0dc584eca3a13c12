"""Start of the Qt application: which platform, and what OpenCV must not decide. Imports Qt lazily."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

_kept: list[QApplication] = []
"""Python's reference to the application made here: without one it would be collected at once."""

_OPENCV_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def display_available(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> bool:
    """Whether a window could be seen by someone.

    On Linux: a display is named and the platform asked for is not an invisible one.
    """
    env = os.environ if environment is None else environment
    if env.get("QT_QPA_PLATFORM", "").split(":")[0] in ("offscreen", "minimal", "vnc"):
        return False
    if platform.startswith("linux"):
        return bool(env.get("DISPLAY") or env.get("WAYLAND_DISPLAY"))
    return True


def start_application(arguments: Sequence[str] = ("cementwatch",)) -> QApplication:
    """Return the one QApplication, made where there is none yet.

    Without a display the offscreen platform is taken, unless ``QT_QPA_PLATFORM`` says otherwise.
    """
    import cv2  # noqa: F401  imported first, so that what it sets can be removed

    # The full OpenCV wheel points Qt at its own, different plug-ins when it is imported.
    for name in _OPENCV_QT_VARIABLES:
        os.environ.pop(name, None)
    if not display_available():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

    from PyQt6.QtWidgets import QApplication

    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    _quieten()
    application = QApplication(list(arguments))
    application.setApplicationName("CementWatch")
    _kept.append(application)
    _speak(application)
    return application


def _speak(application: QApplication) -> None:
    """Show the language that was chosen, in our words and in Qt's own (buttons of its dialogs)."""
    from PyQt6.QtCore import QLibraryInfo, QTranslator

    from ui.language import SOURCE, choose, speak

    language = speak(choose(None))
    if language != SOURCE:
        own = QTranslator(application)
        if own.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            application.installTranslator(own)


def _quieten() -> None:
    """Keep what Qt says of the sound servers and speech engines that it does not find off standard error.

    Whether anything can be heard is said in the window (`ui.sound.speaker`, `ui.sound.voice`).
    """
    from PyQt6.QtCore import QMessageLogContext, QtMsgType, qFormatLogMessage, qInstallMessageHandler

    def handle(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
        of_sound = (context.category or "").startswith(("qt.multimedia", "qt.speech")) or any(
            word in (text or "") for word in ("PulseAudio", "text-to-speech")
        )
        if not of_sound:
            print(qFormatLogMessage(kind, context, text), file=sys.stderr)  # noqa: T201  as Qt does

    qInstallMessageHandler(handle)
