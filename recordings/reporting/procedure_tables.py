"""The tables of a session's report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from recordings.qa.record import AlarmRecord, EndplateContact, LeakRecord, LevelRecord, ProcedureRecord
from recordings.reporting.page import Cell, Column, Table, Tone, cell
from recordings.reporting.trend import watched_fraction
from recordings.reporting.words import (
    NBSP,
    NONE_DETECTED,
    PRIORITY_SHAPES,
    STRUCTURE_WORDS,
    UNKNOWN,
    at,
    interval,
    leak_words,
    number,
    percent,
    spread,
    structure_words,
    view_words,
    yes_no,
)

MOST_OPEN = 12


def untold(level: LevelRecord) -> list[LeakRecord]:
    """Leaks that no alarm told while something was monitored."""
    return [leak for leak in level.leaks if leak.told is False]


def volume_words(level: LevelRecord) -> str:
    """``3.1 ± 0.2 mL``; a relative one has no unit and says so."""
    if level.volume_ml is None:
        return UNKNOWN
    if level.volume_relative:
        return f"{number(level.volume_ml, 2)}{NBSP}(relative)"
    return spread(level.volume_ml, level.volume_sd_ml, 2, "mL")


def _volume_interval(level: LevelRecord) -> str:
    if level.volume_ml is None or level.volume_relative:
        return UNKNOWN
    return interval(level.volume_low_ml, level.volume_high_ml, 2, "mL") or UNKNOWN


def level_tables(record: ProcedureRecord) -> tuple[Table, Table]:
    """Figures of each level, what is there and how it came: a row for each, a column for each level."""
    return (
        _level_table(record, "levels", "Cement", _CEMENT_ROWS,
                     "± is one standard deviation. Injected is what the operator noted."),
        _level_table(record, "course", "Course", _COURSE_ROWS, "Times are from the first frame."),
    )  # fmt: skip


def _level_table(
    record: ProcedureRecord,
    name: str,
    title: str,
    wanted: Sequence[tuple[str, Callable[[LevelRecord], str]]],
    note: str,
) -> Table:
    levels = record.levels
    rows = tuple((cell(what), *(cell(words(level)) for level in levels)) for what, words in wanted)
    columns = Column("figure"), *(Column(level.level, figure=True) for level in levels)
    notes = (
        tuple(f"{level.level}: {text}" for level in levels for text in level.notes)
        if name == "levels"
        else ()
    )
    return Table(name, title, columns, rows if levels else (), "No level was measured.", note, notes)


def _risk(level: LevelRecord) -> str:
    return {True: "defect, as planned", False: "no defect, as planned", None: UNKNOWN}[
        level.posterior_wall_defect
    ]


def _leaks(level: LevelRecord) -> str:
    if level.leaks:
        return ", ".join(dict.fromkeys(leak_words(leak.leak_class) for leak in level.leaks))
    return NONE_DETECTED if level.views else UNKNOWN


def _area(value: float | None) -> str:
    return number(value, 0, "mm²")


_CEMENT_ROWS: tuple[tuple[str, Callable[[LevelRecord], str]], ...] = (
    ("views measured", lambda level: ", ".join(view_words(view) for view in level.views) or "none"),
    ("region", lambda level: level.region or UNKNOWN),
    ("pathology", lambda level: level.pathology or UNKNOWN),
    ("posterior wall", _risk),
    ("volume", volume_words),
    ("volume, 95 % interval", _volume_interval),
    ("volume from", lambda level: level.volume_method or UNKNOWN),
    ("injected (noted)", lambda level: number(level.injected_ml, 1, "mL")),
    ("planned", lambda level: number(level.planned_ml, 1, "mL")),
    ("fill", lambda level: percent(level.fill_fraction)),
    ("projected area", lambda level: _area(level.area_mm2)),
    ("of it outside the body", lambda level: _area(level.outside_mm2)),
    ("leaks", _leaks),
)
_COURSE_ROWS: tuple[tuple[str, Callable[[LevelRecord], str]], ...] = (
    ("fastest front", lambda level: number(level.front_speed_mm_s, 1, "mm/s")),
    ("injection from", lambda level: at(level.injection_start_s)),
    ("injection until", lambda level: at(level.injection_stop_s)),
    ("first warning", lambda level: at(level.first_warning_s)),
    ("warning to stop", lambda level: at(level.warning_to_stop_s)),
    ("monitored while it ran", lambda level: percent(level.monitored_fraction)),
    ("measured afterwards, about", lambda level: percent(watched_fraction(level))),
)


def spread_table(record: ProcedureRecord) -> Table:
    """Where the cement lies, by thirds and halves, and the contact with endplates."""
    rows = []
    for level in record.levels:
        lateral, ap = level.lateral, level.ap
        depth = (None,) * 3 if lateral is None else (lateral.anterior, lateral.middle, lateral.posterior)
        of_height = lateral or ap
        height = (None,) * 3 if of_height is None else (of_height.upper, of_height.central, of_height.lower)
        sides = (None,) * 3 if ap is None else (ap.image_left, ap.image_right, ap.symmetry)
        rows.append((
            cell(level.level), *(cell(percent(part)) for part in (*depth, *height, *sides)),
            cell(yes_no(None if ap is None else ap.crosses_midline)),
            cell(_contact(level.superior_endplate)), cell(_contact(level.inferior_endplate)),
        ))  # fmt: skip
    titles = ("anterior", "middle", "posterior", "upper", "central", "lower", "image left", "image right",
              "symmetry", "crosses midline", "upper endplate", "lower endplate")  # fmt: skip
    return Table(
        "spread",
        "Distribution in the body",
        (Column("level"), *(Column(title, figure=True) for title in titles)),
        tuple(rows),
        "No level was measured.",
        "Parts of the projected cement within the body. Depth from the lateral view, sides from AP, as they "
        "are in the image. Contact: part of the endplate's length.",
    )


def _contact(contact: EndplateContact | None) -> str:
    if contact is None:
        return UNKNOWN
    return percent(contact.length_fraction) if contact.contact else "no contact"


def leak_table(record: ProcedureRecord) -> Table:
    """Leaks in order of their onset."""
    found = sorted(
        ((level, leak) for level in record.levels for leak in level.leaks), key=lambda item: item[1].onset_s
    )
    rows = tuple(
        (
            cell(level.level),
            cell(leak_words(leak.leak_class)),
            cell("–" if leak.ambiguous_with is None else leak_words(leak.ambiguous_with)),
            cell(view_words(leak.view) or UNKNOWN),
            cell(at(leak.onset_s)),
            cell(number(leak.area_mm2, 1, "mm²")),
            cell(_leak_volume(leak)),
            cell(yes_no(leak.detached)),
            _told(leak),
        )
        for level, leak in found
    )
    seen = [
        f"{level.level} in {', '.join(view_words(view) for view in level.views)}"
        for level in record.levels
        if level.views
    ]
    empty = (
        f"{NONE_DETECTED[0].upper()}{NONE_DETECTED[1:]}: {'; '.join(seen)}. What lies along the beam, "
        "outside the image, or came while nothing was watched, is not known."
        if seen
        else "Unknown: nothing was measured."
    )
    return Table(
        "leaks",
        "Leaks, visible in projection",
        (
            Column("level"),
            Column("class"),
            Column("may also be"),
            Column("view"),
            Column("onset", True),
            Column("largest area", True),
            Column("volume", True),
            Column("detached"),
            Column("told by an alarm"),
        ),
        rows,
        empty,
        "All parts of one class at a level are one leak.",
    )


def _leak_volume(leak: LeakRecord) -> str:
    if leak.volume_ml is None:
        return UNKNOWN
    return (
        f"{number(leak.volume_ml, 2)}{NBSP}(relative)"
        if leak.volume_relative
        else number(leak.volume_ml, 2, "mL")
    )


def _told(leak: LeakRecord) -> Cell:
    if leak.told is None:
        return Cell("not monitored", None, "unknown")
    return Cell("yes", "yes") if leak.told else Cell("no", "no", "high")


def closest_table(record: ProcedureRecord) -> Table:
    """The closest approach to each structure."""
    rows = []
    for level in record.levels:
        found = {one.structure: one for one in level.closest}
        for structure in (*STRUCTURE_WORDS, *(name for name in found if name not in STRUCTURE_WORDS)):
            one = found.get(structure)
            if one is None:
                rows.append((cell(level.level), cell(structure_words(structure)),
                             Cell("not measured", None, "unknown"), Cell(UNKNOWN, None, "unknown"),
                             Cell(UNKNOWN, None, "unknown")))  # fmt: skip
                continue
            tone: Tone = (
                "high" if one.value_mm <= 0 and structure in ("posterior_wall", "vein", "foramen") else ""
            )
            rows.append((
                cell(level.level), cell(structure_words(structure)),
                cell(number(one.value_mm, 1, "mm"), one.value_mm, tone),
                cell(number(one.low_mm, 1, "mm"), one.low_mm), cell(at(one.time_s), one.time_s),
            ))  # fmt: skip
    return Table(
        "closest", "Closest approach to each structure",
        (Column("level"), Column("structure"), Column("distance", True), Column("lower bound", True),
         Column("when", True)),
        tuple(rows), "No distance was measured.",
        "In the image. Negative: beyond the line. Reaching an endplate is wanted; crossing it is a leak. "
        "Not measured: not marked, not in a view that was recorded, or never watched.",
    )  # fmt: skip


def alarm_table(record: ProcedureRecord) -> Table:
    """Alarms as they were while the procedure ran."""
    rows = tuple(
        (
            cell(at(alarm.raised_s), alarm.raised_s), _priority(alarm), cell(alarm.kind),
            cell(alarm.level or "–"), cell(alarm.message), cell(_if_known(alarm.escalated_s)),
            cell(_if_known(alarm.acknowledged_s)),
            cell("–" if alarm.reaction_s is None else number(alarm.reaction_s, 2, "s")),
            cell(_if_known(alarm.cleared_s)),
        )
        for alarm in sorted(record.alarms, key=lambda alarm: alarm.raised_s)
    )  # fmt: skip
    empty = (
        "None was raised while something was watched."
        if record.monitored
        else "The session was not monitored: none could have been raised."
    )
    return Table(
        "alarms",
        "Alarms while the procedure ran",
        (
            Column("raised", True),
            Column("priority"),
            Column("kind"),
            Column("level"),
            Column("message"),
            Column("rose", True),
            Column("acknowledged", True),
            Column("reaction", True),
            Column("cleared", True),
        ),
        rows,
        empty,
        "A dash: it did not happen. Reaction is counted from the alarm or from its last rise.",
        live=len(rows) > MOST_OPEN,
    )


def _if_known(seconds: float | None) -> str:
    return "–" if seconds is None else at(seconds)


def _priority(alarm: AlarmRecord) -> Cell:
    name = alarm.priority.lower()
    tones: dict[str, Tone] = {"high": "high", "medium": "medium", "low": "low"}
    order = {"high": 0.0, "medium": 1.0, "low": 2.0}
    return Cell(
        f"{PRIORITY_SHAPES.get(name, '')}{NBSP}{alarm.priority.upper()}".strip(),
        order.get(name, 3.0),
        tones.get(name, ""),
    )


def dose_table(record: ProcedureRecord) -> Table:
    """Radiation, as headers and reports tell it."""
    dose = record.dose
    rows: list[tuple[Cell, ...]] = [(cell("beam on, from the images"), cell(at(record.beam_on_s)))]
    if dose is not None:
        said: Iterator[tuple[str, str]] = iter((
            ("told by", {"report": "radiation dose report", "header": "header of the images"}[dose.source]),
            ("dose area product", UNKNOWN if dose.dose_area_product_gy_m2 is None
             else f"{dose.dose_area_product_gy_m2 * 1e4:.3g} Gy·cm²"),
            ("dose at the reference point", UNKNOWN if dose.reference_point_dose_gy is None
             else f"{dose.reference_point_dose_gy * 1e3:.3g} mGy"),
            ("fluoroscopy", at(dose.fluoroscopy_s)),
            ("irradiations", UNKNOWN if dose.irradiations is None else str(dose.irradiations)),
            ("tube voltage", number(dose.kvp, 0, "kV")),
        ))  # fmt: skip
        rows += [(cell(name), cell(value)) for name, value in said]
        rows += [(cell("problem"), cell(problem)) for problem in dose.problems]
    note = "" if dose is not None else "Neither header nor a dose report tells a dose: it is unknown."
    return Table("dose", "Radiation", (Column("figure"), Column("value", True)), tuple(rows), "", note)


def difference_table(record: ProcedureRecord) -> Table:
    """Fields that the new analysis has otherwise than the log."""
    rows = tuple(
        (cell(one.level or "–"), cell(one.field.replace("_", " ")),
         cell(UNKNOWN if one.logged is None else one.logged), cell(UNKNOWN if one.now is None else one.now))
        for one in record.differences
    )  # fmt: skip
    empty = (
        "No difference from the log is listed." if record.monitored else "Nothing was logged to compare with."
    )
    return Table(
        "differences", f"Differences from the log ({len(rows)})",
        (Column("level"), Column("field"), Column("logged", True), Column("now", True)), rows, empty,
        f"Logged with version {record.live_version or UNKNOWN}, now {record.software_version or UNKNOWN}.",
        collapsed=len(rows) > MOST_OPEN, live=len(rows) > MOST_OPEN,
    )  # fmt: skip
