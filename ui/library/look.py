"""How the library looks, beyond what it shares with the other windows."""

from __future__ import annotations

from collections.abc import Sequence

from ui.theme import BACKGROUND, BAR_QUIET, CYAN, LINE, PANEL, TEXT, TEXT_SOFT, TRACK
from ui.wizard.look import style_sheet

_LETTERS = (19, 8, 13.5, 14, 9, 8.5, 14.5, 13.5)
"""Widths of the columns in letters of the figure's width."""
_FIGURE_SHARE = 0.62
_PICTURE_SHARE = 4.0


def library_style(font_px: int) -> str:
    """Style sheet of the window for a size of letters (px)."""
    return f"""{style_sheet(font_px)}
    QTableView {{ background: {BACKGROUND}; border: none; border-right: 1px solid {LINE}; outline: none;
        selection-background-color: {TRACK}; selection-color: {TEXT}; }}
    QHeaderView {{ background: {BAR_QUIET}; }}
    QHeaderView::section {{ background: {BAR_QUIET}; color: {TEXT_SOFT}; border: none; padding: 6px; }}
    QPlainTextEdit {{ background: {TRACK}; border: 1px solid {LINE}; border-radius: 4px; padding: 2px 4px;
        selection-background-color: {CYAN}; selection-color: {BACKGROUND}; }}
    QPlainTextEdit:focus {{ border-color: {CYAN}; }}
    QListWidget:focus {{ border-color: {CYAN}; }}
    QDialog {{ background: {PANEL}; }}
    """


def widths_of(room_px: int, font_px: int, count: int, picture: int) -> Sequence[int]:
    """Widths of the columns (px): by their words, and what is left over shared among them."""
    figure_px = _FIGURE_SHARE * font_px
    wanted = [letters * figure_px for letters in _LETTERS[:count]]
    wanted[picture] += _PICTURE_SHARE * font_px
    factor = max(room_px, 400) / sum(wanted)
    return [int(width * factor) for width in wanted]
