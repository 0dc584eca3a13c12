"""A procedure rendered from the CT, frame by frame, in any order."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import cv2
import numpy as np

from benchmarks.ct_model import physics
from benchmarks.ct_model.build import Build, build
from benchmarks.ct_model.camera import field_mask, follow, measuring_field, quarter, stored
from benchmarks.ct_model.drop import make_drop
from benchmarks.ct_model.needle import Shadow, shadow, steel_on_box
from benchmarks.ct_model.patient import add_gas
from benchmarks.ct_model.settings import SCENARIOS, Settings, check_settings
from benchmarks.ct_model.truth import can_be_seen
from benchmarks.ct_model.volume import Float32, Float64
from benchmarks.procedure import FrameScene, LeakScene, LevelScene
from monitor.frame import Intensity, PixelIntensityRelationship, Pixels, SourceInfo
from monitor.plan import Plan

__all__ = ["SCENARIOS", "CtProcedure", "ct_procedure"]

_MAGNIFICATION = 1.3
_SCATTER_SIGMA_MM = 22.0


def ct_procedure(scenario: str, seed: int, **settings: Any) -> CtProcedure:  # noqa: ANN401 see Settings
    """Put a procedure together; rendering waits for `CtProcedure.pixels`.

    Parameters
    ----------
    scenario : str
        One of `SCENARIOS`.
    seed : int
        The patient, the needle, the cement, the motion and the noise.
    **settings
        See `benchmarks.ct_model.settings.Settings`.

    Raises
    ------
    CtMissingError
        The CT is not there.
    ValueError
        An unknown scenario or setting.
    """
    return CtProcedure(scenario, seed, check_settings(scenario, settings), settings)


class CtProcedure:
    """A `benchmarks.procedure.Procedure` projected from the CT. See `ct_procedure`."""

    def __init__(self, scenario: str, seed: int, settings: Settings, varied: dict[str, Any]) -> None:
        s = self._s = settings
        self._seed, self._scenario, self._varied = seed, scenario, varied
        self._frames = max(1, round(s.duration_s * s.frame_rate_hz))
        pulse_hz = s.pulse_rate_hz or s.frame_rate_hz
        n = int((self._frames - 1) / s.frame_rate_hz * pulse_hz + 1e-6) + 1
        self._pulses_s = np.arange(max(n, 2)) / pulse_hz
        self._pulse_hz = pulse_hz
        self._b: Build = build(scenario, seed, s, self._pulses_s)
        self._beam = physics.make_beam(s.kvp, s.cement)
        self._beam_after = self._beam
        if s.kvp_step is not None:
            self._beam_after = physics.make_beam(s.kvp + s.kvp_step[0], s.cement)
        self._memory = physics.memory_weights(s.lag, s.recursive_filter)
        self._raw: OrderedDict[int, Float32] = OrderedDict()
        self._mask, self._region = field_mask(s), measuring_field(s.size)
        self._centre_px = self._b.field.to_px(self._b.vertebra.axes.centre[None])[0]
        self._drop = make_drop(
            self._b.cement.leak,
            self._b.cement.drop_ml,
            self._b.course.injected_ml,
            self._pulses_s,
            self._b.drop_speed_mm_s,
        )
        self._quanta = physics.quanta_per_px(s.dose_ngy, s.scale_mm_per_px * _MAGNIFICATION)
        self._measure()
        self._gain = self._exposure()
        self._leaks: tuple[LeakScene, ...] | None = None

    # -- the protocol ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Model, scenario, seed and what was varied."""
        varied = " ".join(f"{k}={v}" for k, v in self._varied.items() if k != "folder")
        return f"ct {self._s.projection} {self._b.level} {self._scenario} seed {self._seed} {varied}".strip()

    @property
    def info(self) -> SourceInfo:
        """What a source would say of the frames."""
        lin = self._s.intensity == "LIN"
        relationship = PixelIntensityRelationship.LIN if lin else PixelIntensityRelationship.DISP
        return SourceInfo(
            source_id=f"simulated:ct-{self._scenario}-{self._seed}",
            kind="simulated",
            rows=self._s.size,
            columns=self._s.size,
            intensity=Intensity(relationship, 12 if lin else 8, not self._s.inverted),
            frame_period_s=1 / self._s.frame_rate_hz,
            frame_count=self._frames,
            kvp=self._s.kvp,
        )

    @property
    def plan(self) -> Plan:
        """What an operator marked on the first frame."""
        return self._b.plan

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return self._frames

    @property
    def leaks(self) -> tuple[LeakScene, ...]:
        """All leaks, in the order in which they appear."""
        if self._leaks is None:
            self._leaks = self._find_leaks()
        return self._leaks

    def time_s(self, frame: int) -> float:
        """Time of a frame (s)."""
        self._check(frame)
        return frame / self._s.frame_rate_hz

    def pixels(self, frame: int) -> Pixels:
        """Stored values of a frame, shape (rows, columns)."""
        pulse = self._pulse(frame)
        signal = self._memory[0] * self._detected(pulse)
        for back, weight in enumerate(self._memory[1:], start=1):
            signal += weight * self._detected(max(pulse - back, 0))
        return stored(signal, self._s, self._window, self._mask)

    def scene(self, frame: int) -> FrameScene:
        """What is really there in a frame (at its pulse, where pulses are rarer than frames)."""
        pulse = self._pulse(frame)
        b = self._b
        thickness = self._thickness(pulse)
        if self._mask is not None:
            thickness = thickness * (self._mask > 0.5)
        distances = b.walls.distances(self._on_box(pulse) + self._drop_on_box(pulse))
        if self._s.projection == "ap":
            distances |= {"posterior_wall": None, "anterior_wall": None}
        x, y = b.course.shift_mm[pulse] / self._s.scale_mm_per_px
        level = LevelScene(b.level, distances, self._volume_ml(pulse), (float(x), float(y)))
        return FrameScene(self.time_s(frame), thickness, (level,))

    # -- beyond the protocol ---------------------------------------------------------------------------

    def injected_ml(self, frame: int) -> float:
        """What the syringe gave until then."""
        return float(self._b.course.injected_ml[self._pulse(frame)])

    @property
    def inject_at_s(self) -> float:
        """When the injection begins (s)."""
        return self._b.inject_at_s

    # -- rendering -------------------------------------------------------------------------------------

    def _check(self, frame: int) -> None:
        if not 0 <= frame < self._frames:
            raise IndexError(f"frame: {frame} is not from 0 to {self._frames - 1}")

    def _pulse(self, frame: int) -> int:
        self._check(frame)
        return min(int(frame / self._s.frame_rate_hz * self._pulse_hz + 1e-6), len(self._pulses_s) - 1)

    def _rigid(self, pulse: int) -> Float64:
        """Forward matrix of the spine in pixels, shape (2, 3)."""
        angle = self._b.course.angle_rad[pulse]
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shift = self._b.course.shift_mm[pulse] / self._s.scale_mm_per_px
        return np.column_stack([turn, self._centre_px - turn @ self._centre_px + shift])

    def _layers(self, pulse: int) -> tuple[Float32, Float32]:
        """Water-like and bone-like mass of the patient (g/cm2)."""
        b, mm = self._b, self._s.scale_mm_per_px
        m = b.field.margin_px
        size = (self._s.size, self._s.size)
        held = self._rigid(pulse)
        held = np.column_stack([held[:, :2], held[:, 2] - held[:, :2] @ [m, m]])
        spine = cv2.warpAffine(
            b.patient.attached, held, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        # soft tissue slides down more the further it is in front of the spine
        stretch, fall = b.course.stretch[pulse], b.course.soft_mm[pulse] / mm
        whole = b.course.whole_mm[pulse] / mm
        slope = stretch * b.forward
        offset = -slope @ self._centre_px + fall
        free = np.array([[1.0, 0.0, whole[0] - m], [slope[0], 1 + slope[1], whole[1] + offset]])
        free[1, 2] -= free[1, 0] * m + free[1, 1] * m
        soft = cv2.warpAffine(
            b.patient.moving, free, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        spine += soft
        water, bone = cv2.split(spine)
        np.maximum(water, 0, out=water)
        np.maximum(bone, 0, out=bone)
        whole_mm = b.course.whole_mm[pulse]
        add_gas(
            water,
            b.patient.gas,
            b.field,
            (float(whole_mm[0]), float(whole_mm[1])),
            float(b.course.soft_mm[pulse]),
            float(self._pulses_s[pulse]),
        )
        return water, bone

    def _shadow(self, pulse: int) -> Shadow | None:
        b, c = self._b, self._b.course
        rigid = self._rigid(pulse)
        tip = b.field.to_px((b.needle.tip + c.pulled_mm[pulse] * b.needle.back)[None])[0]
        turn = np.array(
            [
                [np.cos(c.hand_rad[pulse]), -np.sin(c.hand_rad[pulse])],
                [np.sin(c.hand_rad[pulse]), np.cos(c.hand_rad[pulse])],
            ]
        )
        back = rigid[:, :2] @ turn @ b.needle.back[:2]
        tip = rigid[:, :2] @ tip + rigid[:, 2]
        return shadow(tip, back, self._s.scale_mm_per_px, b.needle, (self._s.size, self._s.size))

    def _broken_off_ml(self, pulse: int) -> float:
        drop = self._drop
        return 0.0 if drop is None or self._pulses_s[pulse] < drop.born_s else drop.volume_ml

    def _in_body_ml(self, pulse: int) -> float:
        """Injected volume less what broke off."""
        return max(float(self._b.course.injected_ml[pulse]) - self._broken_off_ml(pulse), 0.0)

    def _volume_ml(self, pulse: int) -> float:
        return self._b.cement.volume_ml(self._in_body_ml(pulse)) + self._broken_off_ml(pulse)

    def _on_box(self, pulse: int, leaked_only: bool = False) -> Float32:
        """Cement thickness in the vertebra's own coordinates (mm), without the embolus."""
        out = self._b.cement.thickness(self._in_body_ml(pulse), leaked_only)
        return cv2.GaussianBlur(out, (0, 0), 0.6)

    def _drop_on_box(self, pulse: int) -> Float32:
        """The embolus in the same coordinates, as far as they reach."""
        out = np.zeros(self._b.cement.shape, np.float32)
        at = None if self._drop is None else self._drop.at(float(self._pulses_s[pulse]))
        if self._drop is not None and at is not None:
            box = self._b.vertebra.box
            self._drop.add_to(out, (at[0] - box.start_mm[[1, 0]]) / box.step_mm, at[1], box.step_mm)
        return out

    def _thickness(self, pulse: int) -> Float32:
        """Cement along the beam in the coordinates of the frame (mm)."""
        b, mm, size = self._b, self._s.scale_mm_per_px, (self._s.size, self._s.size)
        if b.course.injected_ml[pulse] <= 0:
            return np.zeros(size, np.float32)
        box, rigid = b.vertebra.box, self._rigid(pulse)
        corner = b.field.to_px(box.start_mm[[1, 0]][None])[0]
        scale = box.step_mm / mm
        matrix = np.column_stack([rigid[:, :2] * scale, rigid[:, :2] @ corner + rigid[:, 2]])
        out = cv2.warpAffine(self._on_box(pulse), matrix, size, flags=cv2.INTER_LINEAR)
        at = None if self._drop is None else self._drop.at(float(self._pulses_s[pulse]))
        if self._drop is not None and at is not None:
            place = rigid[:, :2] @ b.field.to_px(at[0][None])[0] + rigid[:, 2]
            self._drop.add_to(out, place, rigid[:, :2] @ at[1], mm)
        return out

    def _expected(self, pulse: int) -> Float32:
        """Mean signal without noise, in units of the middle of the first frame's."""
        water, bone = self._layers(pulse)
        cement = self._thickness(pulse)
        steel = np.zeros_like(water)
        shade = self._shadow(pulse)
        if shade is not None:
            part = (shade.rows, shade.columns)
            solid = shade.along_mm > self._b.course.stylet_mm[pulse]
            steel[part] = shade.steel + np.where(solid, shade.lumen, 0)
            # the cannula fills over the last second before cement leaves its tip
            run = (self._pulses_s[pulse] - self._b.inject_at_s + 1.2) / 1.2 * 140
            if run > 0 and self._scenario != "quiet":
                full = np.clip(shade.along_mm - (140 - run), 0, 1) * ~solid
                cement = cement.copy()
                cement[part] += (shade.lumen * full).astype(np.float32)
        step = self._s.kvp_step
        beam = self._beam if step is None or self._pulses_s[pulse] < step[1] else self._beam_after
        prim = physics.primary(beam, water, bone, cement, steel)
        if self._mask is not None:
            prim *= self._mask
        sigma_px = _SCATTER_SIGMA_MM / self._s.scale_mm_per_px
        cap = 4 * self._unit if self._unit > 0 else float(np.median(prim)) * 4
        prim += physics.scattered(prim, self._s.scatter, sigma_px, cap)
        return prim

    def _detected(self, pulse: int) -> Float32:
        """Signal of one pulse with its noise, before lag and filter; kept while its successors need it."""
        kept = self._raw.get(pulse)
        if kept is not None:
            self._raw.move_to_end(pulse)
            return kept
        random = np.random.default_rng([self._seed, 0xDE7EC7, pulse])
        px_mm = self._s.scale_mm_per_px * _MAGNIFICATION
        # focal spot before the quanta are counted, scintillator after: its blur correlates the noise
        mean = physics.blur(self._expected(pulse), 0.5 * self._s.psf_mm / px_mm)
        mean *= np.float32(self._gain[pulse] * self._quanta / self._unit)
        counts = physics.blur(physics.count(mean, random), 0.85 * self._s.psf_mm / px_mm)
        if self._s.electronic_quanta > 0:
            counts += np.float32(self._s.electronic_quanta) * random.standard_normal(counts.shape, np.float32)
        counts *= np.float32(1 / self._quanta)
        self._raw[pulse] = counts
        while len(self._raw) > len(self._memory) + 1:
            self._raw.popitem(last=False)
        return counts

    def _measure(self) -> None:
        """Fix the exposure and the window on the first pulse."""
        self._unit = 0.0
        first = self._expected(0)
        self._unit = float(np.median(first[self._region]))
        first = self._expected(0) / self._unit
        # a C-arm windows on its measuring field: skin and gas at the border burn out
        low, high = np.percentile(first[self._region], [1, 99])
        self._window = (0.3 * float(low), 1.3 * float(high))

    def _exposure(self) -> Float64:
        """Exposure per pulse: follows what the measuring field loses to cement and kV, a little late."""
        s, n = self._s, len(self._pulses_s)
        if not s.brightness_control:
            return np.ones(n)
        at = np.unique([*range(0, n, max(1, n // 60)), n - 1])
        water, bone = (quarter(layer) for layer in self._layers(0))
        region = quarter(self._region.astype(np.float32)) > 0.5
        none = np.zeros_like(water)

        def mean_signal(beam: physics.Beam, cement: Float32) -> float:
            return float(physics.primary(beam, water, bone, cement, none)[region].mean())

        seen = [mean_signal(self._beam, quarter(self._thickness(int(k)))) for k in at]
        signal = np.interp(np.arange(n), at, np.array(seen) / seen[0])
        if s.kvp_step is not None:
            step = mean_signal(self._beam_after, none) / mean_signal(self._beam, none)
            signal[self._pulses_s >= s.kvp_step[1]] *= step
        return follow(signal, self._pulse_hz)

    def _find_leaks(self) -> tuple[LeakScene, ...]:
        b, t = self._b, self._pulses_s
        leak = b.cement.leak
        if leak is None:
            return ()
        embolus = leak.leak_class == "embolus"
        at_ml = b.cement.drop_ml if embolus else b.cement.first_leak_ml()
        after = np.flatnonzero(b.course.injected_ml > at_ml) if at_ml is not None else np.array([], int)
        if not after.size:
            return ()
        steel = steel_on_box(b.needle, b.vertebra.box, b.walls)
        visible, gone = None, None
        for pulse in range(int(after[0]), len(t)):
            if embolus and not self._drop_in_field(pulse):
                gone = float(t[pulse])
                break
            leaked = self._drop_on_box(pulse) if embolus else self._on_box(pulse, leaked_only=True)
            if visible is None:
                other = self._on_box(pulse) if embolus else np.maximum(self._on_box(pulse) - leaked, 0)
                if can_be_seen(leaked, other, steel, b.walls):
                    visible = float(t[pulse])
                    if not embolus:
                        break
        return (LeakScene(b.level, leak.leak_class, float(t[after[0]]), visible, gone),)

    def _drop_in_field(self, pulse: int) -> bool:
        """Whether the embolus is in the picture and in the beam."""
        at = None if self._drop is None else self._drop.at(float(self._pulses_s[pulse]))
        if at is None:
            return False
        rigid, n = self._rigid(pulse), self._s.size
        x, y = np.round(rigid[:, :2] @ self._b.field.to_px(at[0][None])[0] + rigid[:, 2]).astype(int)
        if not (0 <= x < n and 0 <= y < n):
            return False
        return self._mask is None or bool(self._mask[y, x] > 0.5)
