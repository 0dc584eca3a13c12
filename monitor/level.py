"""One level from image to findings: the order of the stages, and what is kept between pulses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor import doubts
from monitor.blades import Blades, BladeWatch
from monitor.breathing import Surrogate
from monitor.cement import CementDetector, Decision
from monitor.config import Config
from monitor.corridor import Corridor, marked_axes
from monitor.describe import WatchedZones, minimum_detectable_added
from monitor.embolus import EmbolusWatch
from monitor.field import Field
from monitor.findings import CementEvidence, LevelFindings
from monitor.grid import Grid
from monitor.intensity import WorkImage
from monitor.intruder import IntruderWatch
from monitor.leaks import outside_body
from monitor.level_step import LevelStep
from monitor.marks import Marks
from monitor.memory import LevelMemory, recall, remembered
from monitor.motion import Fit, pose_matrix, to_reference
from monitor.moved_shaft import ShaftWatch
from monitor.outline import CementOutline
from monitor.plan import Level, View
from monitor.reference import Reference
from monitor.relearning import Relearning
from monitor.result import Pose
from monitor.shaft_learning import ShaftLearning, either
from monitor.states import Reason, State
from monitor.sway import Pace
from monitor.tracking import Located, Tracker
from monitor.turns import Turns
from monitor.viewport import Viewport
from monitor.volume import DensityCalibration
from monitor.zones import grown, territory

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_SWAYS_S = 1.0
"""A shaft that is elsewhere for no longer has swayed with the breath: it is hatched as any shaft is."""
_INTRUSION_NOTICED_S = 0.7
"""What was confirmed so shortly before a hand was noticed may have been the hand."""


class LevelMonitor:
    """Follows one level. Single-threaded; `step` once for each new pulse."""

    def __init__(
        self,
        view: View,
        level: Level,
        grid: Grid,
        config: Config,
        density: DensityCalibration | None,
        lap: Callable[[str], None],
    ) -> None:
        self.name = level.name
        self._view, self._grid, self._config, self._density, self._lap = view, grid, config, density, lap
        self._marks = Marks(view, level, grid, config)
        self.maps = self._marks.maps
        self._own = territory(view, level, self.maps.window, grid)
        shape = self.maps.window.shape
        self._viewport = Viewport(self.maps.window, round(config.motion.search_mm / grid.mm_per_px), grid)
        self._tracker = Tracker(self.maps, grid, config.motion)
        self._reference = Reference(shape, grid.mm_per_px, config.learning, config.cement)
        widest_mm = max((c.outer_diameter_mm for c in level.cannulas), default=0.0) + 2.0
        bridge_px = 2 * max(1, round(0.6 * widest_mm / grid.mm_per_px)) + 1
        self._cement = CementDetector(self.maps, bridge_px, grid.mm_per_px, config.cement)
        self._outline = CementOutline(self.maps, grid.mm_per_px, config, density)
        self._surrogate = Surrogate()
        nothing = np.zeros((grid.rows, grid.columns), bool)
        self._field = Field(nothing, None, nothing)
        self._blades = BladeWatch(self._viewport, grid.mm_per_px, config.field)
        self._blind: Reason | None = None
        self._kept: Bool | None = None
        self._last_s: float | None = None
        self._last_matrix: NDArray[np.float64] | None = None
        self._intruder = IntruderWatch(grid.mm_per_px, config.intruder)
        self._intruded_s: float | None = None
        self._emboli = EmbolusWatch(self.maps.body_distance_mm, grid.mm_per_px, config.embolus)
        self._pace = Pace()
        self._visible = self._seen = np.ones(shape, bool)
        self._corridor = Corridor(
            marked_axes(level, grid, self.maps.window),
            self.maps.body_distance_mm,
            grid.mm_per_px,
            config.corridor,
        )
        watch = ShaftWatch(self.maps.body_distance_mm, grid.mm_per_px)
        self._shafts = ShaftLearning(
            watch, self._reference, self._corridor, self._cement, self._outline, grid.mm_per_px, config
        )
        self._swept: Bool | None = None
        self._turns = Turns()
        self._zones_due = 2
        self._watched = WatchedZones(self.maps, density)
        self._zones = self._watched.now(None, None)
        self._findings = LevelFindings(
            view, self._marks.level, grid, self.maps, self._own, config, density, self._watched
        )
        self._thinnest_mm: float | None = None
        self._faint = False
        self._hidden_since_s: float | None = None
        self._relearning = Relearning(config.learning)

    @property
    def origin(self) -> NDArray[np.float64]:
        """Where the window's first pixel is looked at now, x then y (work px)."""
        return self.maps.window.origin + self._viewport.drift

    @property
    def centre(self) -> NDArray[np.float64]:
        """Point that poses turn about (window px)."""
        return self._tracker.centre

    def outside(self, mask: Bool) -> Bool:
        """The part of a mask over the window that has left the body."""
        return outside_body(mask, self.maps, self._own, self._config.leak)

    def note_aliquot(self, volume_ml: float) -> None:
        """An aliquot has been injected here (mL)."""
        self._findings.injection.note(volume_ml)

    def take_reference(self, work: WorkImage) -> None:
        """Take a frame as the one on which the plan was drawn."""
        drawn = work.attenuation(self.maps.window.part)
        self._marks.take_plan_frame(drawn)
        self._tracker.set_reference(drawn)

    def remember(self) -> LevelMemory | None:
        """What must outlive this process; None before the level has been learned."""
        return remembered(self.name, self._reference, self._cement, self._viewport)

    def recall(self, memory: LevelMemory) -> None:
        """Go on after `remember` of a process that was killed. Raises `PlanError`."""
        recall(memory, self._reference, self._cement, self._viewport, self._tracker)
        self._start_anew(Reason(State.NOT_MONITORING, "restarted", "the monitor was restarted", self.name))

    def blind(self, reason: Reason, work: WorkImage) -> None:
        """Learn anew because of an event that concerns the whole image."""
        self._start_anew(reason)

    def step(self, work: WorkImage, field: Field, time_ns: int, now_ns: int) -> LevelStep:
        """Take in a new pulse.

        Parameters
        ----------
        work : WorkImage
            The frame on the work grid.
        field : Field
            Its field of view.
        time_ns : int
            Time of the frame (ns).
        now_ns : int
            Time that alarms go by (ns).
        """
        time_s = time_ns / 1e9
        self._field = field
        padded = self._viewport.cut(work.attenuation)
        live = self._viewport.inner(padded)
        hidden = grown(self._cement.suspect, self._grid.mm_per_px) | self._corridor.beside
        if self._swept is not None:
            hidden |= grown(self._swept, self._grid.mm_per_px)
        located = self._tracker.locate(
            self._cement.taken_from(live, self._last_matrix),
            hidden,
            time_s,
            may_restart=not self._cement.mask.any(),
        )
        self._lap("motion")
        self._faint = located.faint
        grey = self._viewport.inner(self._viewport.cut(lambda part: work.grey[part]))
        poor = doubts.ill_exposed(self.name, grey, self.maps.body, work.curve, self._config.intensity)
        if poor is not None:
            return self._nothing(located.pose, (poor,))
        if located.disturbed == "found":
            self._forget()
        elif located.disturbed is not None:
            self._start_anew(
                Reason(State.NOT_MONITORING, located.disturbed, str(located.pose.distrust), self.name)
            )
            by_px = self._tracker.accept_new_place(located.disturbed)
            self._viewport.move(by_px)
            if self._last_matrix is not None:
                self._last_matrix[:, 2] -= by_px
            self._surrogate = Surrogate()
            self._pace = Pace()
        if not located.pose.trusted or located.fit is None:
            code = located.disturbed or "lost"
            return self._nothing(
                located.pose, (Reason(State.NOT_MONITORING, code, f"{located.pose.distrust}", self.name),)
            )
        return self._measure(work, padded, located, located.fit, time_s, now_ns)

    def _measure(
        self, work: WorkImage, padded: Float32, located: Located, fit: Fit, time_s: float, now_ns: int
    ) -> LevelStep:
        mm = self._grid.mm_per_px
        matrix = self._last_matrix = pose_matrix(self._tracker.centre, fit)
        moved, inside = to_reference(padded, matrix, self._viewport.offset, self.maps.window.shape)
        pace_mm_s = self._pace.mm_s((fit.shift[0] * mm, fit.shift[1] * mm), time_s)
        # a table still under way is no reference
        moving = pace_mm_s is None or pace_mm_s > self._config.motion.settled_mm_s
        if self._reference.pulses == 0:
            if moving and self._blind is not None:
                return self._nothing(located.pose, self._own_reasons())
            self._reference.start(moved, time_s)
            self._last_s = time_s
            return self._nothing(located.pose, self._own_reasons())
        dt_s = time_s - (self._last_s if self._last_s is not None else time_s)
        self._last_s = time_s
        if self._reference.is_settling(moved):
            self._forget()
            self._reference.start(moved, time_s)
            return self._nothing(located.pose, self._own_reasons())
        clipped = self._viewport.cut(lambda part: work.clipped(part, self._field.outside), 1.0)
        self._seen = np.ones_like(self._visible) if inside is None else inside
        if cv2.countNonZero(clipped):
            lost, _ = to_reference(clipped, matrix, self._viewport.offset, self.maps.window.shape)
            self._seen = self._seen & (lost < 0.5)
        self._visible = self._seen & ~self._corridor.hidden
        covered = self._covered_by_blades(located.pose, time_s)
        if covered is not None:
            return covered
        outside = ~self._seen
        self._turns.take(dt_s)
        self._swept = self._shafts.look(moved, self._seen, time_s, rests=self._turns.first_rests)
        if self._swept is not None:
            self._seen, self._visible = self._seen & ~self._swept, self._visible & ~self._swept
        suspect = self._cement.suspect
        intruded = self._intruded(moved, suspect, outside, located.pose, time_s)
        if intruded is not None:
            return intruded
        background = self._seen & ~self._corridor.steel & ~grown(suspect, 3 * mm)
        shift_mm = self._surrogate.follow(np.array(fit.shift) * mm, dt_s)
        plain = self._reference.residual(moved, background, fit.gain, shift_mm)
        fine = self._corridor.see_through(plain, dt_s)
        residual = self._reference.matched(fine)
        self._lap("residual")
        loose_mm = self._config.motion.faint_sigma_mm if self._faint else 0.0
        noise = self._reference.noise(residual)
        dead_zone = self._outline.widened(self._reference.dead_zone(loose_mm, shift_mm))
        unfamiliar_mm = self._reference.unfamiliar_mm(shift_mm)
        familiar = unfamiliar_mm <= self._config.cement.unfamiliar_mm
        decision = self._decide(residual, noise, dead_zone, time_s, dt_s, unfamiliar_mm)
        self._outline.follow(fine, dt_s)
        usable = self._visible if decision.hidden is None else self._visible & ~decision.hidden
        if self._reference.ready:
            seen = self._emboli.look(residual, dead_zone, noise, usable, decision.mask, time_s, dt_s)
            if seen is not None and familiar:
                self._emboli.keep(seen, time_s)
        if self._reference.ready or self._blind is None:
            learnable = self._seen & ~self._around(decision.suspect) & ~(residual > dead_zone + 3.0 * noise)
        else:
            # after a disturbance all that is there is learned, or it would be cement afterwards
            learnable = self._seen if self._kept is None else self._seen & ~self._kept
        if decision.hidden is not None:
            learnable &= ~decision.hidden
        was_ready = self._reference.ready
        strange = None
        if was_ready and not familiar:
            strange = self._cement.elsewhere() & self._visible
        bare = usable & ~decision.mask
        self._reference.learn(moved, residual, learnable, time_s, shift_mm, strange, bare)
        self._sharpen_template()
        if was_ready:
            self._shafts.learn(plain, time_s)
        elif self._reference.ready:
            self._blind = None
            self._shafts.find()
            self._mark_again()
        self._lap("cement")
        if was_ready:
            self._watch(noise, dead_zone)
        reasons = self._own_reasons()
        reasons += self._instrument_reasons(decision, time_s)
        if any(reason.state is State.NOT_MONITORING for reason in reasons):
            return self._nothing(located.pose, reasons)
        steel = self._corridor.steel
        if was_ready:
            drawn = self._outline.draw_all(
                fine, decision.mask, dead_zone, self._visible, usable, steel, dt_s,
                trusted=familiar, thin_rests=self._turns.second_rests,
            )  # fmt: skip
        else:
            drawn = self._outline.draw(decision.mask, dead_zone, self._visible)
        mask = self._cement.bridged(drawn.cement | self._cement.learned) & self._own
        reach_px = round(self._config.front.hidden_reach_mm / mm)
        reach = self._cement.hidden_reach(mask, steel, either(decision.hidden, self._swept), reach_px)
        reach = reach | (drawn.suspected & self._own)
        rho = self._reference.noise_correlation
        hatched = cast(Bool, either(self._corridor.hidden, self._swept))
        evidence = CementEvidence(mask, reach, decision.added, noise, hatched, rho, self._outline.excess)
        result = self._findings.describe(located.pose, evidence, reasons, self._zones, time_s, now_ns)
        embolus = self._emboli.shown(time_s)
        if embolus is not None:
            carried = self._findings.carried_away(embolus, located.pose, now_ns)
            result = replace(result, leaks=(*result.leaks, carried))
        self._lap("findings")
        return LevelStep(result, reasons, mask, fit)

    def _covered_by_blades(self, pose: Pose, time_s: float) -> LevelStep | None:
        """While blades move or cover the body; after that the image is another one, to be learned first."""
        blades = self._blades.look(self._field, self.maps.body, self._seen, time_s)
        if blades is Blades.MOVED:
            self._start_anew(
                Reason(State.NOT_MONITORING, "collimation", "the collimator has moved", self.name)
            )
        if blades in (Blades.CLEAR, Blades.MOVED):
            return None
        if blades is Blades.STARTED:
            self._cement.distrust(time_s - _INTRUSION_NOTICED_S)
        return self._nothing(pose, (doubts.collimated(self.name, covers=blades is Blades.COVERING),))

    def _intruded(
        self, moved: Float32, suspect: Bool, outside: Bool, pose: Pose, time_s: float
    ) -> LevelStep | None:
        """While a hand or an instrument lies over the level, nothing is learned and nothing decided."""
        ignored = grown(suspect, self._grid.mm_per_px) | self._corridor.beside | ~self._seen
        mean = self._reference.mean if self._reference.ready else None
        intrusion = self._intruder.judge(moved, mean, ignored, time_s, outside)
        if not intrusion.present:
            self._intruded_s = None
            return None
        if self._intruded_s is None:
            self._intruded_s = time_s
            self._cement.distrust(time_s - _INTRUSION_NOTICED_S)
        reason = Reason(State.NOT_MONITORING, "intruder", "hand or instrument in the field", self.name)
        if intrusion.still_s > self._config.intruder.learned_after_s:
            self._start_anew(reason)
        return self._nothing(pose, (reason,))

    def _decide(
        self,
        residual: Float32,
        noise: Float32,
        dead_zone: Float32,
        time_s: float,
        dt_s: float,
        unfamiliar_mm: float,
    ) -> Decision:
        if self._reference.pulses < 2 or (self._blind is not None and not self._reference.ready):
            # no noise yet, or blind after a disturbance: nothing can be decided
            return Decision(self._cement.mask, np.zeros_like(residual), self._cement.suspect)
        settled = self._reference.settled_zone() if self._reference.ready else None
        return self._cement.decide(
            residual, noise, dead_zone, self._visible, time_s, dt_s, unfamiliar_mm, settled, ~self._seen
        )

    def _own_reasons(self) -> tuple[Reason, ...]:
        reference, config = self._reference, self._config
        if not reference.ready:
            return (self._blind or doubts.learning(self.name, reference.learned_s, config.learning),)
        found = (
            doubts.too_poor(self.name, self._thinnest_mm, config.cement),
            doubts.noisy(self.name, reference.noise_ratio, config.health),
            doubts.faint(self.name) if self._faint else None,
        )
        return tuple(reason for reason in found if reason is not None)[:1]

    def _instrument_reasons(self, decision: Decision, time_s: float) -> tuple[Reason, ...]:
        """While an instrument moves, say what it hides; where it stays, learn the image with it there."""
        if decision.hidden is None or not decision.hidden.any() or not self._reference.ready:
            self._hidden_since_s = None
            return (doubts.instrument_moves(self.name),) if self._shafts.away_s > _SWAYS_S else ()
        if self._hidden_since_s is None:
            self._hidden_since_s = time_s
        if time_s - self._hidden_since_s > self._config.cement.moved_instrument_stays_s:
            self._hidden_since_s = None
            self._start_anew(
                Reason(State.NOT_MONITORING, "instrument_moved", "an instrument or gas has moved", self.name)
            )
            return (cast(Reason, self._blind),)
        self._visible = self._visible & ~decision.hidden
        return (doubts.instrument_moves(self.name),)

    def _watch(self, noise: Float32, dead_zone: Float32) -> None:
        # what could be seen changes slowly: bring it up to date four times a second or so
        self._zones_due -= 1
        if self._zones_due > 0:
            return
        self._zones_due = 4
        need = minimum_detectable_added(
            noise, dead_zone, self._reference.pulse_interval_s, self._config.cement
        )
        self._zones = self._watched.now(self._visible, need)
        default = self._config.cement.assumed_attenuation_per_mm
        mu = default if self._density is None else self._density.attenuation_per_mm
        free = self.maps.body & self._visible & ~self._cement.suspect
        self._thinnest_mm = float(np.median(need[free])) / mu if free.sum() > 30 else None
        self._cement.poor = doubts.too_poor(self.name, self._thinnest_mm, self._config.cement) is not None

    def _sharpen_template(self) -> None:
        """Follow the averaged reference instead of one noisy frame, once it is there."""
        pulses = self._reference.pulses
        if pulses in (8, 24, 64) and self._blind is None:
            self._tracker.set_reference(self._reference.mean, pulses)
            self._reference.take_as_template()

    def _forget(self) -> None:
        self._reference.restart(self._config.learning.shortest_s)
        self._cement.start_anew()
        self._outline.start_anew()

    def _start_anew(self, reason: Reason) -> None:
        seconds = self._relearning.begin(self._last_s, was_learned=self._reference.ready)
        text = f"{reason.text}; learning again, about {seconds:.0f} s"
        self._blind = Reason(reason.state, reason.code, text, self.name)
        kept = self._kept = self._covered(reason)
        self._reference.restart(seconds, kept)
        self._cement.start_anew(kept)
        self._outline.start_anew(kept)
        self._intruder.start_anew()
        self._shafts.start_anew()
        self._emboli.start_anew()
        self._findings.interrupt()

    def _around(self, suspect: Bool) -> Bool:
        return grown(suspect, 1.0, round(self._config.learning.suspect_margin_mm / self._grid.mm_per_px))

    def _covered(self, reason: Reason) -> Bool | None:
        """Bone that cement covers, and a little around it: it can only be known from before."""
        if reason.code == "instrument_moved" or not self._cement.mask.any():
            return None
        near = self._around(self._cement.suspect) & self.maps.body
        # off the body there is no bone that must be known from before: there only what is confirmed
        return (near | self._cement.mask) & self._seen

    def _mark_again(self) -> None:
        if not self._marks.better(self._reference, self._corridor):
            return
        self.maps = self._marks.maps
        self._tracker.misplaced_px = self._marks.misplaced_px
        self._watched = WatchedZones(self.maps, self._density)
        self._findings.adopt(self._marks.level, self.maps, self._watched)

    def _nothing(self, pose: Pose, reasons: tuple[Reason, ...]) -> LevelStep:
        return LevelStep(self._findings.nothing(pose, reasons), reasons, None, None)
