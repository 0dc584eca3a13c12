"""A pipeline that other threads may ask for something: it takes effect between two steps, in a known order.

What went into each step is told, so that the same steps can be taken again and come out the same.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from monitor.frame import Frame
from monitor.pipeline import Pipeline
from monitor.result import Result
from monitor.views import Views


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for: ``acknowledge``, or ``view`` with the view's name."""

    kind: str
    value: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """One step as it was taken.

    Parameters
    ----------
    frame : Frame
    now_ns : int
        Time that alarms went by (ns).
    skipped_before : int
    requests : tuple of Request
        What took effect just before it.
    result : Result or None
        None: a stage raised.
    fault : str or None
        What it raised.
    """

    frame: Frame
    now_ns: int
    skipped_before: int
    requests: tuple[Request, ...]
    result: Result | None
    fault: str | None = None


class Stepping:
    """Stands for a `Pipeline` or `Views`. `step` is called by one thread, the rest by any.

    Parameters
    ----------
    pipeline : Pipeline or Views
    tell : callable, optional
        Given every step after it was taken, on the thread that took it; must not wait or raise.
    """

    def __init__(self, pipeline: Pipeline | Views, tell: Callable[[Taken], object] = lambda _: None) -> None:
        self._pipeline, self._tell = pipeline, tell
        self._lock = threading.Lock()
        self._asked: deque[Request] = deque()

    def acknowledge(self) -> None:
        """Acknowledge all alarms at the next step."""
        self.ask(Request("acknowledge"))

    def ask_for_next_view(self) -> str | None:
        """Ask for the plan's next view, and return its name; None where there is no other.

        It is taken up at the next step if the image is as much like it; see `Views.ask_for`.
        """
        if not isinstance(self._pipeline, Views):
            return None
        name = self._pipeline.next_view.name
        self.ask(Request("view", name))
        return name

    def ask(self, request: Request) -> None:
        """Let something take effect before the next step."""
        with self._lock:
            self._asked.append(request)

    def step(self, frame: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        """Do what was asked for, and take a frame through every stage; as `Pipeline.step`."""
        with self._lock:
            requests = tuple(self._asked)
            self._asked.clear()
        for request in requests:
            self._do(request)
        try:
            result = self._pipeline.step(frame, now_ns, skipped_before)
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
            self._tell(Taken(frame, now_ns, skipped_before, requests, None, fault))
            raise
        self._tell(Taken(frame, now_ns, skipped_before, requests, result))
        return result

    def _do(self, request: Request) -> None:
        if request.kind == "acknowledge":
            self._pipeline.acknowledge()
        elif request.kind == "view" and isinstance(self._pipeline, Views) and request.value is not None:
            self._pipeline.ask_for(request.value)
