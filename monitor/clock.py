"""The cement clock: how old the cement is since mixing, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import structs

from monitor.config import BrandClock, ClockConfig, Config
from monitor.errors import PlanError
from monitor.plan import Cement, Plan


@dataclass(frozen=True, slots=True)
class CementAge:
    """Age of the cement (s), its phase (``early``, ``working``, ``late``), and for how long that (s)."""

    age_s: float
    phase: str
    in_phase_s: float


def clock_of(config: Config, brand: str | None) -> BrandClock | ClockConfig:
    """Clock of a brand; the general one where the brand has none of its own."""
    return config.clock if brand is None else config.brands.get(brand, config.clock)


def cement_age(age_s: float, clock: BrandClock | ClockConfig) -> CementAge | None:
    """Phase of cement of an age (s); None before it is mixed."""
    if age_s < 0:
        return None
    if age_s < clock.early_until_s:
        return CementAge(age_s, "early", age_s)
    if age_s < clock.late_after_s:
        return CementAge(age_s, "working", age_s - clock.early_until_s)
    return CementAge(age_s, "late", age_s - clock.late_after_s)


def with_brand(plan: Plan, brand: str | None) -> Plan:
    """The plan with the cement's brand as the operator states it; None changes nothing.

    Raises
    ------
    PlanError
        An empty name.
    """
    if brand is None:
        return plan
    if not brand.strip():
        raise PlanError("the cement's brand has no name")
    return structs.replace(plan, cement=structs.replace(plan.cement or Cement(), brand=brand.strip()))
