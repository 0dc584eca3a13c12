"""The group of commands that calibrate."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="calibrate",
    help="Calibrate a room: millimetres, millilitres and milliseconds, each with its uncertainty.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
