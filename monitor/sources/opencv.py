"""OpenCV without its chatter on standard error: what matters is raised by name."""

from __future__ import annotations

import os

# Read once, when OpenCV first uses its FFmpeg back end; -8 is AV_LOG_QUIET.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2


def silence_opencv() -> None:
    """Turn OpenCV's own log off, for the whole process: it knows no narrower way."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
