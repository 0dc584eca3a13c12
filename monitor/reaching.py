"""What reaches in over the border: an instrument or bowel, and what it leaves behind for a moment.

Nothing that is injected comes from the border of the window. While something has just come in over it,
fingers of it may look separate; and when it goes, its tip is the last to fade.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.masks import dilated

Bool = NDArray[np.bool_]

_ARRIVES_S = 3.0
"""What stays at the border for longer is something else: an edge that has moved."""
_FADES_S = 2.0
_AROUND_MM = 2.0


class ReachWatch:
    """Remembers where something has reached in over the border. Single-threaded; `note` at each pulse.

    Parameters
    ----------
    mm_per_px : float
    """

    def __init__(self, mm_per_px: float) -> None:
        self._around_px = max(1, round(_AROUND_MM / mm_per_px))
        self._reaching_s = 0.0
        self._gone_s = 0.0
        self._part: Bool | None = None

    @property
    def arrives(self) -> bool:
        """Whether something has begun to reach in a short time ago and still does."""
        return 0.0 < self._reaching_s < _ARRIVES_S

    @property
    def part(self) -> Bool | None:
        """Where something reaches in or did a moment ago, shape of the window; None where nothing has."""
        return self._part

    def note(self, reaching: Bool | None, dt_s: float) -> None:
        """Take in what reaches in at a pulse, None where nothing does, `dt_s` after the pulse before (s)."""
        if reaching is not None:
            self._reaching_s += dt_s
            self._gone_s = 0.0
            near = dilated(reaching, self._around_px)
            self._part = near if self._part is None else self._part | near
            return
        self._reaching_s = 0.0
        self._gone_s += dt_s
        if self._gone_s > _FADES_S:
            self._part = None
