"""Radiation dose reports as machines write them: every number in its unit, what is not known is None."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import SourceError
from recordings.dose.read import is_dose_report, read_dose
from recordings.dose.record import Accumulated, DoseReport, Irradiation
from recordings.dose.units import conversion, converted
from tests import peers
from tests.recordings.deidentifying.corpus import loaded, pictures
from tests.recordings.dose.report import (
    ACQUISITION,
    EVENT,
    INSTANCE,
    PLANE_A,
    STUDY,
    code,
    coded,
    container,
    dose_report,
    event,
    item,
    number,
    save,
    text,
    totals,
)


def read(tmp_path: Path, *events: object, **more: object) -> DoseReport:
    return read_dose(save(dose_report(events, **more), tmp_path / "dose.dcm"))  # type: ignore[arg-type]


def test_a_whole_report(tmp_path: Path) -> None:
    report = read(tmp_path, event(1), event(2, "20260312101600", kind=ACQUISITION, plane=PLANE_A))
    assert (report.sop_instance_uid, report.study_instance_uid) == (INSTANCE, STUDY)
    assert (report.written, report.problems) == ("2026-03-12T10:30:00+01:00", ())
    assert report.irradiations[0] == Irradiation(
        uid=EVENT.format(1), started="2026-03-12T10:15:00.250000+01:00", kind="fluoroscopy", plane="single",
        tube_voltage_kv=71, tube_current_ma=42.5, pulse_width_ms=8, pulse_rate_hz=15, pulses=63,
        exposure_time_s=0.504, duration_s=4.2, dose_area_product_gy_m2=0.0000123, dose_rp_gy=0.00185,
        primary_angle_deg=-89.5, secondary_angle_deg=1.2,
    )  # fmt: skip
    second = report.irradiations[1]
    assert (second.kind, second.plane) == ("acquisition", "a")
    assert second.started == "2026-03-12T10:16:00+01:00"
    assert report.accumulated == (
        Accumulated(
            plane="single", dose_area_product_gy_m2=0.000041, dose_rp_gy=0.0061,
            fluoroscopy_dose_area_product_gy_m2=pytest.approx(0.000041),
            fluoroscopy_dose_rp_gy=pytest.approx(0.0061), fluoroscopy_time_s=pytest.approx(12.6),
            acquisition_dose_area_product_gy_m2=0, acquisition_dose_rp_gy=None, acquisition_time_s=0,
            frames=0,
        ),
    )  # fmt: skip


def test_others_read_the_report_that_the_tests_build(tmp_path: Path) -> None:
    path = save(dose_report([event(1)]), tmp_path / "dose.dcm")
    said = peers.run("dciodvfy", "-new", path, status=None)
    assert [line for line in said.splitlines() if line.startswith("Error")] == []
    printed = peers.run("dsrdump", path)
    assert '"Dose (RP)")="0.00185" (Gy,UCUM,"Gy")' in printed


@pytest.mark.parametrize(
    ("dap", "expected"),
    [
        (("123", "dGy.cm2"), 1.23e-3), (("1.23", "uGy*m^2"), 1.23e-6), (("1.23", "µGym²"), 1.23e-6),
        (("12,3", "Gy.cm2"), 1.23e-3), (("1230", "mGy.cm2"), 1.23e-4), (("0", "Gy.m2"), 0.0),
        (("1", "mGy"), None), (("1", "furlong"), None), (("-1", "Gy.m2"), None), (("nan", "Gy.m2"), None),
        (("1e400", "Gy.m2"), None), (("1", ""), None), (("1", "Gy.m2{x}"), 1.0), (("1", "11.Gy.m2"), None),
    ],
)  # fmt: skip
def test_doses_in_units_that_are_seen_and_others(
    dap: tuple[str, str], expected: float | None, tmp_path: Path
) -> None:
    made = event(1)
    measured = made.ContentSequence[5].MeasuredValueSequence[0]
    measured.NumericValue = "7.777777"
    measured.MeasurementUnitsCodeSequence[0].CodeValue = dap[1]
    path = save(dose_report([made]), tmp_path / "dose.dcm")
    path.write_bytes(path.read_bytes().replace(b"7.777777", dap[0].encode().ljust(8)))
    report = read_dose(path)
    assert report.irradiations[0].dose_area_product_gy_m2 == pytest.approx(expected)
    assert report.irradiations[0].dose_rp_gy == 0.00185
    assert bool(report.problems) == (expected is None)


def test_values_told_pulse_by_pulse_are_averaged_and_those_of_an_older_maker_are_found(
    tmp_path: Path,
) -> None:
    frames = item("NUM", ("X", "99PHI-IXR-XPER", "Number of Frames"))
    frames.MeasuredValueSequence = number("1", "x", "63", "1").MeasuredValueSequence
    made = event(1, more=[number("113733", "KVP", "73", "kV"), frames])
    made.ContentSequence = [
        one for one in made.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue != "113768"
    ]
    deeper = container(
        ("113000", "99X", "Source data"), [number("113767", "Average X-Ray Tube Current", "40", "mA")]
    )
    made.ContentSequence.append(deeper)
    (one,) = read(tmp_path, made).irradiations
    assert (one.tube_voltage_kv, one.pulses, one.tube_current_ma) == (72, 63, 40)


def test_what_is_missing_is_not_known(tmp_path: Path) -> None:
    bare = container(("113706", "DCM", "Irradiation Event X-Ray Data"), [text("125203", "Protocol", "x")])
    empty = item("CONTAINER", ("113706", "DCM", "Irradiation Event X-Ray Data"))
    odd = event(2, "19991231235959", kind=("1", "99X", "something"), plane=("2", "99X", "else"))
    nameless = event(3)
    del nameless.ContentSequence[6].ConceptNameCodeSequence
    path = save(dose_report([bare, empty, odd, nameless], offset=None, sums=[]), tmp_path / "dose.dcm")
    path.write_bytes(path.read_bytes().replace(b"19991231235959", b"19999999999999"))
    report = read_dose(path)
    assert report.irradiations.count(Irradiation()) == 2
    named = {one.uid: one for one in report.irradiations}
    assert (named[EVENT.format(2)].started, named[EVENT.format(2)].kind) == (None, None)
    assert named[EVENT.format(3)].dose_rp_gy is None
    assert named[EVENT.format(3)].started == "2026-03-12T10:15:00.250000"
    assert report.accumulated == ()


@pytest.mark.parametrize("what", ["nothing", "image", "no events", "cut", "deep", "SR of another kind"])
def test_what_is_no_dose_report_is_one_line(what: str, tmp_path: Path) -> None:
    path = tmp_path / "dose.dcm"
    ds = dose_report([event(1)])
    if what == "image":
        ds = loaded(pictures(1, 8))
    elif what == "no events":
        ds = dose_report([], sums=[])
    elif what == "SR of another kind":
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
        ds.ConceptNameCodeSequence = [code("126000", "DCM", "Imaging Measurement Report")]
    if what != "nothing":
        save(ds, path)
    if what == "cut":
        path.write_bytes(path.read_bytes()[:700])
    if what == "deep":
        # sequences in one another, of undefined length
        into = b"\x40\0\x30\xa7SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\xff\xff\xff\xff"
        whole = path.read_bytes()
        path.write_bytes(whole[: whole.index(into[:4])] + 3000 * into)
    with pytest.raises(SourceError) as told:
        read_dose(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_dose_report_is_known_by_its_class(tmp_path: Path) -> None:
    assert is_dose_report(save(dose_report([event(1)]), tmp_path / "a.dcm"))
    assert not is_dose_report(save(loaded(pictures(1, 8)), tmp_path / "b.dcm"))
    (tmp_path / "c.dcm").write_bytes(b"x" * 300)
    assert not is_dose_report(tmp_path / "c.dcm")


def test_planes_are_told_apart_in_the_sums(tmp_path: Path) -> None:
    report = read(tmp_path, event(1), sums=[totals(PLANE_A), totals(("113621", "DCM", "Plane B"))])
    assert [one.plane for one in report.accumulated] == ["a", "b"]
    assert coded(("1", "x", "x"), PLANE_A).ConceptCodeSequence[0].CodeValue == "113620"


@given(st.text(max_size=45))
def test_any_unit_is_known_or_not_and_never_an_error(unit: str) -> None:
    read_as = conversion(unit)
    assert read_as is None or read_as[0] > 0
    assert converted(1.0, unit, "Gy.m2") is None or read_as is not None
