"""Figures that are otherwise than they were found live: like is held against like."""

from __future__ import annotations

from types import MappingProxyType

from msgspec.structs import replace

from recordings.qa.differences import _of_level
from recordings.qa.record import Closest, DistributionMap, LevelRecord
from recordings.results.figures import Closest as Near
from recordings.results.figures import LevelFigures, Seen

AT = Seen(1, 0)
LATERAL = LevelFigures(
    "lateral", "L1", AT, 200.0, 0.0, 0.3, 3.0, 0.6, volume_relative=True,
    closest=MappingProxyType({"vein": Near(0.002, -1.0, AT)}),
)  # fmt: skip
AP = LevelFigures("ap", "L1", AT, 260.0, 0.0, 0.25, 2.5, 0.1)
SIDE = DistributionMap(view="lateral", projection="lateral", first=0.0, last=1.0, cover=((1.0,),))


def test_of_two_views_each_figure_is_held_against_that_of_the_same_view() -> None:
    now = LevelRecord(
        level="L1", views=("ap", "lateral"), volume_ml=2.5, volume_sd_ml=0.1, fill_fraction=0.3,
        area_mm2=200.0, outside_mm2=0.0, maps=(SIDE,),
        # on the other side of nothing, and the same to the last digit that is shown
        closest=(Closest(structure="vein", value_mm=-0.002, low_mm=-1.0, time_s=0.0),),
    )  # fmt: skip
    assert list(_of_level([AP, LATERAL], now, lambda t_ns: t_ns / 1e9)) == []
    (found,) = _of_level([AP, LATERAL], replace(now, volume_ml=2.4), lambda t_ns: t_ns / 1e9)
    assert (found.field, found.logged, found.now) == ("volume_ml", "2.50", "2.40")
