"""The picture of the wizard, with the marks of a book and what was found."""

from __future__ import annotations

from PyQt6.QtGui import QPainter

from calibration.shapes import Shapes
from ui.wizard.book import MarkBook, Tool
from ui.wizard.marker import Marker
from ui.wizard.paint import paint_marks, paint_shapes
from ui.wizard.view import PictureView


class MarkView(PictureView):
    """Shows the marks of one tool, which can be set now, and shapes."""

    def __init__(self) -> None:
        self.marker = Marker()
        self._shapes = Shapes()
        super().__init__(self.marker, "picture to calibrate on")

    def show_marks(self, book: MarkBook, tool: Tool | None, shapes: Shapes) -> None:
        """Show marks, which of them can be set now, and what was found."""
        self.marker.show(book, tool)
        self._shapes = shapes
        self.show_cursor()

    def paint_marks(self, painter: QPainter) -> None:
        """Paint what was found, and marks."""
        paint_shapes(painter, self.sight, self._shapes)
        paint_marks(painter, self.sight, self.marker, self._shapes)
