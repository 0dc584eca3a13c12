"""A session that was monitored, with names wherever somebody may have typed one."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from calibration.profile import write_profile
from monitor.config import Config, config_to_toml
from monitor.frame import Frame, freeze_pixels
from monitor.health import Health
from monitor.states import Reason, State
from recordings.beginning import Beginning, keep_beginning
from recordings.dicom_origin import OriginObject, note_origin
from recordings.messages import Gap, Step
from recordings.procedure import Procedure
from recordings.session import PROFILE, SNAPSHOTS, Session
from tests.monitor.scripted import info, scene
from tests.recordings.deidentifying.corpus import INSTANCE, SERIES, STUDY, loaded, pictures, report, save
from tests.recordings.importing.test_deidentify import named_plan, named_profile
from tests.ui.replay import made

ANCHOR_NS, PERIOD_NS = 10**12, 10**8
WHEN = datetime(2025, 12, 24, 9, 30, tzinfo=UTC)


def named(value: object) -> object:
    """The same findings with the names that were typed for the level and the view."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(
            value, **{field.name: named(getattr(value, field.name)) for field in dataclasses.fields(value)}
        )
    if isinstance(value, tuple):
        return tuple(named(item) for item in value)
    if isinstance(value, str) and type(value) is str:
        return value.replace("T12", "smith L1").replace("lateral", "Secret lateral")
    return value


@pytest.fixture
def session(kept: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(kept, tmp_path / "Secret_Person"))


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The session; nobody changes it."""
    folder = tmp_path_factory.mktemp("named") / "Secret_Person"
    source = dataclasses.replace(info(), source_id="/data/Secret/run.dcm", kind="dicom")
    moments = iter((WHEN, WHEN + timedelta(hours=1)))
    session = Session.create(
        folder, source_info=source, plan=named_plan(), config_toml=f"# of Secret\n{config_to_toml(Config())}",
        software_version="1", clock_utc=lambda: next(moments), clock_monotonic_ns=lambda: ANCHOR_NS,
        procedure=Procedure.of(
            patient_id="MRN-4711-X", patient_name="Mustermann, Erika", operator="Roentgen, R",
            patient_sex="F", study_instance_uid=STUDY,
        ),
        acquired="2025-12-24T10:11:12",
    )  # fmt: skip
    beginning = Beginning("1", ("Secret lateral",), {"Secret lateral": scene()}, (), WHEN, 0, ANCHOR_NS)
    event = keep_beginning(folder, beginning)
    session.recording.event(event.name, event.data, event.t_ns)
    session.recording.event("talked", {"words": "Dr. Roentgen says"}, ANCHOR_NS + 5)
    for seq in range(6):
        t_ns = ANCHOR_NS + seq * PERIOD_NS
        if seq == 4:
            session.recording.gap(Gap(4, 1, t_ns, "/data/Secret: no space"))
            continue
        pixels = scene(noise=np.random.default_rng(seq))
        session.recording.append(Frame(seq, t_ns, None, freeze_pixels(pixels, copy=False), source.source_id))
        found = named(made.findings(60 + seq))
        session.recording.step(Step(seq, seq, t_ns + 10**7, 0, (), found))
    log = session.log
    reason = Reason(State.DEGRADED, "recording", "/data/Secret_Person/frames.mcap: no space", "smith L1")
    log.state_changed(Health(State.DEGRADED, (reason,), ANCHOR_NS + 9, 0.05, {}))
    log.transition(named(made.findings(50).transitions[0]))  # type: ignore[arg-type]
    log.event("mark", {"level": "smith L1", "note": "call Roentgen"}, ANCHOR_NS + 7)
    log.event("dictated", {"text": "Mrs Secret"}, ANCHOR_NS + 8)
    note_origin(log, OriginObject("1.2.840.10008.5.1.4.1.1.12.1", INSTANCE, STUDY, SERIES, 0, 6), ANCHOR_NS)
    write_profile(named_profile(), folder / PROFILE)
    save(loaded(pictures()), folder / "received" / "Mustermann.dcm")
    save(report(), folder / "received" / "dose.dcm")
    (folder / SNAPSHOTS).mkdir()
    (folder / SNAPSHOTS / "Secret.png").write_bytes(b"png")
    (folder / "tags.json").write_text('{"tags": ["Secret"], "note": ""}')
    session.close()
    return folder
