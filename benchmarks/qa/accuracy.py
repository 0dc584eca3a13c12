"""How right offline figures are, over an archive of `benchmarks.qa.year`.

    python -m benchmarks.qa.accuracy ARCHIVE [--sessions N] [--first N] [--out FILE.json]

True parts of the body are worked out from the simulator's own cement in the level's own plane (projected
thickness of 0.3 mm or more, as everywhere), with the simulator's own walls: nothing that was marked, tracked
or found has a part in it. The cement of the last frame counts. True distances are compared while all cement
is within the structure. Of leaks those count as true that can be seen in the projection
(`recordings.simulated.truth.LeakTruth`). The leak table of a level is

* ``strict``ly right where its classes are exactly those that can be seen;
* right ``as told``, where besides a class that is there but too small or hidden to be seen, or that can first
  be seen in the last 2 s, may be found or not;
* right ``with ambiguity``, where besides a leak may carry a class that it is told to be ambiguous with: one
  found leak for one true one.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.leak_scores import JUDGED_BEFORE_END_S
from benchmarks.qa.year import MADE, Made, flow_of, truth_of
from recordings.qa.measure import measure_session
from recordings.qa.record import LeakRecord, LevelRecord
from recordings.simulated.bone import PLANE_MM
from recordings.simulated.growth import drop_s
from recordings.simulated.scene import Scene, SceneLevel
from recordings.simulated.truth import CEMENT_AT_MM, LeakTruth, LevelTruth
from recordings.simulated.zones import zones_of

Floats = NDArray[np.floating]
_NONE = "(none)"


class LevelScore(msgspec.Struct, frozen=True):
    """Found and true figures of a level; errors of fractions in percentage points."""

    session: str
    name: str
    level: str
    projection: str
    dose_ngy: float
    fractions: dict[str, tuple[float, float]]
    fill: tuple[float | None, float]
    volume_ml: tuple[float | None, float]
    volume_interval_ml: tuple[float | None, float | None]
    volume_relative: bool
    closest_mm: dict[str, tuple[float, float]]
    stop_s: tuple[float | None, float | None]
    leaks_found: list[tuple[str, str | None, float]]
    leaks_true: list[tuple[str, float, float | None]]
    strict: bool
    as_told: bool
    with_ambiguity: bool
    pairs: list[tuple[str, str]]
    onset_errors_s: list[float]

    @property
    def errors(self) -> dict[str, float]:
        """Of each fraction, in percentage points."""
        return {name: 100.0 * (found - true) for name, (found, true) in self.fractions.items()}


def true_fractions(level: SceneLevel, cement: NDArray[np.bool_]) -> tuple[dict[str, float], float]:
    """Parts of the cement within the body by their names in a record, and how much of the body is covered."""
    zones = zones_of(level)
    within = cement & zones.body
    fill = float(within.sum() / zones.body.sum())
    if not within.any():
        return {}, fill
    rows, columns = np.nonzero(within)
    left, top = level.cement_origin_mm()
    x, y = left + PLANE_MM * columns, top + PLANE_MM * rows
    sides = level.outline
    first, last = ("anterior_wall", "posterior_wall") if level.projection == "lateral" else ("left", "right")
    across = _part(x, _at(sides[first], y, 1), _at(sides[last], y, 1))
    down = _part(y, _at(sides["superior_endplate"], x, 0), _at(sides["inferior_endplate"], x, 0))
    found = dict(zip(("upper", "central", "lower"), _thirds(down), strict=True))
    if level.projection == "lateral":
        return found | dict(zip(("anterior", "middle", "posterior"), _thirds(across), strict=True)), fill
    return found | {"image_left": float((across < 0.5).mean())}, fill


def _at(line: Floats, where: Floats, axis: int) -> Floats:
    order = np.argsort(line[:, axis])
    found: Floats = np.interp(where, line[order, axis], line[order, 1 - axis])
    return found


def _part(at: Floats, start: Floats, end: Floats) -> Floats:
    return (at - start) / (end - start)


def _thirds(parts: Floats) -> tuple[float, float, float]:
    first, last = float((parts < 1 / 3).mean()), float((parts >= 2 / 3).mean())
    return first, 1.0 - first - last, last


def scores_of(folder: Path) -> Iterator[LevelScore]:
    """Measure a session and hold it against its truth."""
    made, scene, truth = truth_of(folder)
    record = measure_session(folder, software_version="benchmark", pictures=False).record
    found = {level.level: level for level in record.levels}
    last = truth.truth_at(scene.frame_count - 1)
    for level, now in zip(scene.treated, last.levels, strict=True):
        own = [leak for leak in truth.leaks() if leak.level == now.name]
        yield _score(folder.name, made, scene, level, found[now.name], own, now)


def _score(
    session: str,
    made: Made,
    scene: Scene,
    level: SceneLevel,
    found: LevelRecord,
    leaks: Sequence[LeakTruth],
    now: LevelTruth,
) -> LevelScore:
    shown_s = scene.shown_s(scene.frame_count - 1)
    flow = flow_of(scene, made.let_go_s)
    left_s = None if level.growth is None else drop_s(level.growth, flow, shown_s)
    cement = level.cement_mm(flow.grown_s(shown_s), drop_s=left_s).values >= CEMENT_AT_MM
    true, fill = true_fractions(level, cement)
    side = found.lateral if level.projection == "lateral" else found.ap
    fractions = (
        {} if side is None else {name: (float(getattr(side, name)), part) for name, part in true.items()}
    )
    rate = scene.settings.frame_rate_hz
    times = [
        (leak.leak_class, leak.first_present_frame / rate,
         None if leak.first_visible_frame is None else leak.first_visible_frame / rate)
        for leak in leaks
    ]  # fmt: skip
    end_s = scene.frame_count / rate
    strict, as_told, ambiguous, pairs = judged(found.leaks, times, end_s)
    visible = {name: visible_s for name, _, visible_s in times if visible_s is not None}
    onsets = {leak.leak_class: leak.onset_s for leak in found.leaks}
    grown_s = None if level.growth is None else level.growth.end_s
    # a stop in the last second cannot be told
    stop_s = min((s for s in (made.let_go_s, grown_s) if s is not None and s < end_s - 1), default=None)
    distances = {name: mm for name, mm in now.distances_mm.items() if mm is not None and mm > 0}
    distances.pop("vein", None)  # the monitor goes by its mouth, the simulator by its course in the bone
    return LevelScore(
        session=session, name=made.name, level=found.level, projection=level.projection,
        dose_ngy=made.dose_ngy, fractions=fractions, fill=(found.fill_fraction, fill),
        volume_ml=(found.volume_ml, now.volume_ml + sum(now.leaked_ml.values())),
        volume_interval_ml=(found.volume_low_ml, found.volume_high_ml), volume_relative=found.volume_relative,
        closest_mm={
            one.structure: (one.value_mm, distances[one.structure])
            for one in found.closest if one.structure in distances
        },
        stop_s=(found.injection_stop_s, stop_s),
        leaks_found=[(leak.leak_class, leak.ambiguous_with, round(leak.onset_s, 2)) for leak in found.leaks],
        leaks_true=times, strict=strict, as_told=as_told, with_ambiguity=ambiguous, pairs=pairs,
        onset_errors_s=[onsets[name] - at for name, at in visible.items() if name in onsets],
    )  # fmt: skip


def judged(
    found: Sequence[LeakRecord], true: Sequence[tuple[str, float, float | None]], end_s: float
) -> tuple[bool, bool, bool, list[tuple[str, str]]]:
    """Whether a leak table is right in each of the three ways; pairs of true classes and what was said."""
    names = {leak.leak_class for leak in found}
    visible = {name for name, _, seen_s in true if seen_s is not None}
    wanted = {
        name for name, _, seen_s in true if seen_s is not None and seen_s <= end_s - JUDGED_BEFORE_END_S
    }
    present = {name for name, *_ in true}
    pairs = [(name, name) for name in sorted(names & present)]
    over = [leak for leak in found if leak.leak_class not in present]
    missing = sorted(wanted - names)
    for leak in list(over):
        open_ = [name for name in sorted(present - names) if name == leak.ambiguous_with]
        if open_ and (open_[0] in missing or open_[0] not in wanted):
            pairs.append((open_[0], f"{leak.leak_class}, may be {open_[0]}"))
            over.remove(leak)
            if open_[0] in missing:
                missing.remove(open_[0])
    ambiguous = not over and not missing
    pairs += [(name, _NONE) for name in missing] + [(_NONE, leak.leak_class) for leak in over]
    return names == visible, wanted <= names <= present, ambiguous, pairs


def summary(scores: Sequence[LevelScore]) -> dict[str, Any]:
    """Figures over all levels."""
    errors: dict[str, list[float]] = {}
    for score in scores:
        for name, error in score.errors.items():
            errors.setdefault(name, []).append(error)
    every = [abs(error) for found in errors.values() for error in found]
    worst = [max(map(abs, score.errors.values())) for score in scores if score.errors]
    fills = [100 * (s.fill[0] - s.fill[1]) for s in scores if s.fill[0] is not None]
    known = [s for s in scores if s.volume_ml[0] is not None and s.volume_ml[1] > 0.05]
    relative = {
        name: [
            100 * (s.volume_ml[0] / s.volume_ml[1] - 1) for s in known if s.volume_relative is uncalibrated
        ]  # type: ignore[operator]
        for name, uncalibrated in (("calibrated", False), ("for comparison only", True))
    }
    # an interval that is unknown claims nothing
    covered = [
        low <= s.volume_ml[1] <= high
        for s in known
        for low, high in [s.volume_interval_ml]
        if low is not None and high is not None
    ]
    closest: dict[str, list[float]] = {}
    for score in scores:
        for name, (found, true) in score.closest_mm.items():
            closest.setdefault(name, []).append(found - true)
    stops = [s.stop_s[0] - s.stop_s[1] for s in scores if s.stop_s[0] is not None and s.stop_s[1] is not None]
    stopped = sum(s.stop_s[1] is not None for s in scores)
    untrue = sum(s.stop_s[0] is not None and s.stop_s[1] is None for s in scores)
    return {
        "levels": len(scores), "with a distribution": len(worst),
        "fractions, percentage points": {
            **_errors(every), "within 3 %": _share(error <= 3 for error in every),
            "levels with all within 3 %": _share(error <= 3 for error in worst),
            "by fraction": {
                name: {"bias": _round(np.mean(found)), **_errors([abs(e) for e in found]),
                       "within 3 %": _share(abs(e) <= 3 for e in found)}
                for name, found in sorted(errors.items())
            },
        },
        "fill, percentage points": _biased(fills),
        "volume, % of the true one": {
            name: _biased(found) for name, found in relative.items()
        },
        "volume within its 95 % interval": _share(covered),
        "closest, mm": {
            name: _biased(found) for name, found in sorted(closest.items())
        },
        "stop of the injection, s": {
            "known": f"{len(stops)} of {stopped}", "told where there was none": untrue, **_biased(stops),
        },
        "leak table, % of levels": {
            "strict": _share(s.strict for s in scores), "as told": _share(s.as_told for s in scores),
            "with ambiguity": _share(s.with_ambiguity for s in scores),
            "levels with a leak, with ambiguity": _share(s.with_ambiguity for s in scores if s.leaks_true),
            "lateral, with ambiguity": _share(s.with_ambiguity for s in scores if s.projection == "lateral"),
            "AP, with ambiguity": _share(s.with_ambiguity for s in scores if s.projection == "ap"),
        },
        "onset, s": _onsets([e for s in scores for e in s.onset_errors_s]),
        "confusion, true and found": {
            f"{true} -> {said}": count
            for (true, said), count in sorted(Counter(pair for s in scores for pair in s.pairs).items())
        },
    }  # fmt: skip


def _onsets(errors: Sequence[float]) -> dict[str, float | None]:
    return {"median": _round(np.median(errors)) if errors else None, **_errors([abs(e) for e in errors])}


def _errors(values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return {"median error": None, "p95 error": None}
    return {"median error": _round(np.median(values)), "p95 error": _round(np.quantile(values, 0.95))}


def _biased(values: Sequence[float]) -> dict[str, float | None]:
    return {"bias": _mean(values), **_errors([abs(value) for value in values])}


def _mean(values: Sequence[float]) -> float | None:
    return _round(np.mean(values)) if values else None


def _share(values: Any) -> str:  # noqa: ANN401  any iterable of truth
    known = [bool(value) for value in values]
    return f"{100 * sum(known) / len(known):.1f} ({sum(known)} of {len(known)})" if known else "none"


def _round(value: Any) -> float:  # noqa: ANN401  a number of NumPy
    return round(float(value), 2)


def main(arguments: list[str] | None = None) -> None:
    """Measure an archive, and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path)
    parser.add_argument("--sessions", type=int, default=None)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--out", type=Path, default=None, help="every level's figures, as JSON")
    wanted: Any = parser.parse_args(arguments)
    folders = sorted(path.parent for path in wanted.archive.glob(f"*/{MADE}"))[wanted.first :]
    scores: list[LevelScore] = []
    for folder in folders[: wanted.sessions]:
        for score in scores_of(folder):
            scores.append(score)
            worst = max(map(abs, score.errors.values()), default=float("nan"))
            right = "right" if score.with_ambiguity else "WRONG"
            print(
                f"{folder.name} {score.name} {score.projection}: fractions to {worst:.1f} points, "
                f"leaks {right} {score.pairs or ''}", flush=True,
            )  # fmt: skip
        if wanted.out is not None:
            wanted.out.write_bytes(msgspec.json.format(msgspec.json.encode(scores), indent=1))
    print(json.dumps(summary(scores), indent=1))


if __name__ == "__main__":
    main()
