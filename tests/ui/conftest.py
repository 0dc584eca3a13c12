"""Widgets are tested for real, on a platform that needs no display. Set before Qt is imported."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest

from tests.ui.german import GERMAN, Listening
from ui import language
from ui.translation_file import read_translations


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> Listening:
    """Windows are in German; remembers what they show."""
    spoken = Listening(read_translations(GERMAN))
    monkeypatch.setattr(language, "_spoken", spoken)
    return spoken
