"""Bursts through Qt into a real sound server, and what came out of it: PulseAudio, heard by nobody."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.ui.test_sound import pulses
from ui.sound.bursts import SAMPLE_RATE_HZ

PLAY = """
from PyQt6.QtCore import QTimer
from monitor.result import Kind, Priority
from ui.qt import start_application
from ui.sound.bursts import BURSTS, samples_of
from ui.sound.speaker import speaker_here
application = start_application()
speaker = speaker_here()
high, medium = (BURSTS[(Kind.CLINICAL, priority)] for priority in (Priority.HIGH, Priority.MEDIUM))
speaker.play(samples_of(medium))
QTimer.singleShot(450, lambda: speaker.play(samples_of(high)))
QTimer.singleShot(450 + round(1000 * high.length_s) + 700, application.quit)
application.exec()
print(type(speaker).__name__, speaker.unheard())
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a client of a sound server of our own."""
    for tool in ("pulseaudio", "parec"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    socket = tmp_path / "native"
    told = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    start = [
        "pulseaudio", "-n", "--exit-idle-time=-1", "--daemonize=yes", "--disable-shm=yes",
        "-L", f"module-null-sink sink_name=out rate={SAMPLE_RATE_HZ} channels=1",
        "-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1",
    ]  # fmt: skip
    # it comes back when the server listens
    if subprocess.run(start, env=told, stderr=subprocess.DEVNULL, check=False, timeout=60).returncode != 0:
        pytest.skip("PulseAudio does not start here")
    try:
        yield {**told, "PULSE_SERVER": f"unix:{socket}", "QT_QPA_PLATFORM": "offscreen"}
    finally:
        subprocess.run(["pulseaudio", "--kill"], env=told, check=False, timeout=60)


def test_a_graver_burst_cuts_the_lesser_one_short_and_is_heard_whole(server: dict[str, str]) -> None:
    how = ["parec", "-d", "out.monitor", "--format=s16le", f"--rate={SAMPLE_RATE_HZ}", "--channels=1"]
    with subprocess.Popen(
        [*how, "--latency-msec=20"], env=server, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as ear:
        assert ear.stdout is not None
        heard = [ear.stdout.read(4410)]  # silence: it listens
        with subprocess.Popen(
            [sys.executable, "-c", PLAY],
            env=server,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as player:
            while player.poll() is None:
                heard.append(ear.stdout.read(8820))
            out, err = player.communicate()
        ear.terminate()
        heard.append(ear.stdout.read())
    assert (out.split(), err) == (["QtSpeaker"], "")
    whole = b"".join(heard)
    starts, ends = pulses(np.frombuffer(whole[: len(whole) // 2 * 2], np.int16))
    lengths_s, gaps_s = (ends - starts)[-10:], (starts[1:] - ends[:-1])[-9:]
    assert len(starts) in (11, 12), "one or two pulses of the lesser one, ten of the graver"
    assert lengths_s.min() >= 0.075
    assert lengths_s.max() <= 0.2
    assert list(np.flatnonzero(gaps_s > 0.2)) == [2, 4, 7]
