"""Records and cohorts to make reports of: rich ones, such in which all is unknown, and hostile ones."""

from __future__ import annotations

from datetime import date, timedelta

import cv2
import msgspec
import numpy as np

from recordings.cohort.figures import (
    Cohort,
    Comparison,
    LearningCurve,
    LearningPoint,
    Operation,
    PairedRow,
    Rate,
    RateTable,
    Sensitivity,
    VolumeRow,
)
from recordings.qa.record import (
    AlarmRecord,
    ApDistribution,
    Closest,
    Difference,
    DistributionMap,
    DoseRecord,
    EndplateContact,
    Failed,
    KeyFrame,
    KeyLines,
    LateralDistribution,
    LeakRecord,
    LevelRecord,
    ProcedureRecord,
    TrendPoint,
)

SIZE = 256
HOSTILE = "</script></title><img src=x onerror=\"document.title='taken'\"><b>T12</b>&amp;'\"$x^2$"


def cement_map(projection: str, seed: int = 0) -> DistributionMap:
    """A blob that is a little off the middle, and a thin leak behind it."""
    cells, first, last = 36, -0.25, 1.25
    middle = (np.arange(cells) + 0.5) / cells * (last - first) + first
    x, y = np.meshgrid(middle, middle)
    shift = 0.04 * (seed % 5)
    blob = np.exp(-(((x - 0.4 - shift) / 0.22) ** 4) - ((y - 0.5) / 0.28) ** 4)
    leak = (np.abs(y - 0.55) < 0.04) & (x > 0.9) & (x < 1.15) if seed % 2 else np.zeros_like(blob)
    cover = np.clip(blob + leak, 0, 1).round(3)
    return DistributionMap(
        view=projection, projection=projection, first=first, last=last,  # type: ignore[arg-type]
        cover=tuple(map(tuple, cover.tolist())),
    )  # fmt: skip


def trend(end_s: float = 24.0, gap: tuple[float, float] = (15.0, 17.0)) -> tuple[TrendPoint, ...]:
    points = []
    for time_s in np.arange(0.0, end_s, 0.2).tolist():
        grown = max(0.0, min(time_s, 19.0) - 3.0) * 0.18
        watched = not gap[0] <= time_s < gap[1]
        points.append(
            TrendPoint(
                time_s=round(time_s, 3),
                volume_ml=grown if watched else None,
                volume_sd_ml=0.05 + 0.04 * grown,
                area_mm2=60 * grown,
                posterior_wall_mm=None if time_s < 4 or not watched else 14 - 4.6 * grown,
                watched=watched,
            )
        )
    return tuple(points)


def level(name: str = "T12", *, leaks: bool = True, relative: bool = False) -> LevelRecord:
    found = (
        LeakRecord(leak_class="canal", onset_s=16.9, area_mm2=12.4, volume_ml=0.08, detached=False,
                   ambiguous_with="foramen", view="lateral", told=True),
        LeakRecord(leak_class="vein", onset_s=18.2, area_mm2=4.1, detached=True, view="lateral", told=False),
    )  # fmt: skip
    near = (("posterior_wall", -0.6 if leaks else 2.4, 16.9), ("superior_endplate", 1.2, 14.0),
            ("inferior_endplate", 3.4, 19.0), ("anterior_wall", 6.2, 19.0))  # fmt: skip
    return LevelRecord(
        level=name,
        region="lumbar" if name.startswith("L") else "thoracic",
        views=("lateral", "ap"),
        pathology="metastasis",
        posterior_wall_defect=True,
        planned_ml=4.0,
        volume_ml=2.88,
        volume_sd_ml=0.17,
        volume_low_ml=2.55,
        volume_high_ml=3.21,
        volume_relative=relative,
        volume_method="attenuation",
        injected_ml=3.0,
        fill_fraction=0.34,
        area_mm2=172.0,
        outside_mm2=16.5 if leaks else 0.0,
        lateral=LateralDistribution(
            anterior=0.31, middle=0.44, posterior=0.25, upper=0.3, central=0.45, lower=0.25
        ),
        ap=ApDistribution(
            image_left=0.62,
            image_right=0.38,
            symmetry=0.61,
            crosses_midline=True,
            upper=0.3,
            central=0.45,
            lower=0.25,
        ),
        superior_endplate=EndplateContact(contact=True, length_fraction=0.22),
        inferior_endplate=EndplateContact(contact=False, length_fraction=0.0),
        closest=tuple(
            Closest(structure=what, value_mm=mm, low_mm=mm - 0.7, time_s=at) for what, mm, at in near
        ),
        leaks=found if leaks else (),
        front_speed_mm_s=2.3,
        first_warning_s=12.1,
        injection_start_s=3.0,
        injection_stop_s=19.0,
        warning_to_stop_s=6.9,
        monitored_fraction=0.91,
        trend=trend(),
        maps=(cement_map("lateral", 1 if leaks else 0), cement_map("ap")),
        unmeasured=("vein: not marked in AP",),
    )


def alarms(name: str = "T12") -> tuple[AlarmRecord, ...]:
    return (
        AlarmRecord(
            rule="near_posterior_wall",
            kind="clinical",
            priority="medium",
            raised_s=12.1,
            level=name,
            structure="posterior_wall",
            message="posterior third",
            cleared_s=16.9,
        ),
        AlarmRecord(
            rule="leak_canal",
            kind="clinical",
            priority="high",
            raised_s=16.9,
            level=name,
            structure="canal",
            message="cement in the canal: stop",
            acknowledged_s=17.32,
            reaction_s=0.42,
        ),
        AlarmRecord(
            rule="volume_caution",
            kind="clinical",
            priority="low",
            raised_s=18.0,
            level=name,
            structure="volume",
            message="volume near the plan",
            cleared_s=22.0,
        ),
        AlarmRecord(
            rule="image_lost",
            kind="technical",
            priority="medium",
            raised_s=15.0,
            message="no image",
            acknowledged_s=15.9,
            reaction_s=0.9,
            cleared_s=17.0,
        ),
    )


def picture(_session_id: str, _name: str) -> bytes:
    """A PNG: a body in a noisy image, with cement."""
    rng = np.random.default_rng(3)
    image = np.full((SIZE, SIZE), 130.0)
    cv2.rectangle(image, (80, 90), (170, 165), 105, -1)
    cv2.ellipse(image, (125, 128), (28, 22), 0, 0, 360, 35, -1)
    noisy = cv2.GaussianBlur(image, (5, 5), 0) + rng.normal(0, 6, image.shape)
    done, coded = cv2.imencode(".png", np.clip(noisy, 0, 255).astype(np.uint8))
    assert done
    return coded.tobytes()


def key_frame(seq: int, time_s: float, why: str, name: str = "T12") -> KeyFrame:
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    cement = tuple(
        (125 + 29 * float(c), 128 + 23 * float(s)) for c, s in zip(np.cos(turn), np.sin(turn), strict=True)
    )
    body = ((80.0, 90.0), (170.0, 92.0), (168.0, 165.0), (82.0, 164.0))
    return KeyFrame(
        seq=seq,
        time_s=time_s,
        why=(why,),
        picture=f"frame-{seq}.png",
        rows=SIZE,
        columns=SIZE,
        lines=(
            KeyLines(
                level=name,
                cement=(cement,),
                structures={
                    "body": (body,),
                    "posterior_wall": ((body[1], body[2]),),
                    "anterior_wall": ((body[0], body[3]),),
                    "superior_endplate": ((body[0], body[1]),),
                    "inferior_endplate": ((body[3], body[2]),),
                    "vein": (((125.0, 128.0), (170.0, 130.0), (200.0, 150.0)),),
                    "foramen": (((185.0, 150.0), (205.0, 150.0), (205.0, 185.0), (185.0, 185.0)),),
                    "cannula": (((250.0, 60.0), (140.0, 120.0)),),
                    "posterior_third": (((140.0, 92.0), (139.0, 165.0)),),
                },
            ),
        ),
    )


def procedure(session_id: str = "s-0001", **more: object) -> ProcedureRecord:
    """Two levels, two views, leaks, alarms, key frames, a gap in the watch."""
    made = ProcedureRecord(
        session_id=session_id,
        folder="archive/0001",
        day="2025-03-04",
        patient="P-7f3a",
        operator="O-11",
        live_version="0.1.0",
        software_version="0.2.0",
        source="dicom, 512 x 512, 12 bit",
        rows=SIZE,
        columns=SIZE,
        mm_per_px=0.39,
        frames=360,
        frames_unread=2,
        duration_s=24.0,
        monitored=True,
        monitored_fraction=0.91,
        beam_on_s=22.4,
        dose=DoseRecord(
            source="report",
            kvp=78.0,
            dose_area_product_gy_m2=2.3e-4,
            reference_point_dose_gy=0.021,
            fluoroscopy_s=95.0,
            irradiations=4,
            problems=("times have no offset",),
        ),
        levels=(level("T12"), level("L1", leaks=False)),
        alarms=alarms(),
        key_frames=(
            key_frame(60, 4.0, "first cement"),
            key_frame(250, 16.9, "leak: canal"),
            key_frame(359, 23.9, "the end"),
        ),
        differences=(
            Difference(level="T12", field="volume_ml", logged="2.81", now="2.88"),
            Difference(level="T12", field="leak_vein", logged=None, now="18.2 s"),
        ),
        problems=("2 frames are damaged",),
    )
    return msgspec.structs.replace(made, **more)


def unknown_procedure(session_id: str = "s-0002") -> ProcedureRecord:
    """Everything that may be unknown is."""
    return ProcedureRecord(session_id=session_id, folder="archive/0002", levels=(LevelRecord(level="L3"),))


def hostile_procedure(session_id: str = "s-0003") -> ProcedureRecord:
    """Markup wherever text comes from files."""
    one = msgspec.structs.replace(
        level(HOSTILE), pathology=HOSTILE, unmeasured=(HOSTILE,), volume_method=HOSTILE
    )
    return procedure(
        session_id, folder=HOSTILE, day=HOSTILE, patient=HOSTILE, operator=HOSTILE, source=HOSTILE,
        live_version=HOSTILE, problems=(HOSTILE,), levels=(one,),
        alarms=tuple(msgspec.structs.replace(alarm, message=HOSTILE, rule=HOSTILE, structure=HOSTILE)
                     for alarm in alarms(HOSTILE)),
        key_frames=(msgspec.structs.replace(key_frame(1, 1.0, HOSTILE, HOSTILE), picture=HOSTILE),),
        differences=(Difference(level=HOSTILE, field=HOSTILE, logged=HOSTILE, now=HOSTILE),),
    )  # fmt: skip


def rate(name: str, events: int, total: int) -> Rate:
    """With Wilson's interval."""
    if total == 0:
        return Rate(name=name, events=0, total=0)
    z, part = 1.959964, events / total
    middle = (part + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * np.sqrt(part * (1 - part) / total + z * z / (4 * total * total))
    return Rate(
        name=name,
        events=events,
        total=total,
        fraction=part,
        low=float(middle - half),
        high=float(middle + half),
    )


def curve(operator: str, count: int, seed: int) -> LearningCurve:
    leaked = np.random.default_rng(seed).random(count) < np.linspace(0.5, 0.25, count)
    points, cusum, events = [], 0.0, 0
    for number, one in enumerate(leaked.tolist(), 1):
        events += one
        cusum += one - 0.38
        so_far = rate("", events, number)
        assert so_far.fraction is not None
        assert so_far.low is not None
        assert so_far.high is not None
        points.append(
            LearningPoint(
                number=number,
                day=str(date(2025, 1, 7) + timedelta(days=7 * number)),
                leaked=one,
                fraction=so_far.fraction,
                low=so_far.low,
                high=so_far.high,
                cusum=cusum,
            )
        )
    return LearningCurve(operator=operator, expected=0.38, points=tuple(points))


def volume(name: str, count: int, mean: float) -> VolumeRow:
    return VolumeRow(
        name=name,
        count=count,
        mean_ml=mean,
        sd_ml=0.84,
        low_ml=mean - 0.24,
        high_ml=mean + 0.24,
        median_ml=mean - 0.1,
        quartile_1_ml=mean - 0.6,
        quartile_3_ml=mean + 0.5,
        least_ml=mean - 1.6,
        most_ml=mean + 2.2,
        uncalibrated=3,
    )


def score(name: str, when: str, before: float, after: float, half: float) -> PairedRow:
    change = after - before
    return PairedRow(
        score=name,
        when=when,
        pairs=42,
        missing=5,
        before_mean=before,
        before_sd=1.2,
        after_mean=after,
        after_sd=1.4,
        difference_mean=change,
        difference_low=change - half,
        difference_high=change + half,
        test="Wilcoxon signed-rank",
        p_value=0.00001,
        p_adjusted=0.00005,
    )


def cohort(procedures: int = 3) -> Cohort:
    classes = (("paravertebral", 10), ("vein", 4), ("disc_superior", 4), ("canal", 2), ("foramen", 0))
    return Cohort(
        software_version="0.2.0",
        first_day="2025-01-07",
        last_day="2025-12-18",
        procedures=procedures,
        patients=38,
        levels=50,
        failed=1,
        unknown_patients=2,
        rates=(
            RateTable(title="all", unit="vertebrae", by="all", rows=(rate("all", 19, 50),)),
            RateTable(
                title="class",
                unit="vertebrae",
                by="class",
                rows=tuple(rate(name, n, 50) for name, n in classes),
            ),
            RateTable(
                title="region",
                unit="vertebrae",
                by="region",
                rows=(rate("thoracic", 9, 28), rate("lumbar", 10, 22), rate("cervical", 0, 0)),
            ),
            RateTable(
                title="wall",
                unit="vertebrae",
                by="posterior wall defect",
                rows=(rate("defect", 9, 15), rate("none", 8, 30), rate("unknown", 2, 5)),
            ),
            RateTable(title="all", unit="patients", by="all", rows=(rate("all", 16, 38),)),
            RateTable(
                title="class",
                unit="patients",
                by="class",
                rows=tuple(rate(name, n, 38) for name, n in classes),
            ),
        ),
        volumes=(volume("all", 44, 3.22), volume("thoracic", 24, 2.9), volume("lumbar", 20, 3.6)),
        paired=(
            *(
                score("VAS", when, 8.11, after, 0.4)
                for when, after in (
                    ("24 h", 2.82),
                    ("1 month", 2.47),
                    ("3 months", 2.43),
                    ("12 months", 3.13),
                )
            ),
            score("ODI", "12 months", 44.1, 23.3, 4.0),
            PairedRow(score="EQ-5D", when="3 months", pairs=0, missing=12),
        ),
        learning=(curve("O-11", 24, 1), curve("O-12", 16, 2), curve("O-13", 7, 3)),
        comparisons=(
            Comparison(
                measure="leaks per vertebra",
                series="50 metastatic vertebrae",
                own=rate("all", 19, 50),
                published=rate("all", 19, 50),
                difference=0.0,
                difference_low=-0.18,
                difference_high=0.18,
                note="CT there",
            ),
            Comparison(
                measure="leaks per vertebra",
                series="81 vertebrae",
                own=rate("all", 19, 50),
                published=rate("all", 12, 81),
                difference=0.232,
                difference_low=0.08,
                difference_high=0.38,
                note="radiographs there",
            ),
            Comparison(
                measure="volume",
                series="3.22 ± 0.84 mL",
                own_volume=volume("all", 44, 3.22),
                published_volume=VolumeRow(
                    name="all", count=50, mean_ml=3.22, sd_ml=0.84, low_ml=2.98, high_ml=3.46
                ),
                difference=0.0,
                difference_low=-0.34,
                difference_high=0.34,
            ),
        ),
        sensitivities=(
            Sensitivity(
                leak_class="disc_superior", seen=rate("disc", 6, 8), by_ct_only=2, by_fluoroscopy_only=1
            ),
            Sensitivity(leak_class="canal", seen=rate("canal", 1, 5), by_ct_only=4, by_fluoroscopy_only=0),
        ),
        operation=Operation(
            alarms_per_procedure=2.4,
            acknowledged=rate("acknowledged", 70, 84),
            reaction_median_s=0.41,
            warning_to_stop_median_s=5.2,
            monitored_fraction_median=0.94,
            beam_on_median_s=22.4,
            dose_area_product_median_gy_m2=2.1e-4,
        ),
        notes=("Two levels have no region.",),
    )


FAILED = (Failed(folder="archive/0099", why="session.json: cut after 120 bytes"),)
