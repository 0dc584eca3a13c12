"""``cementwatch calibrate``: each calibration from a picture, with its reasoning, into the room's profile."""

from ui.calibrate import density, distortion, latency, scale, straight, wizard
from ui.calibrate.app import app

__all__ = ["app", "density", "distortion", "latency", "scale", "straight", "wizard"]
