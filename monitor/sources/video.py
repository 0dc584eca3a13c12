"""Frames of a video file, with the container's own times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from monitor.errors import SourceError
from monitor.frame import Intensity, PixelIntensityRelationship, Pixels, SourceInfo, freeze_pixels
from monitor.sources.ffv1 import slices_are_whole
from monitor.sources.gray import full_range_table, gray_of
from monitor.sources.sequence import Picture, Pictures, SequenceSource, check_size

_MPEG_RANGE, _JPEG_RANGE = 1, 2  # AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG
#: Rates outside this are a container's time base or a missing value, not a frame rate (1/s).
_RATES_HZ = (0.1, 500.0)


class VideoSource(SequenceSource):
    """Frames of a video file, decoded by FFmpeg.

    Gray keeps its depth (8, 10, 12, 14 or 16 bit: exact for lossless codecs). Luma of limited-range
    YUV is brought to full range as ffmpeg does; full-range luma stays; RGB becomes BT.601 luma. How
    the numbers relate to X-ray intensity is not known: `DISP`.

    Damage found by the demuxer, a checksum (FFV1) or the decoder raises `SourceError` at that frame.

    Parameters
    ----------
    path : str or Path
    clock_ns : callable
        Monotonic clock that stamps frames (ns).
    """

    def __init__(self, path: str | Path, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(str(path), clock_ns=clock_ns)
        self._path = Path(path)

    def _start(self) -> tuple[SourceInfo, Pictures]:
        if not self._path.is_file():
            raise SourceError(f"{self._source_id}: no such file")
        try:
            # Only this file: a playlist must not make us open others.
            container = av.open(f"file:{self._path}", options={"protocol_whitelist": "file"})
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise SourceError(f"{self._source_id}: not a readable video ({_reason(error)})") from error
        try:
            if not container.streams.video:
                raise SourceError(f"{self._source_id}: no video stream")
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise SourceError(f"{self._source_id}: no decoder for the video stream")
            if stream.codec_context.width or stream.codec_context.height:
                check_size(self._source_id, stream.codec_context.height, stream.codec_context.width)
            frames = _decoded(container, stream, self._source_id)
            first = next(frames, None)
            if first is None:
                raise SourceError(f"{self._source_id}: no frames in the video stream")
            info = _describe(self._source_id, stream, first)
        except av.error.FFmpegError as error:
            container.close()
            raise SourceError(f"{self._source_id}: not a readable video ({_reason(error)})") from error
        except BaseException:
            container.close()
            raise
        return info, _pictures(container, frames, first, self._source_id)


def _decoded(container: InputContainer, stream: VideoStream, source_id: str) -> Iterator[VideoFrame]:
    # Errors that a decoder would paper over (checksum, bit stream, short packet) are to be raised.
    stream.codec_context.options = {"err_detect": "crccheck+explode"}
    stream.thread_type = "SLICE"
    is_ffv1 = stream.codec_context.name == "ffv1"
    packets = container.demux(stream)
    index = 0
    try:
        for packet in packets:
            if packet.is_corrupt:
                raise SourceError(f"{source_id}: frame {index} is damaged or cut")
            if is_ffv1 and slices_are_whole(bytes(packet)) is False:
                raise SourceError(f"{source_id}: frame {index} is damaged (checksum)")
            for frame in packet.decode():
                if frame.is_corrupt:
                    raise SourceError(f"{source_id}: frame {index} is damaged")
                check_size(source_id, frame.height, frame.width)
                yield frame
                index += 1
    except (av.error.FFmpegError, ValueError) as error:
        raise SourceError(f"{source_id}: frame {index} cannot be decoded ({_reason(error)})") from error


def _pictures(
    container: InputContainer, frames: Iterator[VideoFrame], first: VideoFrame, source_id: str
) -> Pictures:
    try:
        start = _time_ns(first)
        yield _picture(first, start)
        for frame in frames:
            yield _picture(frame, start)
    finally:
        container.close()


def _picture(frame: VideoFrame, start_ns: int | None) -> Picture:
    time_ns = _time_ns(frame)
    relative = None if start_ns is None else 0 if time_ns is None else time_ns - start_ns
    return gray_pixels(frame), relative


def _time_ns(frame: VideoFrame) -> int | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return round(frame.pts * Fraction(frame.time_base) * 1_000_000_000)


def gray_pixels(frame: VideoFrame) -> Pixels:
    """Return the gray image of a decoded frame.

    Parameters
    ----------
    frame : av.VideoFrame

    Returns
    -------
    ndarray, shape (rows, columns), uint8 or uint16
        Read-only and independent of the frame.
    """
    layout = frame.format
    bits = _luma_bits(frame)
    if layout.is_rgb or layout.has_palette:
        wide = any(component.bits > 8 for component in layout.components)
        return freeze_pixels(gray_of(frame.to_ndarray(format="rgb48le" if wide else "rgb24")), copy=True)
    full_range = frame.color_range == _JPEG_RANGE or layout.name.startswith(("yuvj", "gray", "ya"))
    if not _has_plain_luma(frame):
        frame = frame.reformat(
            format="yuv444p" if bits == 8 else f"yuv444p{bits}le",
            src_color_range=_JPEG_RANGE if full_range else _MPEG_RANGE,
            dst_color_range=_JPEG_RANGE if full_range else _MPEG_RANGE,
        )
    luma = _first_plane(frame, 1 if bits == 8 else 2)
    if full_range:
        return freeze_pixels(luma, copy=True)
    return freeze_pixels(full_range_table(bits)[luma], copy=False)


def _luma_bits(frame: VideoFrame) -> int:
    return int(frame.format.components[0].bits)


def _has_plain_luma(frame: VideoFrame) -> bool:
    """Whether plane 0 is luma alone, one little-endian sample per pixel in its low bits."""
    name = frame.format.name
    packed = ("p0", "p2", "p4", "ya", "y2", "yuyv", "uyvy", "yvyu", "xv", "v30", "vuy", "ayuv", "uyyv", "xyz")
    return not (name.startswith(packed) or name.endswith("be")) and frame.format.components[0].plane == 0


def _first_plane(frame: VideoFrame, item_bytes: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    plane = frame.planes[0]
    values = np.frombuffer(memoryview(plane), dtype="<u2" if item_bytes == 2 else np.uint8)
    stride = plane.line_size // item_bytes
    return values[: stride * frame.height].reshape(frame.height, stride)[:, : frame.width]


def _describe(source_id: str, stream: VideoStream, first: VideoFrame) -> SourceInfo:
    attributes = {"Codec": stream.codec_context.name, "PixelFormat": first.format.name}
    if first.interlaced_frame:
        attributes["Interlaced"] = "yes"
    aspect = stream.sample_aspect_ratio
    if aspect and aspect != 1:
        attributes["PixelAspectRatio"] = str(aspect)
    if first.rotation:
        attributes["Rotation"] = str(first.rotation)
    pixels = gray_pixels(first)
    rgb_bits = 8 if pixels.dtype == np.uint8 else 16
    bits = rgb_bits if first.format.is_rgb or first.format.has_palette else _luma_bits(first)
    rate = stream.average_rate or stream.guessed_rate
    period_s = float(1 / rate) if rate and _RATES_HZ[0] <= rate <= _RATES_HZ[1] else None
    return SourceInfo(
        source_id=source_id,
        kind="video",
        rows=first.height,
        columns=first.width,
        intensity=Intensity(PixelIntensityRelationship.DISP, bits),
        frame_period_s=period_s,
        frame_count=stream.frames or None,
        attributes=attributes,
    )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
