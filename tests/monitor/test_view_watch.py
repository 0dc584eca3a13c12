"""A C-arm that is turned shows another view: never monitored, said in time, and got over."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from monitor.config import Config
from monitor.errors import PlanError
from monitor.frame import Frame, Pixels, freeze_pixels
from monitor.pipeline import Pipeline
from monitor.plan import ImageSize, Plan, parse_plan, plan_to_json
from monitor.plan_image import encode_reference, reference_in
from monitor.result import Result
from monitor.states import State
from monitor.views import Views
from recordings.simulated.disturbances import Hand, Jerk, TableMove
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from recordings.watching import views_to_watch, watch
from tests.rendered import forget, rendered

__all__ = ["forget"]

pytestmark = pytest.mark.usefixtures("forget")

RATE_HZ = 15.0
TURNED_S, BACK_S = 6.0, 9.0


def frames(projection: str, seconds: float, seed: int, **more: object) -> Iterator[Frame]:
    settings = SimulationSettings(
        seed=seed, size=320, mm_per_px=0.42, projection=projection, injection_start_s=3.5, **more  # type: ignore[arg-type]
    )  # fmt: skip
    return iter(rendered("clean", settings, round(seconds * RATE_HZ)))


def monitor(projection: str, seed: int) -> Pipeline:
    settings = SimulationSettings(
        seed=seed, size=320, mm_per_px=0.42, projection=projection, injection_start_s=3.5  # type: ignore[arg-type]
    )  # fmt: skip
    plan = plan_for("clean", settings)
    with SimulatedSource("clean", settings) as source:
        return Pipeline(plan, plan.views[0], source.info, Config())


def go(
    pipe: Pipeline, shots: Iterator[Frame], change: Callable[[Frame], Frame] = lambda f: f
) -> list[Result]:
    return [pipe.step(change(shot), shot.time_ns) for shot in shots]


def codes(result: Result) -> set[str]:
    return {reason.code for reason in result.reasons}


def at_s(result: Result) -> float:
    return result.frame.time_ns / 1e9


@pytest.mark.parametrize(("first", "other", "seed"), [("lateral", "ap", 1), ("ap", "lateral", 3)])
def test_a_turned_c_arm_is_called_within_half_a_second_and_the_view_is_taken_up_again(
    first: str, other: str, seed: int
) -> None:
    planned = list(frames(first, 13.0, seed))
    elsewhere = list(frames(other, 13.0, seed))
    shots = (
        e if TURNED_S <= p.time_ns / 1e9 < BACK_S else p for p, e in zip(planned, elsewhere, strict=True)
    )
    results = go(monitor(first, seed), shots)
    before = [r for r in results if 4.5 < at_s(r) < TURNED_S]
    assert {r.state for r in before} <= {State.MONITORING, State.DEGRADED}
    turned = [r for r in results if TURNED_S <= at_s(r) < BACK_S]
    assert {r.state for r in turned} == {State.NOT_MONITORING}
    called = next(at_s(r) for r in turned if "unknown_view" in codes(r))
    assert called - TURNED_S <= 0.5
    assert all("unknown_view" in codes(r) for r in turned if at_s(r) > called)
    assert all(level.area_mm2 is None for r in turned for level in r.levels)
    raised = [t for r in turned for t in r.transitions if t.event == "raised"]
    assert {t.alert.rule_id for t in raised} == {"not_monitoring"}
    # back again: the reference of before still holds, and what has grown meanwhile is seen at once
    again = next(r for r in results if at_s(r) >= BACK_S and r.state <= State.DEGRADED)
    assert at_s(again) - BACK_S <= 0.5
    assert results[-1].state <= State.DEGRADED
    assert results[-1].levels[0].area_mm2 > 1.1 * before[-1].levels[0].area_mm2
    assert not [t for r in results for t in r.transitions if t.alert.rule_id.startswith("leak_")]


def test_ordinary_disturbances_are_no_other_view() -> None:
    happenings = (
        Jerk(at_s=4.0, mm=6.0), Hand(at_s=6.0, seconds=2.0), TableMove(at_s=9.0, mm=25.0)
    )  # fmt: skip
    results = go(monitor("lateral", 2), frames("lateral", 14.0, 2, disturbances=happenings))
    assert not [at_s(r) for r in results if "unknown_view" in codes(r)]


def test_snow_is_no_view_that_is_known() -> None:
    noise = np.random.default_rng(4)

    def snow(shot: Frame) -> Frame:
        if shot.time_ns / 1e9 < TURNED_S:
            return shot
        pixels = noise.integers(0, 4096, shot.pixels.shape).astype(np.uint16)
        return replace(shot, pixels=freeze_pixels(pixels, copy=False))

    results = go(monitor("lateral", 2), frames("lateral", 8.0, 2), snow)
    assert {r.state for r in results if at_s(r) > TURNED_S + 0.2} == {State.NOT_MONITORING}


def at_s_of(shot: Frame) -> float:
    return shot.time_ns / 1e9


def two_views(seed: int) -> tuple[Plan, dict[str, Frame]]:
    """A plan of the lateral and the AP view, and the frames on which they were drawn."""
    plans, firsts = [], {}
    for projection in ("lateral", "ap"):
        settings = SimulationSettings(
            seed=seed, size=320, mm_per_px=0.42, projection=projection, injection_start_s=3.5  # type: ignore[arg-type]
        )  # fmt: skip
        plans.append(plan_for("clean", settings))
        firsts[projection] = next(frames(projection, 1.0, seed))
    views = tuple(plan.views[0] for plan in plans)
    return msgspec.structs.replace(plans[0], views=views), firsts


def test_with_both_views_in_the_plan_the_right_one_is_taken_up_and_alarms_stay() -> None:
    seed = 1
    plan, firsts = two_views(seed)
    with SimulatedSource("clean", SimulationSettings(seed=seed, size=320, mm_per_px=0.42)) as source:
        info = source.info
    references: dict[str, Pixels | None] = {name: shot.pixels for name, shot in firsts.items()}
    watched, _ = watch(plan, references, plan.views, info, Config(), None)
    lateral, ap = (list(frames(projection, 20.0, seed)) for projection in ("lateral", "ap"))
    results = [
        watched.step(a if 7.0 <= p.time_ns / 1e9 < 15.0 else p, p.time_ns)
        for p, a in zip(lateral, ap, strict=True)
    ]
    in_ap = [at_s(r) for r in results if r.view == "ap"]
    assert in_ap[0] - 7.0 <= 0.5
    assert 15.0 <= in_ap[-1] <= 15.5
    settled = [r for r in results if 11.5 <= at_s(r) < 15.0]
    assert {r.state for r in settled} == {State.DEGRADED}
    assert {reason.code for r in settled for reason in r.reasons} >= {"late_view"}
    # back in the lateral view what was known of it holds, and an alarm of it has not gone meanwhile
    again = [r for r in results if at_s(r) >= 15.6]
    assert {r.view for r in again} == {"lateral"}
    assert again[-1].levels[0].area_mm2 > 50.0
    before = next(r for r in reversed(results) if at_s(r) < 7.0)
    near = {a.key for a in before.alerts if a.rule_id.startswith("near_")}
    assert near <= {a.key for a in settled[-1].alerts}
    beam = [r.beam_on_s for r in results]
    assert beam == sorted(beam)
    assert beam[-1] > 19.0


def test_a_view_that_is_asked_for_is_taken_up_where_the_image_shows_it_and_not_elsewhere() -> None:
    seed = 3
    plan, firsts = two_views(seed)
    with SimulatedSource("clean", SimulationSettings(seed=seed, size=320, mm_per_px=0.42)) as source:
        info = source.info
    references: dict[str, Pixels | None] = {name: shot.pixels for name, shot in firsts.items()}
    watched, _ = watch(plan, references, plan.views, info, Config(), None)
    assert isinstance(watched, Views)
    lateral, ap = (list(frames(projection, 11.0, seed)) for projection in ("lateral", "ap"))
    turned_from = next(k for k, shot in enumerate(lateral) if shot.time_ns / 1e9 >= 9.0)
    results = []
    for k, shot in enumerate(lateral):
        if k in (75, turned_from):
            assert watched.next_view.name == "ap"
            watched.ask_for("ap")
        results.append(watched.step(ap[k] if k >= turned_from else shot, shot.time_ns))
    assert {r.view for r in results[:turned_from]} == {"lateral"}
    assert {r.state for r in results[60:turned_from]} == {State.MONITORING}
    assert {r.view for r in results[turned_from:]} == {"ap"}


def test_a_start_in_the_other_view_finds_it() -> None:
    plan, firsts = two_views(2)
    with SimulatedSource("clean", SimulationSettings(seed=2, size=320, mm_per_px=0.42)) as source:
        info = source.info
    references: dict[str, Pixels | None] = {name: shot.pixels for name, shot in firsts.items()}
    watched, _ = watch(plan, references, plan.views, info, Config(), None)
    results = [watched.step(shot, shot.time_ns) for shot in frames("ap", 5.0, 2)]
    assert results[-1].view == "ap"
    assert results[-1].state <= State.DEGRADED
    assert "late_view" not in {reason.code for reason in results[-1].reasons}


def test_a_view_is_only_looked_for_where_there_is_a_frame_to_know_it_by() -> None:
    plan, firsts = two_views(2)
    with SimulatedSource("clean", SimulationSettings(seed=2, size=320, mm_per_px=0.42)) as source:
        info = source.info
    assert [view.name for view in views_to_watch(plan, None, info)] == ["lateral"]
    drawn = msgspec.structs.replace(plan.views[1], reference_png=encode_reference(firsts["ap"].pixels))
    both = msgspec.structs.replace(plan, views=(plan.views[0], drawn))
    assert [view.name for view in views_to_watch(both, None, info)] == ["lateral", "ap"]
    assert [view.name for view in views_to_watch(both, "lateral", info)] == ["lateral"]
    kept = reference_in(parse_plan(plan_to_json(both), "again").views[1])
    assert kept is not None
    np.testing.assert_array_equal(kept, firsts["ap"].pixels)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("%%%", "not base64"),
        (base64.b64encode(b"JPEG" * 20).decode(), "not a PNG"),
        (encode_reference(np.zeros((10, 20), np.uint8)), "is 20 x 10, the view was made for 320 x 320"),
        (
            base64.b64encode(
                b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (10**6).to_bytes(4, "big") * 2 + b"\x10\0\0\0\0" + b"0" * 9
            ).decode(),
            "must be a gray PNG of at most 8192 pixels a side",
        ),
        (encode_reference(np.zeros((320, 320), np.uint8))[:120], "not base64|cannot be unpacked"),
    ],
)
def test_a_frame_in_a_plan_that_is_none_is_refused(text: str, why: str) -> None:
    plan, _ = two_views(2)
    view = msgspec.structs.replace(plan.views[0], reference_png=text, image=ImageSize(320, 320))
    with pytest.raises(PlanError, match=why):
        reference_in(view)
