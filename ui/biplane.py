"""Two sources at once, as two runs side by side: each has its own loop, recording and log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.config import Config
from monitor.errors import PlanError
from monitor.plan import Plan
from monitor.result import AlertTransition
from monitor.sources.base import FrameSource
from recordings.session import SESSION
from ui.asked import asked_by_signal
from ui.live import LiveRun, live_run
from ui.session_folders import SECOND_FOLDER
from ui.watchdog.heartbeat import Heartbeat


@contextmanager
def biplane_run(
    sources: tuple[FrameSource, FrameSource],
    plan: Plan,
    config: Config,
    session: Path | None,
    view_names: tuple[str | None, str | None] = (None, None),
    *,
    tell: Callable[[str, AlertTransition], None] = lambda *_: None,
    note: str | None = None,
    resume: bool = False,
    heart: Heartbeat | None = None,
) -> Iterator[tuple[LiveRun, LiveRun]]:
    """Run two planes, each on the view of the plan that it shows; as `live_run`.

    A plane shows one view and is not searched for others: which tube gives which is known beforehand.

    Parameters
    ----------
    view_names : (str or None, str or None)
        None: the first view of the plan, and the first other one.
    tell : callable
        Given the view's name and every alarm transition.

    Raises
    ------
    PlanError
        The plan has not got two views, or both planes were given the same one.
    SourceError, OutputError
        As `live_run`.
    """
    first, second = _views(plan, view_names)
    folder = session / SECOND_FOLDER if session is not None else None
    restarted = heart is not None and heart.restarted
    with (
        asked_by_signal() as asked,
        live_run(
            sources[0], plan, config, session, view_name=first, tell=lambda told: tell(first, told),
            note=note, resume=resume, heart=heart, asked=asked,
        ) as one,
        live_run(
            sources[1], plan, config, folder, view_name=second, tell=lambda told: tell(second, told),
            # a process that was killed before it had begun the second session left nothing to go on with
            note=note, resume=resume and folder is not None and (folder / SESSION).is_file(),
            heart=Heartbeat(None, restarted=restarted), asked=asked,
        ) as other,
    ):  # fmt: skip
        yield one, other


def _views(plan: Plan, names: tuple[str | None, str | None]) -> tuple[str, str]:
    known = [view.name for view in plan.views]
    if len(known) < 2:
        raise PlanError(f"two sources need a plan with two views; this one has {known[0]!r} alone")
    first = names[0] or next(name for name in known if name != names[1])
    second = names[1] or next(name for name in known if name != first)
    if first == second:
        raise PlanError(f"both sources were given the view {first!r}")
    return first, second
