"""What a source delivers, in a line for the screen."""

from __future__ import annotations

from monitor.frame import SourceInfo


def source_words(info: SourceInfo, measured_period_s: float | None) -> str:
    """``device:0  ·  1920 x 1080  ·  YUYV  ·  8 bit  ·  29.9 Hz measured``.

    The size is that of the frames as they are watched, after a crop; the rate is the one that frames come at,
    not the one that a driver states.

    Parameters
    ----------
    measured_period_s : float or None
        Time between frames (s); None: not measured yet.
    """
    parts = [info.source_id, f"{info.columns} x {info.rows}"]
    delivered = info.attributes.get("Delivered")
    if delivered is not None and delivered != parts[-1]:
        parts.append(f"out of {delivered}")
    if "FourCC" in info.attributes:
        parts.append(info.attributes["FourCC"])
    parts.append(f"{info.intensity.bits_stored} bit")
    if measured_period_s is not None and measured_period_s > 0:
        parts.append(f"{1 / measured_period_s:.1f} Hz measured")
    return "  ·  ".join(parts)
