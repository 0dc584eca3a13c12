"""The thresholds of the peers, chosen on the tuning set as the best mean Dice over its procedures.

    python benchmarks/tune_peers.py [--seeds 1-3] [--scenarios clean,canal,vein] [--model own|ct]

What it prints goes into `peers.TUNED` by hand.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np

from benchmarks.accuracy import seeds_of
from benchmarks.models import build
from benchmarks.peer_scores import score_peers
from benchmarks.peers import FRONT_END_STEP, ChanVese, Kind, Subtraction, knn, mog2
from benchmarks.records import Record
from benchmarks.sweeps import TUNE_SEEDS

_LOG_UNITS = (0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12)


def candidates() -> dict[str, Kind]:
    """Every peer with every value that is tried, named ``PEER=VALUE``."""
    found: dict[str, Kind] = {}
    for value in _LOG_UNITS:
        found[f"threshold={value:g}"] = Kind(
            behind=lambda v=value: Subtraction(v), true_pose=lambda v=value: Subtraction(v)
        )
    for value in (4.0, 9.0, 16.0, 25.0, 49.0):
        found[f"mog2={value:g}"] = Kind(mog2(value, None), mog2(value, FRONT_END_STEP))
    for value in (2.0, 4.0, 9.0, 16.0, 25.0, 50.0, 100.0):
        found[f"knn={value:g}"] = Kind(knn(value, None), knn(value, FRONT_END_STEP))
    for value in (0.05, 0.1, 0.25):
        found[f"chan-vese={value:g}"] = Kind(lambda v=value: ChanVese(v), lambda v=value: ChanVese(v))
    return found


def main() -> int:
    """Run all candidates on the tuning set and print the best of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="1-3")
    parser.add_argument("--scenarios", default="clean,canal,vein")
    parser.add_argument("--model", choices=("own", "ct"), default="own")
    parser.add_argument("--every", type=int, default=9, help="score every so many frames")
    parser.add_argument("--peers", default="threshold,mog2,knn,chan-vese", help="comma-separated")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    seeds = seeds_of(options.seeds)
    if not set(seeds) <= set(TUNE_SEEDS):
        parser.error(f"peers are tuned on seeds {TUNE_SEEDS[0]} to {TUNE_SEEDS[-1]}")
    tried = options.peers.split(",")
    kinds = {name: kind for name, kind in candidates().items() if name.split("=")[0] in tried}
    dice: dict[str, list[float]] = defaultdict(list)
    for scenario in options.scenarios.split(","):
        for seed in seeds:
            procedure, plan = build(options.model, scenario, seed, {})

            def empty(name: str, scenario: str = scenario, seed: int = seed) -> Record:
                return Record(options.model, scenario, seed, "tune", "", name, "")

            for record in score_peers(procedure, empty, plan=plan, kinds=kinds, every=options.every):
                dice[record.detector].append(float(np.mean(record.dice or [0.0])))
            print(f"{scenario} {seed} done", flush=True)
    groups: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for name, values in dice.items():
        peer, rest = name.split("=")
        value, ending = rest.split(", ")
        groups[f"{peer}, {ending}"].append((float(np.mean(values)), value))
    for group, found in groups.items():
        print(f"{group:24} best {max(found)[1]:>6}   " + "  ".join(f"{v}: {d:.3f}" for d, v in found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
