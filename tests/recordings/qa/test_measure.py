"""A session measured whole: what is known, what is not and says so, and the same each time."""

from __future__ import annotations

import os
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from msgspec.structs import replace as with_fields

from monitor.config import LeakConfig
from monitor.errors import SourceError
from monitor.plan import Aliquot, LevelIntent, Risk, plan_to_json
from monitor.result import LevelResult
from monitor.states import State
from recordings.dose.kept import JoinedIrradiation, SessionDose
from recordings.dose.record import Accumulated, Irradiation
from recordings.importing.run import Wanted, import_source
from recordings.qa.followed import FollowedLevel
from recordings.qa.level import level_record
from recordings.qa.measure import measure_session
from recordings.qa.radiation import of_report
from recordings.qa.record import LevelRecord, Measured, record_from_json, record_to_json
from recordings.results.figures import LevelFigures, Seen
from recordings.session import CONFIG, LOG, PLAN, SESSION, StoredSession, open_session, session_json
from tests.monitor.scripted import plan
from tests.recordings.qa.archive import ACKNOWLEDGED_AT, FRAMES, QUICK, WHO, pictured
from tests.sources.makers import save, xa


@pytest.fixture(scope="module")
def measured(monitored: StoredSession) -> Measured:
    return measure_session(monitored.folder, software_version="2.0")


def only(found: Measured) -> LevelRecord:
    (level,) = found.record.levels
    return level


def test_a_monitored_session_is_measured(measured: Measured) -> None:
    record, level = measured.record, only(measured)
    assert (record.monitored, record.frames, record.frames_unread) == (True, FRAMES, 0)
    assert record.duration_s == pytest.approx((FRAMES - 1) / 15, abs=1e-6)
    assert record.beam_on_s == pytest.approx((FRAMES - 1) / 15, abs=0.1)
    assert record.monitored_fraction is not None
    assert 0.3 < record.monitored_fraction < 0.9
    assert level.monitored_fraction == record.monitored_fraction
    assert level.region == "lumbar"
    assert level.lateral is not None
    assert level.lateral.posterior > 0.6
    assert level.lateral.anterior == 0
    assert level.lateral.central == pytest.approx(1 - level.lateral.upper - level.lateral.lower)
    assert level.ap is None
    assert "distribution from the front: no AP view" in level.unmeasured
    assert {leak.leak_class: leak.told for leak in level.leaks} == {"canal": True}
    wall = next(one for one in level.closest if one.structure == "posterior_wall")
    assert wall.value_mm < 0
    assert wall.low_mm < wall.value_mm
    assert (level.pathology, level.posterior_wall_defect, level.planned_ml) == (None, None, None)
    assert (level.injection_stop_s, level.warning_to_stop_s) == (None, None)
    assert any("grew until it was last watched" in words for words in level.unmeasured)


def test_the_alarms_are_those_that_were_told_with_reactions(measured: Measured) -> None:
    alarms = measured.record.alarms
    assert {"leak_canal", "near_posterior_wall"} <= {alarm.rule for alarm in alarms}
    pressed = [alarm for alarm in alarms if alarm.reaction_s is not None]
    assert pressed
    for alarm in pressed:
        assert alarm.acknowledged_s == pytest.approx((ACKNOWLEDGED_AT - 0.5) / 15, abs=1e-6)
        last_s = alarm.raised_s if alarm.escalated_s is None else alarm.escalated_s
        assert alarm.reaction_s is not None
        assert 0 <= alarm.reaction_s <= alarm.acknowledged_s - alarm.raised_s + 1e-6
        assert last_s <= alarm.acknowledged_s
    first_s = only(measured).first_warning_s
    assert first_s == min(
        a.raised_s if a.priority in ("medium", "high") and a.escalated_s is None else a.escalated_s or 99
        for a in alarms if a.kind == "clinical" and a.priority != "low"
    )  # fmt: skip


def test_key_frames_are_frames_alone_with_lines_beside(measured: Measured) -> None:
    frames = measured.record.key_frames
    assert 1 <= len(frames) <= 8
    assert {frame.picture for frame in frames} == measured.pictures.keys()
    for frame in frames:
        picture = cv2.imdecode(
            np.frombuffer(measured.pictures[frame.picture], np.uint8), cv2.IMREAD_UNCHANGED
        )
        assert picture is not None
        assert (picture.dtype, picture.shape) == (np.uint8, (frame.rows, frame.columns))
        assert np.ptp(picture) > 150
    last = frames[-1]
    assert last.lines[0].cement
    assert {"body", "posterior_wall"} <= last.lines[0].structures.keys()


def test_a_record_is_plain_and_comes_back(measured: Measured) -> None:
    text = record_to_json(measured.record)
    assert record_from_json(text, "x") == measured.record
    assert pickle.loads(pickle.dumps(measured)) == measured


def test_a_record_names_nobody(monitored: StoredSession, measured: Measured) -> None:
    text = record_to_json(measured.record).decode()
    assert monitored.about.procedure == WHO
    for name in ("4711", "Zebrowski", "Anna", "Quarz", "A-12"):
        assert name not in text
    assert (measured.record.patient, measured.record.operator) == (None, None)


@pytest.fixture(scope="module")
def altered(monitored: StoredSession, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """The session with intents in its plan, and without a log that can be read."""
    folder = tmp_path_factory.mktemp("altered") / "session"
    shutil.copytree(monitored.folder, folder)
    intent = LevelIntent(4.0, Risk(True, "metastasis"), (Aliquot(1.8, 0.2), Aliquot(2.2, 0.2)))
    (folder / PLAN).write_bytes(plan_to_json(with_fields(plan(), levels={"L1": intent})))
    (folder / LOG).write_bytes(b"no log")
    return measure_session(folder, software_version="2.0", pictures=False)


def test_what_the_plan_intends_is_in_the_record_and_its_aliquots_count(altered: Measured) -> None:
    level = only(altered)
    assert (level.pathology, level.posterior_wall_defect, level.planned_ml) == ("metastasis", True, 4.0)
    assert level.injected_ml is not None
    assert level.injected_ml > 0


def test_a_log_that_is_lost_leaves_what_was_told_unknown(altered: Measured) -> None:
    assert altered.record.monitored
    assert (altered.record.alarms, altered.record.monitored_fraction) == ((), None)
    assert any("log cannot be read" in words for words in altered.record.problems)
    assert (only(altered).first_warning_s, only(altered).monitored_fraction) == (None, None)
    assert all(leak.told is None for leak in only(altered).leaks)
    assert altered.pictures == {}


def level_at(time_s: float, state: State) -> LevelResult:
    """Cement that grows from 1 s to 6 s, as far as it is watched."""
    area = 20.0 * min(max(0.0, time_s - 1.0), 5.0)
    known = {"area_mm2": area, "fill_fraction": 0.1} if state is State.MONITORING else {}
    return LevelResult("L1", state, None, **known)


@pytest.mark.parametrize(
    ("until_s", "then", "known"),
    [(4.0, State.NOT_MONITORING, False), (9.0, State.NOT_MONITORING, True), (4.0, State.HELD, True)],
)
def test_what_was_not_watched_at_the_end_is_not_known_unless_it_rested(
    until_s: float, then: State, *, known: bool
) -> None:
    followed, figures = FollowedLevel("lateral", "lateral", "L1"), LevelFigures("lateral", "L1")
    for frame in range(15 * 14):
        time_s = frame / 15
        level = level_at(time_s, State.MONITORING if time_s < until_s else then)
        at = Seen(frame, round(time_s * 1e9))
        followed.take(level, None, time_s, at.t_ns)
        figures = figures.after(level, at)
    found = level_record("L1", [(followed, figures)], plan(), None, lambda t_ns: t_ns / 1e9, LeakConfig())
    assert (found.area_mm2 is not None, found.fill_fraction is not None) == (known, known)
    assert any("not watched" in words for words in found.unmeasured) is not known
    assert any("before the end" in words for words in found.notes) is (known and then is not State.HELD)


def test_what_another_view_hides_at_the_end_is_not_known() -> None:
    followed, figures = FollowedLevel("lateral", "lateral", "L1"), LevelFigures("lateral", "L1")
    for frame in range(15 * 14):
        time_s = frame / 15
        if time_s >= 4.0:
            followed.passed(time_s)
            continue
        level, at = level_at(time_s, State.MONITORING), Seen(frame, round(time_s * 1e9))
        followed.take(level, None, time_s, at.t_ns)
        figures = figures.after(level, at)
    found = level_record("L1", [(followed, figures)], plan(), None, lambda t_ns: t_ns / 1e9, LeakConfig())
    assert found.area_mm2 is None
    assert any("not watched" in words for words in found.unmeasured)


def test_of_cement_that_is_not_seen_nothing_is_sure() -> None:
    followed, figures = FollowedLevel("lateral", "lateral", "L1"), LevelFigures("lateral", "L1")
    for frame in range(30):
        level = replace(level_at(0.0, State.MONITORING), volume_ml=0.0, volume_sd_ml=0.0)
        followed.take(level, None, frame / 15, frame)
        figures = figures.after(level, Seen(frame, frame))
    found = level_record("L1", [(followed, figures)], plan(), None, lambda t_ns: t_ns / 1e9, LeakConfig())
    assert (found.volume_ml, found.area_mm2) == (0.0, 0.0)
    assert (found.volume_sd_ml, found.volume_low_ml, found.volume_high_ml) == (None, None, None)
    assert any("no cement was seen" in words for words in found.unmeasured)


def test_a_recording_that_lost_its_end_says_so(monitored: StoredSession, tmp_path: Path) -> None:
    folder = tmp_path / "session"
    shutil.copytree(monitored.folder, folder)
    frames = folder / "frames.mcap"
    os.truncate(frames, frames.stat().st_size // 4)
    record = measure_session(folder, software_version="2.0", pictures=False).record
    assert record.frames < FRAMES
    assert any("has no end" in words for words in record.problems)


def test_an_import_is_measured_though_nobody_watched(tmp_path: Path) -> None:
    noise = np.random.default_rng(4)
    images = np.stack([pictured(seq, noise).pixels for seq in range(FRAMES)])
    values = {"StudyDate": "20260304", "KVP": "78", "ImageAndFluoroscopyAreaDoseProduct": "12.5"}
    run = save(xa(images, **values), tmp_path / "run.dcm")
    folder = tmp_path / "session"
    import_source(Wanted(str(run), folder, plan()), software_version="1.0")
    (folder / CONFIG).write_text(QUICK)
    found = measure_session(folder, software_version="2.0", pictures=False)
    record, level = found.record, only(found)
    assert (record.monitored, record.alarms, record.monitored_fraction) == (False, (), None)
    assert record.day == "2026-03-04"
    assert record.dose is not None
    assert (record.dose.source, record.dose.kvp) == ("header", 78.0)
    assert record.dose.dose_area_product_gy_m2 == pytest.approx(1.25e-4)
    assert {leak.leak_class: leak.told for leak in level.leaks} == {"canal": None}
    assert (level.first_warning_s, level.monitored_fraction) == (None, None)
    assert any("not monitored" in words for words in level.unmeasured)
    (folder / PLAN).unlink()
    about = open_session(folder).about
    files = {name: kept for name, kept in about.files.items() if name != "plan"}
    (folder / SESSION).write_bytes(session_json(with_fields(about, files=files)))
    with pytest.raises(SourceError, match="no plan"):
        measure_session(folder, software_version="2.0")


def test_a_dose_report_counts_as_the_machine_states_it() -> None:
    one = Irradiation(tube_voltage_kv=80.0, dose_area_product_gy_m2=1e-5)
    two = Irradiation(tube_voltage_kv=90.0, dose_area_product_gy_m2=2e-5)
    joined = (JoinedIrradiation(one, None, None), JoinedIrradiation(two, None, False))
    sums = Accumulated(dose_area_product_gy_m2=4e-5, fluoroscopy_time_s=61.0)
    stated = of_report(
        SessionDose(joined, (sums,), ("received/1.2.3.44.555.dcm: is of another study",)), None
    )
    assert stated.problems[0] == "received/(UID).dcm: is of another study"
    assert (stated.dose_area_product_gy_m2, stated.fluoroscopy_s, stated.kvp) == (4e-5, 61.0, 85.0)
    assert (stated.reference_point_dose_gy, stated.irradiations) == (None, 2)
    assert any("outside the recording" in words for words in stated.problems)
    unstated = of_report(SessionDose(joined, ()), None)
    assert unstated.dose_area_product_gy_m2 is None
    assert any("state no sum" in words for words in unstated.problems)


def test_no_number_of_numpy_is_in_a_record(measured: Measured) -> None:
    def walk(value: object) -> None:
        assert not isinstance(value, np.generic | np.ndarray), value
        if isinstance(value, msgspec.Struct):
            for name in value.__struct_fields__:
                walk(getattr(value, name))
        elif isinstance(value, dict):
            for one in value.values():
                walk(one)
        elif isinstance(value, tuple | list):
            for one in value:
                walk(one)

    walk(measured.record)
