"""The PDF: its pages, fonts and words, and that setting it fetches nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.errors import OutputError
from recordings.reporting.html import procedure_html
from recordings.reporting.pdf import pdf_of
from recordings.reporting.procedure_page import procedure_page
from recordings.reporting.words import STANDING
from tests.peers import run
from tests.recordings.reporting import samples
from tests.recordings.reporting.samples import HOSTILE

PROCEDURE = "procedures/s-0001/report.pdf"
FILES = pytest.mark.parametrize("name", [PROCEDURE, "report.pdf"])


def pages(path: Path) -> list[str]:
    said = run("pdftotext", "-layout", path, "-").replace("\u00a0", " ")
    return said.rstrip("\f").split("\f")


@FILES
def test_every_page_says_what_the_software_is(reports: Path, name: str) -> None:
    found = pages(reports / name)
    assert len(found) > 3
    for number, page in enumerate(found, 1):
        assert STANDING in page
        assert re.search(rf"\b{number} ?/ ?{len(found)}$", page.rstrip())


@FILES
def test_nothing_is_called_safe_or_free_of_leaks(reports: Path, name: str) -> None:
    said = " ".join(" ".join(pages(reports / name)).split())
    assert not re.search(r"\bsafe|\bno leaks?\b|\bwithout (?:a )?leak", said, re.I)
    assert "unknown" in said


@FILES
def test_it_has_its_fonts_and_a_title(reports: Path, name: str) -> None:
    fonts = run("pdffonts", reports / name).splitlines()[2:]
    assert fonts
    assert all("DejaVu" in line and re.search(r"\byes yes yes\b", line) for line in fonts)
    assert re.search(r"Title: +(Procedure s-0001|Cement distribution)", run("pdfinfo", reports / name))


def test_a_procedure_is_told_in_words_and_figures(reports: Path) -> None:
    said = " ".join(" ".join(pages(reports / PROCEDURE)).split())
    for words in (
        "Monitored 91 % of the time", "no alarm told of the leak (vein)", "2.88 ± 0.17 mL",
        "2.55 to 3.21 mL", "▲ HIGH", "0.42 s", HOSTILE[:30], "2.3 Gy·cm²", "cement in the canal: stop",
        "injection stops", "posterior wall, mm",
    ):  # fmt: skip
        assert words in said


def test_a_cohort_is_told_in_words_and_figures(reports: Path) -> None:
    said = " ".join(" ".join(pages(reports / "report.pdf")).split())
    for words in (
        "2 sessions could not be measured", "session.json: cut after 120 bytes", "19 of 50", "26 to 52 %",
        "14.8 %", "12 of 81", "Wilcoxon", "signed-rank", "O-12", "CUSUM", "6 of 8",
        "none detected in projection",
    ):  # fmt: skip
        assert words in said


def test_the_same_page_gives_the_same_bytes() -> None:
    page = procedure_page(samples.unknown_procedure())
    html = f"<title>t</title>{procedure_html(page, {}, version='1', paper=True)[-2000:]}"
    assert pdf_of(html) == pdf_of(html)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.png", "file:///etc/hostname"])
def test_nothing_outside_the_page_is_fetched(address: str) -> None:
    with pytest.raises(OutputError, match="outside it"):
        pdf_of(f"<title>t</title><img src='{address}'>")
