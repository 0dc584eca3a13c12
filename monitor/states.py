"""The states of monitoring, worst last, and the reasons that lead to them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class State(IntEnum):
    """What the observer may believe. The larger value is the worse one and wins.

    There is no state that means safe.
    """

    MONITORING = 0
    DEGRADED = 1
    HELD = 2
    LEARNING = 3
    SETUP = 4
    NOT_MONITORING = 5

    @property
    def words(self) -> str:
        """The state as it is shown and written: ``NOT MONITORING``."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a state is what it is.

    Parameters
    ----------
    state : State
        The state that this reason leads to.
    code : str
        Short and stable, for logs and rules: ``no_image``, ``image_held``, ``lagging``, ``moved``.
    text : str
        For the person at the table, in lower case: ``patient moved 4 mm``.
    level : str or None
        The level it concerns; None: all.
    """

    state: State
    code: str
    text: str
    level: str | None = None


def worst(reasons: tuple[Reason, ...]) -> State:
    """Worst state of the reasons; MONITORING where there are none."""
    return max((reason.state for reason in reasons), default=State.MONITORING)
