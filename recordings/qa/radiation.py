"""The dose of a session as a record has it: of dose reports, else what the header of the images says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from statistics import median

from recordings.dose.kept import SessionDose, dose_of
from recordings.qa.record import DoseRecord
from recordings.session import StoredSession

_GY_M2_PER_DGY_CM2 = 1e-5
_UID = re.compile(r"\d+(?:\.\d+){3,}")
"""It leads back to a patient, and is no part of a record."""
_HEADER_PRODUCT = "ImageAndFluoroscopyAreaDoseProduct"


def dose_record_of(session: StoredSession) -> DoseRecord | None:
    """What is known of the radiation; None where neither a report nor a header tells anything.

    Raises
    ------
    SourceError
        Joined reports cannot be read.
    """
    found = dose_of(session)
    kvp = session.about.source.kvp
    if found is not None:
        return of_report(found, kvp)
    product = _number(session.about.source.attributes.get(_HEADER_PRODUCT))
    if kvp is None and product is None:
        return None
    return DoseRecord(
        source="header", kvp=None if kvp is None else float(kvp),
        dose_area_product_gy_m2=None if product is None else product * _GY_M2_PER_DGY_CM2,
    )  # fmt: skip


def of_report(found: SessionDose, header_kvp: float | None) -> DoseRecord:
    """What reports say: sums as the machine states them, of both planes where it has two; none is made here.

    Irradiations before the first frame or behind the last one belong to the same procedure and are in its
    sums; how many they are is told.
    """
    problems = [_UID.sub("(UID)", words) for words in found.problems]
    irradiations = [one.irradiation for one in found.irradiations]
    if found.outside:
        problems.append(f"{found.outside} of {len(irradiations)} irradiations lie outside the recording")
    product = _sum(one.dose_area_product_gy_m2 for one in found.accumulated)
    if product is None:
        problems.append("the reports state no sum of the dose area product")
    voltages = [one.tube_voltage_kv for one in irradiations if one.tube_voltage_kv is not None]
    return DoseRecord(
        source="report",
        kvp=float(median(voltages)) if voltages else header_kvp,
        dose_area_product_gy_m2=product,
        reference_point_dose_gy=_sum(one.dose_rp_gy for one in found.accumulated),
        fluoroscopy_s=_sum(one.fluoroscopy_time_s for one in found.accumulated),
        irradiations=len(irradiations) or None,
        problems=tuple(problems),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    """None where any is unknown, or there are none: a part is no sum."""
    known = list(values)
    total = [value for value in known if value is not None]
    return float(sum(total)) if total and len(total) == len(known) else None


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
