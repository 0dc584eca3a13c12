"""Files of what was measured in a CT: a folder that is there whole or not at all."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from monitor.errors import OutputError
from recordings.ct.agreement import Agreement
from recordings.ct.images import write_labels
from recordings.ct.measure import MeasuredCt
from recordings.ct.record import CtRecord, ct_to_json
from recordings.ct.volume import CtVolume

Cell = str | float | int | bool | None


def check_out(out: Path) -> None:
    """Raise `OutputError` where a folder holds something already."""
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise OutputError(f"--out {out}: exists already; name a new folder")
    except OSError as error:
        raise OutputError(f"--out {out}: {error.strerror or error}") from error


def write_ct(
    out: Path,
    volume: CtVolume,
    measured: MeasuredCt,
    agreement: Agreement | None,
    pictures: Mapping[str, bytes],
) -> None:
    """Write ``ct.json``, tables, slices and ``cement.nii.gz``; ``agreement.csv`` where there is one.

    Raises
    ------
    OutputError
        The folder holds something, or cannot be written. Nothing is left behind.
    """
    check_out(out)
    whole = out.resolve()
    new = whole.with_name(f".{whole.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700, parents=True)
        try:
            record = measured.record
            (new / "ct.json").write_bytes(ct_to_json(record))
            _table(new / "cement.csv", _LEVEL_HEADS, _level_rows(record))
            _table(new / "leaks.csv", _LEAK_HEADS, _leak_rows(record))
            _table(new / "metal.csv", _METAL_HEADS, _metal_rows(record))
            if agreement is not None:
                _table(new / "agreement.csv", _AGREEMENT_HEADS, _agreement_rows(agreement))
            for name, png in pictures.items():
                (new / name).write_bytes(png)
            write_labels(new / "cement.nii.gz", measured.cement, volume.affine_lps)
            for file in new.iterdir():
                file.chmod(0o600)
            new.replace(whole)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"--out {out}: cannot be written: {error.strerror or error}") from error


_LEVEL_HEADS = (
    "level", "volume_ml", "volume_sd_ml", "within_ml", "arch_ml", "outside_ml", "plateau_hu", "notes",
)  # fmt: skip
_LEAK_HEADS = ("level", "leak_class", "volume_ml", "detached", "ambiguous_with")
_METAL_HEADS = (
    "volume_ml",
    "left_mm",
    "back_mm",
    "head_mm",
    "length_mm",
    "width_mm",
    "near_level",
    "distance_mm",
    "place",
)
_AGREEMENT_HEADS = (
    "level",
    "what",
    "seen_by",
    "ct_ml",
    "ct_sd_ml",
    "fluoroscopy_ml",
    "difference_ml",
    "note",
)


def _level_rows(record: CtRecord) -> Iterable[Sequence[Cell]]:
    found = {level.level: level for level in record.levels}
    for name in dict.fromkeys([*(level.level for level in record.levels), *record.searched]):
        level = found.get(name)
        if level is None:
            yield name, 0.0, None, None, None, None, None, "no cement found"
        else:
            yield (
                name, level.volume_ml, level.volume_sd_ml, level.within_ml, level.arch_ml, level.outside_ml,
                level.plateau_hu, "; ".join(level.notes),
            )  # fmt: skip


def _leak_rows(record: CtRecord) -> Iterable[Sequence[Cell]]:
    for level in record.levels:
        for leak in level.leaks:
            yield level.level, leak.leak_class, leak.volume_ml, leak.detached, leak.ambiguous_with


def _metal_rows(record: CtRecord) -> Iterable[Sequence[Cell]]:
    for one in record.metal:
        yield (
            one.volume_ml,
            *one.centre_mm,
            one.length_mm,
            one.width_mm,
            one.near_level,
            one.distance_mm,
            one.place,
        )


def _agreement_rows(agreement: Agreement) -> Iterable[Sequence[Cell]]:
    for row in agreement.volumes:
        yield (
            row.level,
            "volume",
            None,
            row.ct_ml,
            row.ct_sd_ml,
            row.fluoroscopy_ml,
            row.difference_ml,
            row.note,
        )
    for leak in agreement.leaks:
        difference = (
            None if leak.ct_ml is None or leak.fluoroscopy_ml is None else leak.ct_ml - leak.fluoroscopy_ml
        )
        yield (
            leak.level,
            leak.leak_class,
            leak.seen_by,
            leak.ct_ml,
            None,
            leak.fluoroscopy_ml,
            difference,
            leak.note,
        )


def _table(path: Path, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    path.write_text(text.getvalue(), "utf-8")


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in "=+-@\t" and len(text) > 1 else text
