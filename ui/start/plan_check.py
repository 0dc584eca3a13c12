"""Whether a plan fits what the source gives and how the room is calibrated, in words. No widgets here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from calibration.profile import Profile
from calibration.readiness import readiness, scale_in_words
from monitor.errors import CementWatchError
from monitor.frame import SourceInfo
from monitor.plan import Plan, Polarity, plan_to_json, read_plan
from monitor.polarity import as_stated
from recordings.open import simulation
from recordings.session import PLAN, is_session
from recordings.simulated.marks import plan_for
from recordings.watching import views_to_watch

SIMULATED = "simulated:"
_TRUTH = "truth.json"
"""Lies beside what `cementwatch simulate` has written."""
GRANTED_KINDS = ("device", "network", "video", "images")
"""Sources whose polarity is taken for granted: nothing in them states it."""


@dataclass(frozen=True, slots=True)
class PlanSeen:
    """A plan and what is to be said of it. `problem` is why it cannot be used; empty: it can.

    `polarity` is what the view that the source shows states.
    """

    plan: Plan | None = None
    words: tuple[str, ...] = ()
    problem: str = ""
    polarity: Polarity | None = None


def plan_seen(plan: Plan, info: SourceInfo, profile: Profile | None) -> PlanSeen:
    """Check a plan against a source as it is cropped.

    Parameters
    ----------
    plan : Plan
    info : SourceInfo
    profile : Profile or None
        The room's.
    """
    try:
        view = views_to_watch(plan, None, info)[0]
    except CementWatchError as error:
        return PlanSeen(plan, problem=str(error))
    levels = ", ".join(level.name for level in view.levels)
    words = [f"{view.name}: {levels}; {scale_in_words(view.scale)}"]
    if info.kind in ("device", "network") and view.reference_png is None:
        words.append("it does not carry the frame that it was drawn on: the first images are taken for it")
    words += readiness(profile, as_stated(info, view), view).words
    return PlanSeen(plan, tuple(words), polarity=view.polarity)


def plan_from(path: Path, info: SourceInfo, profile: Profile | None) -> PlanSeen:
    """Read a plan file and check it."""
    try:
        return plan_seen(read_plan(path), info, profile)
    except CementWatchError as error:
        return PlanSeen(problem=str(error))


def simulated_plan(spec: str, path: Path) -> None:
    """Write the marks that a simulated procedure comes with.

    Raises
    ------
    InputError
        There is no such procedure.
    OSError
        The file cannot be written.
    """
    made = plan_to_json(plan_for(*simulation(spec)))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(made)


def plan_with(source: str) -> Path | None:
    """The plan that a recorded session or a written simulation comes with; None where there is none.

    A plan that merely lies beside a file may be another patient's, and is not taken.
    """
    path = Path(source)
    try:
        if is_session(path):
            found = path / PLAN
        elif path.is_file() and path.with_name(_TRUTH).is_file():
            found = path.with_name(PLAN)
        else:
            return None
        return found if found.is_file() else None
    except (OSError, ValueError):
        return None
