"""A procedure through the pipeline in lock-step, scored against what is really there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from benchmarks.leak_scores import Event, false_alarms, leak_scores
from benchmarks.mask_scores import FRONT_BINS_MM, Mask, dice, score_mask
from benchmarks.procedure import FrameScene, Procedure
from benchmarks.records import Record
from calibration.density import nominal_density
from monitor.config import Config
from monitor.frame import Frame, freeze_pixels
from monitor.pipeline import Pipeline
from monitor.plan import Plan, as_array
from monitor.result import LevelResult, Result
from monitor.states import State
from monitor.volume import DensityCalibration

SCORED_FROM_MM2 = 20.0
"""A mask is scored from so much true cement on."""

SCORE_EVERY = 3
"""Masks, distances and poses are scored in every so many frames; alarms and states in all of them."""

WATCHING = (State.MONITORING, State.DEGRADED)

Tell = Callable[[str], None]


def score_procedure(
    procedure: Procedure,
    record: Record,
    *,
    plan: Plan | None = None,
    config: Config | None = None,
    density: DensityCalibration | None = None,
    every: int = SCORE_EVERY,
    tell: Tell | None = None,
) -> Record:
    """Run a procedure and fill its record.

    Parameters
    ----------
    record : Record
        Says which procedure it is; filled in place.
    plan : Plan or None
        What the operator marked; None: the procedure's own, perfect one.
    density : DensityCalibration or None
        None: nominal.
    tell : callable or None
        Called with a line for every event.
    """
    info = procedure.info
    plan = procedure.plan if plan is None else plan
    view = plan.views[0]
    density = nominal_density(info) if density is None else density
    pipeline = Pipeline(plan, view, info, config or Config(), density, masks=True)
    run = _Run(procedure, record, tell)
    for number in range(procedure.frame_count):
        time_ns = round(procedure.time_s(number) * 1e9)
        pixels = freeze_pixels(procedure.pixels(number), copy=False)
        result = pipeline.step(Frame(number, time_ns, time_ns, pixels, info.source_id), time_ns)
        run.take(number, result, score=number % every == 0)
    return run.finish()


class MaskTally:
    """Scores masks frame by frame into a record.

    Parameters
    ----------
    record : Record
    plan : Plan
        The procedure's own, perfect one.
    """

    def __init__(self, record: Record, plan: Plan) -> None:
        self._record = record
        view = plan.views[0]
        self._mm_per_px = view.scale.mm_per_px
        self._cannulas = [
            (level.name, as_array(cannula.path), cannula.outer_diameter_mm / self._mm_per_px)
            for level in view.levels
            for cannula in level.cannulas
        ]
        self._front = np.zeros(len(FRONT_BINS_MM) - 1, np.int64)
        self._due = self._told = 0

    def take(self, found: Mask | None, scene: FrameScene) -> bool:
        """Score a mask, None where the detector tells nothing. Whether there was enough cement."""
        record, true = self._record, scene.mask
        true_mm2 = float(true.sum()) * self._mm_per_px**2
        due = true_mm2 >= SCORED_FROM_MM2
        self._due += due
        if found is None:
            return due
        self._told += due
        if due:
            score = score_mask(found, true, self._mm_per_px)
            record.dice.append(round(score.dice, 4))
            if score.hd95_mm is not None:
                record.hd95_mm.append(round(score.hd95_mm, 3))
            record.false_mm2.append(round(score.false_mm2, 2))
            self._front += score.front
            clear = ~self._covered(scene)
            record.dice_beside_cannula.append(round(dice(found & clear, true & clear), 4))
        elif true_mm2 == 0:
            record.quiet_false_mm2.append(round(float(found.sum()) * self._mm_per_px**2, 2))
        return due

    def _covered(self, scene: FrameScene) -> Mask:
        """What the marked cannulas cover, where they would be had they moved with the bone."""
        canvas = np.zeros(scene.thickness_mm.shape, np.uint8)
        shifts = {level.name: np.asarray(level.shift_px) for level in scene.levels}
        for name, path, width_px in self._cannulas:
            points = np.rint((path + shifts.get(name, 0.0)) * 16).astype(np.int32)
            cv2.polylines(canvas, [points[:, None]], False, 255, round(width_px), cv2.LINE_8, 4)
        return canvas > 0

    def finish(self) -> None:
        """Complete the record."""
        self._record.front = self._front.tolist()
        self._record.unscored_fraction = round(1 - self._told / self._due, 4) if self._due else None


class _Run:
    """Gathers the figures of one run."""

    def __init__(self, procedure: Procedure, record: Record, tell: Tell | None) -> None:
        self._procedure, self._record, self._tell = procedure, record, tell
        view = procedure.plan.views[0]
        self._mm_per_px = view.scale.mm_per_px
        self._centres = {level.name: as_array(level.body).mean(axis=0) for level in view.levels}
        self._events: list[Event] = []
        self._final: dict[str, tuple] = {}
        self._states: list[tuple[float, State, str]] = []
        self._step_ms: list[float] = []
        self._masks = MaskTally(record, procedure.plan)

    def take(self, number: int, result: Result, *, score: bool) -> None:
        """Take in the result of a frame."""
        time_s = self._procedure.time_s(number)
        code = result.reasons[0].code if result.reasons else ""
        if self._tell is not None and (not self._states or self._states[-1][1:] != (result.state, code)):
            why = result.reasons[0].text if result.reasons else ""
            self._tell(f"  {time_s:7.2f} s  {result.state.words} {why}")
        self._states.append((time_s, result.state, code))
        self._step_ms.append(result.timings_ms["step"])
        levels = {level.name: level for level in result.levels}
        for change in result.transitions:
            alert = change.alert
            shown = levels[alert.level].leaks if alert.level in levels else ()
            event = Event(time_s, change.event, alert.rule_id, alert.level or "", alert.structure, shown)
            self._events.append(event)
            if self._tell is not None and change.event in ("raised", "escalated"):
                self._tell(
                    f"  {time_s:7.2f} s  {change.event} {alert.rule_id} {event.level}: {alert.message}"
                )
        for level in result.levels:
            if level.area_mm2 is not None:
                self._final[level.name] = level.leaks
        if score:
            self._score(self._procedure.scene(number), result, levels)

    def _score(self, scene: FrameScene, result: Result, levels: Mapping[str, LevelResult]) -> None:
        record = self._record
        told = result.state in WATCHING and result.masks_px is not None
        due = self._masks.take(result.masks_px > 0 if told else None, scene)
        if not told:
            return
        for level in scene.levels:
            said = levels.get(level.name)
            if said is None:
                continue
            if said.pose is not None and said.pose.trusted:
                centre = self._centres[level.name]
                place = said.pose.to_frame(centre[None])[0] - np.asarray(said.pose.misplaced_px)
                error_px = place - centre - np.asarray(level.shift_px)
                record.shift_error_mm.append(round(float(np.hypot(*error_px)) * self._mm_per_px, 4))
            for name, distance in (said.distances or {}).items():
                true_mm = level.distances_mm.get(name)
                if due and true_mm is not None:
                    row = (round(true_mm, 3), round(distance.value_mm, 3), round(distance.low_mm, 3))
                    record.distances.setdefault(name, []).append(row)
            if said.volume_ml is not None and level.volume_ml > 0:
                pair = (round(level.volume_ml, 4), round(said.volume_ml, 4))
                record.volumes.setdefault(level.name, []).append(pair)

    def finish(self) -> Record:
        """The record, filled."""
        record, procedure = self._record, self._procedure
        times = [entry[0] for entry in self._states]
        record.name, record.frames = procedure.name, len(times)
        record.duration_s = round(times[-1] - times[0], 3) if times else 0.0
        self._masks.finish()
        record.leaks = leak_scores(procedure.leaks, self._events, self._final, times[-1])
        record.false_alarms = false_alarms(procedure.leaks, self._events)
        steps = np.asarray(self._step_ms[1:] or [0.0])
        record.step_ms = [round(float(v), 2) for v in (*np.percentile(steps, [50, 95, 99]), steps.max())]
        self._watch_time()
        if self._tell is not None:
            for leak in record.leaks:
                seen = "never visible" if leak.visible_s is None else f"visible {leak.visible_s:.2f} s"
                self._tell(
                    f"  true leak {leak.leak_class} {leak.level}: present {leak.present_s:.2f} s, {seen}"
                )
        return record

    def _watch_time(self) -> None:
        """How much of the time after the first learning was monitored, and why the rest was not."""
        states = self._states
        start = next((k for k, entry in enumerate(states) if entry[1] is not State.LEARNING), None)
        if start is None:
            return
        after = states[start:]
        self._record.learned_s = round(after[0][0], 3)
        self._record.monitored_fraction = round(sum(e[1] in WATCHING for e in after) / len(after), 4)
        codes = [entry[2] for entry in after if entry[1] not in WATCHING]
        self._record.blind = {code: round(codes.count(code) / len(after), 4) for code in sorted(set(codes))}
