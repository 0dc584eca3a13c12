"""The sessions that a folder named on the command line stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SessionsArgument = Annotated[
    list[Path], typer.Argument(metavar="SESSION...", help="Folders of recorded sessions.")
]
SessionArgument = Annotated[Path, typer.Argument(metavar="SESSION", help="Folder of a recorded session.")]
SECOND_FOLDER = "second-plane"
"""Of a biplane's other plane, below the first plane's session folder: a whole session of its own."""


def with_second_plane(folder: Path) -> list[Path]:
    """The session itself, and that of a biplane's other plane where there is one."""
    from recordings.session import is_session

    second = folder / SECOND_FOLDER
    return [folder, second] if is_session(second) else [folder]
