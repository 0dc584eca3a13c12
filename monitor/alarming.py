"""From what is found to alarms: the rules that hold now, over what is known, into the board."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.alerts import AlarmBoard, Condition, Key
from monitor.clock import CementAge
from monitor.config import Config
from monitor.plan import Plan
from monitor.result import Alert, AlertTransition, LevelResult
from monitor.rules import (
    RULES,
    SESSION_RULES,
    clinical_conditions,
    session_conditions,
    technical_conditions,
    unwatched_conditions,
)
from monitor.states import Reason, State
from monitor.unwatched import UnwatchedLevels


class Alarming:
    """Holds the rules of one view against its findings. Single-threaded but for `acknowledge`.

    Parameters
    ----------
    plan : Plan
    config : Config
    board : AlarmBoard
        May be shared with other views.
    """

    def __init__(self, plan: Plan, config: Config, board: AlarmBoard) -> None:
        self._plan, self._config, self._board = plan, config, board
        self._brand = plan.cement.brand if plan.cement is not None else None
        self._unwatched = UnwatchedLevels(config.alarm)
        self._acknowledge = False
        self.filled: set[str] = set()
        """Levels in which there has been cement worth the name."""

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """`AlarmBoard.alerts`."""
        return self._board.alerts

    def acknowledge(self) -> None:
        """Acknowledge all alarms at the next `update`."""
        self._acknowledge = True

    def restore(self, alerts: Sequence[Alert], now_ns: int) -> None:
        """Take up the alarms of a process that was killed: what latches stays latched."""
        off_delay_s = self._config.alarm.off_delay_s
        rules = {name: (off_delay_s, rule.latching) for name, rule in RULES.items()}
        self._board.restore(alerts, rules, now_ns)

    def update(
        self,
        levels: Sequence[tuple[LevelResult, float | None]],
        reasons: tuple[Reason, ...],
        age: CementAge | None,
        now_ns: int,
        seq: int,
    ) -> tuple[AlertTransition, ...]:
        """Take in what is found now.

        Parameters
        ----------
        levels : sequence of (LevelResult, float or None)
            With the depth of each body from wall to wall (mm).
        now_ns : int
            Time that alarms go by (ns).
        seq : int
            Number of the frame.
        """
        conditions: list[Condition] = list(technical_conditions(reasons, self._config.alarm))
        known: dict[str, LevelResult] = {}
        for result, depth_mm in levels:
            if result.area_mm2 is None:
                continue
            known[result.name] = result
            if result.area_mm2 >= self._config.alarm.filled_area_mm2:
                self.filled.add(result.name)
            # while learning only what is beyond doubt is told: cement outside the body
            found = clinical_conditions(result, self._plan.intent(result.name), depth_mm, self._config, age)
            learning = result.state is State.LEARNING
            conditions += [c for c in found if not learning or c.rule_id.startswith("leak_")]
        gaps = self._unwatched.look((result for result, _ in levels), now_ns)
        conditions += unwatched_conditions(gaps, self._config.alarm)
        conditions += session_conditions(len(self.filled), age, self._brand, self._config)

        def unknown(key: Key) -> bool:
            rule_id, level, structure = key
            if rule_id in ("not_monitoring", "degraded") or rule_id in SESSION_RULES:
                return False
            if level not in known:
                return True
            # what another view has warned of is not gone because this one does not show it
            shown = known[level].structures_px or {}
            return rule_id.startswith("near_") and structure is not None and structure not in shown

        transitions = self._board.update(conditions, unknown, now_ns, seq)
        if self._acknowledge:
            self._acknowledge = False
            transitions += self._board.acknowledge(now_ns)
        return transitions
