"""Where the default of every key of the configuration comes from.

One line for a section, and one for a key that has a source of its own. "Chosen": judgement, not measured.
"Adjusted on simulated runs": changed until the runs of both forward models that it was tried on went well.
"Prototype": found with an earlier trial of the method, also on simulated runs.
"""

from __future__ import annotations

_TUNED = "chosen, adjusted on simulated runs"
_CHOSEN = "chosen"
_PROTOTYPE = "prototype on simulated runs"
_PRACTICE = "vertebroplasty practice"
_CLOCK = "low-viscosity cement leaks more, early most; late phase from 500 s in vivo (literature)"
_VOLUMES = "1 to 5 mL per vertebra, high volume leaks more (literature); the limits themselves chosen"
_CUSUM = "CUSUM tables: about one false alarm per hour over 6000 cells of white noise at 15 frames/s"

SECTION_SOURCES = {
    "intensity": _TUNED,
    "gate": _CHOSEN,
    "polarity": "measured on simulated runs of two forward models and on public angiography",
    "motion": _TUNED,
    "learning": _CHOSEN,
    "cement": _TUNED,
    "field": _TUNED,
    "burned_in": _CHOSEN,
    "embolus": _TUNED,
    "intruder": _TUNED,
    "edge": _TUNED,
    "corridor": _TUNED,
    "front": _TUNED,
    "leak": _CHOSEN,
    "volume": _CHOSEN,
    "alarm": _CHOSEN,
    "health": _CHOSEN,
    "recording": _CHOSEN,
    "extension": _TUNED,
    "shaft_cement": _TUNED,
    "thin_vein": _TUNED,
    "clock": _CHOSEN,
}
"""By section; what a key has of its own is in `KEY_SOURCES`."""

KEY_SOURCES = {
    "gate.assumed_frame_rate_hz": "usual pulse rate of fluoroscopy, 7.5 to 30 Hz",
    "motion.lowest_relative_correlation": _PROTOTYPE,
    "motion.largest_sigma_mm": _PROTOTYPE,
    "learning.shortest_s": "two breaths would be better; chosen as what an operator waits for",
    "learning.suspect_margin_mm": _PROTOTYPE,
    "cement.background_mm": _PROTOTYPE,
    "cement.blur_mm": _PROTOTYPE,
    "cement.dead_zone_factor": _PROTOTYPE,
    "cement.dead_zone_floor": _PROTOTYPE,
    "cement.drift_per_pulse": _CUSUM,
    "cement.threshold": _CUSUM,
    "cement.separate_factor": _PROTOTYPE,
    "cement.largest_leap_mm2": "in a vein of 2 mm cement covers about 40 mm2 in half a second; twice that",
    "cement.thinnest_monitored_mm": "stated goal: no full monitoring above 2 mm",
    "cement.thinnest_watched_mm": "chosen: cement in the canal is some millimetres thick",
    "cement.assumed_attenuation_per_mm": "X-ray tables: 20 % BaSO4 at 80 kVp behind 24 cm of water and bone",
    "extension.speed_mm_s": "in a vein of 2 mm all the cement runs one way, about 21 mm/s; a quarter of it",
    "extension.widest_mm": "as leak.widest_vein_mm",
    "leak.widest_vein_mm": "chosen: a vein of 2 mm and the blur of its edges",
    "leak.canal_depth_mm": "the lumbar canal is 15 to 25 mm deep (anatomy)",
    "front.marking_sd_mm": "chosen; clicks of 0 to 2 mm were simulated",
    "front.edge_lag_mm": _PROTOTYPE,
    "volume.default_limit_ml": _VOLUMES,
    "volume.cervical_limit_ml": _VOLUMES,
    "volume.upper_thoracic_limit_ml": _VOLUMES,
    "volume.lower_thoracic_limit_ml": _VOLUMES,
    "volume.lumbar_limit_ml": _VOLUMES,
    "volume.lytic_limit_ml": "case report: 7 mL into a metastatic T11 pushed tumour into the canal",
    "volume.dead_volume_ml": "0: aliquots are noted net of the cannula, which holds about 1.5 mL",
    "alarm.caution_fraction": f"caution in the posterior third ({_PRACTICE})",
    "alarm.stop_fraction": f"stop at the posterior quarter ({_PRACTICE})",
    "alarm.most_levels": f"more than three levels are staged ({_PRACTICE})",
    "recording.expected_ratio": "simulated fluoroscopy: 0.63 of 12 in 16 bit, 0.73 of 8 bit",
    "clock.early_until_s": _CLOCK,
    "clock.late_after_s": _CLOCK,
    "clock.withdraw_after_s": f"withdraw within about 1 min of finishing ({_PRACTICE})",
}


def source_of(section: str, key: str) -> str:
    """Where the default of a key comes from."""
    return KEY_SOURCES.get(f"{section}.{key}", SECTION_SOURCES.get(section, _CHOSEN))
