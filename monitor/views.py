"""Several views of one plan over one source: the one that the image shows is monitored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.frame import Frame
from monitor.memory import Memory
from monitor.pipeline import Pipeline
from monitor.plan import View
from monitor.result import Alert, Result
from monitor.states import Reason, State

_AGREEING = 2
_AT_FIRST = 5
"""Frames at the start at which the view is looked for: bone that was never found cannot be lost."""
_LIKE, _MORE = 0.2, 1.6
"""Another view is taken up from this likeness on, if it is so many times that of the present one."""
_LATE = Reason(State.DEGRADED, "late_view", "cement from before this view was first seen is not shown in it")


class Views:
    """Stands for a `Pipeline`; has one for each view. They share the alarms.

    Parameters
    ----------
    pipelines : sequence of Pipeline
        One for each view, the present one first, made with the same `AlarmBoard`.
    """

    def __init__(self, pipelines: Sequence[Pipeline]) -> None:
        self._pipelines: Mapping[str, Pipeline] = {pipeline.view.name: pipeline for pipeline in pipelines}
        self._active = pipelines[0]
        self._seen = {self._active.view.name}
        self._candidate: Pipeline | None = None
        self._asked: Pipeline | None = None
        self._agreeing = self._begun = 0

    @property
    def view(self) -> View:
        """The view that is monitored now."""
        return self._active.view

    def step(self, frame: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        """Take a frame through the stages of the view that it shows; as `Pipeline.step`."""
        result = self._active.step(frame, now_ns, skipped_before)
        self._begun += 1
        asked, self._asked = self._asked, None
        if asked is not None and self._shows(asked, frame):
            return self._taken_up(asked, result, frame, now_ns, skipped_before)
        if self._begun > _AT_FIRST and not any(reason.code == "unknown_view" for reason in result.reasons):
            self._candidate, self._agreeing = None, 0
            return self._with_all_beam(result)
        other = self._shown(frame)
        self._agreeing = self._agreeing + 1 if other is not None and other is self._candidate else 1
        self._candidate = other
        if other is None or self._agreeing < _AGREEING:
            return self._with_all_beam(result)
        return self._taken_up(other, result, frame, now_ns, skipped_before)

    @property
    def next_view(self) -> View:
        """The view of the plan that follows the one that is monitored now; may be asked by any thread."""
        views = list(self._pipelines.values())
        return views[(views.index(self._active) + 1) % len(views)].view

    def ask_for(self, name: str) -> None:
        """Take up a view at the next step if the image is as much like it.

        It is then taken up before it is so much more like it that it would be by itself. What the image does
        not show is not taken up: the other view would be learned as if it were this one. A name that the plan
        does not have is not known to it: nothing happens.
        """
        self._asked = self._pipelines.get(name)

    def _taken_up(
        self, other: Pipeline, result: Result, frame: Frame, now_ns: int, skipped_before: int
    ) -> Result:
        if other.view.name not in self._seen and any(p.has_cement for p in self._pipelines.values()):
            other.degrade(_LATE)
        self._seen.add(other.view.name)
        self._active, self._candidate, self._agreeing = other, None, 0
        taken_up = other.step(frame, now_ns, skipped_before)
        # what was told by the view that is left must not be lost
        told = result.transitions + taken_up.transitions
        return self._with_all_beam(replace(taken_up, transitions=told))

    def acknowledge(self) -> None:
        """Acknowledge all alarms at the next step."""
        self._active.acknowledge()

    def note_aliquot(self, level: str, volume_ml: float, now_ns: int) -> None:
        """Note what one push has injected, in every view that shows the level; as `Pipeline.note_aliquot`."""
        for pipeline in self._pipelines.values():
            if any(marked.name == level for marked in pipeline.view.levels) or pipeline is self._active:
                pipeline.note_aliquot(level, volume_ml, now_ns)

    def note_mixing(self, now_ns: int) -> None:
        """Start the cement clock."""
        for pipeline in self._pipelines.values():
            pipeline.note_mixing(now_ns)

    def remember(self) -> Memory | None:
        """What must outlive this process, of the view that is monitored now."""
        return self._active.remember()

    def recall(self, memory: Memory) -> None:
        """Go on with the view that was monitored last; as `Pipeline.recall`."""
        self._active = self._pipelines.get(memory.view, self._active)
        self._seen = {self._active.view.name}
        self._active.recall(memory)
        for pipeline in self._pipelines.values():
            if pipeline is not self._active and any(level.cement.any() for level in memory.levels):
                pipeline.degrade(_LATE)

    def restore(self, alerts: Sequence[Alert], now_ns: int) -> None:
        """Take up the alarms of a process that was killed."""
        self._active.restore(alerts, now_ns)

    def _shows(self, asked: Pipeline, frame: Frame) -> bool:
        """Whether a frame is at least as much like a view that was asked for as like the present one."""
        if asked is self._active:
            return False
        return asked.likeness_of(frame) >= max(_LIKE, self._active.likeness_of(frame))

    def _shown(self, frame: Frame) -> Pipeline | None:
        """The other view that a frame is like; None where it is like none."""
        likeness = {
            pipeline.view.name: pipeline.likeness_of(frame)
            for pipeline in self._pipelines.values()
            if pipeline is not self._active
        }
        name = max(likeness, key=lambda view: likeness[view], default=None)
        if name is None or likeness[name] < max(_LIKE, _MORE * self._active.likeness_of(frame)):
            return None
        return self._pipelines[name]

    def _with_all_beam(self, result: Result) -> Result:
        return replace(result, beam_on_s=sum(p.beam_on_s for p in self._pipelines.values()))
