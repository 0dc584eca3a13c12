"""A score in figures: each measure, what it was, and what it earned."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, QSize
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from recordings.training.scoring import HUMAN_REACTION_S, HUMAN_REACTION_SD_S, Score, Scoring
from ui.overlay.draw import Draw, DrawnText, Piece
from ui.theme import AMBER_LINE, CYAN, LINE, PANEL, TEXT, TEXT_FAINT, TEXT_SOFT, TRACK, unit_for

_UNKNOWN = "–"
_ROW = 96


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: its name, what it was, a remark, what it earned (0 to 1; None: it does not count)."""

    name: str
    value: str
    unit: str
    remark: str
    part: float | None
    weight: float


def rows_of(score: Score, scoring: Scoring) -> tuple[Row, ...]:
    """The measures of a score in the order in which they are shown."""
    wall_mm = score.closest_mm.get("posterior_wall")
    plates = [
        mm
        for name in ("superior_endplate", "inferior_endplate")
        if (mm := score.closest_mm.get(name)) is not None
    ]
    front_mm = score.closest_mm.get("anterior_wall")
    beside = (("endplates", min(plates, default=None)), ("anterior wall", front_mm))
    others = "  ·  ".join(
        f"{name} {mm:.1f} mm" if mm >= 0 else f"{name} crossed" for name, mm in beside if mm is not None
    )
    human = f"releasing a switch takes {HUMAN_REACTION_S:.2f} ± {HUMAN_REACTION_SD_S:.2f} s"
    reaction, unit = (_UNKNOWN, "") if score.reaction_s is None else (f"{score.reaction_s:.2f}", "s")
    if score.stopped_before_s is not None:
        human = f"let go {score.stopped_before_s:.1f} s before the danger"
    elif score.danger is None:
        human = "nothing dangerous came about"
    elif score.parts.get("reaction") == 0.0 and score.reaction_s is None:
        human = "not let go"
    share = ""
    if score.injected_ml is not None and score.target_ml:
        share = f"{100 * score.injected_ml / score.target_ml:.0f} % of {score.target_ml:.2f} mL possible"
    planned = "" if score.planned_ml is None else f"planned {score.planned_ml:.1f} mL"
    return (
        Row("reaction", reaction, unit, human, score.parts.get("reaction"), scoring.weight_reaction),
        Row(
            "closest to the posterior wall", _figure(wall_mm, 1), "mm", others,
            score.parts.get("distance"), scoring.weight_distance,
        ),
        Row(
            "leaked", _figure(score.leaked_ml, 2), "mL", "", score.parts.get("leaked"), scoring.weight_leaked
        ),
        Row(
            "missed leaks", _count(score.missed), "", f"held for over {scoring.missed_after_s:g} s after",
            score.parts.get("missed"), scoring.weight_missed,
        ),
        Row(
            "needless stops", _count(score.needless), "",
            f"longer than {scoring.needless_after_s:g} s while nothing was near",
            score.parts.get("needless"), scoring.weight_needless,
        ),
        Row(
            "volume", _figure(score.injected_ml, 2), "mL", "  ·  ".join(w for w in (share, planned) if w),
            score.parts.get("volume"), scoring.weight_volume,
        ),
    )  # fmt: skip


class ScoreView(QWidget):
    """Paints the total and the rows."""

    def __init__(self) -> None:
        super().__init__()
        self._score: Score | None = None
        self._rows: tuple[Row, ...] = ()
        self.words: list[DrawnText] = []
        self.setMinimumSize(420, 300)

    def show_score(self, score: Score, scoring: Scoring) -> None:
        """Show it."""
        self._score, self._rows = score, rows_of(score, scoring)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Half of a window."""
        return QSize(640, 480)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint it."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            window = self.window()
            unit = 1.0 if window is None else unit_for(window.width(), window.height())
            draw = Draw(painter, unit)
            whole = QRectF(0, 0, self.width(), self.height())
            draw.fill(whole, PANEL, 9)
            if self._score is not None:
                self._paint(
                    draw, whole.adjusted(draw.px(30), draw.px(20), -draw.px(30), -draw.px(16)), self._score
                )
            self.words = draw.words

    def _paint(self, draw: Draw, room: QRectF, score: Score) -> None:
        top = QRectF(room.left(), room.top(), room.width(), draw.px(130))
        if score.total is None:
            draw.text(top, "no score", 64, TEXT_SOFT, bold=True)
        else:
            draw.run(
                top,
                [Piece(f"{score.total:.0f}", 120, TEXT, bold=True), Piece("of 100", 34, TEXT_SOFT, space=20)],
            )
        height = min(draw.px(_ROW + 20), (room.height() - top.height()) / max(1, len(self._rows)))
        for number, row in enumerate(self._rows):
            self._paint_row(
                draw, QRectF(room.left(), top.bottom() + number * height, room.width(), height), row
            )

    def _paint_row(self, draw: Draw, rect: QRectF, row: Row) -> None:
        draw.line(rect.topLeft(), rect.topRight(), LINE, 1.2)
        upper = QRectF(rect.left(), rect.top() + draw.px(6), rect.width() * 0.46, draw.px(38))
        colour = TEXT if row.part is not None else TEXT_FAINT
        draw.text(upper, row.name, 27, colour)
        draw.text(
            QRectF(rect.left(), upper.bottom() - draw.px(2), rect.width() * 0.72, draw.px(30)),
            row.remark,
            20,
            TEXT_FAINT,
        )
        value = QRectF(upper.right(), upper.top(), rect.width() * 0.22, draw.px(38))
        unit = row.unit if row.value != _UNKNOWN else ""
        draw.run(value, [Piece(row.value, 32, colour, bold=True), Piece(unit, 23, TEXT_SOFT, space=8)])
        earned = QRectF(rect.left() + rect.width() * 0.74, upper.top(), rect.width() * 0.26, draw.px(38))
        if row.part is None:
            draw.text(earned, "does not count", 20, TEXT_FAINT, align="right")
            return
        draw.text(earned, f"{row.part * row.weight:.0f} / {row.weight:.0f}", 24, TEXT_SOFT, align="right")
        bar = QRectF(earned.left(), earned.bottom() + draw.px(4), earned.width(), draw.px(10))
        draw.fill(bar, TRACK, 5)
        if row.part > 0.02:
            full = QRectF(bar.left(), bar.top(), bar.width() * row.part, bar.height())
            draw.fill(full, CYAN if row.part >= 0.5 else AMBER_LINE, 5)
        else:
            draw.shape("circle", QPointF(bar.left() + draw.px(5), bar.center().y()), draw.px(6), AMBER_LINE)


def _figure(value: float | None, places: int) -> str:
    return _UNKNOWN if value is None else f"{value:.{places}f}"


def _count(value: int | None) -> str:
    return _UNKNOWN if value is None else str(value)
