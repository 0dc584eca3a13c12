"""What a unique identifier looks like."""

from __future__ import annotations

import re

_UID = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_LONGEST = 64


def is_uid(text: str) -> bool:
    """Whether a text is a unique identifier (PS3.5 9.1), and so safe as the name of a file.

    Zeros before a component, which some write, pass.
    """
    return len(text) <= _LONGEST and _UID.fullmatch(text) is not None
