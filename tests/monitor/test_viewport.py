"""What is cut out for a level is the same wherever the viewport has been moved to."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.grid import Grid, Window
from monitor.viewport import Viewport

GRID = Grid(90, 110, 1, 0.4)
WINDOW = Window(30, 25, 40, 35)
PAD = 8


@given(dx=st.integers(-150, 150), dy=st.integers(-150, 150))
def test_a_moved_viewport_shows_what_is_there(dx: int, dy: int) -> None:
    image = np.arange(GRID.rows * GRID.columns, dtype=np.float32).reshape(GRID.rows, GRID.columns) + 1
    port = Viewport(WINDOW, PAD, GRID)
    port.move(np.array([dx, dy], float))
    seen = port.cut(lambda part: image[part], 0.0)
    assert seen.shape == (WINDOW.rows + 2 * PAD, WINDOW.columns + 2 * PAD)
    assert port.inner(seen).shape == WINDOW.shape
    wide = np.zeros((GRID.rows + 500, GRID.columns + 500), np.float32)
    wide[250 : 250 + GRID.rows, 250 : 250 + GRID.columns] = image
    y, x = WINDOW.y0 + dy - PAD + 250, WINDOW.x0 + dx - PAD + 250
    expected = wide[y : y + seen.shape[0], x : x + seen.shape[1]]
    overlaps = (expected > 0).any()
    assert np.array_equal(seen, expected) if overlaps else not seen.any()


def test_beyond_the_border_the_border_goes_on() -> None:
    image = np.ones((GRID.rows, GRID.columns), np.float32)
    port = Viewport(WINDOW, PAD, GRID)
    port.move(np.array([-60.0, 0.0]))
    assert (port.cut(lambda part: image[part]) == 1).all()
