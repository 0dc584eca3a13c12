"""Where frames come from. Every source follows `monitor.sources.base.FrameSource`."""

from monitor.sources.open import source_for

__all__ = ["source_for"]
