"""Procedures by model, scenario, seed and settings; a model that is not there says why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.own_model import OWN_SCENARIOS, own_procedure
from benchmarks.procedure import Procedure
from benchmarks.variations import Compressed, Inverted, body_only, clicked
from monitor.errors import InputError
from monitor.frame import PixelIntensityRelationship
from monitor.plan import Plan

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "realdata"

OUTSIDE_SETTINGS = ("inverted", "h264_crf", "click_mm", "marks")
"""Settings that are made from outside and work with every model."""


CT_NAMES = {
    "scatter_to_primary": "scatter",
    "automatic_brightness": "brightness_control",
    "injection_ml_per_s": "rate_ml_s",
    "injection_start_s": "inject_at_s",
}
"""Settings that the CT model calls by another name."""

CT_CEMENTS = {"10% BaSO4": "BaSO4 10 %", "20% BaSO4": "BaSO4 20 %", "30% ZrO2": "ZrO2 30 %"}
_CT_GAMMA = 0.6


class NotOfferedError(Exception):
    """A model does not offer a scenario or a setting."""


def missing_reason(model: str) -> str | None:
    """Why a model cannot be used here; None where it can."""
    if model == "own":
        return None
    if not REAL_DATA.is_dir():
        return "../shared/realdata is absent"
    try:
        from benchmarks.ct_model import ct_procedure  # noqa: F401
    except ImportError as error:
        return str(error)
    return None


def scenarios_of(model: str) -> tuple[str, ...]:
    """Scenarios that a model offers."""
    if model == "own":
        return OWN_SCENARIOS
    import benchmarks.ct_model as ct

    for name in ("CT_SCENARIOS", "SCENARIOS"):
        if hasattr(ct, name):
            return tuple(getattr(ct, name))
    return OWN_SCENARIOS


def build(model: str, scenario: str, seed: int, settings: Mapping[str, Any]) -> tuple[Procedure, Plan]:
    """Build a procedure and the plan as marked.

    Parameters
    ----------
    model : {"own", "ct"}
    settings : mapping
        Settings of the model, and any of `OUTSIDE_SETTINGS`.

    Raises
    ------
    NotOfferedError
        The model has no such scenario or setting.
    """
    procedure = _inner(model, scenario, seed, settings)
    plan = procedure.plan
    if settings.get("inverted"):
        procedure = Inverted(procedure)
    if settings.get("h264_crf") is not None:
        procedure = Compressed(procedure, int(settings["h264_crf"]))
    if settings.get("marks") == "body only":
        plan = body_only(plan)
    if settings.get("click_mm"):
        plan = clicked(plan, float(settings["click_mm"]), seed)
    return procedure, plan


def own_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those settings that are the own model's, as it takes them."""
    inner = {key: value for key, value in settings.items() if key not in OUTSIDE_SETTINGS}
    if "relationship" in inner:
        inner["relationship"] = PixelIntensityRelationship(inner["relationship"])
    return inner


def ct_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same in the words of the CT model.

    Raises
    ------
    NotOfferedError
        It has no such cement.
    """
    inner = {CT_NAMES.get(k, k): value for k, value in settings.items() if k not in OUTSIDE_SETTINGS}
    if "jerk_mm" in inner:
        inner["jerk"] = (inner.pop("jerk_mm"), inner.pop("jerk_at_s", 16.0))
    if "relationship" in inner:
        inner["intensity"] = inner.pop("relationship")
        inner.pop("bits_stored", None)
    if "display_gamma" in inner:
        inner["display_gamma"] = _CT_GAMMA * inner["display_gamma"]
    if "cement" in inner:
        if inner["cement"] not in CT_CEMENTS:
            raise NotOfferedError(f"ct: no cement {inner['cement']}")
        inner["cement"] = CT_CEMENTS[inner["cement"]]
    return inner


def _inner(model: str, scenario: str, seed: int, settings: Mapping[str, Any]) -> Procedure:
    try:
        if model == "own":
            return own_procedure(scenario, seed, **own_settings(settings))
        from benchmarks.ct_model import ct_procedure

        return ct_procedure(scenario, seed, **ct_settings(settings))
    except InputError as error:
        raise NotOfferedError(f"{model} {scenario}: {error}") from error
    except (TypeError, ValueError) as error:
        words = str(error)
        if "unexpected keyword" in words or "no such setting" in words or "is none of" in words:
            raise NotOfferedError(f"{model} {scenario}: {words.split(';', maxsplit=1)[0]}") from error
        raise
