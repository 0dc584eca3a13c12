"""The measurements as a structured report after TID 1500 (PS3.16), Comprehensive SR.

One group (TID 1501) for the run, one for each level of a view, for each leak and for each alarm. What is not
known is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from highdicom.sr import (
    AlgorithmIdentification,
    ComprehensiveSR,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    QualitativeEvaluation,
    SourceImageForMeasurement,
    SourceImageForMeasurementGroup,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from calibration.scale import scale_from_geometry
from monitor.errors import SourceError
from monitor.plan import View
from recordings.believed import Believed
from recordings.results import codes as ours
from recordings.results.content import CONTAINS, evaluations, measured, observer, scale_of
from recordings.results.course import Course
from recordings.results.figures import AlarmFigures, Closest, LeakFigures, LevelFigures, Seen
from recordings.results.frames import ImageObjects
from recordings.results.making import MAKER, STANDING, Making


def write_report(making: Making, images: ImageObjects, path: Path) -> Dataset:
    """Write the report.

    Raises
    ------
    OSError
        It cannot be written.
    SourceError, PlanError
        The session's plan or configuration cannot be read.
    """
    report = _Report(making, images)
    groups = list(report.groups())
    evidence = [
        making.stand_in(image) for image in images.images if image.sop_instance_uid in report.referenced
    ]
    content = MeasurementReport(
        ObservationContext(observer_device_context=observer(making)), ours.FLUOROSCOPY, groups,
        title=codes.DCM.ImagingMeasurementReport,
    )  # fmt: skip
    content[0].ContentSequence.append(evaluations(report.remarks()))
    ds = ComprehensiveSR(
        evidence or [making.stand_in(images.images[0])], content[0],
        is_complete=making.session.about.complete, is_final=False, is_verified=False,
        coding_schemes=ours.scheme_items(), **making.shared("sr", making.uid("sr")),
    )  # fmt: skip
    making.settle(ds)
    ds.save_as(path, enforce_file_format=True)
    return ds


class _Report:
    """Puts the groups together, and keeps which images they refer to."""

    def __init__(self, making: Making, images: ImageObjects) -> None:
        self._making, self._images = making, images
        self._course: Course = making.course
        self.referenced: set[str] = set()
        session = making.session
        self._plan = session.plan()
        config = session.config_toml()
        self._algorithm = AlgorithmIdentification(
            "CementWatch", self._monitored_by(),
            parameters=[f"configuration SHA-256 {hashlib.sha256(config.encode()).hexdigest()}"],
            manufacturer=MAKER,
        )  # fmt: skip

    def groups(self) -> Iterator[MeasurementsAndQualitativeEvaluations]:
        """The run, then levels, leaks and alarms in the order in which they came."""
        yield self._run()
        for level in self._course.figures.levels.values():
            if level.at is not None:
                yield self._level(level)
            for leak in level.leaks.values():
                yield self._leak(level, leak)
        for number, alarm in enumerate(self._course.figures.alarms, 1):
            yield self._alarm(number, alarm)

    def remarks(self) -> Iterator[str]:
        """What the reader has to know of the whole."""
        yield STANDING
        about, course = self._making.session.about, self._course
        if course.mode == "every frame":
            yield "Computed afterwards from every recorded image; none was shown while it was recorded."
        else:
            yield "As it was found and shown while the session was recorded."
        if not about.complete:
            yield "The session was not closed in order: its end may be missing."
        if course.lost:
            what = "Recorded images" if course.mode == "every frame" else "Steps of the monitor"
            yield f"{what} that could not be read: {course.lost}."
        if course.figures.alarms_left_out:
            yield f"{course.figures.alarms_left_out} more alarms are not listed."
        for view in self._views():
            for level in view.levels:
                known = course.figures.levels.get((view.name, level.name))
                if known is None or known.at is None:
                    yield f"{level.name} ({view.name}): nothing was measured."

    # the groups

    def _run(self) -> MeasurementsAndQualitativeEvaluations:
        figures = self._course.figures
        made = [measured(ours.LOOKED_AT, figures.looked_at, ours.NO_UNIT)]
        if figures.last_ns is not None and self._duration_s() > 0:
            made.append(measured(ours.DURATION, self._duration_s(), ours.SECOND))
        share = self._monitored_share()
        if share is not None:
            made.append(measured(ours.MONITORED, 100 * share, ours.PERCENT))
        for view in self._views():
            made.append(scale_of(view.scale, f"{view.name}: {view.scale.method}"))
        stated = scale_from_geometry(self._making.session.about.source.geometry)
        if stated is not None:
            made.append(scale_of(stated, f"image header: {stated.method}"))
        return self._group("run", ours.RUN, ours.COLUMN, made, algorithm=True)

    def _level(self, level: LevelFigures) -> MeasurementsAndQualitativeEvaluations:
        made = []
        if level.volume_ml is not None:
            name, unit = (
                (ours.RELATIVE_VOLUME, ours.NO_UNIT)
                if level.volume_relative
                else (ours.VOLUME, ours.MILLILITRE)
            )
            sd = level.volume_sd_ml
            made.append(
                self._at(
                    level.volume_at,
                    name,
                    level.volume_ml,
                    unit,
                    lower=sd,
                    upper=sd,
                    method=level.volume_method,
                )
            )
        if level.area_mm2 is not None:
            made.append(self._at(level.at, ours.AREA, level.area_mm2, ours.SQUARE_MILLIMETRE))
        if level.outside_mm2 is not None:
            name = ours.private("area-outside", "Area of cement outside the vertebral body")
            made.append(self._at(level.at, name, level.outside_mm2, ours.SQUARE_MILLIMETRE))
        if level.fill_fraction is not None:
            made.append(self._at(level.at, ours.FILL, 100 * level.fill_fraction, ours.PERCENT))
        for structure, closest in level.closest.items():
            made += self._closest(level, structure, closest)
        return self._group(
            f"{level.level} ({level.view})", ours.CEMENT, ours.vertebra(level.level), made, seen=level.at,
            algorithm=True,
        )  # fmt: skip

    def _closest(self, level: LevelFigures, structure: str, closest: Closest) -> Iterator[Measurement]:
        code = ours.STRUCTURES.get(structure)
        if code is None:
            return
        site = [FindingSite(code)]
        derived = "derived from the outline of the body" if structure in level.derived else None
        yield self._at(
            closest.at, ours.DISTANCE, closest.value_mm, ours.MILLIMETRE, derivation=ours.MINIMUM, sites=site,
            lower=closest.value_mm - closest.low_mm, method=derived,
        )  # fmt: skip
        yield measured(ours.CLOSEST_AT, self._course.seconds(closest.at.t_ns), ours.SECOND, sites=site)

    def _leak(self, level: LevelFigures, leak: LeakFigures) -> MeasurementsAndQualitativeEvaluations:
        made = [
            measured(ours.ONSET, self._course.seconds(leak.onset_ns), ours.SECOND),
            self._at(
                leak.largest_at,
                ours.AREA,
                leak.largest_mm2,
                ours.SQUARE_MILLIMETRE,
                derivation=codes.SCT.Maximum,
            ),
        ]
        if leak.volume_ml is not None and not leak.volume_relative:
            made.append(self._at(leak.volume_at, ours.VOLUME, leak.volume_ml, ours.MILLILITRE))
        said = [QualitativeEvaluation(ours.DETACHED, ours.YES if leak.detached else ours.NO)]
        if leak.ambiguous_with is not None and leak.ambiguous_with in ours.LEAKS:
            said.append(QualitativeEvaluation(ours.MAY_BE, ours.LEAKS[leak.ambiguous_with]))
        name = f"{level.level} ({level.view}), leak {leak.leak_class}{', detached' if leak.detached else ''}"
        finding = ours.LEAKS.get(leak.leak_class, ours.LEAKS["outside"])
        return self._group(name, finding, ours.vertebra(level.level), made, said, seen=leak.first)

    def _alarm(self, number: int, alarm: AlarmFigures) -> MeasurementsAndQualitativeEvaluations:
        made = [measured(ours.RAISED, self._course.seconds(alarm.raised.t_ns), ours.SECOND)]
        for code, t_ns in (
            (ours.ESCALATED, alarm.escalated_ns),
            (ours.ACKNOWLEDGED, alarm.acknowledged_ns),
            (ours.CLEARED, alarm.cleared_ns),
        ):
            if t_ns is not None:
                made.append(measured(code, self._course.seconds(t_ns), ours.SECOND))
        unit = ours.UNITS.get(alarm.unit or "")
        if alarm.value is not None and unit is not None:
            made.append(measured(ours.ALARM_VALUE, alarm.value, unit))
        said = [
            QualitativeEvaluation(ours.PRIORITY, ours.PRIORITIES[alarm.priority.name.lower()]),
            QualitativeEvaluation(ours.ALARM_KIND, ours.KINDS[alarm.kind.value]),
        ]
        site = ours.COLUMN if alarm.level is None else ours.vertebra(alarm.level)
        level = "" if alarm.level is None else f"{alarm.level}: "
        return self._group(
            f"alarm {number}, {level}{alarm.message}", ours.ALARM, site, made, said,
            seen=None if alarm.observed else alarm.raised,
            texts=((ours.COMMENT, f"{level}{alarm.message}"), (ours.RULE, alarm.rule_id)),
        )  # fmt: skip

    # their parts

    def _group(
        self,
        name: str,
        finding: Code,
        site: Code,
        measurements: list[Measurement],
        evaluations: list[QualitativeEvaluation] | None = None,
        *,
        seen: Seen | None = None,
        algorithm: bool = False,
        texts: Iterable[tuple[Code, str]] = (),
    ) -> MeasurementsAndQualitativeEvaluations:
        made = MeasurementsAndQualitativeEvaluations(
            TrackingIdentifier(uid=self._making.uid("sr", name), identifier=name),
            finding_type=finding, finding_sites=[FindingSite(site)], measurements=measurements,
            qualitative_evaluations=evaluations, algorithm_id=self._algorithm if algorithm else None,
            source_images=self._sources(seen),
        )  # fmt: skip
        for code, text in texts:
            made[0].ContentSequence.append(TextContentItem(code, text, CONTAINS))
        return made

    def _source(self, seen: Seen | None) -> tuple[str, str, list[int] | None] | None:
        """Class and instance of the image that something was seen in, noted as referred to, and its frame."""
        ref = None if seen is None else self._images.of(seen.seq)
        if ref is None:
            return None
        self.referenced.add(ref.image.sop_instance_uid)
        numbers = None if ref.number is None else [ref.number]
        return ref.image.sop_class_uid, ref.image.sop_instance_uid, numbers

    def _sources(self, seen: Seen | None) -> list[SourceImageForMeasurementGroup] | None:
        source = self._source(seen)
        return None if source is None else [SourceImageForMeasurementGroup(*source)]

    def _at(
        self,
        seen: Seen | None,
        name: Code,
        value: float,
        unit: Code,
        *,
        derivation: Code | None = None,
        sites: list[FindingSite] | None = None,
        lower: float | None = None,
        upper: float | None = None,
        method: str | None = None,
    ) -> Measurement:
        """A measurement with the image that it was made in."""
        source = self._source(seen)
        images = None if source is None else [SourceImageForMeasurement(*source)]
        return measured(
            name, value, unit, derivation=derivation, sites=sites, lower=lower, upper=upper, method=method,
            images=images,
        )  # fmt: skip

    # the figures of the whole

    def _views(self) -> tuple[View, ...]:
        """The plan's views in which something was measured; all where nothing was."""
        views = () if self._plan is None else self._plan.views
        seen = {view for view, _ in self._course.figures.levels}
        return tuple(view for view in views if view.name in seen or not seen)

    def _duration_s(self) -> float:
        last_ns = self._course.figures.last_ns
        return 0.0 if last_ns is None else self._course.seconds(last_ns)

    def _monitored_share(self) -> float | None:
        """Part of the time in which something was watched; None where that is not known.

        Live: as the observer believed it, so that also time without images counts as unwatched.
        """
        figures, course = self._course.figures, self._course
        if figures.last_ns is None or self._duration_s() <= 0:
            return None
        if course.mode == "every frame":
            return min(1.0, figures.watched_s / self._duration_s())
        with suppress(SourceError):
            rows = self._making.session.log().state_changes
            if rows:
                return watched_share(rows, course.first_ns, figures.last_ns)
        return None

    def _monitored_by(self) -> str:
        if self._course.mode == "every frame":
            return self._making.software_version
        return self._making.session.about.software_version


def watched_share(rows: Iterable[Mapping[str, Any]], first_ns: int, last_ns: int) -> float:
    """Part of a time in which something was watched, by a log's changes of state; before the first, none."""
    believed = Believed(rows)
    began_ns = believed.began_ns
    if began_ns is None:
        return 0.0
    unwatched_ns = max(0, min(began_ns, last_ns) - first_ns)
    for start_ns, end_ns, _ in believed.unwatched(last_ns):
        unwatched_ns += max(0, min(end_ns, last_ns) - max(start_ns, first_ns))
    return 1.0 - unwatched_ns / (last_ns - first_ns)
