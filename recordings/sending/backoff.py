"""When what failed is tried again: waits that double, up to a bound."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits in seconds.

    Parameters
    ----------
    first_s, most_s : float
        After the first failure, and at most.
    """

    first_s: float
    most_s: float

    def wait_s(self, tries: int) -> float:
        """How long to wait after so many failures in a row (1 or more)."""
        doublings = min(max(tries, 1) - 1, 60)  # 2.0 ** 1100 is no float
        return float(min(self.first_s * 2.0**doublings, self.most_s))


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the sender is.

    Parameters
    ----------
    failed : Backoff
        After a failure.
    unanswered : Backoff
        From a request for commitment to the next one, while no report comes.
    hold_s : float
        How long an association on which commitment was asked for is kept open for the report: some peers
        report on it, others only once it has ended.
    """

    failed: Backoff = Backoff(first_s=5.0, most_s=3600.0)
    unanswered: Backoff = Backoff(first_s=60.0, most_s=3600.0)
    hold_s: float = 10.0
