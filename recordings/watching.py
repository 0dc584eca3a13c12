"""What watches a source: a pipeline for the view that it shows, or for each view that can be recognised."""

from __future__ import annotations

from datetime import datetime

from calibration.profile import Profile
from calibration.readiness import Readiness, readiness
from monitor.alerts import AlarmBoard
from monitor.config import Config
from monitor.errors import EndOfStream, PlanError
from monitor.frame import Pixels, SourceInfo
from monitor.pipeline import Pipeline
from monitor.plan import Plan, View, check_fits
from monitor.plan_image import reference_in
from monitor.sources.base import FrameSource
from monitor.states import Reason
from monitor.views import Views


def choose_view(plan: Plan, name: str | None, rows: int, columns: int) -> View:
    """The view that a source shows: by name, or the only one, or the first made for such images.

    Raises
    ------
    PlanError
        No view of that name.
    """
    if name is not None:
        for view in plan.views:
            if view.name == name:
                return view
        known = ", ".join(view.name for view in plan.views)
        raise PlanError(f"the plan has no view {name!r}; it has: {known}")
    for view in plan.views:
        if view.image is not None and (view.image.rows, view.image.columns) == (rows, columns):
            return view
    return plan.views[0]


def reference_pixels(source: FrameSource, frame_number: int) -> Pixels | None:
    """Pixels of the frame on which the plan was drawn; None where it is the first one.

    The source is opened, read up to that frame, and closed.

    Raises
    ------
    PlanError
        The source has no such frame.
    """
    if frame_number == 0:
        return None
    with source:
        try:
            for _ in range(frame_number):
                source.read()
            return source.read().pixels
        except EndOfStream:
            raise PlanError(
                f"the plan was drawn on frame {frame_number}, which {source.info.source_id} does not have"
            ) from None


def reference_of(view: View, source: FrameSource, info: SourceInfo) -> Pixels | None:
    """The frame on which a view was drawn, from the plan itself or from a file that has it; None: not known.

    A file must be closed; a live source is not touched. Raises `PlanError`.
    """
    kept = reference_in(view)
    if kept is not None or info.live:
        return kept
    return reference_pixels(source, view.reference_frame)


def views_to_watch(plan: Plan, name: str | None, info: SourceInfo) -> tuple[View, ...]:
    """The view to begin with, and the others that the image may turn to.

    With a name, that one alone. Another view takes part where it was made for such images and there is a
    frame to know it by.

    Raises
    ------
    PlanError
        No view of that name, or the first does not fit the images.
    """
    first = choose_view(plan, name, info.rows, info.columns)
    check_fits(first, info.rows, info.columns)
    if name is not None:
        return (first,)
    others = []
    for view in plan.views:
        known = view.reference_png is not None or (not info.live and view.reference_frame > 0)
        if view is not first and known:
            try:
                check_fits(view, info.rows, info.columns)
            except PlanError:
                continue
            others.append(view)
    return (first, *others)


def watch(
    plan: Plan,
    references: dict[str, Pixels | None],
    views: tuple[View, ...],
    info: SourceInfo,
    config: Config,
    profile: Profile | None,
    standing: tuple[Reason, ...] = (),
    now: datetime | None = None,
    *,
    masks: bool = False,
) -> tuple[Pipeline | Views, Readiness]:
    """Make the pipelines, and say how ready the room's calibration is for the first view.

    Parameters
    ----------
    references : dict of str to ndarray or None
        By the view's name: the frame on which it was drawn.
    standing : tuple of Reason
        What degrades the whole run.
    now : datetime or None
        What the calibration's age is told from; None: the clock.
    masks : bool
        Whether results carry the cement as masks.
    """
    board = AlarmBoard()
    ready = [readiness(profile, info, view, now) for view in views]
    pipelines = [
        Pipeline(
            plan, view, info, config, how.density, reference=references.get(view.name),
            standing=how.standing + standing, level_scales=how.level_scales, board=board,
            masks=masks,
        )
        for view, how in zip(views, ready, strict=True)
    ]  # fmt: skip
    return (pipelines[0] if len(pipelines) == 1 else Views(pipelines)), ready[0]
