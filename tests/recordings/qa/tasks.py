"""Tasks that go wrong in all ways, for processes that are started afresh."""

import os
import signal
import time
from pathlib import Path


def do(task: bytes) -> bytes:
    """`die`, `hang`, or `once PATH`: die unless it is there; else the task back."""
    words = task.decode().split()
    if words[0] == "die" or (words[0] == "once" and not Path(words[1]).exists()):
        if words[0] == "once":
            Path(words[1]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    while words[0] == "hang":
        time.sleep(60)
    return task
