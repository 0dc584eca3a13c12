"""The order of the stages, and the only state: a frame in, a result out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from monitor.alarming import Alarming
from monitor.alerts import AlarmBoard
from monitor.burned_in import BurnedIn
from monitor.clock import cement_age, clock_of
from monitor.config import Config
from monitor.errors import PlanError
from monitor.field import FieldOfView
from monitor.frame import Frame, Pixels, SourceInfo
from monitor.frame_mask import masks_on_frame, union
from monitor.gate import Gate, Pulse
from monitor.grid import Grid
from monitor.intensity import Curve, WorkImage, to_work_image
from monitor.level import LevelMonitor
from monitor.level_step import LevelStep, blank, has_lost_bone, is_disturbed, is_faint, without_findings
from monitor.likeness import Likeness
from monitor.memory import LevelMemory, Memory
from monitor.plan import Level, Plan, Scale, View, check_aliquot_volume, check_fits
from monitor.polarity import PolarityWatch, as_stated
from monitor.result import Alert, Result
from monitor.robust import median
from monitor.states import Reason, State, worst
from monitor.view_watch import ViewWatch
from monitor.volume import DensityCalibration
from monitor.zoom import ZoomWatch

_LONGEST_BEAM_GAP_S = 0.5
_SPARSE = (slice(None, None, 2), slice(None, None, 2))
_SPARSER = (slice(None, None, 6), slice(None, None, 6))


class Pipeline:
    """Everything between a frame and an alarm, for one view of a plan.

    Not thread-safe: one thread calls `step`. `acknowledge`, `note_aliquot` and `note_mixing` may be
    called from another one; they take effect at the next step.

    Parameters
    ----------
    plan, view : Plan, View
        The anatomy, and the view that this source shows.
    info : SourceInfo
        What the source says of its frames.
    config : Config
    density : DensityCalibration or None
        None: no volume.
    reference : ndarray or None
        Pixels of the frame on which the plan was drawn, shape (rows, columns); None: the first frame.
    masks : bool
        Whether results carry the cement as masks on the frame.
    standing : tuple of Reason
        What degrades the whole run, such as a scale in doubt.
    level_scales : mapping of str to Scale, or None
        By the level's name, where the scale there is not that of the view: geometric distortion.
    board : AlarmBoard or None
        Shared with the pipelines of other views; None: its own.

    Raises
    ------
    PlanError
        The view was made for other images.
    """

    def __init__(
        self,
        plan: Plan,
        view: View,
        info: SourceInfo,
        config: Config,
        density: DensityCalibration | None = None,
        *,
        reference: Pixels | None = None,
        masks: bool = False,
        perf_ns: Callable[[], int] = time.perf_counter_ns,
        standing: tuple[Reason, ...] = (),
        level_scales: Mapping[str, Scale] | None = None,
        board: AlarmBoard | None = None,
    ) -> None:
        check_fits(view, info.rows, info.columns)
        info = as_stated(info, view)
        self.plan, self.view, self.info, self.config = plan, view, info, config
        self._standing = standing
        self._grid = Grid.for_frames(
            info.rows, info.columns, view.scale.mm_per_px, config.intensity.work_mm_per_px
        )
        self._curve = Curve.of(info.intensity, config.intensity)
        self._gate = Gate(config.gate)
        self._polarity = PolarityWatch(
            view, self._grid, self._curve, config.polarity, in_header=info.kind == "dicom"
        )
        shape = (self._grid.rows, self._grid.columns)
        self._field = FieldOfView(shape, self._grid.mm_per_px, config.field)
        self._burned_in = BurnedIn(
            shape,
            self._grid.mm_per_px,
            config.burned_in,
            bright_is_radiolucent=info.intensity.bright_is_radiolucent,
        )
        self._likeness = Likeness(view, self._grid)
        self._zoom = ZoomWatch(self._likeness)
        self._view_watch = ViewWatch(self._likeness)
        self._zoomed: Reason | None = None
        self._unknown: Reason | None = None
        self._perf_ns = perf_ns
        self._timings_ms: dict[str, float] = {}
        self._lap_ns = 0
        scales = {} if level_scales is None else level_scales
        self._levels = [
            LevelMonitor(*self._scaled(level, scales), config, density, self._lap) for level in view.levels
        ]
        self._alarming = Alarming(plan, config, AlarmBoard() if board is None else board)
        self._masks = masks
        self._bits: int | None = None
        self._reference_due = True
        self._reference: WorkImage | None = None
        self._steps: tuple[LevelStep, ...] = ()
        self._brightness: float | None = None
        self._beam_on_s = 0.0
        self._last_new_ns: int | None = None
        self._aliquots: deque[tuple[int, str, float]] = deque()
        self._mixed_ns: int | None = None
        self._phase = ("", 0)
        self._brand = plan.cement.brand if plan.cement is not None else None
        self._learned: dict[str, LevelMemory] = {}
        if reference is not None:
            self._take_reference(to_work_image(reference, info.intensity, self._grid, self._curve))

    def remember(self) -> Memory | None:
        """What must outlive this process; None before there is anything. Called between two steps."""
        learned = {memory.name: memory for level in self._levels if (memory := level.remember())}
        self._learned |= learned
        if self._reference is None or not self._learned:
            return None
        return Memory(self.view.name, self._reference.grey, self._beam_on_s, tuple(self._learned.values()))

    def recall(self, memory: Memory) -> None:
        """Go on with what a process that was killed remembered last; before the first step.

        Raises
        ------
        PlanError
            It was kept for another plan.
        """
        shape = (self._grid.rows, self._grid.columns)
        if memory.grey.shape != shape or memory.view != self.view.name:
            raise PlanError(f"what was kept of view {memory.view!r} does not fit the plan")
        self._take_reference(WorkImage(memory.grey, self._curve))
        self._beam_on_s = memory.beam_on_s
        for kept in memory.levels:
            for level in self._levels:
                if level.name == kept.name:
                    level.recall(kept)
                    self._learned[kept.name] = kept

    def restore(self, alerts: Sequence[Alert], now_ns: int) -> None:
        """Take up the alarms of a process that was killed: what latches stays latched."""
        self._alarming.restore(alerts, now_ns)

    @property
    def beam_on_s(self) -> float:
        """How long the beam has been on, in this view (s)."""
        return self._beam_on_s

    @property
    def has_cement(self) -> bool:
        """Whether cement has been seen in this view."""
        return bool(self._alarming.filled)

    def degrade(self, reason: Reason) -> None:
        """Say of this view, from now on, what is not known of it."""
        if reason not in self._standing:
            self._standing += (reason,)

    def likeness_of(self, frame: Frame) -> float:
        """How like the planned view a frame is, -1 to 1; 0 where nothing can be compared."""
        if self._another_format(frame) is not None or not self._likeness.known:
            return 0.0
        work = to_work_image(frame.pixels, self.info.intensity, self._grid, self._curve)
        return self._likeness.anywhere(self._likeness.cells(work, None)[0])

    def acknowledge(self) -> None:
        """Acknowledge all alarms at the next step."""
        self._alarming.acknowledge()

    def note_aliquot(self, level: str, volume_ml: float, now_ns: int) -> None:
        """Note what one push of the syringe has injected; two of them calibrate the volume.

        Parameters
        ----------
        level : str
        volume_ml : float
            Of this push alone (mL).
        now_ns : int
            When it was done (ns, the time that alarms go by). It is compared with the first pulse that
            is measured ``volume.settle_s`` later; aliquots are noted in their order.

        Raises
        ------
        PlanError
            This view has no such level, or no syringe gives such a volume.
        """
        check_aliquot_volume(volume_ml, f"aliquot at {level}")
        if level not in (monitor.name for monitor in self._levels):
            raise PlanError(f"aliquot at {level!r}: view {self.view.name!r} has no such level")
        self._aliquots.append((now_ns, level, volume_ml))

    def _scaled(self, level: Level, scales: Mapping[str, Scale]) -> tuple[View, Level, Grid]:
        """The view, a level and the grid, with the scale that holds at that level."""
        scale = scales.get(level.name, self.view.scale)
        grid = replace(self._grid, mm_per_px=scale.mm_per_px * self._grid.binning)
        return msgspec.structs.replace(self.view, scale=scale), level, grid

    def note_mixing(self, now_ns: int) -> None:
        """Start the cement clock: the cement was mixed at a time (ns, the one that alarms go by)."""
        self._mixed_ns = now_ns

    def step(self, frame: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        """Take a frame through every stage.

        Parameters
        ----------
        frame : Frame
        now_ns : int
            Time that alarms go by (ns): the frame's own time in lock-step, monotonic time when live.
        skipped_before : int
            Frames superseded since the last one.
        """
        self._timings_ms = {}
        self._lap_ns = start_ns = self._perf_ns()
        self._take_aliquots(now_ns)
        other = self._another_format(frame)
        if other is not None:
            return self._finish(frame, (other,), (), now_ns, skipped_before, start_ns)
        work = to_work_image(frame.pixels, self.info.intensity, self._grid, self._curve)
        self._lap("intensity")
        pulse = self._gate.judge(work.attenuation(_SPARSE), frame.time_ns / 1e9)
        self._lap("gate")
        if self._reference_due:
            self._take_reference(work)
        reasons = list(self._standing)
        if pulse.new or not self._steps:
            self._count_beam(frame.time_ns)
            if not self._inverted(work, frame.time_ns / 1e9):
                self._look(work, frame.time_ns, now_ns)
        inverted = self._polarity.reason
        steps = self._steps
        if inverted is not None:
            reasons.append(inverted)
            steps = tuple(blank(step) for step in steps)
        # a zoomed image is not like the marked one either, and is told by what it is
        doubt = self._zoomed or self._unknown
        if doubt is not None:
            reasons.append(doubt)
            steps = tuple(blank(step) for step in steps)
        if pulse.held:
            reasons.append(Reason(State.HELD, "image_held", f"image held for {pulse.still_s:.1f} s"))
            steps = tuple(without_findings(step) for step in steps)
        for step in steps:
            reasons += step.reasons
        return self._finish(frame, tuple(reasons), steps, now_ns, skipped_before, start_ns, pulse)

    def _look(self, work: WorkImage, time_ns: int, now_ns: int) -> None:
        """Take in a new pulse of the right polarity."""
        time_s = time_ns / 1e9
        self._burned_in.look(work, time_s)
        field = self._burned_in.left_out_of(self._field.look(work.grey, time_s))
        if self._view_watch.unknown:
            self._unknown = self._view_watch.look(work, field.outside, time_s, lost=True)
            if self._unknown is not None:
                self._zoomed = self._zoom.look(work, field.outside, time_s)
                return
        self._brightness_step(work)
        self._steps = tuple(level.step(work, field, time_ns, now_ns) for level in self._levels)
        self._unknown = self._view_watch.look(
            work, field.outside, time_s,
            lost=all(has_lost_bone(step) for step in self._steps),
            faint=all(is_faint(step) for step in self._steps),
        )  # fmt: skip
        if any(reason.code == "moved" for step in self._steps for reason in step.reasons):
            self._field.moved()
        if any(is_disturbed(step) for step in self._steps):
            self._zoom.suspect(time_s)
        self._zoomed = self._zoom.look(work, field.outside, time_s)

    def _another_format(self, frame: Frame) -> Reason | None:
        """Frames of another size or depth cannot be looked at: marks and values lie elsewhere."""
        blind = State.NOT_MONITORING
        if (frame.rows, frame.columns) != (self.info.rows, self.info.columns):
            text = (
                f"image size changed to {frame.columns} x {frame.rows}, planned on "
                f"{self.info.columns} x {self.info.rows}"
            )
            return Reason(blind, "size_changed", text)
        bits = 8 * frame.pixels.dtype.itemsize
        self._bits = self._bits or bits
        if bits != self._bits:
            return Reason(blind, "depth_changed", f"image depth changed from {self._bits} to {bits} bit")
        return None

    def _finish(
        self,
        frame: Frame,
        reasons: tuple[Reason, ...],
        steps: tuple[LevelStep, ...],
        now_ns: int,
        skipped_before: int,
        start_ns: int,
        pulse: Pulse | None = None,
    ) -> Result:
        results = tuple(step.result for step in steps)
        mixed_ns = self._mixed_ns
        age = None
        if mixed_ns is not None:
            age = cement_age((now_ns - mixed_ns) / 1e9, clock_of(self.config, self._brand))
        if age is not None:
            # a phase is told from when it was first seen here, though the cement may be older
            if age.phase != self._phase[0]:
                self._phase = (age.phase, now_ns)
            age = replace(age, in_phase_s=(now_ns - self._phase[1]) / 1e9)
        depths = [monitor.maps.depth_mm for monitor in self._levels]
        found = list(zip(results, depths, strict=False))
        transitions = self._alarming.update(found, reasons, age, now_ns, frame.seq)
        masks = masks_on_frame(frame, self._grid, self._levels, steps) if self._masks else None
        self._lap("alarms")
        self._timings_ms["step"] = (self._perf_ns() - start_ns) / 1e6
        ordered = tuple(sorted(reasons, key=lambda reason: -reason.state))
        return Result(
            frame=frame,
            view=self.view.name,
            state=worst(ordered),
            reasons=ordered,
            levels=results,
            alerts=self._alarming.alerts,
            transitions=transitions,
            timings_ms=self._timings_ms,
            beam_on_s=self._beam_on_s,
            skipped_before=skipped_before,
            cement_age_s=None if age is None else age.age_s,
            cement_phase=None if age is None else age.phase,
            masks_px=None if masks is None else union(frame, masks.values()),
            level_masks_px=masks,
        )

    def _inverted(self, work: WorkImage, time_s: float) -> bool:
        """Whether the polarity is doubted. Nothing is learned from such an image."""
        from_the_start = self._polarity.from_the_start
        if self._polarity.look(work.grey, time_s) is not None:
            return True
        if from_the_start and self._reference is not None:
            # the display has been put right: what was learned before is the negative of what is seen now
            grey = np.float32(self._curve.full) - self._reference.grey
            self._take_reference(WorkImage(grey, self._curve))
            for level in self._levels:
                reason = Reason(State.NOT_MONITORING, "polarity", "the image has been turned", level.name)
                level.blind(reason, work)
            self._brightness = None
        return False

    def _take_reference(self, work: WorkImage) -> None:
        self._reference = work
        self._likeness.take_reference(work)
        self._zoom.start_anew()
        for level in self._levels:
            level.take_reference(work)
        self._reference_due = False

    def _take_aliquots(self, now_ns: int) -> None:
        # what is seen is an average over the last pulses
        due_ns = now_ns - round(self.config.volume.settle_s * 1e9)
        while self._aliquots and self._aliquots[0][0] <= due_ns:
            _, name, volume_ml = self._aliquots.popleft()
            for monitor in self._levels:
                if monitor.name == name:
                    monitor.note_aliquot(volume_ml)

    def _count_beam(self, time_ns: int) -> None:
        if self._last_new_ns is not None:
            gap_s = (time_ns - self._last_new_ns) / 1e9
            if 0 < gap_s < _LONGEST_BEAM_GAP_S:
                self._beam_on_s += gap_s
        self._last_new_ns = time_ns

    def _brightness_step(self, work: WorkImage) -> None:
        """A large, sudden change of exposure: the reference no longer describes the image."""
        level = median(work.attenuation(_SPARSER))
        if (
            self._brightness is not None
            and abs(level - self._brightness) > self.config.health.brightness_step
        ):
            change = 100.0 * (np.exp(self._brightness - level) - 1.0)
            text = f"brightness changed by {change:+.0f} %"
            for monitor in self._levels:
                monitor.blind(Reason(State.NOT_MONITORING, "brightness", text, monitor.name), work)
            self._brightness = level
        self._brightness = (
            level if self._brightness is None else self._brightness + 0.3 * (level - self._brightness)
        )

    def _lap(self, stage: str) -> None:
        now_ns = self._perf_ns()
        self._timings_ms[stage] = self._timings_ms.get(stage, 0.0) + (now_ns - self._lap_ns) / 1e6
        self._lap_ns = now_ns
