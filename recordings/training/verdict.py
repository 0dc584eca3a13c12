"""What an attempt came to, in words: the same in the window, on the command line and in the log."""

from __future__ import annotations

from recordings.training.scoring import HUMAN_REACTION_S, Score

STRUCTURES = {
    "posterior_wall": "posterior wall",
    "anterior_wall": "anterior wall",
    "superior_endplate": "superior endplate",
    "inferior_endplate": "inferior endplate",
}
_INTO = {
    "canal": "the spinal canal",
    "disc_superior": "the disc above",
    "disc_inferior": "the disc below",
    "vein": "a vein",
    "embolus": "the blood",
    "foramen": "the foramen",
    "paravertebral": "the soft tissue beside the body",
}


def event_words(score: Score) -> str:
    """The danger that counted, as something that happened; empty where there was none."""
    if score.danger is None:
        return ""
    if score.danger == "near":
        return "cement came near to the posterior wall"
    place = _INTO.get(score.danger_structure or "")
    return "cement left the body" if place is None else f"cement entered {place}"


def verdict(score: Score) -> tuple[str, ...]:
    """A few sentences, the most important first; each one stands alone."""
    said = [_stop(score)]
    wall_mm = score.closest_mm.get("posterior_wall")
    if wall_mm is not None and wall_mm < 0:
        said.append(f"cement crossed the posterior wall by {-wall_mm:.1f} mm")
    elif wall_mm is not None:
        said.append(f"closest to the posterior wall {wall_mm:.1f} mm")
    if score.leaked_ml:
        said.append(f"{score.leaked_ml:.2f} mL left the body")
    if score.missed:
        said.append("the injection went on after a leak could be seen")
    if score.needless:
        took = "" if score.needless_s is None else f", {score.needless_s:.0f} s in all"
        said.append(f"stops without a reason: {score.needless}{took}")
    if score.injected_ml is not None and score.target_ml:
        share = 100 * score.injected_ml / score.target_ml
        said.append(
            f"{score.injected_ml:.1f} mL of {score.target_ml:.1f} mL that were possible: {share:.0f} %"
        )
    return tuple(said)


def _stop(score: Score) -> str:
    happened = event_words(score)
    if not happened:
        return "nothing dangerous came about" if score.total is not None else "hardly anything was injected"
    if score.reaction_s is not None:
        return f"you stopped {score.reaction_s:.1f} s after {happened}"
    if score.parts.get("reaction") == 0.0:
        return f"you did not stop after {happened}"
    if score.stopped_before_s is not None:
        return f"you had stopped {score.stopped_before_s:.1f} s before {happened}"
    return f"the pedal was not held when {happened}"


def reaction_words(score: Score) -> str:
    """The reaction against that of a person who only releases a switch."""
    if score.over_human_s is None:
        return ""
    more = "longer" if score.over_human_s >= 0 else "shorter"
    return f"{abs(score.over_human_s):.1f} s {more} than releasing a switch takes ({HUMAN_REACTION_S:.2f} s)"
