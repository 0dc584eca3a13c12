"""The table, the summaries and the pictures as files: PNG, text, and one HTML page that stands alone."""

from __future__ import annotations

import base64
import html
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.comparison import ahead_counts, compare, comparison_lines
from benchmarks.figures import Figures, figures
from benchmarks.lines import scenario_lines, summary_lines
from benchmarks.must_show import Row, must_show, table_text
from benchmarks.records import Record
from benchmarks.sweeps import REGISTRATION

_LIBRARIES = ("numpy", "opencv-python-headless", "scipy", "scikit-image", "matplotlib", "av", "xraydb")

_CAPTIONS = {
    "wall": "Distance to the posterior wall: told against true, with the lower bound of 95 %.",
    "front": "Where the found front is relative to the true one.",
    "delays": "From a leak being visible to its alarm, by class; found and judged on the right.",
    "volume": "Volume with the nominal density against the true one.",
    "sweeps": "Median Dice over every sweep; crosses: the best peer behind the same front end.",
    "peers": "Median Dice of the own detector and its peers, usual settings.",
}


def tables(records: Sequence[Record]) -> tuple[str, list[Row], dict[str, Figures]]:
    """Summaries as text, the table of what must be shown, and the figures of the usual settings by model."""
    own = [r for r in records if r.detector == "cementwatch"]
    base: dict[str, Figures] = {}
    registration: dict[str, Figures] = {}
    lines: list[str] = []
    for model in ("own", "ct"):
        of_model = [r for r in own if r.model == model]
        for sweep, label in dict.fromkeys((r.sweep, r.label) for r in of_model):
            group = [r for r in of_model if (r.sweep, r.label) == (sweep, label)]
            chosen = figures(group)
            if sweep == "base":
                base[model] = chosen
            if (sweep, label) == REGISTRATION:
                registration[model] = chosen
            title = f"{model} model, {'usual settings' if sweep == 'base' else f'{sweep} {label}'}:"
            lines += [title, *(f"  {line}" for line in summary_lines(chosen))]
            if len({r.scenario for r in group}) > 1:
                lines += ["  by scenario (median/p10 or p95):", *(f"    {x}" for x in scenario_lines(group))]
            lines.append("")
    compared = compare(records)
    lines += comparison_lines(compared)
    return "\n".join(lines), must_show(base, registration, ahead_counts(compared)), base


def write_report(records: Sequence[Record], out: Path, command: Sequence[str]) -> None:
    """Write ``accuracy.html``, ``accuracy.txt`` and the PNG files to a folder."""
    from benchmarks.plots import all_plots

    text, rows, base = tables(records)
    pictures = all_plots(records, base, compare(records))
    about = _about(records, command)
    for name, png in pictures.items():
        (out / f"{name}.png").write_bytes(png)
    (out / "accuracy.txt").write_text(f"{table_text(rows)}\n\n{text}\n\n{about}\n")
    (out / "accuracy.html").write_text(_page(rows, text, about, pictures))


def _about(records: Sequence[Record], command: Sequence[str]) -> str:
    def seeds(model: str) -> str:
        return ", ".join(str(s) for s in sorted({r.seed for r in records if r.model == model})) or "none"

    versions = [f"python {platform.python_version()}"]
    for name in _LIBRARIES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return "\n".join(
        [
            f"command: python benchmarks/accuracy.py {' '.join(command)}",
            f"seeds: own model {seeds('own')}; CT model {seeds('ct')}",
            f"code: {', '.join(sorted({r.code for r in records}))}",
            f"versions: {', '.join(versions)}; {sys.platform} {platform.machine()}",
        ]
    )


def _page(rows: Sequence[Row], text: str, about: str, pictures: dict[str, bytes]) -> str:
    body = ["<h1>Accuracy on procedures with known truth</h1>"]
    body.append("<p>Research and training software. Simulated procedures are no clinical evidence.</p>")
    body.append("<table><tr><th>measure<th>wanted<th>own model<th>CT model</tr>")
    for row in rows:
        cells = "".join(
            f'<td class="{ {True: "met", False: "missed", None: "none"}[met] }">{html.escape(shown)}'
            for shown, met in (row.shown["own"], row.shown["ct"])
        )
        body.append(f"<tr><td>{html.escape(row.measure)}<td>{html.escape(row.wanted)}{cells}</tr>")
    body.append("</table>")
    for name, png in pictures.items():
        data = base64.b64encode(png).decode()
        body.append(f'<figure><img alt="{name}" src="data:image/png;base64,{data}">')
        body.append(f"<figcaption>{html.escape(_CAPTIONS.get(name, name))}</figcaption></figure>")
    body.append(f"<h2>All figures</h2><pre>{html.escape(text)}</pre><pre>{html.escape(about)}</pre>")
    style = (
        "body{font:15px sans-serif;margin:2em auto;max-width:75em}td,th{padding:.2em 1em;text-align:left}"
        "td.met{background:#d8f0d8}td.missed{background:#f6d4d4}td.none{color:#777}img{max-width:100%}"
        "pre{white-space:pre-wrap;font-size:12px}"
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Accuracy</title><style>{style}</style>'
        + "\n".join(body)
        + "</html>\n"
    )
