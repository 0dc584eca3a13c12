"""CT beside fluoroscopy: who saw which leak, what is not compared, and the figures' intervals."""

from __future__ import annotations

import pytest

from recordings.cohort.rates import rate
from recordings.ct.agreement import (
    BOTH,
    CT_ONLY,
    FLUOROSCOPY_ONLY,
    LeakAgreement,
    VolumeAgreement,
    agreement_of,
    limits_of,
    sensitivities_of,
)
from recordings.ct.record import CtLeak, CtLevel, CtRecord
from recordings.qa.record import LeakRecord, LevelRecord, ProcedureRecord


def ct_of(*levels: CtLevel, searched: tuple[str, ...] = ("L1", "L2"), coarse: bool = False) -> CtRecord:
    return CtRecord(series="s", spacing_mm=(1, 1, 1), levels=levels, searched=searched, coarse=coarse)


def ct_level(name: str, volume_ml: float, *leaks: CtLeak) -> CtLevel:
    return CtLevel(
        level=name, volume_ml=volume_ml, volume_sd_ml=0.05, within_ml=volume_ml, outside_ml=0.0, leaks=leaks
    )


def ct_leak(name: str, ambiguous_with: str | None = None) -> CtLeak:
    return CtLeak(leak_class=name, volume_ml=0.2, detached=False, ambiguous_with=ambiguous_with)


def session(*levels: LevelRecord) -> ProcedureRecord:
    return ProcedureRecord(session_id="a", folder="f", levels=levels)


def leak(name: str, ambiguous_with: str | None = None) -> LeakRecord:
    return LeakRecord(leak_class=name, onset_s=3.0, area_mm2=10.0, ambiguous_with=ambiguous_with)


def test_leaks_are_seen_by_both_or_by_one() -> None:
    ct = ct_of(ct_level("L1", 3.0, ct_leak("canal"), ct_leak("vein")))
    seen = session(LevelRecord(level="L1", leaks=(leak("vein"), leak("disc_superior"))))
    found = {row.leak_class: row.seen_by for row in agreement_of(ct, [seen]).leaks}
    assert found == {"canal": CT_ONLY, "vein": BOTH, "disc_superior": FLUOROSCOPY_ONLY}


def test_what_projection_cannot_tell_apart_counts_as_seen_once() -> None:
    ct = ct_of(ct_level("L1", 3.0, ct_leak("canal")))
    seen = session(LevelRecord(level="L1", leaks=(leak("foramen", "canal"),)))
    (row,) = agreement_of(ct, [seen]).leaks
    assert (row.leak_class, row.seen_by) == ("canal", BOTH)
    assert "as foramen" in row.note


def test_the_same_class_comes_before_one_that_it_may_be() -> None:
    ct = ct_of(ct_level("L1", 3.0, ct_leak("canal", "foramen"), ct_leak("foramen")))
    seen = session(LevelRecord(level="L1", leaks=(leak("foramen"),)))
    found = {row.leak_class: row.seen_by for row in agreement_of(ct, [seen]).leaks}
    assert found == {"canal": CT_ONLY, "foramen": BOTH}


def test_a_level_that_one_did_not_look_into_is_not_compared() -> None:
    ct = ct_of(ct_level("L2", 2.0, ct_leak("canal")), searched=("L2",))
    seen = session(LevelRecord(level="L1", volume_ml=3.0, leaks=(leak("vein"),)))
    made = agreement_of(ct, [seen])
    assert made.leaks == ()
    rows = {row.level: row for row in made.volumes}
    assert rows["L1"].ct_ml is None
    assert rows["L1"].note == "not on the CT, or not labelled"
    assert rows["L2"].fluoroscopy_ml is None
    assert [row.difference_ml for row in made.volumes] == [None, None]


def test_a_searched_level_without_cement_on_ct_is_zero_and_its_leak_fluoroscopys_alone() -> None:
    seen = session(LevelRecord(level="L1", volume_ml=1.5, leaks=(leak("vein"),)))
    made = agreement_of(ct_of(), [seen])
    assert made.volumes[0].difference_ml == pytest.approx(-1.5)
    assert made.leaks[0].seen_by == FLUOROSCOPY_ONLY


def test_a_level_of_two_sessions_is_taken_together_and_a_relative_volume_is_none() -> None:
    ct = ct_of(ct_level("L1", 4.0))
    one, two = LevelRecord(level="L1", volume_ml=2.0), LevelRecord(level="L1", volume_ml=1.5)
    (row,) = agreement_of(ct, [session(one), session(two)]).volumes
    assert row.difference_ml == pytest.approx(0.5)
    relative = LevelRecord(level="L1", volume_ml=1.5, volume_relative=True)
    (row,) = agreement_of(ct, [session(one), session(relative)]).volumes
    assert (row.fluoroscopy_ml, row.difference_ml) == (None, None)
    assert row.note == "fluoroscopy has no calibrated volume"


def test_marks_alone_say_nothing_of_leaks() -> None:
    seen = session(LevelRecord(level="L1", volume_ml=1.5, leaks=(leak("vein"),)))
    assert agreement_of(ct_of(ct_level("L1", 1.6), coarse=True), [seen]).leaks == ()


def test_limits_of_agreement() -> None:
    rows = [
        VolumeAgreement(level="L1", ct_ml=None, ct_sd_ml=None, fluoroscopy_ml=None, difference_ml=gap)
        for gap in (-0.2, 0.1, 0.4, None)
    ]
    limits = limits_of(rows)
    assert limits is not None
    assert (limits.count, limits.bias_ml, limits.sd_ml) == (3, pytest.approx(0.1), pytest.approx(0.3))
    assert (limits.low_ml, limits.high_ml) == (pytest.approx(-0.488), pytest.approx(0.688))
    assert limits_of(rows[:2]) is None


def test_sensitivity_has_wilsons_interval() -> None:
    # canal leaks correctly seen on radiographs: 2 of 28; the interval by hand
    made = rate("canal", 2, 28)
    assert (made.low, made.high) == (pytest.approx(0.0198, abs=2e-4), pytest.approx(0.2264, abs=2e-4))
    assert rate("canal", 0, 0).fraction is None
    kinds = [BOTH, CT_ONLY, CT_ONLY, FLUOROSCOPY_ONLY]
    rows = [
        LeakAgreement(level="L1", leak_class="canal", seen_by=kind, ct_ml=None, fluoroscopy_ml=None)
        for kind in kinds
    ]
    (row,) = sensitivities_of(rows)
    assert (row.seen.events, row.seen.total, row.by_ct_only, row.by_fluoroscopy_only) == (1, 3, 2, 1)
