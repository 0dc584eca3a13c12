"""What a registry holds beside the records of procedures: scores, risks, and what CT has shown."""

from __future__ import annotations

import msgspec

from recordings.ct.record import CtRecord

SCORES: dict[str, tuple[float, float]] = {
    "VAS": (0.0, 10.0),
    "ODI": (0.0, 100.0),
    "EQ-5D": (-0.661, 1.0),
    "analgesics": (0.0, 4.0),
}
"""Least and most of each score.

VAS: pain, 0 none to 10 worst. ODI: Oswestry Disability Index (%). EQ-5D: index, 1 full health, 0 as bad as
dead; the British values of EQ-5D-3L reach down to -0.594, the German ones of EQ-5D-5L to -0.661 (Ludwig, Graf
von der Schulenburg and Greiner, Pharmacoeconomics 2018;36:663). Analgesics: 0 none, 1 non-opioid, 2 weak
opioid, 3 strong opioid (steps 1 to 3 of the WHO ladder), 4 strong opioid by an invasive way.
"""
FACTORS = (
    "osteolysis",
    "retropulsed_fragment",
    "epidural_tumour",
    "pedicle_lysis",
    "burst_fracture",
    "severe_height_loss",
    "no_oedema",
    "cardiopulmonary_disease",
    "cord_compression",
    "coagulopathy",
    "infection",
)
"""Risks beside a defect of the posterior wall: what is looked for at a level, or in a patient, before."""


class _Struct(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all rows."""


class FollowUpRow(_Struct, frozen=True, kw_only=True):
    """A score of a patient.

    Parameters
    ----------
    patient : str
        Pseudonym.
    score : str
        One of `SCORES`.
    moment : str
        A time as `recordings.cohort.moments` names it (``before``, ``24 h``, ``3 months``), or a day
        (``YYYY-MM-DD``), which is set against the day of the procedure when the cohort is made.
    value : float
    """

    patient: str
    score: str
    moment: str
    value: float


class RiskRow(_Struct, frozen=True, kw_only=True):
    """What is known of the risks of a patient's level, beside what the plan says.

    Parameters
    ----------
    patient : str
        Pseudonym.
    level : str or None
        None: of every level of the patient.
    pathology : str or None
    posterior_wall_defect : bool or None
    factors : dict of str to bool
        Of `FACTORS`; what is not known is not in it.
    """

    patient: str
    level: str | None = None
    pathology: str | None = None
    posterior_wall_defect: bool | None = None
    factors: dict[str, bool] = {}


class CtRow(_Struct, frozen=True, kw_only=True):
    """A CT, and of which session it is known to be; None: found by the patient and the day."""

    session_id: str | None
    record: CtRecord
