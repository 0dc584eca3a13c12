"""One key picture of a session: the frame of its highest alarm, else the last watched, else the middle one.

It is kept as ``thumbnail.png`` in the session's own folder: it may show a name that is burned in, and goes
with the session. Where that folder cannot be written to it is made anew each time.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.whole_file import write_whole
from monitor.errors import CementWatchError, RecordingError
from monitor.frame import Pixels
from monitor.small_file import read_small
from recordings.library.find import Found, look_at
from recordings.library.log_summary import read_log_summary
from recordings.recording import RecordingReader
from recordings.session import LOG, StoredSession, open_session

FILE = "thumbnail.png"
SIDE_PX = 360
_LARGEST_BYTES = 2 * 1024 * 1024
_TRIES = 40
_BORDER_SHARE = 0.12
_PERCENTS = (0.5, 99.7)

Gray = NDArray[np.uint8]


def thumbnail_of(folder: Path, *, keep: bool = True) -> Gray:
    """The key picture of a session, from its folder where it is kept and not older than the session.

    Parameters
    ----------
    keep : bool
        Keep it where it was made; not for a session that is being recorded.

    Returns
    -------
    ndarray, shape (rows, columns), uint8
        At most 360 px a side.

    Raises
    ------
    SourceError
        There is no frame to show.
    """
    found = look_at(folder)
    kept = _kept(folder, found)
    if kept is not None:
        return kept
    with open_session(folder).frames() as reader:
        made = small_picture(reader.read(key_index(open_session(folder), reader)).pixels)
    if keep:
        done, packed = cv2.imencode(".png", made)
        if done:
            with suppress(OSError):
                write_whole(folder / FILE, packed.tobytes(), flush=False)
    return made


def key_index(session: StoredSession, reader: RecordingReader) -> int:
    """Position of the frame that tells most of a session, and can be read.

    Raises
    ------
    RecordingError
        There is none.
    """
    if not len(reader):
        raise RecordingError(f"{session.folder}: no frames")
    wanted = [len(reader) // 2]
    with suppress(CementWatchError):
        log = read_log_summary(session.folder / (session.about.files.get("log") or LOG))
        clinical = [alarm for alarm in log.alarms if alarm.clinical]
        if log.last_watched_seq is not None:
            wanted.insert(0, _index_of(reader, log.last_watched_seq))
        if clinical:
            # the first of the highest
            wanted.insert(0, _index_of(reader, max(clinical, key=lambda alarm: alarm.priority).seq))
    wanted += range(min(len(reader), _TRIES))
    for index in wanted:
        try:
            reader.read(index)
        except RecordingError:
            continue
        return index
    raise RecordingError(f"{session.folder}: no frame can be read")


def _index_of(reader: RecordingReader, seq: int) -> int:
    """Position of a frame by its number, or of the next one that is there: numbers grow, gaps shift them."""
    low, high = 0, min(seq, len(reader) - 1)
    try:
        if reader.read(high).seq == seq:
            return high
        while low < high:
            middle = (low + high) // 2
            if reader.read(middle).seq < seq:
                low = middle + 1
            else:
                high = middle
    except RecordingError:
        return high
    return low


def small_picture(pixels: Pixels) -> Gray:
    """A small 8 bit picture with the contrast of the middle: beside the patient it is brighter than all else.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
    """
    rows, columns = pixels.shape
    scale = min(1.0, SIDE_PX / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    top, left = round(small.shape[0] * _BORDER_SHARE), round(small.shape[1] * _BORDER_SHARE)
    middle = small[top : small.shape[0] - top, left : small.shape[1] - left]
    low, high = np.percentile(middle, _PERCENTS)
    if high <= low:
        low, high = float(small.min()), float(max(small.max(), small.min() + 1))
    return cast(Gray, np.clip((small - low) * (255.0 / (high - low)), 0, 255).astype(np.uint8))


def _kept(folder: Path, found: Found) -> Gray | None:
    """The picture that is kept; None where there is none, or the session has changed since."""
    about = found.files.get(FILE)
    counted = (FILE, "tags.json")
    changed_ns = max(
        (at_ns for name, (_, at_ns) in found.files.items() if name not in counted and "-shm" not in name),
        default=0,
    )
    if about is None or about[1] < changed_ns:
        return None
    try:
        data = np.frombuffer(read_small(folder / FILE, _LARGEST_BYTES), np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        return None
    if picture is None or max(picture.shape) > SIDE_PX:
        return None
    return cast(Gray, picture)
