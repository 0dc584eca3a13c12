"""What is heard: bursts measured from their samples, when they are due, and what is said of silence."""

from __future__ import annotations

import dataclasses
import stat
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from monitor.result import AlarmState, Alert, Kind, Priority
from monitor.states import Reason, State
from tests.ui import factory as made
from ui.overlay.observation import Observation
from ui.overlay.window import OverlayWindow
from ui.sound.bursts import BURSTS, SAMPLE_RATE_HZ, Burst, Samples, samples_of, tick
from ui.sound.distance_tone import FARTHEST_MM, FASTEST_S, SLOWEST_S, nearest_mm, period_s
from ui.sound.schedule import Due, Schedule
from ui.sound.sounder import Sounder
from ui.sound.speaker import AplaySpeaker, NoSpeaker, has_card
from ui.window import sound_actions

LOOK_NS = 33_000_000
TABLE = {  # pulses, pulse length (s), rest between bursts (s): the burst table of clinical alarms
    Priority.HIGH: (10, (0.075, 0.2), (2.5, 15.0)),
    Priority.MEDIUM: (3, (0.125, 0.25), (2.5, 30.0)),
    Priority.LOW: (2, (0.125, 0.25), None),
}


def pulses(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the pulses (s), at two fifths of their height."""
    level = np.abs(samples.astype(float)) / 32768
    window = round(0.015 * SAMPLE_RATE_HZ)
    loud = np.convolve(level, np.ones(window) / window, "same")
    edges = np.flatnonzero(np.diff((loud > 0.4 * loud.max()).astype(int), prepend=0, append=0))
    return edges[::2] / SAMPLE_RATE_HZ, edges[1::2] / SAMPLE_RATE_HZ


@pytest.mark.parametrize(("kind", "priority"), list(BURSTS))
def test_pulses_are_those_of_the_table(kind: Kind, priority: Priority) -> None:
    count, (shortest_s, longest_s), _ = TABLE[priority]
    starts, ends = pulses(samples_of(BURSTS[(kind, priority)]))
    lengths_s = ends - starts
    assert len(lengths_s) == count
    assert lengths_s.min() >= shortest_s
    assert lengths_s.max() <= longest_s
    gaps_s = starts[1:] - ends[:-1]
    if priority is Priority.HIGH:
        # three and two, twice: the long gaps stand behind the third, the fifth and the eighth
        assert set(np.flatnonzero(gaps_s > 0.2)) == {2, 4, 7}
        assert gaps_s[4] > max(gaps_s[2], gaps_s[7])


@pytest.mark.parametrize(("kind", "priority"), list(BURSTS))
def test_a_pulse_has_its_pitch_and_four_harmonics(kind: Kind, priority: Priority) -> None:
    burst = BURSTS[(kind, priority)]
    one = samples_of(Burst(burst.fundamental_hz, 1.0, (), None)).astype(float)
    spectrum = np.abs(np.fft.rfft(one * np.hanning(len(one))))
    hz = np.fft.rfftfreq(len(one), 1 / SAMPLE_RATE_HZ)

    def peak(about_hz: float) -> float:
        near = np.abs(hz - about_hz) < 8
        return float(20 * np.log10(spectrum[near].max() / spectrum.max()))

    assert 150 <= burst.fundamental_hz <= 1000
    assert peak(burst.fundamental_hz) > -1
    assert hz[np.argmax(spectrum)] == pytest.approx(burst.fundamental_hz, abs=2)
    harmonics = [n * burst.fundamental_hz for n in range(2, 12) if 300 <= n * burst.fundamental_hz <= 4000]
    assert sum(peak(at_hz) > -15 for at_hz in harmonics) >= 4


def test_no_burst_clips_or_clicks_and_the_volume_is_heeded() -> None:
    for burst in BURSTS.values():
        samples = samples_of(burst).astype(int)
        assert 0.7 * 32767 < np.abs(samples).max() < 32767
        assert abs(samples[0]) < 200
        assert abs(samples[-1]) < 200
    assert np.abs(tick(0.25).astype(int)).max() == pytest.approx(
        0.25 * np.abs(tick(1.0).astype(int)).max(), abs=2
    )
    assert not tick(0.0).any()


def test_the_patient_and_the_machine_do_not_sound_alike() -> None:
    pitches = [burst.fundamental_hz for burst in BURSTS.values()]
    assert len(set(pitches)) == len(pitches)
    assert min(b.fundamental_hz for (kind, _), b in BURSTS.items() if kind is Kind.CLINICAL) > max(
        b.fundamental_hz for (kind, _), b in BURSTS.items() if kind is Kind.TECHNICAL
    )


# When


def heard(
    schedule: Schedule, seconds: float, alerts: object, start_s: float = 0.0
) -> list[tuple[float, Due]]:
    """Look 30 times a second; what is due and when (s). `alerts` may be a function of the time (s)."""
    found = []
    for i in range(round(seconds * 1e9 / LOOK_NS)):
        now_ns = round(start_s * 1e9) + i * LOOK_NS
        them = alerts(now_ns / 1e9) if callable(alerts) else alerts
        due = schedule.due(them, None, now_ns)
        if due is not None and not due.silence:
            found.append((now_ns / 1e9, due))
    return found


def an_alert(
    priority: Priority, *, kind: Kind = Kind.CLINICAL, rule: str = "near_x", **changes: object
) -> Alert:
    return made.alert(priority, "x", rule_id=rule, kind=kind, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.MEDIUM])
def test_bursts_come_again_within_the_limits(priority: Priority) -> None:
    shortest_s, longest_s = TABLE[priority][2] or (0, 0)
    found = heard(Schedule(), 60, [an_alert(priority)])
    assert found[0][0] == 0.0
    length_s = BURSTS[(Kind.CLINICAL, priority)].length_s
    rests_s = np.diff([at_s for at_s, _ in found]) - length_s
    assert len(rests_s) >= 5
    assert rests_s.min() >= shortest_s
    assert rests_s.max() <= longest_s


def test_low_sounds_once_and_again_when_it_comes_again() -> None:
    schedule = Schedule()
    low = [an_alert(Priority.LOW)]
    assert len(heard(schedule, 60, low)) == 1
    assert heard(schedule, 2, [], 60) == []
    assert len(heard(schedule, 20, low, 62)) == 1


def test_the_graver_one_cuts_in_and_the_lesser_one_waits() -> None:
    medium, high = an_alert(Priority.MEDIUM), an_alert(Priority.HIGH, rule="leak_canal")
    found = heard(Schedule(), 1.0, lambda t_s: [medium] if t_s < 0.3 else [medium, high])
    assert [due.burst for _, due in found] == [
        BURSTS[(Kind.CLINICAL, Priority.MEDIUM)],
        BURSTS[(Kind.CLINICAL, Priority.HIGH)],
    ]
    assert found[1][0] == pytest.approx(0.3, abs=0.04)
    beside = heard(Schedule(), 20, lambda t_s: [high] if t_s < 1 else [high, medium])
    assert {due.burst for _, due in beside} == {BURSTS[(Kind.CLINICAL, Priority.HIGH)]}


def test_the_patient_goes_before_the_machine() -> None:
    machine = an_alert(Priority.MEDIUM, kind=Kind.TECHNICAL, rule="not_monitoring")
    patient = an_alert(Priority.MEDIUM)
    found = heard(Schedule(), 20, [machine, patient])
    assert {due.burst for _, due in found} == {BURSTS[(Kind.CLINICAL, Priority.MEDIUM)]}


@pytest.mark.parametrize("state", [AlarmState.ACKNOWLEDGED, AlarmState.LATCHED, AlarmState.PENDING])
def test_what_is_acknowledged_or_no_longer_true_is_silent(state: AlarmState) -> None:
    assert heard(Schedule(), 30, [an_alert(Priority.HIGH, state=state)]) == []


def test_an_alarm_that_escalates_sounds_at_once() -> None:
    found = heard(
        Schedule(), 5, lambda t_s: [an_alert(Priority.MEDIUM if t_s < 2.0 else Priority.HIGH)]
    )  # fmt: skip
    assert [round(at_s, 1) for at_s, _ in found] == [0.0, 2.0]


def test_an_acknowledged_alarm_is_silent_at_once_and_a_lesser_one_takes_over() -> None:
    schedule = Schedule()
    high, medium = an_alert(Priority.HIGH, rule="leak_canal"), an_alert(Priority.MEDIUM)
    assert schedule.due([high], None, 0) == Due(BURSTS[(Kind.CLINICAL, Priority.HIGH)])
    known = dataclasses.replace(high, state=AlarmState.ACKNOWLEDGED)
    assert schedule.due([known], None, LOOK_NS) == Due(None, silence=True)
    assert schedule.due([known], None, 2 * LOOK_NS) is None
    schedule.due([high, medium], None, 3 * LOOK_NS)
    assert schedule.due([known, medium], None, 4 * LOOK_NS) == Due(BURSTS[(Kind.CLINICAL, Priority.MEDIUM)])


def test_a_low_burst_is_heard_to_its_end_and_gives_way_to_a_graver_one() -> None:
    schedule = Schedule()
    low = an_alert(Priority.LOW)
    assert schedule.due([low], None, 0) is not None
    assert schedule.due([low], None, LOOK_NS) is None
    high = an_alert(Priority.HIGH, rule="leak_canal")
    assert schedule.due([low, high], None, 2 * LOOK_NS) == Due(BURSTS[(Kind.CLINICAL, Priority.HIGH)])


def test_paused_audio_is_silent_for_two_minutes_and_counts_down() -> None:
    schedule = Schedule()
    high = [an_alert(Priority.HIGH)]
    schedule.pause(high, 0)
    assert schedule.paused_s(30_000_000_000) == 90.0
    found = heard(schedule, 125, high)
    assert found[0][0] == pytest.approx(120.0, abs=0.04)
    assert schedule.paused_s(121_000_000_000) is None


def test_a_new_high_alarm_ends_the_pause_and_a_known_or_lesser_one_does_not() -> None:
    known, new = an_alert(Priority.HIGH), an_alert(Priority.HIGH, rule="leak_canal")
    medium = an_alert(Priority.MEDIUM, rule="near_vein")
    schedule = Schedule()
    schedule.pause([known], 0)
    assert heard(schedule, 10, [known, medium]) == []
    assert heard(schedule, 1, [known, medium, new], 10)[0][0] == pytest.approx(10.0)
    assert schedule.paused_s(11_000_000_000) is None


def test_a_pause_can_be_taken_back() -> None:
    schedule = Schedule()
    schedule.pause([], 0)
    schedule.pause([], 1_000_000_000)
    assert schedule.paused_s(1_000_000_000) is None


# The distance tone


def test_ticks_quicken_without_a_step_and_stay_silent_far_away() -> None:
    distances = np.linspace(-3, FARTHEST_MM - 0.01, 200)
    periods = [period_s(float(mm)) for mm in distances]
    assert all(period is not None for period in periods)
    steps = np.diff(np.array(periods, float))
    assert steps.min() >= 0
    assert steps.max() < 0.06
    assert periods[0] == FASTEST_S
    assert periods[-1] == pytest.approx(SLOWEST_S, rel=0.01)
    assert period_s(FARTHEST_MM) is None
    assert period_s(None) is None


def test_ticks_keep_their_time_and_give_way_to_alarms() -> None:
    schedule = Schedule()
    schedule.distance_tone = True
    times = [i * LOOK_NS / 1e9 for i in range(300) if schedule.due([], 8.0, i * LOOK_NS) is not None]
    assert np.diff(times).mean() == pytest.approx(period_s(8.0), abs=0.033)
    start_ns = 300 * LOOK_NS
    medium = [an_alert(Priority.MEDIUM)]
    length_s = BURSTS[(Kind.CLINICAL, Priority.MEDIUM)].length_s
    for i in range(round(length_s * 1e9 / LOOK_NS)):
        due = schedule.due(medium, 8.0, start_ns + i * LOOK_NS)
        assert (due is not None) == (i == 0)
        assert due is None or due.burst is not None
    after = [schedule.due(medium, 8.0, start_ns + i * LOOK_NS) for i in range(32, 100)]
    assert any(due is not None and due.burst is None for due in after)


def test_a_distance_is_only_heard_while_it_is_watched() -> None:
    dangerous = {"posterior_wall"}
    result = made.result(made.level(4.0))
    assert nearest_mm(made.observation(result), dangerous) == 4.0
    assert nearest_mm(made.observation(result, made.health(made.BLIND)), dangerous) is None
    assert nearest_mm(dataclasses.replace(made.observation(), result=None), dangerous) is None
    lost = made.level(4.0, pose=dataclasses.replace(made.level().pose, trusted=False))
    assert nearest_mm(made.observation(made.result(lost)), dangerous) is None
    # an endplate may be reached: it does not tick
    assert nearest_mm(made.observation(result), {"vein"}) is None


# What plays it


class Recorded:
    """A loudspeaker that keeps what it was given."""

    def __init__(self) -> None:
        self.played: list[Samples] = []
        self.why = ""

    def play(self, samples: Samples) -> None:
        self.played.append(samples)

    def stop(self) -> None:
        pass

    def unheard(self) -> str:
        return self.why


class Time:
    def __init__(self) -> None:
        self.ns = made.NOW_NS

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def ears() -> tuple[Sounder, Recorded, Time]:
    speaker, clock = Recorded(), Time()
    return Sounder(speaker, clock_ns=clock), speaker, clock


def test_the_patients_alarm_is_silent_once_nothing_is_watched(ears: tuple[Sounder, Recorded, Time]) -> None:
    sounder, speaker, clock = ears
    high = made.alert(Priority.HIGH, "posterior wall 2.1 mm")
    machine = made.alert(
        Priority.MEDIUM, "not monitoring", rule_id="not_monitoring", kind=Kind.TECHNICAL, structure=None
    )
    seen = made.observation(made.result(alerts=(high,)))
    sounder.hear((seen,))
    assert len(speaker.played) == 1
    clock.ns += 10_000_000_000
    blind = dataclasses.replace(
        seen,
        health=made.health(Reason(State.NOT_MONITORING, "no_image", "no image for 1 s")),
        alerts=(machine,),
    )
    sounder.hear((blind,))
    assert np.array_equal(speaker.played[1], samples_of(BURSTS[(Kind.TECHNICAL, Priority.MEDIUM)]))


def test_a_level_that_is_watched_is_heard_while_another_is_lost(ears: tuple[Sounder, Recorded, Time]) -> None:
    sounder, speaker, _ = ears
    high = made.alert(Priority.HIGH, "posterior wall 2.1 mm")
    lost = made.health(Reason(State.NOT_MONITORING, "moved", "patient moved 4 mm", "T11"))
    seen = made.observation(made.result(made.level(2.1), made.blind_level("T11"), alerts=(high,)), lost)
    sounder.hear((seen,))
    assert np.array_equal(speaker.played[0], samples_of(BURSTS[(Kind.CLINICAL, Priority.HIGH)]))
    assert nearest_mm(seen, {"posterior_wall"}) == 2.1


def test_either_plane_is_heard_and_both_say_what_is_not(ears: tuple[Sounder, Recorded, Time]) -> None:
    sounder, speaker, _ = ears
    speaker.why = "no sound: no device"
    alarmed = made.observation(made.result(alerts=(made.alert(Priority.HIGH, "vein 1 mm"),)))
    told = sounder.hear((made.observation(), alarmed))
    assert np.array_equal(speaker.played[0], samples_of(BURSTS[(Kind.CLINICAL, Priority.HIGH)]))
    assert [plane.audio_unheard for plane in told] == ["no sound: no device"] * 2


def test_keys_pause_and_turn_the_tone_on_and_the_screen_says_so(qtbot: QtBot) -> None:
    clock, speaker = Time(), Recorded()
    alarmed = made.observation(made.result(alerts=(made.alert(Priority.MEDIUM, "posterior wall 9.6 mm"),)))

    sounder = Sounder(speaker, clock_ns=clock)

    def look() -> Observation:
        return sounder.hear((dataclasses.replace(alarmed, now_ns=clock.ns),))[0]

    window = OverlayWindow(look, made.SETUP, does=sound_actions(sounder), clock=clock)
    qtbot.addWidget(window)
    window.resize(1280, 720)

    def words() -> list[str]:
        window.tick()
        window.grab()
        return [word.text for word in window.words]

    assert not any("audio" in text for text in words())
    assert len(speaker.played) == 1
    qtbot.keyClick(window, Qt.Key.Key_A)
    said = words()
    assert "audio paused for two minutes" in said
    assert "audio paused 2 min 0 s" in said
    clock.ns += 60_000_000_000
    assert "audio paused 1 min 0 s" in words()
    assert len(speaker.played) == 1
    qtbot.keyClick(window, Qt.Key.Key_A)
    assert not any(text.startswith("audio paused") for text in words())
    assert len(speaker.played) == 2
    qtbot.keyClick(window, Qt.Key.Key_D)
    assert "distance tone on" in words()
    qtbot.keyClick(window, Qt.Key.Key_Plus)
    assert "distance tone 75 %" in words()


def test_a_machine_without_sound_says_so_for_as_long_as_it_is(qtbot: QtBot) -> None:
    sounder = Sounder(NoSpeaker("no sound: no device"))
    window = OverlayWindow(lambda: sounder.hear((made.observation(),))[0], made.SETUP)
    qtbot.addWidget(window)
    window.tick()
    window.grab()
    assert "no sound: no device" in [word.text for word in window.words]


def program(folder: Path, text: str) -> str:
    path = folder / "aplay"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_samples_reach_a_program_whole_and_without_waiting(tmp_path: Path) -> None:
    speaker = AplaySpeaker(program(tmp_path, f'echo "$@" > {tmp_path}/how; cat > {tmp_path}/what'))
    samples = samples_of(BURSTS[(Kind.CLINICAL, Priority.HIGH)])
    speaker.play(samples)
    assert speaker._child is not None
    assert speaker._child.wait(10) == 0
    assert (tmp_path / "what").read_bytes() == samples.tobytes()
    assert (tmp_path / "how").read_text().split() == "-q -t raw -f S16_LE -c 1 -r 44100".split()
    assert speaker.unheard() == ""


def test_a_program_that_fails_or_is_gone_is_said(tmp_path: Path) -> None:
    speaker = AplaySpeaker(program(tmp_path, "exit 1"))
    speaker.play(tick(1.0))
    assert speaker._child is not None
    speaker._child.wait(10)
    assert speaker.unheard() == "no sound: aplay fails"
    gone = AplaySpeaker(str(tmp_path / "gone"))
    gone.play(tick(1.0))
    assert gone.unheard() == "no sound: No such file or directory"


def test_what_plays_is_cut_off_and_that_is_no_fault(tmp_path: Path) -> None:
    speaker = AplaySpeaker(program(tmp_path, "exec sleep 60"))
    speaker.play(tick(1.0))
    first = speaker._child
    speaker.play(tick(1.0))
    assert first is not None
    assert first.returncode is not None
    speaker.stop()
    assert speaker.unheard() == ""


def test_a_card_is_one_that_alsa_counts(tmp_path: Path) -> None:
    cards = tmp_path / "cards"
    assert not has_card(cards)
    cards.write_text("--- no soundcards ---\n")
    assert not has_card(cards)
    cards.write_text(
        " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n                      HDA Intel PCH at 0xf7\n"
    )
    assert has_card(cards)
