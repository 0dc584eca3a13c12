"""Tables as CSV and Parquet, read back by other readers: types kept, unknown null."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import msgspec
import polars as pl
import pytest

from monitor.errors import OutputError
from recordings.cohort import published
from recordings.cohort.cohort import cohort_of, cohort_of_registry
from recordings.cohort.cohort_tables import COLUMNS as COHORT_COLUMNS
from recordings.cohort.cohort_tables import cohort_tables
from recordings.cohort.export import (
    COLUMNS,
    export_tables,
    write_cohort_json,
    write_tables,
)
from recordings.cohort.figures import Cohort
from recordings.cohort.registry import Registry
from recordings.cohort.rows import FollowUpRow, RiskRow
from recordings.qa.record import Closest, EndplateContact, LateralDistribution, LevelRecord, ProcedureRecord
from tests.recordings.cohort.made import level, procedure, who
from tests.recordings.cohort.test_registry import CT, FULL

MEASURED = LevelRecord(
    level="T12", views=("lateral",), pathology='of "unknown", origin\n', posterior_wall_defect=False,
    volume_ml=2.5,
    lateral=LateralDistribution(anterior=0.5, middle=0.3, posterior=0.2, upper=0.1, central=0.6, lower=0.3),
    superior_endplate=EndplateContact(contact=True, length_fraction=0.25),
    closest=(Closest(structure="posterior_wall", value_mm=-0.5, low_mm=-1.0, time_s=7.5),),
)  # fmt: skip


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    opened = Registry(tmp_path / "r.sqlite")
    opened.put_all([FULL, procedure("s2", None, MEASURED, day=None), procedure("s3", 2, level("L3", "vein"))])
    opened.put_ct("s1", CT)
    opened.put_follow_up([FollowUpRow(patient=who(1), score="EQ-5D", moment="before", value=-0.25)])
    opened.put_risks([RiskRow(patient=who(1), factors={"osteolysis": True, "infection": False})])
    return opened


def test_parquet_keeps_types_and_unknown_is_null(registry: Registry, tmp_path: Path) -> None:
    with registry:
        written = export_tables(registry, tmp_path / "out", csv=False, parquet=True)
    assert [path.name for path in written] == [f"{name}.parquet" for name in COLUMNS]
    for path in written:
        data = path.read_bytes()
        assert data[:4] == data[-4:] == b"PAR1"
    procedures = pl.scan_parquet(tmp_path / "out" / "procedures.parquet").sort("session_id").collect()
    assert procedures.schema["day"] == pl.Date
    assert procedures.schema["monitored"] == pl.Boolean
    assert procedures.schema["frames"] == pl.Int64
    assert procedures["day"].to_list() == [date(2025, 3, 1), None, date(2025, 3, 1)]
    assert procedures["dose_area_product_gy_m2"].to_list() == [1e-4, None, None]
    assert procedures["patient"].to_list() == [who(1), None, who(2)]
    levels = pl.scan_parquet(tmp_path / "out" / "levels.parquet").filter(pl.col("level") == "T12").collect()
    row = levels.row(0, named=True)
    assert row["posterior_wall_defect"] is False
    assert (row["volume_ml"], row["lateral_posterior"], row["superior_endplate_contact"]) == (2.5, 0.2, True)
    assert (row["closest_posterior_wall_mm"], row["closest_posterior_wall_s"]) == (-0.5, 7.5)
    assert row["ap_symmetry"] is None
    assert row["closest_vein_mm"] is None
    leaks = pl.read_parquet(tmp_path / "out" / "leaks.parquet").sort("session_id", "onset_s")
    assert leaks["leak_class"].to_list() == ["canal", "vein", "vein"]
    assert leaks["onset_s"].to_list() == [4.0, 5.0, None]  # of a leak told by hand nothing more is known
    risks = pl.read_parquet(tmp_path / "out" / "risks.parquet").row(0, named=True)
    assert (risks["osteolysis"], risks["infection"], risks["no_oedema"], risks["level"]) == (
        True,
        False,
        None,
        None,
    )


def test_csv_is_read_by_another_reader(registry: Registry, tmp_path: Path) -> None:
    with registry:
        export_tables(registry, tmp_path, csv=True, parquet=False)
    tables = {}
    for name, columns in COLUMNS.items():
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            tables[name] = list(reader)
            assert reader.fieldnames == [column for column, _ in columns]
    assert [row["day"] for row in tables["procedures"]] == ["2025-03-01", "2025-03-01", ""]
    told = next(row for row in tables["levels"] if row["level"] == "T12")
    assert told["pathology"] == 'of "unknown", origin\n'
    assert (told["posterior_wall_defect"], told["planned_ml"], told["volume_ml"]) == ("false", "", "2.5")
    assert tables["follow_up"] == [
        {"patient": who(1), "score": "EQ-5D", "moment": "before", "value": "-0.25"}
    ]
    assert [(row["session_id"], row["level"], row["leak_classes"]) for row in tables["ct"]] == [
        ("s1", "L1", "canal")
    ]
    assert [row["rule"] for row in tables["alarms"]] == ["leak_canal"]


def test_an_empty_registry_has_its_columns(tmp_path: Path) -> None:
    with Registry(tmp_path / "r.sqlite") as registry:
        export_tables(registry, tmp_path, csv=True, parquet=True)
    for name, columns in COLUMNS.items():
        held = pl.read_parquet(tmp_path / f"{name}.parquet")
        assert held.height == 0
        assert held.columns == [column for column, _ in columns]


def test_a_folder_that_cannot_be_is_one_line(registry: Registry, tmp_path: Path) -> None:
    with registry, pytest.raises(OutputError, match=r"r\.sqlite: cannot be made"):
        export_tables(registry, tmp_path / "r.sqlite", csv=True, parquet=False)


def test_tables_of_a_cohort(registry: Registry, tmp_path: Path) -> None:
    with registry:
        cohort = cohort_of_registry(registry, software_version="1")
    write_tables(cohort_tables(cohort), tmp_path, csv=True, parquet=True)
    rates = pl.read_parquet(tmp_path / "rates.parquet")
    found = rates.filter(by="all", unit="vertebrae", found_by="fluoroscopy").row(0, named=True)
    assert (found["events"], found["total"], found["few"]) == (2, 4, True)
    assert rates.filter(found_by="CT", by="all").height == 2
    assert rates.schema["fraction"] == pl.Float64
    assert pl.read_parquet(tmp_path / "sensitivities.parquet").filter(leak_class="canal")["seen"].item() == 1
    with (tmp_path / "comparisons.csv").open(newline="") as file:
        rows = {(row["measure"], row["series"]): row for row in csv.DictReader(file)}
    beside = rows[published.ANY_VERTEBRA, published.SERIES_50]
    assert (beside["own_events"], beside["own_total"], beside["published_events"]) == ("2", "4", "19")
    assert rows["VAS, change from before to 24 h", published.SCORE_SERIES]["own_mean"] == ""
    for name, columns in COHORT_COLUMNS.items():
        assert pl.read_parquet(tmp_path / f"{name}.parquet").columns == list(columns)


def test_cohort_json_is_read_again(tmp_path: Path) -> None:
    records: list[ProcedureRecord] = [FULL]
    cohort = cohort_of(records, software_version="1")
    write_cohort_json(tmp_path / "cohort.json", cohort)
    data = (tmp_path / "cohort.json").read_bytes()
    assert msgspec.json.decode(data, type=Cohort) == cohort
    assert json.loads(data)["schema"] == "cementwatch.cohort/1"
    assert data.endswith(b"}\n")
    with pytest.raises(OutputError, match="cannot be written"):
        write_cohort_json(tmp_path / "no" / "cohort.json", cohort)
