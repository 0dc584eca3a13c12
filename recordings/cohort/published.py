"""What others have published, as the sources of this project quote it, and what is not known of it.

Percutaneous vertebroplasty unless said otherwise:

- 50 metastatic vertebrae, 19 leaking. Quoted with 38.2 %, while 19/50 is 38.0 %: the counts are used.
  Classes: paravertebral soft tissue 10, paravertebral veins 4, intervertebral disc 4, spinal canal 2. These
  are 20 of 19 vertebrae: one must have had two.
- 81 vertebrae of 30 patients: 12 leaking (14.8 %) in 7 patients; defects of the posterior wall in 24 of 81.
- Volume 3.22 +- 0.84 mL per vertebra; how many vertebrae that was, and of which series, is not told. 4.6 to
  4.9 mL in other series of the thoracolumbar spine.
- Leaks in 2 to 73 % and in 30 to 87.5 % of vertebrae: ranges of the literature.
- VAS 8.11 before, 2.82 at 24 h, 2.47 at 1, 2.43 at 3, 3.02 at 6 and 3.13 at 12 months; ODI 44.1 before,
  23.3 at a year; EQ-5D 0.32 before, 0.62 at 3 months. Neither spread nor number of patients is told.
- What live eyes see, kyphoplasty, 115 bodies, against CT: disc 75 %, intravascular 51 %, extravertebral 31 %,
  epidural 21 %. How many leaks these are of is not told.

How the two series looked for leaks is not told either.
"""

from __future__ import annotations

from dataclasses import dataclass

from recordings.cohort.figures import Rate, ScoreFigure, VolumeRow
from recordings.cohort.rates import rate
from recordings.cohort.statistics import student

SERIES_50 = "50 metastatic vertebrae"
SERIES_81 = "81 vertebrae of 30 patients"
LITERATURE = "ranges of the literature"
VOLUME_SERIES = "published mean volume"
THORACOLUMBAR = "other series of the thoracolumbar spine: 4.6 to 4.9 mL"
SCORE_SERIES = "published follow-up"
LIVE_EYES = "live eyes against CT, kyphoplasty, 115 bodies"

ASSUMED_VOLUMES = 50
"""Vertebrae that the mean volume is taken to be of, since it is not told."""
VOLUME_MEAN_ML, VOLUME_SD_ML = 3.22, 0.84


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """`measure` is as `recordings.cohort.comparison` names it, `note` what is to be known of the figure."""

    measure: str
    series: str
    rate: Rate
    note: str = ""


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """From `low` to `high`: of several series, not an interval of one."""

    measure: str
    series: str
    low: float
    high: float
    unit: str
    note: str = ""


ANY_VERTEBRA = "vertebrae with a leak"
ANY_PATIENT = "patients with a leak"
WALL_DEFECT = "vertebrae with a defect of the posterior wall"
VOLUME = "volume per vertebra"
_TWO_CLASSES = "The classes are 20 of 19 leaking vertebrae: one must have had two."

CLASSES_OF_50 = {
    "paravertebral soft tissue": 10,
    "paravertebral veins": 4,
    "intervertebral disc": 4,
    "spinal canal": 2,
}
RATES = (
    PublishedRate(ANY_VERTEBRA, SERIES_50, rate(SERIES_50, 19, 50), "Quoted as 38.2 %; 19/50 is 38.0 %."),
    *(
        PublishedRate(f"vertebrae with a leak: {name}", SERIES_50, rate(SERIES_50, count, 50), _TWO_CLASSES)
        for name, count in CLASSES_OF_50.items()
    ),
    PublishedRate(ANY_VERTEBRA, SERIES_81, rate(SERIES_81, 12, 81)),
    PublishedRate(ANY_PATIENT, SERIES_81, rate(SERIES_81, 7, 30)),
    PublishedRate(WALL_DEFECT, SERIES_81, rate(SERIES_81, 24, 81), "Who is treated, not how well."),
)
RANGES = (
    PublishedRange(ANY_VERTEBRA, f"{LITERATURE}: 2 to 73 %", 0.02, 0.73, "fraction"),
    PublishedRange(ANY_VERTEBRA, f"{LITERATURE}: 30 to 87.5 %", 0.30, 0.875, "fraction"),
    PublishedRange(VOLUME, THORACOLUMBAR, 4.6, 4.9, "mL", "A range of means, not of vertebrae."),
)
SCORES = (
    *(
        ScoreFigure(score="VAS", when=when, before_mean=8.11, after_mean=mean)
        for when, mean in (
            ("24 h", 2.82), ("1 month", 2.47), ("3 months", 2.43), ("6 months", 3.02), ("12 months", 3.13),
        )
    ),
    ScoreFigure(score="ODI", when="12 months", before_mean=44.1, after_mean=23.3),
    ScoreFigure(score="EQ-5D", when="3 months", before_mean=0.32, after_mean=0.62),
)  # fmt: skip
SEEN_LIVE = {
    "intervertebral disc": 0.75,
    "paravertebral veins": 0.51,
    "paravertebral": 0.31,
    "canal": 0.21,
}
"""By class of `recordings.cohort.agreement`: intravascular is that of veins, extravertebral of soft tissue,
epidural of the canal."""


def volume() -> VolumeRow:
    """The published mean, its spread, and the interval that follows from the assumed number."""
    interval = student(VOLUME_MEAN_ML, VOLUME_SD_ML, ASSUMED_VOLUMES)
    assert interval is not None
    return VolumeRow(
        name=VOLUME_SERIES, count=ASSUMED_VOLUMES, mean_ml=VOLUME_MEAN_ML, sd_ml=VOLUME_SD_ML,
        low_ml=interval.low, high_ml=interval.high,
    )  # fmt: skip
