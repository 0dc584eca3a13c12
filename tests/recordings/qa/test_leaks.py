"""The leak table: a leak is what it was in the end, seen once however often it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from monitor.config import LeakConfig
from monitor.result import Leak, LevelResult, Pose
from monitor.states import State
from recordings.qa.beside import named_beside
from recordings.qa.carried import PlacesOfDrops, without_fronts
from recordings.qa.distribution import Sampled
from recordings.qa.last_frames import Held
from recordings.qa.leaks import ClassSeen, LeaksSeen, by_onset, in_doubt, settled, together, told_of
from recordings.qa.record import AlarmRecord, LeakRecord

S = 1_000_000_000


def leak(name: str, onset_s: float, *, area: float = 5.0, may_be: str | None = None, ml: float | None = 0.1,
         detached: bool = False) -> Leak:  # fmt: skip
    return Leak(name, area, ml, round(onset_s * S), detached, (0.0, 0.0), may_be)


def seen(spans: Sequence[tuple[float, float, Leak]], until_s: float = 20.0) -> LeaksSeen:
    """Leaks at ten frames a second, each shown between two times."""
    found = LeaksSeen()
    for tenth in range(round(10 * until_s)):
        now = [one for start_s, end_s, one in spans if start_s <= tenth / 10 < end_s]
        found.take(now, round(tenth * S / 10), relative=False)
    return found


def test_parts_of_a_class_are_one_leak() -> None:
    two = (5.0, 20.0, leak("canal", 5.0, area=4.0, may_be="foramen"))
    detached = (8.0, 12.0, leak("canal", 8.0, area=3.0, ml=0.2, detached=True))
    (found,), _ = settled(seen([two, detached]))
    assert (found.leak_class, found.onset_ns, found.detached) == ("canal", 5 * S, True)
    assert (found.largest_mm2, found.last_mm2, found.volume_ml) == (7.0, 4.0, pytest.approx(0.1))
    assert found.ambiguous_with == "foramen"
    assert found.seen_s == pytest.approx(15.0, abs=0.11)


def test_what_was_first_taken_for_another_class_is_the_later_one_from_the_beginning() -> None:
    first = (5.0, 5.4, leak("paravertebral", 5.0, may_be="vein"))
    (found,), said = settled(seen([first, (5.4, 20.0, leak("vein", 5.4))]))
    assert (found.leak_class, found.onset_ns, found.also) == ("vein", 5 * S, ("paravertebral",))
    assert "paravertebral" in said[0]


def test_a_class_of_some_duration_stays_unless_it_said_that_it_may_be_the_other() -> None:
    long = (5.0, 12.0, leak("paravertebral", 5.0))
    both, said = settled(seen([long, (12.0, 20.0, leak("disc_superior", 12.0))]))
    assert [one.leak_class for one in both] == ["paravertebral", "disc_superior"]
    assert not said


def test_what_passes_is_no_leak_but_an_embolus_is_one() -> None:
    passing = (5.0, 5.5, leak("canal", 5.0, may_be="foramen"))
    drop = (6.0, 6.5, leak("embolus", 6.0, ml=None, detached=True))
    (found,), said = settled(seen([passing, drop]))
    assert found.leak_class == "embolus"
    assert found.volume_ml is None
    assert "not counted" in said[0]
    assert settled(LeaksSeen()) == ((), ())


def test_a_doubt_ends_where_the_level_tells_more() -> None:
    over_disc = (5.0, 20.0, leak("disc_superior", 5.0, area=4.0, may_be="vein"))
    (found,), _ = in_doubt(settled(seen([over_disc, (6.0, 20.0, leak("vein", 6.0, area=20.0))]))[0])
    assert (found.leak_class, found.onset_ns, found.last_mm2) == ("vein", 5 * S, 24.0)
    beside = (5.0, 20.0, leak("paravertebral", 5.0, may_be="vein"))
    drop = (9.0, 9.5, leak("embolus", 9.0, ml=None, detached=True))
    found_both, said = in_doubt(settled(seen([beside, drop]))[0])
    assert [(one.leak_class, one.ambiguous_with) for one in found_both] == [("vein", None), ("embolus", None)]
    assert "carried away" in said[0]


def test_a_canal_leak_is_never_taken_for_less() -> None:
    canal = (5.0, 20.0, leak("canal", 5.0, area=2.0, may_be="vein"))
    found, said = in_doubt(settled(seen([canal, (5.0, 20.0, leak("vein", 5.0, area=90.0))]))[0])
    assert {one.leak_class for one in found} == {"canal", "vein"}
    assert not said
    first = (5.0, 7.0, leak("canal", 5.0, may_be="foramen"))
    both, _ = settled(seen([first, (7.0, 20.0, leak("foramen", 7.0))]))
    assert {one.leak_class for one in both} == {"canal", "foramen"}


def test_one_leak_in_two_views_is_clear_where_one_of_them_is() -> None:
    side = LeakRecord(
        leak_class="canal", onset_s=5.0, area_mm2=4.0, ambiguous_with="foramen", view="lateral", told=True
    )
    front = LeakRecord(leak_class="canal", onset_s=9.0, area_mm2=6.0, volume_ml=0.2, view="ap", told=False)
    both = together(side, front)
    assert (both.onset_s, both.area_mm2, both.volume_ml, both.ambiguous_with) == (5.0, 6.0, 0.2, None)
    assert (both.view, both.told) == ("lateral, ap", True)


def test_a_leak_was_told_by_its_own_name_or_one_it_may_be() -> None:
    alarm = AlarmRecord(
        rule="leak_foramen", kind="clinical", priority="high", message="", raised_s=1.0, level="L1"
    )
    canal = ClassSeen("canal", 0, 0)
    assert told_of(ClassSeen("foramen", 0, 0), "L1", [alarm])
    assert told_of(replace(canal, ambiguous_with="foramen"), "L1", [alarm])
    assert told_of(replace(canal, also=("foramen",)), "L1", [alarm])
    assert not told_of(canal, "L1", [alarm])
    assert not told_of(ClassSeen("foramen", 0, 0), "L2", [alarm])


@pytest.mark.parametrize(("size_px", "name"), [((60, 6), "vein"), ((24, 24), "paravertebral")])
def test_beside_the_body_from_the_front_the_shape_tells(size_px: tuple[int, int], name: str) -> None:
    """The body is 60 px wide, a sample 1 px of 0.3 mm; the leak leaves it to the right."""
    rows, columns = 80, 160
    across = np.tile((np.arange(columns) - 20) / 60, (rows, 1))
    down = np.tile(((np.arange(rows) - 20) / 40)[:, None], (1, columns))
    outside = np.zeros((rows, columns), np.uint8)
    cv2.rectangle(outside, (85, 30), (85 + size_px[0], 30 + size_px[1]), 1, -1)
    found = Sampled(
        across, down, (across > 0) & (across < 1), outside > 0, outside > 0, 1.0, np.zeros(2)
    )  # fmt: skip
    unnamed = ClassSeen("outside", 5 * S, 9 * S, last_mm2=9.0)
    (named,), said = named_beside([unnamed], found, 0.3, LeakConfig())
    assert (named.leak_class, named.onset_ns) == (name, 5 * S)
    assert name in said[0]


def place(x: float, y: float, *, leaks: tuple[Leak, ...] = ()) -> LevelResult:
    """The level turned and shifted, with a leak at a point of its reference."""
    pose = Pose((50.0, 50.0), (4.0, -3.0), 0.2, 0.05, 0.9, trusted=True)
    (at,) = pose.to_frame(np.array([[x, y]])).tolist()
    moved = tuple(replace(one, centre_px=(at[0], at[1])) for one in leaks)
    return LevelResult("L1", State.MONITORING, pose, leaks=moved)


@pytest.mark.parametrize(("vein_s", "covered", "classes"), [
    (6.0, True, ["vein"]),  # the front of the vein
    (6.0, False, ["embolus", "vein"]),  # it went elsewhere
    (4.0, True, ["vein", "embolus"]),  # there was a vein before that it may have come from
])  # fmt: skip
def test_a_drop_before_any_leak_where_cement_lies_later_was_a_front(
    *, vein_s: float, covered: bool, classes: list[str]
) -> None:
    drops = PlacesOfDrops()
    drop = leak("embolus", 5.0, ml=None, detached=True)
    for step in range(10):
        drops.take(place(60.0 + step, 40.0, leaks=(drop,)))
    at = place(65.0, 40.0, leaks=(drop,))
    x, y = at.leaks[0].centre_px
    mask = np.ones((16, 16), np.uint8)
    origin = (round(x) - 8, round(y) - 8) if covered else (round(x) + 30, round(y))
    leaks = by_onset([ClassSeen("embolus", 5 * S, 7 * S), ClassSeen("vein", round(vein_s * S), 20 * S)])
    found, _ = without_fronts(leaks, drops, Held(at, mask, origin), 0.4)
    assert [one.leak_class for one in found] == classes
    assert found[0].onset_ns == round(min(5.0, vein_s) * S)
