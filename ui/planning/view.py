"""The picture of the planning window."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent, QPainter

from ui.planning.hand import PlanHand
from ui.planning.paint import paint_plan
from ui.planning.tools import Tool
from ui.wizard.view import PictureView

_TOOLS = {
    Qt.Key.Key_L: Tool.CORNERS,
    Qt.Key.Key_C: Tool.CANNULA,
    Qt.Key.Key_V: Tool.VEIN,
    Qt.Key.Key_F: Tool.FORAMEN,
}


class PlanView(PictureView):
    """Shows a plan over its picture and takes clicks and keys for it."""

    def __init__(self, hand: PlanHand) -> None:
        self.hand = hand
        super().__init__(hand, "picture to mark the levels on")
        self.empty_words = "no picture yet: open a source above"

    def take_tool(self, tool: Tool) -> None:
        """Mark something else."""
        self.hand.take_tool(tool)
        self.settled.emit()

    def paint_marks(self, painter: QPainter) -> None:
        """Paint the plan."""
        paint_plan(painter, self.sight, self.hand, self.pointer)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keys of the plan first, then those of every picture."""
        if event is None or not self._plan_key(event):
            super().keyPressEvent(event)
        else:
            self.settled.emit()

    def _plan_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return self.hand.enter()
        if key == Qt.Key.Key_Escape:
            self.hand.escape()
        elif key in _TOOLS:
            self.hand.take_tool(_TOOLS[key])
        elif key == Qt.Key.Key_E:
            self.hand.find_again()
        elif key in (Qt.Key.Key_U, Qt.Key.Key_D):
            self.hand.shift_names(-1 if key == Qt.Key.Key_U else 1)
        elif key == Qt.Key.Key_S:
            self.hand.snapping = not self.hand.snapping
        else:
            return False
        return True
