"""The recording file: MCAP, written so that it can be cut anywhere and read while it grows.

Every frame is one message that is handed to the kernel at once, outside any chunk, so that a killed
process loses nothing that `RecordingWriter.append` returned from; the file is flushed to the disk
about once a second of frames, so that a power cut loses about as much. Topics are ``frames``,
``gaps``, ``events`` and ``steps``; for the messages see `recordings.messages`. Any MCAP reader (format:
mcap.dev) lists them. A clean end is the MCAP summary with a message count and the CRC of the whole data
section.
"""

from __future__ import annotations

from recordings.messages import Event, Gap, Step
from recordings.recording_check import RecordingCheck
from recordings.recording_reader import RecordingReader
from recordings.recording_writer import RecordingWriter

__all__ = ["Event", "Gap", "RecordingCheck", "RecordingReader", "RecordingWriter", "Step"]
