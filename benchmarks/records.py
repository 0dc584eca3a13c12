"""What is kept of one procedure that was run, as JSON; a run can be resumed from them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[1]
_CODE = ("monitor", "calibration", "recordings/simulated")
_SCORING = (
    "models.py", "procedure.py", "own_model.py", "mask_scores.py", "records.py", "leak_scores.py",
    "scoring.py", "variations.py", "front_end.py", "peers.py", "peer_scores.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeakScore:
    """A true leak and what was said of it. Times in s from the first frame; None: never.

    Parameters
    ----------
    judged : bool
        Visible, and long enough before the end for an alarm.
    alarm_s : float or None
        First leak alarm of its level raised since the leak is present.
    masked : bool
        No new alarm was raised, but one of this level stood already.
    warned : bool
        An earlier true leak of the level had raised its alarm before this one was visible.
    first_class, final_class : str or None
        Class of that alarm, and of the largest leak shown at the end.
    first_verdict, final_verdict : str or None
        ``right``, ``ambiguous`` (said to be one of two, one of them right), ``not said`` (a leak out of
        the body whose zone is not marked) or ``wrong``.
    near_s : float or None
        First near alarm of the level before the leak is visible.
    embolus_alarm_s : float or None
        First alarm of rule ``leak_embolus``.
    """

    level: str
    leak_class: str
    present_s: float
    visible_s: float | None
    judged: bool
    alarm_s: float | None = None
    masked: bool = False
    warned: bool = False
    first_class: str | None = None
    first_verdict: str | None = None
    final_class: str | None = None
    final_verdict: str | None = None
    near_s: float | None = None
    near_rule: str | None = None
    embolus_alarm_s: float | None = None

    @property
    def found(self) -> bool:
        """Whether an alarm was raised; for an embolus the alarm of the leak that it left counts too."""
        return self.alarm_s is not None or (self.leak_class == "embolus" and self.warned)

    @property
    def delay_s(self) -> float | None:
        """From visible to alarm; negative where it came before."""
        if self.alarm_s is None or self.visible_s is None:
            return None
        return self.alarm_s - self.visible_s


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A leak alarm that no true leak of its level explains.

    `kind` is ``no_leak`` (none at any level in the whole procedure), ``other_level`` or ``too_early``.
    """

    time_s: float
    level: str
    rule: str
    kind: str


@dataclass(slots=True)
class Record:
    """One procedure through one detector.

    Parameters
    ----------
    model, scenario, seed, sweep, label : str, int
        Which procedure; `sweep` is ``base`` for the usual settings, `label` the value that was varied.
    detector : str
        ``cementwatch`` or the name of a peer.
    code : str
        Fingerprint of the detector, the simulator and the scoring.
    dice, hd95_mm, false_mm2 : list of float
        One per scored frame with at least 20 mm2 of true cement.
    dice_beside_cannula : list of float
        The same frames without what the marked cannulas cover.
    quiet_false_mm2 : list of float
        Found area in scored frames with no true cement at all.
    front : list of int
        Histogram over `mask_scores.FRONT_BINS_MM`.
    unscored_fraction : float or None
        Part of the frames with at least 20 mm2 of true cement in which nothing was told.
    distances : dict
        By structure, rows of true, measured and lower bound (mm).
    shift_error_mm : list of float
        Size of the error of the pose, one per scored frame and level.
    volumes : dict
        By level, rows of true and measured volume (mL).
    monitored_fraction : float
        Of the time after the first learning.
    blind : dict
        The rest of that time by the code of its reason, as fractions.
    """

    model: str
    scenario: str
    seed: int
    sweep: str
    label: str
    detector: str
    code: str
    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    frames: int = 0
    duration_s: float = 0.0
    dice: list[float] = field(default_factory=list)
    hd95_mm: list[float] = field(default_factory=list)
    false_mm2: list[float] = field(default_factory=list)
    dice_beside_cannula: list[float] = field(default_factory=list)
    quiet_false_mm2: list[float] = field(default_factory=list)
    front: list[int] = field(default_factory=list)
    unscored_fraction: float | None = None
    distances: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    shift_error_mm: list[float] = field(default_factory=list)
    volumes: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    leaks: list[LeakScore] = field(default_factory=list)
    false_alarms: list[FalseAlarm] = field(default_factory=list)
    learned_s: float | None = None
    monitored_fraction: float = 0.0
    blind: dict[str, float] = field(default_factory=dict)
    step_ms: list[float] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it one record and not another."""
        return (
            self.model, self.scenario, str(self.seed), self.sweep, self.label, self.detector, self.code,
        )  # fmt: skip


def read_records(path: Path) -> list[Record]:
    """Read all records of a file; none where it does not exist. A torn last line is left out."""
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(msgspec.json.decode(line, type=Record))
        except (msgspec.DecodeError, msgspec.ValidationError):
            print(f"{path}: a line of another version or a torn one is left out")
    return found


def append_record(path: Path, record: Record) -> None:
    """Append one record as a line."""
    with path.open("ab") as file:
        file.write(msgspec.json.encode(record) + b"\n")


def code_fingerprint() -> str:
    """Short hash of all code that the figures depend on: records of other code are not mixed in."""
    files = [f for folder in _CODE for f in sorted((ROOT / folder).rglob("*.py"))]
    files += [ROOT / "benchmarks" / name for name in _SCORING]
    files += sorted((ROOT / "benchmarks").glob("ct_*.py")) + sorted(
        (ROOT / "benchmarks").glob("ct_*/**/*.py")
    )
    digest = hashlib.sha256()
    for file in files:
        if file.exists():
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
