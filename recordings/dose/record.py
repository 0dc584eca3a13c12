"""What is known of the radiation of a procedure. Unknown is None; units are in the names."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["fluoroscopy", "acquisition"]
Plane = Literal["single", "a", "b"]


class Irradiation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One irradiation event: from a press of the pedal to its release (PS3.16 TID 10003).

    Parameters
    ----------
    uid : str or None
    started : str or None
        ISO 8601, with the offset from UTC where the report has one, else in the local time of the device.
    kind : {"fluoroscopy", "acquisition"} or None
    plane : {"single", "a", "b"} or None
    tube_voltage_kv, tube_current_ma, pulse_width_ms : float or None
        The mean where several values are told.
    pulse_rate_hz : float or None
    pulses : float or None
        Number of pulses.
    exposure_time_s : float or None
        How long X-rays were on.
    duration_s : float or None
        From the first X-ray to the last.
    dose_area_product_gy_m2 : float or None
    dose_rp_gy : float or None
        Air kerma at the reference point.
    primary_angle_deg, secondary_angle_deg : float or None
        Of the positioner: to the patient's left, to the head.
    """

    uid: str | None = None
    started: str | None = None
    kind: Kind | None = None
    plane: Plane | None = None
    tube_voltage_kv: float | None = None
    tube_current_ma: float | None = None
    pulse_width_ms: float | None = None
    pulse_rate_hz: float | None = None
    pulses: float | None = None
    exposure_time_s: float | None = None
    duration_s: float | None = None
    dose_area_product_gy_m2: float | None = None
    dose_rp_gy: float | None = None
    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None


class Accumulated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sums of one plane, as the machine states them (PS3.16 TID 10002, 10004); never computed here."""

    plane: Plane | None = None
    dose_area_product_gy_m2: float | None = None
    dose_rp_gy: float | None = None
    fluoroscopy_dose_area_product_gy_m2: float | None = None
    fluoroscopy_dose_rp_gy: float | None = None
    fluoroscopy_time_s: float | None = None
    acquisition_dose_area_product_gy_m2: float | None = None
    acquisition_dose_rp_gy: float | None = None
    acquisition_time_s: float | None = None
    frames: float | None = None


class DoseReport(msgspec.Struct, frozen=True, kw_only=True):
    """A radiation dose report of an X-ray machine. Nothing in it names the patient.

    Parameters
    ----------
    sop_instance_uid, study_instance_uid : str
        The study is empty where it is not stated.
    written : str or None
        When the report was made: ISO 8601, as `Irradiation.started`.
    irradiations : tuple of Irradiation
        In order of time, as far as that is known.
    accumulated : tuple of Accumulated
    problems : tuple of str
        What could not be understood, and is None for that.
    """

    sop_instance_uid: str
    study_instance_uid: str = ""
    written: str | None = None
    irradiations: tuple[Irradiation, ...] = ()
    accumulated: tuple[Accumulated, ...] = ()
    problems: tuple[str, ...] = ()
