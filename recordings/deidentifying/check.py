"""Checks of what was made that need more than its bytes: packed texts of a session, and masked pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from monitor.errors import RecordingError, SourceError
from monitor.sources.dicom_file import DicomImage, read_image
from monitor.sources.dicom_frames import coded_frames, decoded, stored_values
from recordings.deidentifying.pixels import black_of
from recordings.deidentifying.remains import Remain, Search
from recordings.deidentifying.words import texts_in
from recordings.importing.regions import Region
from recordings.session import SNAPSHOTS, StoredSession

_NOT_KEPT = ("tags.json", "thumbnail.png", "memory.msgpack", "truth.json", SNAPSHOTS)
_RECEIVED = "received"
_PACKED = (".png", ".mcap", ".mkv", ".msgpack")
"""Packed, they look like noise, in which short values are found by chance; messages are unpacked instead."""
_PICTURE_AS_TEXT = re.compile(rb"[A-Za-z0-9+/=]{400,}")
"""Of a plan, and of a log that holds one."""
_LARGEST_TEXT_BYTES = 1 << 28


def session_remains(session: StoredSession, search: Search) -> Iterator[Remain]:
    """What identifies in a session that was made: every file, and every message of its recording unpacked."""
    where = "the session"
    for name in _NOT_KEPT:
        if (session.folder / name).exists():
            yield Remain(name, where)
    for path in sorted(session.folder.rglob("*")):
        if path.is_file() and _RECEIVED not in path.relative_to(session.folder).parts:
            yield from _in_file(path, search, f"{where}: {path.name}")
    with session.frames() as reader:
        told = [event.data for event in reader.events] + [gap.reason for gap in reader.gaps]
        yield from search.in_text("\0".join(texts_in(told)), f"{where}: events")
        for index in range(reader.step_count):
            try:
                step = reader.step(index)
            except RecordingError:
                yield Remain("a step that cannot be read", where)
                continue
            texts = texts_in(step.findings) + texts_in([request.value for request in step.requests])
            yield from search.in_text("\0".join(texts), f"{where}: step {index}")
        sources = {reader.read(index).source_id for index in range(min(1, len(reader)))}
        yield from search.in_text("\0".join(sources), f"{where}: frames")
    yield from search.in_text(msgspec.json.encode(session.about).decode(), f"{where}: session.json")


def _in_file(path: Path, search: Search, where: str) -> Iterator[Remain]:
    if path.suffix in _PACKED:
        yield from search.in_file(path, where, 0)
    elif path.stat().st_size <= _LARGEST_TEXT_BYTES:
        yield from search.in_bytes(_PICTURE_AS_TEXT.sub(b"", path.read_bytes()), where)
    else:
        yield from search.in_file(path, where)


def unlike_pixels(image: DicomImage, written: Path, regions: Sequence[Region]) -> str | None:
    """Whether a region is not black, or a pixel beside the regions has changed; in words, None: neither."""
    made = read_image(written)
    if (made.rows, made.columns, made.frames, made.samples) != (
        image.rows, image.columns, image.frames, image.samples,
    ):  # fmt: skip
        return "another size of the pixels"
    inside = np.zeros((image.rows, image.columns), bool)
    for region in regions:
        inside[region.part] = True
    black = black_of(image)
    try:
        for number, (before, after) in enumerate(zip(coded_frames(image), coded_frames(made), strict=True)):
            old, new = _values(image, before), _values(made, after)
            if (new[inside] != black).any():
                return f"frame {number}: a region that is not black"
            if (old[~inside] != new[~inside]).any():
                return f"frame {number}: pixels that have changed"
    except (ValueError, OSError) as error:
        raise SourceError(f"{written}: cannot be read back: {error}") from error
    return None


def _values(image: DicomImage, coded: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    samples = decoded(image, coded)
    return samples if image.samples > 1 else stored_values(image, samples)
