"""Calibration of the volume from aliquots: what was injected against what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.thickness import straight
from monitor.volume import DensityCalibration

ALIQUOT_RELATIVE_SD = 0.015
"""Error of a comparison, as far as it differs from one aliquot to the next.

A 1 mL syringe has divisions of 0.01 mL; read to half of one before and after, 0.5 mL is known to 0.8 % (one
SD). The rest is for thin edges that are not seen. What all aliquots share goes into the factor that is
fitted: the syringe's own scale may be 5 % off (ISO 7886-1), which is in the error of every volume. A larger
figure holds on to the prior and misjudges volumes by more (`benchmarks.volumes`)."""


def density_from_aliquots(
    integrals: Sequence[NDArray[np.float64]],
    volumes_ml: Sequence[float],
    dead_volume_ml: float,
    prior: DensityCalibration,
) -> DensityCalibration:
    """Density that best explains what was seen after each aliquot.

    Parameters
    ----------
    integrals : sequence of ndarray, shape (nodes,)
        What was seen after each aliquot: projected area by added attenuation
        (`monitor.thickness.areas_by_added`), the background taken away.
    volumes_ml : sequence of float
        What had been injected by then, all in all (mL), growing.
    dead_volume_ml : float
        Of it still in the cannula (mL); 0 where the syringe was read after the cannula had been filled.
    prior : DensityCalibration
        What is known without aliquots.

    Raises
    ------
    ValueError
        No aliquot, not one volume per integral, or a volume that has not left the cannula.
    """
    if len(integrals) != len(volumes_ml) or not integrals:
        raise ValueError(f"{len(integrals)} integrals and {len(volumes_ml)} volumes")
    in_body = np.asarray(volumes_ml, np.float64) - dead_volume_ml
    if not (np.isfinite(in_body).all() and in_body.min() > 0):
        raise ValueError(
            f"a volume of {min(volumes_ml):g} mL has not left a cannula of {dead_volume_ml:g} mL"
        )
    start = prior.model or straight(prior.attenuation_per_mm, prior.relative_sd)
    model = start.given(np.stack(list(integrals)), in_body, ALIQUOT_RELATIVE_SD)
    count = len(volumes_ml)
    words = "aliquot" if count == 1 else "aliquots"
    return replace(prior, method=f"{count} {words}, {prior.method}", model=model, aliquots=count)
