"""A signal that comes while the same thread waits for it must not hold the process up for ever."""

from __future__ import annotations

import subprocess
import sys

from ui.asked import Asked

SIGNALS = 5_000
RUN = f"""
import random, signal
from ui.asked import Asked
signal.signal(signal.SIGALRM, lambda *_: current.set())
dice = random.Random(1)
for _ in range({SIGNALS}):
    current = Asked()
    signal.setitimer(signal.ITIMER_REAL, dice.uniform(20e-6, 300e-6))
    while not current.wait(0.0001):
        pass
print("through")
"""


def test_signals_in_the_midst_of_a_wait_are_taken() -> None:
    """With `threading.Event` in its place this hangs within the first few of them."""
    done = subprocess.run(
        [sys.executable, "-c", RUN], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("through\n", "")


def test_a_wait_says_whether_it_was_asked() -> None:
    asked = Asked()
    assert not asked.is_set()
    assert not asked.wait(0.001)
    asked.set()
    asked.set()
    assert asked.is_set()
    assert [asked.wait(30.0) for _ in range(5)] == [True] * 5
