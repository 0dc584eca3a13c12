"""The registry's file: whole, once, its owner's alone, and one line for every other file."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from monitor.errors import InputError, OutputError, SourceError
from recordings.cohort import schema
from recordings.cohort.registry import Registry
from recordings.cohort.rows import FollowUpRow, RiskRow
from recordings.ct.record import CtLeak, CtLevel, CtRecord
from recordings.qa.record import AlarmRecord, DoseRecord, LeakRecord, LevelRecord, ProcedureRecord
from tests.recordings.cohort.made import level, procedure, who

FULL = ProcedureRecord(
    session_id="s1", folder="kept/s1", day="2025-03-01", patient=who(1), operator="OP-1", source="simulated",
    monitored=True, monitored_fraction=0.9, duration_s=12.5, beam_on_s=None, frames=180,
    dose=DoseRecord(source="report", dose_area_product_gy_m2=1e-4),
    levels=(
        LevelRecord(
            level="L1", region="lumbar", views=("lateral",), volume_ml=3.1,
            leaks=(
                LeakRecord(leak_class="canal", onset_s=4.0, area_mm2=2.5, ambiguous_with="foramen"),
                LeakRecord(leak_class="vein", onset_s=5.0, area_mm2=1.0, told=True),
            ),
        ),
        LevelRecord(level="L2", views=("lateral",)),
    ),
    alarms=(AlarmRecord(rule="leak_canal", kind="clinical", priority="high", message="m", raised_s=4.1),),
)  # fmt: skip
CT = CtRecord(
    series="1.2.3", day="2025-03-02", patient=who(1), spacing_mm=(0.5, 0.5, 1.0),
    levels=(
        CtLevel(level="L1", volume_ml=3.0, volume_sd_ml=None, within_ml=2.9, outside_ml=0.1,
                leaks=(CtLeak(leak_class="canal", volume_ml=0.1, detached=False),)),
    ),
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.sqlite"


def test_what_is_put_is_there_once_and_as_it_was(path: Path) -> None:
    with Registry(path) as registry:
        registry.put(FULL)
        registry.put(FULL)
        registry.put_ct(None, CT)
        registry.put_ct("s1", CT)
        held = registry.records()
        counts = registry.counts()
    assert held == [replace(FULL, folder="")]
    assert b"kept/s1" not in path.read_bytes()
    assert counts == {
        "procedure": 1, "level": 2, "leak": 2, "alarm": 1, "follow_up": 0, "risk": 0, "ct": 1, "ct_level": 1,
        "ct_leak": 1,
    }  # fmt: skip
    with sqlite3.connect(path) as plain:  # as any other tool sees it
        rows = plain.execute("SELECT leak_class, onset_s, told FROM leak ORDER BY number").fetchall()
        unknown = plain.execute(
            "SELECT volume_ml, posterior_wall_defect FROM level ORDER BY number"
        ).fetchall()
        assert plain.execute("SELECT beam_on_s, monitored FROM procedure").fetchall() == [(None, 1)]
        assert plain.execute("SELECT session_id FROM ct").fetchall() == [("s1",)]
    plain.close()
    assert rows == [("canal", 4.0, None), ("vein", 5.0, 1)]
    assert unknown == [(3.1, None), (None, None)]


def test_a_session_that_is_measured_again_takes_its_own_place(path: Path) -> None:
    shorter = replace(FULL, levels=FULL.levels[:1], alarms=(), software_version="2")
    with Registry(path) as registry:
        registry.put_all([FULL, replace(FULL, session_id="s2")])
        registry.put(shorter)
        assert registry.counts()["level"] == 3
        assert registry.counts()["alarm"] == 1
        assert registry.records()[0].software_version == "2"


def test_numbers_of_numpy_are_numbers(path: Path) -> None:
    level_of = LevelRecord(level="L1", views=("lateral",), volume_ml=np.float64(3.25))  # type: ignore[arg-type]
    with Registry(path) as registry:
        registry.put(replace(FULL, levels=(level_of,)))
        assert type(registry.records()[0].levels[0].volume_ml) is float


def test_what_is_removed_is_gone_from_the_file(path: Path) -> None:
    other = replace(FULL, session_id="s2", patient=who(2), operator="OP-2")
    with Registry(path) as registry:
        registry.put_all([FULL, other, replace(FULL, session_id="s3")])
        registry.put_ct("s1", replace(CT, patient=None))
        registry.put_ct(None, replace(CT, series="1.2.4"))
        registry.put_follow_up(
            [FollowUpRow(patient=who(n), score="VAS", moment="before", value=8) for n in (1, 2)]
        )
        registry.put_risks([RiskRow(patient=who(1), pathology="myeloma")])
        assert registry.remove_session("s3") == 1
        assert registry.remove_session("s3") == 0
        assert registry.remove_patient(who(1)) == 1 + 1 + 1 + 1 + 1
        assert registry.records() == [replace(other, folder="")]
        assert [table for table, count in registry.counts().items() if count] == [
            "procedure", "level", "leak", "alarm", "follow_up"
        ]  # fmt: skip
    assert who(2).encode() in path.read_bytes()
    for word in (who(1).encode(), b"OP-1", b"myeloma"):
        assert word not in path.read_bytes()


def test_leaks_told_by_hand_have_no_onset(path: Path) -> None:
    with Registry(path) as registry:
        registry.put(procedure("h", 1, level("L1", "canal", "vein")))
    with sqlite3.connect(path) as plain:
        rows = plain.execute("SELECT leak_class, onset_s, area_mm2 FROM leak").fetchall()
    plain.close()
    assert rows == [("canal", None, None), ("vein", None, None)]


def test_its_owner_alone_can_read_it(path: Path) -> None:
    with Registry(path) as registry:
        registry.put(FULL)
        for held in path.parent.iterdir():
            assert stat.S_IMODE(held.stat().st_mode) == 0o600, held.name


def test_scores_and_risks_replace_their_own(path: Path) -> None:
    before = FollowUpRow(patient=who(1), score="VAS", moment="before", value=8)
    after = replaced_moment(before, "24 h", 3)
    risk = RiskRow(
        patient=who(1), level="L1", pathology="metastasis", factors={"osteolysis": True, "infection": False}
    )
    with Registry(path) as registry:
        assert registry.put_follow_up([before, after]) == (2, 0)
        assert registry.put_follow_up([before, replaced_moment(before, "24 h", 4)]) == (0, 1)
        assert [row.value for row in registry.follow_up_rows()] == [4, 8]
        assert registry.put_risks([risk, RiskRow(patient=who(1), posterior_wall_defect=False)]) == (2, 0)
        assert registry.put_risks([risk]) == (0, 0)
        assert registry.risk_rows() == [RiskRow(patient=who(1), posterior_wall_defect=False), risk]


def replaced_moment(row: FollowUpRow, moment: str, value: float) -> FollowUpRow:
    return replace(row, moment=moment, value=value)


def test_all_or_nothing(path: Path) -> None:
    with Registry(path) as registry:
        registry.put(FULL)
        wrong = replace(FULL, session_id="s3", duration_s=float("nan"))
        with pytest.raises(OutputError, match="duration_s"):
            registry.put_all([replace(FULL, session_id="s2"), wrong])
        with pytest.raises(InputError, match="a patient and a day"):
            put_together(registry, replace(FULL, session_id="s4"), replace(CT, day=None))
        assert [record.session_id for record in registry.records()] == ["s1"]


def put_together(registry: Registry, record: ProcedureRecord, scan: CtRecord) -> None:
    with registry.all_or_nothing():
        registry.put(record)
        registry.put_ct(None, scan)


def test_readers_see_one_moment_while_another_writes(path: Path) -> None:
    with Registry(path) as writer:
        writer.put(FULL)
        with Registry(path, read_only=True) as reader, reader.snapshot():
            assert reader.counts()["procedure"] == 1
            writer.put(replace(FULL, session_id="s2"))
            assert reader.counts()["procedure"] == 1
            assert len(reader.records()) == 1
        with Registry(path, read_only=True) as reader:
            assert reader.counts()["procedure"] == 2
            with pytest.raises(OutputError, match="readonly"):
                reader.put(FULL)


def test_a_locked_registry_is_told_in_one_line(path: Path) -> None:
    with Registry(path) as first, Registry(path, wait_s=0.05) as second, first.all_or_nothing():
        first.put(FULL)
        with pytest.raises(OutputError, match=r"registry\.sqlite: .*another program is writing it"):
            second.put(FULL)
        assert second.counts()["procedure"] == 0


def test_what_is_put_into_a_snapshot_is_refused_and_not_lost_unseen(path: Path) -> None:
    with Registry(path) as registry:
        with registry.snapshot(), pytest.raises(OutputError, match="within a transaction"):
            registry.put(FULL)
        registry.put(FULL)
        assert len(registry.records()) == 1


def test_two_that_make_it_at_once_make_one(path: Path) -> None:
    with sqlite3.connect(path) as begun:
        begun.execute("PRAGMA journal_mode=WAL")  # as far as another process may have come
    begun.close()
    assert path.stat().st_size > 0
    with Registry(path) as first, Registry(path) as second:
        first.put(FULL)
        second.put(replace(FULL, session_id="s2"))
        assert first.counts()["procedure"] == 2


def test_a_pipe_is_no_registry(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(OutputError, match="not a regular file"):
        Registry(path)
    with pytest.raises(SourceError, match="no such registry"):
        Registry(path, read_only=True)


def test_flipped_bytes_are_told_or_do_no_harm(path: Path) -> None:
    with Registry(path) as registry:
        registry.put_all(replace(FULL, session_id=f"s{number}") for number in range(3))
        registry.put_follow_up([FollowUpRow(patient=who(1), score="VAS", moment="before", value=8)])
        registry.put_ct("s1", CT)
    whole = path.read_bytes()
    draw = np.random.default_rng(3)
    told = []
    for _ in range(150):
        data = bytearray(whole)
        for place in draw.integers(0, len(data), 20):
            data[place] ^= 1 << int(draw.integers(8))
        path.write_bytes(data)
        try:
            with Registry(path, read_only=True) as registry, registry.snapshot():
                registry.records(), registry.follow_up_rows(), registry.ct_rows(), registry.risk_rows()
                registry.counts(), registry.patients()
        except (SourceError, OutputError) as error:
            told.append(str(error))
    assert len(told) > 50
    assert all(words.startswith(str(path)) for words in told)


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (text)")
    other.close()


def with_view(path: Path) -> None:
    with Registry(path):
        pass
    with sqlite3.connect(path) as other:
        other.execute(
            "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i FROM n) SELECT * FROM n"
        )
    other.close()


def cut(path: Path) -> None:
    with Registry(path) as registry:
        registry.put_all(replace(FULL, session_id=f"s{number}") for number in range(200))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path: Path) -> None:
    with Registry(path) as registry:
        registry.put_all(replace(FULL, session_id=f"s{number}") for number in range(200))
    data = bytearray(path.read_bytes())
    data[8192 : len(data) - 4096] = b"\xa5" * (len(data) - 4096 - 8192)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (foreign, "another program's database"), (with_view, "its tables are others"), (cut, "damaged"),
        (overwritten, "damaged"), (lambda path: path.write_text("patient;VAS\n"), "not a registry"),
    ],
)  # fmt: skip
def test_another_kind_of_file_is_one_line_and_stays_as_it_is(path: Path, make: object, words: str) -> None:
    make(path)  # type: ignore[operator]
    data = path.read_bytes()
    with pytest.raises(SourceError, match=words) as told:
        Registry(path)
    assert str(told.value).startswith(str(path))
    assert "\n" not in str(told.value)
    assert path.read_bytes() == data
    with pytest.raises(SourceError), Registry(path, read_only=True) as registry:
        registry.records()
    assert path.read_bytes() == data


def test_a_later_version_is_refused_and_an_older_one_migrated(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Registry(path) as registry:
        registry.put(FULL)
    added = "CREATE TABLE added (note TEXT NOT NULL) STRICT"
    monkeypatch.setattr(schema, "VERSION", 2)
    monkeypatch.setattr(schema, "TABLES", (*schema.TABLES, added))
    monkeypatch.setattr(schema, "MIGRATIONS", {1: ("CREATE TABLE half (x)", "no SQL")})
    with pytest.raises(OutputError, match="syntax"):
        Registry(path)
    with pytest.raises(SourceError, match="version 1"):  # whole as it was, and nobody has changed it
        Registry(path, read_only=True)
    monkeypatch.setattr(schema, "MIGRATIONS", {1: (added,)})
    with Registry(path) as registry:
        assert registry.records() == [replace(FULL, folder="")]
    monkeypatch.undo()
    data = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(OutputError, match="version 2, this software knows up to version 1"):
            Registry(path, read_only=read_only)
    assert path.read_bytes() == data


def test_what_is_not_there_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(SourceError, match="no such registry"):
        Registry(path, read_only=True)
    assert not path.exists()
    with pytest.raises(OutputError, match="cannot write"):
        Registry(path / "below" / "it")


def test_a_record_that_somebody_has_changed_is_named(path: Path) -> None:
    with Registry(path) as registry:
        registry.put(FULL)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE procedure SET json = ?", (b'{"session_id": 7}',))
        other.execute("INSERT INTO follow_up VALUES ('x', 'pain', 'before', 3.0)")
    other.close()
    with Registry(path, read_only=True) as registry:
        with pytest.raises(SourceError, match=r"registry\.sqlite: s1: not a record"):
            registry.records()
        with pytest.raises(SourceError, match="damaged: follow_up"):
            registry.follow_up_rows()
