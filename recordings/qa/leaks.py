"""The leak table of a level, with hindsight: what each leak was, and not what it was first taken for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from monitor.result import Leak
from recordings.qa.record import AlarmRecord, LeakRecord


@dataclass(frozen=True, slots=True)
class ClassSeen:
    """All leaks of one class at a level, as the frames showed them.

    Parameters
    ----------
    onset_ns : int
        Of the first.
    last_ns : int
        When it was last seen.
    seen_s : float
        For how long, gaps not counted.
    largest_mm2, last_mm2 : float
    detached : bool
        Any part, at any time.
    also : tuple of str
        Classes that it was taken for as well.
    """

    leak_class: str
    onset_ns: int
    last_ns: int
    seen_s: float = 0.0
    largest_mm2: float = 0.0
    last_mm2: float = 0.0
    volume_ml: float | None = None
    volume_relative: bool = False
    detached: bool = False
    ambiguous_with: str | None = None
    also: tuple[str, ...] = ()


class LeaksSeen:
    """Takes in the leaks of one frame after the other."""

    def __init__(self) -> None:
        self.classes: dict[str, ClassSeen] = {}
        self.last_ns: int | None = None

    def take(self, leaks: Iterable[Leak], t_ns: int, *, relative: bool) -> None:
        """Take in the leaks of a frame in which the level was looked at; in order of time."""
        step_s = 0.0 if self.last_ns is None else min(0.5, (t_ns - self.last_ns) / 1e9)
        self.last_ns = t_ns
        parts: dict[str, list[Leak]] = {}
        for leak in leaks:
            parts.setdefault(leak.leak_class, []).append(leak)
        for name, found in parts.items():
            known = self.classes.get(name) or ClassSeen(name, min(leak.onset_ns for leak in found), t_ns)
            area_mm2 = float(sum(leak.area_mm2 for leak in found))
            volumes = [leak.volume_ml for leak in found if leak.volume_ml is not None]
            largest = max(found, key=lambda leak: leak.area_mm2)
            self.classes[name] = replace(
                known, last_ns=t_ns, seen_s=known.seen_s + step_s, last_mm2=area_mm2,
                largest_mm2=max(known.largest_mm2, area_mm2),
                volume_ml=float(sum(volumes)) if len(volumes) == len(found) else known.volume_ml,
                volume_relative=relative if len(volumes) == len(found) else known.volume_relative,
                detached=known.detached or any(leak.detached for leak in found),
                ambiguous_with=largest.ambiguous_with,
            )  # fmt: skip


PASSING_S = 1.0
"""What was taken for a leak for a shorter time and then was not is no leak: cement does not go away."""
_FOLLOWS_S = 2.0
_MOVING, _VEIN, _CANAL = "embolus", "vein", "canal"
"""An embolus is the one kind that is seen in passing."""
_LARGER = 2.0


def settled(seen: LeaksSeen) -> tuple[tuple[ClassSeen, ...], tuple[str, ...]]:
    """The leaks that there were, in order of onset, and what else leaks were taken for for a while, in words.

    A class that is no longer seen at the end became another one where it had said that it may be that one, or
    where it was seen for less than a second and the other began by two seconds later: the other one then has
    the earlier onset. What was seen for less than a second and became nothing is no leak. A canal leak
    becomes none other.
    """
    classes = dict(seen.classes)
    said: list[str] = []
    if seen.last_ns is None:
        return (), ()
    for name in sorted(classes, key=lambda name: classes[name].onset_ns):
        known = classes[name]
        if name == _MOVING or seen.last_ns - known.last_ns <= PASSING_S * 1e9:
            continue
        heir = None if name == _CANAL else _heir(known, classes)
        if heir is not None:
            classes[heir.leak_class] = replace(
                heir,
                onset_ns=min(heir.onset_ns, known.onset_ns),
                detached=heir.detached or known.detached,
                also=(*heir.also, name, *known.also),
            )
            said.append(f"{_words(heir)} was taken for {_words(known)} for {known.seen_s:.1f} s")
        elif known.seen_s < PASSING_S:
            said.append(f"{_words(known)} was seen for {known.seen_s:.1f} s, and is not counted")
        else:
            continue
        del classes[name]
    return by_onset(classes.values()), tuple(said)


def _heir(known: ClassSeen, classes: dict[str, ClassSeen]) -> ClassSeen | None:
    """What a class that is no longer seen has become; None: nothing."""
    after = [
        other
        for other in classes.values()
        if other.leak_class not in (known.leak_class, _MOVING) and other.last_ns > known.last_ns
    ]
    for other in after:
        if other.leak_class == known.ambiguous_with:
            return other
    if known.seen_s >= PASSING_S:
        return None
    soon = [other for other in after if other.onset_ns - known.last_ns <= _FOLLOWS_S * 1e9]
    return min(soon, key=lambda other: abs(other.onset_ns - known.last_ns), default=None)


def in_doubt(leaks: Sequence[ClassSeen]) -> tuple[tuple[ClassSeen, ...], tuple[str, ...]]:
    """Leaks that may be in a vein, where the level tells more: in order of onset; what was done, in words.

    Beside a larger leak that is in a vein a part that may be in one belongs to it: a vein passes over the
    disc. And what was carried away with the blood came out of a vein. A leak into the canal is never taken
    for less.
    """
    classes = {seen.leak_class: seen for seen in leaks}
    said: list[str] = []
    doubtful = [seen for seen in leaks if seen.ambiguous_with == _VEIN and seen.leak_class != _CANAL]
    if _VEIN not in classes and _MOVING in classes and doubtful:
        source = max(doubtful, key=lambda seen: seen.last_mm2)
        del classes[source.leak_class]
        classes[_VEIN] = replace(
            source, leak_class=_VEIN, ambiguous_with=None, also=(source.leak_class, *source.also)
        )
        said.append(f"{_words(source)} that may be in a vein is in one: some of it was carried away")
        doubtful.remove(source)
    vein = classes.get(_VEIN)
    for part in doubtful:
        if vein is not None and _LARGER * part.last_mm2 <= vein.last_mm2:
            del classes[part.leak_class]
            vein = _joined(vein, part)
            classes[_VEIN] = vein
            said.append(f"{_words(part)} that may be in a vein belongs to the vein leak")
    return by_onset(classes.values()), tuple(said)


def _joined(larger: ClassSeen, part: ClassSeen) -> ClassSeen:
    return replace(
        larger, onset_ns=min(larger.onset_ns, part.onset_ns), last_ns=max(larger.last_ns, part.last_ns),
        last_mm2=larger.last_mm2 + part.last_mm2, detached=larger.detached or part.detached,
        also=(*larger.also, part.leak_class, *part.also),
    )  # fmt: skip


def by_onset(leaks: Iterable[ClassSeen]) -> tuple[ClassSeen, ...]:
    """In order of onset."""
    return tuple(sorted(leaks, key=lambda seen: (seen.onset_ns, seen.leak_class)))


def _words(seen: ClassSeen) -> str:
    return f"a {seen.leak_class.replace('_', ' ')} leak"


def told_of(seen: ClassSeen, level: str, alarms: Sequence[AlarmRecord]) -> bool:
    """Whether an alarm told of the leak: by its class, one that it was taken for or may be, or by no name."""
    rules = {f"leak_{name}" for name in (seen.leak_class, seen.ambiguous_with, *seen.also, "outside")}
    return any(alarm.level == level and alarm.rule in rules for alarm in alarms)


def together(first: LeakRecord, second: LeakRecord) -> LeakRecord:
    """One leak that was seen in two views: a doubt that one of them clears up is none."""
    larger, other = (first, second) if first.area_mm2 >= second.area_mm2 else (second, first)
    measured = larger if larger.volume_ml is not None else other
    return LeakRecord(
        leak_class=first.leak_class, onset_s=min(first.onset_s, second.onset_s), area_mm2=larger.area_mm2,
        volume_ml=measured.volume_ml, volume_relative=measured.volume_relative,
        detached=first.detached or second.detached,
        ambiguous_with=first.ambiguous_with if first.ambiguous_with == second.ambiguous_with else None,
        view=f"{first.view}, {second.view}", told=first.told or second.told,
    )  # fmt: skip
