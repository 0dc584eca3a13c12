"""From what a user typed to a source of frames."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.errors import SourceError
from monitor.sources.base import FrameSource
from monitor.sources.live_options import split_options

NETWORK_SCHEMES = ("rtsp", "rtsps", "rtp", "tcp", "udp", "http", "https")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):")


def source_for(spec: str, *, frame_rate_hz: float | None = None) -> FrameSource:
    """Return the source that `spec` names; nothing is opened yet.

    Sources of upper layers (``simulated:NAME``, ``dicom://``, a recorded session's folder) are theirs
    to recognise before they call this.

    Parameters
    ----------
    spec : str
        Path of a video, DICOM or image file, or of a folder of DICOM files or images; ``device:N``; or
        a URL (``rtsp://``, ``tcp://``, ``udp://``, ``http://``). A path that exists is a path first. Of a
        device or a URL more may be asked behind a ``#`` (`monitor.sources.live_options`).
    frame_rate_hz : float or None
        Rate of an image folder, which carries no times of its own. Other sources take no notice.

    Raises
    ------
    SourceError
        No such file, an unknown scheme, or nothing readable in the folder.
    """
    path = Path(spec)
    if not spec or not _exists(path):
        return _unfiled(spec)
    if path.is_dir():
        return _of_folder(path, frame_rate_hz)
    from monitor.sources.dicom import DicomSource
    from monitor.sources.dicom_file import is_dicom
    from monitor.sources.images import SUFFIXES, ImagesSource
    from monitor.sources.video import VideoSource

    if is_dicom(path) or path.suffix.lower() in (".dcm", ".dicom"):
        return DicomSource(path)
    if path.suffix.lower() in SUFFIXES:
        return ImagesSource(path, frame_rate_hz)
    return VideoSource(path)


def _unfiled(spec: str) -> FrameSource:
    scheme = _SCHEME.match(spec)
    name = scheme.group(1).lower() if scheme else ""
    if name == "device":
        device, options = split_options(spec)
        number = device.partition(":")[2]
        if not (number.isascii() and number.isdigit()):
            raise SourceError(f"{spec}: a capture device is device:N, with N from 0")
        from monitor.sources.capture import CaptureSource

        return CaptureSource(int(number), options=options)
    if name in NETWORK_SCHEMES and "://" in spec:
        from monitor.sources.network import NetworkSource

        url, options = split_options(spec)
        return NetworkSource(url, options=options)
    if name and "://" in spec:
        raise SourceError(f"{spec}: {name}:// is not a source of frames")
    raise SourceError(f"{spec or 'source'}: no such file or folder")


def _of_folder(folder: Path, frame_rate_hz: float | None) -> FrameSource:
    from monitor.sources.dicom import DicomFolderSource
    from monitor.sources.dicom_file import is_dicom
    from monitor.sources.images import ImagesSource, image_files

    # DICOM first: an archive's folder often holds previews beside the objects.
    if any(is_dicom(path) for path in _files(folder)):
        return DicomFolderSource(folder)
    if image_files(folder):
        return ImagesSource(folder, frame_rate_hz)
    raise SourceError(f"{folder}: no DICOM files and no images in this folder")


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise SourceError(f"{folder}: cannot be read ({error.strerror})") from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
