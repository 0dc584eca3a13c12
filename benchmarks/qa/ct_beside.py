"""CTs of the patients of simulated sessions, beside what was measured in the sessions.

    python -m benchmarks.qa.ct_beside SESSION... --out FILE.jsonl

Sessions are those of ``benchmarks.qa.year``. Each patient is scanned with slices of 1 mm and cement of
2000 HU as the session left it; both are held against the same truth.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.qa.ct import labels_of
from benchmarks.qa.year import flow_of, truth_of
from recordings.ct.agreement import agreement_of, limits_of, sensitivities_of
from recordings.ct.measure import measure_ct
from recordings.ct.volume import CtVolume
from recordings.qa.measure import measure_session
from recordings.simulated.ct import lay_out
from recordings.simulated.ct_scan import CtSettings, scan


def main(arguments: list[str] | None = None) -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sessions", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args(arguments)
    volumes, leaks, errors = [], [], []
    with wanted.out.open("w") as file:
        for folder in wanted.sessions:
            made, scene, _ = truth_of(folder)
            patient = lay_out(scene, flow_of(scene, made.let_go_s).grown_s(made.seconds), seed=made.seed)
            scanned = scan(patient, CtSettings(seed=made.seed))
            volume = CtVolume(scanned.hu, scanned.affine_lps, folder.name)
            ct = measure_ct(volume, labels_of(scanned, volume), software_version="benchmark").record
            seen = measure_session(folder, software_version="benchmark", pictures=False).record
            agreed = agreement_of(ct, [seen])
            volumes += agreed.volumes
            leaks += agreed.leaks
            true_ml = sum(patient.body_ml.values()) + sum(patient.leaks_ml.values())
            ct_ml = sum(level.volume_ml for level in ct.levels)
            errors.append(100 * (ct_ml / true_ml - 1) if true_ml else 0.0)
            row = {
                "session": folder.name, "case": made.name, "projection": made.projection, "true_ml": true_ml,
                "ct_ml": ct_ml, "true_leaks": {kind: ml for (_, kind), ml in patient.leaks_ml.items()},
                "volumes": [[one.level, one.ct_ml, one.fluoroscopy_ml, one.note] for one in agreed.volumes],
                "leaks": [[one.level, one.leak_class, one.seen_by] for one in agreed.leaks],
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")
            file.flush()
    print(f"CT against truth: mean {np.mean(errors):+.2f} %, largest {np.abs(errors).max():.2f} %")
    print(limits_of(volumes))
    for one in sensitivities_of(leaks):
        print(one)


if __name__ == "__main__":
    main()
