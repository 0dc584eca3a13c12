"""What the archive's writer and reader agree on, and what the time line says of the video.

An archived recording is two files. ``frames.mkv`` holds the pixels, for any player. ``timeline.mcap`` is a
recording as `recordings.recording` writes it, with every message as it was but those of frames: each has
become a `VideoFrame`, which names its packet in the video and a checksum of its pixels.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from recordings.video_file import Kind

SCHEMA = "cementwatch.archive/1"
PROFILE = "cementwatch.timeline/1"
RECORDING_ENDED = "recording_ended"
"""In the time line's metadata: ``no`` where the recording had been cut."""
_MOST_EXTRADATA = 4096


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What the time line says of its video.

    Parameters
    ----------
    file : str
        Its name.
    size_bytes : int
    sha256 : str
        Of the whole file, hexadecimal.
    bits_stored : int
        Significant bits of the values.
    kind : Kind
    """

    file: str
    size_bytes: int
    sha256: str
    bits_stored: int
    kind: Kind


def facts_to_metadata(facts: VideoFacts) -> dict[str, str]:
    """As the time line keeps it, beside what the recording's metadata held before."""
    kind = facts.kind
    told = {
        "video_schema": SCHEMA,
        "video_file": facts.file,
        "video_bytes": str(facts.size_bytes),
        "video_sha256": facts.sha256,
        "video_bits_stored": str(facts.bits_stored),
        "video_rows": str(kind.rows),
        "video_columns": str(kind.columns),
        "video_pixel_format": kind.pixel_format,
        "video_codec": "ffv1",
        "video_extradata": kind.extradata.hex(),
    }
    return told | {"video_crc32": _crc(told)}


def facts_of(metadata: Mapping[str, str]) -> VideoFacts | None:
    """What a time line says of its video; None where it says nothing, or not what was written."""
    told = {name: text for name, text in metadata.items() if name.startswith("video_")}
    if told.pop("video_crc32", None) != _crc(told) or told.get("video_schema") != SCHEMA:
        return None
    try:
        extradata = told["video_extradata"]
        if len(extradata) > 2 * _MOST_EXTRADATA:
            return None
        kind = Kind(
            int(told["video_rows"]), int(told["video_columns"]), told["video_pixel_format"],
            bytes.fromhex(extradata),
        )  # fmt: skip
        return VideoFacts(
            told["video_file"], int(told["video_bytes"]), told["video_sha256"],
            int(told["video_bits_stored"]), kind,
        )  # fmt: skip
    except (KeyError, ValueError):
        return None


def _crc(told: Mapping[str, str]) -> str:
    return str(zlib.crc32("\0".join(f"{name}={told[name]}" for name in sorted(told)).encode()))
