"""Every reader of files: how its hostile inputs are made, and how it is used."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.fuzzing import dicom, dose, files, seeds
from benchmarks.fuzzing.mutate import json_bytes, spoiled_bytes, spoiled_tree
from calibration.conditions import conditions_of
from calibration.distortion import DistortionModel
from calibration.profile import read_profile
from calibration.readiness import readiness
from calibration.scale import scale_from_header
from monitor.config import config_to_toml, parse_config, read_config
from monitor.errors import CalibrationError, CementWatchError, EndOfStream, PlanError, SourceError
from monitor.frame import SourceInfo
from monitor.plan import check_fits, parse_plan, plan_to_json, read_plan
from monitor.sources.base import FrameSource
from monitor.sources.open import source_for
from recordings.deidentifying.run import Wanted, deidentify
from recordings.deidentifying.secret import Secret
from recordings.dose.read import read_dose
from recordings.log_reader import read_log
from recordings.memory_file import read_memory
from recordings.recording import RecordingReader
from recordings.replay import RecordedSource
from recordings.resume import resume_session, standing_alerts
from recordings.session import CONFIG, FRAMES, LOG, PLAN, open_session
from recordings.verify import verify_session

Files = dict[str, bytes]
_MOST_FRAMES = 50


@dataclass(frozen=True, slots=True)
class Reader:
    """`make` gives the files of one input, `use` reads them from their folder and checks what comes out."""

    make: Callable[[random.Random], Files]
    use: Callable[[Path], None]


def make(reader: str, seed: int, number: int, folder: Path) -> None:
    """Write input `number` of a seed to a folder that is made."""
    dice = random.Random(f"{reader}/{seed}/{number}")
    folder.mkdir(parents=True)
    for name, data in READERS[reader].make(dice).items():
        (folder / name).write_bytes(data)


def _plan(dice: random.Random) -> Files:
    return {PLAN: json_bytes(spoiled_tree(seeds.plan_tree(), dice), dice)}


def _use_plan(folder: Path) -> None:
    plan = read_plan(folder / PLAN)
    assert parse_plan(plan_to_json(plan), "again") == plan
    for view in plan.views:
        try:
            check_fits(view, seeds.ROWS, seeds.COLUMNS)
        except PlanError:
            continue


def _use_config(folder: Path) -> None:
    config = read_config(folder / CONFIG)
    assert parse_config(config_to_toml(config), "again") == config


def _use_recording(folder: Path) -> None:
    with RecordingReader(folder / FRAMES) as reader:
        for frame in reader:
            assert frame.pixels.dtype in (np.uint8, np.uint16)
            assert not frame.pixels.flags.writeable
        check = reader.check()
        assert check.frames + reader.damaged >= len(reader)
        msgspec.json.encode(dict(reader.metadata))
        reader.refresh()
        reader.whole()


def _use_log(folder: Path) -> None:
    log = read_log(folder / LOG)
    for alert in standing_alerts(log.alarms):
        assert isinstance(alert.message, str)
    for row in log.volume:
        assert all(row[name] is None or isfinite(row[name]) for name in ("volume_ml", "area_mm2"))
        assert isinstance(row["t_ns"], int)
        assert isinstance(row["level"], str)


def _memory(dice: random.Random) -> Files:
    held = seeds.memory()
    if dice.random() < 0.4:
        return {"memory.msgpack": spoiled_bytes(held, dice)}
    return {"memory.msgpack": files.msgpack_bytes(spoiled_tree(msgspec.msgpack.decode(held), dice), dice)}


def _use_memory(folder: Path) -> None:
    memory = read_memory(folder / "memory.msgpack")
    assert isfinite(memory.beam_on_s)
    for level in memory.levels:
        assert all(isfinite(value) and abs(value) < 1e5 for value in level.drift_px)


def _use_profile(folder: Path) -> None:
    profile = read_profile(folder / "profile.json")
    readiness(profile, seeds.source(), seeds.view())
    if profile.density is not None:
        model = profile.density.calibration.model
        assert model is None or bool(np.isfinite(model.thickness_mm).all())
    if profile.distortion is not None:
        try:
            DistortionModel.from_dict(profile.distortion.model)
        except CalibrationError:
            return


def _session(dice: random.Random) -> Files:
    held = dict(seeds.session())
    name = dice.choice(("session.json",) * 4 + (FRAMES, LOG, PLAN, CONFIG, "memory.msgpack"))
    if name == "session.json":
        held[name] = json_bytes(spoiled_tree(seeds.session_tree(), dice), dice)
    elif name == FRAMES:
        held[name] = files.recording(dice)
    elif name == LOG:
        held[name] = files.log(dice)
    else:
        held[name] = spoiled_bytes(held[name], dice)
    if dice.random() < 0.1:
        del held[dice.choice(list(held))]
    return held


def _use_session(folder: Path) -> None:
    refused: CementWatchError | None = None
    stored = open_session(folder)
    for part in (stored.plan, stored.config_toml, stored.log):
        try:
            part()
        except CementWatchError as error:
            refused = error
    try:
        _read_source(RecordedSource(folder))
    except CementWatchError as error:
        refused = error
    resumed = resume_session(
        folder, source_info=seeds.source(), plan=seeds.plan(), config_toml=seeds.config_toml(), now_ns=10**10,
        this_boot=seeds.BOOT,
    )  # fmt: skip
    resumed.session.close()
    with RecordingReader(folder / FRAMES) as reader:
        assert reader.check().frames <= len(reader)
    if refused is not None:
        raise refused


def _use_archive(folder: Path) -> None:
    with open_session(folder).frames() as reader:
        given = 0
        for frame in reader:
            assert frame.pixels.dtype in (np.uint8, np.uint16)
            assert not frame.pixels.flags.writeable
            given += 1
        check = reader.check(quick=True)
        assert check.frames <= len(reader)
        assert given == len(reader) or not check.complete
    found = verify_session(folder, quick=True)
    if not found.whole:
        raise SourceError(f"{folder}: {found.problems[0]}")


def _dicom(dice: random.Random) -> Files:
    if dice.random() < 0.1:
        return {"a.dcm": dicom.objects()["native"], "b.dcm": dicom.spoiled(dice)}
    return {"run.dcm": dicom.spoiled(dice)}


def _use_dicom(folder: Path) -> None:
    one = folder / "run.dcm"
    _read_source(source_for(str(one if one.exists() else folder)))


def _use_dose(folder: Path) -> None:
    report = read_dose(folder / "dose.dcm")
    assert len(msgspec.json.encode(report)) < 2_000_000
    for one in (*report.irradiations, *report.accumulated):
        for name in one.__struct_fields__:
            value = getattr(one, name)
            if isinstance(value, float):
                assert isfinite(value)
                assert value >= 0 or name.endswith("_angle_deg")


def _named(dice: random.Random) -> Files:
    if dice.random() < 0.3:
        return {"run.dcm": dose.spoiled(dice)}
    return _dicom(dice)


def _use_deidentify(folder: Path) -> None:
    """What is made has the patient's name nowhere, whatever was spoiled around it."""
    sources = tuple(sorted(folder.glob("*.dcm")))
    done = deidentify(Wanted(sources, folder / "out", Secret(b"k" * 32), keep_text=True))
    if done.remains:
        assert not (folder / "out").exists()
        raise SourceError(f"{folder}: {done.remains[0]}")
    for path in (folder / "out").rglob("*.dcm"):
        assert dicom.PATIENT.encode() not in path.read_bytes()


def _read_source(source: FrameSource) -> None:
    with source:
        _check_info(source.info)
        largest = source.info.intensity.largest_stored_value
        try:
            for _ in range(_MOST_FRAMES):
                frame = source.read()
                assert frame.pixels.shape == (source.info.rows, source.info.columns)
                assert frame.pixels.max() <= largest
                assert frame.t_source_ns is None or 0 <= frame.t_source_ns < 2**63
        except EndOfStream:
            return


def _check_info(info: SourceInfo) -> None:
    """What is kept of a source can be kept, is short, and is of use to calibration."""
    kept = msgspec.json.encode(info)
    assert len(kept) < 20_000
    assert info.frame_period_s is None or (isfinite(info.frame_period_s) and info.frame_period_s > 0)
    conditions_of(info)
    scale_from_header(info.geometry)


READERS: dict[str, Reader] = {
    "plan": Reader(_plan, _use_plan),
    "config": Reader(lambda dice: {CONFIG: files.toml(dice)}, _use_config),
    "session": Reader(_session, _use_session),
    "recording": Reader(lambda dice: {FRAMES: files.recording(dice)}, _use_recording),
    "archive": Reader(files.archive, _use_archive),
    "log": Reader(lambda dice: {LOG: files.log(dice)}, _use_log),
    "memory": Reader(_memory, _use_memory),
    "profile": Reader(
        lambda dice: {"profile.json": json_bytes(spoiled_tree(seeds.profile_tree(), dice), dice)},
        _use_profile,
    ),
    "dicom": Reader(_dicom, _use_dicom),
    "dose": Reader(lambda dice: {"dose.dcm": dose.spoiled(dice)}, _use_dose),
    "deidentify": Reader(_named, _use_deidentify),
}


def whole(reader: str, folder: Path) -> None:
    """Write the input that nothing was done to."""
    held: dict[str, Callable[[], Files]] = {
        "plan": lambda: {PLAN: json.dumps(seeds.plan_tree()).encode()},
        "config": lambda: {CONFIG: seeds.config_toml().encode()},
        "session": lambda: dict(seeds.session()),
        "recording": lambda: {FRAMES: seeds.recording()},
        "archive": lambda: dict(seeds.archive()),
        "log": lambda: {LOG: seeds.log()},
        "memory": lambda: {"memory.msgpack": seeds.memory()},
        "profile": lambda: {"profile.json": json.dumps(seeds.profile_tree()).encode()},
        "dicom": lambda: {"run.dcm": dicom.objects()["native"]},
        "dose": lambda: {"dose.dcm": dose.whole()},
        "deidentify": lambda: {"run.dcm": dicom.objects()["native"]},
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in held[reader]().items():
        (folder / name).write_bytes(data)
