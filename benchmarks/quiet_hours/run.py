"""One part of the quiet hours through the pipeline, and what became of it."""

from __future__ import annotations

import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported

import cv2
import msgspec
import numpy as np

from benchmarks.quiet_hours.parts import Part, draw
from calibration.density import nominal_density
from monitor.config import Config, read_config
from monitor.frame import Frame, freeze_pixels
from monitor.pipeline import Pipeline
from monitor.plan import WALLS, Plan
from monitor.result import Kind, Result
from monitor.states import State
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_scene
from recordings.simulated.source import source_info
from recordings.simulated.truth import Truth

ROOT = Path(__file__).resolve().parents[2]
WATCHING = (State.MONITORING, State.DEGRADED)
See = Callable[[Result], None]


@lru_cache(maxsize=1)
def version() -> str:
    """What was measured: a digest of the detector's files and one of the simulator's."""

    def digest(*folders: str) -> str:
        total = hashlib.sha256()
        for folder in folders:
            for path in sorted((ROOT / folder).rglob("*.py")):
                total.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
        return total.hexdigest()[:12]

    total = hashlib.sha256(Path(__file__).read_bytes())
    total.update((Path(__file__).parent / "parts.py").read_bytes())
    return f"{digest('monitor', 'calibration')}/{digest('recordings/simulated')}{total.hexdigest()[:6]}"


version()  # of the files as they are when they are imported, not when a part is done


def body_only(plan: Plan) -> Plan:
    """The same plan with nothing marked but the outlines of the bodies."""
    nothing = dict.fromkeys(WALLS)
    views = tuple(
        msgspec.structs.replace(
            view,
            levels=tuple(
                msgspec.structs.replace(level, veins=(), cannulas=(), foramen=None, **nothing)
                for level in view.levels
            ),
        )
        for view in plan.views
    )
    return msgspec.structs.replace(plan, views=views)


def run(part: Part, config: Config, see: See | None = None) -> dict[str, Any]:
    """Run a part; its row for the file of results.

    Parameters
    ----------
    part : Part
    config : Config
    see : callable or None
        Given every result.

    Notes
    -----
    A part in which cement is really outside a body's outline says so in ``outside_mm2`` and is not
    counted as quiet.
    """
    cv2.setNumThreads(1)
    started_s = time.process_time()
    scene = build_scene(part.scenario, part.settings)
    renderer = Renderer(scene)
    info = source_info(part.scenario, part.settings, scene.frame_count)
    plan = plan_of(scene) if part.marks == "full" else body_only(plan_of(scene))
    pipeline = Pipeline(plan, plan.views[0], info, config, nominal_density(info))
    cemented = scene.treated[0].growth is not None and part.scenario != "quiet"
    tally = _Tally(1 / part.settings.frame_rate_hz, cemented)
    rendering_s = 0.0
    for number in range(scene.frame_count):
        before_s = time.process_time()
        pixels = freeze_pixels(renderer.pixels(number), copy=False)
        rendering_s += time.process_time() - before_s
        now_ns = round(number * 1e9 / part.settings.frame_rate_hz)
        result = pipeline.step(Frame(number, now_ns, now_ns, pixels, info.source_id), now_ns)
        tally.count(result, now_ns)
        if see is not None:
            see(result)
    outside = 0.0
    if cemented:
        last = Truth(scene).truth_at(scene.frame_count - 1)
        outside = max(level.outside_mm2 for level in last.levels)
    return {
        **part.row(),
        "version": version(),
        "frames": scene.frame_count,
        "outside_mm2": round(outside, 2),
        **tally.row(),
        "took_s": round(time.process_time() - started_s, 2),
        "rendering_s": round(rendering_s, 2),
    }


def run_named(job: tuple[str, str | None, Path | None]) -> dict[str, Any]:
    """Run the part of a name with the configuration of a path; for another process.

    The third of `job` is a folder for pictures of alarms, or None.
    """
    name, path, pictures = job
    part = draw(name)
    config = read_config(Path(path)) if path else Config()
    return run(part, config, None if pictures is None else lambda result: keep_alarms(result, part, pictures))


def keep_alarms(result: Result, part: Part, folder: Path) -> None:
    """Write a picture of the frame for every clinical alarm that it raises."""
    for change in result.transitions:
        if change.event == "raised" and change.alert.kind is Kind.CLINICAL:
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{part.name}-{result.frame.time_ns / 1e9:06.2f}-{change.alert.rule_id}.png"
            cv2.imwrite(str(folder / name), picture(result, part.settings.pixel_mm))


class _Tally:
    """Alarms that are false, and the time in every state."""

    def __init__(self, period_s: float, cemented: bool) -> None:
        self._period_s = period_s
        self._cemented = cemented
        self._alarms: list[dict[str, Any]] = []
        self._up_s: dict[str, float] = defaultdict(float)
        self._states: dict[str, float] = defaultdict(float)
        self._reasons: dict[str, float] = defaultdict(float)
        self._first_s: float | None = None
        self._watched_s = 0.0
        self._frames = 0

    def count(self, result: Result, now_ns: int) -> None:
        period_s = self._period_s
        self._frames += 1
        self._states[result.state.name] += period_s
        for code in {r.code for r in result.reasons if r.state is result.state}:
            self._reasons[f"{result.state.name} {code}"] += period_s
        if result.state in WATCHING:
            self._watched_s += period_s
            if self._first_s is None:
                self._first_s = now_ns / 1e9
        for alert in result.alerts:
            if self._is_false(alert.rule_id) and alert.state.value == "active":
                self._up_s[alert.rule_id] += period_s
        for change in result.transitions:
            alert = change.alert
            if change.event != "raised" or not self._is_false(alert.rule_id):
                continue
            leaks = [k for level in result.levels if level.name == alert.level for k in level.leaks]
            places = [[round(v, 1) for v in k.centre_px] for k in leaks]
            self._alarms.append(
                {
                    "rule": alert.rule_id,
                    "at_s": round(now_ns / 1e9, 3),
                    "level": alert.level,
                    "state": result.state.name,
                    "value": None if alert.value is None else round(float(alert.value), 2),
                    "message": alert.message,
                    "places_px": places,
                }
            )

    def row(self) -> dict[str, Any]:
        total_s = self._frames * self._period_s
        after_s = 0.0 if self._first_s is None else total_s - self._first_s

        def rounded(table: dict[str, float]) -> dict[str, float]:
            return {key: round(value, 3) for key, value in sorted(table.items())}

        return {
            "alarms": self._alarms,
            "alarm_up_s": rounded(self._up_s),
            "states_s": rounded(self._states),
            "reasons_s": rounded(self._reasons),
            "first_monitored_s": self._first_s,
            "after_first_s": round(after_s, 3),
            "watched_s": round(self._watched_s, 3),
        }

    def _is_false(self, rule: str) -> bool:
        """No leak is ever true here; nearness only may be, where there is cement."""
        return rule.startswith("leak_") or (rule.startswith("near_") and not self._cemented)


def picture(result: Result, mm_per_px: float) -> np.ndarray:
    """A frame with the cement that the pipeline holds for it, and the marked outline, shape (n, m, 3)."""
    pixels = result.frame.pixels.astype(np.float32)
    low, high = np.percentile(pixels, [1, 99.5])
    gray = np.clip((pixels - low) / max(high - low, 1.0) * 255, 0, 255).astype(np.uint8)
    zoom = max(1, round(0.15 * 6 / mm_per_px))
    gray = cv2.resize(gray, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
    shown = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    for level in result.levels:
        lines = [(line, (255, 160, 60)) for line in (level.structures_px or {}).get("body", ())]
        lines += [(line, (200, 0, 200)) for line in level.unobservable_px]
        lines += [(line, (60, 60, 255)) for line in level.contours_px]
        for line, colour in lines:
            points = np.round((np.asarray(line) + 0.5) * zoom).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(shown, [points], True, colour, 1)
    words = f"{result.frame.time_ns / 1e9:.2f} s {result.state.words}"
    cv2.putText(shown, words, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 255, 255), 1, cv2.LINE_AA)
    return shown
