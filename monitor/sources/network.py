"""Frames of a network stream (RTSP, MPEG-TS over TCP or UDP, HTTP)."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2

from monitor.errors import SourceError
from monitor.sources.live import OPEN_TIMEOUT_S, LiveSource
from monitor.sources.live_options import LiveOptions

#: After this long without data the connection is given up and the source is lost (s).
READ_TIMEOUT_S = 10.0


class NetworkSource(LiveSource):
    """A stream by its URL, decoded by OpenCV's FFmpeg. Live; stamped on arrival.

    Parameters
    ----------
    url : str
        ``rtsp://``, ``tcp://`` or ``udp://`` (MPEG-TS), ``http://`` or ``https://``.
    open_timeout_s : float
        Longest wait of `open` for the first frame (s).
    clock_ns : callable
        Monotonic clock that stamps frames when they arrive (ns).
    options : LiveOptions or None
        Crop and fields; the sender alone decides on size, rate and format.

    Raises
    ------
    SourceError
        Something is asked that a stream cannot grant.
    """

    def __init__(
        self,
        url: str,
        *,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        options: LiveOptions | None = None,
    ) -> None:
        if options is not None and options.of_device:
            raise SourceError(
                f"{_without_password(url)}: size, rate and format are the sender's; a stream can be cropped"
            )
        super().__init__(
            _without_password(url),
            "network",
            open_timeout_s=open_timeout_s,
            clock_ns=clock_ns,
            options=options,
        )
        self._url = url

    def _connect(self) -> cv2.VideoCapture:
        limits = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            round(self._open_timeout_s * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            round(READ_TIMEOUT_S * 1000),
        ]
        return cv2.VideoCapture(self._url, cv2.CAP_FFMPEG, limits)


def _without_password(url: str) -> str:
    """Return the URL for logs and messages: what stands before the host's ``@`` is not repeated."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"
