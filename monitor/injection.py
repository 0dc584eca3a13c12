"""What was injected, as the operator notes it, against what is seen of it.

Each aliquot that agrees with what is seen calibrates the volume further. One that does not is left
out: cement that was injected and is not seen has gone where it cannot be seen, and must not pass for
a calibration. A front that stood still from one aliquot to the next while nothing more was seen is
told apart from that: the cement, or tumour before it, has gone elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.config import VolumeConfig
from monitor.density import density_from_aliquots
from monitor.volume import DensityCalibration, Seen, volume_of

_LEAST_STILL_MM2 = 3.0
_SEEN_SHARE = 0.5
"""Less than this part of an aliquot seen: the front stood although it was injected."""
_FEWEST_ALIQUOTS = 2


@dataclass(frozen=True, slots=True)
class Injected:
    """What is known of the injection at a level.

    Parameters
    ----------
    injected_ml : float or None
        Noted so far, what only fills the cannula taken away; None: nothing was noted.
    unseen_ml, unseen_sd_ml : float or None
        Of it not seen at the last aliquot, and the error of that; None with fewer than two aliquots.
    standing_ml : float
        Injected since the front last moved, as far as it was not seen.
    still_s : float or None
        For how long the front has stood (s); None where there is no cement.
    """

    injected_ml: float | None = None
    unseen_ml: float | None = None
    unseen_sd_ml: float | None = None
    standing_ml: float = 0.0
    still_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    """The cement when an aliquot was noted, or when the front last moved."""

    area_mm2: float
    distances_mm: Mapping[str, float]
    seen: Seen | None
    injected_ml: float
    now_ns: int


class Injection:
    """Aliquots, calibration and the standing front of one level. Single-threaded."""

    def __init__(
        self, density: DensityCalibration | None, scale_relative_sd: float, config: VolumeConfig
    ) -> None:
        self._prior = self.density = density
        self._scale_sd, self._config = scale_relative_sd, config
        self._noted_ml = 0.0
        self._count = 0
        self._pending = False
        self._accepted: list[tuple[Seen, float]] = []
        self._still: _Look | None = None
        self._last: _Look | None = None
        self._standing_ml = 0.0
        self._unseen: tuple[float, float] | None = None

    def note(self, volume_ml: float) -> None:
        """An aliquot has been injected (mL); it is compared with the next pulse that is measured."""
        self._noted_ml += volume_ml
        self._count += 1
        self._pending = True

    def follow(
        self, seen: Seen | None, area_mm2: float, distances_mm: Mapping[str, float], now_ns: int
    ) -> Injected:
        """Take in the cement of a pulse.

        Parameters
        ----------
        seen : Seen or None
            None where there is no cement yet.
        distances_mm : mapping of str to float
            Signed distance to each structure.
        now_ns : int
            Time that alarms go by (ns).
        """
        injected_ml = max(0.0, self._noted_ml - self._config.dead_volume_ml)
        look = _Look(area_mm2, distances_mm, seen, injected_ml, now_ns)
        if self._still is None or area_mm2 <= 0 or not self._stands(self._still, look):
            self._still = look
            self._standing_ml = 0.0
        if self._pending:
            self._pending = False
            self._compare(look)
        still_s = (now_ns - self._still.now_ns) / 1e9 if area_mm2 > 0 else None
        unseen, sd = self._unseen if self._unseen is not None else (None, None)
        return Injected(injected_ml if self._count else None, unseen, sd, self._standing_ml, still_s)

    def _volume(self, seen: Seen | None) -> tuple[float, float]:
        """Volume and its error by the calibration of now (mL)."""
        if seen is None or self.density is None:
            return 0.0, 0.0
        return volume_of(seen, self._scale_sd, self.density, self._config)

    def _compare(self, look: _Look) -> None:
        """What the aliquots say, now that the cement is seen."""
        last, self._last = self._last, look
        shown = self._shows(last, look)
        if last is not None and not shown and self._stands(last, look):
            self._standing_ml += look.injected_ml - last.injected_ml
        if self.density is None or self._prior is None or look.injected_ml <= 0:
            return
        seen = look.seen
        visible = seen is not None and bool(seen.areas_mm2.any())
        if seen is not None and visible and shown and self._agrees(seen, look.injected_ml):
            self._accepted.append((seen, look.injected_ml))
            self.density = density_from_aliquots(
                [s.areas_mm2 for s, _ in self._accepted], [ml for _, ml in self._accepted], 0.0, self._prior
            )
        if self._count < _FEWEST_ALIQUOTS or (visible and not self._accepted):
            # with nothing to compare, an uncalibrated figure says nothing of what is missing
            return
        ml, sd_ml = self._volume(seen)
        self._unseen = (look.injected_ml - ml, sd_ml)

    def _shows(self, last: _Look | None, look: _Look) -> bool:
        """Whether a fair part of the aliquot came into view; without a density, whether anything moved."""
        if last is None:
            return True
        if self.density is None:
            return not self._stands(last, look)
        grown_ml = self._volume(look.seen)[0] - self._volume(last.seen)[0]
        return grown_ml >= _SEEN_SHARE * (look.injected_ml - last.injected_ml)

    def _agrees(self, seen: Seen, injected_ml: float) -> bool:
        """Whether an aliquot is what the calibration so far foretells, as far as that is sure."""
        if not self._accepted:
            return True
        ml, sd_ml = self._volume(seen)
        tolerance_ml = sd_ml + self._config.disagreement * injected_ml
        if ml - injected_ml > tolerance_ml:
            # more cannot be seen than is there: the aliquots before were not all in view yet
            self._accepted.clear()
            self.density = self._prior
            return True
        return injected_ml - ml <= tolerance_ml

    def _stands(self, before: _Look, now: _Look) -> bool:
        config = self._config
        if abs(now.area_mm2 - before.area_mm2) > max(
            _LEAST_STILL_MM2, config.standing_fraction * before.area_mm2
        ):
            return False
        both = now.distances_mm.keys() & before.distances_mm.keys()
        return all(
            abs(now.distances_mm[name] - before.distances_mm[name]) <= config.standing_mm for name in both
        )
