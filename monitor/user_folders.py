"""Where a user's files belong, by the XDG Base Directory Specification."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

_DEFAULTS = {"cache": ".cache", "config": ".config", "data": ".local/share"}


def user_folder(
    kind: Literal["cache", "config", "data"], environment: Mapping[str, str] | None = None
) -> Path:
    """The folder of this software for files of a kind; nothing is made.

    Below ``XDG_CACHE_HOME`` and so on; a relative path there is to be ignored, says the specification.
    """
    env = os.environ if environment is None else environment
    stated = Path(env.get(f"XDG_{kind.upper()}_HOME", ""))
    base = stated if stated.is_absolute() else Path(env.get("HOME") or "~").expanduser() / _DEFAULTS[kind]
    return base / "cementwatch"
