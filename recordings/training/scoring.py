"""How an attempt is scored. Pure: facts and presses in, figures out; what does not apply is None.

The weights and limits are choices, not findings: no score has been held against clinical skill.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from monitor.config_base import Section, number
from monitor.errors import ConfigError
from monitor.small_file import read_small
from recordings.training.facts import Facts, Moment
from recordings.training.pedal import joined

HUMAN_REACTION_S, HUMAN_REACTION_SD_S = 0.318, 0.051
"""Time a person takes to release a switch once told to, mean and standard deviation (docs/training.md)."""
LARGEST_BYTES = 64 * 1024
_LEAST_SHARE = 0.1
"""With less of the volume than this nothing was done that could be scored."""


class Scoring(Section, frozen=True):
    """Limits and weights; a file may change them (``[scoring]`` of a TOML file)."""

    near_share: Annotated[
        float, number("last part of the body's depth in which the front is a danger", 0, 0.5)
    ] = 0.25
    near_mm: Annotated[float, number("and at least so near to the posterior wall (mm)", 0.5, 10)] = 3.0
    watchful_share: Annotated[
        float, number("last part of the depth in which to stop is not needless", 0, 0.9)
    ] = 1 / 3
    kept_mm: Annotated[
        float, number("closest distance to the posterior wall that earns all (mm)", 0.5, 20)
    ] = 3.0
    soon_s: Annotated[float, number("nor one so long before a leak opens (s of injection)", 0, 30)] = 3.0
    missed_after_s: Annotated[
        float, number("injected so long after a leak shows: it was missed (s)", 0.1, 30)
    ] = 2.0
    needless_after_s: Annotated[
        float, number("a stop without a reason counts from so long on (s)", 0.1, 30)
    ] = 2.0
    slowest_s: Annotated[float, number("reaction that earns nothing (s)", 0.5, 30)] = 3.0
    most_leaked_ml: Annotated[float, number("leaked volume that earns nothing (mL)", 0.01, 5)] = 0.2
    enough_share: Annotated[float, number("part of the volume with which the work is done", 0.5, 1)] = 0.95
    weight_reaction: Annotated[float, number("weight of the reaction", 0, 100)] = 20.0
    weight_distance: Annotated[float, number("weight of the closest distance", 0, 100)] = 15.0
    weight_leaked: Annotated[float, number("weight of the leaked volume", 0, 100)] = 20.0
    weight_missed: Annotated[float, number("weight of missed leaks", 0, 100)] = 20.0
    weight_needless: Annotated[float, number("weight of needless stops", 0, 100)] = 10.0
    weight_volume: Annotated[float, number("weight of the volume reached", 0, 100)] = 15.0

    def near_of_mm(self, depth_mm: float) -> float:
        """Distance from the posterior wall at which the front is a danger, for a body of a depth (mm)."""
        return max(self.near_share * depth_mm, self.near_mm)

    def watchful_of_mm(self, depth_mm: float) -> float:
        """And that from which on it is reasonable to stop (mm)."""
        return max(self.watchful_share * depth_mm, self.near_of_mm(depth_mm))


class _File(Section, frozen=True):
    scoring: Scoring = msgspec.field(default_factory=Scoring)


class Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of an attempt; None where a measure does not apply or is not known.

    Parameters
    ----------
    total : float or None
        0 to 100.
    reaction_s : float or None
        From the first frame that shows a danger to letting go (s).
    over_human_s : float or None
        That, less the time a person needs to release a switch (s).
    stopped_before_s : float or None
        How long before the danger the pedal was let go, where it was.
    closest_mm : mapping of str to (float or None)
        Closest distance to each structure; negative beyond.
    leaked_ml : float or None
    missed : int or None
        Leaks after which the injection went on; None: what was known has no leak.
    needless : int or None
        Stops without a reason.
    needless_s : float or None
        How long they took together.
    injected_ml, planned_ml, target_ml : float or None
        `target_ml` is what could be injected before the first danger, at most what was planned.
    parts : mapping of str to (float or None)
        What each measure earned, 0 to 1.
    danger, danger_structure, danger_level, danger_s, released_s
        The danger that counted and when it showed; when the pedal was let go for it.
    """

    total: float | None
    reaction_s: float | None
    over_human_s: float | None
    stopped_before_s: float | None
    closest_mm: dict[str, float | None]
    leaked_ml: float | None
    missed: int | None
    needless: int | None
    needless_s: float | None
    injected_ml: float | None
    planned_ml: float | None
    target_ml: float | None
    parts: dict[str, float | None]
    danger: str | None
    danger_structure: str | None
    danger_level: str | None
    danger_s: float | None
    released_s: float | None


PARTS = ("reaction", "distance", "leaked", "missed", "needless", "volume")
"""Measures that have a weight, in the order in which they are shown."""


def read_scoring(path: Path | None) -> Scoring:
    """Limits and weights of a file; the defaults without one. Raises `ConfigError`, naming file and key."""
    if path is None:
        return Scoring()
    try:
        made = msgspec.convert(tomllib.loads(read_small(path, LARGEST_BYTES).decode()), _File).scoring
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the scoring: {error.strerror or error}") from error
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        raise ConfigError(f"{path}: {where.rstrip('`').removeprefix('$.')}: {what}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    if not any(getattr(made, f"weight_{part}") for part in PARTS):
        raise ConfigError(f"{path}: scoring: at least one weight must be above 0")
    return made


def score(facts: Facts, presses: tuple[tuple[float, float | None], ...], scoring: Scoring) -> Score:
    """Score an attempt.

    Parameters
    ----------
    facts : Facts
    presses : tuple of (float, float or None)
        When the pedal was held (s), in order; one that is held still ends with the exercise.
    scoring : Scoring

    Returns
    -------
    Score
    """
    held = _within(presses, facts)
    danger = facts.first_danger
    danger_s = danger.visible_s if danger is not None else None
    released_s, reaction_s = _reaction(held, danger_s, facts.until_s)
    gone_on = danger_s is not None and any(down <= danger_s < up and up >= facts.until_s for down, up in held)
    before_s = _stopped_before(held, danger_s)
    missed = _missed(held, facts, scoring)
    needless, needless_s = _needless(held, facts, scoring)
    closest = _closest(facts.moments)
    leaked_ml = max((m.leaked_ml for m in facts.moments if m.leaked_ml is not None), default=None)
    target_ml = _target(facts)
    wall_mm = closest.get("posterior_wall")
    parts: dict[str, float | None] = {
        "reaction": 0.0 if gone_on else _falling(reaction_s, _quick_s(), scoring.slowest_s),
        "distance": None if wall_mm is None else _clip(wall_mm / scoring.kept_mm),
        "leaked": _falling(leaked_ml, 0.0, scoring.most_leaked_ml) if facts.may_leak else None,
        "missed": None if missed is None else float(missed == 0),
        "needless": None if needless is None else 1 / (1 + needless),
        "volume": _share(facts.injected_ml, target_ml),
    }
    return Score(
        total=_total(parts, scoring) if _done_anything(held, parts["volume"]) else None,
        reaction_s=reaction_s,
        over_human_s=None if reaction_s is None else reaction_s - HUMAN_REACTION_S,
        stopped_before_s=before_s,
        closest_mm=closest,
        leaked_ml=leaked_ml,
        missed=missed,
        needless=needless,
        needless_s=needless_s,
        injected_ml=facts.injected_ml,
        planned_ml=facts.planned_ml,
        target_ml=target_ml,
        parts=parts,
        danger=None if danger is None else danger.kind,
        danger_structure=None if danger is None else danger.structure,
        danger_level=None if danger is None else danger.level,
        danger_s=danger_s,
        released_s=released_s,
    )


def _within(presses: tuple[tuple[float, float | None], ...], facts: Facts) -> list[tuple[float, float]]:
    """Presses as far as they lie between the start and the end; none is open any more."""
    held = []
    for down_s, up_s in joined(presses):
        ends_s = facts.until_s if up_s is None else min(up_s, facts.until_s)
        begins_s = max(down_s, facts.ready_s)
        if ends_s > begins_s:
            held.append((begins_s, ends_s))
    return held


def _reaction(
    held: list[tuple[float, float]], danger_s: float | None, until_s: float
) -> tuple[float | None, float | None]:
    """When the pedal was let go for a danger, and how long that took; None where it was not, or not held."""
    if danger_s is None:
        return None, None
    for down_s, up_s in held:
        if down_s <= danger_s < up_s:
            return (None, None) if up_s >= until_s else (up_s, up_s - danger_s)
    return None, None


def _stopped_before(held: list[tuple[float, float]], danger_s: float | None) -> float | None:
    """How long before a danger that came all the same the pedal was let go."""
    if danger_s is None or any(down <= danger_s < up for down, up in held):
        return None
    return min((danger_s - up for _, up in held if up <= danger_s), default=None)


def _missed(held: list[tuple[float, float]], facts: Facts, scoring: Scoring) -> int | None:
    """Leaks that could be seen and after which the pedal was held for too long."""
    if not facts.may_leak:
        return None
    seen = [d.visible_s for d in facts.dangers if d.kind == "leak" and d.visible_s is not None]
    return sum(
        sum(max(0.0, up_s - max(down_s, at_s)) for down_s, up_s in held) > scoring.missed_after_s
        for at_s in seen
    )


def _needless(
    held: list[tuple[float, float]], facts: Facts, scoring: Scoring
) -> tuple[int | None, float | None]:
    """Stops without a reason, and how long they took; None where it is not known what was near."""
    if not facts.moments or not held:
        return None, None
    count, took_s = 0, 0.0
    nexts = [down_s for down_s, _ in held[1:]] + [facts.until_s]
    share = _share(facts.injected_ml, _target(facts))
    done = share is not None and share >= scoring.enough_share
    for at, ((_, up_s), next_s) in enumerate(zip(held, nexts, strict=True)):
        if next_s - up_s <= scoring.needless_after_s or _has_reason(up_s, facts):
            continue
        if at == len(held) - 1 and done:  # who has put in what there was to put in may stop
            continue
        count, took_s = count + 1, took_s + next_s - up_s
    return count, took_s


def _has_reason(at_s: float, facts: Facts) -> bool:
    if any(from_s <= at_s <= to_s for from_s, to_s in facts.excused_s):
        return True
    if any(waits_s <= at_s <= waits_s + 5 for waits_s in facts.waits_s):
        return True
    shown = [danger.visible_s for danger in facts.dangers if danger.visible_s is not None]
    if any(visible_s <= at_s for visible_s in shown):
        return True
    return min(facts.moments, key=lambda m: abs(m.time_s - at_s)).threatened


def _closest(moments: tuple[Moment, ...]) -> dict[str, float | None]:
    names = {name: None for moment in moments for name in moment.distances_mm}
    return {
        name: min((d for m in moments if (d := m.distances_mm.get(name)) is not None), default=None)
        for name in names
    }


def _target(facts: Facts) -> float | None:
    if facts.planned_ml is None:
        return None
    return facts.planned_ml if facts.safe_ml is None else min(facts.planned_ml, facts.safe_ml)


def _share(injected_ml: float | None, target_ml: float | None) -> float | None:
    if injected_ml is None or target_ml is None or target_ml <= 0:
        return None
    return _clip(injected_ml / target_ml)


def _done_anything(held: list[tuple[float, float]], volume: float | None) -> bool:
    return bool(held) and (volume is None or volume >= _LEAST_SHARE)


def _total(parts: Mapping[str, float | None], scoring: Scoring) -> float | None:
    known = [(getattr(scoring, f"weight_{name}"), part) for name, part in parts.items() if part is not None]
    weight = sum(w for w, _ in known)
    return None if weight <= 0 else 100 * math.fsum(w * part for w, part in known) / weight


def _quick_s() -> float:
    """A reaction that nobody could better: two standard deviations above the mean of a bare release."""
    return HUMAN_REACTION_S + 2 * HUMAN_REACTION_SD_S


def _falling(value: float | None, best: float, worst: float) -> float | None:
    """1 up to `best`, 0 from `worst` on."""
    return None if value is None else _clip((worst - value) / (worst - best))


def _clip(share: float) -> float:
    return min(1.0, max(0.0, share))
