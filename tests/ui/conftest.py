"""Widgets are tested for real, on a platform that needs no display. Set before Qt is imported."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
