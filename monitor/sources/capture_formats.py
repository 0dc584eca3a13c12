"""What a capture device says it can deliver: pixel formats, sizes and rates, asked of V4L2 without a picture.

Linux media userspace API: VIDIOC_QUERYCAP, ENUM_FMT, ENUM_FRAMESIZES and ENUM_FRAMEINTERVALS. Of linuxpy the
structures and its walk of an enumeration are used: its own lists leave out formats that it has no name for,
fail on planar ones, and give a rate that is not stated as 0.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import one_line

_CAPTURE, _CAPTURE_MPLANE, _OF_THIS_NODE = 0x1, 0x1000, 0x8000_0000  # V4L2_CAP_*
_COMPRESSED = 0x1  # V4L2_FMT_FLAG_COMPRESSED
_DISCRETE = 1  # V4L2_FRMSIZE_TYPE_DISCRETE, V4L2_FRMIVAL_TYPE_DISCRETE
_BIG_ENDIAN = 1 << 31
_GONE = (errno.ENOENT, errno.ENODEV, errno.ENXIO)


@dataclass(frozen=True, slots=True)
class Rates:
    """Frame rates of one size.

    Parameters
    ----------
    each_hz : tuple of float
        Highest first; empty where there is a range.
    range_hz : (float, float) or None
        Lowest and highest, where every rate between may be asked for; None where there are single ones.
    """

    each_hz: tuple[float, ...] = ()
    range_hz: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CaptureSize:
    """A size, or a range of sizes, of one pixel format.

    Parameters
    ----------
    least_px, most_px : (int, int)
        Columns and rows; the same where it is one size.
    step_px : (int, int)
        From one size of a range to the next; (0, 0) where it is one size.
    rates : Rates or None
        Of a range those of its largest size. None: the driver does not say.
    """

    least_px: tuple[int, int]
    most_px: tuple[int, int]
    step_px: tuple[int, int]
    rates: Rates | None


@dataclass(frozen=True, slots=True)
class CaptureFormat:
    """A pixel format.

    Parameters
    ----------
    fourcc : str
        As ``format=`` takes it, blanks at its end left out.
    description : str
        The driver's.
    compressed : bool
    sizes : tuple of CaptureSize or None
        None: the driver does not say.
    """

    fourcc: str
    description: str
    compressed: bool
    sizes: tuple[CaptureSize, ...] | None


@dataclass(frozen=True, slots=True)
class Delivers:
    """What one device node answers.

    Parameters
    ----------
    pictures : bool
        Whether it delivers pictures; a camera has further nodes that carry metadata alone.
    driver, bus : str
    formats : tuple of CaptureFormat or None
        None: the driver does not say.
    """

    pictures: bool
    driver: str
    bus: str
    formats: tuple[CaptureFormat, ...] | None


def asked_of(node: Path) -> Delivers:
    """Ask a device node what it can deliver. Nothing is set, no stream is touched.

    Raises
    ------
    OSError
        It cannot be opened, or does not answer as a video device does; see `why_not_known`.
    """
    from linuxpy.io import fopen
    from linuxpy.video.device import read_capabilities

    with fopen(node, rw=False, blocking=False) as device:
        said = read_capabilities(device)
        can = said.device_caps if said.capabilities & _OF_THIS_NODE else said.capabilities
        kinds = [
            kind for flag, kind in ((_CAPTURE, "VIDEO_CAPTURE"), (_CAPTURE_MPLANE, "VIDEO_CAPTURE_MPLANE"))
            if can & flag
        ]  # fmt: skip
        formats = tuple(found for kind in kinds for found in _formats(device, kind))
        return Delivers(bool(kinds), _text(said.driver), _text(said.bus_info), formats or None)


def why_not_known(node: Path, error: OSError) -> str:
    """Why the formats of a device are not known, in a few words."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{node} may not be opened: permission denied"
    if error.errno == errno.EBUSY:
        return f"{node} is busy: another program uses it"
    if error.errno in _GONE:
        return f"{node} is gone"
    if error.errno == errno.ENOTTY:
        return f"{node} does not answer as a video device"
    return f"{node} cannot be asked: {error.strerror or 'no reason given'}"


def _formats(device: Any, kind: str) -> list[CaptureFormat]:  # noqa: ANN401  # an open file
    from linuxpy.video import raw
    from linuxpy.video.device import IOC, iter_read

    wanted = raw.v4l2_fmtdesc()
    wanted.type = raw.BufType[kind]
    found = []
    for said in iter_read(device, IOC.ENUM_FMT, wanted):
        sizes = tuple(_sizes(device, said.pixelformat))
        compressed = bool(said.flags & _COMPRESSED)
        found.append(
            CaptureFormat(fourcc_of(said.pixelformat), _text(said.description), compressed, sizes or None)
        )
    return found


def _sizes(device: Any, pixel_format: int) -> list[CaptureSize]:  # noqa: ANN401
    from linuxpy.video import raw
    from linuxpy.video.device import IOC, iter_read

    wanted = raw.v4l2_frmsizeenum()
    wanted.pixel_format = pixel_format
    found = []
    for said in iter_read(device, IOC.ENUM_FRAMESIZES, wanted):
        if said.type == _DISCRETE:
            size = (said.discrete.width, said.discrete.height)
            found.append(CaptureSize(size, size, (0, 0), _rates(device, pixel_format, size)))
        else:
            span = said.stepwise
            most = (span.max_width, span.max_height)
            found.append(
                CaptureSize(
                    (span.min_width, span.min_height), most, (span.step_width, span.step_height),
                    _rates(device, pixel_format, most),
                )
            )  # fmt: skip
            break  # a range has one entry, whatever the driver answers to the next index
    return found


def _rates(device: Any, pixel_format: int, size_px: tuple[int, int]) -> Rates | None:  # noqa: ANN401
    from linuxpy.video import raw
    from linuxpy.video.device import IOC, iter_read

    wanted = raw.v4l2_frmivalenum()
    wanted.pixel_format = pixel_format
    wanted.width, wanted.height = size_px
    each = []
    for said in iter_read(device, IOC.ENUM_FRAMEINTERVALS, wanted):
        if said.type != _DISCRETE:
            # the longest interval is the lowest rate
            least, most = _rate_hz(said.stepwise.max), _rate_hz(said.stepwise.min)
            return None if least is None or most is None else Rates(range_hz=(least, most))
        rate_hz = _rate_hz(said.discrete)
        if rate_hz is not None:
            each.append(rate_hz)
    return Rates(tuple(sorted(set(each), reverse=True))) if each else None


def _rate_hz(interval: Any) -> float | None:  # noqa: ANN401  # v4l2_fract
    seconds, parts = interval.numerator, interval.denominator
    return parts / seconds if seconds and parts else None


def fourcc_of(code: int) -> str:
    """The four characters of a pixel format; ``-BE`` marks a big-endian one, as `v4l2-ctl` does."""
    letters = (code & ~_BIG_ENDIAN).to_bytes(4, "little").decode("latin-1").rstrip(" \0")
    return one_line(letters) + ("-BE" if code & _BIG_ENDIAN else "")


def _text(raw: bytes) -> str:
    return one_line(raw.decode("utf-8", "replace"))
