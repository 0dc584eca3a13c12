"""Reads an X-Ray Radiation Dose SR (PS3.16 TID 10001 and below) into `DoseReport`."""

from __future__ import annotations

from datetime import timezone
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from monitor.errors import SourceError, one_line
from monitor.sources.bounded import Bounded
from monitor.sources.dicom_file import check_items, is_dicom, read_header, readable
from recordings.dose.content import TooManyItems, below, code_of, moment_in, number_in, offset_in
from recordings.dose.record import Accumulated, DoseReport, Irradiation, Kind, Plane

DOSE_REPORT = "1.2.840.10008.5.1.4.1.1.88.67"
_LARGEST_BYTES = 64 * 1024 * 1024
_REPORT, _EVENT, _ACCUMULATED = "113701", "113706", "113702"
_MOST_EVENTS = 20_000
_MOST_PROBLEMS = 20
_STOPS = frozenset((_EVENT, _ACCUMULATED))
_FLUOROSCOPY = frozenset(("P5-06000", "44491008"))
_ACQUISITION = frozenset(("113611", "113612", "113613"))
_PLANES: dict[str, Plane] = {"113622": "single", "113620": "a", "113621": "b"}
_EVENT_NUMBERS = {
    "113733": ("tube_voltage_kv", "kV"),
    "113734": ("tube_current_ma", "mA"),
    "113767": ("average_current_ma", "mA"),
    "113793": ("pulse_width_ms", "ms"),
    "113791": ("pulse_rate_hz", "Hz"),
    "113768": ("pulses", "1"),
    "113824": ("exposure_time_s", "s"),
    "113742": ("duration_s", "s"),
    "122130": ("dose_area_product_gy_m2", "Gy.m2"),
    "113738": ("dose_rp_gy", "Gy"),
    "112011": ("primary_angle_deg", "deg"),
    "112012": ("secondary_angle_deg", "deg"),
}
"""Concept (scheme DCM) of each number of TID 10003, the field it goes to, and its unit there."""
_TOTAL_NUMBERS = {
    "113722": ("dose_area_product_gy_m2", "Gy.m2"),
    "113725": ("dose_rp_gy", "Gy"),
    "113726": ("fluoroscopy_dose_area_product_gy_m2", "Gy.m2"),
    "113728": ("fluoroscopy_dose_rp_gy", "Gy"),
    "113730": ("fluoroscopy_time_s", "s"),
    "113727": ("acquisition_dose_area_product_gy_m2", "Gy.m2"),
    "113729": ("acquisition_dose_rp_gy", "Gy"),
    "113855": ("acquisition_time_s", "s"),
    "113731": ("frames", "1"),
}
_MEANS = ("tube_voltage_kv", "tube_current_ma", "average_current_ma", "pulse_width_ms", "pulse_rate_hz")
_SIGNED = ("primary_angle_deg", "secondary_angle_deg")
_PHILIPS = "99PHI-IXR-XPER"
"""Scheme of an older maker's own codes, which tells the number of pulses as its Number of Frames."""


def read_dose(path: Path) -> DoseReport:
    """Read a dose report.

    Raises
    ------
    SourceError
        It is no DICOM file, damaged, or no dose report of projection X-ray.
    """
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    if not is_dicom(path):
        raise SourceError(f"{path}: not a DICOM file")
    size = path.stat().st_size
    if size > _LARGEST_BYTES:
        raise SourceError(f"{path}: too large for a dose report")
    check_items(path)
    with readable(path), Bounded(path.open("rb"), size + 4096, max(50_000, size // 4)) as file:
        header, _, _, _ = read_header(file)
        return _report(header, path)


def is_dose_report(path: Path) -> bool:
    """Whether a file is an X-ray radiation dose report by its class, without reading its content."""
    try:
        if not is_dicom(path):
            return False
        with readable(path), Bounded(path.open("rb")) as file:
            header = dcmread(file, specific_tags=["SOPClassUID"], stop_before_pixels=True, force=True)
            return str(header.get("SOPClassUID", "")) == DOSE_REPORT
    except (SourceError, OSError):
        return False


def _report(header: Dataset, path: Path) -> DoseReport:
    if str(header.get("SOPClassUID", "")) != DOSE_REPORT and code_of(header)[0] != _REPORT:
        raise SourceError(f"{path}: no X-ray radiation dose report")
    offset = offset_in(header.get("TimezoneOffsetFromUTC"))
    problems: list[str] = []
    irradiations: list[Irradiation] = []
    accumulated: list[Accumulated] = []
    try:
        for item in below(header, _STOPS):
            concept = code_of(item)[0]
            if concept == _EVENT:
                irradiations.append(_irradiation(item, offset, len(irradiations) + 1, problems))
            elif concept == _ACCUMULATED:
                accumulated.append(_totals(item, problems))
            if len(irradiations) > _MOST_EVENTS:
                raise TooManyItems(f"more than {_MOST_EVENTS} irradiation events")
    except TooManyItems as error:
        raise SourceError(f"{path}: {error}") from error
    if not irradiations and not accumulated:
        raise SourceError(f"{path}: a dose report without irradiation events of projection X-ray")
    irradiations.sort(key=lambda one: (one.started is None, one.started or ""))
    return DoseReport(
        sop_instance_uid=_uid(header, "SOPInstanceUID") or "",
        study_instance_uid=_uid(header, "StudyInstanceUID") or "",
        written=_written(header, offset),
        irradiations=tuple(irradiations),
        accumulated=tuple(accumulated),
        problems=tuple(problems[:_MOST_PROBLEMS]),
    )


def _written(header: Dataset, offset: timezone | None) -> str | None:
    try:
        return moment_in(f"{header.get('ContentDate') or ''}{header.get('ContentTime') or ''}", offset)
    except Exception:
        return None


def _uid(item: Dataset, keyword: str) -> str | None:
    try:
        text = str(item.get(keyword) or "").strip()
    except Exception:
        return None
    return text if text and len(text) <= 64 and text.isascii() and text.isprintable() else None


def _irradiation(event: Dataset, offset: timezone | None, number: int, problems: list[str]) -> Irradiation:
    numbers: dict[str, list[float]] = {}
    told: dict[str, str] = {}
    kind: Kind | None = None
    plane: Plane | None = None
    for item in below(event, _STOPS):
        value, scheme, meaning = code_of(item)
        if value in _EVENT_NUMBERS:
            _take(item, _EVENT_NUMBERS[value], numbers, f"irradiation {number}", problems)
        elif value == "113769":
            told.setdefault("uid", _uid(item, "UID") or "")
        elif value == "111526":
            told.setdefault("started", moment_in(item.get("DateTime"), offset) or "")
        elif value == "113721":
            kind = kind or _kind(*code_of(item, "ConceptCodeSequence"))
        elif value == "113764":
            plane = plane or _PLANES.get(code_of(item, "ConceptCodeSequence")[0])
        elif scheme == _PHILIPS and meaning == "Number of Frames":
            _take(item, ("frames", "1"), numbers, f"irradiation {number}", problems)
    # some machines tell voltage, current and width pulse by pulse, or for each step of a control loop
    means = {
        name: sum(values) / len(values) if name in _MEANS else values[0] for name, values in numbers.items()
    }
    average, frames = means.pop("average_current_ma", None), means.pop("frames", None)
    if average is not None:
        means["tube_current_ma"] = average
    if frames is not None:
        means.setdefault("pulses", frames)
    return Irradiation(
        uid=told.get("uid") or None, started=told.get("started") or None, kind=kind, plane=plane, **means
    )  # fmt: skip


def _totals(item: Dataset, problems: list[str]) -> Accumulated:
    numbers: dict[str, list[float]] = {}
    plane: Plane | None = None
    for one in below(item, _STOPS):
        value = code_of(one)[0]
        if value in _TOTAL_NUMBERS:
            _take(one, _TOTAL_NUMBERS[value], numbers, "accumulated", problems)
        elif value == "113764":
            plane = plane or _PLANES.get(code_of(one, "ConceptCodeSequence")[0])
    return Accumulated(
        plane=plane or _plane_of(item), **{name: values[0] for name, values in numbers.items()}
    )


def _plane_of(item: Dataset) -> Plane | None:
    """The plane where it is a modifier of the container's concept, as TID 10002 has it for some machines."""
    return _PLANES.get(code_of(item, "ConceptCodeSequence")[0])


def _kind(value: str, _scheme: str, meaning: str) -> Kind | None:
    if value in _FLUOROSCOPY or meaning.casefold() == "fluoroscopy":
        return "fluoroscopy"
    if value in _ACQUISITION or meaning.casefold().endswith("acquisition"):
        return "acquisition"
    return None


def _take(
    item: Dataset, field: tuple[str, str], numbers: dict[str, list[float]], where: str, problems: list[str]
) -> None:
    name, unit = field
    value, problem = number_in(item, unit)
    if value is not None and value < 0 and name not in _SIGNED:
        value, problem = None, "below 0"
    if value is not None:
        numbers.setdefault(name, []).append(value)
    elif problem and len(problems) < _MOST_PROBLEMS:
        problems.append(one_line(f"{where}: {name}: {problem}"))
