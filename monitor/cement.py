"""Sequential detection of added attenuation: which pixels hold cement that was not there before.

Per pixel a one-sided CUSUM (Page, Biometrika 41, 1954) of the residual beyond the dead-zone, in
units of its noise; then hysteresis over connected parts. Connectivity to known cement lowers the
threshold but is never asked for: a leak may arise far from the cannula. Confirmed cement is latched
and taken back only when the residual has been gone for longer than a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import CementConfig
from monitor.displaced import DisplacedWatch
from monitor.intensity import coarse_cells
from monitor.leap import LeapWatch
from monitor.masks import Part, around, dilated, square
from monitor.reaching import ReachWatch
from monitor.unrest import Unrest
from monitor.zones import LevelMaps

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_BORDER_MM = 1.0
_RIM_MM = 5.0
_MOST_AT_RIM = 0.3
_EDGE_MM = 2.0
_BESIDE_MM = 3.0
_CELL_MM = 1.5
_LEAP_NOTICED_S = 0.7
_MOST_OF_WHAT_REACHES = 0.3
_ACROSS_PX = 2
_LOWEST_Z, _HIGHEST_Z = -4.0, 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Cement of a level, in reference coordinates over its window.

    Parameters
    ----------
    mask : ndarray of bool
        Confirmed cement.
    added : ndarray of float32
        Averaged added attenuation (log units), also where it is below the dead-zone.
    suspect : ndarray of bool
        Confirmed or not yet: nothing is learned there.
    hidden : ndarray of bool or None
        Where an instrument has moved: cement could not be told from it there.
    """

    mask: Bool
    added: Float32
    suspect: Bool
    hidden: Bool | None = None


class CementDetector:
    """Evidence, latched cement and added attenuation of one level.

    Parameters
    ----------
    maps : LevelMaps
        Where the body is, and marked cannulas.
    bridge_px : int
        Width of the cannula's corridor, and a little more (px, odd).
    mm_per_px : float
    config : CementConfig
    """

    def __init__(self, maps: LevelMaps, bridge_px: int, mm_per_px: float, config: CementConfig) -> None:
        self._mm, self._config = mm_per_px, config
        self.unseen = maps.cannula
        self.beside_steel: Bool | None = None
        self.poor = False
        """The image shows thick cement only: a part that hangs together with none is not believed."""
        self._inside = maps.body_distance_mm > 0
        self._bridge_px = bridge_px // 2
        shape = maps.body.shape
        self._reach = ReachWatch(mm_per_px)
        self._displaced = DisplacedWatch(mm_per_px)
        self._leap = LeapWatch(self._inside, mm_per_px, config.largest_leap_mm2)
        self._evidence = np.zeros(shape, np.float32)
        self._added = np.zeros(shape, np.float32)
        self._base = np.zeros(shape, np.float32)
        self._mask = np.zeros(shape, bool)
        self._gone_s = np.zeros(shape, np.float32)
        self._seen_s = np.full(shape, np.inf, np.float32)
        self._border = np.zeros(shape, bool)
        rim = max(2, round(_BORDER_MM / mm_per_px))
        self._border[:rim] = self._border[-rim:] = True
        self._border[:, :rim] = self._border[:, -rim:] = True
        wide = round(_RIM_MM / mm_per_px)
        # what follows from the mask is worked out once for each change of it
        self._elsewhere: Bool | None = None
        self._unrest = Unrest(mm_per_px, config)
        self._rim = np.ones(shape, bool)
        self._rim[wide:-wide, wide:-wide] = False

    @property
    def mask(self) -> Bool:
        """Confirmed cement."""
        return self._mask

    @property
    def learned(self) -> Bool:
        """Confirmed cement that has become part of the reference: nothing is added there any more."""
        return self._mask & (self._base > 0)

    def _mask_changed(self) -> None:
        self._elsewhere = None
        self._unrest.mask_changed()

    def known_added(self) -> Float32 | None:
        """Attenuation that confirmed cement has added, 0 elsewhere (log units); None where there is none."""
        if not self._mask.any():
            return None
        return (self._base + self._added) * self._mask

    def taken_from(self, live: Float32, matrix: NDArray[np.float64] | None) -> Float32:
        """A live window less the cement known so far, where `matrix` (2, 3) says that it was last.

        A band-pass spreads cement over the bone around it, and the growing halo would lead the fit astray.
        """
        known = self.known_added()
        if known is None or matrix is None:
            return live
        moved = cv2.warpAffine(known, matrix, (live.shape[1], live.shape[0]), flags=cv2.INTER_LINEAR)
        return cast(Float32, cv2.subtract(live, moved))

    def elsewhere(self) -> Bool:
        """Away from the body and from known cement."""
        if self._elsewhere is None:
            beside = dilated(self._mask, round(_BESIDE_MM / self._mm))
            self._elsewhere = ~(self._inside | beside)
        return self._elsewhere

    @property
    def suspect(self) -> Bool:
        """Confirmed or suspected cement."""
        return self._mask | (self._evidence > 0.3 * self._config.threshold)

    def start_anew(self, kept: Bool | None = None) -> None:
        """The reference is being learned anew: keep the cement known, forget open suspicions.

        Parameters
        ----------
        kept : ndarray of bool, shape of the window, or None
            Where the reference of before stays in force, so that what was added to it still is. Elsewhere
            the cement of now becomes part of the reference.
        """
        learned = self._mask if kept is None else self._mask & ~kept
        self._base = np.where(learned, self._base + self._added, self._base * self._mask).astype(np.float32)
        self._added = np.where(self._mask & ~learned, self._added, np.float32(0)).astype(np.float32)
        self._evidence[:] = 0
        self._gone_s[:] = 0
        self._leap.clear()
        self._displaced.clear()

    @property
    def parts(self) -> tuple[Bool, Float32, Float32]:
        """Cement, and the attenuation of what is part of the reference and of what is not; copies."""
        return self._mask.copy(), self._base.copy(), self._added.copy()

    def recall(self, mask: Bool, base: Float32, added: Float32) -> None:
        """Take up `parts` of before."""
        self._mask, self._base, self._added = mask.copy(), base.copy(), added.copy()
        self._mask_changed()

    def paler(self, zone: Float32, noise: Float32) -> Bool:
        """What has lost more attenuation than the image ever did while it was learned."""
        paler: Bool = self._added < -(zone + np.float32(1.5) * noise)
        return paler

    def rebase(self, part: Bool) -> None:
        """A part of the reference has been learned anew, with the cement that was there."""
        held = part & self._mask
        self._base[held] += self._added[held]
        for image in (self._added, self._evidence, self._gone_s):
            image[part] = 0

    def decide(
        self,
        residual: Float32,
        noise: Float32,
        dead_zone: Float32,
        visible: Bool,
        time_s: float,
        dt_s: float,
        unfamiliar_mm: float = 0.0,
        settled_zone: Float32 | None = None,
        unseen: Bool | None = None,
    ) -> Decision:
        """Take in the residual of one new pulse.

        Parameters
        ----------
        residual, noise, dead_zone : ndarray, shape (rows, columns), float32
            Log units.
        visible : ndarray of bool, same shape
            Where cement could be seen.
        time_s, dt_s : float
            Time of the pulse, and since the pulse before (s).
        unfamiliar_mm : float
            How far the breath is beyond what has been learned of it (mm): away from the body and from known
            cement, what comes into view then is no evidence.
        settled_zone : ndarray, same shape, float32, or None
            `Reference.settled_zone`; None while still learning.
        unseen : ndarray of bool, same shape, or None
            What is out of the field, or where a cannula moves that is followed: it tells nothing of other
            instruments, and what lies along its edge is that edge.
        """
        config = self._config
        keep = np.float32(np.exp(-max(dt_s, 1e-3) / config.evidence_s))
        self._added *= keep
        self._added += residual * (1 - keep)
        shifted = settled_zone is not None and self._large_shift(settled_zone, noise, unseen)
        dead_zone = np.maximum(
            dead_zone, self._unrest.now(self._added, visible, self._mask, self.elsewhere())
        )
        z = residual - dead_zone
        z /= np.maximum(noise, np.float32(1e-6))
        np.clip(z, _LOWEST_Z, _HIGHEST_Z, out=z)
        if unfamiliar_mm > config.unfamiliar_mm:
            np.copyto(z, np.minimum(z, np.float32(0)), where=self.elsewhere())
        z += self._evidence
        z -= np.float32(config.drift_per_pulse)
        ceiling = np.float32(config.threshold * config.separate_factor * 3)
        self._evidence = np.clip(z, np.float32(0), ceiling, out=z)
        np.copyto(self._evidence, np.float32(0), where=~visible)
        moved = ~self._mask if shifted else self._moved_instrument(dead_zone, settled_zone, noise, unseen)
        hides = self._leap.hides(self._added, dead_zone, time_s)
        moved = moved if hides is None else moved | (hides & ~self._mask)
        undisturbed = not moved.any()
        if not undisturbed:
            self._evidence[moved] = np.minimum(self._evidence[moved], np.float32(0.4 * config.threshold))
        # while something moves, only what hangs together with known cement is believed
        free = visible if undisturbed else visible & ~moved
        alone = undisturbed and not self.poor
        fresh = self._confirm(dead_zone, free, self._at_edge(unseen), dt_s, alone=alone)
        fresh &= ~self._mask
        if settled_zone is None:
            fresh = self._displaced.without(fresh, self._mask, self._added, dead_zone)
        else:
            self._displaced.clear()
        leapt = self._leap.judge(fresh, time_s)
        if leapt is not None:
            self.distrust(time_s - _LEAP_NOTICED_S, leapt)
            moved = moved | (leapt & ~self._mask)
        elif fresh.any():
            self._mask |= fresh
            self._seen_s[fresh & np.isinf(self._seen_s)] = time_s
            self._mask_changed()
        self._take_back(dead_zone, visible, dt_s)
        return Decision(self._mask, self._base + self._added, self.suspect, moved)

    def _at_edge(self, unseen: Bool | None) -> Bool:
        """Along the window's border, the field's edge and what a moving cannula hides."""
        if unseen is None or not unseen.any():
            return self._rim
        return dilated(unseen, round(_EDGE_MM / self._mm)) | self._rim

    def _confirm(self, dead_zone: Float32, visible: Bool, rim: Bool, dt_s: float, *, alone: bool) -> Bool:
        """Parts whose evidence passes: near known cement at h; elsewhere, if at all, at more and larger."""
        config = self._config
        h = config.threshold
        candidate = (self._evidence > 0.5 * h) & (self._added > 0.7 * dead_zone) & visible
        candidate |= self._mask
        cut = around(candidate, 0)
        # each candidate by its part: what is counted below is counted over these pixels alone
        at = np.flatnonzero(candidate[cut])
        if not at.size:
            self._reach.note(None, dt_s)
            return candidate
        count, labels = cv2.connectedComponents(candidate[cut].view(np.uint8), connectivity=8)
        part = np.asarray(labels).ravel()[at].astype(np.intp)
        new_evidence = np.where(self._mask[cut].ravel()[at], np.float32(0), self._evidence[cut].ravel()[at])
        peak = np.zeros(count, np.float32)
        np.maximum.at(peak, part, new_evidence)
        known = np.zeros(count, bool)
        known[part[self._beside_known()[cut].ravel()[at]]] = True
        area_px = np.bincount(part, minlength=count)
        area_mm2 = area_px * self._mm**2
        grown = known & (peak > h)
        # what comes in over the window's border comes from elsewhere: bowel, an instrument
        inward = np.ones(count, bool)
        inward[part[self._border[cut].ravel()[at]]] = False
        at_rim = np.bincount(part[rim[cut].ravel()[at]], minlength=count)
        inward &= at_rim < _MOST_AT_RIM * area_px
        separate = (
            ~known
            & inward
            & (peak > h * config.separate_factor)
            & (area_mm2 >= config.smallest_separate_area_mm2)
        )
        reaching = ~known & ~inward & (peak > h) & (area_mm2 >= config.smallest_separate_area_mm2)
        reaching[0] = False
        self._reach.note(_parts(reaching, labels, cut, candidate.shape), dt_s)
        if self._reach.part is not None:
            of_it = np.bincount(part[self._reach.part[cut].ravel()[at]], minlength=count)
            separate &= of_it < _MOST_OF_WHAT_REACHES * area_px
        accepted = grown | separate if alone and not self._reach.arrives else grown
        accepted[0] = False
        fresh = _parts(accepted, labels, cut, candidate.shape)
        return np.zeros(candidate.shape, bool) if fresh is None else fresh

    def _beside_known(self) -> Bool:
        """Known cement and its neighbours, also those across the cannula."""
        part = around(self._mask, self._bridge_px + _ACROSS_PX)
        mask, unseen = self._mask[part], self.unseen[part]
        near = np.zeros(self._mask.shape, bool)
        near[part] = dilated(mask, 1)
        if unseen.any():
            near[part] |= dilated(unseen & dilated(mask, self._bridge_px), _ACROSS_PX)
        return near

    def hidden_reach(self, mask: Bool, steel: Bool, hidden: Bool | None, reach_px: int) -> Bool:
        """Cement, and what a cannula or a moved instrument may hide of it within so many pixels."""
        unseen = steel if hidden is None else steel | hidden
        if not mask.any() or not unseen.any():
            return mask
        return mask | (dilated(mask, reach_px) & unseen)

    def bridged(self, mask: Bool) -> Bool:
        """Cement, and what a cannula hides between two parts of it."""
        if not mask.any() or not self.unseen.any():
            return mask
        # closing reaches no farther than the element does, and at the window's border needs its whole width
        part = around(mask, 2 * self._bridge_px)
        closed = cv2.morphologyEx(mask[part].view(np.uint8), cv2.MORPH_CLOSE, square(self._bridge_px))
        whole = mask.copy()
        whole[part] |= closed.view(np.bool_) & self.unseen[part]
        return whole

    def _moved_instrument(
        self, dead_zone: Float32, settled_zone: Float32 | None, noise: Float32, unseen: Bool | None
    ) -> Bool:
        """Around places that have become more radiolucent: an instrument was there and has moved.

        A needle that moves leaves a negative and a positive residual side by side; cement only adds. Along a
        known cannula a thin line is enough: it has turned a little.
        """
        config = self._config
        nothing = np.False_ if unseen is None else unseen
        paler = (self.paler(dead_zone, noise) & ~nothing).view(np.uint8)
        lighter: cv2.typing.MatLike = paler
        if cv2.countNonZero(paler) * self._mm**2 >= config.moved_instrument_mm2:
            open_px = max(3, round(1.2 / self._mm) | 1)
            lighter = cv2.morphologyEx(paler, cv2.MORPH_OPEN, np.ones((open_px, open_px), np.uint8))
        if settled_zone is not None and self.beside_steel is not None:
            along = self.paler(settled_zone, noise) & self.beside_steel & ~nothing
            if float(along.sum()) * self._mm**2 >= 2 * config.moved_instrument_mm2:
                lighter = cv2.bitwise_or(lighter, along.view(np.uint8))
        if float(lighter.sum()) * self._mm**2 < config.moved_instrument_mm2:
            return np.zeros(self._mask.shape, bool)
        reach = 2 * round(config.moved_instrument_reach_mm / self._mm) + 1
        near = cv2.dilate(lighter, np.ones((reach, reach), np.uint8)) > 0
        return near & ~self._mask

    def _large_shift(self, settled_zone: Float32, noise: Float32, unseen: Bool | None) -> bool:
        """Whether a wide part has grown more radiolucent, as where bowel gas comes to lie.

        Where it lay before the image darkens as with cement, and that may be anywhere.
        """
        config = self._config
        step = max(1, round(_CELL_MM / self._mm))
        cell_mm2 = (step * self._mm) ** 2
        lower = self._added < -(settled_zone + noise)
        if unseen is not None:
            lower &= ~unseen
        # every cell that counts holds at least one such pixel
        if np.count_nonzero(lower) * cell_mm2 < config.large_shift_mm2:
            return False
        paler = coarse_cells(lower.astype(np.float32), step) > 0.6
        if np.count_nonzero(paler) * cell_mm2 < config.large_shift_mm2:
            return False
        wide = cv2.morphologyEx(paler.view(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        return cv2.countNonZero(wide) * cell_mm2 >= config.large_shift_mm2

    def distrust(self, since_s: float, part: Bool | None = None) -> None:
        """Something lies in the beam: take back what was confirmed since then, and all open suspicions.

        `part`, shape of the window: only there. None: everywhere.
        """
        late = np.isfinite(self._seen_s) & (self._seen_s > since_s)
        self._mask &= ~late if part is None else ~(late & part)
        self._seen_s[~self._mask] = np.inf
        doubted = ~self._mask if part is None else part & ~self._mask
        self._evidence[doubted] = 0
        if part is None:
            self._added[doubted] = 0
        self._mask_changed()

    def _take_back(self, dead_zone: Float32, visible: Bool, dt_s: float) -> None:
        if not self._mask.any():
            return
        part = around(self._mask, 0)
        gone = self._mask[part] & visible[part] & (self._base[part] == 0)
        gone &= self._added[part] < np.float32(0.4) * dead_zone[part]
        gone_s = (self._gone_s[part] + np.float32(dt_s)) * gone
        self._gone_s[:] = 0
        self._gone_s[part] = gone_s
        back = gone_s > self._config.unlatch_s
        if back.any():
            self._mask[part] &= ~back
            self._evidence[part][back] = 0
            self._mask_changed()


def _parts(chosen: Bool, labels: cv2.typing.MatLike, cut: Part, shape: tuple[int, ...]) -> Bool | None:
    """The chosen ones of the labelled parts of a cut, over the whole window; None where none is."""
    if not chosen.any():
        return None
    mask = np.zeros(shape, bool)
    mask[cut] = chosen[labels]
    return mask
