"""What a cohort comes to: rates with their intervals, volumes, scores before and after, learning, comparison.

Plain typed data, made by `recordings.cohort` and shown by `recordings.reporting`; written as ``cohort.json``.
Every fraction is from 0 to 1, every interval of 95 %. Unknown is None, never 0.
"""

from __future__ import annotations

import msgspec

SCHEMA = "cementwatch.cohort/1"


class _Struct(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all parts of a cohort."""


class Rate(_Struct, frozen=True, kw_only=True):
    """So many of so many, with Wilson's interval; `fraction` and interval are None where `total` is 0.

    Parameters
    ----------
    name : str
    events, total : int
    fraction, low, high : float or None
    clusters : int or None
        Patients that the vertebrae belong to, each unknown one by itself; None where patients are counted.
    design_effect : float or None
        How much more the rate varies than that of so many vertebrae that know nothing of each other would.
        None where it cannot be told: under two patients, none or all of the vertebrae.
    adjusted_low, adjusted_high : float or None
        Wilson's interval of ``total / design_effect``.
    few : bool
        Under five are counted: whoever knows one of them may recognise it.
    """

    name: str
    events: int
    total: int
    fraction: float | None = None
    low: float | None = None
    high: float | None = None
    clusters: int | None = None
    design_effect: float | None = None
    adjusted_low: float | None = None
    adjusted_high: float | None = None
    few: bool = False


class RateTable(_Struct, frozen=True, kw_only=True):
    """Rates side by side.

    Parameters
    ----------
    title : str
    unit : str
        What is counted: ``vertebrae`` or ``patients``.
    by : str
        ``all``, ``class`` (the monitor's), ``series class`` (those of published series), ``region``,
        ``pathology``, ``posterior wall defect`` or ``risk factor``.
    found_by : str
        What the leaks were seen on: ``fluoroscopy`` or ``CT``.
    rows : tuple of Rate
    """

    title: str
    unit: str
    by: str
    rows: tuple[Rate, ...]
    found_by: str = "fluoroscopy"


class VolumeRow(_Struct, frozen=True, kw_only=True):
    """Volumes (mL) of a stratum. `low_ml` and `high_ml`: interval of the mean (Student).

    `by` is ``all``, ``region``, ``pathology`` or ``leak``.
    """

    name: str
    by: str = "all"
    count: int
    mean_ml: float | None = None
    sd_ml: float | None = None
    low_ml: float | None = None
    high_ml: float | None = None
    median_ml: float | None = None
    quartile_1_ml: float | None = None
    quartile_3_ml: float | None = None
    least_ml: float | None = None
    most_ml: float | None = None
    uncalibrated: int = 0
    """Levels left out, whose volume is relative or unknown."""


class PairedRow(_Struct, frozen=True, kw_only=True):
    """A score before and at one time after, of the patients who have both.

    Parameters
    ----------
    score : str
        ``VAS``, ``ODI``, ``EQ-5D`` or ``analgesics``.
    when : str
        ``24 h``, ``1 month``, ...
    pairs : int
    missing : int
        Patients with a score before and none then.
    before_mean, before_sd, after_mean, after_sd : float or None
    difference_mean, difference_low, difference_high : float or None
        Mean of after minus before, with its interval (Student). None, as all means, for an ordinal score.
    shift, shift_low, shift_high : float or None
        Median of the Walsh averages of the differences (Hodges and Lehmann), with its interval.
    before_median, after_median : float or None
    lower, same, higher : int
        Patients whose score is then lower than before, the same, higher.
    test : str or None
        In words: ``Wilcoxon signed-rank``, ``paired t``, ``sign test``; None where there are too few.
    p_value : float or None
    p_adjusted : float or None
        Over all times of the score (Holm).
    """

    score: str
    when: str
    pairs: int
    missing: int = 0
    before_mean: float | None = None
    before_sd: float | None = None
    after_mean: float | None = None
    after_sd: float | None = None
    difference_mean: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    shift: float | None = None
    shift_low: float | None = None
    shift_high: float | None = None
    before_median: float | None = None
    after_median: float | None = None
    lower: int = 0
    same: int = 0
    higher: int = 0
    test: str | None = None
    p_value: float | None = None
    p_adjusted: float | None = None


class LearningPoint(_Struct, frozen=True, kw_only=True):
    """An operator's n-th level: what came of it, and what it makes of the rate and of the running sum.

    `fraction`, `low` and `high` are the rate of all levels so far with Wilson's interval; `cusum` is the
    leaks so far minus those expected.
    """

    number: int
    day: str | None
    leaked: bool
    fraction: float
    low: float
    high: float
    cusum: float


class LearningCurve(_Struct, frozen=True, kw_only=True):
    """Levels of one operator in order of time; `expected` is the rate of leaks that `cusum` is against."""

    operator: str
    expected: float
    points: tuple[LearningPoint, ...]


class ScoreFigure(_Struct, frozen=True, kw_only=True):
    """Means of a score before and at one time after, as published; `count` is None where it is not told."""

    score: str
    when: str
    before_mean: float
    after_mean: float
    count: int | None = None


class Comparison(_Struct, frozen=True, kw_only=True):
    """A figure of the department beside a published one.

    Parameters
    ----------
    measure : str
    own : Rate or None
    published : Rate or None
    own_volume, published_volume : VolumeRow or None
    published_low, published_high : float or None
        A range of figures that others report, in the place of one figure; of `unit`.
    difference, difference_low, difference_high : float or None
        Own minus published (Newcombe for rates, Welch for means).
    unit : str
        ``fraction`` or ``mL``.
    series : str
        Whose figure it is.
    note : str
        What stands in the way of comparing.
    """

    measure: str
    series: str
    own: Rate | None = None
    published: Rate | None = None
    own_volume: VolumeRow | None = None
    published_volume: VolumeRow | None = None
    published_low: float | None = None
    published_high: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    unit: str = "fraction"
    note: str = ""


class ScoreComparison(_Struct, frozen=True, kw_only=True):
    """A score of the department beside a published one.

    Parameters
    ----------
    series : str
    own : PairedRow or None
    published : ScoreFigure
    difference : float or None
        Own mean change minus the published one. It has no interval: the spread is not published.
    note : str
        What stands in the way of comparing.
    """

    series: str
    own: PairedRow | None
    published: ScoreFigure
    difference: float | None = None
    note: str = ""


class Sensitivity(_Struct, frozen=True, kw_only=True):
    """Of the leaks that CT shows, how many fluoroscopy showed, by class; and what fluoroscopy alone told."""

    leak_class: str
    seen: Rate
    by_ct_only: int
    by_fluoroscopy_only: int
    levels: int | None = None
    """Levels that both have looked at."""


class Operation(_Struct, frozen=True, kw_only=True):
    """How the monitor was used over the cohort; medians over procedures, None where unknown."""

    alarms_per_procedure: float | None = None
    acknowledged: Rate | None = None
    reaction_median_s: float | None = None
    warning_to_stop_median_s: float | None = None
    monitored_fraction_median: float | None = None
    beam_on_median_s: float | None = None
    dose_area_product_median_gy_m2: float | None = None


class Cohort(_Struct, frozen=True, kw_only=True):
    """All of it.

    Parameters
    ----------
    software_version : str
    first_day, last_day : str or None
    procedures, patients, levels : int
    failed : int
        Sessions that could not be measured.
    unknown_patients : int
        Procedures that do not say whose they are; each counts as a patient of its own.
    rates : tuple of RateTable
        Of leaks seen on fluoroscopy.
    rates_by_ct : tuple of RateTable
        Of leaks that CT shows, of the levels that a CT has looked at.
    volumes : tuple of VolumeRow
    paired : tuple of PairedRow
    learning : tuple of LearningCurve
    comparisons : tuple of Comparison
    compared_scores : tuple of ScoreComparison
    sensitivities : tuple of Sensitivity
    operation : Operation
    notes : tuple of str
    """

    schema: str = SCHEMA
    software_version: str = ""
    first_day: str | None = None
    last_day: str | None = None
    procedures: int = 0
    patients: int = 0
    levels: int = 0
    failed: int = 0
    unknown_patients: int = 0
    rates: tuple[RateTable, ...] = ()
    rates_by_ct: tuple[RateTable, ...] = ()
    volumes: tuple[VolumeRow, ...] = ()
    paired: tuple[PairedRow, ...] = ()
    learning: tuple[LearningCurve, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    compared_scores: tuple[ScoreComparison, ...] = ()
    sensitivities: tuple[Sensitivity, ...] = ()
    operation: Operation = Operation()
    notes: tuple[str, ...] = ()
