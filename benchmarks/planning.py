"""How far marks lie from the truth once they were found on the edge: `python -m benchmarks.planning`.

An operator clicks the corners of each treated level beside the truth (a normal error in both directions, at
most twice its SD), on the still picture of the run's first seconds. Reported are the distances of the corners
and middles that were found from those of the truth, and of every found side from the true line. A second
level is also placed by two clicks from the first. Runs of seeds and of a model that nothing was tuned on.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.models import build, missing_reason
from calibration.picture import Picture
from calibration.planning.edges import Slopes
from calibration.planning.neighbour import fitted_front, placed_like
from calibration.planning.outline import HOLLOW_SHARE, Outline, found_outline
from calibration.planning.still import mean_of, still_frames
from monitor.plan import Level, Path2D

Points = NDArray[np.float64]

_SIDES = {
    "upper": "superior_endplate", "lower": "inferior_endplate", "second": "posterior_wall",
    "first": "anterior_wall",
}  # fmt: skip
_FRAMES = 48
_LOST_MM = 2.0


@dataclass(frozen=True, slots=True)
class Marked:
    """Errors of one level (mm)."""

    where: str
    by: str
    clicks_mm: Points
    corners_mm: Points
    middles_mm: Points
    sides_mm: dict[str, Points]
    wall_inwards_mm: float
    seconds: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=("own", "ct", "both"), default="both")
    parser.add_argument("--scenarios", default="twolevels,canal,clean")
    parser.add_argument("--seeds", default="201-206")
    parser.add_argument("--click-mm", type=float, default=1.0, help="SD of a click in each direction")
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    low, _, high = chosen.seeds.partition("-")
    for model in ("own", "ct") if chosen.model == "both" else (chosen.model,):
        reason = missing_reason(model)
        if reason is not None:
            print(f"{model}: skipped, {reason}")
            continue
        marked: list[Marked] = []
        for scenario in chosen.scenarios.split(","):
            for seed in range(int(low), int(high or low) + 1):
                try:
                    marked += _run(model, scenario, seed, chosen.click_mm, chosen.repeats)
                except Exception as error:  # a model need not offer a scenario
                    print(f"{model} {scenario} {seed}: {type(error).__name__}: {error}")
        _report(model, marked)


def _run(model: str, scenario: str, seed: int, click_mm: float, repeats: int) -> list[Marked]:
    procedure, plan = build(model, scenario, seed, {})
    view = plan.views[0]
    mm = view.scale.mm_per_px
    frames = [procedure.pixels(k) for k in range(_FRAMES)]
    group = still_frames(frames, procedure.info.intensity.largest_stored_value)
    picture = Picture(mean_of(frames, group), procedure.info, len(group))
    slopes = Slopes.of(picture.attenuation, mm)
    shifts = {level.name: np.array(level.shift_px) for level in procedure.scene(group[0]).levels}
    rng = np.random.default_rng([seed, len(scenario)])
    found: list[Marked] = []
    for _ in range(repeats):
        first: Outline | None = None
        for level in view.levels:
            truth = _truth(level, shifts[level.name])
            if truth is None:
                continue
            corners = np.array([truth["upper"][0], truth["upper"][-1], truth["lower"][-1], truth["lower"][0]])
            off = np.clip(rng.normal(0, click_mm, (4, 2)), -2 * click_mm, 2 * click_mm)
            clicks = corners + off / mm
            where = f"{model} {scenario} {seed} {level.name}"
            start = time.perf_counter()
            outline = found_outline(
                slopes, (*map(tuple, clicks), None, None, None, None),
                hollow_share=HOLLOW_SHARE if view.projection == "lateral" else 0.0,
            )  # fmt: skip
            took_s = time.perf_counter() - start
            found.append(_scored(where, "corners", truth, corners, outline, off, mm, took_s))
            if first is not None:
                start = time.perf_counter()
                handles = fitted_front(slopes, placed_like(first, tuple(clicks[1]), tuple(clicks[2])))
                outline = found_outline(slopes, handles)
                took_s = time.perf_counter() - start
                found.append(_scored(where, "two", truth, corners, outline, off[1:3], mm, took_s))
            first = outline if first is None else first
    return found


def _truth(level: Level, shift_px: Points) -> dict[str, Points] | None:
    """The true sides, walls from head to foot, endplates from front to back; None where one is not known."""
    sides: dict[str, Points] = {}
    for side, name in _SIDES.items():
        path: Path2D | None = level.wall(name)
        if path is None:
            return None
        sides[side] = np.asarray(path) + shift_px
    wall = sides["second"]
    for side in ("upper", "lower"):  # whichever end is nearer to the posterior wall comes last
        ends = sides[side][[0, -1]]
        away = np.hypot(*(ends[:, None] - wall).transpose(2, 0, 1)).min(axis=1)
        sides[side] = sides[side] if away[1] < away[0] else sides[side][::-1]
    return sides


def _scored(
    where: str, by: str, truth: dict[str, Points], corners: Points, outline: Outline, off: Points, mm: float,
    seconds: float,
) -> Marked:  # fmt: skip
    handles = np.asarray(outline.handles)
    middles = np.array([_middle(truth[side]) for side in ("upper", "lower")])
    wall = np.asarray(outline.sides["second"])[2:-2]
    front = (corners[0] + corners[3]) / 2
    back = (corners[1] + corners[2]) / 2
    way = (front - back) / np.hypot(*(front - back))
    nearest = _nearest(wall, _longer(truth["second"]))
    return Marked(
        where, by, np.hypot(*off.T), mm * np.hypot(*(handles[:4] - corners).T),
        mm * np.hypot(*(handles[4:6] - middles).T),
        {
            side: mm * np.hypot(*(np.asarray(path) - _nearest(np.asarray(path), _longer(truth[side]))).T)
            for side, path in outline.sides.items()
        },
        float(np.mean((wall - nearest) @ way)) * mm, seconds,
    )  # fmt: skip


def _middle(path: Points) -> Points:
    chord = path[-1] - path[0]
    share = (path - path[0]) @ chord / (chord @ chord)
    return np.array([np.interp(0.5, share, path[:, k]) for k in (0, 1)])


def _longer(path: Points) -> Points:
    """A line that goes on beyond its ends: a side that ends elsewhere along itself is no worse for that."""
    return np.vstack([path[0] + 20 * (path[0] - path[1]), path, path[-1] + 20 * (path[-1] - path[-2])])


def _nearest(points: Points, path: Points) -> Points:
    a, d = path[:-1], np.diff(path, axis=0)
    t = np.clip(((points[:, None] - a) * d).sum(-1) / np.maximum((d * d).sum(-1), 1e-12), 0, 1)
    on = a + t[..., None] * d
    away = np.hypot(*(points[:, None] - on).transpose(2, 0, 1))
    return np.asarray(on[np.arange(len(points)), away.argmin(axis=1)])


def _report(model: str, marked: list[Marked]) -> None:
    for by, words in (("corners", "four clicks"), ("two", "two clicks beside a level that is marked")):
        some = [one for one in marked if one.by == by]
        if not some:
            continue
        corners = np.concatenate([one.corners_mm for one in some])
        middles = np.concatenate([one.middles_mm for one in some])
        both = np.concatenate([corners, middles])
        clicks = np.concatenate([one.clicks_mm for one in some])
        lost = [one for one in some if one.corners_mm.max() > _LOST_MM]
        print(f"{model}, {words}: {len(some)} levels, clicks off by median {np.median(clicks):.2f} mm")
        for name, values in (("six points", both), ("corners", corners), ("middles of endplates", middles)):
            print(f"  {name}: {_words(values)}")
        for side, name in _SIDES.items():
            values = np.concatenate([one.sides_mm[side] for one in some])
            print(f"  {name}: {_words(values)}")
        inwards = [one.wall_inwards_mm for one in some]
        print(f"  posterior wall found in front of the truth by median {np.median(inwards):+.2f} mm")
        seconds = 1000 * np.median([one.seconds for one in some])
        print(f"  time {seconds:.0f} ms; a corner off by more than {_LOST_MM:g} mm: {len(lost)} levels")
        for one in sorted(lost, key=lambda one: -one.corners_mm.max())[:5]:
            print(f"    {one.where}: {np.round(one.corners_mm, 1)}")


def _words(values: Points) -> str:
    share = 100 * float(np.mean(values <= 0.5))
    return (
        f"median {np.median(values):.2f}, p90 {np.percentile(values, 90):.2f}, "
        f"p95 {np.percentile(values, 95):.2f}, at most {values.max():.2f} mm; within 0.5 mm {share:.0f} %"
    )


if __name__ == "__main__":
    main()
