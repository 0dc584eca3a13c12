"""What one level found in one pulse, and what remains of it where it may not be believed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.motion import Fit
from monitor.result import LevelResult
from monitor.states import Reason, State

Bool = NDArray[np.bool_]

_OF_THE_IMAGE_ITSELF = ("intruder", "too_dark", "too_poor", "saturated", "noisy", "polarity")


@dataclass(frozen=True, slots=True, eq=False)
class LevelStep:
    """What a level found in a pulse, and why it may not be believed."""

    result: LevelResult
    reasons: tuple[Reason, ...]
    mask: Bool | None
    fit: Fit | None


def is_disturbed(step: LevelStep) -> bool:
    """Whether something has happened to the whole image, such as a movement or another contrast."""
    return any(
        reason.state is State.NOT_MONITORING and reason.code not in _OF_THE_IMAGE_ITSELF
        for reason in step.reasons
    )


def has_lost_bone(step: LevelStep) -> bool:
    """Whether the marked bone is not found in the image."""
    return any(reason.code == "lost" for reason in step.reasons)


def is_faint(step: LevelStep) -> bool:
    """Whether bone is too faint to be followed."""
    return any(reason.code == "faint" for reason in step.reasons)


def blank(step: LevelStep) -> LevelStep:
    """Nothing is known of a level, not even where it is."""
    return LevelStep(LevelResult(step.result.name, State.NOT_MONITORING, None), (), None, None)


def without_findings(step: LevelStep) -> LevelStep:
    """A held image says nothing of what happens now."""
    old = step.result
    bare = LevelResult(name=old.name, state=State.HELD, pose=old.pose, structures_px=old.structures_px)
    return replace(step, result=bare, mask=None)
