"""What the overlay shows at a moment of a replay, with the trend as it stood then."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QPainter

from monitor.errors import RecordingError
from monitor.frame import Frame, freeze_pixels
from monitor.health import Health
from monitor.result import Result
from monitor.states import State
from recordings.messages import Step
from recordings.track import Track
from recordings.viewing import NOT_COMPUTED, SUPERSEDED, Course, Place
from ui.overlay.draw import Draw, DrawnText
from ui.overlay.layout import layout_for
from ui.overlay.memory import TREND_SPAN_S
from ui.overlay.model import BarModel, OverlayModel, StateModel
from ui.overlay.observation import Observation
from ui.overlay.scene import Scene
from ui.overlay.sight import is_seen
from ui.overlay.words import UNKNOWN
from ui.replay.deck import DamagedFrameError, Deck
from ui.replay.layout import beside_layout_for
from ui.theme import BACKGROUND, TEXT

FEW, MANY = 40, 150
"""Steps out of which the trend is put together: while it is dragged, and once it rests."""
STANDS_LIT_NS = 100_000_000
"""In the lit half of every priority's flashing."""
_SPAN_NS = round((TREND_SPAN_S + 1) * 1e9)
_LATELY_NS = 3_000_000_000
"""The log has four measurements a second: enough for a curve, but for its newest part."""
_STEPS_KEPT = 500
_BEFORE = (8, 200)
"""Steps further back that are asked when something was seen last: while dragged, at rest."""
_FOOTER = "Space  play   ·   N  next alarm   ·   ?  all keys"
_FOLLOWS = {
    SUPERSEDED: "another image was looked at in its place",
    NOT_COMPUTED: "wait, or go back to what was found live",
}
_NO_PIXELS = freeze_pixels(np.zeros((1, 1), np.uint8), copy=False)


class Look:
    """One track over a deck. `label` says whose findings they are, `nothing` why there are none.

    After `show`, `place` is what is shown, and `model` what is painted; None where the frame is damaged.
    """

    def __init__(self, deck: Deck, track: Track | None, label: str = "", nothing: str = "") -> None:
        self._deck, self.label = deck, label
        self.course = Course(deck.seqs, deck.times_ns, track, nothing or deck.nothing)
        self.scene = Scene(deck.setup)
        self.footer = _FOOTER
        self.place: Place | None = None
        self.model: OverlayModel | None = None
        self.observation: Observation | None = None
        self.damage = ""
        self._steps: OrderedDict[int, Step | None] = OrderedDict()
        self._fed_step: int | None = None
        self._fed_ns = 0
        self._flash_ns = STANDS_LIT_NS

    @property
    def beside(self) -> bool:
        """Whether it has half a window, beside another."""
        return self.scene.lay_out is beside_layout_for

    @beside.setter
    def beside(self, beside: bool) -> None:
        self.scene.lay_out = beside_layout_for if beside else layout_for

    @property
    def track(self) -> Track | None:
        """Whose findings are shown; None: there are none."""
        return self.course.track

    def grow(self) -> None:
        """Take up that the deck holds more."""
        self.course.grow(self._deck.seqs, self._deck.times_ns)

    def show(self, place: Place, *, few: bool = False, flash_ns: int = STANDS_LIT_NS) -> OverlayModel | None:
        """Show a place. `few`: quickly, with a coarser trend. `flash_ns`: time that alarms flash by.

        Returns None where the frame is damaged; `damage` says it.
        """
        self.place, self.damage, self._flash_ns = place, "", flash_ns
        try:
            frame = self._deck.frame(place.frame)
        except DamagedFrameError as error:
            self.model, self.observation, self.damage = None, None, str(error)
            return None
        self._remember_until(place, few=few)
        step = None if place.step is None else self.step(place.step)
        if step is None or step.findings is None:
            why = place.why or ("the monitor failed on this image" if step is not None else "record damaged")
            return self._show_bare(frame, place, why, step.fault if step is not None else None)
        result = step.findings.on(frame)
        self.observation = self._observation(result, place.t_ns, place.frame)
        return self._finish(self.scene.take(self.observation))

    def step(self, position: int) -> Step | None:
        """A step of the track; None: its record is damaged."""
        if position in self._steps:
            self._steps.move_to_end(position)
            return self._steps[position]
        step: Step | None = None
        if self.track is not None:
            try:
                step = self.track.step(position)
            except (RecordingError, OSError):
                step = None
        self._steps[position] = step
        if len(self._steps) > _STEPS_KEPT:
            self._steps.popitem(last=False)
        return step

    def paint(self, painter: QPainter, width_px: float, height_px: float) -> list[DrawnText]:
        """Paint what is shown, with what says that it is no live image."""
        if self.model is None:
            return self._paint_damage(painter, width_px, height_px)
        words = self.scene.paint(painter, width_px, height_px, self.model)
        layout = self.scene.placed(width_px, height_px, self.model)
        draw = Draw(painter, layout.unit)
        _paint_tag(draw, layout.image, self.label)
        if self.place is not None and self.model.bar.state is not None and not self.model.marks:
            middle = QRectF(layout.image)
            middle.setHeight(draw.px(60))
            middle.moveBottom(layout.image.bottom() - draw.px(60))
            _plate(draw, middle, self.model.bar.state.text, 30, TEXT, "#000000")
        return words + draw.words

    # what is put together

    def _show_bare(self, frame: Frame, place: Place, why: str, fault: str | None) -> OverlayModel:
        result = self._deck.bare(frame, self._deck.only_view, why)
        health = Health(State.NOT_MONITORING, result.reasons, place.t_ns, 0.0, {})
        self.observation = self._told(result, health, max(place.t_ns, frame.t_capture_ns))
        model = self.scene.take(self.observation)
        state = StateModel(
            why, fault or _FOLLOWS.get(place.why, "nothing is known of this image"), filled=True
        )
        return self._finish(
            replace(
                model,
                bar=BarModel(None, state, 0, "", ""),
                header=replace(model.header, beam_on=f"beam on {UNKNOWN}"),
                stale_s=None,
                distance=replace(model.distance, title="nothing was measured", figure=None),
            )
        )

    def _finish(self, model: OverlayModel) -> OverlayModel:
        header, distance = replace(model.header, replay=True), model.distance
        if self.beside:  # what is the same of both makes room
            cement = (header.cement[0], "", "")
            header = replace(header, unchecked="", session="", beam_on="", cement=cement)
            distance = replace(distance, also_name="", also="")
        self.model = replace(
            model,
            header=header,
            bar=replace(model.bar, todo=""),
            distance=distance,
            footer_keys="" if self.beside else self.footer,
            flash_ns=self._flash_ns,
        )
        return self.model

    def _observation(self, result: Result, t_ns: int, frame: int) -> Observation:
        captured_ns = result.frame.t_capture_ns
        newest_ns = self.course.captured_ns(max(frame, self.course.newest_frame(t_ns)))
        now_ns = max(t_ns, captured_ns)
        health = self._deck.believed.at(now_ns, result.reasons, captured_ns, newest_ns)
        return self._told(result, health, now_ns)

    def _told(self, result: Result, health: Health, now_ns: int) -> Observation:
        anchor_ns = self._deck.session.about.anchor_monotonic_ns
        return Observation(
            result,
            health,
            now_ns,
            session_elapsed_s=max(0.0, (now_ns - anchor_ns) / 1e9),
            demo_note=f"REPLAY  ·  {self.label}" if self.label else "REPLAY of a recording",
        )

    def _remember_until(self, place: Place, *, few: bool) -> None:
        """Have the trend as it stood: gone on with where time goes on, put together anew where it leaps."""
        track = self.track
        newest = None if track is None else track.at(place.t_ns)
        if newest is not None and place.step is not None:
            newest = min(newest, place.step)
        fed = self._fed_step
        if track is None or newest is None:
            self.scene.forget()
        elif fed is not None and 0 <= newest - fed <= MANY and self._fed_ns <= place.t_ns:
            self._feed(self._observations(range(fed + 1, newest + (place.step != newest))))
        else:
            self.scene.forget()
            self._feed(self._before(track, newest + (place.step != newest), place.t_ns, few=few))
            newest = None if few else newest  # it is not gone on with: the trend is coarse
        self._fed_step, self._fed_ns = newest, place.t_ns

    def _before(self, track: Track, end: int, t_ns: int, *, few: bool) -> Iterator[Observation]:
        """What was seen in the trend's span before a step: out of the log where that has it."""
        first_ns = t_ns - _SPAN_NS
        measured = self._deck.measured if track is self._deck.track else None
        if measured is None or not len(measured):
            first = self._first_since(track, first_ns)
            yield from self._observations([*self._further_back(first, _BEFORE[not few])])
            yield from self._observations(_spread(first, end, FEW if few else MANY))
            return
        lately_ns = t_ns - (0 if few else _LATELY_NS)
        for each in (*measured.last_watched(first_ns), *measured.between(first_ns, lately_ns)):
            frame = Frame(each.seq, each.captured_ns, None, _NO_PIXELS, "")
            state = max(level.state for level in each.levels)
            result = Result(frame, each.view, state, (), each.levels, (), (), {}, 0.0)
            yield self._seen(result, each.captured_ns)
        if not few:
            yield from self._observations(range(self._first_since(track, lately_ns), end))

    @staticmethod
    def _first_since(track: Track, t_ns: int) -> int:
        newest = track.at(t_ns)
        return 0 if newest is None else newest + 1

    def _further_back(self, before: int, most: int) -> list[int]:
        """Steps before the trend's span in which something was seen, where the span may not hold one."""
        views = len(self._deck.plan.views) if self._deck.plan is not None else 1
        span = [self.step(p) for p in _spread(before, min(before + FEW, len(self.track or ())), 3)]
        seen = [s for s in span if s is not None and s.findings and s.findings.state <= State.DEGRADED]
        if views == 1 and seen:
            return []
        return _spread(0, before, most)

    def _feed(self, told: Iterable[Observation]) -> None:
        """Remember looks; of the last in which something was seen also what it spoke of."""
        held = list(told)
        seen = [k for k, observation in enumerate(held) if _is_any_seen(observation)]
        for k, observation in enumerate(held):
            if seen and k == seen[-1]:
                self.scene.take(observation)
            else:
                self.scene.remember(observation)

    def _observations(self, positions: Iterable[int]) -> Iterator[Observation]:
        for position in positions:
            step = self.step(position)
            if step is None or step.findings is None:
                continue
            captured_ns = self._captured_ns(step)
            frame = Frame(step.seq, captured_ns, None, _NO_PIXELS, "")
            yield self._seen(step.findings.on(frame), max(step.now_ns, captured_ns))

    def _seen(self, result: Result, now_ns: int) -> Observation:
        captured_ns = result.frame.t_capture_ns
        health = self._deck.believed.at(now_ns, result.reasons, captured_ns, captured_ns)
        return Observation(result, health, now_ns)

    def _captured_ns(self, step: Step) -> int:
        frame = self.course.of_seq(step.seq)
        return step.now_ns if frame is None else self.course.captured_ns(frame)

    def _paint_damage(self, painter: QPainter, width_px: float, height_px: float) -> list[DrawnText]:
        layout = self.scene.lay_out(width_px, height_px, None)
        draw = Draw(painter, layout.unit)
        draw.fill(QRectF(0, 0, width_px, height_px), BACKGROUND)
        middle = QRectF(0, height_px / 2 - draw.px(60), width_px, draw.px(70))
        draw.text(middle, "this frame is damaged, and not shown", 50, TEXT, bold=True, align="centre")
        draw.text(middle.translated(0, draw.px(80)), "REPLAY", 30, TEXT, bold=True, align="centre")
        return draw.words


def _is_any_seen(observation: Observation) -> bool:
    levels = observation.result.levels if observation.result is not None else ()
    return any(is_seen(observation, level) for level in levels)


def _spread(first: int, end: int, most: int) -> list[int]:
    """At most so many positions of ``first .. end - 1``, evenly spread, the last of them always."""
    count = end - first
    if count <= most:
        return list(range(first, max(first, end)))
    return sorted({end - 1 - round(k * (count - 1) / (most - 1)) for k in range(most)})


def _paint_tag(draw: Draw, image: QRectF, label: str) -> None:
    """That it is a replay, on the image itself, dark on light as nothing else is."""
    row = QRectF(
        image.left() + draw.px(14), image.top() + draw.px(14), image.width() - draw.px(28), draw.px(44)
    )
    taken = _plate(draw, row, "REPLAY", 28, BACKGROUND, TEXT, align="left")
    if label:
        rest = QRectF(taken.right() + draw.px(20), row.top(), 0, row.height())
        rest.setRight(row.right())
        _plate(draw, rest, label, 20, TEXT, "#000000", align="left")


def _plate(
    draw: Draw, row: QRectF, text: str, size: float, ink: str, ground: str, *, align: str = "centre"
) -> QRectF:
    pad = draw.px(14)
    width = min(draw.width_of(text, size, bold=True) + 2 * pad, row.width())
    left = row.left() if align == "left" else row.center().x() - width / 2
    plate = QRectF(left, row.top(), width, row.height())
    draw.fill(plate, ground, 5)
    draw.text(plate.adjusted(pad, 0, -pad / 2, 0), text, size, ink, bold=True)
    return plate
