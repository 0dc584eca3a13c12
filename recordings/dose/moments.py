"""Irradiations among the moments of a session's time line."""

from __future__ import annotations

from recordings.dose.kept import SessionDose
from recordings.dose.record import Irradiation
from recordings.timeline import Moment

KIND = "irradiation"


def moments_of_dose(dose: SessionDose | None) -> tuple[Moment, ...]:
    """Irradiations with a known time, in order of it; the others are told nowhere on a time line."""
    if dose is None:
        return ()
    return tuple(
        Moment(one.t_ns, KIND, words_of(one.irradiation), one.irradiation.kind or "")
        for one in dose.irradiations
        if one.t_ns is not None
    )


def words_of(irradiation: Irradiation) -> str:
    """An irradiation in one line: ``X-ray: fluoroscopy, 4.2 s, 71 kV, 1.3 mGy, 0.45 Gy cm²``."""
    kind = {"fluoroscopy": "fluoroscopy", "acquisition": "acquisition", None: "irradiation"}[irradiation.kind]
    parts = [kind]
    if irradiation.duration_s is not None:
        parts.append(f"{irradiation.duration_s:.1f} s")
    if irradiation.tube_voltage_kv is not None:
        parts.append(f"{irradiation.tube_voltage_kv:.0f} kV")
    if irradiation.dose_rp_gy is not None:
        parts.append(f"{1e3 * irradiation.dose_rp_gy:.2f} mGy")
    if irradiation.dose_area_product_gy_m2 is not None:
        parts.append(f"{1e4 * irradiation.dose_area_product_gy_m2:.3f} Gy cm²")
    return f"X-ray: {', '.join(parts)}"
