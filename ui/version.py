"""Which version of the software this is."""

from __future__ import annotations

from importlib import metadata


def software_version() -> str:
    """Version of the installed package; ``unknown`` where it is not installed."""
    try:
        return metadata.version("cementwatch")
    except metadata.PackageNotFoundError:
        return "unknown"
