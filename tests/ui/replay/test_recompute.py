"""Every frame computed by a process of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from pytestqt.qtbot import QtBot

from monitor.config import Config, config_to_toml
from recordings.session import CONFIG, Session, StoredSession, open_session
from tests.monitor.scripted import frame, info, plan, scene
from ui.replay.recompute import EveryFrame

FRAMES = 10


def test_every_frame_is_computed_once_and_kept_for_that_configuration(qtbot: QtBot, tmp_path: Path) -> None:
    session = _imported(tmp_path / "session")
    every = EveryFrame(session, "1.0", folder=tmp_path / "cache", nice=0)
    assert every.kept() is None
    with qtbot.waitSignal(every.ended, timeout=60_000) as ended:
        every.start()
    assert ended.args == [""]
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".mcap"]
    track = EveryFrame(session, "1.0", folder=tmp_path / "cache").kept()
    assert track is not None
    assert (len(track), track.mode) == (FRAMES, "every frame")
    track.close()
    for other, version in ((session, "1.1"), (_other_configuration(session, tmp_path), "1.0")):
        assert EveryFrame(other, version, folder=tmp_path / "cache").kept() is None


def _imported(folder: Path) -> StoredSession:
    made = Session.create(
        folder, source_info=info(), plan=plan(), config_toml=config_to_toml(Config()), software_version="1.0"
    )
    for seq in range(FRAMES):
        made.recording.append(frame(seq, scene()))
    made.close()
    return open_session(folder)


def _other_configuration(session: StoredSession, tmp_path: Path) -> StoredSession:
    folder = tmp_path / "other"
    shutil.copytree(session.folder, folder)
    (folder / CONFIG).write_text("[alarm]\non_delay_s = 1.5\n")
    return open_session(folder)
