"""Which software measures: two that are called the same find the same figures, to the last digit."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

_PACKAGES = ("monitor", "calibration", "recordings")
_SHOWN = ("reporting", "cohort", "ct")
"""Parts of `recordings` that take no part in measuring a session."""
_LIBRARIES = ("numpy", "opencv-python-headless", "scipy", "av", "blosc2", "msgspec")


@cache
def software_of(version: str) -> str:
    """The version, a sum over the program text, and the versions of what it computes with.

    A version alone does not tell a changed working copy from a released one.
    """
    sum_ = hashlib.blake2b(digest_size=8)
    root = Path(__file__).resolve().parents[2]
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root)
            if name.parts[1] not in _SHOWN:
                sum_.update(f"{name.as_posix()}\0".encode() + path.read_bytes())
    libraries = " ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    return f"{version} ({sum_.hexdigest()}) Python {platform.python_version()} {libraries}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "-"
