"""What the report of one session says: first what is not known, then figures, pictures and tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recordings.qa.record import LevelRecord, ProcedureRecord
from recordings.reporting.key_frames import FramePicture, frame_pictures
from recordings.reporting.maps import MapPicture, level_maps
from recordings.reporting.page import ChartBlock, Fact, Table, Tone, Warned
from recordings.reporting.procedure_tables import (
    alarm_table,
    closest_table,
    difference_table,
    dose_table,
    leak_table,
    level_tables,
    spread_table,
    untold,
    volume_words,
)
from recordings.reporting.trend import trend_chart, watched_fraction
from recordings.reporting.words import (
    NONE_DETECTED,
    STRUCTURE_WORDS,
    UNKNOWN,
    at,
    leak_words,
    number,
    percent,
    several,
    spread,
    structure_words,
    view_words,
)

HOW = (
    "Every recorded frame went once more through the monitor of the version named above, with the plan and "
    "the settings of the session. Figures are those of this second pass; alarms and reactions are those of "
    "the log.",
    "All that is seen is a projection. Cement before or behind the body lies over it in one view, and a leak "
    "along the beam may not be seen at all. In one series that was held against CT, live fluoroscopy showed "
    "75 % of leaks into a disc, 51 % into vessels, 31 % beside the body and 21 % into the epidural space.",
    "Distances are to lines as they were marked, along the image; the lower bound is the end of the 95 % "
    "interval with the uncertainty of scale, outline and position. A negative distance is beyond the line.",
    "Volumes come from the attenuation of the image. Where no aliquot was noted or no thickness is "
    "calibrated they are relative: good for comparison within a session, and no millilitres.",
    "Thirds are parts of the projected cement within the body, in coordinates that follow the marked "
    "outline.",
)
GLOSSARY = (
    (
        "none detected in projection",
        "nothing was found in the views that were recorded, in the time in which they "
        "could be measured; it is not a statement that nothing leaked",
    ),
    (
        "watched",
        "the image was there, the level in it was found and trusted, and cement could have been seen",
    ),
    ("unknown", "not measured, not noted, or not to be had from this session; never zero"),
    ("fill", "part of the projected body that cement covers"),
    ("symmetry", "in AP: the smaller side through the larger; 100 % is even"),
    ("reaction", "from the alarm, or from its last rise, to its acknowledgement"),
    (
        "warning to stop",
        "from the first clinical alarm of MEDIUM or HIGH priority at a level to when its cement grew no more",
    ),
    ("detached", "not connected with the cement in the body"),
)


@dataclass(frozen=True, slots=True)
class LevelBlock:
    """Course and maps of a level."""

    level: str
    views: str
    chart: ChartBlock
    maps: tuple[MapPicture, ...]
    no_maps: str


@dataclass(frozen=True, slots=True)
class ProcedurePage:
    """Everything on it, ready to be laid out."""

    title: str
    subtitle: str
    about: tuple[tuple[str, str], ...]
    warned: tuple[Warned, ...]
    facts: tuple[Fact, ...]
    frames: tuple[FramePicture, ...]
    levels: tuple[LevelBlock, ...]
    tables: dict[str, Table]
    how: tuple[str, ...] = HOW
    glossary: tuple[tuple[str, str], ...] = GLOSSARY


def procedure_page(
    record: ProcedureRecord, picture: Callable[[str, str], bytes | None] = lambda _session, _name: None
) -> ProcedurePage:
    """Put the page together; `picture` gives the PNG of a key frame by session and name."""
    levels = ", ".join(level.level for level in record.levels) or "no level"
    return ProcedurePage(
        title=f"Procedure {record.session_id}",
        subtitle=f"{record.day or 'day unknown'} · {levels}",
        about=tuple(_about(record)),
        warned=tuple(sorted(_warned(record), key=lambda one: not one.strong)),
        facts=tuple(_facts(record)),
        frames=frame_pictures(record, picture),
        levels=tuple(_level_block(record, level, count) for count, level in enumerate(record.levels)),
        tables={
            table.name: table
            for table in (
                *level_tables(record),
                spread_table(record),
                leak_table(record),
                closest_table(record),
                alarm_table(record),
                dose_table(record),
                difference_table(record),
            )
        },
    )


def _about(record: ProcedureRecord) -> Iterator[tuple[str, str]]:
    yield "Session", record.session_id
    yield "Day", record.day or UNKNOWN
    yield "Patient (pseudonym)", record.patient or UNKNOWN
    yield "Operator (pseudonym)", record.operator or UNKNOWN
    yield "Source", record.source or UNKNOWN
    size = f"{record.columns} × {record.rows} px" if record.rows and record.columns else UNKNOWN
    yield (
        "Image",
        f"{size}, {number(record.mm_per_px, 3)} mm per px" if record.mm_per_px else f"{size}, scale unknown",
    )
    lost = f", {several(record.frames_unread, 'frame')} lost" if record.frames_unread else ""
    looked = f"{at(record.duration_s)}, {several(record.frames, 'frame')} looked at{lost}"
    yield "Length", looked if record.frames else UNKNOWN
    yield "Recorded with", record.live_version or UNKNOWN
    yield "Measured with", record.software_version or UNKNOWN


def _warned(record: ProcedureRecord) -> Iterator[Warned]:
    """What was not monitored, not measured, or may mislead; the gravest first."""
    if not record.monitored:
        yield Warned("This session was not monitored while it ran: no alarm could have been raised.", True)
    elif record.monitored_fraction is None:
        yield Warned("How much of the procedure was monitored is unknown.", True)
    elif record.monitored_fraction < 0.995:
        yield Warned(
            f"Monitored {percent(record.monitored_fraction)} of the time; for the rest nothing was watched "
            "and no alarm could have been raised.",
            True,
        )
    if not record.levels:
        yield Warned("No level was measured.", True)
    yield from _levels_warned(record)
    if record.frames_unread:
        yield Warned(
            f"{several(record.frames_unread, 'frame')} could not be read and were not looked at.", True
        )
    if record.mm_per_px is None:
        yield Warned("No scale of the image is in the record: pictures carry no ruler.")
    for problem in record.problems:
        yield Warned(problem)


def _levels_warned(record: ProcedureRecord) -> Iterator[Warned]:
    """What is to be said of levels, each thing once for all levels that it is true of."""
    said: dict[tuple[bool, str], list[str]] = {}
    for level in record.levels:
        for strong, text in _level_warned(record, level):
            said.setdefault((strong, text), []).append(level.level)
    for (strong, text), levels in sorted(said.items(), key=lambda item: not item[0][0]):
        yield Warned(f"{', '.join(dict.fromkeys(levels))}: {text}", strong)


def _level_warned(record: ProcedureRecord, level: LevelRecord) -> Iterator[tuple[bool, str]]:
    """Whether it is grave, and what it is."""
    if not level.views:
        yield True, "not measured in any view"
    missed = untold(level)
    if missed:
        classes = ", ".join(leak_words(leak.leak_class) for leak in missed)
        yield True, f"no alarm told of the leak ({classes}) while the procedure ran"
    watched, overall = level.monitored_fraction, record.monitored_fraction
    if record.monitored and watched is None:
        yield True, "not monitored while the procedure ran"
    elif watched is not None and watched < 0.995 and (overall is None or abs(watched - overall) > 0.005):
        yield False, f"watched {percent(watched)} of the time while the procedure ran"
    seen = watched_fraction(level)
    if seen is not None and seen < 0.995:
        yield False, f"could be measured in about {percent(seen)} of the time"
    projections = _projections(level)
    if level.views and projections:
        for missing, what in (("lateral", "depth, canal and discs"), ("ap", "left, right and the sides")):
            if missing not in projections:
                yield False, f"{view_words(missing)} was not measured; nothing is known of {what}"
    if level.volume_ml is None:
        yield False, "volume unknown"
    elif level.volume_relative:
        yield False, "volume is not calibrated; it is no millilitres"
    near = {one.structure for one in level.closest}
    absent = [structure_words(one) for one in STRUCTURE_WORDS if one not in near]
    if absent and level.views:
        yield False, f"no distance was measured to {', '.join(absent)}"
    for what in level.unmeasured:
        yield False, what


def _projections(level: LevelRecord) -> set[str]:
    """Projections in which a level was measured, as far as it can be told."""
    found: set[str] = {one.projection for one in level.maps}
    found |= {view.lower() for view in level.views if view.lower() in ("lateral", "ap")}
    if level.lateral is not None:
        found.add("lateral")
    if level.ap is not None:
        found.add("ap")
    return found


def _facts(record: ProcedureRecord) -> Iterator[Fact]:
    yield _leak_fact(record.levels)
    yield _closest_fact(record.levels)
    volumes = [volume_words(level) for level in record.levels]
    if len(volumes) == 1:
        only = record.levels[0]
        remark = f"{only.level}, not calibrated: no millilitres" if only.volume_relative else only.level
        yield Fact("Cement", volumes[0], remark, "unknown" if volumes[0] == UNKNOWN else "")
    else:
        each = ", ".join(
            f"{level.level} {words}" for level, words in zip(record.levels, volumes, strict=True)
        )
        yield Fact("Cement", _sum_words(record.levels), each)
    yield _alarm_fact(record)
    yield Fact("Monitored", percent(record.monitored_fraction) if record.monitored else "not monitored",
               "of the time while it ran", "" if record.monitored else "unknown")  # fmt: skip
    yield Fact("Beam on", at(record.beam_on_s), "", "unknown" if record.beam_on_s is None else "")


def _sum_words(levels: Sequence[LevelRecord]) -> str:
    known = [level.volume_ml for level in levels if level.volume_ml is not None and not level.volume_relative]
    if not levels or len(known) != len(levels):
        return UNKNOWN
    sds = [level.volume_sd_ml for level in levels]
    if any(sd is None for sd in sds):
        return number(sum(known), 1, "mL")
    # levels share the calibration of the session: they err alike, and roots of squares would be too small
    return spread(sum(known), sum(sd for sd in sds if sd is not None), 1, "mL")


def _leak_fact(levels: Sequence[LevelRecord]) -> Fact:
    found = [(level.level, leak) for level in levels for leak in level.leaks]
    if found:
        first = min(found, key=lambda item: item[1].onset_s)
        places = "; ".join(dict.fromkeys(f"{level} {leak_words(leak.leak_class)}" for level, leak in found))
        return Fact("Leaks, visible in projection", places, f"first at {at(first[1].onset_s)}", "high")
    seen = [level for level in levels if level.views]
    if not seen:
        return Fact("Leaks", UNKNOWN, "nothing was measured", "unknown")
    watched = [watched_fraction(level) for level in seen]
    least = (
        None if any(part is None for part in watched) else min(part for part in watched if part is not None)
    )
    where = ", ".join(
        f"{level.level} ({', '.join(view_words(view) for view in level.views)})" for level in seen
    )
    when = "" if least is None else f", in about {percent(least)} of the time"
    unseen = ", ".join(level.level for level in levels if not level.views)
    return Fact("Leaks", NONE_DETECTED, f"{where}{when}{f'; {unseen}: {UNKNOWN}' if unseen else ''}")


def _closest_fact(levels: Sequence[LevelRecord]) -> Fact:
    near = [
        (level.level, one) for level in levels for one in level.closest if one.structure == "posterior_wall"
    ]
    if not near:
        return Fact("Closest to the posterior wall", UNKNOWN, "not measured", "unknown")
    level, one = min(near, key=lambda item: item[1].value_mm)
    tone: Tone = "high" if one.value_mm <= 0 else "medium" if one.low_mm <= 0 else ""
    bound = f"at least {number(one.low_mm)}" if one.low_mm > 0 else "may be crossed"
    if one.value_mm <= 0:
        bound = "crossed in projection"
    return Fact("Closest to the posterior wall", number(one.value_mm, 1, "mm"),
                f"{bound}, {level} at {at(one.time_s)}", tone)  # fmt: skip


def _alarm_fact(record: ProcedureRecord) -> Fact:
    if not record.monitored:
        return Fact("Alarms", UNKNOWN, "not monitored", "unknown")
    clinical = [alarm for alarm in record.alarms if alarm.kind == "clinical"]
    counts = ", ".join(
        f"{count} {priority.upper()}"
        for priority in ("high", "medium", "low")
        if (count := sum(alarm.priority.lower() == priority for alarm in clinical))
    )
    reactions = [alarm.reaction_s for alarm in clinical if alarm.reaction_s is not None]
    middle = (
        f"median reaction {number(statistics.median(reactions), 2, 's')}"
        if reactions
        else "none acknowledged"
    )
    technical = len(record.alarms) - len(clinical)
    more = f", {several(technical, 'technical one')}" if technical else ""
    return Fact("Clinical alarms", counts or "none raised", (middle if clinical else "while watched") + more)


def _level_block(record: ProcedureRecord, level: LevelRecord, count: int) -> LevelBlock:
    chart = trend_chart(record, level)
    said = [f"Volume at the end {volume_words(level)}."]
    near = [one for one in level.closest if one.structure == "posterior_wall"]
    if near:
        said.append(
            f"Closest to the posterior wall {number(near[0].value_mm, 1, 'mm')} at {at(near[0].time_s)}."
        )
    if chart is not None and not chart.has_distance:
        said.append("Distance to the posterior wall unknown.")
    if level.warning_to_stop_s is not None:
        said.append(f"From the first warning to the stop {at(level.warning_to_stop_s)}.")
    if chart is not None and chart.gaps:
        lost = sum(end - begin for begin, end in chart.gaps)
        said.append(f"Not watched for {at(lost)} in {several(len(chart.gaps), 'gap')}; hatched.")
    return LevelBlock(
        level=level.level,
        views=", ".join(view_words(view) for view in level.views) or "no view",
        chart=ChartBlock(
            f"trend-{count}",
            f"{level.level}: volume, distance to the posterior wall, alarms",
            " ".join(said),
            chart,
            "Nothing is known of its course.",
        ),
        maps=level_maps(level),
        no_maps="Where the cement lies in the body was not measured.",
    )
