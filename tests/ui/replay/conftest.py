"""Sessions for the replay, written once, and windows that show them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from recordings.session import Session
from tests.ui.replay import made
from ui.replay.deck import Deck
from ui.replay.window import ReplayWindow

Opened = Callable[..., ReplayWindow]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The usual session; nobody changes it."""
    return made.record(tmp_path_factory.mktemp("kept") / "session")


@pytest.fixture
def session(kept: Session, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(kept.folder, tmp_path / "session"))


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[Opened]:
    """Opens windows, and closes them."""
    windows: list[ReplayWindow] = []

    def open_window(folder: Path, width: int = 1280, height: int = 720, **options: object) -> ReplayWindow:
        window = ReplayWindow(Deck(folder), cache=tmp_path / "cache", **options)  # type: ignore[arg-type]
        windows.append(window)
        window.resize(width, height)
        window.show()
        return window

    yield open_window
    for window in windows:
        window.close()
        window.deleteLater()
