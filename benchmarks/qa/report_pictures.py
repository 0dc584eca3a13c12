"""Pictures of reports, to be looked at: in a browser, and of their pages in colour and in gray.

    cementwatch qa ARCHIVE --out DIR
    python -m benchmarks.qa.report_pictures DIR --out PICTURES [--procedures 2]

The browser is a headless Chromium, 1280 and 1920 px wide; what it says and what it asks for is printed. Pages
are those of the PDF, by pdftoppm.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.qa.browser import asked_for, chromium, console, drawn, leaving

WIDTHS_PX = (1280, 1920)
PAGE_DPI = 80
_WAIT_S = 60


def picture_of_page(browser: Chrome, report: Path, width: int, picture: Path) -> list[str]:
    """The whole page as a picture; what is wrong with it."""
    browser.set_window_size(width, 900)
    browser.get(report.resolve().as_uri())
    WebDriverWait(browser, _WAIT_S).until(drawn)
    height = browser.execute_script("return document.documentElement.scrollHeight")
    wrong = []
    if browser.execute_script("return document.documentElement.scrollWidth") > width:
        wrong.append("wider than the window")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    picture.write_bytes(base64.b64decode(shot["data"]))
    return wrong + console(browser) + [f"asks for {address}" for address in leaving(asked_for(browser))]


def pictures_of_pdf(report: Path, beginning: Path) -> int:
    """Pages of a PDF as PNG, and the same in gray; how many there are."""
    subprocess.run(["pdftoppm", "-r", str(PAGE_DPI), "-png", report, beginning], check=True)
    pages = sorted(beginning.parent.glob(f"{beginning.name}-*.png"))
    for page in pages:
        pixels = cv2.imread(str(page), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(page.with_name(f"gray-{page.name}")), pixels)
    return len(pages)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path, help="what `cementwatch qa --out` wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--procedures", type=int, default=2, help="so many of them, beside the cohort")
    asked = parser.parse_args()
    paths = {name: shutil.which(name) for name in ("chromium", "chromedriver", "pdftoppm")}
    if missing := [name for name, path in paths.items() if path is None]:
        sys.exit(f"not installed: {', '.join(missing)}")
    folders = [asked.results, *sorted((asked.results / "procedures").glob("*"))[: asked.procedures]]
    reports = [folder / "report.html" for folder in folders if (folder / "report.html").is_file()]
    if not reports:
        sys.exit(f"{asked.results}: no report.html")
    asked.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        chromium(
            Path(profile), chromium_path=str(paths["chromium"]), driver_path=str(paths["chromedriver"])
        ) as browser,
    ):
        for number, report in enumerate(reports):
            name = "cohort" if report.parent == asked.results else f"procedure-{number}"
            for width in WIDTHS_PX:
                wrong = picture_of_page(browser, report, width, asked.out / f"{name}-{width}.png")
                print(f"{name} at {width}: {'; '.join(wrong) or 'nothing said, nothing asked for'}")
            print(f"{name}: {report.stat().st_size / 1e6:.2f} MB of HTML")
            pdf = report.with_suffix(".pdf")
            if pdf.is_file():
                count = pictures_of_pdf(pdf, asked.out / f"{name}-page")
                print(f"{name}: {count} pages, {pdf.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
