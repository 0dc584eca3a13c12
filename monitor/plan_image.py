"""The frame on which a view was drawn, kept in the plan itself (key ``reference_png``)."""

from __future__ import annotations

import base64
import binascii
import struct

import cv2
import numpy as np

from monitor.errors import PlanError
from monitor.frame import Pixels, freeze_pixels
from monitor.plan import View

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST_SIDE = 8192


def encode_reference(pixels: Pixels) -> str:
    """A frame as the text of ``reference_png``.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
    """
    return base64.b64encode(encode_gray_png(pixels)).decode("ascii")


def encode_gray_png(pixels: Pixels) -> bytes:
    """Pack a frame as PNG, bit for bit."""
    done, packed = cv2.imencode(".png", pixels)
    if not done:
        raise ValueError("the frame cannot be packed as PNG")
    return packed.tobytes()


def reference_in(view: View) -> Pixels | None:
    """The frame that a view of a plan carries; None where it carries none.

    Returns
    -------
    ndarray, shape (rows, columns), uint8 or uint16, read-only

    Raises
    ------
    PlanError
        It is no gray PNG, or of another size than the view's `image`.
    """
    if view.reference_png is None:
        return None
    where = f"view {view.name!r}: reference_png"
    try:
        data = base64.b64decode(view.reference_png, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PlanError(f"{where}: not base64: {error}") from error
    pixels = decode_gray_png(data, where)
    rows, columns = pixels.shape
    if view.image is not None and (view.image.rows, view.image.columns) != (rows, columns):
        raise PlanError(
            f"{where}: is {columns} x {rows}, the view was made for {view.image.columns} x {view.image.rows}"
        )
    return pixels


def decode_gray_png(data: bytes, where: str) -> Pixels:
    """Unpack a gray PNG of 8 or 16 bit.

    Parameters
    ----------
    data : bytes
    where : str
        What it is, for the message.

    Returns
    -------
    ndarray, shape (rows, columns), uint8 or uint16, read-only

    Raises
    ------
    PlanError
        It is none, or too large.
    """
    # the header first: a small text may unpack to a vast image
    if not data.startswith(_SIGNATURE) or len(data) < 26:
        raise PlanError(f"{where}: not a PNG")
    columns, rows, _, colour = struct.unpack(">IIBB", data[16:26])
    if colour != 0 or not (0 < rows <= _LARGEST_SIDE and 0 < columns <= _LARGEST_SIDE):
        raise PlanError(f"{where}: must be a gray PNG of at most {_LARGEST_SIDE} pixels a side")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape != (rows, columns) or pixels.dtype not in (np.uint8, np.uint16):
        raise PlanError(f"{where}: cannot be unpacked")
    return freeze_pixels(pixels, copy=True)
