"""An annotated clip: the overlay of a passage as MP4 (H.264, yuv420p), each image at its own time.

It says REPLAY, and what the software is not, in every image, since the overlay does. Painting and encoding
are done by whoever takes the next step of `film`: the window between its events, the command line at once.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from PyQt6.QtGui import QImage, QPainter

from monitor.errors import InputError, OutputError
from recordings.export_part import Part, positions
from recordings.session import StoredSession
from recordings.track import Track
from recordings.viewing import Course
from ui.qt import start_application
from ui.replay.deck import DamagedFrameError, Deck
from ui.replay.look import Look
from ui.replay.player import label_of

FULL_HD, HD = (1920, 1080), (1280, 720)
_TICKS_PER_S = 90_000
_QUALITY = {"crf": "20", "preset": "veryfast"}
_SILENT_NS = 250_000_000
"""Where no image comes for longer, the overlay changes all the same, and is painted so often."""
_SILENT_STEP_NS = 100_000_000


def write_clip(
    session: StoredSession,
    out: Path,
    from_s: float | None = None,
    to_s: float | None = None,
    progress: Callable[[int, int | None], None] = lambda done, whole: None,
    *,
    size_px: tuple[int, int] = FULL_HD,
) -> int:
    """Write an annotated clip of a session; how many images it has.

    Parameters
    ----------
    out : Path
        Replaced whole where it is there already.
    from_s, to_s : float or None
        Passage, s since the first frame; None: from the beginning, to the end.
    progress : callable
        Called with the images done and their number.
    size_px : (int, int)
        Width and height, both even.

    Raises
    ------
    InputError
        The passage is empty or not in the session.
    SourceError
        The session cannot be read.
    OutputError
        The clip cannot be written. Nothing is left behind.
    """
    start_application()
    deck = Deck(session.folder)
    try:
        done = 0
        for done, whole in film(deck, deck.track, out, from_s, to_s, size_px=size_px):
            progress(done, whole)
        return done
    finally:
        deck.close()


def film(
    deck: Deck,
    track: Track | None,
    out: Path,
    from_s: float | None,
    to_s: float | None,
    *,
    size_px: tuple[int, int] = FULL_HD,
) -> Iterator[tuple[int, int]]:
    """As `write_clip`, image by image: how many are done, and of how many. Ended early, nothing is left."""
    start_ns, end_ns = passage(deck, from_s, to_s)
    look = Look(deck, track, label_of(track, deck.nothing))
    look.footer = ""  # nobody presses keys in a film
    times_ns = times_of_change(deck, look.course, start_ns, end_ns)
    new = out.with_name(f".{out.name}.new")
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        with av.open(str(new), "w", format="mp4", options={"movflags": "faststart"}) as container:
            yield from _encode(container, look, times_ns, start_ns, size_px)
        new.replace(out)
    except (OSError, av.FFmpegError) as error:
        raise OutputError(
            f"{out}: cannot write the clip: {getattr(error, 'strerror', None) or error}"
        ) from error
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def part_s(session: StoredSession, part: Part) -> tuple[float | None, float | None]:
    """Begin and end of a part (s since the first frame), however it was named. Raises `SourceError`."""
    if (part.first, part.last) == (None, None):
        return part.from_s, part.to_s
    with session.frames() as reader:
        first, end = positions(reader, part)
        times_ns = reader.frame_heads.times_ns
    return (times_ns[first] - times_ns[0]) / 1e9, (times_ns[end - 1] - times_ns[0]) / 1e9


def passage(deck: Deck, from_s: float | None, to_s: float | None) -> tuple[int, int]:
    """Begin and end in monotonic ns. Raises `InputError` where there is nothing between them."""
    length_s = deck.session_s(deck.last_ns)
    begin = 0.0 if from_s is None else from_s
    end = length_s if to_s is None else to_s
    if not (0 <= begin <= end and begin <= length_s):
        raise InputError(f"no passage from {begin:g} s to {end:g} s: the session is {length_s:.1f} s long")
    return deck.first_ns + round(begin * 1e9), deck.first_ns + round(min(end, length_s) * 1e9)


def times_of_change(
    deck: Deck, course: Course, start_ns: int, end_ns: int, *, silent_step_ns: int = _SILENT_STEP_NS
) -> list[int]:
    """When the overlay changes: with each frame that was looked at, each other one, and while none comes."""
    steps = () if course.track is None else course.track.times_ns
    wanted = {start_ns}
    for times_ns in (deck.times_ns, steps):
        wanted.update(times_ns[bisect_left(times_ns, start_ns) : bisect_right(times_ns, end_ns)])
    ordered, shown = [], None
    for t_ns in sorted(wanted):
        place = course.at(t_ns)
        if shown != (place.frame, place.step):
            shown = (place.frame, place.step)
            ordered.append(t_ns)
    filled: list[int] = []
    for t_ns, next_ns in zip(ordered, [*ordered[1:], end_ns], strict=True):
        filled.append(t_ns)
        if next_ns - t_ns > _SILENT_NS:
            filled += range(t_ns + _SILENT_NS, next_ns, silent_step_ns)
    return filled


def _encode(
    container: av.container.OutputContainer,
    look: Look,
    times_ns: list[int],
    start_ns: int,
    size_px: tuple[int, int],
) -> Iterator[tuple[int, int]]:
    stream = container.add_stream("libx264", rate=30, options=_QUALITY)
    stream.width, stream.height = size_px
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = stream.time_base = Fraction(1, _TICKS_PER_S)
    stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1  # BT.709, as players take it
    image = QImage(*size_px, QImage.Format.Format_RGB32)
    memory = image.bits()
    if memory is None:
        raise MemoryError("no memory for the picture")
    memory.setsize(image.sizeInBytes())
    pixels = np.frombuffer(memory, np.uint8).reshape(size_px[1], size_px[0], 4)  # type: ignore[call-overload]
    last = -1
    for done, t_ns in enumerate(times_ns, 1):
        with suppress(DamagedFrameError):
            look.show(look.course.at(t_ns), flash_ns=t_ns)
        with QPainter(image) as painter:
            look.paint(painter, *size_px)
        frame = av.VideoFrame.from_ndarray(pixels, format="bgra").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        last = max(last + 1, round((t_ns - start_ns) * _TICKS_PER_S / 1e9))
        frame.pts, frame.time_base = last, Fraction(1, _TICKS_PER_S)
        container.mux(stream.encode(frame))
        yield done, len(times_ns)
    container.mux(stream.encode(None))
