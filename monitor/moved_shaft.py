"""Where the cannulas are now: steel of known width on a known axis is followed from pulse to pulse.

A cannula that is turned, pushed or drawn back pales where it was and darkens where it comes to lie. None of
that is cement. Its attenuation hardly changes along the shaft, so every piece of it tells by correlation how
far it lies beside its old axis, and a rigid rod makes these offsets a straight line. What the shaft has swept
over is left out of the decision, and once it rests the image is learned anew there, and only there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.corridor import Axis, sample_along

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Vector = NDArray[np.float64]

_REACH_MM = 7.0
_PIECE_MM = 3.0
_SIDES_MM = (0.8, 3.0)
_LEAST_RESPONSE = 0.5
_FEWEST_PIECES = 4
_ON_LINE_MM = 0.5
_MOST_OFF_LINE = 0.34
_EXPLAINED = 0.7
_MOVED_MM = 0.25
_TURNED_RAD = 0.008
"""A turn of the bone that the registration misses moves the far end of the shaft so much."""
_EDGE_MM = 1.0
_TIP_MM = 3.0
_ATTACHED_MM = 9.0
"""What is attached to a cannula's outer end moves with it: hub, handle, syringe."""
_SAME_PLACE_MM = 0.25
_RESTS_S = 0.7
_PALER_MM2 = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Shaft:
    """A shaft in the reference, cut into pieces.

    `background` is what the reference shows beside and behind it, shape (pieces, offsets); `profile` its own
    attenuation across, shape (offsets,); `at_px` where along the axis the pieces are; `x`, `y` where to
    sample the image, shape (pieces * rows, offsets).
    """

    axis: Axis
    x: Float32
    y: Float32
    rows: int
    at_px: Vector
    background: Float32
    profile: Float32
    kernel: Float32
    response: float
    along: Float32
    across: Float32
    own: NDArray[np.intp]
    outer_in_view: bool


class _Track:
    """Offsets of one shaft at its tip and its outer end (px), and what they have swept over."""

    def __init__(self, length_px: float) -> None:
        self.arm_px = np.array([0.0, length_px])
        self.past: deque[tuple[float, Vector]] = deque()
        self.low, self.high = np.zeros(2), np.zeros(2)
        self.away = False
        self.away_before = False
        self.now: Vector | None = None


class ShaftWatch:
    """Follows all shafts of a level. `update` when they have been found, `look` at each pulse.

    Parameters
    ----------
    body_distance_mm : ndarray, shape of the window, float32
        Signed distance to the outline, positive inside: the tip is the end that is deeper in.
    mm_per_px : float
    """

    def __init__(self, body_distance_mm: Float32, mm_per_px: float) -> None:
        self._body_distance_mm, self._mm = body_distance_mm, mm_per_px
        self._shafts: list[_Shaft] = []
        self._tracks: list[_Track] = []
        self.swept: Bool | None = None
        """Where cement cannot be told from a shaft that has moved; None where none has."""
        self.noticed = False
        """Whether a shaft has been noticed at this pulse to have left its place."""
        self.rests = False
        """Whether all that has moved has come to rest."""

    def clear(self) -> None:
        """The reference is being learned anew: there is nothing to compare with."""
        self._shafts, self._tracks = [], []
        self.swept, self.noticed, self.rests = None, False, False

    def update(self, axes: Sequence[Axis], reference: Float32, seen: Bool | None = None) -> None:
        """Take the shafts as they are in the reference, attenuation over the window (log units).

        `seen` is what is in the field of view, None: all. A shaft that runs out of it has its end elsewhere.
        """
        self.clear()
        for axis in axes:
            shaft = self._cut(self._from_tip(axis), reference, seen)
            if shaft is not None:
                self._shafts.append(shaft)
                self._tracks.append(_Track(shaft.axis.length_px))

    def axes_now(self) -> list[Axis]:
        """The shafts that are followed, where they were seen last."""
        found = []
        for shaft, track in zip(self._shafts, self._tracks, strict=True):
            axis, (tip, outer) = shaft.axis, (0.0, 0.0) if track.now is None else track.now
            (ux, uy) = axis.along
            side = np.array([-uy, ux])
            found.append(Axis(axis.start + tip * side, axis.end + outer * side, axis.diameter_px))
        return found

    def look(self, live: Float32, covered: Bool, paler: Bool, time_s: float) -> None:
        """Take in a pulse.

        Parameters
        ----------
        live : ndarray, shape of the window, float32
            Attenuation in reference coordinates (log units).
        covered : ndarray of bool, same shape
            Known cement, and what is out of the field.
        paler : ndarray of bool, same shape
            What has lost more attenuation than the image without cement ever did.
        time_s : float
        """
        self.noticed, away = False, False
        for shaft, track in zip(self._shafts, self._tracks, strict=True):
            ends = self._place(shaft, live, covered)
            drawn_back = int(paler.ravel()[shaft.own].sum()) * self._mm**2 >= _PALER_MM2
            self._follow(track, ends, drawn_back, time_s)
            away |= track.away
        if not away:
            self.swept, self.rests = None, False
            return
        moved = [pair for pair in zip(self._shafts, self._tracks, strict=True) if pair[1].away]
        swept = self._band(*moved[0])
        for pair in moved[1:]:
            swept |= self._band(*pair)
        self.swept = swept
        self.rests = all(self._at_rest(track, time_s) for _, track in moved)

    def _follow(self, track: _Track, ends: Vector | None, drawn_back: bool, time_s: float) -> None:
        limit = _MOVED_MM + _TURNED_RAD * self._mm * track.arm_px
        out = drawn_back
        if ends is not None:
            track.now = ends
            track.past.append((time_s, ends))
            out |= bool((np.abs(ends) * self._mm > limit).any())
        while track.past and track.past[0][0] < time_s - _RESTS_S - 1e-6:
            track.past.popleft()
        if not track.away and out and (track.away_before or drawn_back):
            track.away = self.noticed = True
        elif track.away and not out and self._at_rest(track, time_s):
            # it is back where it was
            track.away = False
        track.away_before = out
        if track.away:
            recent = [place for _, place in track.past] or [np.zeros(2)]
            track.low = np.minimum(track.low, np.min(recent, axis=0))
            track.high = np.maximum(track.high, np.max(recent, axis=0))
        else:
            track.low, track.high = np.zeros(2), np.zeros(2)

    def _at_rest(self, track: _Track, time_s: float) -> bool:
        if len(track.past) < 3 or track.past[0][0] > time_s - 0.7 * _RESTS_S:
            return False
        places = np.array([place for _, place in track.past])
        half = len(places) // 2
        drift_mm = np.abs(np.median(places[:half], axis=0) - np.median(places[half:], axis=0)) * self._mm
        return bool((drift_mm < _SAME_PLACE_MM + _TURNED_RAD * self._mm * track.arm_px).all())

    def _place(self, shaft: _Shaft, live: Float32, covered: Bool) -> Vector | None:
        """Offsets (px) of a shaft at its tip and its outer end; None where the image does not tell."""
        pieces, offsets = shaft.background.shape
        strip = cv2.remap(live, shaft.x, shaft.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        strip = strip.reshape(pieces, shaft.rows, offsets).mean(axis=1)
        hidden = cv2.remap(covered.view(np.uint8), shaft.x, shaft.y, cv2.INTER_NEAREST, borderValue=1)
        half = len(shaft.kernel) // 2
        middle = np.s_[:, offsets // 2 - half : offsets // 2 + half + 1]
        free = hidden.reshape(pieces, shaft.rows, offsets).mean(axis=1)[middle].mean(axis=1) < 0.2
        if np.count_nonzero(free) < _FEWEST_PIECES:
            return None
        own = strip - shaft.background
        windows = np.lib.stride_tricks.sliding_window_view(own, len(shaft.kernel), axis=1)
        response = np.einsum("ijk,k->ij", windows, shaft.kernel) / np.float32(shaft.response)
        best = np.clip(response.argmax(axis=1), 1, response.shape[1] - 2)
        each = np.arange(pieces)
        left, top, right = (response[each, best + k] for k in (-1, 0, 1))
        bend = np.minimum(left - 2 * top + right, np.float32(-1e-6))
        offset_px = best - response.shape[1] // 2 + np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
        seen = free & (top > _LEAST_RESPONSE)
        if np.count_nonzero(seen) < _FEWEST_PIECES:
            return None
        line = _straight_line(shaft.at_px[seen], offset_px[seen])
        beside = np.abs(offset_px[seen] - np.polyval(line, shaft.at_px[seen])) * self._mm
        if float((beside > _ON_LINE_MM).mean()) > _MOST_OFF_LINE:
            return None
        ends = np.polyval(line, [0.0, shaft.axis.length_px])
        if not self._explains(own[seen], np.polyval(line, shaft.at_px[seen])):
            return np.zeros(2)
        return cast(Vector, ends)

    def _explains(self, own: Float32, offset_px: Vector) -> bool:
        """Whether the pieces are more alike when each is moved back: cement beside a shaft moves none."""
        count, offsets = own.shape
        columns = np.arange(offsets, dtype=np.float32)
        there = np.stack(
            [np.interp(columns + d, columns, row) for d, row in zip(offset_px, own, strict=True)]
        )
        common = np.median(there, axis=0)
        moved = np.stack([np.interp(columns - d, columns, common) for d in offset_px])
        resting = np.square(own - common).sum()
        return bool(np.square(own - moved).sum() < _EXPLAINED * resting) or count == 0

    def _band(self, shaft: _Shaft, track: _Track) -> Bool:
        """What a shaft has swept over since it left its place, and what may be attached to it."""
        axis, half_px = shaft.axis, shaft.axis.diameter_px / 2 + _EDGE_MM / self._mm
        share = shaft.along / np.float32(max(axis.length_px, 1.0))
        low = np.float32(track.low[0] - half_px) + share * np.float32(track.low[1] - track.low[0])
        high = np.float32(track.high[0] + half_px) + share * np.float32(track.high[1] - track.high[0])
        within = (shaft.along > -_TIP_MM / self._mm) & (shaft.along < axis.length_px + _EDGE_MM / self._mm)
        band = within & (shaft.across > low) & (shaft.across < high)
        if shaft.outer_in_view:
            wide = np.float32(_ATTACHED_MM / self._mm)
            beyond = shaft.along > axis.length_px - _EDGE_MM / self._mm
            band |= beyond & (shaft.across > low - wide) & (shaft.across < high + wide)
        return band

    def _from_tip(self, axis: Axis) -> Axis:
        depth = []
        rows, columns = self._body_distance_mm.shape
        for x, y in (axis.start, axis.end):
            at = (min(max(round(y), 0), rows - 1), min(max(round(x), 0), columns - 1))
            depth.append(float(self._body_distance_mm[at]))
        return axis if depth[0] >= depth[1] else Axis(axis.end, axis.start, axis.diameter_px)

    def _cut(self, axis: Axis, reference: Float32, seen: Bool | None) -> _Shaft | None:
        mm, shape = self._mm, cast(tuple[int, int], reference.shape)
        rows = max(1, round(_PIECE_MM / mm))
        inside, outside = (axis.diameter_px / 2 + side / mm for side in _SIDES_MM)
        reach = int(np.ceil(outside + _REACH_MM / mm))
        across = np.arange(-reach, reach + 1, dtype=np.float32)
        s = np.arange(0.0, axis.length_px, dtype=np.float32)
        (ux, uy) = axis.along
        middle_x, middle_y = axis.start[0] + s * ux, axis.start[1] + s * uy
        s = s[(middle_x >= 1) & (middle_x < shape[1] - 1) & (middle_y >= 1) & (middle_y < shape[0] - 1)]
        pieces = len(s) // rows
        if pieces < _FEWEST_PIECES:
            return None
        s = s[: pieces * rows]
        x, y = sample_along(axis, s, across)
        strip = cv2.remap(reference, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        strip = strip.reshape(pieces, rows, len(across)).mean(axis=1)
        beside = (np.abs(across) > inside) & (np.abs(across) < outside)
        left, right = (strip[:, beside & (sign * across > 0)].mean(axis=1, keepdims=True) for sign in (-1, 1))
        slope = (across / np.float32(inside + outside))[None]
        profile = np.median(strip - ((left + right) / 2 + (right - left) * slope), axis=0)
        profile = np.where(np.abs(across) <= inside, np.maximum(profile, 0), 0).astype(np.float32)
        half = int(np.ceil(inside + 1.0))
        kernel = profile[reach - half : reach + half + 1]
        kernel = kernel - kernel.mean()
        response = float((profile[reach - half : reach + half + 1] * kernel).sum())
        if response <= 1e-6:
            return None
        along, lateral = (part.astype(np.float32) for part in axis.coordinates(shape))
        own = np.flatnonzero(
            (along > 0) & (along < axis.length_px) & (np.abs(lateral) < axis.diameter_px / 2)
        )
        border_px = 3.0 / mm
        (end_x, end_y) = axis.end
        in_view = border_px < end_x < shape[1] - border_px and border_px < end_y < shape[0] - border_px
        if in_view and seen is not None:
            row, column, reach = round(end_y), round(end_x), round(border_px)
            in_view = bool(seen[row - reach : row + reach + 1, column - reach : column + reach + 1].all())
        at_px = s.reshape(pieces, rows).mean(axis=1).astype(np.float64)
        return _Shaft(
            axis, x, y, rows, at_px, strip - profile, profile, kernel, response, along, lateral, own, in_view
        )


def _straight_line(at: Vector, value: Vector) -> Vector:
    """Slope and intercept after Theil and Sen: up to a quarter of the points may be anywhere."""
    first, second = np.triu_indices(len(at), 1)
    far = at[second] - at[first] > 0.25 * (at[-1] - at[0])
    slope = float(np.median((value[second] - value[first])[far] / (at[second] - at[first])[far]))
    return np.array([slope, float(np.median(value - slope * at))])
