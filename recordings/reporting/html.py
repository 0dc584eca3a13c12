"""Pages as one self-contained HTML file, and as the HTML that a PDF is set from.

Whatever comes from files is escaped: by Jinja in the markup, by `_json_in_script` in the charts' data. A
policy in the file itself lets the browser run the two scripts of this file, known by their hashes, and fetch
nothing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined

from recordings.reporting.charts import Chart
from recordings.reporting.cohort_page import CohortPage
from recordings.reporting.interactive import figure_of
from recordings.reporting.page import ChartBlock
from recordings.reporting.printed import svg_of
from recordings.reporting.procedure_page import ProcedurePage
from recordings.reporting.words import STANDING, percent, structure_words

_TEMPLATES = ("base.html", "parts.html", "procedure.html", "cohort.html")


@dataclass(frozen=True, slots=True)
class LineLook:
    """How a line over a key frame is drawn; widths and dashes in 1/400 of the picture."""

    colour: str
    width: float
    dashes: tuple[float, ...] = ()


LINE_LOOKS = {
    "cement": LineLook("#ffe98a", 2.0),
    "posterior_wall": LineLook("#ff5246", 3.0),
    "anterior_wall": LineLook("#dfe4e9", 1.9, (9, 3, 2, 3)),
    "superior_endplate": LineLook("#7fd0e4", 2.1, (7, 4)),
    "inferior_endplate": LineLook("#7fd0e4", 2.1, (7, 4)),
    "vein": LineLook("#ffffff", 2.4, (2.4, 3.4)),
    "foramen": LineLook("#ffb21e", 2.0, (5, 2, 1.5, 2, 1.5, 2)),
    "posterior_quarter": LineLook("#ff8b84", 1.3, (1.3, 4)),
    "posterior_third": LineLook("#e0b453", 1.3, (1.3, 4)),
    "body": LineLook("#e6eaee", 0.9),
    "cannula": LineLook("#aab3bd", 1.6, (14, 4)),
}
"""Colours of the monitor's overlay; dashes tell them apart in gray."""


def drawn_charts(blocks: Iterable[ChartBlock]) -> dict[str, bytes]:
    """Each chart as SVG, by its name."""
    return {block.name: svg_of(block.chart) for block in blocks if block.chart is not None}


def procedure_blocks(page: ProcedurePage) -> list[ChartBlock]:
    """The charts of a session's page."""
    return [level.chart for level in page.levels]


def cohort_blocks(page: CohortPage) -> list[ChartBlock]:
    """The charts of a cohort's page."""
    return [block for blocks in page.charts.values() for block in blocks]


def procedure_html(page: ProcedurePage, svgs: Mapping[str, bytes], *, version: str, paper: bool) -> str:
    """A session's page; `paper`: without scripts, for a PDF."""
    kinds = [kind for kind in LINE_LOOKS if any(kind in frame.kinds for frame in page.frames)]
    return _rendered("procedure.html", page, procedure_blocks(page), svgs, version, paper=paper, kinds=kinds)


def cohort_html(
    page: CohortPage, svgs: Mapping[str, bytes], *, version: str, paper: bool, left_out: str = ""
) -> str:
    """A cohort's page; `paper`: without scripts, for a PDF; `left_out` is said below the procedures."""
    return _rendered("cohort.html", page, cohort_blocks(page), svgs, version, paper=paper, left_out=left_out)


def _rendered(
    name: str,
    page: ProcedurePage | CohortPage,
    blocks: Iterable[ChartBlock],
    svgs: Mapping[str, bytes],
    version: str,
    *,
    paper: bool,
    **more: object,
) -> str:
    charts = {block.name: block.chart for block in blocks if block.chart is not None}
    script = _text("report.js")
    return _environment().get_template(name).render(
        page=page, paper=paper, version=version, standing=STANDING, looks=LINE_LOOKS, percent=percent,
        structure_words=structure_words, svg=lambda chart: _svg_uri(svgs[chart]),
        style=_text("paper.css" if paper else "report.css"),
        charts=_json_in_script(charts) if charts and not paper else "",
        library=_library()[0] if charts and not paper else "", script=script,
        policy=policy([script, *([_library()[1]] if charts else [])]), **more,
    )  # fmt: skip


def policy(scripts: Iterable[str]) -> str:
    """Content-Security-Policy that allows these inline scripts, and nothing from anywhere."""
    hashes = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; font-src data:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


@cache
def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _svg_uri(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def _json_in_script(charts: Mapping[str, Chart]) -> str:
    """The figures as JSON in which nothing can end a script element."""
    text = msgspec.json.encode({name: figure_of(chart) for name, chart in charts.items()}).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _library() -> tuple[str, str]:
    """plotly.js packed (gzip, base64), which is a third of it, and as it is."""
    from plotly.offline import get_plotlyjs

    script = get_plotlyjs()
    return base64.b64encode(gzip.compress(script.encode(), 9, mtime=0)).decode(), script


@cache
def _text(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=DictLoader({name: _text(name) for name in _TEMPLATES}), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
