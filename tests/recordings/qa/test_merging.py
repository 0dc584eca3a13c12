"""A level in two views is one record."""

from __future__ import annotations

from msgspec.structs import replace

from recordings.qa.merging import merged
from recordings.qa.record import (
    ApDistribution,
    Closest,
    EndplateContact,
    LateralDistribution,
    LeakRecord,
    LevelRecord,
    TrendPoint,
)

SIDE = LateralDistribution(anterior=0.5, middle=0.3, posterior=0.2, upper=0.2, central=0.5, lower=0.3)
FRONT = ApDistribution(
    image_left=0.4, image_right=0.6, symmetry=0.66, crosses_midline=True, upper=0.2, central=0.5, lower=0.3
)
LATERAL = LevelRecord(
    level="L1", views=("lateral",), volume_ml=3.0, volume_sd_ml=0.6, volume_relative=True, fill_fraction=0.3,
    area_mm2=200.0, lateral=SIDE, front_speed_mm_s=0.5, injection_start_s=3.0, injection_stop_s=20.0,
    superior_endplate=EndplateContact(contact=True, length_fraction=0.2),
    closest=(
        Closest(structure="posterior_wall", value_mm=4.0, low_mm=3.0, time_s=9.0),
        Closest(structure="vein", value_mm=2.0, low_mm=1.0, time_s=9.0),
    ),
    leaks=(
        LeakRecord(leak_class="canal", onset_s=8.0, area_mm2=4.0, ambiguous_with="foramen", view="lateral"),
    ),
    trend=(TrendPoint(time_s=1.0), TrendPoint(time_s=10.0)), unmeasured=("one",), notes=("derived",),
)  # fmt: skip
AP = LevelRecord(
    level="L1", views=("ap",), volume_ml=2.5, volume_sd_ml=0.9, fill_fraction=0.25, area_mm2=260.0, ap=FRONT,
    injection_start_s=12.0, injection_stop_s=22.0,
    superior_endplate=EndplateContact(contact=False, length_fraction=0.0),
    inferior_endplate=EndplateContact(contact=True, length_fraction=0.1),
    closest=(Closest(structure="posterior_wall", value_mm=-1.0, low_mm=-2.0, time_s=15.0),),
    leaks=(
        LeakRecord(leak_class="vein", onset_s=7.0, area_mm2=9.0, view="ap"),
        LeakRecord(leak_class="canal", onset_s=13.0, area_mm2=2.0, view="ap"),
    ),
    trend=(TrendPoint(time_s=11.0), TrendPoint(time_s=24.0)), unmeasured=("one", "two"),
)  # fmt: skip


def test_two_views_are_one_level_with_the_worst_of_each() -> None:
    both = merged([LATERAL, AP])
    assert (both.views, both.lateral, both.ap) == (("lateral", "ap"), SIDE, FRONT)
    assert {one.structure: (one.value_mm, one.time_s) for one in both.closest} == {
        "posterior_wall": (-1.0, 15.0), "vein": (2.0, 9.0),
    }  # fmt: skip
    assert [(leak.leak_class, leak.onset_s, leak.view, leak.ambiguous_with) for leak in both.leaks] == [
        ("vein", 7.0, "ap", None), ("canal", 8.0, "lateral, ap", None),
    ]  # fmt: skip
    assert both.superior_endplate == LATERAL.superior_endplate
    assert both.inferior_endplate == AP.inferior_endplate
    assert (both.injection_start_s, both.injection_stop_s, both.front_speed_mm_s) == (3.0, 22.0, 0.5)
    assert [point.time_s for point in both.trend] == [1.0, 10.0, 11.0, 24.0]
    assert both.unmeasured == ("one", "two")


def test_the_calibrated_volume_counts_and_it_is_said_why() -> None:
    both = merged([LATERAL, AP])
    assert (both.volume_ml, both.volume_relative) == (2.5, False)
    assert "volume as in view ap: calibrated there" in both.notes
    assert (both.fill_fraction, both.area_mm2) == (0.3, 200.0)
    assert "derived" in both.notes


def test_cement_that_grew_to_the_end_of_the_last_view_has_no_stop() -> None:
    assert merged([LATERAL, replace(AP, injection_stop_s=None)]).injection_stop_s is None
    assert merged([replace(LATERAL, injection_stop_s=None), AP]).injection_stop_s == 22.0
    assert merged([LATERAL]) is LATERAL
