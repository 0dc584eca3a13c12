"""Which thread goes first where there are fewer cores than threads that want one."""

from __future__ import annotations

import os
import sys
import threading

_NICENESS = 10


def give_way() -> None:
    """Let every other thread go before the calling one, where the system can (Linux)."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
