"""Peers on the frames of a procedure, raw and behind the own front end, scored like the own detector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.front_end import AVERAGED_S, FrontEnd, Matrix
from benchmarks.peers import LEARNED_S, PEERS, Kind, Peer, without_specks
from benchmarks.procedure import FrameScene, Procedure
from benchmarks.records import Record
from benchmarks.scoring import SCORE_EVERY, MaskTally
from monitor.config import Config
from monitor.intensity import WorkImage, low_pass
from monitor.plan import Plan

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

SLOW_EVERY = 10
"""Slow peers see every tenth of the frames that are scored."""

BEHIND = ", front end"
RAW = ", raw"
TRUE_POSE = ", true pose"


@dataclass(slots=True)
class _Runner:
    """One peer over all levels, and its record."""

    peers: list[Peer]
    record: Record
    tally: MaskTally

    def take(
        self, images: Sequence[Float32 | None], mm_per_px: float, *, learning: bool, wanted: bool
    ) -> list[Bool | None] | None:
        """Feed the images of a frame, one per level; masks where wanted, None where nothing can be told."""
        if learning:
            for peer, image in zip(self.peers, images, strict=True):
                if image is not None:
                    peer.learn(image)
            return None
        if any(image is None for image in images):
            return None
        masks = [
            peer.find(image, wanted=wanted)
            for peer, image in zip(self.peers, images, strict=True)
            if image is not None
        ]
        return [None if mask is None else without_specks(mask, mm_per_px) for mask in masks]


class TruePose:
    """Log-attenuation brought back by the true displacement: what the images allow, given the pose.

    Parameters
    ----------
    front : FrontEnd
        Only its windows and its curve are used.
    names : sequence of str
        Levels in the order of the front end's.
    """

    def __init__(self, front: FrontEnd, names: Sequence[str]) -> None:
        self._front, self._names = front, names
        self._mean: list[Float32] = []
        self._count = 0
        self._added: list[Float32] = []
        self._last_s = 0.0

    def step(self, work: WorkImage, scene: FrameScene, *, learning: bool) -> list[Float32]:
        """Averaged difference to the mean of what was learned, one per level."""
        shifts = {level.name: level.shift_px for level in scene.levels}
        moved = [self._back(work, k, shifts.get(name, (0.0, 0.0))) for k, name in enumerate(self._names)]
        if not self._mean:
            self._mean = moved
            self._added = [np.zeros_like(m) for m in moved]
        if learning:
            self._count += 1
            self._mean = [m + (x - m) / self._count for m, x in zip(self._mean, moved, strict=True)]
        keep = float(np.exp(-max(scene.time_s - self._last_s, 1e-3) / AVERAGED_S))
        self._last_s = scene.time_s
        fresh = [self._residual(x, m) for x, m in zip(moved, self._mean, strict=True)]
        self._added = [
            np.asarray(a * keep + r * (1 - keep), np.float32) for a, r in zip(self._added, fresh, strict=True)
        ]
        return self._added

    def matrices(self, scene: FrameScene) -> list[Matrix | None]:
        """Where each level's window is in the live window, as an affine map, shape (2, 3)."""
        b = self._front.grid.binning
        shifts = {level.name: level.shift_px for level in scene.levels}
        found = [np.asarray(shifts.get(name, (0.0, 0.0))) / b for name in self._names]
        return [np.column_stack([np.eye(2), shift]) for shift in found]

    def _back(self, work: WorkImage, level: int, shift_px: tuple[float, float]) -> Float32:
        window = self._front.levels[level].maps.window
        b = self._front.grid.binning
        whole = work.attenuation((slice(None), slice(None)))
        x, y = window.origin + np.asarray(shift_px) / b
        matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (window.columns, window.rows)
        back = cv2.warpAffine(whole, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(back, np.float32)

    def _residual(self, moved: Float32, mean: Float32) -> Float32:
        mm = self._front.grid.mm_per_px
        difference = moved - mean
        ordinary = (np.abs(difference - np.median(difference[::3, ::3])) < 0.15).astype(np.float32)
        difference = difference - low_pass(difference, ordinary, 12.0 / mm)
        return np.asarray(cv2.GaussianBlur(difference, (0, 0), max(0.4, 0.5 / mm)), np.float32)


def score_peers(
    procedure: Procedure,
    empty: Callable[[str], Record],
    *,
    plan: Plan | None = None,
    kinds: Mapping[str, Kind] = PEERS,
    every: int = SCORE_EVERY,
) -> list[Record]:
    """Run peers over a procedure.

    Parameters
    ----------
    empty : callable
        Returns an empty record for the name of a detector.
    plan : Plan or None
        What the operator marked; None: the procedure's own.

    Returns
    -------
    list of Record
        Per peer ``NAME, raw``, ``NAME, front end`` and ``NAME, true pose``, as far as it is made so.
    """
    plan = procedure.plan if plan is None else plan
    view = plan.views[0]
    front = FrontEnd(view, procedure.info, Config())
    count = len(front.levels)

    def runners(ending: str, makers: Mapping[str, Callable[[], Peer] | None]) -> list[_Runner]:
        found = []
        for name, make in makers.items():
            if make is not None:
                record = empty(name + ending)
                peers = [make() for _ in range(count)]
                found.append(_Runner(peers, record, MaskTally(record, procedure.plan)))
        return found

    raw = runners(RAW, {name: kind.raw for name, kind in kinds.items()})
    behind = runners(BEHIND, {name: kind.behind for name, kind in kinds.items()})
    posed = runners(TRUE_POSE, {name: kind.true_pose for name, kind in kinds.items()})
    true_pose = TruePose(front, [level.name for level in view.levels])
    still: list[Matrix | None] = [np.eye(2, 3)] * count
    scored = 0
    for number in range(procedure.frame_count):
        time_s = procedure.time_s(number)
        work = front.work_image(procedure.pixels(number))
        scene = procedure.scene(number)
        learning = time_s < LEARNED_S
        score = number % every == 0
        slow_too = score and scored % SLOW_EVERY == 0
        scored += score
        opaque: list[Float32 | None] = [_opacity(work, front, k) for k in range(count)]
        residuals = front.step(work, time_s)
        added = [None if r is None else r.added for r in residuals]
        front_learning = any(r is not None and r.learning for r in residuals)
        back = true_pose.step(work, scene, learning=learning)
        moved = front.pose_matrices(residuals)
        for group, images, learns, matrices in (
            (raw, opaque, learning, still),
            (behind, added, front_learning, moved),
            (posed, back, learning, true_pose.matrices(scene)),
        ):
            for one in group:
                wanted = score and (slow_too or not one.peers[0].slow)
                masks = one.take(images, front.grid.mm_per_px, learning=learns, wanted=wanted)
                if wanted:
                    told = masks is not None
                    one.tally.take(front.on_frame(masks, matrices) if told else None, scene)
    done = [*raw, *behind, *posed]
    for one in done:
        one.tally.finish()
        one.record.name, one.record.frames = procedure.name, procedure.frame_count
        one.record.duration_s = procedure.time_s(procedure.frame_count - 1)
    return [one.record for one in done]


def _opacity(work: WorkImage, front: FrontEnd, level: int) -> Float32:
    """Stored values of a level's window, turned so that larger is more opaque, 0 to 1."""
    full = np.float32(front.info.intensity.largest_stored_value)
    return np.asarray(1 - work.grey[front.levels[level].maps.window.part] / full, np.float32)
