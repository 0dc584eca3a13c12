"""An image kept as pictures: as shown with all that was said of it, and as recorded at its full depth."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QBuffer, QIODevice
from PyQt6.QtGui import QImage

from calibration.whole_file import write_whole
from monitor.errors import OutputError
from monitor.frame import Frame
from monitor.plan_image import encode_gray_png


def time_name(seconds: float) -> str:
    """A session time for a file's name: ``003m08.321s``."""
    whole_ms = max(0, round(seconds * 1000))
    return f"{whole_ms // 60_000:03d}m{whole_ms % 60_000 / 1000:06.3f}s"


def snapshot_folder(session: Path) -> Path:
    """Where pictures of a session go: beside it, since a session that is kept is not added to."""
    whole = session.resolve()
    return whole.with_name(f"{whole.name}-pictures")


def keep_image(folder: Path, seconds: float, shown: QImage, frame: Frame | None) -> tuple[Path, ...]:
    """Write the pictures; which there are now.

    Parameters
    ----------
    seconds : float
        Time of the session (s), for the names.
    shown : QImage
        The overlay as painted.
    frame : Frame or None
        Its pixels are kept lossless, at 8 or 16 bit; None: it is damaged.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    name = time_name(seconds)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not shown.save(buffer, "PNG"):
        raise OutputError(f"{folder}: the picture cannot be made")
    pictures = {folder / f"{name}-as-shown.png": buffer.data().data()}
    if frame is not None:
        pictures[folder / f"{name}-frame.png"] = encode_gray_png(frame.pixels)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, data in pictures.items():
            write_whole(path, data)
    except OSError as error:
        raise OutputError(f"{folder}: cannot write the pictures: {error.strerror or error}") from error
    return tuple(pictures)
