"""Two pictures side by side for each leak class: the frame, and the frame with what the software saw.

    python -m benchmarks.pictures [--out docs/accuracy] [--seed N]

Simulated procedures of the project's own model, one second after the leak's alarm.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.own_model import own_procedure
from benchmarks.procedure import Procedure
from calibration.density import nominal_density
from monitor.config import Config
from monitor.frame import Frame
from monitor.pipeline import Pipeline
from monitor.result import Result

CASES = {"canal": "canal", "disc": "disc", "vein": "vein", "embolus": "embolus", "clean": ""}
"""Scenario, and what the alarm's rule must contain (nothing: the last frame is shown)."""
_LINES = {
    "posterior_wall": (0, 170, 255),
    "superior_endplate": (200, 200, 0),
    "inferior_endplate": (200, 200, 0),
    "anterior_wall": (160, 160, 160),
    "vein": (255, 120, 60),
}
_CEMENT = (60, 255, 255)
_MARGIN_PX = 55
_ZOOM = 2


def main() -> None:
    """Write one picture for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/accuracy"))
    parser.add_argument("--seed", type=int, default=102)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    for scenario, rule in CASES.items():
        procedure = own_procedure(scenario, chosen.seed)
        result = shown_at(procedure, rule)
        path = chosen.out / f"seen-{scenario}.png"
        cv2.imwrite(str(path), side_by_side(procedure, result))
        print(path, [alert.message for alert in result.alerts])


def shown_at(procedure: Procedure, rule: str) -> Result:
    """Result one second after the first alarm of a rule, or of the last frame."""
    plan = procedure.plan
    pipeline = Pipeline(
        plan, plan.views[0], procedure.info, Config(), nominal_density(procedure.info), masks=True
    )
    until: int | None = None
    for number in range(procedure.frame_count):
        now_ns = round(procedure.time_s(number) * 1e9)
        result = pipeline.step(Frame(number, now_ns, now_ns, procedure.pixels(number), "picture"), now_ns)
        raised = {t.alert.rule_id for t in result.transitions if t.event == "raised"}
        if rule and until is None and any(r.startswith("leak_") and rule in r for r in raised):
            until = now_ns + 1_000_000_000
        if until is not None and now_ns >= until:
            break
    return result


def side_by_side(procedure: Procedure, result: Result) -> NDArray[np.uint8]:
    """Cut out the level; left as it is, right with contour, structures, distance and alarms."""
    level = procedure.plan.views[0].levels[0]
    body = np.asarray(level.body)
    rows, columns = result.frame.pixels.shape
    x0, y0 = np.maximum(np.floor(body.min(axis=0) - _MARGIN_PX), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(body.max(axis=0) + _MARGIN_PX), (columns, rows)).astype(int)
    part = np.log(result.frame.pixels[y0:y1, x0:x1].astype(np.float32) + 1)
    low, high = np.percentile(part, [1, 99])
    gray = np.clip((part - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    large = cv2.resize(gray, None, fx=_ZOOM, fy=_ZOOM, interpolation=cv2.INTER_CUBIC)
    left = cv2.cvtColor(large, cv2.COLOR_GRAY2BGR)
    right = left.copy()

    def moved(line: NDArray[np.floating]) -> NDArray[np.int32]:
        return np.round((np.asarray(line) - (x0, y0) + 0.5) * _ZOOM).astype(np.int32)

    for found in result.levels:
        for name, lines in (found.structures_px or {}).items():
            if name in _LINES:
                for line in lines:
                    cv2.polylines(right, [moved(line)], False, _LINES[name], 1, cv2.LINE_AA)
        for contour in found.contours_px:
            cv2.polylines(right, [moved(contour)], True, (0, 0, 0), 3, cv2.LINE_AA)
            cv2.polylines(right, [moved(contour)], True, _CEMENT, 1, cv2.LINE_AA)
        wall = (found.distances or {}).get("posterior_wall")
        if wall is not None:
            ends = moved(np.array([wall.from_px, wall.to_px]))
            cv2.line(right, ends[0].tolist(), ends[1].tolist(), (255, 255, 255), 1, cv2.LINE_AA)
    bar = np.zeros((26 * max(1, len(result.alerts[:3])), right.shape[1], 3), np.uint8)
    for k, alert in enumerate(result.alerts[:3]):
        words = f"{alert.priority.name}: {alert.message}"
        cv2.putText(
            bar, words, (6, 19 + 26 * k), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA
        )
    right = np.vstack([bar, right])
    left = np.vstack([np.zeros_like(bar), left])
    gap = np.full((right.shape[0], 6, 3), 255, np.uint8)
    return np.hstack([left, gap, right])


if __name__ == "__main__":
    main()
