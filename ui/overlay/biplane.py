"""Two sources under one alarm bar: what is said of both, out of what is said of each."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from monitor.result import Watch
from monitor.states import State
from ui.overlay.model import (
    AlarmModel,
    BarModel,
    BiplaneModel,
    DistanceModel,
    HeaderModel,
    LeakRow,
    OverlayModel,
    StateModel,
    VolumeRow,
    ZoneRow,
)
from ui.overlay.observation import Observation
from ui.overlay.words import DANGEROUS

_BETTER = {"full": 0, "half": 1, "empty": 2}


@dataclass(frozen=True, slots=True, eq=False)
class BiplaneObservation:
    """One look at both planes."""

    planes: tuple[Observation, Observation]


def join(
    first: OverlayModel, second: OverlayModel, names: tuple[str, str], among: Collection[str] | None = None
) -> BiplaneModel:
    """One model of both planes.

    Parameters
    ----------
    first, second : OverlayModel
        Of each plane alone.
    names : (str, str)
        What the planes are called: the names of their views.
    among : collection of str, optional
        Planes that the large figures may be of; without it, either.
    """
    both = (first, second)
    allowed = [i for i in (0, 1) if among is None or names[i] in among]
    near = min(allowed, key=lambda i: _gravity(both[i].distance))
    spoken = replace(both[near].distance, also="")
    if spoken.figure is not None:
        spoken = replace(spoken, title=f"{spoken.title}, {names[near]}")
    joint = replace(
        both[near],
        header=_header(both, names),
        bar=_bar(both, names),
        distance=spoken,
        volumes=_volumes(both, names),
        zones=_zones(both),
        zones_title="watched in either plane; thinnest cement seen",
        leaks=_leaks(both, names),
        leaks_none=_no_leaks(both, names),
        footer_note=first.footer_note or second.footer_note,
        sources=first.sources + second.sources,
    )
    return BiplaneModel(joint, both)


def _gravity(distance: DistanceModel) -> tuple[int, bool, float]:
    """An alarm's structure first; then what is dangerous or crossed; then the nearest."""
    if distance.value_mm is None:
        return (0, True, float("inf"))
    grave = distance.structure in DANGEROUS or distance.value_mm < 0
    return (-int(distance.priority or 0), not grave, distance.value_mm)


def _header(both: Sequence[OverlayModel], names: Sequence[str]) -> HeaderModel:
    worse = max(both, key=lambda plane: plane.header.state).header
    whys = [
        f"{name}: {plane.header.why}" for plane, name in zip(both, names, strict=True) if plane.header.why
    ]
    places = list(dict.fromkeys(plane.header.level_and_view for plane in both))
    recordings = [plane.header.recording for plane in both]
    # one that is not recorded is not made good by one that is
    recording = False if False in recordings else None if None in recordings else True
    return replace(
        worse,
        seen=all(plane.header.seen for plane in both),
        level_and_view="  +  ".join(places),
        why="  ·  ".join(whys),
        session=both[0].header.session,
        beam_on="  ·  ".join(
            f"{name} {plane.header.beam_on}" for plane, name in zip(both, names, strict=True)
        ),
        recording=recording,
    )


def _bar(both: Sequence[OverlayModel], names: Sequence[str]) -> BarModel:
    told = [(plane.bar.alarm, name) for plane, name in zip(both, names, strict=True) if plane.bar.alarm]
    told.sort(key=lambda one: _alarm_order(one[0]))
    blind = [(plane.bar.state, name) for plane, name in zip(both, names, strict=True) if plane.bar.state]
    alarm = None
    if told:
        highest, name = told[0]
        if blind:  # half the bar is left: the plane must not cost the number its place
            alarm = replace(highest, note=f"{name}  ·  {highest.note}" if highest.note else name)
        else:
            alarm = replace(highest, tail=f"{highest.tail}  ·  {name}" if highest.tail else f"·  {name}")
    quiet = "  ·  ".join(
        f"{name}: {plane.bar.quiet}" for plane, name in zip(both, names, strict=True) if not plane.bar.state
    )
    rest = "  ·  ".join(
        f"{name}: {plane.bar.quiet_rest}"
        for plane, name in zip(both, names, strict=True)
        if plane.bar.quiet_rest
    )
    further = sum(plane.bar.further for plane in both) + max(0, len(told) - 1)
    return BarModel(alarm, _states(blind), further, quiet, rest, both[0].bar.todo)


def _alarm_order(alarm: AlarmModel) -> tuple[int, bool, bool]:
    return (-int(alarm.priority), not alarm.flashing, bool(alarm.note))


def _states(blind: Sequence[tuple[StateModel, str]]) -> StateModel | None:
    """One plane that is blind is named, beside what follows; both, in one line."""
    if not blind:
        return None
    blind = sorted(blind, key=lambda one: not one[0].filled)
    (state, name), *others = blind
    if not others:
        return replace(state, text=f"{name} {state.text}")
    other, other_name = others[0]
    if other.text == state.text:
        return replace(state, text=f"both planes {state.text}")
    return StateModel(f"{name} {state.text}", f"{other_name} {other.text}", state.filled)


def _volumes(both: Sequence[OverlayModel], names: Sequence[str]) -> tuple[VolumeRow, ...]:
    """By level from the first plane that knows it; what the other says beside it."""
    rows: dict[str, VolumeRow] = {}
    for plane, name in zip(both, names, strict=True):
        for row in plane.volumes:
            known = rows.get(row.level)
            if known is None:
                rows[row.level] = row
            elif known.value_ml is None and row.value_ml is not None:
                rows[row.level] = replace(row, note=f"{row.note}  ·  by {name}" if row.note else f"by {name}")
            elif row.value_ml is not None:
                beside = f"{name} {row.volume}"
                rows[row.level] = replace(known, note=f"{known.note}  ·  {beside}" if known.note else beside)
    return tuple(sorted(rows.values(), key=lambda row: not row.current))


def _zones(both: Sequence[OverlayModel]) -> tuple[ZoneRow, ...]:
    """Each zone as the plane sees it that sees it better. A plane that is blind sees none."""
    best: dict[str, ZoneRow] = {}
    for plane in both:
        for row in plane.zones:
            known = best.get(row.name)
            if known is None or _sight(row) < _sight(known):
                best[row.name] = row
    # the mark says that it is partly hidden, and the room is narrow
    return tuple(
        replace(row, note=row.note.removeprefix(f"{Watch.PARTLY.value} · ")) for row in best.values()
    )


def _sight(row: ZoneRow) -> tuple[int, float]:
    return (_BETTER[row.mark], math.inf if row.least_mm is None else row.least_mm)


def _leaks(both: Sequence[OverlayModel], names: Sequence[str]) -> tuple[LeakRow, ...]:
    return tuple(
        replace(leak, name=f"{leak.name}, {name}")
        for plane, name in zip(both, names, strict=True)
        for leak in plane.leaks
    )


def _no_leaks(both: Sequence[OverlayModel], names: Sequence[str]) -> str:
    blind = [n for plane, n in zip(both, names, strict=True) if plane.header.state > State.DEGRADED]
    if len(blind) == len(both):
        return both[0].leaks_none
    seeing = next(plane for plane in both if plane.header.state <= State.DEGRADED)
    return f"{blind[0]} not watched; none seen in the other" if blind else seeing.leaks_none
