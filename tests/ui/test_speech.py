"""Spoken alarms: behind their tones, once, never stale; and a real engine that is heard."""

from __future__ import annotations

import dataclasses
import os
import shutil
import stat
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from monitor.result import AlarmState, Alert, Kind, Priority
from monitor.rule_table import RULES
from tests.ui import factory as made
from tests.ui.test_sound import LOOK_NS, Recorded, Time
from tests.ui.test_sound_server import server
from ui.cli import run
from ui.sound.bursts import BURSTS, SAMPLE_RATE_HZ
from ui.sound.sounder import Sounder
from ui.sound.speech import STALE_S, length_s, words_of
from ui.sound.voice import NoVoice, ProgramVoice, QtVoice, voice_here

__all__ = ["server"]

HIGH_S = BURSTS[(Kind.CLINICAL, Priority.HIGH)].length_s
SECOND_NS = 1_000_000_000


class Said:
    """A voice in memory; what it says lasts a second, and is noted with its time from the start (s)."""

    def __init__(self, clock: Time) -> None:
        self.clock, self.start_ns, self.lasts_ns = clock, clock.ns, SECOND_NS
        self.said: list[tuple[float, str]] = []
        self.stopped: list[float] = []
        self.until_ns = 0
        self.why = ""

    def say(self, words: str) -> None:
        self.said.append(((self.clock.ns - self.start_ns) / 1e9, words))
        self.until_ns = self.clock.ns + self.lasts_ns

    def stop(self) -> None:
        if self.speaking():
            self.stopped.append((self.clock.ns - self.start_ns) / 1e9)
        self.until_ns = 0

    def speaking(self) -> bool:
        return self.clock.ns < self.until_ns

    def unheard(self) -> str:
        return self.why


class Ears:
    """A sounder with a speaker and a voice in memory, and a clock that goes with the looks."""

    def __init__(self) -> None:
        self.clock, self.speaker = Time(), Recorded()
        self.voice = Said(self.clock)
        self.sounder = Sounder(self.speaker, self.voice, clock_ns=self.clock)

    def look(self, *alerts: Alert, seconds: float) -> None:
        for _ in range(round(seconds * SECOND_NS / LOOK_NS)):
            self.sounder.hear((made.observation(made.result(alerts=alerts), now_ns=self.clock.ns),))
            self.clock.ns += LOOK_NS

    @property
    def words(self) -> list[str]:
        return [words for _, words in self.voice.said]


def leak(structure: str = "canal", priority: Priority = Priority.HIGH, **how: object) -> Alert:
    return made.alert(priority, "leak", structure=structure, rule_id=f"leak_{structure}", **how)  # type: ignore[arg-type]


CANAL, VEIN = leak(), leak("vein")
WALL = made.alert(Priority.MEDIUM, "posterior wall 9.6 mm")


def test_words_are_short_and_hold_no_number_but_the_levels() -> None:
    assert words_of(CANAL) == "canal leak, T 12"
    assert words_of(WALL) == "posterior wall, T 12"
    assert words_of(dataclasses.replace(CANAL, level=None)) == "canal leak"
    assert words_of(dataclasses.replace(CANAL, level="-x; L1")) == "canal leak, x L 1"
    for rule in RULES.values():
        said = words_of(made.alert(rule.priority, "12.3 mm", rule_id=rule.rule_id, level_name=None))
        assert not any(letter.isdigit() for letter in said)
        assert len(said.split()) <= 8


def test_an_alarm_is_said_once_and_after_its_tones() -> None:
    ears = Ears()
    ears.look(CANAL, seconds=30)
    ((at_s, words),) = ears.voice.said
    assert words == "canal leak, T 12"
    assert HIGH_S + 0.2 <= at_s <= HIGH_S + 0.4
    assert len(ears.speaker.played) > 3, "the tones go on"


@pytest.mark.parametrize(
    "quiet",
    [
        made.alert(Priority.LOW, "volume 3.9 mL", structure="volume", rule_id="volume_reached"),
        leak(state=AlarmState.ACKNOWLEDGED),
        leak(state=AlarmState.LATCHED),
    ],
)
def test_what_is_low_or_known_or_over_is_not_said(quiet: Alert) -> None:
    ears = Ears()
    ears.look(quiet, seconds=20)
    assert ears.words == []


def test_a_graver_alarm_cuts_the_words_of_another_and_its_tones_come_first() -> None:
    ears = Ears()
    medium_s = BURSTS[(Kind.CLINICAL, Priority.MEDIUM)].length_s
    ears.look(WALL, seconds=medium_s + 0.7)
    assert ears.words == ["posterior wall, T 12"]
    played = len(ears.speaker.played)
    ears.look(WALL, CANAL, seconds=0.1)
    assert ears.voice.stopped, "cut"
    assert len(ears.speaker.played) == played + 1
    ears.look(WALL, CANAL, seconds=20)
    assert ears.words == ["posterior wall, T 12", "canal leak, T 12"]
    assert ears.voice.said[1][0] > medium_s + 0.7 + HIGH_S


def test_of_several_the_gravest_is_said_and_what_is_stale_is_dropped() -> None:
    ears = Ears()
    ears.voice.lasts_ns = 2 * SECOND_NS
    ears.look(WALL, CANAL, VEIN, seconds=30)
    assert sorted(ears.words) == ["canal leak, T 12", "vein leak, T 12"]
    assert ears.voice.stopped == [], "what would not end before the next burst waits for its rest"
    assert all(at_s <= STALE_S for at_s, _ in ears.voice.said)


def test_what_comes_again_is_said_again_and_what_escalates_too() -> None:
    ears = Ears()
    ears.look(CANAL, seconds=8)
    ears.look(seconds=8)
    ears.look(CANAL, seconds=8)
    assert ears.words == ["canal leak, T 12"] * 2
    ears = Ears()
    ears.look(WALL, seconds=8)
    ears.look(dataclasses.replace(WALL, priority=Priority.HIGH), seconds=8)
    assert ears.words == ["posterior wall, T 12"] * 2


def test_acknowledging_silences_the_words_at_once() -> None:
    ears = Ears()
    ears.look(CANAL, seconds=HIGH_S + 0.6)
    assert ears.voice.speaking()
    ears.look(dataclasses.replace(CANAL, state=AlarmState.ACKNOWLEDGED), seconds=0.1)
    assert not ears.voice.speaking()


def test_paused_audio_is_not_spoken_and_nothing_is_made_up_for() -> None:
    ears = Ears()
    ears.look(seconds=0.1)
    ears.sounder.pause()
    ears.look(WALL, seconds=119)
    assert ears.words == []
    ears.look(WALL, seconds=30)
    assert ears.words == [], "it is two minutes old"
    ears = Ears()
    ears.look(CANAL, seconds=HIGH_S + 0.6)
    assert ears.voice.speaking()
    ears.sounder.pause()
    ears.look(CANAL, seconds=0.1)
    assert not ears.voice.speaking()


def test_a_machine_that_cannot_speak_says_so_beside_the_pause(qapp: object) -> None:
    from ui.overlay.derive_bar import header_model
    from ui.overlay.memory import Memory
    from ui.overlay.observation import Setup

    sounder = Sounder(Recorded(), NoVoice("no speech: no engine"), clock_ns=Time())
    (told,) = sounder.hear((made.observation(),))
    assert header_model(told, None, Memory(), Setup()).audio == "no speech: no engine"
    sounder.pause()
    (told,) = sounder.hear((made.observation(),))
    assert (
        header_model(told, None, Memory(), Setup()).audio == "audio paused 2 min 0 s  ·  no speech: no engine"
    )
    (told,) = Sounder(Recorded(), clock_ns=Time()).hear((made.observation(),))
    assert header_model(told, None, Memory(), Setup()).audio == ""


def test_speech_never_stands_in_the_place_of_tones(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["live", "simulated:quiet", "--plan", "plan.json", "--no-watchdog"]
    assert run([*arguments, "--speech", "--no-sound"]) == 2
    assert "--speech stands beside the tones" in capsys.readouterr().err


# Engines


def program(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_words_reach_a_program_whole_and_a_second_word_ends_the_first(tmp_path: Path) -> None:
    voice = ProgramVoice(
        program(tmp_path, "espeak-ng", f'echo "$@" >> {tmp_path}/how; exec sleep 60'), "espeak-ng"
    )
    voice.say("canal leak, T 12")
    first = voice._child
    assert first is not None
    assert voice.speaking()
    while not (tmp_path / "how").exists() or not (tmp_path / "how").read_text():
        assert first.poll() is None
    voice.say("vein leak, T 12")
    assert first.returncode is not None
    voice.stop()
    assert not voice.speaking()
    assert voice.unheard() == "", "to be cut short is no fault"
    assert (tmp_path / "how").read_text().splitlines()[0] == "-v en -s 165 -- canal leak, T 12"


def test_a_program_that_fails_or_is_gone_is_said(tmp_path: Path) -> None:
    voice = ProgramVoice(program(tmp_path, "espeak", "exit 1"), "espeak")
    voice.say("canal")
    assert voice._child is not None
    voice._child.wait(10)
    assert voice.unheard() == "no speech: espeak fails"
    gone = ProgramVoice(str(tmp_path / "gone"), "espeak")
    gone.say("canal")
    assert gone.unheard() == "no speech: No such file or directory"


def test_the_way_to_speak_is_the_first_that_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: object
) -> None:
    try:
        if not QtVoice().unheard():
            pytest.skip("Qt has an engine here")
    except ImportError:
        pass
    monkeypatch.setenv("PATH", str(tmp_path))
    assert voice_here().unheard() == "no speech: no engine"
    program(tmp_path, "spd-say", "exit 0")
    program(tmp_path, "espeak-ng", "exit 0")
    here = voice_here()
    assert isinstance(here, ProgramVoice)
    assert here._name == "espeak-ng"


def test_words_take_no_longer_than_they_are_taken_to(tmp_path: Path) -> None:
    engine = shutil.which("espeak-ng")
    if engine is None:
        pytest.skip("espeak-ng is not installed")
    file = tmp_path / "words.wav"
    for rule in RULES.values():
        words = words_of(made.alert(rule.priority, "", rule_id=rule.rule_id))
        if rule.priority is Priority.LOW:
            continue
        subprocess.run([engine, "-v", "en", "-s", "165", "-w", file, "--", words], check=True)
        with wave.open(str(file)) as spoken:
            lasts_s = spoken.getnframes() / spoken.getframerate()
        assert lasts_s <= length_s(words) + 0.01, words
        rest_s = BURSTS[(Kind.CLINICAL, rule.priority)].rest_s
        assert rest_s is not None
        assert length_s(words) < rest_s - 0.3, "else it would never be said"


def test_a_real_engine_is_heard_and_is_silent_once_it_is_stopped(server: dict[str, str]) -> None:
    engine = shutil.which("espeak-ng")
    if engine is None:
        pytest.skip("espeak-ng is not installed")
    how = ["parec", "-d", "out.monitor", "--format=s16le", f"--rate={SAMPLE_RATE_HZ}", "--channels=1"]
    block = 2 * SAMPLE_RATE_HZ // 10
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(
            [*how, "--latency-msec=20"], env=server, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as ear,
    ):
        for name in ("PULSE_SERVER", "XDG_RUNTIME_DIR", "HOME"):
            patch.setitem(os.environ, name, server[name])
        assert ear.stdout is not None

        def loudness() -> float:
            """Of the next tenth of a second."""
            return float(np.abs(np.frombuffer(ear.stdout.read(block), np.int16).astype(float)).max())  # type: ignore[union-attr]

        assert loudness() < 100
        voice = ProgramVoice(engine, "espeak-ng")
        voice.say("canal leak, T 12")
        assert any(loudness() > 3000 for _ in range(60)), "nothing was heard in 6 s"
        while voice.speaking():
            loudness()
        assert voice.unheard() == ""
        voice.say("front stands while cement is injected, T 12, front stands while cement is injected")
        assert any(loudness() > 3000 for _ in range(60))
        assert voice.speaking()
        voice.stop()
        rest = [loudness() for _ in range(30)]
        assert max(rest[10:]) < 100, "what was under way is gone within a second"
        ear.terminate()
